"""How the values check themselves when made."""

import numpy as np


def check(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(what)


def rising(times_s: np.ndarray) -> bool:
    return bool(np.all(np.isfinite(times_s)) and np.all(np.diff(times_s) > 0))
