import asyncio
import re
import shutil
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import pytest

from studio_tui import clock
from studio_tui.api.client import StudioClient
from studio_tui.service.session import SessionOptions, StudioSession
from studio_tui.tui import remembering
from studio_tui.tui.app import StudioApp
from studio_tui.tui.connected import Connected
from studio_tui.tui.frame.choices import TokenChoice
from studio_tui.tui.frame.last_list import LastList, pack_list, read_last_list
from studio_tui.tui.frame.last_list_screen import LastListScreen
from studio_tui.tui.frame.opening import StudioChosen
from studio_tui.tui.frame.page import Page
from studio_tui.tui.jobs.detail_screen import JobScreen
from studio_tui.tui.theme import DARK
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.table_drawing import HEADER
from tests.driving import driving
from tests.steps import step
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, screen_text, until, until_shown

LAST = LastList(
    at=datetime(2026, 7, 24, 12, tzinfo=UTC),
    home="vision@studio.example.com",
    crumbs=("Jobs",),
    tabs=(((" 1 Jobs 2 ", "bold #8be9fd on #282a36"), ("✓1 ", "#50fa7b")),),
    title=((("── Jobs 2 ", ""),),),
    filter="is:failed",
    table=((("  STATE", "bold"),), (("▌ ✗ FAILED", "red"), ("  train.py", "")), ()),
    has_preview=True,
)


@asynccontextmanager
async def run_dashboard(
    studio: ThreadStudio,
    folder: Path,
    *,
    may_connect: threading.Event,
    size: tuple[int, int] = (120, 40),
) -> AsyncIterator[Dashboard]:
    """Run a dashboard that does not connect before `may_connect` is set."""

    def connect(choice: object) -> Connected:
        assert may_connect.wait(60)
        settings = studio.settings()
        session = StudioSession(
            StudioClient(settings),
            studio.team,
            folder / "spool",
            SessionOptions(is_local=True, profile="here", state_folder=folder),
        )
        view = folder / "view.json"
        home = "typed@test" if isinstance(choice, TokenChoice) else "local@test"
        return Connected(session, home, studio.team, view)

    app = StudioApp(
        connect, theme=DARK.name, waiting_for="Connecting…", last_list_file=folder / "list.json"
    )
    async with driving(app, size=size, notifications=True) as pilot:
        try:
            yield pilot
        finally:
            may_connect.set()


class EarlierDashboard(NamedTuple):
    """A local Studio, and the files that a dashboard saved when the user quit."""

    studio: ThreadStudio
    saved_folder: Path

    def copy_to(self, folder: Path) -> Path:
        """Copy the saved files for another dashboard; return their new folder."""
        return shutil.copytree(self.saved_folder, folder / "kept")


NAMES = ("one.py", "two.py", "three.py")


@pytest.fixture(scope="module")
def earlier_dashboard(
    shared_studio: ThreadStudio, tmp_path_factory: pytest.TempPathFactory
) -> EarlierDashboard:
    """Run and quit a dashboard with the cursor on the second of three jobs."""
    folder = tmp_path_factory.mktemp("left")
    for name in NAMES:
        shared_studio.wait_for_end(shared_studio.submit("print(1)", query_name=name)["id"])
    asyncio.run(run_earlier_dashboard(shared_studio, folder))
    return EarlierDashboard(shared_studio, folder)


async def run_earlier_dashboard(studio: ThreadStudio, folder: Path) -> None:
    may_connect = threading.Event()
    may_connect.set()
    async with run_dashboard(studio, folder, may_connect=may_connect) as pilot:
        await until_shown(pilot, *NAMES, "● live")
        await pilot.press("j")
        pilot.app.exit()


def test_a_list_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    file.write_text(pack_list(LAST))
    assert read_last_list(file) == LAST


def test_a_changed_file_is_no_list(tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    text = pack_list(LAST).replace("train.py", "trait.py")
    assert text != pack_list(LAST)
    file.write_text(text)
    assert read_last_list(file) is None


def test_a_file_with_other_fields_is_no_list(tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    fields = pack_list(LAST).partition("\n")[2].replace('"crumbs"', '"path"')
    file.write_text(f"{crc32(fields.encode())}\n{fields}")
    assert read_last_list(file) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"7\n[" * 10])
