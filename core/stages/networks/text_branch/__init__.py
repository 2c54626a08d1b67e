"""A network over the words near each step, and its fusion with the visual one.

model: vocabulary, network, fusion     serialization: a trained branch as a file of plain arrays
"""

from core.stages.networks.text_branch.model import (
    MOST_WORDS,
    NEAR_S,
    TextBranch,
    build,
    coded,
    fit,
    fused,
    learned_weights,
    near,
    tokenise,
    vocabulary_of,
)
from core.stages.networks.text_branch.serialization import LARGEST_BYTES, check, load, save

__all__ = [
    "LARGEST_BYTES",
    "MOST_WORDS",
    "NEAR_S",
    "TextBranch",
    "build",
    "check",
    "coded",
    "fit",
    "fused",
    "learned_weights",
    "load",
    "near",
    "save",
    "tokenise",
    "vocabulary_of",
]
