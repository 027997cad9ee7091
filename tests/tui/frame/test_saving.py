"""Saving a log: the offered name, the written bytes, the errors, and the dialog."""

import asyncio
import os
import resource
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets import Input, Static

from studio_tui.errors import SpoolError
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.tui.frame.saving import (
    CannotSaveError,
    Pieces,
    Saved,
    file_name,
    free_name,
    log_pieces,
    path_of,
    save,
)
from studio_tui.tui.logs.log_screen import LogScreen
from studio_tui.tui.logs.save_dialog import SaveLog
from tests import needs
from tests.service.logs.stored import stored_bytes
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, screen_text, until, until_shown

MIB = 1024 * 1024


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    store = LogStore.create(tmp_path / "spool")
    yield store
    store.close()


async def save_whole_log(store: LogStore, path: Path) -> Saved:
    return await save(log_pieces(store), path, on_progress=lambda size: None)


def file_names(folder: Path) -> list[str]:
    """Return the names of the files in a folder."""
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("job", "short", "name"),
    [
        ("embed.py", "1b22aa09", "embed.py-1b22aa09.log"),
        ("", "1b22aa09", "job-1b22aa09.log"),
        ("../../etc/passwd", "1b", "etc-passwd-1b.log"),
        ("-rf ~ $(x)\\\n", "1b", "rf-----x-1b.log"),
        (".hidden", "../x", "hidden-x.log"),
        ("日本🎉", "1b", "日本-1b.log"),
        ("..", "", "job.log"),
    ],
)
def test_the_file_name_of_a_log_is_safe_on_every_file_system(
    job: str, short: str, name: str
) -> None:
    assert file_name(job, short) == name


def test_the_file_name_of_a_log_has_less_than_256_bytes() -> None:
    assert len(file_name("日" * 300, "1" * 300).encode()) < 256


def test_a_typed_path_is_stripped_expanded_and_made_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert path_of("./a.log") == tmp_path / "a.log"
    assert path_of(" ~/a b.log ") == tmp_path / "home" / "a b.log"


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("  ", "Type where to save it."),
        (".", "is a folder; add a name for the file."),
        ("new/", "is a folder; add a name for the file."),
        ("~nobody-of-that-name/x", "There is no such user"),
        ("x" * 300, "xxx cannot be written: File name too long."),
        (f"{'x' * 300}/y", "y cannot be written: File name too long."),
        ("a\0b", "That is not a valid file name; type another"),
        ("a\ud800b", "That is not a valid file name; type another"),
    ],
)
def test_a_typed_path_that_names_no_file_is_reported(typed: str, message: str) -> None:
    with pytest.raises(CannotSaveError, match=message):
        path_of(typed)


async def test_the_whole_log_is_saved_byte_for_byte(store: LogStore, tmp_path: Path) -> None:
    raw = os.urandom(9 * MIB) + b"\n\x1b[31mred\r\nno end"
    store.append(raw)
    progress: list[int] = []
    done = await save(log_pieces(store), tmp_path / "x.log", on_progress=progress.append)
    assert (tmp_path / "x.log").read_bytes() == raw
    assert done == Saved(tmp_path / "x.log", store.lines, len(raw))
    assert len(progress) == 3


async def test_lines_of_an_empty_log_and_of_a_log_that_ends_with_a_newline_are_counted(
    store: LogStore, tmp_path: Path
) -> None:
    assert (await save_whole_log(store, tmp_path / "none")).lines == 0
    store.append(b"a\nb\n")
    assert (await save_whole_log(store, tmp_path / "two")).lines == 2


@pytest.mark.parametrize("umask", [0, 0o022])
async def test_only_the_owner_can_read_a_saved_log_even_while_it_is_written(
    store: LogStore, tmp_path: Path, umask: int
) -> None:
    store.append(b"secret\n")
    path = tmp_path / "new"
    modes: list[int] = []

    def record_mode(size: int) -> None:
        assert size == len("secret\n")
        modes.append(stat.S_IMODE(path.stat().st_mode))

    before = os.umask(umask)
    try:
        await save(log_pieces(store), path, on_progress=record_mode)
    finally:
        os.umask(before)
    assert [*modes, stat.S_IMODE(path.stat().st_mode)] == [0o600] * 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("x.log", "x.log exists already."),
        ("link", "link exists already."),
        (os.devnull, "null exists already."),
        ("no/x.log", r"There is no folder .*/no\."),
        ("x.log/y", "y cannot be written: Not a directory."),
        ("x" * 300, "xxx cannot be written: File name too long."),
    ],
)
async def test_a_file_that_cannot_be_created_is_reported_and_nothing_is_overwritten(
    store: LogStore, tmp_path: Path, name: str, message: str
) -> None:
    (tmp_path / "x.log").write_text("precious")
    (tmp_path / "link").symlink_to("nowhere")
    before = file_names(tmp_path)
    with pytest.raises(CannotSaveError, match=message):
        await save_whole_log(store, tmp_path / name)
    assert (tmp_path / "x.log").read_text() == "precious"
    assert file_names(tmp_path) == before


