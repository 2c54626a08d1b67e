"""Pictures out of a clip: contact sheets, what was measured of each frame, and chosen frames as files.

The other joint of the stages beside predictions, which goes on from frames to labels. A sheet is quick, because it
seeks; measuring and exporting are jobs.
"""

import csv
import io
import zipfile
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from pathlib import Path

import cv2
import numpy as np

from core.base.errors import AnalysisError, RecipeInvalid
from core.base.progress import Report, silent
from core.domain import Frame, Quality, Recipe, Sheet, VideoInfo
from core.domain.fingerprint import fingerprint
from core.stages import quality
from core.stages.preprocessing import frame_clock, recipes
from core.workflows import clips
from core.workspace.jobs.lanes import short
from core.workspace.store import Store

SHEET_PX = 256  # longer side of a picture on a sheet
SHEET_QUALITY = 82  # of its JPEG
SOON_DECODED = 500_000_000  # pixels: about a second's work
KEYS_APART = 250  # frames between key frames at most, as encoders have it where nobody says otherwise (x264, x265)
FEW = 100  # frames that are written in seconds
MOST_EXPORTED = 5000  # frames in one file: some 10 GB at 1080p
PNG_EFFORT = 3  # of 9; more takes much longer and saves little

Places = tuple[tuple[int, int], ...]  # frames of a sheet: (index, how many frames away from it will do)


# Contact sheets -------------------------------------------------------------------------------------------------------


