"""The critical path of a pipeline: the chain of dependent jobs that takes longest."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from statistics import median
from typing import NamedTuple

from studio_tui.presentation.format import duration
from studio_tui.presentation.logs.progress import Progress
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.presentation.pipelines.graph.statuses import NodeState
from studio_tui.presentation.pipelines.graph.view_model import ViewModel

TO_RUN = frozenset({NodeState.RUNNING, NodeState.QUEUED, NodeState.WAITING, NodeState.UNKNOWN})
"""States of jobs that run or can still run. A job in an unknown state counts as one of them."""
NEAR_END = 90
"""Percentage from which a bar alone tells the remaining time."""


class Weight(NamedTuple):
    """Duration of a job, or of the jobs on a path, in seconds."""

    remaining: float
    """0 for a job that has ended, is being canceled, or will not run."""
    whole: float
    """From its start to its end; 0 for a job that will not run."""


def critical_path_of(model: ViewModel) -> tuple[str, ...]:
    """Return the path with the longest remaining time, and among equals the longest total time.

    It has node ids, each the parent of the next. It is empty if no duration is known.

    For a pipeline that has ended, it ends with the job that ended last, and before each job is the
    parent that ended last. If no end is known, it is the path with the longest total time.
    """
    # By node: the weight of the heaviest path to the node, and the parent before it on this path.
    path_weights: dict[str, Weight] = {}
    previous: dict[str, str] = {}
    zero = Weight(0.0, 0.0)
    last, heaviest = None, zero
    for node_id, node in model.plan.nodes.items():
        # Of equally heavy parents the last is chosen, which is usually the deepest: edges from the
        # others may be redundant, and redundant edges are not drawn.
        parent = max(reversed(node.parents), key=path_weights.__getitem__, default=None)
        before = path_weights[parent] if parent is not None else zero
        if parent is not None and before > zero:
            previous[node_id] = parent
        own = weight(node, model) or zero
        path_weight = Weight(before.remaining + own.remaining, before.whole + own.whole)
        path_weights[node_id] = path_weight
        if path_weight > heaviest:
            last, heaviest = node_id, path_weight
    if model.statuses.state.is_finished:
        last = _actual_end(model, path_weights, previous) or last
    return _path(last, previous)


def _actual_end(
    model: ViewModel, path_weights: Mapping[str, Weight], previous: dict[str, str]
) -> str | None:
    """Return the job that ended last, and store in `previous` each job's parent that ended last.

    Jobs that did not run, or whose end is unknown, do not change `previous`.
    """
    ends: dict[str, tuple[datetime, Weight]] = {}
    for node_id, node in model.plan.nodes.items():
        job = model.job(node)
        if job is None or job.finished_at is None or model.run_time(node) is None:
            # The run is not loaded, has not ended, or never began.
            continue
        ends[node_id] = job.finished_at, path_weights[node_id]
        if parents := [parent for parent in node.parents if parent in ends]:
            previous[node_id] = max(parents, key=ends.__getitem__)
    sinks = [
        node_id
        for node_id in ends
        if not any(child in ends for child in model.plan.nodes[node_id].children)
    ]
    return max(sinks, key=ends.__getitem__, default=None)


def weight(node: Node, model: ViewModel) -> Weight | None:
    """Return the duration of a job; `None` if its status or its duration is unknown.

    For a job that runs or can still run it is an estimate: from past runs or, while the job runs,
    from its progress bar if that gives a longer duration or is near its end.
    """
    state = model.statuses.states[node.id]
    if state in {NodeState.DONE, NodeState.FAILED, NodeState.CANCELING, NodeState.CANCELED}:
        took = model.run_time(node)
        return Weight(0.0, took.seconds) if took is not None else None
    if state in {NodeState.BLOCKED, NodeState.SCHEDULE}:
        # A schedule does not run itself.
        return Weight(0.0, 0.0)
    if state is NodeState.UNKNOWN:
        return None
    expected = _expected_seconds(node, model)
    if state is not NodeState.RUNNING:
        return Weight(expected, expected) if expected is not None else None
    by_bar = seconds_by_bar(node, model)
    if by_bar is not None and _is_near_end(model.bar(node)):
        expected = None
    # The bar can stand for a part of the job, so before its end it never shortens the estimate.
    estimates = [seconds for seconds in (expected, by_bar) if seconds is not None]
    if not estimates:
        return None
    elapsed = elapsed_seconds(node, model)
    whole = max(elapsed, *estimates)
    return Weight(whole - elapsed, whole)


def _is_near_end(bar: Progress | None) -> bool:
    # Neither a bar at its end nor one of a part tells how long the job still runs.
    if bar is None or not bar.remaining or bar.is_part:
        return False
    return NEAR_END <= (bar.percent or 0.0) < 100


def elapsed_seconds(node: Node, model: ViewModel) -> float:
    """Return how long a job has run; 0 if unknown."""
    took = model.run_time(node)
    return took.seconds if took is not None else 0.0


def seconds_by_bar(node: Node, model: ViewModel) -> float | None:
    """Return the duration of a running job from its start to its end, estimated by its bar.

    `None` if the job shows no remaining time. An extrapolated duration that is longer than usual is
    reduced: as the first steps can be much slower than the others, it would jump from seconds to an
    hour and back. The excess is multiplied by the square root of the share done, as the error of a
    rate falls with the square root of the number of samples.
    """
    bar, expected = model.bar(node), _expected_seconds(node, model)
    if bar is None or bar.remaining is None:
        return None
    elapsed = elapsed_seconds(node, model)
    whole = elapsed + bar.remaining
    if expected is None or bar.percent is None:
        return whole
    usual = max(expected, elapsed)
    return min(whole, usual + (whole - usual) * math.sqrt(bar.percent / 100))


def _expected_seconds(node: Node, model: ViewModel) -> float | None:
    """Return the median of past runs or, if longer, the longest failed attempt.

    For a running job, only the past runs that took longer than it has run so far count, if there
    are any. `None` without past runs.
    """
    past = model.past_seconds.get(node.name)
    if not past:
        return None
    is_running = model.statuses.states[node.id] is NodeState.RUNNING
    elapsed = elapsed_seconds(node, model) if is_running else 0.0
    longer = [seconds for seconds in past if seconds > elapsed]
    return max(median(longer or past), model.longest_failure_seconds(node))


def estimated_bar(node: Node, model: ViewModel) -> Progress | None:
    """Return the progress of a running job, with the remaining time that `weight` estimates.

    `None` if the job does not run or shows no progress.
    """
    bar, own = model.bar(node), weight(node, model)
    if bar is None or bar.remaining is None or own is None:
        return bar
    return bar._replace(remaining=own.remaining)


def _path(last: str | None, before: dict[str, str]) -> tuple[str, ...]:
    """Return the path to `last`; `before` has the node before each node of the path."""
    path = []
    while last is not None:
        path.append(last)
        last = before.get(last)
    return tuple(reversed(path))


_ARROW = " ▸ "


def path_words(
    path: Sequence[str], model: ViewModel, room: int, cells: Callable[[str], int]
) -> str:
    """Format a path with remaining times: `… 3 before ▸ load ~0:40 left ▸ … 2 more ▸ fit ~9:00`.

    The jobs up to the last that has ended are replaced by their number; but if all have ended, they
    are shown with their durations. Jobs that do not fit in `room` cells, measured by `cells`, are
    replaced by their number, too. The longest job is always named. The next to be named is the
    first that has not ended, then longer jobs before shorter ones.
    """
    states = model.statuses.states
    ended = [index for index, node_id in enumerate(path) if states[node_id] not in TO_RUN]
    is_over = len(ended) == len(path)
    skipped = 0 if is_over or not ended else ended[-1] + 1
    remaining = path[skipped:]
    skipped_words = f"… {skipped} before{_ARROW}" if skipped else ""
    steps = [_step(node_id, model) for node_id in remaining]
    seconds = [_shown_seconds(node_id, model) or 0.0 for node_id in remaining]
    chosen: set[int] = set()
    for index in _by_preference(seconds, runner_up=None if is_over else 0):
        words = skipped_words + _join_steps(steps, chosen | {index})
        if not chosen or cells(words) <= room:
            chosen.add(index)
    return skipped_words + _join_steps(steps, chosen)


def _by_preference(seconds: Sequence[float], runner_up: int | None) -> list[int]:
    """Return the indexes, the longest first; `runner_up` is second unless it is first.

    Of equally long jobs, the first and the last job of the path precede the others.
    """
    outermost = (len(seconds) - 1, 0)
    indexes = sorted(
        range(len(seconds)), key=lambda index: (-seconds[index], index not in outermost, index)
    )
    return indexes[:1] + sorted(indexes[1:], key=lambda index: index != runner_up)


def _join_steps(steps: Sequence[str], chosen: set[int]) -> str:
    """Join the chosen steps, with the number of those left out between them."""
    parts: list[str] = []
    for is_chosen, indexes in groupby(range(len(steps)), chosen.__contains__):
        adjacent = [steps[index] for index in indexes]
        parts += adjacent if is_chosen else [f"… {len(adjacent)} more"]
    return _ARROW.join(parts)


def _shown_seconds(node_id: str, model: ViewModel) -> float | None:
    """Return the remaining time of a job that can still run, the duration of one that ended."""
    own = weight(model.plan.nodes[node_id], model)
    if own is None:
        return None
    return own.remaining if model.statuses.states[node_id] in TO_RUN else own.whole


def _step(node_id: str, model: ViewModel) -> str:
    """Format a job and its time: `load 0:40`, `load ~0:40`, `load ~0:40 left`, or `load ?`."""
    name, state = model.plan.nodes[node_id].name, model.statuses.states[node_id]
    seconds = _shown_seconds(node_id, model)
    if seconds is None:
        return f"{name} ?"
    if state in TO_RUN:
        left = " left" if state is NodeState.RUNNING else ""
        return f"{name} ~{duration(seconds)}{left}"
    return f"{name} {duration(seconds)}" if seconds else name
