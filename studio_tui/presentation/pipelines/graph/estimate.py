"""The remaining time of a pipeline, as a range from past runs of its jobs.

The range does not begin below the remaining time of the critical path, which is shown beside it. If
a job has fewer than `FEWEST_SAMPLES` past runs, a single time is shown, with their number.

While some jobs run and others are queued, the number of jobs that run at once is assumed to stay
the same. Otherwise a worker is assumed to be free for each job.
"""

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

from studio_tui.api.job_kinds import runs_on
from studio_tui.api.states import PipelineState
from studio_tui.presentation.format import join_names, plural, seconds_between
from studio_tui.presentation.jobs.waiting import NOTHING_KNOWN, Surroundings, free_workers
from studio_tui.presentation.pipelines.graph.critical import (
    TO_RUN,
    critical_path_of,
    elapsed_seconds,
    seconds_by_bar,
    weight,
)
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.presentation.pipelines.graph.statuses import NodeState
from studio_tui.presentation.pipelines.graph.view_model import FEWEST_SAMPLES, ViewModel


class SecondsRange(NamedTuple):
    """A range of durations in seconds."""

    least: float
    most: float

    def plus(self, other: "SecondsRange") -> "SecondsRange":
        return SecondsRange(self.least + other.least, self.most + other.most)

    def without(self, elapsed: float) -> "SecondsRange":
        """Return what is left after `elapsed` seconds."""
        return SecondsRange(max(0.0, self.least - elapsed), max(0.0, self.most - elapsed))


_NO_TIME = SecondsRange(0.0, 0.0)

_MAX_RATIO = 10
"""Maximum ratio of the end of a range to its beginning, as a wider range says nothing."""


class Estimate(NamedTuple):
    """The estimated remaining time of a pipeline, or why there is none."""

    remaining: SecondsRange | None = None
    reason: str = ""
    """Why `remaining` is unknown, such as `no ETA while paused`; empty if no job will run."""
    few_runs: int | None = None
    """The smallest number of past runs of a job, if it is too small for a range."""

    @property
    def words(self) -> str:
        """The estimate: `ETA ~41m`, `ETA ~41m–1h 05m` or `ETA ~41m, from 1 run`, else `reason`."""
        if self.remaining is None:
            return self.reason
        least, most = map(rough_duration, self.remaining)
        if self.few_runs is not None:
            return f"ETA {most}, from {plural(self.few_runs, 'run')}"
        return f"ETA {most}" if least == most else f"ETA {least}–{most.removeprefix('~')}"


def estimate_of(model: ViewModel, surroundings: Surroundings = NOTHING_KNOWN) -> Estimate:
    """Return the estimate for a pipeline.

    Its remaining time is unknown while it is paused, if that of any job is unknown, if past runs
    differ too much, or if other jobs may start before its own.
    """
    states, numbers = model.statuses.states, model.statuses.numbers
    if model.statuses.state.is_finished or not any(numbers[state] for state in TO_RUN):
        return Estimate()
    if model.statuses.state is PipelineState.PAUSED:
        return Estimate(reason="no ETA while paused")
    delay = _start_delay(model)
    unknown: dict[str, list[str]] = {}
    ends: dict[str, SecondsRange] = {}
    work = _NO_TIME
    for node_id, node in model.plan.nodes.items():
        own = _remaining(node, model, delay) if states[node_id] in TO_RUN else _NO_TIME
        if isinstance(own, str):
            unknown.setdefault(own, []).append(node.name)
            own = _NO_TIME
        ends[node_id] = _latest([ends[parent] for parent in node.parents]).plus(own)
        work = work.plus(own)
    if unknown:
        words = "; ".join(f"{why} {join_names(names)}" for why, names in unknown.items())
        return Estimate(reason=f"no ETA: {words}")
    # Only while jobs are queued are workers scarce, and their number is known if some run.
    at_once = numbers[NodeState.RUNNING] if numbers[NodeState.QUEUED] else 0
    share = SecondsRange(work.least / at_once, work.most / at_once) if at_once else _NO_TIME
    end = _latest([*ends.values(), share])
    least = max(_critical_seconds(model), end.least)
    most = max(least, end.most)
    if math.ceil(most) > _MAX_RATIO * max(1, math.ceil(least)):
        return Estimate(reason="no ETA: past runs differ too much")
    if _is_behind_others(model, surroundings):
        return Estimate(reason="no ETA: other jobs may start first")
    return Estimate(SecondsRange(least, most), few_runs=_few_runs(model))


def _latest(ends: Sequence[SecondsRange]) -> SecondsRange:
    least = max((end.least for end in ends), default=0.0)
    return SecondsRange(least, max((end.most for end in ends), default=0.0))


