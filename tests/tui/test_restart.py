"""A restart restores the screen, the pages behind it, its scroll position and the theme."""

import re
from pathlib import Path
from typing import Any

import pytest

from studio_tui.tui import remembering
from studio_tui.tui.app import StudioApp
from studio_tui.tui.frame.last_screen import LastScreen
from studio_tui.tui.frame.list_page import ListPage
from studio_tui.tui.jobs.detail_screen import JobScreen
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.styling import chosen_theme, theme_file
from studio_tui.tui.theme import ANSI_DARK, ANSI_LIGHT, DARK, LIGHT
from studio_tui.tui.widgets.big_table import BigTable
from tests.soak import at_length
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, screen_text, until, until_shown
from tests.waiting import HANG

SCREENS = (
    ("2", "› Pipelines"),
    ("3", "› Clusters"),
    ("4", "› Schedules"),
    ("enter", "› Jobs › left.py"),
    ("l", "left.py (ID) › Log"),
    ("a L", "› Logs"),
    ("n", "› Jobs"),
)
"""For each screen: the keys that open it from the list of jobs, and its breadcrumb."""


async def until_jobs(pilot: Dashboard) -> None:
    """Wait until the list of jobs is on top."""
    await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))


async def test_a_restarted_dashboard_opens_its_last_screen(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    job = studio.submit("print('that was printed')", query_name="left.py")
    for each in (job, studio.submit("print('this too')", query_name="b.py")):
        studio.wait_for_end(each["id"])
    last = LastScreen(tab="pipelines", pages=[["log", "gone"], ["other", "1"]])
    (tmp_path / "view.screen.json").write_text(last.model_dump_json(), "utf-8")
    # Neither page in the file exists, so only the tab is opened.
    expected: tuple[str, ...] = ("› Pipelines",)
    for keys, breadcrumb in (*at_length(SCREENS[::2], SCREENS), ("", "")):
        async with dashboard(studio, tmp_path, waits_for_jobs=False) as pilot:
            await until_shown(pilot, *expected)
            if not keys:
                return
            await pilot.press("1")
            await until_jobs(pilot)
            await until_shown(pilot, "left.py", "b.py")
            await pilot.press("G")
            await pilot.press(*keys.split())
            expected = (breadcrumb.replace("ID", job["id"][:8]),)
            await until_shown(pilot, *expected)
            if keys == "a L":
                expected = (*expected, "that was printed")
            await pilot.press("ctrl+q")


async def test_a_restart_restores_the_pages_behind_the_last_screen(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    job = studio.submit("print('that was printed')", query_name="left.py")
    studio.wait_for_end(job["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "left.py")
        await pilot.press("enter", "l")
        await until_shown(pilot, "› Log", "that was printed")
        await pilot.press("ctrl+q")
    async with dashboard(studio, tmp_path, waits_for_jobs=False) as pilot:
        await until_shown(pilot, "› Log", "that was printed")
        await pilot.press("q")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobScreen))
        await until_shown(pilot, "› Jobs › left.py", "exit code 0")
        await pilot.press("q")
        await until_jobs(pilot)


async def visible_table(pilot: Dashboard) -> BigTable:
    """Wait until a list with rows is on top, and return its table."""
    tables: list[BigTable] = []

    def has_rows() -> bool:
        screen = pilot.app.screen
        tables[:] = [screen.table] if isinstance(screen, ListPage) and screen.is_current else []
        return bool(tables) and bool(tables[0].keys)

    await until(pilot, has_rows)
    return tables[0]


@pytest.mark.parametrize("tab", ["1", "6"])
async def test_a_restart_restores_the_horizontal_scroll_position_of_a_list(
    studio: ThreadStudio, tmp_path: Path, tab: str
) -> None:
    studio.wait_for_end(studio.submit("print('x')", query_name=f"{'long-' * 12}left.py")["id"])
    async with dashboard(studio, tmp_path, size=(44, 24)) as pilot:
        await pilot.press(tab)
        table = await visible_table(pilot)
        await pilot.press("w", "right", "right")
        await until(pilot, lambda: table.sideways)
        sideways, header = table.sideways, table.lines()[0].text
        await pilot.press("ctrl+q")
    async with dashboard(studio, tmp_path, size=(44, 24), waits_for_jobs=False) as pilot:
        table = await visible_table(pilot)
        assert table.sideways == sideways
        assert table.wide
        # Activity has more calls by then, which may need wider columns.
        await until(pilot, lambda: tab == "6" or table.lines()[0].text == header)


async def test_a_restart_counts_what_is_new_above_the_restored_place(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The place in a list is noted even if the user leaves it and quits before the next check.
    for limit in ("CHECK_AFTER", "CHECK_WITHIN", "CHECK_EVERY"):
        monkeypatch.setattr(remembering, limit, HANG)
    for number in range(20):
        studio.submit("1", query_name=f"old_{number}.py")
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "old_19.py")
        await pilot.press("end", "6")
        table = await visible_table(pilot)
        await pilot.press("end")
        await until(pilot, lambda: table.cursor == table.keys[-1])
        page = pilot.app.screen
        await pilot.press("1", "ctrl+q")
    assert isinstance(page, ListPage)
    assert page.view.newest
    for number in range(3):
        studio.submit("1", query_name=f"new_{number}.py")
    async with dashboard(studio, tmp_path, size=(80, 10)) as pilot:
        await until_shown(pilot, "old_0.py", "↑ 3 new")
        await pilot.press("g")
        await until(pilot, lambda: "↑" not in screen_text(pilot).splitlines()[2])
        await pilot.press("6")
        await visible_table(pilot)
        await until(pilot, lambda: bool(re.search(r"↑ \d+ new", screen_text(pilot))))


@pytest.mark.parametrize(
    "text", ["", "{}", '{"tab": "other"}', '{"pages": 3}', '{"pages": [3]}', "\0"]
)
async def test_a_file_without_a_valid_screen_is_ignored(tmp_path: Path, text: str) -> None:
    (tmp_path / "screen.json").write_text(text)
    assert LastScreen.load(tmp_path / "screen.json") == LastScreen()


async def test_the_next_run_has_the_chosen_theme_unless_another_one_is_given(
    shared_studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUDIO_TUI_STATE_DIR", str(tmp_path / "state"))
    async with dashboard(shared_studio, tmp_path) as pilot:
        assert chosen_theme(pilot.app, "none") == "none"
        pilot.app.theme = LIGHT.name
        await until(pilot, theme_file().exists)
        assert chosen_theme(pilot.app, "none") == LIGHT.name
    for is_given, theme in ((False, LIGHT.name), (True, DARK.name)):
        assert new_app(is_theme_fixed=is_given).theme == theme
    # In 16 colors, a theme made for more would show failed and complete jobs in the same gray.
    assert new_app(ANSI_DARK, is_theme_fixed=False).theme == ANSI_DARK
    theme_file().write_text(ANSI_LIGHT)
    assert new_app(ANSI_DARK, is_theme_fixed=False).theme == ANSI_LIGHT
    theme_file().write_text("no theme of that name")
    assert new_app(is_theme_fixed=False).theme == DARK.name


def new_app(theme: str = DARK.name, *, is_theme_fixed: bool) -> Any:
    return StudioApp(
        lambda _: None,  # type: ignore[arg-type,return-value]
        theme=theme,
        waiting_for="",
        is_theme_fixed=is_theme_fixed,
    )
