"""The jobs that pages begin: where each was begun, and what it takes to begin it again."""

from collections.abc import Callable
from typing import Any

from core.domain.jobs import Job
from pages.ui.state.session import SHOWN_CLIP, SHOWN_PAGE, VISIT, remember, remembered, runner

MOST_REPEATABLE = 2000  # jobs that can be tried again

_repeats: dict[str, Callable[[str], Job]] = {}  # by key, for the jobs that this server began, the oldest first


def follow_page(name: str) -> None:
    """Note which page is shown."""
    if name != remembered(SHOWN_PAGE, ""):
        remember(SHOWN_PAGE, name)
        remember(SHOWN_CLIP, "")
        remember(VISIT, visit() + 1)


def visit() -> int:
    """Counts how often another page was opened: it is the same as long as the page is not left."""
    return remembered(VISIT, 0)


def shown_page() -> tuple[str, str]:
    """The page that is shown, and the digest of the clip that it is about; empty where it is about none."""
    return remembered(SHOWN_PAGE, ""), remembered(SHOWN_CLIP, "")


def submit(
    key: str, title: str, task: Callable[..., Any], *args: Any, batch: str = "", repeats: bool = True
) -> Job:  # fmt: skip
    """Begin a job, which belongs to the page that is shown and its clip; see Runner.submit.

    batch: what jobs share that are begun together. repeats: whether the same call can succeed later.
    """
    page, clip = shown_page()

    def begin(batch: str) -> Job:
        return runner().submit(key, title, task, *args, page=page, page_clip=clip, batch=batch)

    _repeats.pop(key, None)
    if repeats:
        _repeats[key] = begin
    for oldest in list(_repeats)[:-MOST_REPEATABLE]:
        _repeats.pop(oldest, None)
    return begin(batch)


def can_repeat(key: str) -> bool:
    """Whether this server knows what the job of that key did."""
    return key in _repeats


def repeat(key: str, batch: str = "") -> None:
    """Begin a job again, in a batch of its own; nothing where this server does not know how."""
    if begin := _repeats.get(key):
        begin(batch)
