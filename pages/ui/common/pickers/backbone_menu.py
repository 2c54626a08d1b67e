"""The menu of CNNs: first those whose weights are here, then those that Keras fetches at first use."""

from core.base.registry import BACKBONES


def names() -> list[str]:
    """All CNNs, in the order of the menu."""
    return sorted(BACKBONES, key=lambda name: not BACKBONES[name].ships)


def title(name: str) -> str:
    """A CNN as the menu names it."""
    cnn = BACKBONES[name]
    return cnn.title if cnn.ships else f"{cnn.title} (weights not downloaded)"
