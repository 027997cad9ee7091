"""All measures, with their baselines and goals."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.bench import probes
from tests.bench.probes import Program
from tests.bench.report import Goal, Measure, Section
from tests.bench.studio import create_to_running
from tests.studios import ProcessStudio

CURSOR = ("down",) * 10 + ("up",) * 10
PAGES = ("pagedown",) * 20
FORTH_AND_BACK = ("pagedown", "pageup") * 10
"""For lists with only a few pages; rows seen before are shown again."""

HELLO = Program.ours("hello", ready="hello world")
EMPTY = Program.ours("empty", ready="ready")


@dataclass(frozen=True)
class Effort:
    """Extent of the measurements."""

    rounds: int
    """Number of starts of a program for a few keys, alternating with the others."""
    keys: int
    """Number of keys per start, at most 20."""
    starts: int
    seconds: float
    """Duration of a storm of keys in seconds."""
    idle: float
    """Seconds of measuring an idle program."""
    sizes: tuple[int, ...]
    """Numbers of rows of the tables; goals are for the last."""
    polled: int
    """Number of jobs in a response."""
    known: int
    """Number of jobs in the dashboard's Studio."""
    log_lines: int
    """Number of lines of the longest log; a line has 108 bytes."""
    job_lines: int
    """Number of lines of a real job's log."""
    line_rate: int
    """Lines per second of a growing log."""
    others: bool
    """Whether other installed log viewers are measured too."""
    dag_sizes: tuple[int, ...]
    """Numbers of jobs of the pipelines."""
    recorded: int
    """Number of jobs in the recorder."""


FULL = Effort(
    *(3, 20, 5, 4.0, 30.0, (100, 10_000, 100_000), 10_000, 1000),
    *(10_000_000, 1_000_000, 350_000, True, (16, 1000, 5000), 30_000),
)
QUICK = Effort(1, 2, 1, 0.2, 0.2, (100,), 200, 20, 10_000, 5_000, 20_000, False, (16,), 1_000)


@dataclass(frozen=True)
class Bench:
    """All measurements, by section."""

    effort: Effort
    studio: ProcessStudio
    dashboard: Program

    def sections(self) -> dict[str, Callable[[], Section]]:
        """Return the sections by name, in the order of the report."""
        return {
            "start": self.start,
            "poll": self.poll,
            "idle": self.idle,
            "memory": self.memory,
            "jobs": self.jobs,
        }

    def start(self) -> Section:
        """Measure from the command to the first paint, and to the ready state."""
        in_sight = replace(self.dashboard, ready=r"embed_\d+")
        hello, ours, answered, nothing = [], [], [], []
        # The first start leaves the list that the others show at once.
        probes.start(self.dashboard)
        for _ in range(self.effort.starts):
            nothing.append(_milliseconds(_run_python))
            hello.append(probes.start(HELLO))
            ours.append(probes.start(in_sight))
            answered.append(probes.start(self.dashboard).usable)
        floor = Measure("hello-world Textual", tuple(start.first_paint for start in hello))
        painted = tuple(start.first_paint for start in ours)
        usable = tuple(start.usable for start in ours)
        known = f"{self.effort.known:,} known jobs"
        return Section(
            "Start",
            "ms",
            (
                Measure("python -c pass", tuple(nothing)),
                floor,
                Measure("dashboard, first paint", painted, floor, Goal(times_floor=1.1)),
                Measure(f"dashboard, {known} in sight", usable, floor, Goal(times_floor=1.3)),
                Measure("dashboard, Studio's answer in sight", tuple(answered), floor),
            ),
        )

    def poll(self) -> Section:
        """Measure the cost of a response from body to screen, without HTTP."""
        command = [sys.executable, "-m", "tests.bench.inside"]
        numbers = [str(self.effort.polled), str(5 * self.effort.rounds)]
        done = subprocess.run([*command, *numbers], check=True, capture_output=True)
        goals = {"nothing changed": Goal(median=1), "1% changed": Goal(median=8)}
        return Section(
            f"A poll of {self.effort.polled:,} jobs, CPU without HTTP",
            "ms",
            tuple(
                Measure(name, tuple(values), None, goals.get(name))
                for name, values in json.loads(done.stdout).items()
            ),
        )

    def idle(self) -> Section:
        """Measure the resources used while idle."""
        seconds = self.effort.idle
        floor = Measure("empty Textual screen", (probes.idle(EMPTY, seconds),))
        ours = probes.idle(self.dashboard, seconds)
        return Section(
            f"Idle for {seconds:g} s, live polling on",
            "% of one core",
            (floor, Measure("dashboard", (ours,), floor, Goal(median=0.3))),
        )

    def memory(self) -> Section:
        """Measure the memory in use."""
        floor = Measure("hello-world Textual", (probes.memory(HELLO)[0],))
        now, peak = probes.memory(self.dashboard)
        rows = self.effort.sizes[-1]
        return Section(
            "Memory",
            "MB",
            (
                floor,
                Measure(f"dashboard, {self.effort.known:,} jobs", (now,), floor, Goal(median=60)),
                Measure("dashboard, at most so far", (peak,), floor),
                Measure(
                    f"table of {rows:,} plain rows",
                    (probes.memory(_table(rows))[0],),
                    floor,
                    Goal(median=120),
                ),
            ),
        )

    def jobs(self) -> Section:
        """Measure from creating a plain job until it runs."""
        taken = tuple(create_to_running(self.studio) for _ in range(self.effort.starts))
        floor = Measure("python -c pass", tuple(_milliseconds(_run_python) for _ in taken))
        return Section(
            "Create to running, on the local Studio",
            "ms",
            (floor, Measure("plain job", taken, floor, Goal(median=300))),
        )


def _table(rows: int) -> Program:
    return Program.ours("table", str(rows), ready="NAME")


def _run_python() -> None:
    subprocess.run([sys.executable, "-c", "pass"], check=True)


def _milliseconds(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000
