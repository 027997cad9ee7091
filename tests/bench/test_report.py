"""The report: which figures count, and how they are shown."""

import json
from collections.abc import Iterator

import pytest

from tests.bench.__main__ import measure_section
from tests.bench.report import (
    Goal,
    Measure,
    Section,
    as_json,
    as_text,
    majority,
    misses_goal,
)

GOAL = Goal(median=8.0)


def section(*values: float) -> Section:
    """Return a section whose measures have one value each, and the same goal."""
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
def test_the_majority_of_runs_decides_and_the_figure_is_from_one_of_its_runs(
    runs: list[float], figure: float
) -> None:
    assert medians(majority([section(run) for run in runs])) == [figure]


def test_runs_are_combined_for_each_measure_separately() -> None:
    combined = majority([section(9, 1), section(2, 9), section(3, 10)])
    assert medians(combined) == [3, 10]
    assert misses_goal(combined)
    assert not misses_goal(majority([section(9, 1), section(2, 9), section(3, 3)]))


@pytest.mark.parametrize(
    ("values", "repeats", "runs", "missed"),
    [
        ([7], 2, 1, False),
        ([9, 7, 7], 2, 3, False),
        ([9, 7, 9], 2, 3, True),
        ([9], 0, 1, True),
    ],
)
def test_a_section_that_misses_a_goal_is_measured_again_and_its_line_says_how_often(
    values: list[float], repeats: int, runs: int, missed: bool
) -> None:
    unmeasured: Iterator[float] = iter(values)
    bench = {"keys": lambda: section(next(unmeasured))}
    result, line = measure_section("keys", bench, lambda: bench, repeats)
    assert list(unmeasured) == []
    assert misses_goal(result) == missed
    assert line.startswith("  keys took 0 s")
    assert (f"{runs} times, as a goal was missed" in line) == (runs > 1)


def test_the_p95_of_several_turns_is_the_median_of_their_percentiles() -> None:
    values = (*[1.0] * 8, 30.0, 31.0, *[1.0] * 9, 2.0, *[1.0] * 9, 3.0)
    assert Measure("key", values, turn=10).p95 == 3.0
    assert Measure("key", values).p95 == 30.0


def test_goals_compare_a_measure_with_its_baseline() -> None:
    floor = Measure("floor", (2.0, 2.0, 2.0))
    near = Measure("near", (2.4, 2.5, 2.6), floor, Goal(times_floor=1.3))
    far = Measure("far", (2.4, 2.7, 9.0), floor, Goal(times_floor=1.3, p95=8))
    assert (floor.is_met, near.is_met, far.is_met) == (None, True, False)
    few = Measure("frames", (59.0,), None, Goal(least=57))
    assert few.is_met
    text = as_text(Section("Keys", "ms", (floor, near, far)))
    assert "<= 1.3 x floor: met" in text
    assert "p95 < 8: MISSED" in text


def test_the_report_shows_the_figures_of_an_earlier_run_beside_the_new_ones() -> None:
    floor = Measure("floor", (2.0,))
    section = Section("Keys", "ms", (floor, Measure("near", (3.0,), floor), Measure("new", (1.0,))))
    before = Section("Keys", "ms", (Measure("floor", (8.0,)), Measure("near", (5.0,), floor)))
    lines = as_text(section, json.loads(as_json([before]))).splitlines()
    assert lines[0].split()[-2:] == ["was", "goal"]
    assert [line.split()[1:] for line in lines[1:]] == [
        ["2.00", "8.00"], ["3.00", "1.50", "2.50"], ["1.00"],
    ]  # fmt: skip
