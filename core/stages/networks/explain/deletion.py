"""The deletion test: how a score falls as the most important places are hidden, beside random orders."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from core.base.errors import UnknownName
from core.base.progress import Report, silent

BLUR = 1 / 12  # of the picture's side: the standard deviation that leaves colours and no shapes
FRACTIONS = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0)


@dataclass(frozen=True, eq=False)
class Deletion:
    """How the score of a label falls while more and more is hidden.

    fractions: (F,) of all places, from 0 to 1; marked: (F,) scores with the most marked hidden first; random: (R, F)
    with places hidden in R random orders. hidden: "blur" or "mean", what is put there.
    """

    fractions: np.ndarray
    marked: np.ndarray
    random: np.ndarray
    hidden: str
    label: str

    @property
    def areas(self) -> tuple[float, float]:
        """The areas under the marked and under the mean random curve."""
        return self._under(self.marked), self._under(self.random.mean(axis=0))

    @property
    def span(self) -> tuple[float, float]:
        """The least and the most of the areas under the curves of single random orders."""
        areas = [self._under(curve) for curve in self.random]
        return min(areas), max(areas)

    @property
    def gain(self) -> float:
        """The area between the curves: above 0 the explanation finds what matters better than chance does."""
        return self.areas[1] - self.areas[0]

    def _under(self, curve: np.ndarray) -> float:
        return float((np.diff(self.fractions) * (curve[1:] + curve[:-1]) / 2).sum())


def deletion(
    pictures: np.ndarray,
    marks: np.ndarray,
    score: Callable[[np.ndarray], float],
    *,
    label: str,
    hidden: str = "blur",
    fractions: Sequence[float] = FRACTIONS,
    rounds: int = 3,
    seed: int = 0,
    report: Report = silent,
) -> Deletion:
    """Hide more and more of (N, size, size, 3) pictures and see how the score falls.

    marks: (T, H, W); a place of it is a block of pixels over some frames, and is hidden as a whole. score: of a label
    for pictures like these. Nothing hidden and everything hidden are the same for all orders and asked once.
    """
    shown_or_hidden = pictures, _obscured(pictures, hidden)
    rng = np.random.default_rng(seed)
    orders = [np.argsort(-marks.ravel(), kind="stable")] + [rng.permutation(marks.size) for _ in range(rounds)]
    ends = {0.0: score(pictures), 1.0: score(shown_or_hidden[1])}
    total, done = len(orders) * sum(share not in ends for share in fractions) + 2, 2
    curves = np.zeros((len(orders), len(fractions)))
    for row, order in enumerate(orders):
        for column, share in enumerate(fractions):
            if share in ends:
                curves[row, column] = ends[share]
                continue
            report(done, total, "Hiding the marked regions" if row == 0 else "Hiding random regions")
            taken = np.zeros(marks.size, bool)
            taken[order[: round(share * marks.size)]] = True
            curves[row, column] = score(_with_hidden(*shown_or_hidden, taken.reshape(marks.shape)))
            done += 1
    return Deletion(np.array(fractions), curves[0], curves[1:], hidden, label)


def _obscured(pictures: np.ndarray, hidden: str) -> np.ndarray:
    """The pictures with nothing left to see: blurred beyond shapes, or each of its own mean colour."""
    if hidden == "mean":
        means = pictures.mean(axis=(1, 2), keepdims=True).round().astype(np.uint8)
        return np.broadcast_to(means, pictures.shape)
    if hidden != "blur":
        raise UnknownName(f"There is no hiding method named {hidden!r}.", "There are: blur, mean.")
    return np.stack([cv2.GaussianBlur(picture, (0, 0), BLUR * picture.shape[0]) for picture in pictures])


def _with_hidden(pictures: np.ndarray, obscured: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """The pictures with the places that are `taken`, (T, H, W) bool, obscured."""
    times, rows, columns = (
        np.arange(length) * count // length for length, count in zip(pictures.shape[:3], taken.shape, strict=True)
    )
    mask = taken[times[:, None, None], rows[None, :, None], columns[None, None, :]]  # (N, size, size)
    return np.where(mask[..., None], obscured, pictures)