def test_a_missing_or_invalid_file_is_no_list(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "list.json"
    assert read_last_list(file) is None
    file.write_bytes(content)
    assert read_last_list(file) is None


def test_texts_of_a_file_cannot_control_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    hostile = "\x1b]52;c;aGk=\x07"
    file.write_text(pack_list(LAST._replace(home=hostile, table=(((hostile, ""),),))))
    last = read_last_list(file)
    assert last is not None
    assert last.home.isprintable()
    assert last.table[0][0][0].isprintable()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_last_list_is_shown_with_its_age_while_the_dashboard_connects(
    earlier_dashboard: EarlierDashboard,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
) -> None:
    later = clock.now() + timedelta(minutes=5)
    monkeypatch.setattr(clock, "now", lambda: later)
    may_connect = threading.Event()
    async with run_dashboard(
        earlier_dashboard.studio,
        earlier_dashboard.copy_to(tmp_path),
        may_connect=may_connect,
        size=size,
    ) as pilot:
        await until_shown(pilot, *NAMES, "local@test › Jobs", "5m old, Connecting…", "Jobs 3")
        assert isinstance(pilot.app.screen, LastListScreen)
        lines = screen_text(pilot).splitlines()
        cursor_line = next(line for line in lines if line.startswith("▌"))
        assert "two.py" in cursor_line
        later += timedelta(minutes=1)
        await until_shown(pilot, "6m old, Connecting…")
        may_connect.set()
        await until(pilot, lambda: isinstance(pilot.app.screen, Page))
        await until_shown(pilot, *NAMES)


async def test_the_last_list_is_shown_at_its_horizontal_scroll_position(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.wait_for_end(studio.submit("print(1)", query_name=f"{'long-' * 12}one.py")["id"])
    size, may_connect = (60, 24), threading.Event()
    may_connect.set()
    async with run_dashboard(studio, tmp_path, may_connect=may_connect, size=size) as pilot:
        await until_shown(pilot, "● live", "COMPLETE")
        await pilot.press("w", "right", "right")
        table = pilot.app.screen.query_one(BigTable)
        await until(pilot, lambda: table.sideways)
        header = table.lines()[0].text
        pilot.app.exit()
    may_connect = threading.Event()
    async with run_dashboard(studio, tmp_path, may_connect=may_connect, size=size) as pilot:
        assert isinstance(pilot.app.screen, LastListScreen)
        await until_shown(pilot, header.strip())


def cursor_in(last: LastList) -> int:
    """Return the index of the row with the cursor."""
    rows = last.table[HEADER:]
    return next(n for n, row in enumerate(rows) if any("▌" in text for text, _ in row))


def without_age(line: str) -> str:
    """Return the first 40 columns of a line without its age."""
    return re.sub(r" +(\d+[sm]|now)\b", "", line[:40])


async def test_a_last_list_is_shown_with_its_filter_and_marks_and_on_the_same_lines(
    earlier_dashboard: EarlierDashboard, tmp_path: Path
) -> None:
    saved_folder = earlier_dashboard.copy_to(tmp_path)
    may_connect = threading.Event()
    may_connect.set()
    async with run_dashboard(
        earlier_dashboard.studio, saved_folder, may_connect=may_connect
    ) as pilot:
        await until_shown(pilot, "● live")
        await pilot.press("slash", *"two", "enter")
        await until_shown(pilot, "Jobs 1 of 3 · filter two")
        await pilot.press("space")
        await until_shown(pilot, " 1 marked ")
        lines_before = screen_text(pilot).splitlines()[2:6]
        pilot.app.exit()
    may_connect = threading.Event()
    async with run_dashboard(
        earlier_dashboard.studio, saved_folder, may_connect=may_connect
    ) as pilot:
        await until_shown(pilot, "Jobs 1 of 3 · filter two", " 1 marked ")
        assert isinstance(pilot.app.screen, LastListScreen)
        lines_now = screen_text(pilot).splitlines()[2:6]
        # The preview beside the list is blank until the page is shown, and ages grow.
        assert list(map(without_age, lines_now)) == list(map(without_age, lines_before))


async def test_the_last_list_has_the_columns_that_only_rows_outside_the_filter_fill(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.submit("print(1)", query_name="nightly.py", cron_expression="0 3 1 1 *")
    studio.wait_for_end(studio.submit("print(1)", query_name="one.py")["id"])
    may_connect = threading.Event()
    may_connect.set()
    async with run_dashboard(studio, tmp_path, may_connect=may_connect, size=(200, 40)) as pilot:
        await until_shown(pilot, "● live", " QUEUE ")
        await pilot.press("slash", *"nightly", "enter")
        await until_shown(pilot, "Jobs 1 of 2 · filter nightly", " QUEUE ")
        pilot.app.exit()
    may_connect = threading.Event()
    async with run_dashboard(studio, tmp_path, may_connect=may_connect, size=(200, 40)) as pilot:
        await until_shown(pilot, "Jobs 1 of 2 · filter nightly")
        assert isinstance(pilot.app.screen, LastListScreen)
        assert " QUEUE " in screen_text(pilot)


async def test_the_list_for_the_next_run_follows_the_tab_the_filter_and_the_cursor(
    earlier_dashboard: EarlierDashboard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = earlier_dashboard.copy_to(tmp_path)
    (folder / "list.json").unlink()
    monkeypatch.setattr(remembering, "LIST_EVERY", 1e9)

    def shows_first(*expected: object) -> bool:
        """Whether the next run first shows this tab, filter and cursor; without them, no list."""
        last = read_last_list(folder / "list.json")
        return (last.crumbs[0], last.filter, cursor_in(last)) == expected if last else not expected

    may_connect = threading.Event()
    may_connect.set()
    async with run_dashboard(earlier_dashboard.studio, folder, may_connect=may_connect) as pilot:
        await until_shown(pilot, *NAMES, "● live")
        await until(pilot, lambda: shows_first("Jobs", "", 1))
        with step("another row"):
            await pilot.press("j")
            await until(pilot, lambda: shows_first("Jobs", "", 2))
        with step("a filter"):
            await pilot.press("slash", *"two", "enter")
            await until(pilot, lambda: shows_first("Jobs", "two", 0))
        with step("another tab"):
            await pilot.press("6")
            await until(pilot, lambda: shows_first("Activity", "", 0))
        with step("a tab whose list cannot be kept leaves no list, not even that of another tab"):
            await pilot.press("4")
            await until(pilot, shows_first)
        with step("back on a tab that was saved"):
            await pilot.press("1")
            await until(pilot, lambda: shows_first("Jobs", "two", 0))


async def test_the_list_below_a_page_is_saved_as_high_as_the_terminal_that_has_been_resized(
    earlier_dashboard: EarlierDashboard, tmp_path: Path
) -> None:
    folder = earlier_dashboard.copy_to(tmp_path)
    may_connect = threading.Event()
    may_connect.set()
    async with run_dashboard(
        earlier_dashboard.studio, folder, may_connect=may_connect, size=(120, 24)
    ) as pilot:
        await until_shown(pilot, *NAMES, "● live")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobScreen))
        await pilot.resize_terminal(120, 40)
        pilot.app.exit()
    last = read_last_list(folder / "list.json")
    assert last is not None
    assert len(last.table) > 24
    assert cursor_in(last) == 1


async def test_keys_pressed_while_the_dashboard_connects_apply_to_the_visible_list(
    earlier_dashboard: EarlierDashboard, tmp_path: Path
) -> None:
    may_connect = threading.Event()
    async with run_dashboard(
        earlier_dashboard.studio, earlier_dashboard.copy_to(tmp_path), may_connect=may_connect
    ) as pilot:
        await until_shown(pilot, "two.py", "Connecting…")
        for key in ("j", "enter"):
            pilot.app.simulate_key(key)
        may_connect.set()
        await until(pilot, lambda: isinstance(pilot.app.screen, JobScreen))
        await until_shown(pilot, "one.py")


async def test_the_dashboard_can_be_quit_while_it_connects(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    may_connect = threading.Event()
    async with run_dashboard(studio, tmp_path, may_connect=may_connect) as pilot:
        pilot.app.simulate_key("ctrl+q")
        await until(pilot, lambda: pilot.app.return_code is not None or pilot.app._exit)


async def test_the_list_of_a_studio_whose_token_was_typed_is_not_saved(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.wait_for_end(studio.submit("print(1)", query_name="one.py")["id"])
    may_connect = threading.Event()
    may_connect.set()
    async with run_dashboard(studio, tmp_path, may_connect=may_connect) as pilot:
        await until(pilot, (tmp_path / "list.json").exists)
        pilot.app.post_message(StudioChosen(TokenChoice(studio.url, studio.team, studio.token)))
        await until_shown(pilot, "typed@test", "one.py", "● live")
        pilot.app.exit()
    last = read_last_list(tmp_path / "list.json")
    assert last is not None
    assert last.home == "local@test"
