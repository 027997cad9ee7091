"""How long a job usually takes, from the recorded complete runs of the same name."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from statistics import median

from studio_tui.api.models import Job, JobStep
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.format import duration, plural
from studio_tui.presentation.jobs.facts import Fact
from studio_tui.presentation.jobs.times import (
    QUERY,
    WAITING,
    queue_seconds,
    run_seconds,
    step_seconds,
)

FEWEST = 3
"""Minimum number of past runs to call a run longer or shorter than all of them."""

_TIMES = frozenset({"created", "started", "finished", "steps"})


def with_usual(
    facts: Sequence[Fact], job: Job, past: Sequence[Job], now: datetime
) -> tuple[Fact, ...]:
    """Return the facts about a job, with the usual times of such jobs after its own times.

    `past` are other COMPLETE runs of the same name, newest first. Nothing is added if the run times
    of all of them are unknown.
    """
    durations = _without_none(run_seconds(each, each.finished_at or now) for each in past)
    if not durations:
        return tuple(facts)
    parts = [f"~{duration(median(durations))} from {plural(len(durations), 'run')}"]
    waited = _without_none(queue_seconds(each, each.finished_at or now) for each in past)
    if waited:
        parts.append(f"queue ~{duration(median(waited))}")
    parts += _steps(past, now)
    usual = [Fact("usual", Cell(" · ".join(parts)))]
    if words := _comparison(run_seconds(job, now), durations, is_over=job.state.is_finished):
        usual.append(Fact("", Cell(words, Tone.WARN)))
    places = [place for place, fact in enumerate(facts, 1) if fact.label in _TIMES]
    after_times = max(places, default=len(facts))
    return (*facts[:after_times], *usual, *facts[after_times:])


def _steps(past: Sequence[Job], now: datetime) -> list[str]:
    spent: dict[str, list[float]] = {}
    labels: dict[str, str] = {}
    for job in past:
        for step in job.steps or ():
            seconds = None if step.name in {WAITING, QUERY} else step_seconds(step, job, now)
            if seconds is not None:
                spent.setdefault(step.name, []).append(seconds)
                labels.setdefault(step.name, _label(step))
    return [f"{labels[name]} ~{duration(median(seconds))}" for name, seconds in spent.items()]


def _label(step: JobStep) -> str:
    words = step.label or step.name
    return words[:1].lower() + words[1:]


def _comparison(ran: float | None, durations: Sequence[float], *, is_over: bool) -> str:
    if ran is None or len(durations) < FEWEST:
        return ""
    # In whole seconds, as they are shown.
    if int(ran) > int(max(durations)):
        return f"longer than all {len(durations)} of them"
    if is_over and int(ran) < int(min(durations)):
        return f"shorter than all {len(durations)} of them"
    return ""


def _without_none(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]
