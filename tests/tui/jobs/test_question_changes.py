"""What has changed in jobs that are to be run again, since the question was asked."""

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import cast

from studio_tui.api.models import Job
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.dialogs import QuestionChange
from studio_tui.tui.jobs.question_changes import fixed_failures, rerun_changes
from tests.jobs import job


class KnownJobs:
    """The jobs of a session, and which of the failed ones a later run has fixed."""

    def __init__(self, *jobs: Job) -> None:
        self.latest = {each.id: each for each in jobs}
        self.by_fixed: dict[str, str] = {}
        self.session = cast(StudioSession, SimpleNamespace(known_items=self))

    def jobs(self, _ids: Iterable[str]) -> dict[str, Job]:
        return self.latest

    def fixing_runs(self) -> dict[str, str]:
        return self.by_fixed

    def end(self, number: int, status: str) -> None:
        self.latest[job(number).id] = job(number, status)

    def fix(self, number: int) -> None:
        self.by_fixed[job(number).id] = job(9).id


def words(change: Callable[[], QuestionChange | None]) -> str | None:
    now = change()
    assert now is None or not now.is_void, "it can be run again in any state"
    return None if now is None else now.words


def test_a_job_that_ends_or_is_fixed_under_the_question_is_reported() -> None:
    failed = job(1, "FAILED")
    known = KnownJobs(failed)
    change = rerun_changes(known.session, (failed,))
    assert change() is None
    known.fix(1)
    assert words(change) == "A later run has fixed this failure."
    running = job(2, "RUNNING")
    change = rerun_changes(known.session, (running,))
    known.end(2, "CANCELED")
    assert words(change) == "The status is canceled now."


def test_of_many_jobs_those_that_changed_are_counted() -> None:
    jobs = [job(number, "RUNNING") for number in range(5)]
    known = KnownJobs(*jobs)
    change = rerun_changes(known.session, jobs)
    for number, status in enumerate(("COMPLETE", "COMPLETE", "FAILED")):
        known.end(number, status)
    assert words(change) == "Meanwhile 3 jobs changed: 2 complete, 1 failed."
    known.fix(2)
    assert words(change) == (
        "Meanwhile 3 jobs changed: 2 complete, 1 failed. "
        "1 of these failures was fixed by a later run."
    )


def test_failures_that_were_fixed_before_the_question_are_in_it_and_no_change() -> None:
    jobs = [job(number, "FAILED") for number in range(3)]
    known = KnownJobs(*jobs)
    assert fixed_failures(known.session, jobs) == ""
    known.fix(0)
    known.fix(2)
    assert fixed_failures(known.session, jobs) == ("2 of these failures were fixed by a later run.")
    assert rerun_changes(known.session, jobs)() is None
