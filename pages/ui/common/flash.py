"""Error messages of callbacks, shown once when the page is drawn next."""

from pages.ui import state
from pages.ui.common import theme

PAGE = ""  # the panel of messages at the head of a page


def keep(panel: str, error: Exception, *, hint: str = "") -> None:
    """Keep an error until its panel is drawn. hint: what to do, for errors that do not say it themselves."""
    state.remember(_name(panel), (str(error), getattr(error, "hint", hint)))


def show(panel: str = PAGE) -> None:
    """Show the error of a panel, if there is one, and forget it."""
    if message := state.remembered(_name(panel), ()):
        theme.problem(*message)
        state.remember(_name(panel), ())


def _name(panel: str) -> str:
    return f"{panel}.problem" if panel else "problem"
