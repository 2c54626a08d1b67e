"""Clips to take along: with labels, scores and class activation burnt in, and cut-outs of chosen stretches.

What is burnt in stands in a panel below the picture, where it hides nothing; the class activation alone lies over the
picture. Frames come and go one by one, so that memory does not grow with the clip.
"""

import csv
import io
import math
import re
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from core.base.errors import NotEnoughExamples
from core.base.percentages import per_cent
from core.base.progress import Report, silent
from core.base.registry import BACKBONES
from core.domain import Features, Frame, Prediction, Recipe, Segment, VideoInfo
from core.domain.fingerprint import fingerprint
from core.stages.drawing.fonts import Lettering
from core.stages.preprocessing import recipes
from core.stages.tracks.segmentation import NOTHING
from core.workflows import explanations, models, predictions
from core.workflows.texts import text_store
from core.workspace.store import Store

NARROWEST_PX, WIDEST_PX = 640, 1920  # width of what is made: smaller pictures are enlarged, so that text can be read
BEST = 3  # scores that are shown
MOST_CUT = 2000  # stretches in one file
GROUND, INK, FAINT = (24, 24, 27), (244, 244, 245), (113, 113, 122)
GREY = "#8A8A93"
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Strip:
    """A track as it is burnt in: its name and its segments."""

    name: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class Wanted:
    """What is burnt into a clip.

    strips: tracks, from top to bottom. colours: of labels, as (label, "#RRGGBB"). prediction: key of the scores to
    show, "" for none. activation: whether what speaks for the best label lies over the picture; recipe, model and
    engine say whose.
    """

    strips: tuple[Strip, ...]
    colours: tuple[tuple[str, str], ...]
    prediction: str = ""
    activation: bool = False
    recipe: Recipe = field(default_factory=Recipe)
    model: str = ""
    engine: str = ""


# The clip with all that is known of it --------------------------------------------------------------------------------


def film_key(store: Store, digest: str, wanted: Wanted) -> str:
    """The name of a clip with this burnt in; where words led to what is explained, with what is said in it now."""
    reads = wanted.activation and models.ModelLibrary.of(store).get(wanted.model)[0].words
    texts = (text_store.spoken_keys(store, digest),) if reads else ()
    return fingerprint("film", 1, digest, wanted, *texts)


def make_film(store: Store, digest: str, wanted: Wanted, report: Report = silent) -> None:
    """Make and store an MP4 (H.264) of a clip with this burnt in, its sound kept. Progress is told in frames."""
    from core.stages import video

    info = store.video(digest)
    panel = _Panel(store, info, wanted)
    heat = _Heat(store, info, wanted, report) if wanted.activation else None
    size = panel.picture_px

    def frames() -> Iterator[Frame]:
        for frame in video.read(info, size_px=size):
            if frame.index % 8 == 0:
                report(frame.index, info.frame_count, "Drawing")
            image = heat.over(frame) if heat else frame.image
            yield replace(frame, image=np.vstack([image, panel.at(frame)]))

    def fill(path: Path) -> None:
        video.write(path, frames(), sound=info)

    store.write_file(film_key(store, digest, wanted), fill, kind="export", video=digest)
    report(info.frame_count, info.frame_count, "Done")


def undrawable(labels: Iterable[str]) -> tuple[str, ...]:
    """The labels in a script for which this machine has no letters: they are shown as numbers."""
    letters = Lettering(20)
    return tuple(label for label in dict.fromkeys(labels) if not letters.has(label))


