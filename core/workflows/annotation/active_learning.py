"""The order in which stretches are worth a look: what tells a network most comes first. Arrays in, places out.

Doubt alone asks the same again and again: where a network wavers once, it wavers at all moments like it. So each
stretch also counts by how unlike it is to what was looked at (core-sets, Sener and Savarese 2018), and by how much of
the rest is like it (typicality, Hacohen et al. 2022). How alike two stretches are is told by their scores, so nothing
but a prediction is needed. How the parts are weighed was chosen on streams joined at random from clips of UCF101 and of
the made set, by a simulated labeller.
"""

import numpy as np

LABELS = 64  # those that are named most: the others tell next to nothing
SAMPLE = 256  # stretches that stand for all the rest
FRONT = 64  # places that are given out one by one; nobody looks at more before the order is made anew
SHARPNESS = 4.0
EPSILON = 1e-9


def order(doubts: np.ndarray, profiles: np.ndarray, known: np.ndarray) -> list[int]:
    """The places of N stretches, what is worth a look first at the front; equals keep their order.

    doubts: (N,), 0 to 1. profiles: (N, C) the mean scores of each stretch; known: (M, C) of what was looked at.
    """
    count = len(doubts)
    if not count:
        return []
    directions = _directions(np.concatenate([profiles, known]))  # (N + M, at most LABELS)
    ahead, behind = directions[:count], directions[count:]
    far = (1 - ahead @ behind.T).min(axis=1) if len(behind) else np.full(count, 2, np.float32)  # (N,)
    worth = (doubts + EPSILON) * np.sqrt(_typical(ahead))
    numbers: list[int] = []
    for _ in range(min(count, FRONT)):
        values = worth * np.maximum(far, EPSILON)
        values[numbers] = -1
        numbers.append(int(values.argmax()))
        far = np.minimum(far, 1 - ahead @ ahead[numbers[-1]])
    rest = np.argsort(-worth * np.maximum(far, EPSILON), kind="stable")
    given = set(numbers)
    return numbers + [number for number in rest.tolist() if number not in given]


def _directions(profiles: np.ndarray) -> np.ndarray:
    """(R, D) float32: where each lies as seen from the mean of all, of length 1; 0 for one that is the mean itself."""
    profiles = np.asarray(profiles, np.float32)
    if profiles.shape[1] > LABELS:
        profiles = profiles[:, np.sort(np.argsort(-profiles.sum(axis=0), kind="stable")[:LABELS])]
    roots = np.sqrt(profiles)  # their differences are those of Hellinger
    roots = roots - roots.mean(axis=0)
    lengths = np.linalg.norm(roots, axis=1, keepdims=True)
    return np.where(lengths > 1e-6, roots / np.maximum(lengths, 1e-6), 0)


def _typical(directions: np.ndarray) -> np.ndarray:
    """(N,) how alike the others are to each on average: near 1 where all are the same."""
    every = -(-len(directions) // SAMPLE)
    alike = directions @ directions[::every].T  # (N, at most SAMPLE)
    return np.exp(SHARPNESS * (alike - 1)).mean(axis=1)