def _few_runs(model: ViewModel) -> int | None:
    nodes = (n for n in model.plan.nodes.values() if model.statuses.states[n.id] in TO_RUN)
    runs = (len(model.past_seconds.get(node.name, ())) for node in nodes)
    # A job without past runs is estimated from its progress.
    return min((count for count in runs if 0 < count < FEWEST_SAMPLES), default=None)


def _critical_seconds(model: ViewModel) -> float:
    weights = (weight(model.plan.nodes[each], model) for each in critical_path_of(model))
    return sum(own.remaining for own in weights if own is not None)


def _remaining(node: Node, model: ViewModel, delay: SecondsRange) -> SecondsRange | str:
    """Return the remaining time of a job that runs or can still run.

    If it is unknown, return why, in words that precede the name of the job.
    """
    state = model.statuses.states[node.id]
    if state is NodeState.UNKNOWN:
        return "unknown status of"
    by_bar, least = seconds_by_bar(node, model), model.longest_failure_seconds(node)
    past = model.past_seconds.get(node.name, ())
    if by_bar is None and not past:
        return "no past runs of"
    if state is not NodeState.RUNNING:
        return delay.without(model.queue_seconds(node) or 0.0).plus(_usual(past, least))
    elapsed = elapsed_seconds(node, model)
    longer = [seconds for seconds in past if seconds > elapsed]
    if by_bar is not None:
        usual = _usual(longer or (by_bar,), least)
        return SecondsRange(min(usual.least, by_bar), max(usual.most, by_bar)).without(elapsed)
    if not longer:
        return "longer than all past runs:"
    return _usual(longer, least).without(elapsed)


def _usual(seconds: Collection[float], least: float, outliers: float = 0.1) -> SecondsRange:
    """Return the range of durations, at least `least`, without the share `outliers` at each end."""
    ordered, left_out = sorted(seconds), int(len(seconds) * outliers)
    return SecondsRange(max(ordered[left_out], least), max(ordered[-1 - left_out], least))


def _start_delay(model: ViewModel) -> SecondsRange:
    """Return how long jobs waited from the end of their dependencies to their start.

    0 if unknown.
    """
    delays = []
    for node in model.plan.nodes.values():
        job = model.job(node)
        # Without parents and steps, only its creation is known, which may precede a review.
        if job is not None and job.began_at is not None and (node.parents or job.steps):
            delay = seconds_between(model.ready_at(node), job.began_at)
            delays += [delay] if delay is not None else []
    # More outliers, as jobs wait long after a pause of the pipeline.
    return _usual(delays, 0.0, outliers=0.25) if delays else _NO_TIME


def _is_behind_others(model: ViewModel, surroundings: Surroundings) -> bool:
    """Whether a job of the pipeline has to wait for a worker that other jobs use or get first.

    While jobs of the pipeline run, its next jobs may get their workers.
    """
    own = {node.run for node in model.plan.nodes.values()}
    queued = surroundings.queued or ()
    positions = {job.id: number for number, job in enumerate(queued)}
    others = [job for job in queued if job.id not in own and not job.waits_for]
    runs_none = not model.statuses.numbers[NodeState.RUNNING]
    firsts = {
        cluster.id: next((job for job in others if runs_on(job, cluster)), None)
        for cluster in surroundings.clusters
    }
    for node in model.plan.nodes.values():
        state, job = model.statuses.states[node.id], model.job(node)
        if job is None or state not in {NodeState.QUEUED, NodeState.WAITING}:
            continue
        cluster = next((each for each in surroundings.clusters if runs_on(job, each)), None)
        if cluster is None:
            continue
        free, needed = free_workers(cluster), job.workers or 1
        if free is not None and free < needed and runs_none and state is NodeState.QUEUED:
            return True
        first = firsts[cluster.id]
        if first is None or positions[first.id] > positions.get(job.id, len(queued)):
            continue
        if free is None or free < needed + (first.workers or 1):
            return True
    return False


def rough_duration(seconds: float) -> str:
    """Format an estimate, rounded up, in one or two units: `~40s`, `~41m`, `~2h 05m`, `~3d 4h`."""
    whole = math.ceil(seconds)
    minutes, hours = math.ceil(whole / 60), math.ceil(whole / 3600)
    if whole < 60:
        return f"~{whole}s"
    if minutes < 60:
        return f"~{minutes}m"
    if minutes < 48 * 60:
        return f"~{minutes // 60}h {minutes % 60:02}m"
    return f"~{hours // 24}d {hours % 24}h"
