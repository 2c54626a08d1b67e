"""The steps of a recipe, each a frozen dataclass that turns a stream of frames into another.

step: what a step is and how it is registered     geometry, sampling, filters, repair, views: the steps, by subject
time_edits: frames in another order, for experiments
recipes: what a whole recipe does to a clip       frame_clock: the frames a recipe keeps, told without decoding
"""

from core.base.registry import STEPS
from core.stages.preprocessing.filters import Denoise, Gamma, Lighten, LocalContrast, TemporalSmooth
from core.stages.preprocessing.geometry import Crop, Flip, Resize, Rotate
from core.stages.preprocessing.repair import Repair
from core.stages.preprocessing.sampling import Hold, Resample, Trim
from core.stages.preprocessing.views import Views

__all__ = [
    "Crop",
    "Denoise",
    "Flip",
    "Gamma",
    "Hold",
    "Lighten",
    "LocalContrast",
    "Repair",
    "Resample",
    "Resize",
    "Rotate",
    "TemporalSmooth",
    "Trim",
    "Views",
]

# The order of menus: from when and where to how it looks.
STEPS.arrange("Trim", "Crop", "Rotate", "Flip", "Resize", "Resample", "Hold", "Denoise", "TemporalSmooth", "Gamma")
