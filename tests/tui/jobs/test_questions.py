"""The sentences of questions about failures that have a newer attempt."""

from types import SimpleNamespace
from typing import cast

from studio_tui.api.related_jobs import NewerAttempt
from studio_tui.api.states import JobState
from studio_tui.service.session import StudioSession
from studio_tui.tui.jobs.questions import newer_attempt_sentences
from tests.jobs import job


def test_failures_with_a_newer_attempt_are_counted_and_a_single_one_is_named() -> None:
    jobs = [job(number, "FAILED") for number in range(3)]
    newer: dict[str, NewerAttempt] = {}
    known_items = SimpleNamespace(newer_attempts=lambda: newer)
    session = cast(StudioSession, SimpleNamespace(known_items=known_items))
    assert newer_attempt_sentences(session, jobs) == ""
    for failed in (jobs[0], jobs[2]):
        newer[failed.id] = NewerAttempt(job(9).id, JobState.COMPLETE)
    assert newer_attempt_sentences(session, jobs) == "Failures with a newer attempt: 2 fixed."
    newer[jobs[2].id] = NewerAttempt(job(9).id, JobState.FAILED)
    assert newer_attempt_sentences(session, jobs) == (
        "Failures with a newer attempt: 1 fixed, 1 superseded."
    )
    assert newer_attempt_sentences(session, jobs[:1]) == "This failure is fixed by 00000009."
    newer[jobs[0].id] = NewerAttempt(job(9).id, JobState.RUNNING)
    assert newer_attempt_sentences(session, jobs[:1]) == (
        "This failure is superseded by 00000009, running."
    )
