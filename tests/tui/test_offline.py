"""A dashboard that starts without Studio shows the data that an earlier dashboard recorded."""

from pathlib import Path

from studio_tui.tui.frame.page import Page
from tests import faults
from tests.fault_proxy import FaultProxy
from tests.local.http.test_pipeline_routes import make_dataset, trigger
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, until, until_shown


async def until_recorded(pilot: Dashboard, *names: str) -> None:
    """Wait until the lists of these names are on disk."""
    page = pilot.app.screen
    assert isinstance(page, Page)
    rows = page.session.records.database.rows

    def is_recorded() -> bool:
        return {name for (name,) in rows("SELECT name FROM listing")} >= set(names)

    await until(pilot, is_recorded)


def move_recorded_data(folder: Path) -> Path:
    """Move the recorded data and logs, but not the saved places, to a new folder; return it."""
    later = folder / "later"
    later.mkdir()
    (folder / "spool").rename(later / "spool")
    return later


async def test_a_log_that_was_opened_earlier_is_shown_without_studio(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.wait_for_end(studio.submit("print('loss 0.25')", query_name="train.py")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "train.py")
        await pilot.press("l")
        await until_shown(pilot, "loss 0.25")
        await until(pilot, lambda: [*(tmp_path / "spool").glob("*/*.log")])
        await pilot.press("q")
        await until_recorded(pilot, "jobs")
    studio.stop()
    async with dashboard(studio, move_recorded_data(tmp_path), waits_for_jobs=False) as pilot:
        await until_shown(pilot, "train.py", "✗ stale")
        await pilot.press("/", *"train", "enter")
        await until_shown(pilot, "1 of 1")
        await pilot.press("l")
        await until_shown(pilot, "loss 0.25", "whole log, kept since")


async def test_the_graph_of_a_listed_pipeline_is_shown_without_studio(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    make_dataset(studio, "first")
    make_dataset(studio, "last", "first")
    created = trigger(studio, "last", review=True)
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("2")
        await until_shown(pilot, created["name"], "PAUSED")
        await until_recorded(pilot, "jobs", "pipelines")
    studio.stop()
    async with dashboard(studio, move_recorded_data(tmp_path), waits_for_jobs=False) as pilot:
        await until_shown(pilot, "✗ stale")
        await pilot.press("2")
        await until_shown(pilot, "› Pipelines", created["name"], "✗ stale")
        await pilot.press("enter")
        await until_shown(pilot, f"› {created['name']}", "first", "last", "✗ stale")


async def test_the_known_data_of_a_refused_team_can_be_shown(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.wait_for_end(studio.submit("print(1)", query_name="known.py")["id"])
    proxy = FaultProxy.in_front_of(studio.url)
    forbidden = faults.answer_json({"message": "You left."}, status="403 Forbidden")
    async with proxy:
        async with dashboard(studio, tmp_path, url=proxy.url) as pilot:
            await until_shown(pilot, "known.py")
            await until_recorded(pilot, "jobs")
        proxy.always = forbidden
        later = move_recorded_data(tmp_path)
        async with dashboard(studio, later, url=proxy.url, waits_for_jobs=False) as pilot:
            await until_shown(pilot, "You left.", "known data.")
            await pilot.press("escape")
            await until_shown(pilot, "known.py", "not allowed since")