class _Panel:
    """What stands below the picture: a line for each track with its label now, the best scores, and all of the time."""

    def __init__(self, store: Store, info: VideoInfo, wanted: Wanted):
        self.info, self.wanted = info, wanted
        width = min(max(info.width_px, NARROWEST_PX), WIDEST_PX)
        width -= width % 2
        height = max(2, round(width * info.height_px / info.width_px / 2) * 2)
        self.picture_px = (width, height)
        self.text_px = max(18, round(width / 40))
        self.letters = Lettering(self.text_px)
        self.colours = {label: _rgb(colour) for label, colour in wanted.colours}
        self.numbers = {label: number for number, label in enumerate(dict(wanted.colours), 1)}
        self.prediction = store.read(wanted.prediction, Prediction) if wanted.prediction else None
        self.line_px = round(1.7 * self.text_px)
        rows = len(wanted.strips) + (BEST if self.prediction is not None else 0) + 1
        self.height_px = rows * self.line_px + (rows * self.line_px) % 2
        self.starts = [np.array([segment.start_s for segment in strip.segments]) for strip in wanted.strips]
        self.name_px = max([round(0.14 * width), *(self._width(strip.name) + self.text_px for strip in wanted.strips)])
        self.name_px = min(self.name_px, width // 3)
        self.ground = self._ground()

    def at(self, frame: Frame) -> np.ndarray:
        """(panel height, width, 3) the panel of a frame."""
        panel = self.ground.copy()
        width = panel.shape[1]
        top = 0
        for strip, starts in zip(self.wanted.strips, self.starts, strict=True):
            now = _now(strip.segments, starts, frame.time_s)
            if now:
                side, high = self.text_px, top + (self.line_px - self.text_px) // 2
                panel[high : high + side, self.name_px : self.name_px + side] = self._colour(now)
                left = self.name_px + round(1.4 * side)
                self._put(panel, top, left, now.label, width - left, INK)
            top += self.line_px
        if self.prediction is not None:
            self._scores(panel, top, frame.time_s)
        self._clock(panel, frame)
        x = self._x(frame.time_s)
        panel[-self.line_px :, max(0, x - 1) : x + 2] = INK
        return panel

    def _ground(self) -> np.ndarray:
        """What stays the same: names of tracks, and their segments over all of the clip."""
        width = self.picture_px[0]
        panel = np.full((self.height_px, width, 3), GROUND, np.uint8)
        for number, strip in enumerate(self.wanted.strips):
            self._put(panel, number * self.line_px, self.text_px // 2, strip.name, self.name_px - self.text_px, FAINT)
        bottom = self.height_px - round(0.25 * self.line_px)
        high = max(2, round(0.6 * self.line_px / max(1, len(self.wanted.strips))))
        for number, strip in enumerate(self.wanted.strips):
            low = bottom - (len(self.wanted.strips) - number - 1) * high
            for segment in strip.segments:
                left, right = self._x(segment.start_s), max(self._x(segment.stop_s), self._x(segment.start_s) + 1)
                panel[low - high + 1 : low, left:right] = self._colour(segment)
        return panel

    def _x(self, time_s: float) -> int:
        """Where a moment lies across the panel, right of the clock."""
        width = self.picture_px[0]
        return self.name_px + int((width - self.name_px - 1) * min(time_s / self.info.duration_s, 1.0))

    def _colour(self, segment: Segment) -> Colour:
        return self.colours.get(segment.label, _rgb(GREY))

    def _scores(self, panel: np.ndarray, top: int, time_s: float) -> None:
        """The best scores now, as bars with their labels."""
        prediction = self.prediction
        assert prediction is not None
        row = prediction.scores[int(np.abs(prediction.times_s - time_s).argmin())]
        width = panel.shape[1] - self.name_px - 2 * self.text_px
        for number, index in enumerate(np.argsort(-row, kind="stable")[:BEST]):
            label, score = prediction.labels[int(index)], float(row[index])
            high, left = top + number * self.line_px, self.name_px
            colour = self.colours.get(label, _rgb(GREY))
            bar = tuple(round(0.45 * part + 0.55 * ground) for part, ground in zip(colour, GROUND, strict=True))
            panel[high + 3 : high + self.line_px - 3, left : left + max(1, round(width * score))] = bar
            self._put(panel, high, left + self.text_px // 2, label, width, INK)
            self._put(panel, high, self.text_px // 2, per_cent(score, decimals=0), self.name_px, FAINT)

    def _clock(self, panel: np.ndarray, frame: Frame) -> None:
        minutes, rest = divmod(frame.time_s, 60)
        left, top = self.text_px // 2, self.height_px - self.line_px
        for letter in f"{int(minutes)}:{rest:05.2f}":  # one by one: what is kept of them must not grow with the clip
            wide = self._width(letter if letter in ":." else "0")
            self._put(panel, top, left, letter, wide + 2, INK)
            left += wide

    def _put(self, panel: np.ndarray, top: int, left: int, text: str, width: int, colour: Colour) -> None:
        """Write a line of text; a label that cannot be written is told by its number."""
        shown = text if self.letters.has(text) else f"label {self.numbers.get(text, '?')}"
        mask = self.letters.mask(shown, max(1, min(width, panel.shape[1] - left)))  # (h, w) 0 to 255
        if mask.size:
            high = top + max(0, (self.line_px - mask.shape[0]) // 2)
            values = panel[high : high + mask.shape[0], left : left + mask.shape[1]]
            share = mask[: values.shape[0], : values.shape[1], None] / 255
            values[:] = (values * (1 - share) + np.array(colour) * share).round()

    def _width(self, text: str) -> int:
        return self.letters.mask(text, self.picture_px[0]).shape[1]


def _now(segments: Sequence[Segment], starts: np.ndarray, time_s: float) -> Segment | None:
    """The segment at a moment."""
    index = int(np.searchsorted(starts, time_s + 1e-9, side="right")) - 1
    return segments[index] if index >= 0 and time_s < segments[index].stop_s else None


def _rgb(colour: str) -> Colour:
    """#RRGGBB as numbers; grey for anything else."""
    text = colour if re.fullmatch(r"#[0-9A-Fa-f]{6}", colour) else GREY
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


class _Heat:
    """What speaks for the best label, laid over each picture; found window by window as the clip goes on."""

    def __init__(self, store: Store, info: VideoInfo, wanted: Wanted, report: Report):
        self.store, self.info, self.wanted, self.report = store, info, wanted, report
        self.card, _ = models.ModelLibrary.of(store).get(wanted.model)
        self.backbone = BACKBONES[self.card.backbone]
        self.recipe = predictions.prepared(wanted.recipe, self.card)
        self.prediction = store.read(
            predictions.prediction_key(store, info.digest, wanted.recipe, self.card, wanted.engine), Prediction
        )
        self.number, self.maps, self.times_s = -1, np.zeros((0, 1, 1), np.float32), np.zeros(0)

    def over(self, frame: Frame) -> np.ndarray:
        """The picture with the map of its moment over it; as it is where the network saw nothing of it."""
        if not self.prediction.seen_s[0] <= frame.time_s < self.prediction.seen_s[1]:
            return frame.image
        self._find(frame)
        values = np.maximum(self.maps[int(np.abs(self.times_s - frame.time_s).argmin())], 0)
        high, wide = frame.image.shape[:2]
        back = self._from_picture(wide, high)
        square = cv2.resize(values, (self.backbone.size_px, self.backbone.size_px), interpolation=cv2.INTER_LINEAR)
        share = cv2.warpAffine(square, back[:2], (wide, high), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP).clip(0, 1)
        hot = cv2.applyColorMap((255 * share).astype(np.uint8), cv2.COLORMAP_INFERNO)[..., ::-1]
        weight = 0.65 * np.sqrt(share)[..., None]
        return (frame.image * (1 - weight) + hot * weight).round().astype(np.uint8)

    def _from_picture(self, wide: int, high: int) -> np.ndarray:
        """(3, 3) from pixels of the picture as it is drawn to those of the square that the CNN saw."""
        placement = recipes.placed(self.recipe, self.info.width_px, self.info.height_px)
        side = min(placement.width_px, placement.height_px)
        left, top, scale = (
            (placement.width_px - side) / 2,
            (placement.height_px - side) / 2,
            self.backbone.size_px / side,
        )
        square = np.array([[scale, 0, -left * scale], [0, scale, -top * scale], [0, 0, 1]])
        shown = np.diag([self.info.width_px / wide, self.info.height_px / high, 1.0])
        middle = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])  # of a pixel, in places that run on
        return np.linalg.inv(middle) @ square @ placement.matrix @ shown @ middle

    def _find(self, frame: Frame) -> None:
        """The maps of the window of a frame, scaled to the strongest place of the window."""
        backbone = self.backbone
        number = explanations.window_at(self.info, self.recipe, backbone, frame.time_s)
        if number == self.number:
            return
        start_s, stop_s = explanations.window_s(self.info, self.recipe, backbone, number)
        rows = (self.prediction.times_s >= start_s) & (self.prediction.times_s < stop_s)
        scores = self.prediction.scores[rows] if rows.any() else self.prediction.scores
        label = int(scores.mean(axis=0).argmax())
        view = explanations.ClipWindow(self.info.digest, self.recipe, self.card.backbone, number)
        question = explanations.ExplanationQuestion(view, self.card, self.wanted.engine, label)
        if self.card.network:
            times_s = self.store.read(question.features_key, Features).times_s
            question = replace(question, step=int(np.abs(times_s - (start_s + stop_s) / 2).argmin()))
        text = f"Computing the attribution of {question.name}"
        evidence = explanations.locate(
            self.store, question, lambda *_: self.report(frame.index, self.info.frame_count, text)
        )
        strongest = float(evidence.maps.max())
        self.number, self.times_s = number, evidence.times_s
        self.maps = evidence.maps / strongest if strongest > 0 else np.zeros_like(evidence.maps)


# Cut-outs -------------------------------------------------------------------------------------------------------------


def cut_key(digest: str, strips: Sequence[Strip]) -> str:
    """The name of the cut-outs of these segments."""
    return fingerprint("cut-outs", 2, digest, tuple(strips))


def make_cuts(store: Store, digest: str, strips: Sequence[Strip], report: Report = silent) -> None:
    """Make and store a zip of a clip for each segment and a table of what they are. Progress is told in frames."""
    from core.stages import video

    info = store.video(digest)
    chosen = [(strip.name, segment) for strip in strips for segment in strip.segments if segment.label != NOTHING]
    if not chosen:
        raise NotEnoughExamples("There are no segments to export.", "Draw one, or choose another track.")
    if len(chosen) > MOST_CUT:
        raise NotEnoughExamples(f"{len(chosen)} segments are more than {MOST_CUT}.", "Choose fewer labels.")
    spans = [np.searchsorted(info.times_s, (segment.start_s - 1e-6, segment.stop_s - 1e-6)) for _, segment in chosen]
    total, done = int(sum(stop - first for first, stop in spans)), 0

    def frames(first: int, stop: int) -> Iterator[Frame]:
        end_s = float(info.times_s[stop]) if stop < info.frame_count else math.inf
        for frame in video.read(info, start_s=float(info.times_s[first]), stop_s=end_s):
            if frame.index % 8 == 0:
                report(done + frame.index - first, total, "Cutting")
            yield frame

    def fill(path: Path) -> None:
        nonlocal done
        rows = []
        with tempfile.TemporaryDirectory(dir=path.parent) as folder, zipfile.ZipFile(path, "w") as archive:
            for number, ((name, segment), (first, stop)) in enumerate(zip(chosen, spans, strict=True), 1):
                if first < stop:
                    file = f"{number:04}_{_plain(segment.label)}.mp4"
                    video.write(Path(folder, "cut.mp4"), frames(int(first), int(stop)), info.rate_hz, sound=info)
                    archive.write(Path(folder, "cut.mp4"), file)
                    rows.append(_row(file, segment, name, int(first), int(stop), info))
                done += int(stop - first)
            archive.writestr("segments.csv", _table(rows))

    store.write_file(cut_key(digest, strips), fill, kind="export", video=digest)
    report(total, total, "Done")


HEADER = ("file", "label", "start_s", "stop_s", "first_frame", "stop_frame", "confidence", "track", "note", "clip")


def _row(file: str, segment: Segment, track: str, first: int, stop: int, info: VideoInfo) -> tuple:
    """What the table says of a cut-out: where in the clip it lay, on the clock of the source."""
    stop_s = float(info.times_s[stop]) if stop < info.frame_count else info.duration_s
    sure = "" if segment.confidence is None else f"{segment.confidence:.4f}"
    times = f"{info.times_s[first]:.6f}", f"{stop_s:.6f}"
    return file, segment.label, *times, first, stop, sure, track, segment.note, Path(info.path).name


def _table(rows: Sequence[tuple]) -> str:
    """CSV; a cell that a spreadsheet would take for a formula gets a quote before it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for row in rows:
        writer.writerow([f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t" else cell for cell in row])
    return text.getvalue()


@lru_cache(maxsize=1024)
def _plain(label: str) -> str:
    """A label as a part of a file name."""
    return re.sub(r"[^\w-]+", "_", label).strip("_")[:40] or "label"
