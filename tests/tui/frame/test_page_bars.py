"""At which widths the tabs of a page have titles and numbers, and the counts of states words."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.job_kinds import by_status
from studio_tui.api.states import JobState
from studio_tui.presentation.jobs.states import LOOKS
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.page_bars import NUMBERS_FROM, TABS, WORDS_FROM, tab_and_count_parts
from tests.jobs import job

_JOB_BY_STATE = {state: job(1, state) for state in LOOKS}


def session_with(
    numbers: dict[JobState, int], other_rows: int, badge_count: int = 0, *, has_all: bool = False
) -> StudioSession:
    """Return a fake session with these numbers of jobs by state, of other rows and of badges."""

    def snapshot(**value: Any) -> SimpleNamespace:
        return SimpleNamespace(snapshot=SimpleNamespace(value=SimpleNamespace(**value)))

    jobs = [_JOB_BY_STATE[state] for state, number in numbers.items() for _ in range(number)]
    badge = SimpleNamespace(failed=badge_count, ended=badge_count)
    badges = {"jobs": badge, "pipelines": badge} if badge_count else {}
    fake = SimpleNamespace(
        jobs=snapshot(jobs=jobs, by_status=by_status(jobs), has_all=has_all),
        pipelines=snapshot(pipelines=range(other_rows), has_all=False, blocked=frozenset()),
        clusters=snapshot(items=range(min(other_rows, 20))),
        schedules=SimpleNamespace(snapshot=SimpleNamespace(value=range(other_rows))),
        endings=SimpleNamespace(snapshot=SimpleNamespace(value=badges)),
        batches=SimpleNamespace(snapshot=SimpleNamespace(value=())),
        known_items=SimpleNamespace(newer_attempts=dict),
    )
    return cast(StudioSession, fake)


numbers_of_jobs = st.dictionaries(st.sampled_from(sorted(LOOKS)), st.integers(0, 1000))


def form_of_bars(session: StudioSession, width: int) -> tuple[int, bool]:
    """Return how many tabs have a number, and whether the counts of states have words."""
    tabs, counts = tab_and_count_parts(session, "jobs", width)
    numbered = sum(len(part.text.split()) == 3 for part in tabs)
    return numbered, any("running" in part.text for part in counts)


@given(st.integers(40, 250), numbers_of_jobs, st.integers(0, 200), st.integers(0, 99))
def test_tabs_have_numbers_and_counts_have_words_only_from_certain_widths_on(
    width: int, numbers: dict[JobState, int], other_rows: int, badge_count: int
) -> None:
    numbered, in_words = form_of_bars(session_with(numbers, other_rows, badge_count), width)
    # Only the current tab has a title and a number if the others do not fit.
    assert numbered in ({4, 1} if width >= NUMBERS_FROM else {0})
    assert not in_words or width >= WORDS_FROM


@pytest.mark.parametrize("width", [WORDS_FROM, 190, 200, 250])
def test_the_counts_have_no_words_if_these_leave_no_room_for_the_titles_of_tabs(width: int) -> None:
    few = form_of_bars(session_with({JobState.RUNNING: 1}, 100, 10), width)
    many = form_of_bars(session_with(dict.fromkeys(LOOKS, 1000), 100, 10), width)
    assert few == (4, True)
    assert many == (4, width == 250)


@pytest.mark.parametrize("width", [NUMBERS_FROM, 128, WORDS_FROM, 200])
def test_large_numbers_fit_at_each_width_that_shows_numbers(width: int) -> None:
    numbers = {
        JobState.COMPLETE: 1000,
        JobState.RUNNING: 100,
        JobState.QUEUED: 1000,
        JobState.FAILED: 100,
        JobState.CANCELED: 100,
        JobState.UNKNOWN: 10,
    }
    groups = tab_and_count_parts(session_with(numbers, 100, 10), "jobs", width)
    assert sum(len(part.text) for parts in groups for part in parts) < width


def titles(session: StudioSession, current: str, width: int) -> list[str]:
    """Return the titles of the tabs, without their keys, numbers and badges; empty for no title."""
    tabs, _ = tab_and_count_parts(session, current, width)
    keys = {key for key, _, _ in TABS}
    words = [part.text.split() for part in tabs]
    return [title[1] if title[1:] else "" for title in words if title[0] in keys]


@pytest.mark.parametrize("current", [name for _, name, _ in TABS])
def test_no_tab_title_is_shortened_if_all_titles_fit(current: str) -> None:
    numbers = {JobState.COMPLETE: 101, JobState.RUNNING: 3, JobState.FAILED: 5}
    session = session_with(numbers, 8, 1)
    assert titles(session, current, 120) == [title for _, _, title in TABS]
    many = session_with(dict.fromkeys(LOOKS, 1000), 99)
    assert "Act" in titles(many, "jobs", 120)


@pytest.mark.parametrize(("key", "current", "title"), TABS)
def test_the_current_tab_is_in_sight_in_a_narrow_terminal(
    key: str, current: str, title: str
) -> None:
    width = 50
    groups = tab_and_count_parts(session_with({JobState.FAILED: 3}, 9, 9), current, width)
    assert f"{key} {title} " in "".join(part.text for part in groups[0])
    assert sum(len(part.text) for parts in groups for part in parts) < width


@pytest.mark.parametrize("current", [name for _, name, _ in TABS])
def test_a_title_that_does_not_fit_is_left_out_rather_than_cut(current: str) -> None:
    states = (JobState.COMPLETE, JobState.RUNNING, JobState.FAILED, JobState.CANCELED)
    session = session_with(dict.fromkeys(states, 1000), 9, 9)
    for width in range(60, 120):
        groups = tab_and_count_parts(session, current, width)
        assert sum(len(part.text) for parts in groups for part in parts) <= width
    assert "Act" in titles(session, "jobs", 84)
    snapshot: Any = session.batches.snapshot
    snapshot.value = (SimpleNamespace(doing="Canceling", ended=120, total=1200, failed=30),)
    groups = tab_and_count_parts(session, current, 80)
    assert sum(len(part.text) for parts in groups for part in parts) <= 80


@given(
    st.integers(40, 250),
    st.dictionaries(st.sampled_from(sorted(LOOKS)), st.integers(0, 2)),
    st.integers(0, 9),
)
def test_tab_titles_do_not_depend_on_the_states_of_jobs_and_on_badges(
    width: int, numbers: dict[JobState, int], badge_count: int
) -> None:
    def session_of_50_jobs(present: dict[JobState, int], badge_count: int) -> StudioSession:
        """Add schedules, whose state the bar does not count, until there are 50 jobs."""
        jobs = {**present, JobState.TASK: 0}
        jobs[JobState.TASK] = 50 - sum(jobs.values())
        return session_with(jobs, 5, badge_count, has_all=True)

    width = min(width, WORDS_FROM - 1)
    before, after = (
        session_of_50_jobs(dict.fromkeys(LOOKS, 1), 1),
        session_of_50_jobs(numbers, badge_count),
    )
    assert titles(before, "jobs", width) == titles(after, "jobs", width)
