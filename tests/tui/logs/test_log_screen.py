import asyncio
import os
from pathlib import Path
from unittest import mock

import pytest

from studio_tui.presentation.format import plural
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.logs.log_screen import LogScreen
from studio_tui.tui.messages import OpenLog
from tests.hostile import control_characters_of_lines
from tests.service.logs.stored import stored_bytes
from tests.steps import step
from tests.studios import ThreadStudio
from tests.tui.dashboards import (
    Dashboard,
    dashboard,
    screen_text,
    until,
    until_notified,
    until_shown,
)

WORKERS = os.cpu_count() or 1
"""The workers of the cluster that a local Studio has by default."""

HUGE = "for n in range(150_000): print(f'seq={n:06} ' + '.' * 235)"
"""Prints 37 MB, which take a while to arrive."""

COUNTING = """
import pathlib, time
for number in range(1000):
    print(f"seq={number:04}", flush=True)
    if number % 100 == 50:
        while not pathlib.Path(f"go{number}").exists():
            time.sleep(0.01)
"""


def pass_halts(studio: ThreadStudio, job_id: object, *numbers: int) -> None:
    """Let a job of `COUNTING` continue after the halts at these numbers."""
    folder = next(path for path in studio.data_dir.glob(f"jobs/{job_id}/*") if path.name == "work")
    for number in numbers:
        (folder / f"go{number}").touch()


def log_screen(pilot: Dashboard) -> LogScreen:
    screen = pilot.app.screen
    assert isinstance(screen, LogScreen)
    return screen


