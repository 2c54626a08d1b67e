"""How long work reports its progress and is asked to stop.

A long function takes `report(done, total, message)` and calls it once a batch; it raises Cancelled when asked to stop.
"""

from collections.abc import Callable

Report = Callable[[int, int, str], None]


def silent(done: int, total: int, message: str) -> None:
    """The report of work that nobody watches."""
