"""What a CNN sees in a clip and why a label was given: keys, order and storage; networks.explain does the computing.

What is shown of a window is stored under a key of the clip, the recipe, the CNN, the layer and the window's number.
Functions that take `report` write to the store and run in a worker; the others are NumPy and quick.

windows: which frames a CNN looks at together          feature_maps: layers and their activations
classifiers: the models that read a CNN's features     attributions: what speaks for a label, and tests of it
inside: recurrent layers over a clip, edits of time
"""

from core.workflows.explanations.attributions import (
    ExplanationQuestion,
    attribute,
    check,
    evidence,
    is_located,
    lane,
    locate,
    scorer,
)
from core.workflows.explanations.classifiers import order, read, readers, reading_key
from core.workflows.explanations.feature_maps import (
    anatomy,
    anatomy_key,
    as_npz,
    features,
    layer_means,
    means_key,
    show,
    stretch,
    study,
)
from core.workflows.explanations.windows import ClipWindow, active_s, window_at, window_frames, window_s

__all__ = [
    "ClipWindow",
    "ExplanationQuestion",
    "active_s",
    "anatomy",
    "anatomy_key",
    "as_npz",
    "attribute",
    "check",
    "evidence",
    "features",
    "is_located",
    "lane",
    "layer_means",
    "locate",
    "means_key",
    "order",
    "read",
    "readers",
    "reading_key",
    "scorer",
    "show",
    "stretch",
    "study",
    "window_at",
    "window_frames",
    "window_s",
]
