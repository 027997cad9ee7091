"""Run time begins with a job's query, and all times of one job are consistent."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Job
from studio_tui.api.states import WAITING_STATES, JobState
from studio_tui.presentation.columns import by_key
from studio_tui.presentation.jobs.facts import facts
from studio_tui.presentation.jobs.log_header import job_parts
from studio_tui.presentation.jobs.rows import COLUMNS, cells
from studio_tui.presentation.jobs.times import guessed_seconds, life_of, queue_seconds, run_seconds
from studio_tui.service.commands.history import EndedRun
from tests.jobs import NOON, job


def at(seconds: float) -> str:
    return (NOON + timedelta(seconds=seconds)).isoformat()


def step(name: str, begun: float | None, ended: float | None = None) -> dict[str, Any]:
    return {
        "name": name,
        "started_at": None if begun is None else at(begun),
        "finished_at": None if ended is None else at(ended),
    }


def made(status: str, **fields: Any) -> Job:
    """Return a job that was created at noon."""
    return job(0, status, **{"started_at": None, "finished_at": None, **fields})


def said(known: Job, now: datetime) -> tuple[str, str, str, str]:
    """Return QUEUE and RUN of the list, the status and the steps of the page."""
    row = by_key(COLUMNS, [cell.text for cell in cells(known, now)])
    told = {fact.label: fact.value.text for fact in facts(known, now)}
    return row["queue"], row["run"], told["status"], told.get("steps", "")


LATER = NOON + timedelta(seconds=100)
WAITED, BUILT = step("waiting", 0, 13), step("virtualenv", 13, 40)


@pytest.mark.parametrize(
    ("known", "shown"),
    [
        (made("QUEUED"), ("1:40", "", "◌ QUEUED · waits 1:40", "")),
        (
            made("QUEUED", steps=[step("waiting", 0)]),
            ("1:40", "", "◌ QUEUED · waits 1:40", "waiting 1:40"),
        ),
        (
            made("INIT", steps=[WAITED, step("virtualenv", 13)]),
            ("0:13", "", "◐ INIT · waited 0:13", "waiting 0:13 · virtualenv 1:27"),
        ),
        # Some servers say `started` as soon as a machine is found.
        (
            made("INIT", started_at=at(13), steps=[WAITED, step("virtualenv", 13)]),
            ("0:13", "", "◐ INIT · waited 0:13", "waiting 0:13 · virtualenv 1:27"),
        ),
        (made("PROVISIONING", started_at=at(5)), ("1:40", "", "◐ PROVISION · waits 1:40", "")),
        (
            made("RUNNING", started_at=at(13), steps=[WAITED, BUILT, step("running_query", 40)]),
            (
                "0:13",
                "1:00",
                "● RUNNING · for 1:00 · waited 0:13",
                "waiting 0:13 · virtualenv 0:27 · running_query 1:00",
            ),
        ),
        (
            made("RUNNING", started_at=at(40)),
            ("0:40", "1:00", "● RUNNING · for 1:00 · waited 0:40", ""),
        ),
        (
            made("COMPLETE", started_at=at(40), finished_at=at(90),
                 steps=[WAITED, BUILT, step("running_query", 40, 88)]),
            (
                "0:13",
                "0:48",
                "✓ COMPLETE · ran 0:48 · waited 0:13",
                "waiting 0:13 · virtualenv 0:27 · running_query 0:48",
            ),
        ),
        # It failed before its query ran.
        (
            made("FAILED", finished_at=at(50), steps=[WAITED, step("virtualenv", 13, 50)]),
            ("0:13", "", "✗ FAILED · waited 0:13", "waiting 0:13 · virtualenv 0:37"),
        ),
        # It was killed, so nobody noted the end of its step.
        (
            made("FAILED", started_at=at(40), finished_at=at(60),
                 steps=[WAITED, BUILT, step("running_query", 40)]),
            (
                "0:13",
                "0:20",
                "✗ FAILED · ran 0:20 · waited 0:13",
                "waiting 0:13 · virtualenv 0:27 · running_query 0:20",
            ),
        ),
        (
            made("CANCELED", finished_at=at(30), steps=[step("waiting", 0, 30)]),
            ("0:30", "", "⊗ CANCELED · waited 0:30", "waiting 0:30"),
        ),
        # A server that tells neither start nor steps.
        (made("RUNNING"), ("–", "~1:40", "● RUNNING", "")),
        # One that tells steps, but not of the query: what came before the queue's end is no run.
        (
            made("RUNNING", steps=[WAITED, step("dw_wake_up", 20, 30)]),
            ("0:13", "~1:27", "● RUNNING · waited 0:13", "waiting 0:13 · dw_wake_up 0:10"),
        ),
    ],
)  # fmt: skip
def test_list_page_and_steps_agree_about_a_job(
    known: Job, shown: tuple[str, str, str, str]
) -> None:
    assert said(known, LATER) == shown


def test_the_line_above_a_log_begins_to_count_with_the_query() -> None:
    begun = made("INIT", started_at=at(5), steps=[WAITED, step("virtualenv", 13)])
    assert [cell.text for cell in job_parts(begun, LATER)] == ["◐ INIT"]


def test_the_memory_of_past_runs_has_the_time_of_the_query_alone() -> None:
    ended = made(
        "COMPLETE", started_at=at(13), finished_at=at(90), steps=[WAITED, step("running_query", 40)]
    )
    run = EndedRun.of(ended)
    assert run is not None
    assert run.seconds == 50 == run_seconds(ended, LATER)


MOMENTS = st.none() | st.integers(-10, 200).map(at)
JOBS = st.builds(
    made,
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
def test_no_time_of_a_job_ever_runs_backwards(known: Job, early: int, more: int) -> None:
    now, then = NOON + timedelta(seconds=early), NOON + timedelta(seconds=early + more)
    for seconds in (run_seconds, queue_seconds, guessed_seconds):
        before, after = seconds(known, now), seconds(known, then)
        assert (before is None) == (after is None)
        assert before is None or after is None or 0 <= before <= after
    if known.state in WAITING_STATES and not any(
        each.name == "running_query" for each in known.steps or ()
    ):
        assert run_seconds(known, now) is None


EARLIEST, LATEST = (each.replace(tzinfo=UTC) for each in (datetime.min, datetime.max))  # noqa: DTZ901 (a zone follows)


@given(JOBS, st.sampled_from([EARLIEST, LATEST, NOON]))
def test_a_job_can_have_printed_only_between_its_start_and_its_end(
    known: Job, created: datetime
) -> None:
    life = life_of(known.model_copy(update={"created_at": created}), LATER)
    assert life is not None
    assert life.begin <= life.end
    assert life.distance(LATER) >= timedelta(0)


def test_a_schedule_that_has_ended_did_not_run_itself() -> None:
    ended = job(1, started_at=None, finished_at=NOON)
    assert guessed_seconds(ended, NOON) is not None
    scheduled = job(1, started_at=None, finished_at=NOON, schedule={"start_after": NOON})
    assert guessed_seconds(scheduled, NOON) is None
