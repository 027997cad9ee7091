"""The run time of a job begins with its query, and all of its times are consistent."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Job
from studio_tui.api.states import WAITING_STATES, JobState
from studio_tui.presentation.jobs.facts import facts
from studio_tui.presentation.jobs.log_header import job_parts
from studio_tui.presentation.jobs.rows import COLUMNS
from studio_tui.presentation.jobs.times import guessed_seconds, life_of, queue_seconds, run_seconds
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.recorder.database import RecorderFile
from tests.columns import by_key
from tests.jobs import NOON, job, row_of


def at(seconds: float) -> str:
    """Return a time so many seconds after noon."""
    return (NOON + timedelta(seconds=seconds)).isoformat()


def step_of(name: str, begun: float | None, ended: float | None = None) -> dict[str, Any]:
    return {
        "name": name,
        "started_at": None if begun is None else at(begun),
        "finished_at": None if ended is None else at(ended),
    }


def noon_job(status: str, **fields: Any) -> Job:
    """Return a job that was created at noon."""
    return job(0, status, **{"started_at": None, "finished_at": None, **fields})


def shown_times(shown_job: Job, now: datetime) -> tuple[str, str, str, str]:
    """Return the queue and run times in the list, and the status and the steps on the page."""
    row = by_key(COLUMNS, [cell.text for cell in row_of(shown_job, now)])
    values = {fact.label: fact.value.text for fact in facts(shown_job, now)}
    return row["queue"], row["run"], values["status"], values.get("steps", "")


LATER = NOON + timedelta(seconds=100)
WAITED, BUILT = step_of("waiting", 0, 13), step_of("virtualenv", 13, 40)


@pytest.mark.parametrize(
    ("sent_job", "expected"),
    [
        (noon_job("QUEUED"), ("1:40", "", "◌ QUEUED · waits 1:40", "")),
        # A job that waits for another, perhaps for ever, is not in the queue.
        (noon_job("PENDING"), ("–", "", "· PENDING", "")),
        (noon_job("CREATED"), ("1:40", "", "· CREATED · waits 1:40", "")),
        (
            noon_job("QUEUED", steps=[step_of("waiting", 0)]),
            ("1:40", "", "◌ QUEUED · waits 1:40", "waiting 1:40"),
        ),
        (
            noon_job("INIT", steps=[WAITED, step_of("virtualenv", 13)]),
            ("0:13", "", "◐ INIT · waited 0:13", "waiting 0:13 · virtualenv 1:27"),
        ),
        # Some servers send `started_at` as soon as a machine is found.
        (
            noon_job("INIT", started_at=at(13), steps=[WAITED, step_of("virtualenv", 13)]),
            ("0:13", "", "◐ INIT · waited 0:13", "waiting 0:13 · virtualenv 1:27"),
        ),
        (noon_job("PROVISIONING", started_at=at(5)), ("1:40", "", "◐ PROVISION · waits 1:40", "")),
        (
            noon_job("RUNNING", started_at=at(13),
                     steps=[WAITED, BUILT, step_of("running_query", 40)]),
            (
                "0:13",
                "1:00",
                "● RUNNING · for 1:00 · waited 0:13",
                "waiting 0:13 · virtualenv 0:27 · running_query 1:00",
            ),
        ),
        (
            noon_job("RUNNING", started_at=at(40)),
            ("0:40", "1:00", "● RUNNING · for 1:00 · waited 0:40", ""),
        ),
        (
            noon_job("COMPLETE", started_at=at(40), finished_at=at(90),
                     steps=[WAITED, BUILT, step_of("running_query", 40, 88)]),
            (
                "0:13",
                "0:48",
                "✓ COMPLETE · ran 0:48 · waited 0:13",
                "waiting 0:13 · virtualenv 0:27 · running_query 0:48",
            ),
        ),
        # The job failed before its query ran.
        (
            noon_job("FAILED", finished_at=at(50), steps=[WAITED, step_of("virtualenv", 13, 50)]),
            ("0:13", "", "✗ FAILED · waited 0:13", "waiting 0:13 · virtualenv 0:37"),
        ),
        # The job was killed, so the end of its step was not recorded.
        (
            noon_job("FAILED", started_at=at(40), finished_at=at(60),
                     steps=[WAITED, BUILT, step_of("running_query", 40)]),
            (
                "0:13",
                "0:20",
                "✗ FAILED · ran 0:20 · waited 0:13",
                "waiting 0:13 · virtualenv 0:27 · running_query 0:20",
            ),
        ),
        (
            noon_job("CANCELED", finished_at=at(30), steps=[step_of("waiting", 0, 30)]),
            ("0:30", "", "◇ CANCELED · waited 0:30", "waiting 0:30"),
        ),
        # This server sends neither the start nor the steps.
        (noon_job("RUNNING"), ("–", "~1:40", "● RUNNING", "")),
        # This server sends no step of the query: the run time begins when the job left the queue.
        (
            noon_job("RUNNING", steps=[WAITED, step_of("dw_wake_up", 20, 30)]),
            ("0:13", "~1:27", "● RUNNING · waited 0:13", "waiting 0:13 · dw_wake_up 0:10"),
        ),
    ],
)  # fmt: skip
def test_the_times_of_a_job_in_list_status_and_steps_are_consistent(
    sent_job: Job, expected: tuple[str, str, str, str]
) -> None:
    assert shown_times(sent_job, LATER) == expected


def test_the_log_header_shows_no_run_time_before_the_query_starts() -> None:
    begun = noon_job("INIT", started_at=at(5), steps=[WAITED, step_of("virtualenv", 13)])
    assert [cell.text for cell in job_parts(begun, LATER)] == ["◐ INIT"]


def test_the_history_of_ended_runs_has_the_run_time_of_the_query_alone(tmp_path: Path) -> None:
    ended = noon_job(
        "COMPLETE",
        started_at=at(13),
        finished_at=at(90),
        steps=[WAITED, step_of("running_query", 40)],
    )
    history = JobHistory(RecorderFile(tmp_path, "profile"))
    history.note_ended([ended])
    assert history.durations([ended.name or ""]) == {ended.name: (run_seconds(ended, LATER),)}
    assert run_seconds(ended, LATER) == 50


MOMENTS = st.none() | st.integers(-10, 200).map(at)
JOBS = st.builds(
    noon_job,
    st.sampled_from([*JobState, "warping"]),
    started_at=MOMENTS,
    finished_at=MOMENTS,
    steps=st.none()
    | st.lists(
        st.builds(
            lambda name, begun, ended: {"name": name, "started_at": begun, "finished_at": ended},
            st.sampled_from(
                ["waiting", "downloading_files", "dw_wake_up", "virtualenv", "running_query"]
            ),
            MOMENTS,
            MOMENTS,
        ),
        max_size=5,
    ),
)


@given(JOBS, st.integers(0, 300), st.integers(0, 300))
def test_no_time_of_a_job_ever_decreases(sent_job: Job, early: int, further: int) -> None:
    now, then = NOON + timedelta(seconds=early), NOON + timedelta(seconds=early + further)
    for seconds in (run_seconds, queue_seconds, guessed_seconds):
        before, after = seconds(sent_job, now), seconds(sent_job, then)
        assert (before is None) == (after is None)
        assert before is None or after is None or 0 <= before <= after
    if sent_job.state in WAITING_STATES and not any(
        each.name == "running_query" for each in sent_job.steps or ()
    ):
        assert run_seconds(sent_job, now) is None


EARLIEST, LATEST = (each.replace(tzinfo=UTC) for each in (datetime.min, datetime.max))  # noqa: DTZ901 (a zone follows)


@given(JOBS, st.sampled_from([EARLIEST, LATEST, NOON]))
def test_the_life_of_a_job_with_any_times_begins_before_it_ends(
    sent_job: Job, created: datetime
) -> None:
    life = life_of(sent_job.model_copy(update={"created_at": created}), LATER)
    assert life is not None
    assert life.begin <= life.end
    # The distance can be computed, although a life can be as long as the calendar.
    assert life.distance(LATER) >= timedelta(0)


def test_a_schedule_that_has_ended_did_not_run_itself() -> None:
    ended = job(1, started_at=None, finished_at=NOON)
    assert guessed_seconds(ended, NOON) is not None
    scheduled = job(1, started_at=None, finished_at=NOON, schedule={"start_after": NOON})
    assert guessed_seconds(scheduled, NOON) is None
