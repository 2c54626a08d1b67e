"""The jobs that pages begin: where each was begun, and what it takes to begin it again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.domain.jobs import Job
from pages.ui.state.deletion import LIBRARY, delete_those_set_aside
from pages.ui.state.session import SHOWN_CLIP, SHOWN_PAGE, VISIT, remember, remembered, runner

MOST_REPEATABLE = 2000  # jobs that can be tried again

TRY_AGAIN = "Try again"  # what a button says that begins a job again from its start
CONTINUE = "Continue"  # of one that goes on where it stopped


def try_again() -> str:
    """The word for most jobs."""
    return TRY_AGAIN


@dataclass(frozen=True)
class RepeatableJob:
    """How a job is begun again, in a batch, and what the button says that does so just now."""

    begin: Callable[[str], Job]
    again: Callable[[], str]


_repeats: dict[str, RepeatableJob] = {}  # by key, for the jobs that this server began, the oldest first


def follow_page(name: str) -> None:
    """Note which page is shown. Where it is another than the Library, clips go that were deleted there."""
    if name != remembered(SHOWN_PAGE, ""):
        if name != LIBRARY:
            delete_those_set_aside()
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
    key: str,
    title: str,
    task: Callable[..., Any],
    *args: Any,
    batch: str = "",
    repeats: bool = True,
    again: Callable[[], str] = try_again,
) -> Job:
    """Begin a job, which belongs to the page that is shown and its clip; see Runner.submit.

    batch: what jobs share that are begun together. repeats: whether the same call can succeed later. again: gives what
    its button says once it ended without a result; it is also called where no page runs.
    """
    page, clip = shown_page()

    def begin(batch: str) -> Job:
        return runner().submit(key, title, task, *args, page=page, page_clip=clip, batch=batch)

    _repeats.pop(key, None)
    if repeats:
        _repeats[key] = RepeatableJob(begin, again)
    for oldest in list(_repeats)[:-MOST_REPEATABLE]:
        _repeats.pop(oldest, None)
    return begin(batch)


def can_repeat(key: str) -> bool:
    """Whether this server knows what the job of that key did."""
    return key in _repeats


def again(key: str) -> str:
    """What the button says that begins the job of that key again."""
    return _repeats[key].again() if key in _repeats else TRY_AGAIN


def repeat(key: str, batch: str = "") -> None:
    """Begin a job again, in a batch of its own; nothing where this server does not know how."""
    if repeatable := _repeats.get(key):
        repeatable.begin(batch)
