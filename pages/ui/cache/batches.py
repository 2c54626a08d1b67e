"""The clips of a batch and how each of them is."""

from core.domain.fingerprint import fingerprint
from core.workflows import batches
from pages.ui import state
from pages.ui.cache.memory import cached


def batch_items(batch: batches.Batch) -> tuple[batches.BatchItem, ...]:
    """How each clip of a batch is, in the order of the batch; worked out anew where something of them changed."""
    card = state.models()[batch.model]
    version = f"{batches.version(state.store(), batch)} {fingerprint('model of a batch', card)}"
    return _batch_items(batch.name, version, state.settings().engine, batch)


@cached(most=2)
def _batch_items(name: str, version: str, engine: str, _batch: batches.Batch) -> tuple[batches.BatchItem, ...]:
    return tuple(batches.items_of(state.store(), _batch, engine))
