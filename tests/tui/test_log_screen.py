import asyncio
from pathlib import Path

from studio_tui.tui.messages import OpenLog
from studio_tui.tui.screens.jobs import JobsScreen
from studio_tui.tui.screens.log import LogScreen
from tests.studios import ThreadStudio
from tests.tui.dashboards import dashboard, screen_text, until, until_shown

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
        await until_shown(pilot, "cut off since", "seq=0050")
        await asyncio.to_thread(studio.restart)
        let_on(studio, job["id"], *range(550, 1000, 100))
        await until_shown(pilot, "✓ whole log", seconds=40)
        screen = pilot.app.screen
        assert isinstance(screen, LogScreen)
        spooled = screen._store.path.read_text()
    assert spooled.splitlines() == [f"seq={number:04}" for number in range(1000)]


async def test_a_log_that_was_left_goes_on_where_it_was_and_two_readers_share_it(
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
        assert not any((ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0 for c in shown)
        assert "\u202e" not in shown
