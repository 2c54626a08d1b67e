"""Clips that are deleted: marked first, so that it can be undone, and deleted when the Library is left.

Until then all that was made of them is there. The marks lie in the catalogue: if the program ends before, the Library
offers to undo it the next time, and leaving it deletes them.
"""

from collections.abc import Iterable
from weakref import WeakValueDictionary

from core.base.errors import AnalysisError
from core.domain.fingerprint import fingerprint
from core.workflows import clips
from pages.ui.state.clip_choice import forget
from pages.ui.state.session import Presses, announce, presses, runner, session_id, store

LIBRARY = "library"
AWAITED = 50  # clips whose deletion a page waits for

_sessions: WeakValueDictionary[str, Presses] = WeakValueDictionary()  # those that deleted clips and have not ended


def set_aside(digests: Iterable[str]) -> None:
    """Mark clips that are deleted when this session leaves the Library."""
    digests = tuple(digests)
    _sessions[session_id()] = presses()
    store().set_aside(digests, session_id())
    for digest in digests:
        forget(digest)


def take_back(digests: Iterable[str]) -> None:
    """Let marked clips be where they were."""
    store().take_back(digests)


def videos_set_aside() -> set[str]:
    """The clips that are marked, by whatever session."""
    return set(store().videos_set_aside())


def delete_those_set_aside() -> None:
    """Delete the clips that this session marked, or one that has ended.

    Of very many, the rest is deleted by a job: the page waits for the first ones only.
    """
    own = session_id()
    try:
        marked = store().videos_set_aside().items()
        digests = [digest for digest, session in marked if session == own or session not in _sessions]
        for digest in digests:
            runner().withdraw(digest)
        clips.delete_marked(store(), digests[:AWAITED])
        if rest := digests[AWAITED:]:
            key = f"delete-{fingerprint('delete', *rest)}"
            runner().submit(key, f"Delete {len(rest)} clips", clips.delete_marked, store(), rest, page=LIBRARY)
    except AnalysisError as error:
        announce(f"Not all clips could be deleted. {error} {error.hint}")