def spread(info: VideoInfo, count: int) -> Places:
    """`count` places over a clip: the middles of as many equal stretches, with slack inside the stretch.

    A clip that is soon decoded has no slack. Else the slack is half of what lies around the middle, so that the sheet
    stays even; where stretches are shorter than two of the longest usual distances between key frames, it is all.
    """
    count = min(count, info.frame_count)
    around = (info.frame_count // count - 1) // 2
    slack = around // 2 if around > KEYS_APART else around
    if info.frame_count * info.width_px * info.height_px <= SOON_DECODED:
        slack = 0
    return tuple((int((index + 0.5) * info.frame_count / count), slack) for index in range(count))


def of_shots(measured: Quality) -> Places:
    """A place in each shot: its middle, and half the way from there to its borders for the slack."""
    borders = [*measured.shots.tolist(), len(measured.times_s)]
    return tuple(((first + stop) // 2, (stop - first) // 4) for first, stop in pairwise(borders))


def sheet_key(digest: str, places: Places) -> str:
    """The name of a contact sheet."""
    return fingerprint("sheet", 1, digest, places, SHEET_PX, SHEET_QUALITY)


def make_sheet(store: Store, digest: str, places: Places) -> None:
    """Make and store a contact sheet, unless it is there: small pictures of frames at or near the given places."""
    from core.stages import video

    key = sheet_key(digest, places)
    if store.has(key):
        return
    info = store.video(digest)
    scale = min(1.0, SHEET_PX / max(info.width_px, info.height_px))
    size = max(1, round(info.width_px * scale)), max(1, round(info.height_px * scale))
    indices, slacks = [index for index, _ in places], [slack for _, slack in places]
    frames = video.near(info, indices, slacks=slacks, size_px=size)
    pictures = [_jpeg(frame.image) for frame in frames]
    made = Sheet(
        np.array([frame.index for frame in frames], np.int64),
        np.array([frame.time_s for frame in frames], np.float64),
        np.frombuffer(b"".join(pictures), np.uint8),
        np.cumsum([len(picture) for picture in pictures], dtype=np.int64),
    )
    store.write(key, made, kind="sheet", video=digest)


def _jpeg(image: np.ndarray) -> bytes:
    settings = [cv2.IMWRITE_JPEG_QUALITY, SHEET_QUALITY]
    return cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), settings)[1].tobytes()


# Quality --------------------------------------------------------------------------------------------------------------


def quality_key(digest: str) -> str:
    """The name of what was measured of a clip's frames."""
    return fingerprint("quality", 1, digest, quality.SIDE_PX)


@short(when=clips.is_brief)
def make_quality(store: Store, digest: str, report: Report = silent) -> None:
    """Measure each frame of a clip in one pass and store what was found; progress is told in frames."""
    from core.stages import video

    info = store.video(digest)

    def shown_frames() -> Iterator[Frame]:
        for frame in video.read(info, size_px=quality.small(info.width_px, info.height_px)):
            if frame.index % 8 == 0:
                report(frame.index, info.frame_count, "Checking each frame")
            yield frame

    measured = quality.measure(shown_frames())
    report(info.frame_count, info.frame_count, "Done")
    store.write(quality_key(digest), measured, kind="quality", video=digest)


# Chosen frames as files -----------------------------------------------------------------------------------------------


def shown_by(recipe: Recipe, info: VideoInfo, indices: Sequence[int]) -> tuple[int, ...]:
    """The frames that a recipe shows at the moments of these frames: fewer where it cuts moments away."""
    made = frame_clock.clock_of(recipe, info)
    shown = (made.shown(float(info.times_s[index])) for index in indices)
    return tuple(sorted({index for index in shown if index is not None}))


def export_key(digest: str, indices: tuple[int, ...], recipe: Recipe, labels: tuple[str, ...]) -> str:
    """The name of a file of chosen frames."""
    return fingerprint("frames", 1, digest, indices, recipe, labels)


@short(when=lambda _store, _digest, indices, *_others: len(indices) <= FEW)
def make_export(
    store: Store,
    digest: str,
    indices: tuple[int, ...],
    recipe: Recipe,
    labels: tuple[str, ...],
    report: Report = silent,
) -> None:
    """Write a ZIP of the frames of these indices, which rise, as PNG in full size, with a table of times and labels.

    The pictures are those that `recipe` makes of them; an empty one leaves them as they are. labels: one for each
    frame. One picture after another goes to disk, and the file appears when it is whole.
    """
    if not indices:
        raise RecipeInvalid("No frame is chosen.", "Tick frames on the contact sheet, or widen the Trim step.")
    if len(indices) > MOST_EXPORTED:
        raise AnalysisError(f"{len(indices)} frames are too many for one file.", f"Choose at most {MOST_EXPORTED}.")
    info = store.video(digest)

    def fill(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for count, frame in enumerate(_made(info, indices, recipe)):
                report(count, len(indices), "Writing pictures")
                archive.writestr(_name(frame.index), _png(frame.image))
            archive.writestr("frames.csv", _table(info, indices, labels))

    key = export_key(digest, indices, recipe, labels)
    store.write_file(key, fill, kind="export", video=digest)
    report(len(indices), len(indices), "Done")


def _made(info: VideoInfo, indices: Sequence[int], recipe: Recipe) -> Iterator[Frame]:
    """The frames of these indices as the recipe makes them look, holding no more than a step needs around each."""
    from core.stages import video

    reach, last = recipes.reach(recipe), info.frame_count - 1
    spans = [range(max(0, index - reach), min(last, index + reach) + 1) for index in indices]
    source = video.picked(info, sorted(set(chain.from_iterable(spans))))
    window: deque[Frame] = deque(maxlen=2 * reach + 1)
    for index, span in zip(indices, spans, strict=True):
        while not window or window[-1].index < span[-1]:
            window.append(next(source))
        around = [frame for frame in window if frame.index in span]
        made = recipes.preview(recipe, around, float(info.times_s[index]))
        assert made is not None  # the frame itself is among them
        yield made


def _name(index: int) -> str:
    return f"frame_{index:06}.png"


def _png(image: np.ndarray) -> bytes:
    settings = [cv2.IMWRITE_PNG_COMPRESSION, PNG_EFFORT]
    return cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), settings)[1].tobytes()


def _table(info: VideoInfo, indices: Sequence[int], labels: Sequence[str]) -> str:
    """CSV of the frames: index, time_s, label, file."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("index", "time_s", "label", "file"))
    for index, label in zip(indices, labels, strict=True):
        rows.writerow((index, f"{info.times_s[index]:.6f}", label, _name(index)))
    return text.getvalue()