@needs.linux("/sys is a folder that root may not write in either")
async def test_a_folder_without_write_permission_is_reported(store: LogStore) -> None:
    with pytest.raises(CannotSaveError, match=r"x.log cannot be written: (Permission|Operation)"):
        await save_whole_log(store, Path("/sys/x.log"))


async def test_no_file_remains_if_the_log_exceeds_the_file_size_limit(
    store: LogStore, tmp_path: Path
) -> None:
    store.append(bytes(2 * MIB))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, hard))
    try:
        with pytest.raises(CannotSaveError, match="cannot be written: File too large"):
            await save_whole_log(store, tmp_path / "x.log")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert file_names(tmp_path) == ["spool"]


@needs.small_disk
async def test_a_full_disk_is_reported_and_no_file_remains(store: LogStore) -> None:
    folder = Path(needs.SMALL_DISK)
    before = file_names(folder)
    store.append(bytes(8 * MIB))
    with pytest.raises(CannotSaveError, match="cannot be written: No space left on device"):
        await save_whole_log(store, folder / "x.log")
    assert file_names(folder) == before


async def test_a_log_that_is_cut_while_it_is_saved_is_an_error_and_no_file_remains(
    store: LogStore, tmp_path: Path
) -> None:
    store.append(b"x" * 9 * MIB)
    with pytest.raises(SpoolError, match="save it again"):
        await save(log_pieces(store), tmp_path / "x", on_progress=lambda size: store.cut(5 * MIB))
    assert not (tmp_path / "x").exists()


async def test_no_file_remains_if_saving_is_canceled(tmp_path: Path) -> None:
    has_begun = asyncio.Event()

    async def endless() -> Pieces:
        while True:
            has_begun.set()
            yield bytes(1000)

    saving = asyncio.create_task(save(endless(), tmp_path / "x.log", on_progress=lambda size: None))
    await has_begun.wait()
    saving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saving
    assert file_names(tmp_path) == []


# The dialog

PRINTING_JOB = (
    "for number in range(2000): print('\\x1b[32mline', number, 'even' if number % 2 else 'odd')"
)


async def open_log(pilot: Dashboard) -> LogScreen:
    await pilot.press("l")
    await until_shown(pilot, "✓ whole log", "2,000 lines")
    screen = pilot.app.screen
    assert isinstance(screen, LogScreen)
    return screen


async def save_as(pilot: Dashboard, path: Path, *keys: str) -> None:
    """Open the dialog, press keys to choose a part, type the path, and save."""
    await pilot.press("ctrl+s")
    await until(pilot, lambda: isinstance(pilot.app.screen, SaveLog))
    await pilot.press(*keys)
    pilot.app.screen.query_one(Input).value = str(path)
    await pilot.press("enter")


def test_the_offered_file_name_is_not_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert free_name("./a.py-1.log") == "./a.py-1.log"
    (tmp_path / "a.py-1.log").touch()
    (tmp_path / "a.py-1-2.log").mkdir()
    (tmp_path / "a.py-1-3.log").symlink_to("nowhere")
    assert free_name("./a.py-1.log") == "./a.py-1-4.log"
    assert free_name("./a.py-2.log") == "./a.py-2.log"


