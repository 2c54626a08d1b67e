"""Cached search results and zero-shot scores."""

from core.domain import Hits, Named
from core.workflows.search import index
from core.workflows.search import query as searching
from pages.ui import state
from pages.ui.cache.memory import cached


def hits(query: str, digest: str = "") -> Hits:
    """The hits of a search in the library, or in a single clip; the quick worker searches."""
    return _hits(query, digest, index.stamp(state.store()))


@cached(most=16)
def _hits(query: str, digest: str, stamp: str) -> Hits:
    return state.runner().ask(searching.search, state.store(), query, (digest,) if digest else None, timeout_s=90)


@cached(most=4)
def named(key: str) -> Named:
    """The scores of labels in words, stored under a key."""
    return state.store().read(key, Named)
