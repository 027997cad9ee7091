"""Figures with their baseline and goal, as a table or as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

Figures: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Figures of a run by section and measure, as written by `as_json`."""


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value at `share` (0 to 1) of the way through the sorted `values`."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(frozen=True)
class Goal:
    """Limits of a measure, upper ones unless stated; `None` for no limit."""

    times_floor: float | None = None
    """Limit of the median, as a multiple of the baseline's."""
    median: float | None = None
    p95: float | None = None
    least: float | None = None
    """Lower limit of the median."""
    or_times_floor: float | None = None
    """Multiple of the same figure of the baseline that also meets `median` or `p95`.

    For measures that even plain Textual cannot keep within the limit, always or on a busy machine.
    """
    least_times_floor: float | None = None
    """Lower limit of the median, as a multiple of the baseline's."""

    def __str__(self) -> str:
        parts = (
            (self.times_floor, "<= {:g} x floor"),
            (self.median, "<= {:g}"),
            (self.p95, "p95 < {:g}"),
            (self.least, ">= {:g}"),
            (self.least_times_floor, ">= {:g} x floor"),
        )
        limits = ", ".join(text.format(value) for value, text in parts if value is not None)
        return limits + (f" or {self.or_times_floor:g} x floor" if self.or_times_floor else "")


@dataclass(frozen=True)
class Measure:
    """One line of the report."""

    name: str
    values: tuple[float, ...]
    """In the unit of the section; at least one."""
    floor: "Measure | None" = None
    """The baseline: the same measure of a program that does only what is unavoidable."""
    goal: Goal | None = None
    turn: int = 0
    """How many of the values were measured in one turn; 0 if all were."""

    @property
    def median(self) -> float:
        """The median."""
        return quantile(self.values, 0.5)

    @property
    def p95(self) -> float:
        """The value that 95 % do not exceed; with several turns, the median of their percentiles.

        So a burst of other work during one turn does not count. In a turn of ten values the
        percentile is the slowest.
        """
        turn = self.turn or len(self.values)
        turns = [self.values[at : at + turn] for at in range(0, len(self.values), turn)]
        return quantile([quantile(each, 0.95) for each in turns], 0.5)

    @property
    def times_floor(self) -> float | None:
        """The median as a multiple of the baseline's."""
        return self.median / self.floor.median if self.floor is not None else None

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is met; `None` without a goal."""
        goal = self.goal
        if goal is None:
            return None
        return not (
            (goal.times_floor is not None and (self.times_floor or 0) > goal.times_floor)
            or (goal.median is not None and self.median > self._limit(goal.median, "median"))
            or (goal.p95 is not None and self.p95 >= self._limit(goal.p95, "p95"))
            or (goal.least is not None and self.median < goal.least)
            or (
                goal.least_times_floor is not None
                and (self.times_floor or 0) < goal.least_times_floor
            )
        )

    def _limit(self, limit: float, figure: Literal["median", "p95"]) -> float:
        """Return a limit of a figure, or the multiple of the baseline's if that is larger."""
        times = self.goal.or_times_floor if self.goal is not None else None
        if times is None or self.floor is None:
            return limit
        return max(limit, times * float(getattr(self.floor, figure)))


@dataclass(frozen=True)
class Section:
    """Measures of one kind."""

    title: str
    unit: str
    measures: tuple[Measure, ...]


def misses_goal(section: Section) -> bool:
    """Return whether a goal of the section is missed."""
    return any(measure.is_met is False for measure in section.measures)


def majority(runs: Sequence[Section]) -> Section:
    """Combine an odd number of runs of a section: for each measure, the majority decides.

    A measure is taken from one of the runs: from those that agree with the majority on whether the
    goal is met, the one with the middle figure.
    """
    by_name = [{measure.name: measure for measure in run.measures} for run in runs]
    return replace(
        runs[0],
        measures=tuple(
            _majority([run.get(measure.name, measure) for run in by_name])
            for measure in runs[0].measures
        ),
    )


def _majority(measures: Sequence[Measure]) -> Measure:
    verdict = quantile([measure.is_met is not False for measure in measures], 0.5)
    agreeing = [measure for measure in measures if (measure.is_met is not False) == verdict]
    ordered = sorted(agreeing, key=lambda measure: measure.times_floor or measure.median)
    return ordered[len(ordered) // 2]


def as_text(section: Section, before: Figures | None = None) -> str:
    """Format a section for a terminal; `before` are figures of an earlier run to show beside it."""
    title = f"{section.title} ({section.unit})"
    was = f"{'was':>9}" if before is not None else ""
    lines = [f"{title:<52}{'p50':>9}{'p95':>9}{'x floor':>9}{was}  goal"]
    for measure in section.measures:
        several = len(measure.values) > 1
        times = measure.times_floor
        verdict = {True: "met", False: "MISSED", None: ""}[measure.is_met]
        line = (
            f"  {measure.name:<50}{measure.median:>9.2f}"
            + (f"{measure.p95:>9.2f}" if several else f"{'':>9}")
            + (f"{times:>9.2f}" if times is not None else f"{'':>9}")
            + (_was(section, measure, before) if before is not None else "")
            + (f"  {measure.goal}: {verdict}" if measure.goal else "")
        )
        lines.append(line.rstrip())
    return "\n".join(lines)


def _was(section: Section, measure: Measure, before: Figures) -> str:
    """Return the earlier value: as a multiple of the baseline if there is one, else the median."""
    figures = before.get(section.title, {}).get(measure.name)
    if not isinstance(figures, Mapping):
        return f"{'':>9}"
    value = figures.get("times_floor") if measure.floor is not None else figures.get("p50")
    return f"{value:>9.2f}" if isinstance(value, int | float) else f"{'':>9}"


def as_json(sections: Sequence[Section]) -> str:
    """Return all figures as JSON, to compare runs."""
    return json.dumps(
        {
            section.title: {
                "unit": section.unit,
                **{
                    measure.name: {
                        "p50": round(measure.median, 3),
                        "p95": round(measure.p95, 3),
                        "times_floor": measure.times_floor and round(measure.times_floor, 2),
                        "met": measure.is_met,
                        "n": len(measure.values),
                    }
                    for measure in section.measures
                },
            }
            for section in sections
        },
        indent=2,
    )
