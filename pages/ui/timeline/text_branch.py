"""The text branch on the Timeline: a sentence on its coverage, and lanes of video only and text only."""

from core.domain import Branches, ModelCard
from core.stages.tracks import segmentation
from core.workflows import predictions
from pages.ui.common import formatting
from pages.ui.common.player.rows import PlayerLane

BOTH, PICTURE, WORDS = "both", "picture", "words"


def sentence(branches: Branches) -> str:
    """The coverage of text, for a caption."""
    if not branches.sources:
        return (
            "This model also uses text, but this clip has none: the prediction is based on video "
            "only. You can add subtitles or a transcript below."
        )
    share = branches.worded.mean()
    if not share:
        return "The text of this clip is not close to any moment: the prediction is based on video only."
    text = formatting.listed([source(name).lower() for name in branches.sources])
    where = "every moment" if share == 1 else f"{formatting.per_cent(float(share))} of the moments"
    rest = "" if share == 1 else " The other moments are based on video only."
    return f"Based on video and text: {text} are close to {where}.{rest}"


def source(name: str) -> str:
    """The name of a source of texts, for people."""
    known = {"subtitle": "Subtitles", "transcript": "Transcript", "speech": "Speech", "note": "Notes"}
    language = name.removeprefix("subtitle inside")
    inside = f"Embedded subtitles{language and f' ({language.strip()})'}"
    return inside if name.startswith("subtitle inside") else known.get(name, name)


def rows(branches: Branches, card: ModelCard, digest: str) -> list[PlayerLane]:
    """The lanes of video only and text only; none without text."""
    if not branches.worded.any():
        return []
    picture, track = predictions.tracks_apart(branches, card, digest)
    near = segmentation.stretches(branches.worded, branches.words.times_s, branches.words.seen_s)
    return [
        PlayerLane(PICTURE, picture.segments, seen=[picture.seen_s], prefix="video only:"),
        PlayerLane(WORDS, track.segments, seen=near, prefix="text only:"),
    ]
