import asyncio
from pathlib import Path

from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.logs.log_screen import LogScreen
from studio_tui.tui.messages import OpenLog
from tests.hostile import controls_of_lines
from tests.studios import ThreadStudio
from tests.tui.dashboards import dashboard, screen_text, until, until_shown
from tests.waiting import HANG

HUGE = "for n in range(150_000): print(f'seq={n:06} ' + '.' * 235)"
"""Prints 37 MB, which take a while to come."""

COUNTING = """
import pathlib, time
for number in range(1000):
    print(f"seq={number:04}", flush=True)
    if number % 100 == 50:
        while not pathlib.Path(f"go{number}").exists():
            time.sleep(0.01)
"""


def let_on(studio: ThreadStudio, job_id: object, *numbers: int) -> None:
    """Let a counting job go on past some of its halts."""
    folder = next(path for path in studio.data_dir.glob(f"jobs/{job_id}/*") if path.name == "work")
    for number in numbers:
        (folder / f"go{number}").touch()


async def test_a_log_is_followed_live_to_its_end(studio: ThreadStudio, tmp_path: Path) -> None:
    job = studio.submit(COUNTING)
    studio.until(job["id"], "RUNNING")
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("l")
        await until_shown(pilot, "seq=0050", "● live")
        let_on(studio, job["id"], *range(50, 1000, 100))
        await until_shown(pilot, "seq=0999", "✓ whole log", "1,000 lines", "✓ COMPLETE")


