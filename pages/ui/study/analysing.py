"""The way from a study to the analysis of its clips that have no labels yet."""

from collections.abc import Sequence

from pages.ui import state


def analyse(digests: Sequence[str], model: str) -> None:
    """Open the page that analyses many clips, with these clips and this model."""
    state.remember("batch.clips", tuple(digests))
    state.go("batch", model=model)
