"""Changes of jobs while the question whether to run them again is open."""

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import cast

from studio_tui.api.models import Job
from studio_tui.api.related_jobs import NewerAttempt
from studio_tui.api.states import JobState
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.dialogs import QuestionChange
from studio_tui.tui.jobs.questions import newer_attempt_sentences, rerun_changes
from tests.jobs import job


class KnownJobs:
    """A session with jobs, and the failures that later runs have fixed."""

    def __init__(self, *jobs: Job) -> None:
        self.latest = {job.id: job for job in jobs}
        self._newer_attempts: dict[str, NewerAttempt] = {}
        self.session = cast(StudioSession, SimpleNamespace(known_items=self))

    def jobs(self, _ids: Iterable[str]) -> dict[str, Job]:
        return self.latest

    def newer_attempts(self) -> dict[str, NewerAttempt]:
        return self._newer_attempts

    def end(self, number: int, status: str) -> None:
        self.latest[job(number).id] = job(number, status)

    def try_again(self, number: int, state: JobState = JobState.COMPLETE) -> None:
        self._newer_attempts[job(number).id] = NewerAttempt(job(9).id, state)


def words(find_change: Callable[[], QuestionChange | None]) -> str | None:
    """Return the sentence about the change so far, if there is one."""
    change = find_change()
    assert change is None or not change.is_void, "a job can be run again in any state"
    return None if change is None else change.words


def test_a_job_that_ends_or_is_fixed_while_the_question_is_open_is_reported() -> None:
    failed = job(1, "FAILED")
    known_jobs = KnownJobs(failed)
    change = rerun_changes(known_jobs.session, (failed,))
    assert change() is None
    known_jobs.try_again(1)
    assert words(change) == "This failure is fixed by 00000009."
    known_jobs.try_again(1, JobState.RUNNING)
    assert words(change) == "This failure is superseded by 00000009, running."
    running = job(2, "RUNNING")
    change = rerun_changes(known_jobs.session, (running,))
    known_jobs.end(2, "CANCELED")
    assert words(change) == "The status is canceled now."


def test_changes_of_many_jobs_are_counted() -> None:
    jobs = [job(number, "RUNNING") for number in range(5)]
    known_jobs = KnownJobs(*jobs)
    change = rerun_changes(known_jobs.session, jobs)
    for number, status in enumerate(("COMPLETE", "COMPLETE", "FAILED")):
        known_jobs.end(number, status)
    assert words(change) == "Meanwhile 3 jobs changed: 2 complete, 1 failed."
    known_jobs.try_again(2)
    assert words(change) == (
        "Meanwhile 3 jobs changed: 2 complete, 1 failed. Failures with a newer attempt: 1 fixed."
    )


def test_failures_fixed_before_the_question_are_named_in_it_and_are_no_change() -> None:
    jobs = [job(number, "FAILED") for number in range(3)]
    known_jobs = KnownJobs(*jobs)
    assert newer_attempt_sentences(known_jobs.session, jobs) == ""
    known_jobs.try_again(0)
    known_jobs.try_again(2)
    words_in_question = newer_attempt_sentences(known_jobs.session, jobs)
    assert words_in_question == "Failures with a newer attempt: 2 fixed."
    known_jobs.try_again(2, JobState.FAILED)
    assert newer_attempt_sentences(known_jobs.session, jobs) == (
        "Failures with a newer attempt: 1 fixed, 1 superseded."
    )
    known_jobs.try_again(2)
    assert rerun_changes(known_jobs.session, jobs)() is None
