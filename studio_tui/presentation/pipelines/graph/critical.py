"""The critical path of a pipeline, and an estimate of the remaining time.

While jobs are queued, the number of jobs that run at once is assumed to stay the same; otherwise
workers are assumed to be available, so the estimate is a lower bound.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from studio_tui.api.states import PipelineState
from studio_tui.presentation.format import duration, join_names, plural
from studio_tui.presentation.logs.progress import Progress
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.presentation.pipelines.graph.statuses import NodeState
from studio_tui.presentation.pipelines.graph.view_model import FEWEST_SAMPLES, ViewModel

TO_RUN = frozenset({NodeState.RUNNING, NodeState.QUEUED, NodeState.WAITING, NodeState.UNKNOWN})
"""States of jobs that have not ended and may run."""


class Weight(NamedTuple):
    """Duration of a job in seconds."""

    remaining: float
    """Remaining time; 0 for a job that has ended or will not run."""
    whole: float
    """Time from its start to its end."""


@dataclass(frozen=True)
class Critical:
    """The critical path, which determines when a pipeline ends."""

    path: tuple[str, ...]
    """Nodes, each the parent of the next; empty if no duration is known."""
    remaining: float | None
    """Estimated seconds until the end; `None` if unknown, or if nothing will run."""
    reason: str
    """Why `remaining` is unknown, as a short phrase; else empty."""
    samples: int = FEWEST_SAMPLES
    """Smallest number of past runs on which the estimate for any remaining job is based."""

    @property
    def words(self) -> str:
        """The estimate, such as `ETA ~41m` or `ETA ~41m from 1 run`, or why there is none."""
        if self.remaining is None:
            return self.reason
        few = f" from {plural(self.samples, 'run')}" if self.samples < FEWEST_SAMPLES else ""
        return f"ETA {rough_duration(self.remaining)}{few}"


def critical(model: ViewModel) -> Critical:
    """Return the path with the longest remaining time, and among equals the longest total time.

    For a pipeline that has ended, it is the path that determined the end: from the job that ended
    last back to the parents that ended last. If those times are unknown, it is the longest path.
    """
    best: dict[str, Weight] = {}
    before: dict[str, str] = {}
    unestimated: list[str] = []
    nothing = Weight(0.0, 0.0)
    last, heaviest = None, nothing
    for node_id, node in model.plan.nodes.items():
        above = nothing
        for parent in node.parents:
            # Of equals the deepest, since redundant edges are not drawn.
            if best[parent] > above or best[parent] == above > nothing:
                above = best[parent]
                before[node_id] = parent
        own = weight(node, model)
        if own is None:
            own = nothing
            if model.statuses.states[node_id] in TO_RUN:
                unestimated.append(node.name)
        sums = best[node_id] = Weight(above.remaining + own.remaining, above.whole + own.whole)
        if sums > heaviest:
            last, heaviest = node_id, sums
    if model.statuses.state.is_finished:
        last = _actual_end(model, best, before) or last
    path = _path(last, before)
    reason = _reason(model, unestimated)
    if reason or not _is_active(model):
        return Critical(path, None, reason)
    return Critical(
        path, max(heaviest.remaining, _work_per_worker(model)), "", _fewest_samples(model)
    )


def _actual_end(model: ViewModel, best: Mapping[str, Weight], before: dict[str, str]) -> str | None:
    """Store for each job the parent that ended last in `before`; return the job that ended last.

    If several ended at the same time, the one with the longest path is returned.
    """
    ends: dict[str, tuple[datetime, Weight]] = {}
    for node_id, node in model.plan.nodes.items():
        job = model.job(node)
        if job is None or job.finished_at is None or model.took(node) is None:
            continue
        ends[node_id] = job.finished_at, best[node_id]
        if parents := [parent for parent in node.parents if parent in ends]:
            before[node_id] = max(parents, key=ends.__getitem__)
    sinks = [
        node_id
        for node_id in ends
        if not any(child in ends for child in model.plan.nodes[node_id].children)
    ]
    return max(sinks, key=ends.__getitem__, default=None)


def _fewest_samples(model: ViewModel) -> int:
    """Return the smallest number of past runs used to estimate any remaining job."""
    counts = [
        model.samples(node)
        for node_id, node in model.plan.nodes.items()
        if model.statuses.states[node_id] in TO_RUN and model.expected(node) is not None
    ]
    return min(counts, default=FEWEST_SAMPLES)


def _work_per_worker(model: ViewModel) -> float:
    """Return the total remaining time in seconds divided by the number of running jobs.

    0 if no job is queued or running, because then the number of workers is unknown.
    """
    numbers = model.statuses.numbers
    at_once = numbers[NodeState.RUNNING]
    if not at_once or not numbers[NodeState.QUEUED]:
        return 0.0
    own = (weight(node, model) for node in model.plan.nodes.values())
    return sum(each.remaining for each in own if each is not None) / at_once


def weight(node: Node, model: ViewModel) -> Weight | None:
    """Return the duration of a job; `None` if neither its own times nor past runs determine it."""
    state = model.statuses.states[node.id]
    if state in {NodeState.DONE, NodeState.FAILED, NodeState.CANCELING, NodeState.CANCELED}:
        took = model.took(node)
        return Weight(0.0, took.seconds) if took is not None else None
    if state in {NodeState.BLOCKED, NodeState.SCHEDULE}:
        return Weight(0.0, 0.0)
    if state is NodeState.UNKNOWN:
        return None
    expected = model.expected(node)
    if expected is not None:
        expected = max(expected, model.longest_failure(node))
    if state is not NodeState.RUNNING:
        return Weight(expected, expected) if expected is not None else None
    took, bar = model.took(node), model.bar(node)
    elapsed = took.seconds if took is not None else 0.0
    ends = [expected] if expected is not None else []
    if bar is not None and bar.remaining is not None:
        # A bar may show only a part of the job, so the maximum is used.
        usual = max(expected, elapsed) if expected is not None else None
        ends.append(_by_bar(elapsed + bar.remaining, bar.percent, usual))
    if not ends:
        return None
    whole = max(elapsed, *ends)
    return Weight(whole - elapsed, whole)


def estimated_bar(node: Node, model: ViewModel) -> Progress | None:
    """Return the progress of a running job, with the remaining time estimated for the pipeline.

    So no job takes longer than the pipeline it is part of.
    """
    bar, own = model.bar(node), weight(node, model)
    if bar is None or bar.remaining is None or own is None:
        return bar
    return bar._replace(remaining=own.remaining)


def _by_bar(whole: float, percent: float | None, usual: float | None) -> float:
    """Return the duration of a job according to its bar, weighted by the progress of the bar.

    The first steps of a bar may be much slower than the others, and the estimate would jump from
    seconds to an hour and back. The error of a rate falls with the square root of its samples.
    """
    if usual is None or percent is None or whole <= usual:
        return whole
    return usual + (whole - usual) * math.sqrt(min(max(percent, 0.0), 100.0) / 100.0)


def _path(last: str | None, before: dict[str, str]) -> tuple[str, ...]:
    path = []
    while last is not None:
        path.append(last)
        last = before.get(last)
    return tuple(reversed(path))


def _is_active(model: ViewModel) -> bool:
    numbers = model.statuses.numbers
    return not model.statuses.state.is_finished and any(numbers[kind] for kind in TO_RUN)


def _reason(model: ViewModel, unestimated: list[str]) -> str:
    if not _is_active(model):
        return ""
    if model.statuses.state is PipelineState.PAUSED:
        return "no ETA while paused"
    if unestimated:
        return f"no ETA: no past run of {join_names(unestimated)}"
    return ""


def rough_duration(seconds: float) -> str:
    """Format an estimate in one or two units: `~40s`, `~41m`, `~2h 05m`, `~3d 4h`.

    It is rounded up, so as not to be less than what is shown of a part.
    """
    whole = math.ceil(seconds)
    minutes, hours = math.ceil(whole / 60), math.ceil(whole / 3600)
    if whole < 60:
        return f"~{whole}s"
    if minutes < 60:
        return f"~{minutes}m"
    if minutes < 48 * 60:
        return f"~{minutes // 60}h {minutes % 60:02}m"
    return f"~{hours // 24}d {hours % 24}h"


_ARROW = " ▸ "
_ROOM = 100
"""Default maximum width of the text."""


def path_words(
    found: Critical, model: ViewModel, room: int = _ROOM, cells: Callable[[str], int] = len
) -> str:
    """Format the path from the last ended job on, with durations or estimates.

    The ended jobs before that one are counted.

    Jobs that do not fit in `room` cells, as measured by `cells`, are replaced by their number. The
    longest job is always named; then longer ones are preferred, and the ends among equals.
    """
    shown = model.statuses.states
    ended = [index for index, node_id in enumerate(found.path) if shown[node_id] not in TO_RUN]
    is_over = len(ended) == len(found.path)
    skipped = 0 if is_over or not ended else ended[-1]
    remaining = found.path[skipped:]
    before = f"… {skipped} before{_ARROW}" if skipped else ""
    steps = [_step(node_id, model) for node_id in remaining]
    seconds = [own.whole if (own := weight(model.plan.nodes[each], model)) else 0.0
               for each in remaining]  # fmt: skip
    chosen: set[int] = set()
    for index in _by_preference(seconds):
        more = before + _join_steps(steps, chosen | {index})
        if not chosen or cells(more) <= room:
            chosen.add(index)
    return before + _join_steps(steps, chosen)


def _by_preference(seconds: Sequence[float]) -> list[int]:
    """Return the indexes of a path's jobs in order of preference."""
    ends = (len(seconds) - 1, 0)
    return sorted(
        range(len(seconds)), key=lambda index: (-seconds[index], index not in ends, index)
    )


def _join_steps(steps: Sequence[str], chosen: set[int]) -> str:
    """Join the chosen steps in order, with the number of omitted ones between them."""
    parts: list[str] = []
    left_out = 0
    for index, step in enumerate(steps):
        if index not in chosen:
            left_out += 1
            continue
        parts += [f"… {left_out} more"] * (left_out > 0) + [step]
        left_out = 0
    parts += [f"… {left_out} more"] * (left_out > 0)
    return _ARROW.join(parts)


def _step(node_id: str, model: ViewModel) -> str:
    """Return a job's name with its duration or estimate."""
    node = model.plan.nodes[node_id]
    own = weight(node, model)
    if own is None:
        return f"{node.name} ?"
    is_told = model.statuses.states[node_id] not in TO_RUN
    if is_told and not own.whole:
        return node.name
    return f"{node.name} {'' if is_told else '~'}{duration(own.whole)}"
