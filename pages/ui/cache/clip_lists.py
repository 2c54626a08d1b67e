"""All clips at once: their rows, and the same with what is known of each."""

from core.domain.fingerprint import fingerprint
from core.workflows import clip_list
from core.workspace.store import ClipRow
from pages.ui import state
from pages.ui.cache.datasets import dataset_bodies, datasets_of_clips
from pages.ui.cache.memory import cached


def clip_rows() -> tuple[ClipRow, ...]:
    """All clips, the latest first; quick however many there are."""
    return _clip_rows(state.store().clips_version())


@cached(most=1)
def _clip_rows(version: str) -> tuple[ClipRow, ...]:
    return state.store().clip_rows()


def listed_clips() -> tuple[tuple[clip_list.ListedClip, ...], clip_list.ListChoices]:
    """All clips with what is known of each, and what a filter of them can ask for."""
    return _listed_clips(*_versions())


def _versions() -> tuple[str, str]:
    models = (f"{card.name}:{fingerprint('labels', card.labels)}" for card in state.models().values())
    return clip_list.version(state.store()), " ".join((*models, "", *dataset_bodies()))


@cached(most=1)
def _listed_clips(version: str, others: str) -> tuple[tuple[clip_list.ListedClip, ...], clip_list.ListChoices]:
    store, rows = state.store(), clip_rows()
    datasets = datasets_of_clips() if rows else {}  # without clips none is opened
    clips = clip_list.listed(store, rows, state.models(), datasets)
    return clips, clip_list.choices(clips, store.metadata_columns())
