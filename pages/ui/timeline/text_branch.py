"""On the Timeline, what a model that reads words owes to them: a sentence, and lanes of picture and words alone."""

from core.domain import Branches, ModelCard
from core.stages.tracks import segmentation
from core.workflows import predictions
from pages.ui.common import formatting
from pages.ui.common.player.rows import Row

BOTH, PICTURE, WORDS = "both", "picture", "words"


def sentence(branches: Branches) -> str:
    """How far words took part, for a caption."""
    if not branches.sources:
        return (
            "This model reads words too, but this clip has none beside it: the picture alone decides. "
            "Subtitles or a transcript can be added below."
        )
    share = branches.worded.mean()
    if not share:
        return "The words of this clip are near none of its moments: the picture alone decides."
    text = formatting.listed([source(name).lower() for name in branches.sources])
    where = "every moment" if share == 1 else f"{formatting.per_cent(float(share))} of the moments"
    rest = "" if share == 1 else " Elsewhere the picture alone decides."
    return f"Told by picture and words together: {text} are near {where}.{rest}"


def source(name: str) -> str:
    """The name of a source of texts, for people."""
    known = {"subtitle": "Subtitles", "transcript": "Transcript", "speech": "Speech", "note": "Notes"}
    language = name.removeprefix("subtitle inside")
    inside = f"Inside{language and f' ({language.strip()})'}"
    return inside if name.startswith("subtitle inside") else known.get(name, name)


def rows(branches: Branches, card: ModelCard, digest: str) -> list[Row]:
    """A lane of what the picture alone says, and one of what the words alone say; none where no words took part."""
    if not branches.worded.any():
        return []
    picture, track = predictions.tracks_apart(branches, card, digest)
    near = segmentation.stretches(branches.worded, branches.words.times_s, branches.words.seen_s)
    return [
        Row(PICTURE, picture.segments, seen=[picture.seen_s], prefix="by the picture alone:"),
        Row(WORDS, track.segments, seen=near, prefix="by the words alone:"),
    ]
