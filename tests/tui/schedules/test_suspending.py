"""What is said about a schedule that has been suspended, or will be."""

from datetime import UTC
from types import SimpleNamespace

import pytest

from studio_tui.api.models import Job
from studio_tui.tui.jobs.marked import MarkedJobs
from studio_tui.tui.schedules.suspending import suspend_or_resume
from tests.jobs import NOON, job
from tests.tui.jobs.test_controller import Screen


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
    no_marks: MarkedJobs = SimpleNamespace(count=lambda: 0)
    await suspend_or_resume(screen, no_marks, (task,), UTC)
    assert screen.notifications[-1].startswith(words)
