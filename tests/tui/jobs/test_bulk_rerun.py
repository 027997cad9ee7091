import asyncio
from pathlib import Path

from studio_tui.tui.jobs.list_screen import JobsScreen
from tests import faults
from tests.fault_proxy import FaultProxy
from tests.studios import ThreadStudio
from tests.tui.dashboards import dashboard, until, until_shown
from tests.tui.jobs.test_create import FailingCreates, hurry
from tests.tui.jobs.test_rerun import asked, submit

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


async def test_marked_jobs_are_resumed_each_from_its_own_checkpoints(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    async with (
        FaultProxy.before(studio.url) as proxy,
        dashboard(studio, tmp_path, url=proxy.url) as pilot,
    ):
        ours = await submit(pilot, tmp_path)
        theirs = [studio.submit("print(1)", query_name=name)["id"] for name in NAMES[:2]]
        for job_id in (ours.id, *theirs):
            await asyncio.to_thread(studio.end, job_id)
        await until_shown(pilot, "read.sh", *NAMES[:2], "3 done")
        await pilot.press("a", "R")
        await until_shown(
            pilot,
            "Resume 3 marked jobs as they were?",
            f"read.sh ({ours.id[:8]}): priority 1, uploaded files notes.txt (5 B)",
            "What stands beside a job is from what this dashboard submitted.",
            "Server default of 2 jobs: priority, credentials",
            "uploaded files of 2 jobs: none are sent, for Studio does not tell which",
        )
        await pilot.press("y")
        await until_shown(pilot, "3 of 3 jobs created", "created as read.sh", "created as two.py")
        repeats = asked(proxy)[1:]
        assert {wish["rerun_from_job_id"] for wish in repeats} == {ours.id, *theirs}
        for wish in repeats:
            is_ours = wish["rerun_from_job_id"] == ours.id
            assert wish.get("priority") == (1 if is_ours else None)
            assert bool(wish.get("files")) is is_ours
    for made in studio.jobs():
        assert studio.end(made["id"])["status"] == "COMPLETE"
