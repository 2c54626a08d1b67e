"""The Library as a person uses it: clips are played out of their cards, and whoever comes back is where they were."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from core.stages import video
from core.workflows import clips
from core.workspace.store import Store
from scripts.dashboard import Dashboard
from tests.browser.conftest import go, settle, turn_to, wait_until
from tests.conftest import moving_square

CLIPS = 9
ROW_PX = 35  # of a table


def scrolled_px(page: Page) -> int:
    return round(page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollTop"))


def test_a_clip_is_played_in_place_and_who_comes_back_is_where_they_were(page: Page, apart: Dashboard, tmp_path: Path):
    digests = []
    for number in range(CLIPS):
        path = tmp_path / f"walk-{number}.mp4"
        video.write(path, moving_square(40 + number))
        digests.append(clips.add_video(Store(apart.workspace), path))
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url) if "/clips/" in request.url else None)
    go(page, apart)
    scroll(page)
    play(page, loaded, digests[2])
    leave_and_return(page, apart)
    type_cells(page, Store(apart.workspace), digests)
    tick_rows(page, Store(apart.workspace), digests)
    fits(page)


def scroll(page: Page) -> None:
    expect(page.get_by_role("button", name="Play")).to_have_count(CLIPS)
    page.mouse.move(720, 500)
    page.mouse.wheel(0, 700)
    wait_until(lambda: scrolled_px(page) == 700)


def play(page: Page, loaded: list[str], digest: str) -> None:
    """The third oldest clip is the seventh card; nothing else of the page is loaded for it."""
    assert not loaded
    page.get_by_role("button", name="Play").nth(6).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="walk-2.mp4")).to_be_visible()
    clip = dialog.locator("video")
    wait_until(lambda: clip.evaluate("video => video.currentTime > 0"))
    dialog.locator(".player[data-settled=yes]").wait_for()
    wait_until(lambda: clip.evaluate("video => video.paused"))
    before = clip.evaluate("video => video.currentTime")
    page.keyboard.press("ArrowLeft")  # heard at once, as on the other pages
    wait_until(lambda: clip.evaluate("video => video.currentTime") < before)
    assert {url.rpartition("/")[2] for url in loaded} == {digest}
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert scrolled_px(page) == 700


def leave_and_return(page: Page, dashboard: Dashboard) -> None:
    turn_to(page, "Datasets")
    assert scrolled_px(page) == 0
    turn_to(page, "Library")
    wait_until(lambda: scrolled_px(page) == 700)
    go(page, dashboard)  # a new session
    expect(page.get_by_role("button", name="Play")).to_have_count(CLIPS)
    assert scrolled_px(page) == 0


def type_cells(page: Page, store: Store, digests: list[str]) -> None:
    """Cells of the table are typed and pasted one below the other, and each is saved while the next one is typed."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    store.add_metadata_column("subject")
    page.get_by_role("radio", name="Table").click()
    expect(page.get_by_role("button", name="Select all 9")).to_be_visible()
    page.get_by_text("Edit metadata").click()
    grid = page.get_by_test_id("stDataFrame")
    expect(page.get_by_role("button", name="Select all 9")).to_have_count(0)
    settle(page)
    click_cell(grid, 60, 1)
    page.keyboard.press("ArrowRight")
    for text in ("anna", "ben"):
        page.keyboard.press("Enter")
        cell = page.locator("#portal textarea")
        expect(cell).to_be_focused()
        cell.fill(text)
        page.keyboard.press("Enter")
        expect(cell).to_have_count(0)
    page.evaluate("() => navigator.clipboard.writeText('carl\\ndora\\n')")
    page.keyboard.press("Control+V")
    subjects = {digests[8 - at]: {"subject": text} for at, text in enumerate(("anna", "ben", "carl", "dora"))}
    wait_until(lambda: store.metadata() == subjects)
    settle(page)
    page.get_by_text("Edit metadata").click()
    expect(page.get_by_role("button", name="Select all 9")).to_be_visible()


def tick_rows(page: Page, store: Store, digests: list[str]) -> None:
    """Rows are ticked, with Shift all between, and their clips are gone until that is undone."""
    settle(page)
    grid = page.get_by_test_id("stDataFrame")
    click_cell(grid, 15, 2)
    expect(page.get_by_text("1 clip selected")).to_be_visible()
    settle(page)
    click_cell(grid, 15, 4, modifiers=["Shift"])
    expect(page.get_by_text("3 clips selected")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    page.get_by_test_id("stPopoverBody").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Deleted 3 clips.")).to_be_visible()
    expect(page.get_by_role("button", name="Select all 6")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Select all 9")).to_be_visible()
    assert sorted(store.digests()) == sorted(digests)
    page.get_by_role("radio", name="Cards").click()
    expect(page.get_by_role("button", name="Play")).to_have_count(CLIPS)


def click_cell(grid: Locator, x_px: int, row: int, **how) -> None:
    """Click into a row of a table, the first of which is 1."""
    grid.click(position={"x": x_px, "y": ROW_PX * row + ROW_PX // 2}, **how)


def fits(page: Page) -> None:
    """In a narrow window the buttons of a card stand in one row, and those of a step of Prepare inside of its card."""
    page.set_viewport_size({"width": 1024, "height": 900})
    card = page.locator("[class*='st-key-card-']").first
    rows = {button.bounding_box()["y"] for button in card.get_by_role("button").all()[1:]}  # type: ignore[index]
    assert len(rows) == 1
    card.get_by_role("button", name="Prepare").click()
    expect(page.get_by_role("heading", name="Prepare", level=1)).to_be_visible()
    settle(page)
    buttons = page.get_by_role("button", name="delete")
    expect(buttons).to_have_count(3)
    cut = """buttons => buttons.some((button) => {
        const card = button.closest("[class*='st-key-step-']");
        const inside = card.getBoundingClientRect().right - parseFloat(getComputedStyle(card).paddingRight);
        return button.getBoundingClientRect().right > inside + 1;
    })"""
    assert not buttons.evaluate_all(cut)
