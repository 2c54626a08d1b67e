"""The jobs as the indicator in the header lists them, and what can be done with them there."""

import time
from typing import Any

from pages.ui import state
from pages.ui.common import formatting
from pages.ui.common.jobs.job_group import JobGroup, clip_name, group, groups, progress

MOST_ENDED = 12  # jobs that have ended and are listed
STATES = {
    "queued": "waiting", "running": "running", "done": "done", "failed": "failed", "cancelled": "cancelled",
    "lost": "interrupted",
}  # fmt: skip
ON_ITS_PAGE = "Start it again on its page."


def listing() -> dict[str, Any]:
    """What the indicator shows, as plain values: see indicator.js."""
    known = groups()
    under_way = [group for group in known if group.active]
    ended = [group for group in known if not group.active][:MOST_ENDED]
    return {
        "active": len(under_way),
        "summary": _summary(under_way),
        "rows": [_row(group) for group in [*under_way, *ended]],
    }


def cancel(name: str) -> None:
    """Cancel a batch, or the job of that key."""
    if chosen := group(name):
        chosen.cancel()


def cancel_all() -> None:
    """Cancel whatever waits or runs."""
    for chosen in reversed(groups()):
        chosen.cancel()


def repeat(name: str) -> None:
    """Try again what ended without a result, as far as this server knows how."""
    if chosen := group(name):
        batch = chosen.first.batch and f"{chosen.first.batch}+"  # those that went well stay where they are
        for key in chosen.repeatable:
            state.repeat(key, batch)


def _summary(under_way: list[JobGroup]) -> dict[str, Any]:
    """The state of the work in a few words."""
    if not under_way:
        return {}
    now, others = under_way[0], [group.state for group in under_way[1:]]
    counts = ((others.count("running"), "more running"), (others.count("queued"), "waiting"))
    share = formatting.per_cent(now.fraction) if now.fraction is not None else STATES[now.state]
    return {
        "title": now.title,
        "share": f"{formatting.number(now.ended)} of {formatting.number(len(now.jobs))}" if now.jobs[1:] else share,
        "fraction": now.fraction,
        "left": formatting.about(now.left_s) if now.left_s is not None else "",
        "others": ", ".join(f"{formatting.number(count)} {text}" for count, text in counts if count),
    }


def _row(chosen: JobGroup) -> dict[str, Any]:
    return {
        "name": chosen.name,
        "title": chosen.title,
        "where": _where(chosen),
        "state": chosen.state,
        "label": STATES[chosen.state],
        "detail": progress(chosen) if chosen.active else _ending(chosen),
        "fraction": chosen.fraction if chosen.state == "running" else None,
        "actions": _actions(chosen),
        "ended": 0 if chosen.active else chosen.finished,
        "page": chosen.first.page,
        "video": chosen.first.page_clip,
    }


def _where(chosen: JobGroup) -> str:
    """The page and the clip that a job belongs to."""
    return " · ".join(filter(None, (chosen.first.page.capitalize(), clip_name(chosen.first.page_clip))))


def _actions(chosen: JobGroup) -> dict[str, str]:
    """The buttons of a row, by what they do."""
    if chosen.active:
        actions = {"cancel": "Stopping…" if chosen.stopping else "Cancel"}
    else:
        actions = {"repeat": chosen.again} if chosen.repeatable else {}
    if chosen.first.page:
        actions["open"] = "Open result" if chosen.state == "done" else "Open page"
    return actions


def _ending(chosen: JobGroup) -> str:
    """How it ended, when, and what to do."""
    when = formatting.ago(chosen.finished, time.time())
    if chosen.state == "done" and not chosen.jobs[1:]:
        return when
    failed = [job for job in chosen.jobs if job.state in ("failed", "lost")]
    if chosen.jobs[1:]:
        states = [job.state for job in chosen.jobs]
        counts = ", ".join(f"{formatting.number(states.count(name))} {STATES[name]}" for name in dict.fromkeys(states))
        return f"{counts}, {when}"
    texts = [failed[0].error, failed[0].hint] if failed else [when]
    return " ".join([*filter(None, texts), *([] if chosen.repeatable else [ON_ITS_PAGE])])
