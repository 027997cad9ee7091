"""Lists show recorded jobs and pipelines, marked as recorded, that Studio does not list now."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from studio_tui.api.models import Pipeline
from studio_tui.service.recorder.database import RecorderFile
from studio_tui.service.recorder.recorder import Recorder
from studio_tui.tui.frame.list_page import ListPage
from tests.jobs import NOON, job
from tests.local.http.test_pipeline_routes import make_dataset, trigger
from tests.soak import at_length
from tests.studios import ThreadStudio
from tests.tui.dashboards import dashboard, screen_text, until, until_shown

OLDEST = datetime.min.replace(tzinfo=UTC)


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    """Record two jobs and a pipeline that Studio does not list, as if by an earlier run."""
    recorder = Recorder(RecorderFile(tmp_path / "spool" / "ledgers", ""))
    old = job(1, "FAILED", name="old_train.py", error_message="CUDA out of memory")
    recorder.note_jobs([old, job(2, "RUNNING", name="lost.py")], NOON, has_all=True, back_to=OLDEST)
    pipeline = Pipeline.model_validate(
        {"pipeline_id": "p1", "name": "old-vise", "status": "COMPLETED", "created_at": NOON}
    )
    recorder.note_pipelines([pipeline], NOON, has_all=True)
    return tmp_path


async def test_a_filter_also_finds_recorded_jobs(studio: ThreadStudio, data_folder: Path) -> None:
    studio.wait_for_end(studio.submit("print(1)", query_name="new.py")["id"])
    async with dashboard(studio, data_folder) as pilot:
        await until(pilot, lambda: "new.py" in screen_text(pilot))
        assert "old_train" not in screen_text(pilot)
        await pilot.press("slash", *"old_", "enter")
        await until_shown(pilot, "old_train.py", "~ FAILED", "2 recorded", "last seen")
        await pilot.press("slash", *["backspace"] * 4, *"lost", "enter")
        await until_shown(pilot, "~ RUNNING", "lost.py")
        await pilot.press("escape")
        await until(pilot, lambda: "lost.py" not in screen_text(pilot))
        assert "new.py" in screen_text(pilot)


async def test_loading_older_rows_adds_recorded_rows(
    studio: ThreadStudio, data_folder: Path
) -> None:
    studio.wait_for_end(studio.submit("print(1)", query_name="new.py")["id"])
    async with dashboard(studio, data_folder) as pilot:
        await pilot.press("M")
        await until_shown(pilot, "old_train.py", "lost.py", "new.py")
        await pilot.press("2", "M")
        await until_shown(pilot, "old-vise", "~ COMPLETED", "1 recorded")


async def test_loading_older_rows_says_if_there_are_none(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(studio, tmp_path) as pilot:
        for tab, words in (("1", "There are no older jobs"), ("2", "There are no older pipelines")):
            await pilot.press(tab)
            await until_shown(pilot, "● live")
            await pilot.press("M")
            await until_shown(pilot, words)


@pytest.mark.parametrize("tab", at_length(["2"], ["1", "2"]))
async def test_a_restart_restores_the_cursor_on_a_recorded_row(
    studio: ThreadStudio, data_folder: Path, tab: str
) -> None:
    for number in range(3):
        studio.wait_for_end(studio.submit("print(1)", query_name=f"new{number}.py")["id"])
    make_dataset(studio, "first")
    trigger(studio, "first", review=True)
    async with dashboard(studio, data_folder) as pilot:
        await pilot.press(tab)
        await until_shown(pilot, "● live")
        await pilot.press("M")
        await until_shown(pilot, "recorded", "~ ")
        await pilot.press("G")
        page = pilot.app.screen
        assert isinstance(page, ListPage)
        cursor = page.table.cursor
        assert page.list.is_recorded(cursor)
        await pilot.press("ctrl+q")
    async with dashboard(studio, data_folder, waits_for_jobs=False) as pilot:
        await until_shown(pilot, "● live", "recorded", "~ ")
        again = pilot.app.screen
        assert isinstance(again, ListPage)
        await until(pilot, lambda: again.table.cursor == cursor)
        await pilot.press("g", "ctrl+q")
    async with dashboard(studio, data_folder, waits_for_jobs=False) as pilot:
        await until_shown(pilot, "● live")
        assert "recorded" not in screen_text(pilot)


async def test_recorded_jobs_are_listed_filtered_and_opened_without_studio(
    studio: ThreadStudio, data_folder: Path
) -> None:
    async with dashboard(studio, data_folder, url="http://127.0.0.1:9") as pilot:
        await until_shown(pilot, "old_train.py", "lost.py")
        await pilot.press("slash", *"old_", "enter")
        await until(pilot, lambda: "lost.py" not in screen_text(pilot))
        await pilot.press("enter")
        await until_shown(pilot, "old_train.py", "CUDA out of memory", "stale")
        assert "live" not in screen_text(pilot)
