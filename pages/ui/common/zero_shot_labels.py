"""Zero-shot results of a clip."""

from core.base.errors import AnalysisError
from core.domain import Analysis, Prediction, VideoInfo
from core.workflows import search
from core.workflows.search import semantics, zero_shot
from pages.ui import cache, state

STRICTNESS = {"loose": 0.0, "usual": semantics.NEAR, "strict": 0.2}


def draft(info: VideoInfo, base: str) -> tuple[Analysis, Prediction] | None:
    """What was found of them in a clip, for a draft of labels; None where the Timeline has not found it yet."""
    least = STRICTNESS[state.remembered("named.strict", "usual")]
    try:
        key = search.named_key(base, search.read_labels(state.named_text()), least)
        named = cache.named(key) if state.store().has(key) else None
    except AnalysisError:
        return None
    return (zero_shot.read_analysis(info, named), named.prediction) if named else None
