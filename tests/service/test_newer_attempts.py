"""Which failures are no problems, as a newer attempt exists; attempt 1 is the oldest."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.states import JobState
from studio_tui.service.newer_attempts import Attempt, find_newer_attempts

START = datetime(2026, 3, 1, tzinfo=UTC)
STATES = {
    "F": JobState.FAILED, "C": JobState.COMPLETE, "R": JobState.RUNNING, "X": JobState.CANCELED,
    "T": JobState.TASK,
}  # fmt: skip


def newer_attempts(
    states: str, *links: tuple[int, int], times: bool = True, current_run: int = 0
) -> dict[int, int]:
    """Return the newer attempt of each failed one; `states` has a letter for each attempt.

    Each of `links` is an attempt and the one that it runs again. A blank is an unknown job.
    """
    known = {
        str(number): Attempt(STATES[letter], START + timedelta(hours=number) if times else None)
        for number, letter in enumerate(states, 1)
        if letter != " "
    }
    later: dict[str, list[str]] = {}
    for new, old in links:
        later.setdefault(str(old), []).append(str(new))
    found = find_newer_attempts(known, later, current_runs={str(current_run)})
    return {int(failed): int(newer.job_id) for failed, newer in found.items()}


CHAIN = ((2, 1), (3, 2), (4, 3))
SIBLINGS = ((2, 1), (3, 1), (4, 1))


def test_only_the_newest_of_failed_attempts_is_a_problem() -> None:
    for links in (CHAIN, SIBLINGS):
        assert newer_attempts("FFFF", *links) == {1: 4, 2: 4, 3: 4}
        assert newer_attempts("FFFR", *links) == {1: 4, 2: 4, 3: 4}
    assert newer_attempts("FFFF", *CHAIN, times=False) == {1: 4, 2: 4, 3: 4}


def test_a_complete_attempt_fixes_all_failures_before_it_and_none_after_it() -> None:
    assert newer_attempts("FFCF", *CHAIN) == {1: 3, 2: 3}
    assert newer_attempts("FFCF", *SIBLINGS) == {1: 3, 2: 3}
    assert newer_attempts("FCCF", *SIBLINGS) == {1: 2}


def test_the_current_run_in_a_pipeline_is_fixed_by_a_run_elsewhere_but_not_superseded() -> None:
    for links in (CHAIN, SIBLINGS):
        assert newer_attempts("FFFR", *links, current_run=2) == {1: 4, 3: 4}
        assert newer_attempts("FFFC", *links, current_run=2) == {1: 4, 2: 4, 3: 4}


def test_a_canceled_attempt_and_a_schedule_replace_nothing() -> None:
    assert newer_attempts("FX", (2, 1)) == {}
    assert newer_attempts("FT", (2, 1)) == {}
    assert newer_attempts("FRX", (2, 1), (3, 2)) == {1: 2}
    assert newer_attempts("FXC", (2, 1), (3, 2)) == {1: 3}


def test_runs_of_a_complete_job_are_no_attempts_at_the_same() -> None:
    assert newer_attempts("CFC", (2, 1), (3, 1)) == {}
    assert newer_attempts("CFF", (2, 1), (3, 1)) == {}
    assert newer_attempts("TFC", (2, 1), (3, 1)) == {}


def test_a_chain_with_an_unknown_job_is_not_guessed() -> None:
    assert newer_attempts("F ", (2, 1)) == {}
    assert newer_attempts(" FC", (2, 1), (3, 1)) == {}
    assert newer_attempts("FF", (3, 1)) == {}


@given(
    st.text("FCRX ", min_size=6, max_size=6),
    st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), max_size=20),
)
def test_the_search_ends_for_any_links_and_names_only_failures(
    states: str, links: list[tuple[int, int]]
) -> None:
    for failed, newer in newer_attempts(states, *links).items():
        assert states[failed - 1] == "F"
        assert newer != failed
