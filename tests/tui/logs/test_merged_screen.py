"""The merged log of several jobs, on a real local Studio."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from studio_tui.errors import SpoolError
from studio_tui.service.logs.store.tagged_store import TAG_LENGTH, TaggedStore
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.logs.log_screen import LogScreen
from studio_tui.tui.logs.member_names import labels
from studio_tui.tui.logs.merged_jobs import MergedJobs
from studio_tui.tui.logs.merged_screen import MergedScreen
from studio_tui.tui.logs.view.pane import LogPane
from tests.hostile import HOSTILE, control_characters_of_lines
from tests.service.logs.stored import stored_bytes
from tests.steps import step
from tests.studios import LocalStudio, ThreadStudio
from tests.tui.dashboards import (
    Dashboard,
    dashboard,
    screen_text,
    until,
    until_notified,
    until_shown,
    widget_text,
)
from tests.tui.filled import studio_with
from tests.tui.jobs.test_list_screen import call_in_thread, table
from tests.tui.logs.test_log_screen import COUNTING, WORKERS, pass_halts

TICKING = """
import os, time
for number in range(FIRST, 60, 3):
    print(f"2026-03-01 12:00:{number:02} tick {number}", flush=True)
    if number >= 30:
        while not os.path.exists("GATE"): time.sleep(0.01)
