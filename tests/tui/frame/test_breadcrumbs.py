"""Where the user came from: the breadcrumb, and going back."""

from pathlib import Path

from studio_tui.tui.frame.list_page import ListPage
from studio_tui.tui.messages import FilterList, OpenJob, OpenLog, OpenLogs
from tests.studios import ThreadStudio
from tests.tui.dashboards import dashboard, until, until_shown


async def test_the_breadcrumb_names_the_list_the_user_came_from(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    job = studio.submit("print(1)", query_name="here.py")
    studio.wait_for_end(job["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "here.py")
        for key, title in (("2", "Pipelines"), ("4", "Schedules"), ("1", "Jobs")):
            await pilot.press(key)
            await until_shown(pilot, f"› {title}")
            for message in (OpenJob(job["id"]), OpenLog(job["id"])):
                pilot.app.post_message(message)
                await until_shown(pilot, f"› {title} › here.py")


async def test_going_back_from_the_jobs_of_a_schedule_restores_the_earlier_filter(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.wait_for_end(studio.submit("print(1)", query_name="here.py")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press(*"/her", "enter", "4")
        await until_shown(pilot, "› Schedules")
        pilot.app.post_message(FilterList("task=none"))
        await until_shown(pilot, "task=none")
        await pilot.press("q")
        await until_shown(pilot, "› Schedules")
        await pilot.press("1")
        await until_shown(pilot, "here.py")
        page = pilot.app.screen
        assert isinstance(page, ListPage)
        await until(pilot, lambda: page.view.filter == "her")


async def test_q_is_labeled_as_back_only_where_it_goes_back(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        await pilot.press("5")
        await until_shown(pilot, "q quit")
        await pilot.press("1")
        await until_shown(pilot, "› Jobs")
        pilot.app.post_message(OpenLogs((), ()))
        await until_shown(pilot, "q back")
