"""The bars of a page keep one form per width, whatever the numbers."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.states import JobState
from studio_tui.presentation.jobs.states import LOOKS
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.page_bars import NUMBERS_FROM, TABS, WORDS_FROM, tab_and_count_parts
from tests.jobs import job

_ONE = {state: job(1, state) for state in LOOKS}


def session(
    numbers: dict[JobState, int], others: int, ended: int = 0, *, has_all: bool = False
) -> StudioSession:
    """Return what a page counts: so many jobs of each state, so many of all else, and badges."""

    def snapshot(**value: Any) -> SimpleNamespace:
        return SimpleNamespace(snapshot=SimpleNamespace(value=SimpleNamespace(**value)))

    jobs = [job for state, number in numbers.items() for job in [_ONE[state]] * number]
    badge = SimpleNamespace(failed=ended, ended=ended)
    badges = {"jobs": badge, "pipelines": badge} if ended else {}
    fake = SimpleNamespace(
        jobs=snapshot(jobs=jobs, has_all=has_all),
        pipelines=snapshot(pipelines=range(others), has_all=False, blocked=frozenset()),
        clusters=snapshot(items=range(min(others, 20))),
        schedules=SimpleNamespace(snapshot=SimpleNamespace(value=range(others))),
        endings=SimpleNamespace(snapshot=SimpleNamespace(value=badges)),
        batches=SimpleNamespace(snapshot=SimpleNamespace(value=())),
        known_items=SimpleNamespace(fixing_runs=dict),
    )
    return cast(StudioSession, fake)


numbers_of_jobs = st.dictionaries(st.sampled_from(sorted(LOOKS)), st.integers(0, 1000))


def form(known: StudioSession, width: int) -> tuple[int, bool]:
    """Tell how many tabs say how much is there, and whether counts are in words."""
    tabs, counts = tab_and_count_parts(known, "jobs", width)
    numbered = sum(len(part.text.split()) == 3 for part in tabs)
    return numbered, any("running" in part.text for part in counts)


@given(st.integers(40, 250), numbers_of_jobs, st.integers(0, 200), st.integers(0, 99))
def test_the_form_of_tabs_and_counts_depends_on_the_width_alone(
    width: int, numbers: dict[JobState, int], others: int, ended: int
) -> None:
    numbered, in_words = form(session(numbers, others, ended), width)
    assert numbered == (4 if width >= NUMBERS_FROM else 0)
    assert in_words is (width >= WORDS_FROM)


@pytest.mark.parametrize("width", [NUMBERS_FROM, 128, WORDS_FROM, 200])
def test_large_numbers_have_room_at_each_width_that_shows_them(width: int) -> None:
    numbers = {
        JobState.COMPLETE: 1000,
        JobState.RUNNING: 100,
        JobState.QUEUED: 1000,
        JobState.FAILED: 100,
        JobState.CANCELED: 100,
        JobState.UNKNOWN: 10,
    }
    groups = tab_and_count_parts(session(numbers, 100, 10), "jobs", width)
    assert sum(len(part.text) for parts in groups for part in parts) < width


def titles(known: StudioSession, current: str, width: int) -> list[str]:
    """Return the titles of the tabs, without their keys, numbers and badges."""
    tabs, _ = tab_and_count_parts(known, current, width)
    keys = {key for key, _, _ in TABS}
    return [part.text.split()[1] for part in tabs if part.text.split()[0] in keys]


@pytest.mark.parametrize("current", [name for _, name, _ in TABS])
def test_no_title_is_shortened_beside_blanks(current: str) -> None:
    numbers = {JobState.COMPLETE: 101, JobState.RUNNING: 3, JobState.FAILED: 5}
    known = session(numbers, 8, 1)
    assert titles(known, current, 120) == [title for _, _, title in TABS]
    many = session({JobState.COMPLETE: 1000, JobState.FAILED: 999}, 99)
    assert "Act" in titles(many, "jobs", 120)


@given(
    st.integers(40, 250),
    st.dictionaries(st.sampled_from(sorted(LOOKS)), st.integers(0, 2)),
    st.integers(0, 9),
)
def test_titles_stay_as_they_are_when_states_and_badges_come_and_go(
    width: int, numbers: dict[JobState, int], ended: int
) -> None:
    def known(present: dict[JobState, int], ended: int) -> StudioSession:
        """Return 50 jobs, whatever their states; schedules are not counted."""
        jobs = {**present, JobState.TASK: 0}
        jobs[JobState.TASK] = 50 - sum(jobs.values())
        return session(jobs, 5, ended, has_all=True)

    width = min(width, WORDS_FROM - 1)
    before, after = known(dict.fromkeys(LOOKS, 1), 1), known(numbers, ended)
    assert titles(before, "jobs", width) == titles(after, "jobs", width)
