"""A question about many jobs counts what will happen, and says what will not."""

from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.states import JobState
from studio_tui.presentation.jobs.bulk import select_cancelable, select_repeatable, summary
from tests.jobs import job

STATES = st.lists(st.sampled_from([state for state in JobState if state.value]), max_size=60)


def test_a_cancel_counts_by_state_and_says_what_will_not_happen() -> None:
    states = ["RUNNING"] * 20 + ["QUEUED"] * 8 + ["FAILED", "COMPLETE"]
    chosen = select_cancelable(job(number, state) for number, state in enumerate(states))
    assert summary(chosen) == ("20 running, 8 queued.", "Left out: 2 have ended.")


def test_one_state_is_counted_once_and_one_of_a_kind_is_spoken_of_as_one() -> None:
    jobs = [job(1, "QUEUED"), job(2, "CANCELING"), job(3, "CANCELED")]
    chosen = select_cancelable(jobs, not_begun=1)
    assert summary(chosen) == (
        "1 queued.",
        "Left out: 1 is being canceled already, 1 has ended, 1 has not started.",
    )


def test_a_job_without_a_query_is_not_run_again_and_the_user_is_notified() -> None:
    chosen = select_repeatable([job(1, "FAILED"), job(2, query=None), job(3, query=None)])
    assert [each.id for each in chosen.jobs] == [job(1).id]
    assert chosen.reasons == "2 have no query that is known here"


@given(STATES, st.integers(0, 5))
def test_every_marked_job_is_counted_once(words: list[JobState], not_begun: int) -> None:
    chosen = select_cancelable(
        (job(n, word.value) for n, word in enumerate(words)), not_begun=not_begun
    )
    left_out = sum(int(reason.split()[0]) for reason in chosen.left_out)
    assert len(chosen.jobs) + left_out == len(words) + not_begun
    assert all(each.state.is_cancelable for each in chosen.jobs)
