"""Maps as pictures with a colour scale, and their files. No st calls.

Colours: inferno (S. van der Walt, N. Smith, 2015), which grows evenly lighter and so reads without colour vision, for
what is never below 0; for what has both signs purple and orange around a pale 0 (PuOr of ColorBrewer, C. Brewer), safe
for the colour-blind too. A scale is always shown with its numbers, and serves all maps beside each other.
"""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape

import cv2
import numpy as np

SIGNED = ("#3B0F5E", "#542788", "#8073AC", "#B2ABD2", "#F7F5F2", "#FDB863", "#E08214", "#B35806", "#6B3203")
SHOWN_PX = 448  # width of a large picture


@dataclass(frozen=True)
class Scale:
    """Which number has which colour. unit: of the numbers, in words; beyond: whether some lie beyond its ends."""

    low: float
    high: float
    unit: str
    beyond: bool = False

    @property
    def signed(self) -> bool:
        """Whether it goes both ways from 0."""
        return self.low < 0

    def colours(self, values: np.ndarray) -> np.ndarray:
        """(..., 3) uint8 RGB of any array; what lies beyond an end has the colour of that end."""
        return table(signed=self.signed)[(255 * self.share(values)).round().astype(np.uint8)]

    def share(self, values: np.ndarray) -> np.ndarray:
        """Where on the scale the numbers lie, 0 to 1."""
        return np.clip((values - self.low) / max(self.high - self.low, 1e-12), 0, 1)


def scale(low: float, high: float, unit: str) -> Scale:
    """A scale for numbers of this span: from 0 up, or as far down as up where there are some below 0."""
    if low >= -1e-6 * max(high, 1e-6):
        return Scale(0.0, max(float(high), 1e-9), unit)
    most = max(-float(low), float(high))
    return Scale(-most, most, unit)


@cache
def table(*, signed: bool) -> np.ndarray:
    """(256, 3) uint8 RGB: the colours of a scale from its low end to its high end."""
    if not signed:
        ramp = np.arange(256, dtype=np.uint8)[None]
        return cv2.cvtColor(cv2.applyColorMap(ramp, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)[0]
    stops = np.array([[int(hex_[at : at + 2], 16) for at in (1, 3, 5)] for hex_ in SIGNED])
    indices = np.linspace(0, 255, len(stops))
    return (
        np.stack([np.interp(np.arange(256), indices, stops[:, part]) for part in range(3)], 1).round().astype(np.uint8)
    )


def colour_bar(shown: Scale) -> str:
    """HTML of a scale with the numbers of its ends."""
    stops = ", ".join("#{:02x}{:02x}{:02x}".format(*table(signed=shown.signed)[at]) for at in range(0, 256, 17))
    return (
        f'<div class="k-scale"><span>{"≤ " * (shown.beyond and shown.signed)}{number(shown.low)}</span>'
        f'<i style="background:linear-gradient(90deg, {stops})"></i>'
        f"<span>{'≥ ' * shown.beyond}{number(shown.high)}</span><em>{escape(shown.unit)}</em></div>"
    )


def number(value: float) -> str:
    """A number with three meaningful digits."""
    return "0" if abs(value) < 1e-9 else f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def overlay(picture: np.ndarray, values: np.ndarray, shown: Scale) -> np.ndarray:
    """A map laid over the picture that the CNN saw, in grey: the stronger, the more colour. (size, size, 3) uint8.

    What is below 0 on a scale of both signs is drawn too. Between places the map is interpolated.
    """
    size = picture.shape[1], picture.shape[0]
    smooth = cv2.resize(values.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    grey = np.repeat(cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2) * 0.75
    share = np.abs(2 * shown.share(smooth) - 1) if shown.signed else shown.share(smooth)
    weight = 0.85 * np.sqrt(share)[..., None]
    return (grey * (1 - weight) + shown.colours(smooth) * weight).round().astype(np.uint8)


def large(image: np.ndarray, width_px: int = SHOWN_PX) -> np.ndarray:
    """A picture at least this wide, its pixels as squares."""
    times = max(1, -(-width_px // image.shape[1]))
    return np.repeat(np.repeat(image, times, axis=0), times, axis=1)


def mosaic(tiles: Sequence[np.ndarray], columns: int, gap_px: int = 4) -> np.ndarray:
    """Pictures of one size in rows, on white."""
    height, width = tiles[0].shape[:2]
    rows = -(-len(tiles) // columns)
    sheet = np.full((rows * (height + gap_px) - gap_px, columns * (width + gap_px) - gap_px, 3), 255, np.uint8)
    for index, tile in enumerate(tiles):
        top, left = index // columns * (height + gap_px), index % columns * (width + gap_px)
        sheet[top : top + height, left : left + width] = tile
    return sheet


def kernels(weights: np.ndarray) -> list[tuple[np.ndarray, float]]:
    """Each kernel of (frames, height, width, 3, D) as a picture, its frames side by side, and its largest weight.

    Grey is 0; full red, green or blue is the largest weight of this kernel, be it above or below 0.
    """
    pictures = []
    for channel in range(weights.shape[-1]):
        kernel = weights[..., channel]
        most = float(np.abs(kernel).max())
        shown = np.clip(127.5 + 127.5 * kernel / max(most, 1e-9), 0, 255).round().astype(np.uint8)
        pictures.append((np.concatenate(list(shown), axis=1), most))
    return pictures


def png(image: np.ndarray) -> bytes:
    """A picture as a PNG file. image: (H, W, 3) uint8 RGB."""
    return cv2.imencode(".png", cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2BGR))[1].tobytes()


def address(image: np.ndarray) -> str:
    """A picture as the address of a PNG that holds it."""
    return f"data:image/png;base64,{base64.b64encode(png(image)).decode()}"


def tiles(
    images: Sequence[np.ndarray], captions: Sequence[str], *, alt: str, size: str = "small", crisp: bool = True
) -> str:
    """HTML of pictures with a caption each. size: "small", "strip" or "large". crisp: pixels stay squares."""
    kind = f"k-tiles k-{size}{' k-crisp' if crisp else ''}"
    cells = (
        f'<figure><img src="{address(image)}" alt="{escape(f"{alt} {caption}")}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
        for image, caption in zip(images, captions, strict=True)
    )
    return f'<div class="{kind}">{"".join(cells)}</div>'


def npz(axes: Mapping[str, Sequence[str]], **arrays: np.ndarray) -> bytes:
    """Arrays as an .npz file; the names of the axes of each lie beside it as `<name>_axes`."""
    named = {f"{name}_axes": np.array(list(of)) for name, of in axes.items()}
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays, **named)
    return file.getvalue()
