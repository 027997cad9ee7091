"""The question before a command on many jobs counts them, and gives reasons for those left out."""

from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.states import JobState
from studio_tui.presentation.jobs.bulk import select, summary, why_not_cancel, why_not_rerun
from tests.jobs import job

STATES = st.lists(st.sampled_from([state for state in JobState if state.value]), max_size=60)


def test_the_summary_counts_jobs_to_cancel_by_state_and_names_those_left_out() -> None:
    states = ["RUNNING"] * 20 + ["QUEUED"] * 8 + ["FAILED", "COMPLETE"]
    chosen = select((job(number, state) for number, state in enumerate(states)), why_not_cancel)
    assert summary(chosen) == ("20 running, 8 queued.", "Left out: 2 have ended.")


def test_the_summary_uses_the_singular_for_a_count_of_one() -> None:
    jobs = [job(1, "QUEUED"), job(2, "CANCELING"), job(3, "CANCELED")]
    chosen = select(jobs, why_not_cancel, not_begun=1)
    assert summary(chosen) == (
        "1 queued.",
        "Left out: 1 is being canceled already, 1 has ended, 1 has not started.",
    )


def test_the_summary_tells_jobs_in_the_state_scheduled_and_schedules_apart() -> None:
    states = ["SCHEDULED", "TASK", "TASK", "CREATED"]
    jobs = [job(number, state) for number, state in enumerate(states)]
    chosen = select(jobs, why_not_cancel)
    assert summary(chosen) == ("1 to be queued, 1 created, 2 schedules.",)


def test_the_summary_says_blocked_as_lists_do() -> None:
    jobs = [job(1, "PENDING"), job(2, "PENDING"), job(3, "COMPLETE")]
    chosen = select(jobs, why_not_rerun)
    assert summary(chosen, {jobs[0].id, jobs[2].id}) == ("1 blocked, 1 pending, 1 complete.",)


def test_schedules_are_not_run_again_as_jobs_and_are_counted_as_left_out() -> None:
    chosen = select([job(1), job(2, "TASK"), job(3, "TASK")], why_not_rerun)
    assert [each.id for each in chosen.jobs] == [job(1).id]
    assert chosen.left_out == "2 have to be run as a schedule, by t in Schedules (4)"


def test_jobs_without_a_query_are_not_run_again_and_are_counted_as_left_out() -> None:
    chosen = select([job(1, "FAILED"), job(2, query=None), job(3, query=None)], why_not_rerun)
    assert [each.id for each in chosen.jobs] == [job(1).id]
    assert chosen.left_out == "2 have no query that is known here"


@given(STATES, st.integers(0, 5), st.integers(0, 5))
def test_every_marked_job_is_counted_once(
    states: list[JobState], not_begun: int, unknown: int
) -> None:
    jobs = [job(number, state.value) for number, state in enumerate(states)]
    chosen = select(jobs, why_not_cancel, not_begun=not_begun, unknown=unknown)
    left_out = sum(int(reason.split()[0]) for reason in chosen.left_out.split(", ") if reason)
    assert len(chosen.jobs) + left_out == len(states) + not_begun + unknown
    assert all(each.state.is_cancelable for each in chosen.jobs)
