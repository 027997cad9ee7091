"""Which figures count: a burst of other work in one run does not decide."""

from collections.abc import Iterator

import pytest

from tests.bench.__main__ import measured
from tests.bench.report import Goal, Measure, Section, is_missed, usual

GOAL = Goal(median=8.0)


def section(*values: float) -> Section:
    return Section(
        "Keys",
        "ms",
        tuple(Measure(f"key {n}", (value,), None, GOAL) for n, value in enumerate(values)),
    )


def medians(section: Section) -> list[float]:
    return [measure.median for measure in section.measures]


@pytest.mark.parametrize(
    ("runs", "figure"),
    [
        ([9, 5, 6], 6),  # the larger one of the two that meet the goal
        ([9, 7, 11], 11),
        ([12, 9, 10], 10),
        ([5, 6, 7], 6),
        ([9, 5, 6, 12, 7], 6),
    ],
)
def test_of_several_runs_most_decide_and_the_figure_is_one_of_theirs(
    runs: list[float], figure: float
) -> None:
    assert medians(usual([section(run) for run in runs])) == [figure]


def test_each_measure_is_decided_by_itself() -> None:
    chosen = usual([section(9, 1), section(2, 9), section(3, 10)])
    assert medians(chosen) == [3, 10]
    assert is_missed(chosen)
    assert not is_missed(usual([section(9, 1), section(2, 9), section(3, 3)]))


@pytest.mark.parametrize(
    ("values", "again", "runs", "missed"),
    [
        ([7], 2, 1, False),
        ([9, 7, 7], 2, 3, False),
        ([9, 7, 9], 2, 3, True),
        ([9], 0, 1, True),
    ],
)
def test_a_section_that_misses_a_goal_is_measured_again_and_says_so(
    values: list[float], again: int, runs: int, missed: bool
) -> None:
    left: Iterator[float] = iter(values)
    bench = {"keys": lambda: section(next(left))}
    result, words = measured("keys", bench, lambda: bench, again)
    assert list(left) == []
    assert is_missed(result) == missed
    assert words.startswith("  keys took 0 s")
    assert (f"{runs} times, as a goal was missed" in words) == (runs > 1)


def test_the_p95_of_turns_is_the_usual_one_of_the_slowest_of_each() -> None:
    turns = (*[1.0] * 8, 30.0, 31.0, *[1.0] * 9, 2.0, *[1.0] * 9, 3.0)
    assert Measure("key", turns, turn=10).p95 == 3.0
    assert Measure("key", turns).p95 == 30.0
