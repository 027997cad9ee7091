import re
from pathlib import Path

import pytest

from studio_tui.presentation.logs.gutter_times import StampForm
from studio_tui.presentation.logs.row_forms import JsonForm
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.logs.log_memory import MOST_LOGS, LogMemory
from studio_tui.tui.logs.log_screen import LogScreen
from studio_tui.tui.logs.merged_screen import MergedScreen
from studio_tui.tui.logs.view.place import LogLook, LogPlace
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, screen_text, until, until_shown


def test_saved_places_and_looks_are_loaded_again(tmp_path: Path) -> None:
    look = LogLook(wrap=True, numbers=True, stamps=StampForm.UTC, json_form=JsonForm.OPEN)
    memory = LogMemory(look=look)
    memory.note("7", LogPlace(top=10, current=20, bookmarks=(1, 2), filter="!x"))
    (tmp_path / "logs.json").write_text(memory.model_dump_json(), "utf-8")
    assert LogMemory.load(tmp_path / "logs.json") == memory


@pytest.mark.parametrize("text", ["", "[]", '{"look": 7}', '{"places": {"7": {"top": "x"}}}'])
def test_an_unreadable_file_of_places_is_ignored(tmp_path: Path, text: str) -> None:
    (tmp_path / "logs.json").write_text(text)
    assert LogMemory.load(tmp_path / "logs.json") == LogMemory()


def test_only_the_places_of_the_most_recent_logs_are_kept() -> None:
    memory = LogMemory()
    for number in range(MOST_LOGS + 5):
        memory.note(str(number), LogPlace(top=number))
    memory.note("7", LogPlace(top=1))
    memory.note("8", LogPlace())
    assert len(memory.places) == MOST_LOGS - 1
    assert list(memory.places)[-1] == "7"
    assert "8" not in memory.places


async def return_to_the_list(pilot: Dashboard) -> None:
    await pilot.press("q")
    await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))


async def test_a_log_is_shown_as_it_was_left_also_in_the_next_run(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.wait_for_end(studio.submit("for n in range(3000): print('n', n)")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("l")
        await until_shown(pilot, "✓ whole log")
        await pilot.press("number_sign", "slash", *"n 1500", "enter")
        await until_shown(pilot, "/n 1500")
        await pilot.press("m", "escape")
        await pilot.pause()
        rows_before = screen_text(pilot).splitlines()[3:30]
        assert any("◆" in row or "▌" in row for row in rows_before)
        # The form of times is kept too, although this log has none.
        await pilot.press("t", "t", "t")
        await until_shown(pilot, "since the start; the lines of this log have no times")
        await return_to_the_list(pilot)
        await pilot.press("l")
        await until_shown(pilot, "1,501")
        assert isinstance(reopened := pilot.app.screen, LogScreen)
        assert reopened.view.pane.look.stamps is StampForm.ELAPSED
        assert "/n" not in screen_text(pilot), "escape ended the search"
        assert screen_text(pilot).splitlines()[3:30] == rows_before
        # A search that was not ended before the program quit is restored.
        await pilot.press("slash", *"n 15", "enter")
        await until_shown(pilot, "/n 15 ")
        await pilot.press("ctrl+q")
    async with dashboard(studio, tmp_path, waits_for_jobs=False) as pilot:
        await until_shown(pilot, "1,501", "n 1500", "✓ whole log", "/n 15 ")
        await pilot.press("escape")
        await until(pilot, lambda: "/n 15" not in screen_text(pilot))
        screen = pilot.app.screen
        assert isinstance(screen, LogScreen)
        assert len(screen.view.pane.bookmarks) == 1


async def test_the_place_in_the_log_of_a_running_job_is_restored_in_the_next_run(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.submit("import time\nfor n in range(3000): print('n', n, flush=True)\ntime.sleep(600)")
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "● RUNNING")
        await pilot.press("l")
        await until_shown(pilot, "n 2999", "● live")
        await pilot.press("slash", *"n 1500", "enter")
        await until_shown(pilot, "/n 1500")
        await pilot.press("m", "escape")
        await pilot.pause()
        rows_before = screen_text(pilot).splitlines()[3:30]
        await pilot.press("ctrl+q")
    async with dashboard(studio, tmp_path, waits_for_jobs=False) as pilot:
        # The scroll bar moves until the whole log has arrived.
        await until(pilot, lambda: screen_text(pilot).splitlines()[3:30] == rows_before)


def rows_of_two(pilot: Dashboard) -> list[str]:
    return [row for row in screen_text(pilot).splitlines() if ".py" in row and "two" in row]


def rows_with_times(pilot: Dashboard) -> list[str]:
    return [row for row in screen_text(pilot).splitlines() if ":30:00" in row]


async def test_the_merged_log_is_restored_with_its_place_in_the_next_run(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    code = "for n in range(60): print(f'2026-03-01 12:{n:02d}:00', NAME, n)"
    for name in ("one", "two", "three"):
        job = studio.submit(f"NAME = {name!r}\n{code}", query_name=f"{name}.py")
        studio.wait_for_end(job["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("a", "L")
        await until_shown(pilot, "3 whole logs", "180 lines")
        await pilot.press("slash", *"two 30", "enter")
        await until_shown(pilot, "/two 30 1 of 1")
        await pilot.press("m", "tab")
        merged = pilot.app.screen
        assert isinstance(merged, MergedScreen)
        while (chosen := merged.choice.job_at_hand()) is None or chosen.name != "three.py":
            await pilot.press("tab")
        await pilot.press("M")
        await until_shown(pilot, "1 muted")
        await until(pilot, lambda: "three 29" not in screen_text(pilot))
        assert any("▌◆" in row for row in rows_of_two(pilot))
        # The display options are those of all logs.
        await pilot.press("w", "t", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen))
        log = pilot.app.screen
        assert isinstance(log, LogScreen)
        assert log.view.pane.look == LogLook(wrap=True, stamps=StampForm.LOCAL)
        await pilot.press("w", "number_sign")
        merged.members_changed()  # its columns change while it is hidden
        await pilot.press("q")
        await until(pilot, lambda: pilot.app.screen is merged)
        look = LogLook(numbers=True, stamps=StampForm.LOCAL)
        await until(pilot, lambda: merged.view.pane.look == look)
        before = rows_of_two(pilot)
        assert re.search(r"two\.py +\d\d-\d\d \d\d:30:00 +▌◆", "\n".join(before))
        # The place is kept although another tab is open at the end.
        await pilot.press("1")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        await pilot.press("ctrl+q")
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("5")
        await until_shown(pilot, "3 whole logs", "1 muted", "/two 30", "▌◆")
        await until(pilot, lambda: rows_of_two(pilot) == before)
        await pilot.press("ctrl+q")
    async with dashboard(studio, tmp_path, waits_for_jobs=False) as pilot:
        await until_shown(pilot, "› Logs", "3 whole logs", "1 muted", "▌◆")
        await pilot.press("U")
        await until_shown(pilot, "three 29")
        await pilot.press("U")
        await until_shown(pilot, "The lines of all jobs are shown")
        await pilot.press("s")
        await until(pilot, lambda: " two.py " not in "".join(rows_with_times(pilot)))
        await pilot.press("ctrl+q")
    async with dashboard(studio, tmp_path, waits_for_jobs=False) as pilot:
        await until_shown(pilot, "3 whole logs", "two 30")
        assert " two.py " not in "".join(rows_with_times(pilot))
