"""A dashboard that starts while Studio is away shows what an earlier one has recorded."""

from pathlib import Path

from studio_tui.tui.frame.page import Page
from tests import faults
from tests.fault_proxy import FaultProxy
from tests.local.http.test_pipeline_routes import make, trigger
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, screen_text, until, until_shown


async def recorded(pilot: Dashboard, *names: str) -> None:
    """Wait until these lists are on the disk."""
    page = pilot.app.screen
    assert isinstance(page, Page)
    rows = page.session.records.database.rows

    def is_recorded() -> bool:
        return {name for (name,) in rows("SELECT name FROM listing")} >= set(names)

    await until(pilot, is_recorded)


def memory_alone(folder: Path) -> Path:
    """Return a folder with what a dashboard has recorded and read, but not where it was left."""
    later = folder / "later"
    later.mkdir()
    (folder / "spool").rename(later / "spool")
    return later


async def test_the_log_of_a_job_that_was_read_is_there_without_studio(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.end(studio.submit("print('loss 0.25')", query_name="train.py")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "train.py")
        await pilot.press("l")
        await until_shown(pilot, "loss 0.25")
        await until(pilot, lambda: [*(tmp_path / "spool").glob("*/*.log")])
        await pilot.press("q")
        await recorded(pilot, "jobs")
    studio.stop()
    async with dashboard(studio, memory_alone(tmp_path), answered=False) as pilot:
        await until_shown(pilot, "train.py", "✗ stale")
        await pilot.press("/", *"train", "enter")
        await until_shown(pilot, "1 of 1")
        await pilot.press("l")
        await until_shown(pilot, "loss 0.25", "whole log, kept since")


async def test_the_lines_of_a_running_job_that_were_read_are_there_without_studio(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    printing = "import time\nprint('loss 0.25', flush=True)\ntime.sleep(600)"
    studio.submit(printing, query_name="train.py")
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "train.py", "● RUNNING")
        await pilot.press("l")
        await until_shown(pilot, "loss 0.25", "● live")
        await pilot.press("q")
        await recorded(pilot, "jobs")
    studio.stop()
    async with dashboard(studio, memory_alone(tmp_path), answered=False) as pilot:
        await until_shown(pilot, "train.py", "✗ stale")
        await pilot.press("l")
        await until_shown(pilot, "loss 0.25", "as of")
        assert "● live" not in screen_text(pilot)


async def test_the_graph_of_a_pipeline_that_was_listed_is_there_without_studio(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    make(studio, "first")
    make(studio, "last", "first")
    made = trigger(studio, "last", review=True)
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("2")
        await until_shown(pilot, made["name"], "PAUSED")
        await recorded(pilot, "jobs", "pipelines")
    studio.stop()
    async with dashboard(studio, memory_alone(tmp_path), answered=False) as pilot:
        await until_shown(pilot, "✗ stale")
        await pilot.press("2")
        await until_shown(pilot, "› Pipelines", made["name"], "✗ stale")
        await pilot.press("enter")
        await until_shown(pilot, f"› {made['name']}", "first", "last", "✗ stale")


async def test_where_a_team_is_refused_one_can_go_back_to_what_was_known_of_it(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.end(studio.submit("print(1)", query_name="known.py")["id"])
    refusing = FaultProxy.before(studio.url)
    refused = faults.answer_json({"message": "You left."}, status="403 Forbidden")
    async with refusing:
        async with dashboard(studio, tmp_path, url=refusing.url) as pilot:
            await until_shown(pilot, "known.py")
            await recorded(pilot, "jobs")
        refusing.always = refused
        later = memory_alone(tmp_path)
        async with dashboard(studio, later, url=refusing.url, answered=False) as pilot:
            await until_shown(pilot, "You left.", "known data.")
            await pilot.press("escape")
            await until_shown(pilot, "known.py", "not allowed since")
