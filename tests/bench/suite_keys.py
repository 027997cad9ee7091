"""Benchmarks of keys in lists, beside an empty screen and plain Textual that draws as much."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from tests.bench import probes
from tests.bench.probes import Keys, Program
from tests.bench.report import Goal, Measure, Section
from tests.bench.suite import CURSOR, EMPTY, PAGES, PAGES_DOWN_AND_UP, Effort, table_of

ECHO = Program.ours("echo", ready="ready")
PLAIN = Program.ours("keyed_list", ready=r"embed_\d+")
PLAIN_PREVIEW = Program.ours("keyed_list", "preview", ready=r"embed_\d+")

EMPTY_SCREEN = "empty Textual screen"
CURSOR_GOAL = Goal(times_floor=1.3, p95=8.0, or_times_floor=1.2)
REDRAW_GOAL = Goal(times_floor=1.2, p95=8.0, or_times_floor=1.2)
"""For keys that redraw all lines, beside plain Textual that only redraws as many lines."""


class KeyMeasurement(NamedTuple):
    """The keys that are pressed in a program, and the measurement that is the baseline."""

    name: str
    program: Program
    keys: Sequence[str]
    floor: str = ""
    """Name of the baseline; empty for none."""
    goal: Goal | None = None


@dataclass(frozen=True)
class KeyBench:
    """The measurements of keys in lists, by section."""

    effort: Effort
    dashboard: Program

    def sections(self) -> dict[str, Callable[[], Section]]:
        """Return the sections by name, in the order of the report."""
        return {"keys": self.keys, "cpu": self.cpu, "storm": self.storm}

    def keys(self) -> Section:
        """Measure from a key to its frame."""
        values = {
            name: [paint for keys in turns for paint in keys.paints]
            for name, turns in self._turns.items()
        }
        return self._section("Key to paint", values, turn=self.effort.keys // 2)

    def cpu(self) -> Section:
        """Measure the CPU time of a key, which a busy machine distorts less than its latency."""
        values = {name: [keys.cpu for keys in turns] for name, turns in self._turns.items()}
        return self._section("CPU time of a key", values)

    @cached_property
    def _turns(self) -> dict[str, list[Keys]]:
        """The turns of each measurement, by its name.

        All programs run at the same time, and a turn takes less than a second. So anything that
        slows the machine down for a while affects all measurements.
        """
        turns: dict[str, list[Keys]] = {each.name: [] for each in self.measurements()}
        with ExitStack() as stack:
            running = [
                (measurement, terminal)
                for program, group in groupby(self.measurements(), lambda each: each.program)
                for terminal in [stack.enter_context(probes.started(program))]
                for measurement in group
            ]
            for _ in range(2 * self.effort.rounds - 1):  # an odd number, for medians
                for measurement, terminal in running:
                    keys = probes.measure_keys(terminal, measurement.keys[: self.effort.keys])
                    turns[measurement.name].append(keys)
        return turns

    def measurements(self) -> Iterator[KeyMeasurement]:
        """Yield each measurement after its baseline; those of one program follow each other."""
        yield KeyMeasurement("raw Python echo loop", ECHO, CURSOR)
        yield KeyMeasurement(EMPTY_SCREEN, EMPTY, CURSOR)
        plain = "plain list: page"
        yield KeyMeasurement(plain, PLAIN, PAGES)
        for rows in self.effort.table_sizes:
            cursor, page = f"table of {rows:,}: cursor", f"table of {rows:,}: page"
            yield KeyMeasurement(cursor, table_of(rows), CURSOR, EMPTY_SCREEN, CURSOR_GOAL)
            yield KeyMeasurement(page, table_of(rows), PAGES, plain, REDRAW_GOAL)
        moves = (("cursor", CURSOR, CURSOR_GOAL), ("page", PAGES_DOWN_AND_UP, REDRAW_GOAL))
        plain = "plain list and preview"
        for name, keys, _ in moves:
            yield KeyMeasurement(f"{plain}: {name}", PLAIN_PREVIEW, keys)
        for name, keys, goal in moves:
            yield KeyMeasurement(
                f"dashboard: {name}", self.dashboard, keys, f"{plain}: {name}", goal
            )

    def _section(self, title: str, values: dict[str, list[float]], turn: int = 0) -> Section:
        measures: dict[str, Measure] = {}
        for each in self.measurements():
            floor = measures.get(each.floor)
            measures[each.name] = Measure(
                each.name, tuple(values[each.name]), floor, each.goal, turn
            )
        return Section(title, "ms", tuple(measures.values()))

    def storm(self) -> Section:
        """Measure keys held down at 100 per second."""
        seconds = self.effort.seconds
        floor = probes.storm(EMPTY, "down", seconds)
        ours = probes.storm(table_of(self.effort.table_sizes[-1]), "down", seconds)
        frames = Measure("empty screen: frames/s", (floor.frames,))
        cpu = Measure("empty screen: CPU %", (floor.cpu,))
        rows = f"table of {self.effort.table_sizes[-1]:,}"
        return Section(
            "Storm of 100 keys a second; Textual draws 60 frames a second at most",
            "as named",
            (
                frames,
                cpu,
                Measure(f"{rows}: frames/s", (ours.frames,), frames, Goal(least=57)),
                Measure(f"{rows}: CPU %", (ours.cpu,), cpu),
                Measure(f"{rows}: ms to the last frame", (ours.drained,), None, Goal(median=50)),
            ),
        )
