"""What a key costs in lists, beside an empty screen and plain Textual that shows as much."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from tests.bench import probes
from tests.bench.probes import Keys, Program
from tests.bench.report import Goal, Measure, Section
from tests.bench.suite import CURSOR, EMPTY, FORTH_AND_BACK, PAGES, Effort, table_of

ECHO = Program.ours("echo", ready="ready")
PLAIN = Program.ours("keyed_list", ready=r"embed_\d+")
PLAIN_PREVIEW = Program.ours("keyed_list", "preview", ready=r"embed_\d+")

EMPTY_SCREEN = "empty Textual screen"
CURSOR_GOAL = Goal(times_floor=1.3, p95=8.0, or_times_floor=1.2)
LIKE_PLAIN = Goal(times_floor=1.2, p95=8.0, or_times_floor=1.2)
"""For keys that draw much: beside plain Textual that draws as much and does nothing else."""


class Keyed(NamedTuple):
    """A program, the keys that are pressed in it, and what it is compared with."""

    name: str
    program: Program
    keys: Sequence[str]
    floor: str = ""
    """Name of another one; empty for none."""
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
        taken = {
            name: [paint for keys in turns for paint in keys.paints]
            for name, turns in self._pressed.items()
        }
        return self._section("Key to paint", taken, turn=self.effort.keys // 2)

    def cpu(self) -> Section:
        """Measure the CPU time of a key, which a busy machine distorts less than its latency."""
        taken = {name: [keys.cpu for keys in turns] for name, turns in self._pressed.items()}
        return self._section("CPU of a key, all told", taken)

    @cached_property
    def _pressed(self) -> dict[str, list[Keys]]:
        """The measured turns by name.

        All programs run, and a turn is less than a second: what slows the machine down for a while
        concerns all of them.
        """
        taken: dict[str, list[Keys]] = {each.name: [] for each in self.keyed()}
        with ExitStack() as stack:
            running = [
                (each, terminal)
                for program, keyed in groupby(self.keyed(), lambda each: each.program)
                for terminal in [stack.enter_context(probes.started(program))]
                for each in keyed
            ]
            for _ in range(2 * self.effort.rounds - 1):  # an odd number, as medians count
                for each, terminal in running:
                    keys = probes.keys_pressed(terminal, each.keys[: self.effort.keys])
                    taken[each.name].append(keys)
        return taken

    def keyed(self) -> Iterator[Keyed]:
        """Yield what is measured, each after its floor, and all of a program together."""
        yield Keyed("raw Python echo loop", ECHO, CURSOR)
        yield Keyed(EMPTY_SCREEN, EMPTY, CURSOR)
        plain = "plain list: page"
        yield Keyed(plain, PLAIN, PAGES)
        for rows in self.effort.sizes:
            cursor, page = f"table of {rows:,}: cursor", f"table of {rows:,}: page"
            yield Keyed(cursor, table_of(rows), CURSOR, EMPTY_SCREEN, CURSOR_GOAL)
            yield Keyed(page, table_of(rows), PAGES, plain, LIKE_PLAIN)
        moves = (("cursor", CURSOR, CURSOR_GOAL), ("page", FORTH_AND_BACK, LIKE_PLAIN))
        plain = "plain list and preview"
        for name, keys, _ in moves:
            yield Keyed(f"{plain}: {name}", PLAIN_PREVIEW, keys)
        for name, keys, goal in moves:
            yield Keyed(f"dashboard: {name}", self.dashboard, keys, f"{plain}: {name}", goal)

    def _section(self, title: str, taken: dict[str, list[float]], turn: int = 0) -> Section:
        measures: dict[str, Measure] = {}
        for each in self.keyed():
            values, floor = tuple(taken[each.name]), measures.get(each.floor)
            measures[each.name] = Measure(each.name, values, floor, each.goal, turn)
        return Section(title, "ms", tuple(measures.values()))

    def storm(self) -> Section:
        """Measure keys held down at 100 per second."""
        seconds = self.effort.seconds
        floor = probes.storm(EMPTY, "down", seconds)
        ours = probes.storm(table_of(self.effort.sizes[-1]), "down", seconds)
        frames = Measure("empty screen: frames/s", (floor.frames,))
        cpu = Measure("empty screen: CPU %", (floor.cpu,))
        rows = f"table of {self.effort.sizes[-1]:,}"
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
