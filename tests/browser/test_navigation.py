"""The menus of pages, in the order of the work."""

import re

from playwright.sync_api import Browser, expect

from scripts.dashboard import Dashboard
from tests.browser.conftest import SECTIONS, go, open_page, overflow_px, turn_to


def test_all_pages_are_reached_in_a_window_of_1024_px_and_say_what_to_do(browser: Browser, dashboard: Dashboard):
    with open_page(browser, width=1024, height=768) as page:
        go(page, dashboard)
        sections = page.get_by_test_id("stTopNavSection")
        expect(sections).to_have_text([re.compile(rf"\d {section}") for section in SECTIONS])
        for section, names in SECTIONS.items():
            for name in names:
                turn_to(page, name)
                bold = sections.filter(has=page.locator("strong"))
                expect(bold).to_have_count(1)
                expect(bold).to_contain_text(section)
                first = r"^(Add|Trim|View|Analyse|Select|Describe|See|Draw|Import)\b"
                expect(page.locator(".k-title p")).to_have_text(re.compile(first))
                assert overflow_px(page) <= 0, name