async def test_the_dialog_offers_another_name_when_a_log_is_saved_again(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    studio.wait_for_end(studio.submit(PRINTING_JOB, query_name="embed.py")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        short = (await open_log(pilot))._job.id[:8]
        await pilot.press("ctrl+s")
        await until_shown(pilot, f"./embed.py-{short}.log")
        await pilot.press("enter")
        await until(pilot, (tmp_path / "here" / f"embed.py-{short}.log").exists)
        await until(pilot, lambda: not isinstance(pilot.app.screen, SaveLog))
        await pilot.press("ctrl+s")
        await until_shown(pilot, f"./embed.py-{short}-2.log")
        await pilot.press("enter")
        await until(pilot, (tmp_path / "here" / f"embed.py-{short}-2.log").exists)


async def test_each_part_of_a_log_can_be_saved(studio: ThreadStudio, tmp_path: Path) -> None:
    studio.wait_for_end(studio.submit(PRINTING_JOB, query_name="print ../it")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        screen = await open_log(pilot)
        await pilot.press("ctrl+s")
        await until_shown(pilot, "● the whole log, byte for byte", "○ the visible lines")
        offered_path = pilot.app.screen.query_one(Input).value
        short = screen._job.id[:8]
        assert offered_path == f"./print-..-it-{short}.log"
        await pilot.press("escape")

        await save_as(pilot, tmp_path / "whole")
        await until_shown(pilot, "2,000 lines, ", "Saved")
        assert (tmp_path / "whole").read_bytes() == stored_bytes(screen._store)
        assert b"\x1b" in (tmp_path / "whole").read_bytes()

        await pilot.press("ctrl+l")  # notices leave a log fewer rows
        await until(pilot, lambda: not screen.query("Toast"))
        pane = screen.view.pane
        window = pane.window
        assert window is not None
        await until(pilot, lambda: len(window.rows()) == pane.size.height)
        visible_rows = pane.size.height
        await save_as(pilot, tmp_path / "visible", "down")
        await until(pilot, lambda: pilot.app.screen is screen)
        visible = (tmp_path / "visible").read_text().splitlines()
        assert visible[-1] == "line 1999 even"
        assert len(visible) == visible_rows

        await pilot.press("ampersand", *"even", "enter")
        await save_as(pilot, tmp_path / "filtered")
        await until(pilot, lambda: pilot.app.screen is screen)
        evens = [f"line {number} even" for number in range(1, 2000, 2)]
        assert (tmp_path / "filtered").read_text().splitlines() == evens

        await pilot.press("slash", *"99 ", "backspace", "enter")
        await save_as(pilot, tmp_path / "matches", "down", "down")
        await until(pilot, lambda: pilot.app.screen is screen)
        matching = [e for e in evens if "99" in e]
        assert (tmp_path / "matches").read_text().splitlines() == matching

        await pilot.press("ctrl+s")
        message = "the 1,000 lines that the filter shows"
        await until_shown(pilot, f"Save the log: {message}", f"● {message}")
        await pilot.press("down")
        await until_shown(pilot, "Save the log: the whole log, byte for byte")
        await pilot.press("down")
        await until_shown(pilot, "Save the log: the shown lines that match the search")
        # Without the filter, the dialog offers the whole log first, with or without a search.
        await pilot.press("escape", "escape")
        await pilot.press("ctrl+s")
        message = "the whole log, byte for byte"
        await until_shown(
            pilot, f"Save the log: {message}", f"● {message}", "that match the search"
        )
        await pilot.press("escape", "ampersand", *"even", "enter")

        await pilot.press("slash", *"absent", "enter", "ctrl+s")
        await until_shown(pilot, "● the 1,000 lines that the filter shows", "○ the whole log")
        assert "match the search" not in screen_text(pilot)
        await pilot.press("escape")

        await pilot.press("escape", "escape", "V", "up", "up")
        await save_as(pilot, tmp_path / "selected")
        await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen))
        assert len((tmp_path / "selected").read_text().splitlines()) == 3


NOT_UTF_8 = b"caf\xe9\nbin\xff\xfe\xc3(\n" * 50 + "the end \u6f22".encode()[:-1]
PRINTING_BYTES = f"import sys; sys.stdout.buffer.write({NOT_UTF_8!r})"


@pytest.mark.parametrize("has_ended", [True, False])
async def test_bytes_that_are_not_utf_8_are_saved_unchanged(
    studio: ThreadStudio, tmp_path: Path, has_ended: bool
) -> None:
    wait = "" if has_ended else "; sys.stdout.flush(); __import__('time').sleep(2)"
    job = studio.submit(PRINTING_BYTES + wait)
    if has_ended:
        studio.wait_for_end(job["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("l")
        await until_shown(pilot, "✓ whole log", "101 lines", "the end \ufffd", "caf\ufffd")
        await save_as(pilot, tmp_path / "whole")
        await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen))
        assert (tmp_path / "whole").read_bytes() == NOT_UTF_8


async def test_an_error_in_saving_is_shown_at_the_field_and_keeps_the_typed_path(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.wait_for_end(studio.submit(PRINTING_JOB)["id"])
    (tmp_path / "x.log").write_text("precious")
    async with dashboard(studio, tmp_path) as pilot:
        await open_log(pilot)
        await save_as(pilot, tmp_path / "no" / "x.log")
        await until(pilot, lambda: "There is no folder" in message_at_field(pilot))
        field = pilot.app.screen.query_one(Input)
        assert field.value == str(tmp_path / "no" / "x.log")
        field.value = str(tmp_path / "x.log")
        await pilot.press("enter")
        await until(pilot, lambda: "exists already" in message_at_field(pilot))
        assert field.value == str(tmp_path / "x.log")
        field.value += "x"
        await until(pilot, lambda: not message_at_field(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen))
        assert (tmp_path / "x.log").read_text() == "precious"
        assert (tmp_path / "x.logx").exists()


def message_at_field(pilot: Dashboard) -> str:
    """Return the error message at the field."""
    return str(pilot.app.screen.query_one("#problem", Static).render())


async def test_escape_cancels_saving_and_no_file_remains(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.wait_for_end(studio.submit(PRINTING_JOB)["id"])
    folder = tmp_path / "folder"
    folder.mkdir()
    async with dashboard(studio, tmp_path) as pilot:
        screen = await open_log(pilot)
        screen._store.append(b"more and more of the same\n" * 400_000)
        await pilot.press("slash", *"same", "enter")
        await save_as(pilot, folder / "x.log", "down")
        await until(pilot, lambda: file_names(folder))
        await until_shown(pilot, "so far; esc cancels")
        await pilot.press("escape")
        await until(pilot, lambda: not file_names(folder))
        assert isinstance(pilot.app.screen, LogScreen)
