"""Benchmarks of a poll and of a job's start; keys, programs and extent that all suites share."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.bench.inside import PARSING
from tests.bench.probes import Program
from tests.bench.report import Goal, Measure, Section
from tests.bench.studio import create_to_running
from tests.studios import ProcessStudio

CURSOR = ("down",) * 10 + ("up",) * 10
PAGES = ("pagedown",) * 20
PAGES_DOWN_AND_UP = ("pagedown", "pageup") * 10
"""For lists with only a few pages, whose rows are drawn repeatedly."""

EMPTY = Program.ours("empty", ready="ready")


@dataclass(frozen=True)
class Effort:
    """Extent of the measurements."""

    rounds: int
    """Number of times that a program is measured in turn with the others."""
    keys: int
    """Number of keys per turn, even and at most 20."""
    starts: int
    """Number of starts of a program, and of repetitions of other slow measurements."""
    seconds: float
    """Seconds of a storm of keys, and of following a log; a third of those of a held key."""
    settling_seconds: float
    """Seconds until an idle dashboard polls at its slowest."""
    idle_seconds: float
    """Seconds of measuring an idle program; a multiple of those between two requests of a list."""
    table_sizes: tuple[int, ...]
    """Numbers of rows of the tables; goals are for the last."""
    response_jobs: int
    """Number of jobs in a response."""
    studio_jobs: int
    """Number of jobs in the dashboard's Studio."""
    log_lines: int
    """Number of lines of the longest log; a line has 108 bytes."""
    job_lines: int
    """Number of lines of a real job's log."""
    line_rate: int
    """Lines per second of a growing log."""
    other_viewers: bool
    """Whether other installed log viewers are measured too."""
    dag_sizes: tuple[int, ...]
    """Numbers of jobs of the pipelines."""
    recorded_jobs: int
    """Number of jobs in the recorder."""


FULL = Effort(
    rounds=3,
    keys=20,
    starts=5,
    seconds=2.5,
    settling_seconds=20.0,
    idle_seconds=30.0,
    table_sizes=(10_000, 100_000),
    response_jobs=10_000,
    studio_jobs=1000,
    log_lines=10_000_000,
    job_lines=1_000_000,
    line_rate=350_000,
    other_viewers=True,
    dag_sizes=(16, 1000, 5000),
    recorded_jobs=30_000,
)
QUICK = Effort(
    rounds=1,
    keys=2,
    starts=1,
    seconds=0.2,
    settling_seconds=0.0,
    idle_seconds=0.2,
    table_sizes=(100,),
    response_jobs=200,
    studio_jobs=20,
    log_lines=10_000,
    job_lines=5_000,
    line_rate=20_000,
    other_viewers=False,
    dag_sizes=(16,),
    recorded_jobs=1_000,
)


@dataclass(frozen=True)
class OtherBench:
    """The measurements of a poll and of a job's start, by section."""

    effort: Effort
    studio: ProcessStudio
    dashboard: Program

    def sections(self) -> dict[str, Callable[[], Section]]:
        """Return the sections by name, in the order of the report."""
        return {"poll": self.poll, "jobs": self.jobs}

    def poll(self) -> Section:
        """Measure the cost of a response from body to screen, without HTTP.

        On a slow machine the goal is instead a fixed share of the time for parsing the response,
        which is measured beside it.
        """
        command = [sys.executable, "-m", "tests.bench.inside"]
        numbers = [str(self.effort.response_jobs), str(5 * self.effort.rounds)]
        done = subprocess.run([*command, *numbers], check=True, capture_output=True)
        times = {name: tuple(values) for name, values in json.loads(done.stdout).items()}
        parsing = Measure(PARSING, times.pop(PARSING))
        goals = {
            "nothing changed": Goal(median=1, or_times_floor=0.04),
            "1% changed": Goal(median=8, or_times_floor=0.3),
        }
        return Section(
            f"A poll of {self.effort.response_jobs:,} jobs, CPU without HTTP",
            "ms",
            (
                parsing,
                *(
                    Measure(name, values, parsing, goals.get(name))
                    for name, values in times.items()
                ),
            ),
        )

    def jobs(self) -> Section:
        """Measure from creating a plain job until it runs."""
        times = tuple(create_to_running(self.studio) for _ in range(self.effort.starts))
        floor = Measure("python -c pass", tuple(milliseconds(run_python) for _ in times))
        return Section(
            "Create to running, on the local Studio",
            "ms",
            (floor, Measure("plain job", times, floor, Goal(median=300))),
        )


def table_of(rows: int) -> Program:
    """Return a program that shows nothing but the dashboard's table, with this many rows."""
    return Program.ours("table", str(rows), ready="NAME")


def run_python() -> None:
    """Start Python and end it, which every start of a program includes."""
    subprocess.run([sys.executable, "-c", "pass"], check=True)


def milliseconds(work: Callable[[], object]) -> float:
    """Return how many milliseconds a function takes."""
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000
