from pathlib import Path

from studio_tui.tui.screens.jobs import JobsScreen
from tests import faults
from tests.fault_proxy import FaultProxy
from tests.studios import ThreadStudio
from tests.tui.dashboards import dashboard, until, until_shown
from tests.tui.test_job_making import FailingCreates, hurry

NAMES = ("one.py", "two.py", "three.py")


async def test_marked_jobs_are_run_again_after_one_question_with_a_report_on_each(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    for name in NAMES:
        studio.end(studio.submit("print(1)", query_name=name)["id"])
    refusal = faults.answer_json({"message": "not now"}, "400 Bad Request")
    async with FaultProxy.before(studio.url) as proxy:
        proxy.plan = FailingCreates(refusal)
        async with dashboard(studio, tmp_path, url=proxy.url) as pilot:
            await hurry(pilot, tmp_path)
            await until_shown(pilot, *NAMES)
            await pilot.press("a", "r")
            await until_shown(pilot, "Run 3 marked jobs again as they were?", *NAMES)
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
            assert len(studio.jobs()) == 3
            await pilot.press("r")
            await until_shown(pilot, "Run 3 marked jobs again as they were?")
            await pilot.press("y")
            await until_shown(pilot, "2 of 3 jobs created", "not now", "created as")
    assert len(studio.jobs()) == 5
