"""The tools of the Label page, one of which is shown below its player; other pages lead to one of them."""

from pages.ui import state

PANEL = "label"  # of the messages at the head of the page
NAMES = {
    "draft": "Draft",
    "compare": "Compare",
    "learn": "Train",
    "files": "Files",
    "video": "Video",
}


def shown() -> str:
    """The tool that is shown."""
    kept = state.remembered("label.view", "draft")
    return kept if kept in NAMES else "draft"


def key() -> str:
    """The key of the control that chooses it: another one after `turn_to`, which must not be overruled by it."""
    return f"label.views.{state.remembered('label.views', 0)}"


def note() -> None:
    """Keep what the control says, for callbacks."""
    state.remember("label.view", str(state.widget(key())))


def turn_to(name: str) -> None:
    """Show a tool from now on."""
    state.remember("label.view", name)
    state.remember("label.views", state.remembered("label.views", 0) + 1)