async def test_a_log_can_be_left_reopened_and_shared_by_two_screens_to_its_end(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    job = studio.submit(COUNTING)
    studio.wait_for_state(job["id"], "RUNNING")
    async with dashboard(studio, tmp_path) as pilot:
        with step("the key to follow is offered only while the log is not followed"):
            await pilot.press("l")
            await until_shown(pilot, "seq=0050", "● live", "x cancel")
            assert "F follow" not in screen_text(pilot)
            await pilot.press("k")
            await until_shown(pilot, "‖ paused", "F follow ")
            await pilot.press("F")
            await until(pilot, lambda: "F follow" not in screen_text(pilot))
        closed_screen = log_screen(pilot)
        with step("the log continues where it was left"):
            await pilot.press("q")
            await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
            pass_halts(studio, job["id"], 50, 150)
            await pilot.press("l")
            await until_shown(pilot, "seq=0250", "● live")
            reopened_screen = log_screen(pilot)
            assert reopened_screen is not closed_screen
            assert reopened_screen._store is closed_screen._store
        with step("two screens share the log to its end"):
            pilot.app.post_message(OpenLog(str(job["id"])))
            await until(pilot, lambda: pilot.app.screen is not reopened_screen)
            await until_shown(pilot, "seq=0250", "● live")
            pass_halts(studio, job["id"], *range(250, 1000, 100))
            await until_shown(pilot, "seq=0999", "✓ whole log", "1,000 lines", "✓ COMPLETE")
            assert log_screen(pilot)._store is reopened_screen._store
        with step("the complete log is opened again"):
            await pilot.press("q", "q")
            await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
            await pilot.press("l")
            await until_shown(pilot, "seq=0999", "✓ whole log", "1,000 lines")
            spooled = stored_bytes(reopened_screen._store).decode()
    assert spooled.splitlines() == [f"seq={number:04}" for number in range(1000)]


async def test_an_outage_neither_loses_nor_repeats_a_line_of_a_log(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    job = studio.submit(COUNTING)
    studio.wait_for_state(job["id"], "RUNNING")
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("l")
        await until_shown(pilot, "seq=0050")
        await asyncio.to_thread(studio.kill)
        pass_halts(studio, job["id"], *range(50, 500, 100))
        await until_shown(pilot, "lines  ", " ✗ offline ", "seq=0050")
        await asyncio.to_thread(studio.restart)
        pass_halts(studio, job["id"], *range(550, 1000, 100))
        await until_shown(pilot, "✓ whole log")
        screen = pilot.app.screen
        assert isinstance(screen, LogScreen)
        spooled = stored_bytes(screen._store).decode()
    assert spooled.splitlines() == [f"seq={number:04}" for number in range(1000)]


async def test_the_log_of_an_ended_job_is_complete_and_can_fill_the_screen(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Over SSH without tmux only the terminal has a clipboard.
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.setenv("SSH_TTY", "/dev/pts/1")
    job = studio.submit("for number in range(500): print('n', number)")
    studio.wait_for_end(job["id"])
    async with dashboard(studio, tmp_path) as pilot:
        with step("the log is complete"):
            await pilot.press("l")
            await until_shown(pilot, "n 499", "✓ whole log", "500 lines", "search")
            await pilot.press("g")
            await until_shown(pilot, "n 0")
            assert "paused" not in screen_text(pilot)
        with step("the footer shows the keys of the search prompt while it is open"):
            await pilot.press("slash")
            await until_shown(pilot, "earlier", "leave")
            assert "& filter" not in screen_text(pilot)
            await pilot.press("escape")
            await until_shown(pilot, "& filter")
        with step("i and f let the log fill the screen"):
            await pilot.press("G", "i")
            await until(pilot, lambda: "whole log" not in screen_text(pilot))
            assert "n 462" not in screen_text(pilot)
            await pilot.press("f")
            await until_shown(pilot, "n 461", "n 499")
        screen = log_screen(pilot)
        with step("a notification on the full screen is below all lines, and so covers none"):
            pilot.app.notify("ended: 1\nfailed: 1", severity="error", markup=False)
            await until_shown(pilot, "failed: 1", "n 499")
            (toast,) = pilot.app.screen.query("Toast")
            await until(pilot, lambda: toast.region.y == screen.view.region.bottom)
            assert toast.region.bottom == pilot.app.size.height
            assert "studio-tui" not in screen_text(pilot)
        with step("escape and i restore the header"):
            await pilot.press("escape")
            await until_shown(pilot, "studio-tui")
            await pilot.press("i")
            await until_shown(pilot, "✓ COMPLETE", "failed: 1", "n 499", "search")
            await until(pilot, lambda: toast.region.y == screen.view.region.bottom)
            assert "whole log" in screen_text(pilot), "the notification hides no state of the log"
        with step("y copies the current line, and V and y several"):
            await pilot.press("y")
            await until_notified(pilot, "Sent to the terminal's clipboard: 1 line")
            await pilot.press("V", "up", "y")
            await until_notified(pilot, "Sent to the terminal's clipboard: 2 lines")
            assert pilot.app.clipboard == "n 498\nn 499"
            await pilot.press("q")
            await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))


BAR = """
import pathlib, sys, time
for number in range(0, 101, 10):
    done = number // 10
    sys.stderr.write(f"\\r{number:3}%|{'#' * done:10}| {number}/100 [00:{done:02}<00:09,  3.1it/s]")
    sys.stderr.flush()
    while number == 40 and not pathlib.Path("go40").exists():
        time.sleep(0.01)
"""


async def test_the_header_shows_the_progress_of_a_job_and_the_reason_of_its_failure(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    lines = [
        "[/] [@click=app.quit]x[/]",
        "\x1b]52;c;aGk=\x07clip",
        "\x1b]0;title\x07title",
        "\x1b[31mred\x1b[0m \x9b2J \u202ebidi\u202c 日本",
    ]
    query = (
        f"print({chr(10).join(lines)!r})\ndef load():\n    raise ValueError('no such shard: 17')\n"
    )
    failed = studio.wait_for_end(studio.submit(f"{query}load()\n")["id"])
    job = studio.submit(BAR)
    studio.wait_for_state(job["id"], "RUNNING")
    async with dashboard(studio, tmp_path) as pilot:
        with step("the header shows the progress"):
            await pilot.press("l")
            await until_shown(pilot, "▏ 40%  3.1 it/s  ~0:09 left")
            pass_halts(studio, job["id"], 40)
            await until_shown(pilot, "✓ whole log")
            assert "left" not in screen_text(pilot).splitlines()[2]
        await pilot.press("q")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        with step("the header shows the error"):
            await pilot.press("down", "l")
            await until_shown(pilot, "✓ whole log", "✗ FAILED")
            header = screen_text(pilot).splitlines()[2]
            assert (failed["error_message"] or "ValueError: no such shard: 17") in header
        with step("in 80 columns, the header shows the error instead of the size"):
            await pilot.resize_terminal(80, 24)
            await until(pilot, lambda: " lines" not in screen_text(pilot).splitlines()[2])
            assert "ValueError: no such shard" in screen_text(pilot).splitlines()[2]
            await pilot.resize_terminal(120, 40)
        with step("a hostile log reaches the screen as text"):
            await until_shown(pilot, "[/] [@click=app.quit]x[/]", "clip", "title", "red", "日本")
            assert not control_characters_of_lines(screen_text(pilot))


SILENT = """
import pathlib, time
for number in (0, 1):
    while not pathlib.Path(f"go{number}").exists():
        time.sleep(0.01)
    print("printed", number, flush=True)
"""


async def test_the_footer_shows_the_key_of_errors_once_the_log_has_lines(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    job = studio.submit(SILENT)
    studio.wait_for_state(job["id"], "RUNNING")
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("l")
        await until_shown(pilot, "● RUNNING", "0 lines", "● live")
        assert "next error" not in screen_text(pilot)
        pass_halts(studio, job["id"], 0)
        await until_shown(pilot, "printed 0", "next error")
        pass_halts(studio, job["id"], 1)


async def test_the_header_counts_the_lines_that_the_log_shows(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = studio.submit(SILENT.replace("(0, 1)", "(0, 1, 2)"))
    studio.wait_for_state(job["id"], "RUNNING")
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("l")
        pass_halts(studio, job["id"], 0)
        await until_shown(pilot, "printed 0", "1 line ")
        # The update each second is turned off, as the lines must be counted without it.
        monkeypatch.setattr(LogScreen, "tick", lambda *_: None)
        pass_halts(studio, job["id"], 1)
        await until_shown(pilot, "printed 1", "2 lines")
        pass_halts(studio, job["id"], 2)


async def test_both_ends_of_a_huge_log_can_be_read_while_the_rest_arrives(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.wait_for_end(studio.submit(HUGE)["id"])
    with step("the end is shown before the beginning has arrived, and stays where it is"):
        async with dashboard(studio, tmp_path / "end") as pilot:
            await pilot.press("l")
            screen = log_screen(pilot)
            await until_shown(pilot, "seq=149999")
            assert screen.view.pane.is_part or screen._tail.state.size > 30_000_000
            await pilot.press("pageup")
            await until(pilot, lambda: not screen.view.following)
            row = screen_text(pilot).splitlines()[5]
            await until_shown(pilot, "✓ whole log", "150,000 lines")
            assert screen.view.store is screen._store
            assert row.split("seq=")[1][:6] in screen_text(pilot)
            await pilot.press("g")
            await until_shown(pilot, "seq=000000")
            await pilot.press("G")
            await until_shown(pilot, "seq=149999")
    with step("g goes to the first line"):
        async with dashboard(studio, tmp_path / "start") as pilot:
            await pilot.press("l")
            await until_shown(pilot, "seq=149999")
            await pilot.press("g")
            await until_shown(pilot, "seq=000000")
            await pilot.press("G")
            await until_shown(pilot, "seq=149999", "✓ whole log")


async def test_the_empty_log_of_a_queued_job_shows_why_the_job_waits_in_full(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    for _ in range(2):  # each of them needs all workers
        studio.submit("import time; time.sleep(600)", query_name="long.py", workers=WORKERS)
    async with dashboard(studio, tmp_path, size=(80, 24)) as pilot:
        await until_shown(pilot, "◌ QUEUED")
        await pilot.press("g", "l")
        await until_shown(pilot, f"waits for {plural(WORKERS, 'worker')}", "0 free of")
        await until_shown(pilot, "No older job is ahead of it")


async def test_the_page_is_not_laid_out_again_whenever_the_header_is_updated(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.wait_for_end(studio.submit("print('that was printed')")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "✓ COMPLETE")
        await pilot.press("g", "l")
        await until_shown(pilot, "that was printed", "✓ whole log")
        await pilot.pause()
        screen = pilot.app.screen
        assert isinstance(screen, LogScreen)
        with mock.patch.object(LogScreen, "_refresh_layout") as laid_out:
            screen.show_head()
            await pilot.pause()
        laid_out.assert_not_called()


async def test_a_log_that_cannot_be_kept_is_shown(studio: ThreadStudio, tmp_path: Path) -> None:
    studio.wait_for_end(studio.submit("print('that was printed')")["id"])
    (tmp_path / "spool").write_text("no folder")
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("l")
        await until_shown(pilot, "that was printed", "✓ whole log")
        await pilot.press("q", "a", "L")
        await until_shown(pilot, "› Logs", "that was printed")


MOVING_BAR = BAR.replace("number == 40", "number in {40, 60}").replace('"go40"', 'f"go{number}"')


async def test_the_progress_in_the_header_moves_with_the_one_in_the_log(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = studio.submit(MOVING_BAR)
    studio.wait_for_state(job["id"], "RUNNING")
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("l")
        await until_shown(pilot, "▏ 40%  3.1 it/s")
        # The update each second is turned off, as the header must be updated without it.
        monkeypatch.setattr(LogScreen, "tick", lambda *_: None)
        pass_halts(studio, job["id"], 40)
        await until_shown(pilot, "▏ 60%  3.1 it/s")
        pass_halts(studio, job["id"], 60)


async def test_the_log_of_a_job_that_printed_nothing_says_so(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    code = """
import pathlib, time
while not pathlib.Path("go50").exists():
    time.sleep(0.01)
"""
    job = studio.submit(code)
    studio.wait_for_state(job["id"], "RUNNING")
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("l")
        await until_shown(pilot, "● live", "the job has printed nothing yet")
        pass_halts(studio, job["id"], 50)
        await until_shown(pilot, "✓ whole log", "✓ COMPLETE", "the job printed nothing")
