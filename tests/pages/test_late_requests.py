"""Requests by parts of pages: those of a page that was left are dropped, and no others."""

from types import SimpleNamespace

import pytest

from pages.ui import late_requests


def session(running: str, wanted: str, left: str, asked_s: float) -> SimpleNamespace:
    manager = SimpleNamespace(current_page_script_hash=running)
    known = {"page_asked_for": (wanted, left, asked_s)} if wanted else {}
    return SimpleNamespace(_pages_manager=manager, **known)


@pytest.mark.parametrize(
    ("running", "wanted", "left", "ago_s", "page", "late"),
    [
        ("label", "", "", 0.0, "label", False),
        ("timeline", "", "", 0.0, "label", True),  # the new page runs, or has run
        ("label", "timeline", "label", 0.1, "label", True),  # it is about to run
        ("label", "timeline", "label", 0.1, "timeline", False),
        ("label", "timeline", "label", 60.0, "label", False),  # it never did
        ("timeline", "timeline", "label", 0.1, "timeline", False),
        ("timeline", "timeline", "label", 0.1, "label", True),
        ("prepare", "library", "library", 0.1, "prepare", False),  # the page led on to another by itself
        ("prepare", "library", "library", 0.1, "library", True),
        ("label", "label", "label", 0.1, "label", False),  # asked for again
    ],
)
def test_what_is_late(monkeypatch, running, wanted, left, ago_s, page, late):
    monkeypatch.setattr(late_requests.time, "monotonic", lambda: 1000.0)
    assert late_requests.is_late(session(running, wanted, left, 1000.0 - ago_s), page) == late
