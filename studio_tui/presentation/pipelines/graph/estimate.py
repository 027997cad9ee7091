"""The estimated remaining time of a pipeline.

It is the remaining time of the critical path, which is shown beside it. While some jobs run and
others are queued, it is at least the remaining time of all jobs, divided by the number of those
that run, which is assumed to stay the same.
"""

import math
from typing import NamedTuple

from studio_tui.api.states import PipelineState
from studio_tui.presentation.format import join_names, plural
from studio_tui.presentation.pipelines.graph.critical import (
    TO_RUN,
    Weight,
    critical_path_of,
    weight,
)
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.presentation.pipelines.graph.statuses import NodeState
from studio_tui.presentation.pipelines.graph.view_model import FEWEST_SAMPLES, ViewModel


class Estimate(NamedTuple):
    """The estimated remaining time of a pipeline, or why there is none."""

    remaining: float | None = None
    """In seconds."""
    reason: str = ""
    """Why `remaining` is unknown, such as `no ETA while paused`; empty if no job will run."""
    few_runs: int | None = None
    """The smallest number of past runs of a job, if it is below `FEWEST_SAMPLES`."""

    @property
    def words(self) -> str:
        """The estimate: `ETA ~41m` or `ETA ~41m, from 1 run`, else `reason`."""
        if self.remaining is None:
            return self.reason
        runs = f", from {plural(self.few_runs, 'run')}" if self.few_runs is not None else ""
        return f"ETA {rough_duration(self.remaining)}{runs}"


def estimate_of(model: ViewModel) -> Estimate:
    """Return the estimate for a pipeline.

    The remaining time is unknown while the pipeline is paused, or has queued jobs and none that
    runs, and if the remaining time of any job is unknown.
    """
    numbers = model.statuses.numbers
    to_run = [
        node for node in model.plan.nodes.values() if model.statuses.states[node.id] in TO_RUN
    ]
    if model.statuses.state.is_finished or not to_run:
        return Estimate()
    if model.statuses.state is PipelineState.PAUSED:
        return Estimate(reason="no ETA while paused")
    running, queued = numbers[NodeState.RUNNING], numbers[NodeState.QUEUED]
    if queued and not running:
        return Estimate(reason="no ETA while its jobs wait for workers")
    weights = {node.id: weight(node, model) for node in to_run}
    unknown: dict[str, list[str]] = {}
    for node in to_run:
        if why := _why_unknown(node, weights[node.id], model):
            unknown.setdefault(why, []).append(node.name)
    if unknown:
        words = "; ".join(f"{why} {join_names(names)}" for why, names in unknown.items())
        return Estimate(reason=f"no ETA: {words}")
    seconds = {node_id: own.remaining for node_id, own in weights.items() if own is not None}
    critical = sum(seconds.get(node_id, 0.0) for node_id in critical_path_of(model))
    share = sum(seconds.values()) / running if queued else 0.0
    # A job without past runs is estimated from its progress.
    runs = (len(model.past_seconds.get(node.name, ())) for node in to_run)
    few_runs = min((count for count in runs if 0 < count < FEWEST_SAMPLES), default=None)
    return Estimate(max(critical, share), few_runs=few_runs)


def _why_unknown(node: Node, own: Weight | None, model: ViewModel) -> str:
    """Return why the remaining time of a job is unknown, in words that precede its name."""
    state = model.statuses.states[node.id]
    is_overdue = own is not None and state is NodeState.RUNNING and not own.remaining
    if own is None or (is_overdue and not model.past_seconds.get(node.name)):
        return "unknown status of" if state is NodeState.UNKNOWN else "no past runs of"
    return "longer than all past runs:" if is_overdue else ""


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