async def test_a_log_survives_an_outage_without_losing_or_doubling_a_line(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    job = studio.submit(COUNTING)
    studio.until(job["id"], "RUNNING")
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("l")
        await until_shown(pilot, "seq=0050")
        await asyncio.to_thread(studio.kill)
        let_on(studio, job["id"], *range(50, 500, 100))
        await until_shown(pilot, "lines  ", " ✗ offline ", "seq=0050")
        await asyncio.to_thread(studio.restart)
        let_on(studio, job["id"], *range(550, 1000, 100))
        await until_shown(pilot, "✓ whole log")
        screen = pilot.app.screen
        assert isinstance(screen, LogScreen)
        spooled = screen._store.path.read_text()
    assert spooled.splitlines() == [f"seq={number:04}" for number in range(1000)]


async def test_a_log_that_was_left_continues_where_it_was_and_two_readers_share_it(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    job = studio.submit(COUNTING)
    studio.until(job["id"], "RUNNING")
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("l")
        await until_shown(pilot, "seq=0050", "● live")
        left = pilot.app.screen
        assert isinstance(left, LogScreen)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        let_on(studio, job["id"], 50, 150)
        await pilot.press("l")
        await until_shown(pilot, "seq=0250", "● live")
        first = pilot.app.screen
        assert isinstance(first, LogScreen)
        assert first is not left
        assert first._store is left._store
        pilot.app.post_message(OpenLog(str(job["id"])))
        await until(pilot, lambda: pilot.app.screen is not first)
        await until_shown(pilot, "seq=0250", "● live")
        let_on(studio, job["id"], *range(250, 1000, 100))
        await until_shown(pilot, "seq=0999", "✓ whole log", "1,000 lines")
        second = pilot.app.screen
        assert isinstance(second, LogScreen)
        assert second._store is first._store
        await pilot.press("q", "q")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        await pilot.press("l")
        await until_shown(pilot, "seq=0999", "✓ whole log", "1,000 lines")
        kept = first._store.path.read_text()
    assert kept.splitlines() == [f"seq={number:04}" for number in range(1000)]


async def test_to_follow_is_offered_only_while_the_log_is_not_followed(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    job = studio.submit(COUNTING)
    studio.until(job["id"], "RUNNING")
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("l")
        await until_shown(pilot, "seq=0050", "● live", "x cancel")
        assert "F follow" not in screen_text(pilot)
        await pilot.press("k")
        await until_shown(pilot, "‖ paused", "F follow ")
        await pilot.press("F")
        await until(pilot, lambda: "F follow" not in screen_text(pilot))
        let_on(studio, job["id"], *range(50, 1000, 100))


async def test_the_log_of_a_job_that_has_ended_is_whole(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    job = studio.submit("for number in range(500): print('n', number)")
    studio.end(job["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("l")
        await until_shown(pilot, "n 499", "✓ whole log", "500 lines")
        await pilot.press("g")
        await until_shown(pilot, "n 0")
        assert "paused" not in screen_text(pilot)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))


async def test_a_hostile_log_reaches_the_screen_as_text(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    lines = [
        "[/] [@click=app.quit]x[/]",
        "\x1b]52;c;aGk=\x07clip",
        "\x1b]0;title\x07title",
        "\x1b[31mred\x1b[0m \x9b2J \u202ebidi\u202c 日本",
    ]
    studio.end(studio.submit(f"print({chr(10).join(lines)!r})")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("l")
        await until_shown(pilot, "[/] [@click=app.quit]x[/]", "clip", "title", "red", "日本")
        shown = screen_text(pilot)
        assert not controls_of_lines(shown)


BAR = """
import pathlib, sys, time
for number in range(0, 101, 10):
    done = number // 10
    sys.stderr.write(f"\\r{number:3}%|{'#' * done:10}| {number}/100 [00:{done:02}<00:09,  3.1it/s]")
    sys.stderr.flush()
    while number == 40 and not pathlib.Path("go40").exists():
        time.sleep(0.01)
"""


async def test_the_head_says_how_far_the_job_has_come(studio: ThreadStudio, tmp_path: Path) -> None:
    job = studio.submit(BAR)
    studio.until(job["id"], "RUNNING")
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("l")
        await until_shown(pilot, "▏ 40%  3.1 it/s  ~0:09 left")
        let_on(studio, job["id"], 40)
        await until_shown(pilot, "✓ whole log")
        assert "left" not in screen_text(pilot).splitlines()[2]


async def test_the_head_says_why_a_job_failed_when_studio_does_not(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    query = "def load():\n    raise ValueError('no such shard: 17')\nload()\n"
    job = studio.submit(query)
    ended = studio.end(job["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("l")
        await until_shown(pilot, "✓ whole log", "✗ FAILED")
        head = screen_text(pilot).splitlines()[2]
        assert (ended["error_message"] or "ValueError: no such shard: 17") in head


async def test_a_huge_log_shows_its_end_before_its_beginning_has_come(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    job = studio.submit(HUGE)
    studio.end(job["id"])
    seen: list[str] = []
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("l")
        screen = pilot.app.screen
        assert isinstance(screen, LogScreen)
        await until_shown(pilot, "seq=149999")
        assert screen.view.pane.is_part or screen._tail.state.size > 30_000_000
        await pilot.press("pageup")
        await until(pilot, lambda: not screen.view.following)
        seen.append(screen_text(pilot).splitlines()[5])
        await until_shown(pilot, "✓ whole log", "150,000 lines")
        assert screen.view.store is screen._store
        assert seen[0].split("seq=")[1][:6] in screen_text(pilot)
        await pilot.press("g")
        await until_shown(pilot, "seq=000000")
        await pilot.press("G")
        await until_shown(pilot, "seq=149999")


async def test_the_first_line_can_be_gone_to_while_the_rest_arrives(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    job = studio.submit(HUGE)
    studio.end(job["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("l")
        await until_shown(pilot, "seq=149999")
        await pilot.press("g")
        await until_shown(pilot, "seq=000000")
        await pilot.press("G")
        await until_shown(pilot, "seq=149999", "✓ whole log")


async def test_the_footer_shows_the_keys_of_the_line_that_is_typed(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.end(studio.submit("print(1)")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("l")
        await until_shown(pilot, "✓ whole log", "search")
        await pilot.press("slash")
        await until_shown(pilot, "earlier", "leave")
        assert "& filter" not in screen_text(pilot)
        await pilot.press("escape")
        await until_shown(pilot, "& filter")


async def test_the_log_can_have_the_whole_screen(studio: ThreadStudio, tmp_path: Path) -> None:
    studio.end(studio.submit("for n in range(100): print('n', n)")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("l")
        await until_shown(pilot, "✓ whole log")
        await pilot.press("i")
        await until(pilot, lambda: "whole log" not in screen_text(pilot))
        assert "n 62" not in screen_text(pilot)
        await pilot.press("f")
        await until_shown(pilot, "n 60", "n 99")
        # Of a log that has the whole screen, a notice covers the lines that were read before.
        pilot.app.notify("ended: 1\nfailed: 1", markup=False, timeout=HANG)
        await until_shown(pilot, "failed: 1", "n 99")
        (toast,) = pilot.app.screen.query("Toast")
        assert toast.region.y == 0
        assert "studio-tui" not in screen_text(pilot)
        await pilot.press("escape")
        await until_shown(pilot, "studio-tui")
        await pilot.press("i")
        await until_shown(pilot, "✓ COMPLETE", "failed: 1")
        screen = pilot.app.screen
        assert isinstance(screen, LogScreen)
        await until(pilot, lambda: toast.region.y == screen.query_one("#tabs").region.bottom)
        assert toast.region.y < screen.view.pane.region.y, "it begins above the lines"


async def test_above_the_log_of_a_queued_job_is_the_reason_why_it_waits(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    for _ in range(20):
        studio.submit("import time; time.sleep(600)", query_name="long.py")
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "◌ QUEUED")
        await pilot.press("g", "l")
        await until_shown(pilot, "QUEUED  waits for 1 worker", "0 free of")
