"""How long jobs of one name usually take, phase by phase."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Self

from studio_tui.api.models import Job
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.format import duration, plural, seconds_between
from studio_tui.presentation.jobs.facts import Fact
from studio_tui.presentation.jobs.times import (
    left_queue_at,
    let_go_at,
    queue_seconds,
    run_seconds,
)

FEWEST_RUNS = 3
"""Minimum number of runs whose median counts as usual; one of fewer is shown as an estimate."""


@dataclass(frozen=True, slots=True)
class Usual:
    """Median durations of runs in seconds; `None` where no run has that time."""

    runs: int
    """Number of runs with any known duration."""
    whole: float | None = None
    """From being queued to the end."""
    queued: float | None = None
    starting: float | None = None
    """From leaving the queue to the start of the query, where Studio sends steps."""
    running: float | None = None
    shortest: float | None = None
    """Run time of the fastest run."""
    longest: float | None = None
    """Run time of the slowest run."""

    @classmethod
    def of(cls, runs: Sequence[Job]) -> Self | None:
        """Return the usual durations of these ended jobs; `None` if none has a known duration."""
        running = _known(runs, _running)
        usual = cls(
            sum(_running(run) is not None or _whole(run) is not None for run in runs),
            whole=_middle(_known(runs, _whole)),
            queued=_middle(_known(runs, _queued)),
            starting=_middle(_known(runs, _starting)),
            running=_middle(running),
            shortest=min(running, default=None),
            longest=max(running, default=None),
        )
        return usual if usual.runs else None


def usual_facts(job: Job, usual: Usual | None, until: datetime) -> tuple[Fact, ...]:
    """Return how long jobs like this one usually take, and whether this one is out of the range.

    A running job is counted up to `until`. Nothing is returned if no run is known.
    """
    if usual is None:
        return ()
    about = "~" if usual.runs < FEWEST_RUNS else ""
    phases = (("", usual.whole), ("queued ", usual.queued), ("starting ", usual.starting))
    parts = [f"{word}{about}{duration(took)}" for word, took in phases if took is not None]
    if usual.running is not None:
        parts.append(f"running {about}{duration(usual.running)}{_range(usual)}")
    words, tone = _beside(job, usual, until)
    parts += [f"from {plural(usual.runs, 'run')}", *([words] if words else [])]
    return (Fact("usually", Cell(" · ".join(parts), tone)),)


def _range(usual: Usual) -> str:
    """Return the shortest and longest run time, unless they look the same."""
    low, high = duration(usual.shortest), duration(usual.longest)
    return f" ({low} to {high})" if low != high else ""


def _beside(job: Job, usual: Usual, until: datetime) -> tuple[str, Tone]:
    """Return how this job compares with enough other runs; few of them prove nothing."""
    ran = run_seconds(job, until)
    if ran is None or usual.runs < FEWEST_RUNS or usual.longest is None or usual.shortest is None:
        return "", Tone.PLAIN
    if int(ran) > int(usual.longest):
        return "this one is longer than any", Tone.WARN
    if job.state.is_finished and int(ran) < int(usual.shortest):
        return "this one is shorter than any", Tone.WARN
    return "", Tone.PLAIN


def _known(runs: Iterable[Job], seconds: Callable[[Job], float | None]) -> list[float]:
    return [took for run in runs if (took := seconds(run)) is not None]


def _middle(seconds: list[float]) -> float | None:
    return median(seconds) if seconds else None


def _whole(run: Job) -> float | None:
    return seconds_between(let_go_at(run), run.finished_at)


def _queued(run: Job) -> float | None:
    return queue_seconds(run, run.finished_at) if run.finished_at is not None else None


def _starting(run: Job) -> float | None:
    return seconds_between(left_queue_at(run), run.began_at) if run.steps else None


def _running(run: Job) -> float | None:
    return run_seconds(run, run.finished_at) if run.finished_at is not None else None
