"""What is said about a schedule that has been suspended, or will be."""

from types import SimpleNamespace
from unittest.mock import AsyncMock

import pytest

from studio_tui.api.models import Job, JobSchedule
from studio_tui.tui.jobs.marked import MarkedJobs
from studio_tui.tui.schedules.controller import ScheduleController
from tests.jobs import NOON, job
from tests.tui.jobs.test_controller import Screen
from tests.tui.pipelines.test_stopping import Host


@pytest.mark.parametrize(
    ("suspended_at", "words"),
    [(None, "Studio will suspend"), (NOON.isoformat(), "Suspended")],
)
async def test_a_schedule_is_not_said_to_be_suspended_before_studio_has_suspended_it(
    suspended_at: str | None, words: str
) -> None:
    screen, task = Screen(), job(1, "TASK", schedule={"suspended_at": None})

    async def suspend(_: str) -> Job:
        return job(1, "TASK", schedule={"suspended_at": suspended_at})

    screen.session.commands.schedules = SimpleNamespace(suspend=suspend)
    schedules = ScheduleController(screen, lambda: task, MarkedJobs())
    await schedules.suspend_or_resume()
    assert screen.notifications[-1].startswith(words)


async def test_a_marked_schedule_is_not_counted_as_suspended_before_studio_has_suspended_it() -> (
    None
):
    screen = Host()
    tasks = [job(number, "TASK", schedule={"suspended_at": None}) for number in (1, 2)]

    async def suspend(job_id: str) -> Job:
        suspended_at = NOON.isoformat() if job_id == tasks[0].id else None
        return tasks[0].model_copy(
            update={"schedule": JobSchedule.model_validate({"suspended_at": suspended_at})}
        )

    screen.session.commands.schedules = SimpleNamespace(suspend=suspend)
    screen.session.held = SimpleNamespace(may_be_sent=AsyncMock(return_value=True))
    marks = MarkedJobs(lambda: tasks)
    schedules = ScheduleController(screen, lambda: None, marks)
    await schedules.suspend_or_resume()
    assert len(screen.questions) == 1
    await screen.app.work()
    assert screen.events == [
        "1 of 2 schedules suspended, suspension requested: 1\nf8 shows the outcome of each"
    ]