print("that was it")
"""


def submit_ticking_jobs(studio: ThreadStudio, gate: Path, count: int = 3) -> list[str]:
    """Start jobs that print the seconds of a minute in turn, and wait for `gate` halfway."""
    ids = []
    for first in range(count):
        query = TICKING.replace("FIRST", str(first)).replace("GATE", str(gate))
        job = studio.submit(query, query_name=f"job_{first}.py", workers=1)
        ids.append(str(job["id"]))
    return ids


def pane(pilot: Dashboard) -> LogPane:
    return pilot.app.screen.query_one(LogPane)


def shown_rows(pilot: Dashboard) -> list[str]:
    """Return the rows of the merged log, without the cursor, with one space between columns."""
    rows = widget_text(pane(pilot)).replace("▌", " ").splitlines()
    return [" ".join(row.split()) for row in rows if row.strip()]


async def open_merged_log(pilot: Dashboard, *texts: str) -> MergedScreen:
    """Mark all jobs, open their merged log and wait until it shows `texts`."""
    await pilot.press("a", "L")
    await until(pilot, lambda: isinstance(pilot.app.screen, MergedScreen))
    await until_shown(pilot, *texts)
    screen = pilot.app.screen
    assert isinstance(screen, MergedScreen)
    return screen


async def test_the_logs_of_marked_jobs_are_merged_in_order_of_time(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    query = TICKING.replace("FIRST", "2").replace("GATE", str(tmp_path))
    studio.wait_for_end(studio.submit(query, query_name="job_2.py")["id"])
    ids = submit_ticking_jobs(studio, tmp_path / "gate", 2)
    for job in ids:
        studio.wait_for_state(job, "RUNNING")
    async with dashboard(studio, tmp_path) as pilot:
        await open_merged_log(
            pilot, "tick 30", "tick 31", "3 jobs", "● 2 live", "✓ 1 whole log", "q back"
        )
        ticks = [
            f"job_{n % 3}.py 2026-03-01 12:00:{n:02} tick {n}"
            for n in range(60)
            if n < 32 or n % 3 == 2
        ]
        await until(
            pilot,
            lambda: (
                shown_rows(pilot) == [*ticks, "job_2.py that was it"][-len(shown_rows(pilot)) :]
            ),
        )
        await pilot.press("slash", *"nowhere", "enter")
        await until_shown(pilot, "no match so far")
        await pilot.press("escape", "G", "up")
        await until_shown(pilot, "‖ paused, F follows", " F follow ")
        (tmp_path / "gate").touch()
        await asyncio.to_thread(lambda: [studio.wait_for_end(job) for job in ids])
        await until_shown(pilot, "✓ 3 whole logs", "63 lines")
        with step("a log of ended jobs cannot be followed"):
            await until(pilot, lambda: "F follow" not in screen_text(pilot))
        await pilot.press("G")
        await until_shown(pilot, "that was it")
        colors = {
            segment.style.color
            for y in range(9)
            for segment in pane(pilot).render_line(y)
            if segment.style and segment.text.startswith("job_")
        }
        assert len(colors) == 3
        await pilot.resize_terminal(120, 60)
        with step("a job joins, and the tab has kept the other jobs"):
            screen = await add_a_job(pilot, studio)
        with step("a line of the job is found"):
            await pilot.press("slash", *"joined", "enter")
            await until_shown(pilot, "/joined 1 of 1", "S only this job")
        with step("the job leaves, as the merged log of the others is opened"):
            screen.follow([member.job for member in screen.members if member.job.name != "new.py"])
            await until_shown(pilot, "63 lines", "3 jobs", "S only this job")
        with step("enter opens the log of the current line's job"):
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen))


async def add_a_job(pilot: Dashboard, studio: ThreadStudio) -> MergedScreen:
    """Add a job to the merged log of three, and return the page."""
    await pilot.press("q")
    await pilot.press("1")
    await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
    await call_in_thread(studio.submit, "print('2026-03-01 12:00:30 joined')", query_name="new.py")
    await until(pilot, lambda: len(table(pilot).keys) == 4)
    await pilot.press("5")
    await until_shown(pilot, "63 lines", "3 jobs")
    await pilot.press("1")
    screen = await open_merged_log(pilot, "64 lines", "4 jobs", "joined")
    await until(
        pilot,
        lambda: any(
            before.endswith("tick 30") and "joined" in after
            for before, after in zip(shown_rows(pilot), shown_rows(pilot)[1:], strict=False)
        ),
    )
    # If the job of the current line leaves, the first line of another job stays in its row.
    member_of, cursor = screen.members.of_line, screen.view.pane.cursor
    assert cursor is not None
    rows = [row.start for row in screen.view.pane.in_sight]
    others = [start for start in rows if member_of(start) is not member_of(cursor)]
    remaining_members = {start: member_of(start) for start in others}
    assert others[0] not in screen.viewed_lines()
    with mock.patch.object(screen.members, "of_line", remaining_members.get):
        assert others[0] in screen.viewed_lines()
    return screen


async def test_a_job_can_be_shown_alone_or_muted_and_the_search_is_limited_accordingly(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    (tmp_path / "gate").touch()
    for job in submit_ticking_jobs(studio, tmp_path / "gate"):
        studio.wait_for_end(job)
    async with dashboard(studio, tmp_path, size=(120, 80)) as pilot:
        screen = await open_merged_log(pilot, "63 lines", "tick 59")
        members = screen.members
        await until(pilot, lambda: not members.are_being_read)
        with mock.patch.object(MergedJobs, "are_being_read", new=True):
            await pilot.press("T", *"12", "colon", *"00", "enter")
            await until_shown(pilot, "Logs are still being read")
        await pilot.press("escape")
        await pilot.press("tab", "S")
        await until_shown(pilot, "only job_", "U shows all")
        chosen = screen.choice.job_at_hand()
        assert chosen is not None
        name = str(chosen.name)
        await until(pilot, lambda: len(shown_rows(pilot)) == 21)
        assert all(row.startswith(name) for row in shown_rows(pilot))
        await pilot.press("ctrl+s")
        await until_shown(pilot, "● the 21 lines of the jobs that are shown", "○ all lines, with")
        await pilot.press("escape")
        await pilot.press("slash", *"that was", "enter")
        await until_shown(pilot, "1 of 1")
        await pilot.press("escape", "S")
        await until(pilot, lambda: len(shown_rows(pilot)) == 63)
        await pilot.press("M")
        await until_shown(pilot, "1 muted", f"({name})", f"{name} is muted")
        await pilot.press("M")
        await until_shown(pilot, f"{name} is shown again")
        await pilot.press("M")
        await until(pilot, lambda: len(shown_rows(pilot)) == 42)
        assert not any(name in row for row in shown_rows(pilot))
        await pilot.press("ampersand", *"~^2026-03-01 12:00:0", "enter")
        await until_shown(pilot, "esc shows all")
        await until(pilot, lambda: 0 < len(shown_rows(pilot)) < 10)
        assert not any(name in row for row in shown_rows(pilot))
        await pilot.press("escape", "U")
        await until(pilot, lambda: len(shown_rows(pilot)) == 63)
        await pilot.press("escape", "ampersand", *"no such line", "enter")
        assert screen.choice.chosen is None
        await until(pilot, lambda: "M mute" not in screen_text(pilot))
        for key in ("S", "M", "x"):
            pilot.app.clear_notifications()
            await pilot.press(key)
            await until_shown(pilot, "No line is shown; tab chooses a job")
        pilot.app.clear_notifications()
        await pilot.press("escape")
        await until_shown(pilot, "S only this job", "M mute")
        await pilot.press("s")
        await until(pilot, lambda: not any("job_" in row for row in shown_rows(pilot)))
        # The job's log opens at the current line, not where the log was left.
        await pilot.press("slash", *"tick 31", "enter")
        await until(pilot, lambda: not screen.view.following)
        shown_job = screen.choice.job_at_hand()
        assert shown_job is not None
        # Another job may be chosen for other commands.
        while screen.choice.chosen in {None, shown_job.id}:
            await pilot.press("tab")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen))
        assert shown_job.name in screen_text(pilot).splitlines()[0]
        await until(pilot, lambda: "▌ 2026-03-01 12:00:31 tick 31" in widget_text(pane(pilot)))
        assert shown_rows(pilot)[0].endswith("tick 7")


@pytest.mark.parametrize("has_common_job", [False, True])
async def test_other_jobs_can_be_merged_while_the_user_is_not_at_the_end(
    studio: ThreadStudio, tmp_path: Path, *, has_common_job: bool
) -> None:
    for minute in range(4):
        line = f"2026-03-01 12:0{minute}:{{n:02}} job {minute}"
        query = f"for n in range(59): print(f'{line} ' + 'x' * n)"
        studio.wait_for_end(studio.submit(query, query_name=f"job_{minute}.py")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "job_3.py")
        screen = await open_merged_log(pilot, "4 jobs", "236 lines")
        jobs = sorted((member.job for member in screen.members), key=lambda job: str(job.name))
        screen.follow(jobs[:2])
        await until_shown(pilot, "2 jobs", "118 lines")
        await pilot.press("slash", *"job 0", "enter", "g", "down", "down", "down")
        await until_shown(pilot, "12:00:03 job 0")
        screen.follow(jobs[1:3] if has_common_job else jobs[2:])
        await until_shown(pilot, "2 jobs", "118 lines", "job 1" if has_common_job else "job 3")
        await until(pilot, lambda: "job 0" not in widget_text(pane(pilot)))
        screen.note_place()
        line_of = screen.memory.merged.current
        if has_common_job:
            assert line_of is not None
            assert line_of.job_id in {job.id for job in jobs[1:3]}
        else:
            assert screen.view.following
            assert "job 0" not in screen_text(pilot)


async def test_without_marked_jobs_one_log_is_opened_and_the_tab_explains_how_to_mark(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.wait_for_end(studio.submit("print('alone')")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("5")
        await until_shown(pilot, "Mark jobs with space in Jobs, then press L.", "2 Pipelines")
        for key in ("S", "M", "U", "tab", "s", "escape", "x", "slash", "G"):
            await pilot.press(key)
        for key in ("slash", "ampersand", "colon", "T", "ctrl+s", "v"):
            pilot.app.clear_notifications()
            await pilot.press(key)
            await until_notified(pilot, "no log here")
        await pilot.press("1", "L")
        await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen))
        await until_shown(pilot, "alone")


async def test_a_queued_job_joins_the_merged_log_when_it_starts(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    (first,) = submit_ticking_jobs(studio, gate, 1)
    studio.wait_for_state(first, "RUNNING")
    wait = f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.01)"
    studio.submit(wait + "\nprint('second')", query_name="second.py", workers=WORKERS)
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "◌ QUEUED")
        screen = await open_merged_log(pilot, "2 jobs", "tick 30")
        while (chosen := screen.choice.job_at_hand()) is None or chosen.name != "second.py":
            await pilot.press("tab")
        await pilot.press("S")
        await until_shown(pilot, "only second.py, U shows all", "these jobs have no lines so far")
        await pilot.press("U")
        await until_shown(pilot, "tick 30")
        gate.touch()
        await until(pilot, lambda: "✓2 ●0 ✗0" in screen_text(pilot))
        await until_shown(pilot, "✓ second.py", "✓ job_0.py")
        await until_shown(pilot, "✓ 2 whole logs", "22 lines")


async def test_hostile_names_and_lines_are_shown_as_text_in_a_merged_log(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    for _ in range(2):
        studio.wait_for_end(studio.submit(f"print({HOSTILE!r})", query_name=HOSTILE)["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await open_merged_log(pilot, "2 jobs", "x[/] [red]r")
        for keys in (["S"], ["U"], ["M"]):
            await pilot.press(*keys)
            await pilot.pause()
            text = screen_text(pilot)
            assert not control_characters_of_lines(text)


def test_labels_distinguish_jobs_in_the_available_space() -> None:
    same = [("aaaa1111", "train.py"), ("aaaa2222", "train.py"), ("cccc", "eval.py")]
    assert labels(same, 14) == {
        "aaaa1111": "train.… aaaa11",
        "aaaa2222": "train.… aaaa22",
        "cccc": "eval.py",
    }
    assert labels([("1", ""), ("2", "読み込み_index.py")], 8) == {"1": "1", "2": "読み込…"}


async def test_an_outage_neither_loses_nor_repeats_a_line_of_a_merged_log(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    ids = [str(studio.submit(COUNTING, query_name=f"n{n}.py", workers=1)["id"]) for n in (0, 1)]
    for job in ids:
        studio.wait_for_state(job, "RUNNING")
    async with dashboard(studio, tmp_path) as pilot:
        screen = await open_merged_log(pilot, "seq=0050", "● 2 live")
        await asyncio.to_thread(studio.kill)
        for job in ids:
            pass_halts(studio, job, *range(50, 500, 100))
        await until_shown(pilot, "✗ 2 offline", "n0.py ✗ offline", "n1.py ✗ offline")
        await asyncio.to_thread(studio.restart)
        for job in ids:
            pass_halts(studio, job, *range(550, 1000, 100))
        await until_shown(pilot, "✓ 2 whole logs", "2,000 lines")
        with step("a full disk ends merging, and ctrl+r begins it anew at the same place"):
            await pilot.press("slash", *"=0500", "enter", "m")
            await until_shown(pilot, "/=0500 2 of 2")
            no_space = SpoolError("The log cannot be stored on disk: No space left on device.")
            with mock.patch.object(TaggedStore, "append", side_effect=no_space):
                store = next(iter(screen.members)).log.store
                store.mark(0, "A mark, so that the logs are merged again.")
                store.unmark(store.marks[0])
                await until_shown(pilot, "No space left on device", "^r refresh")
            await pilot.press("ctrl+r")
            await until_shown(pilot, "✓ 2 whole logs", "2,000 lines", "/=0500", "▌◆seq=0500")
        text = stored_bytes(screen.members.log.store).decode()
    lines: dict[str, list[str]] = {}
    for line in text.splitlines():
        lines.setdefault(line[:TAG_LENGTH], []).append(line[TAG_LENGTH:])
    assert list(lines.values()) == [[f"seq={number:04}" for number in range(1000)]] * 2


@pytest.fixture
def studio_with_70_jobs(tmp_path: Path) -> Iterator[LocalStudio]:
    """A local Studio with more jobs than a merged log may have."""
    with studio_with(70, tmp_path / "studio") as studio:
        yield studio


@pytest.mark.starts_processes
async def test_logs_beyond_the_limit_are_left_out_of_a_merged_log_and_counted(
    studio_with_70_jobs: LocalStudio, tmp_path: Path
) -> None:
    async with dashboard(studio_with_70_jobs, tmp_path) as pilot:
        await until(pilot, lambda: len(table(pilot).keys) == 70)
        await open_merged_log(pilot, "64 jobs", "6 jobs left out")
        await until_shown(pilot, "✓ 64 whole logs")
        await pilot.press("shift+tab")
        await until_shown(pilot, "‹")
