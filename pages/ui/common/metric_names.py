"""The names of metrics as people read them, from their registry."""

from core.base.registry import METRICS


def label(name: str) -> str:
    """The name of a metric; what is no metric keeps its own."""
    return METRICS[name].label if name in METRICS else name


def in_sentence(name: str) -> str:
    """The same within a sentence: "balanced accuracy", "macro F1"."""
    text = label(name)
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
