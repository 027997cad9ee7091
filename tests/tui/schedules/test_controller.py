import re
from types import SimpleNamespace

import pytest

from studio_tui.api.ids import NO_ID
from studio_tui.api.models import Job
from studio_tui.tui.frame.commands import READ_ONLY
from studio_tui.tui.jobs.controller import JobController
from studio_tui.tui.jobs.marked import MarkedJobs
from studio_tui.tui.schedules.controller import ScheduleController
from tests.jobs import job
from tests.tui.jobs.test_controller import Screen

NIGHTLY = job(1, "TASK", schedule={"cron_expression": "@daily"})
NO_QUERY = job(2, "TASK", query=None)


def controller(
    current: Job | None, *marked: Job, is_local: bool = False, read_only: bool = False
) -> ScheduleController:
    screen = Screen(read_only=read_only)
    screen.session.commands.schedules = SimpleNamespace(is_possible=is_local)
    marks = MarkedJobs(lambda: marked)
    return ScheduleController(screen, lambda: current, marks)


@pytest.mark.parametrize("marked", [(), (NO_QUERY,), (NIGHTLY, NO_QUERY)])
def test_marks_do_not_decide_whether_the_schedule_under_the_cursor_can_be_changed(
    marked: tuple[Job, ...],
) -> None:
    assert controller(NIGHTLY, *marked).why_not_change() is None
    assert controller(NO_QUERY, *marked).why_not_change() == "Its query is not known here"
    assert controller(NO_QUERY, *marked, is_local=True).why_not_change() is None


def test_marked_schedules_can_be_canceled_unless_none_has_a_usable_id() -> None:
    unusable = job(1, "TASK", id="")
    assert controller(None, NIGHTLY, unusable).why_not_cancel() is None
    assert controller(unusable, unusable).why_not_cancel() == NO_ID
    assert controller(None).why_not_cancel() == "There is no schedule here"
    assert controller(NIGHTLY, NIGHTLY, read_only=True).why_not_cancel() == READ_ONLY


def test_the_list_of_jobs_cancels_no_marked_schedules_and_says_where_they_are_canceled() -> None:
    jobs = JobController(Screen(), lambda: NIGHTLY, marked=MarkedJobs(lambda: (NIGHTLY, NO_QUERY)))
    assert jobs.why_not_cancel() == (
        "None of the 2 marked jobs can be canceled: 2 have to be canceled in Schedules (4)"
    )


def test_no_help_text_of_the_commands_for_schedules_speaks_of_a_job_under_the_cursor() -> None:
    help_texts = {command.id: command.help for command in ScheduleController.COMMANDS}
    assert help_texts["job.copy_id"] == "Copy the schedule's full id"
    assert not [text for text in help_texts.values() if re.search(r"\bthe job\b", text)]
