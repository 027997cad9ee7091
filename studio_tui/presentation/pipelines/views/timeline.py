"""Gantt chart of a pipeline: when each job was queued, started, ran and ended.

Bars are facts, dots are estimates. Jobs with unknown times have no bar, but can have dots.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cached_property
from itertools import groupby
from math import ceil, inf, log
from typing import NamedTuple

from studio_tui.api.states import PipelineState
from studio_tui.presentation.cells import NOTHING, Cell, Tone
from studio_tui.presentation.jobs.states import LOOKS
from studio_tui.presentation.jobs.times import left_queue_at
from studio_tui.presentation.pipelines.graph.critical import weight
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.presentation.pipelines.graph.statuses import NodeState
from studio_tui.presentation.pipelines.graph.view_model import ViewModel

_DAY = 86400
_STEPS = (
    *(1, 2, 5, 10, 15, 30),
    *(60 * minutes for minutes in (1, 2, 5, 10, 15, 30)),
    *(3600 * hours for hours in (1, 2, 3, 6, 12)),
    *(_DAY * days for days in (1, 2, 7, 14, 28)),
)
"""Possible distances in seconds between labels."""
_LEAST_GAP = 3


def axis(start: datetime, seconds: float, width: int, zone: tzinfo) -> str:
    """Return time labels for an axis of `width` cells, which shows `seconds` from `start` on.

    Each label begins in the cell of its time in `zone`. There are none beyond the limits of
    `datetime`, or for a period too long for labels 28 days apart (a year in 100 cells).
    """
    fitting = (
        step for step in _STEPS if step * width >= seconds * (_label_width(step) + _LEAST_GAP)
    )
    step = next(fitting, None)
    line = ""
    if step is None:
        return line
    try:
        local_start = start.astimezone(zone).replace(tzinfo=None)
        tick = _rounded(local_start, step)
        while True:
            moment = tick.replace(tzinfo=zone).astimezone(UTC)
            # Clocks that are put forward skip an hour, which has no labels.
            is_on_clocks = moment.astimezone(zone).replace(tzinfo=None) == tick
            cell = int((moment - start).total_seconds() * width // seconds)
            label = _label(tick, step)
            if cell + len(label) > width:
                return line
            if is_on_clocks and cell >= 0 and (not line or cell > len(line)):
                line = line.ljust(cell) + label
            tick += timedelta(seconds=step)
    except (OverflowError, ValueError):
        return line


def _label_width(step: int) -> int:
    return len(_label(datetime.combine(date.min, time.min), step))


def _rounded(begin: datetime, step: int) -> datetime:
    """Return the last multiple of `step` seconds up to `begin`; steps of weeks start on Monday."""
    midnight = datetime.combine(begin.date(), time.min)
    if step < _DAY:
        return midnight + (begin - midnight) // timedelta(seconds=step) * timedelta(seconds=step)
    return midnight - timedelta(days=(begin.toordinal() - 1) % (step // _DAY))


def _label(tick: datetime, step: int) -> str:
    if step < 60:
        return f"{tick:%H:%M:%S}"
    # Midnight is labeled with the date, which has five cells like a time.
    return f"{tick:%H:%M}" if step < _DAY and tick.time() != time.min else f"{tick:%m-%d}"


QUEUED, STARTING, RUNNING, EITHER = "░▒█▓"
"""Characters of a bar.

`EITHER` is used if Studio sends neither when the job left the queue nor when its query started.
"""
AHEAD, NOW, BEYOND = "·┊→"
"""Characters for an estimate, for the current time, and for an estimate that ends off the axis."""
SIGN_NAMES = {
    QUEUED: "queued",
    STARTING: "starting",
    RUNNING: "run",
    EITHER: "queued or run",
    AHEAD: "estimate",
    BEYOND: "later",
    NOW: "now",
}
OBVIOUS_SIGNS_FIRST = (NOW, RUNNING, QUEUED, AHEAD, STARTING, BEYOND, EITHER)
"""The order in which signs are left out of a legend that has no room for all."""
NOT_KNOWN = Cell("times not known", Tone.DIM)

_ROOM_AHEAD = 0.2
"""Share of the visible period that is reserved for estimates while jobs remain."""
_SHORTEST, _GROWTH = 10.0, 1.25
"""The shortest axis in seconds, and the factor from each possible length to the next.

These lengths apply while jobs are yet to end. So the axis changes only when the known times need
the next longer axis.
"""

_ACTIVE = frozenset({NodeState.RUNNING, NodeState.QUEUED, NodeState.CANCELING})
"""States of jobs that were released and have not ended."""
_UNRELEASED = frozenset({NodeState.WAITING, NodeState.BLOCKED, NodeState.SCHEDULE})
"""States of jobs that Studio has not released, or never releases (SCHEDULE)."""


class _Phase(NamedTuple):
    """A part of a bar; times are in seconds relative to now, negative in the past."""

    begin: float
    end: float
    glyph: str
    tone: Tone


class _Period(NamedTuple):
    begin: float
    end: float


class Timeline:
    """The bars of a pipeline's jobs as of one moment; each bar is built when it is asked for."""

    def __init__(self, model: ViewModel, zone: tzinfo, width: int) -> None:
        """Initialize for bars of `width` cells, and times on the axis in `zone`."""
        self._model = model
        self._zone = zone
        self._width = max(2, width)
        self._known_phases = {
            node.id: tuple(_known_phases(node, model)) for node in model.plan.nodes.values()
        }
        self._earlier_attempts = {
            node.id: tuple(_earlier_attempts(node, model))
            for node in model.plan.nodes.values()
            if node.attempts
        }
        self._estimates = _estimates(model)

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Node ids, sorted by where their bars begin, then by depth; those without a bar last.

        The bars include earlier attempts.
        """
        depth = self._model.plan.depths
        begins = {
            node: min(
                (phase.begin for phase in (*self._earlier_attempts.get(node, ()), *phases)),
                default=inf,
            )
            for node, phases in self._known_phases.items()
        }
        return tuple(sorted(begins, key=lambda node: (begins[node], depth[node])))

    @cached_property
    def axis(self) -> str:
        """Time labels above the bars; empty if the times overflow `datetime`."""
        begin, end = self._visible_period
        try:
            start = self._model.now + timedelta(seconds=begin)
        except OverflowError:
            return ""
        return axis(start, (end - begin) * self._width / (self._width - 1), self._width, self._zone)

    @cached_property
    def signs(self) -> frozenset[str]:
        """The keys of `SIGN_NAMES` that occur in any bar, visible or not."""
        signs = {phase.glyph for phases in self._known_phases.values() for phase in phases}
        signs |= {RUNNING} if any(self._earlier_attempts.values()) else set()
        signs |= {AHEAD} if self._estimates else set()
        ends = (end for _, end in self._estimates.values())
        signs |= {BEYOND} if any(end > self._visible_period.end for end in ends) else set()
        return frozenset(signs | ({NOW} if self._is_active else set()))

    def bar(self, node_id: str) -> tuple[Cell, ...]:
        """Return the bar of a job as texts of one tone each, which together have `width` cells."""
        cells: list[tuple[str, Tone]] = [(" ", Tone.PLAIN)] * self._width
        for phase in (*self._known_phases[node_id], *self._earlier_attempts.get(node_id, ())):
            self._fill(cells, phase)
        if node_id in self._estimates:
            begin, end = self._estimates[node_id]
            self._fill(cells, _Phase(begin, end, AHEAD, Tone.DIM), over=" ")
            if end > self._visible_period.end:
                cells[-1] = (BEYOND, Tone.DIM)
        self._mark_end(cells, node_id)
        now = self._cell(0.0)
        if self._is_active and 0 <= now < self._width and cells[now][0] in {" ", AHEAD}:
            cells[now] = (NOW, Tone.DIM)
        return tuple(
            Cell("".join(glyph for glyph, _ in adjacent), tone)
            for tone, adjacent in groupby(cells, key=lambda cell: cell[1])
        )

    def note(self, node_id: str) -> Cell:
        """Return a note if a job that was released has no known times; else no text."""
        is_released = self._model.statuses.states[node_id] not in _UNRELEASED
        return NOT_KNOWN if is_released and not self._known_phases[node_id] else NOTHING

    @cached_property
    def _is_active(self) -> bool:
        """Whether a job is `_ACTIVE`, or is yet to end in a pipeline that has not ended."""
        statuses = self._model.statuses
        if any(statuses.numbers[state] for state in _ACTIVE):
            return True
        is_over = all(node.state.is_finished for node in statuses.plan.nodes.values())
        return not is_over and not statuses.state.is_finished

    @cached_property
    def _known_period(self) -> _Period:
        """The period of all known times, up to now while `_is_active`; at least one second long."""
        bars = (*self._known_phases.values(), *self._earlier_attempts.values())
        times = [
            moment for phases in bars for phase in phases for moment in (phase.begin, phase.end)
        ]
        times += [0.0] if self._is_active or not times else []
        begin, end = min(times), max(times)
        return _Period(begin, max(end, begin + 1.0))

    @cached_property
    def _visible_period(self) -> _Period:
        """The period that the axis shows.

        It is the known period plus, if jobs remain, space for estimates. It does not depend on the
        estimates, which change with each job that ends.
        """
        begin, end = self._known_period
        has_remaining = self._is_active and any(
            self._model.statuses.numbers[state] for state in (*_ACTIVE, NodeState.WAITING)
        )
        if not has_remaining:
            return self._known_period
        needed = (end - begin) / (1 - _ROOM_AHEAD)
        steps = ceil(log(max(1.0, needed / _SHORTEST), _GROWTH))
        return _Period(begin, begin + _SHORTEST * _GROWTH**steps)

    def _cell(self, seconds: float) -> int:
        """Return the cell of a time, possibly outside the axis.

        The last cell is left free for the final state of a job.
        """
        begin, end = self._visible_period
        return int((seconds - begin) * (self._width - 1) // (end - begin))

    def _fill(self, cells: list[tuple[str, Tone]], phase: _Phase, over: str | None = None) -> None:
        begin, end = self._cell(phase.begin), self._cell(phase.end)
        for cell in range(max(0, begin), min(max(end, begin + 1), self._width)):
            if over is None or cells[cell][0] == over:
                cells[cell] = (phase.glyph, phase.tone)

    def _mark_end(self, cells: list[tuple[str, Tone]], node_id: str) -> None:
        phases, state = self._known_phases[node_id], self._model.statuses.states[node_id]
        if phases and state in {NodeState.FAILED, NodeState.CANCELED}:
            begin, end = self._cell(phases[-1].begin), self._cell(phases[-1].end)
            look = self._model.statuses.look(node_id)
            if 0 <= (cell := max(end, begin + 1)) < self._width:
                cells[cell] = (look.glyph, look.tone)


def _known_phases(node: Node, model: ViewModel) -> Iterator[_Phase]:
    """Yield the known phases of a job in order."""
    job, state = model.job(node), model.statuses.states[node.id]
    if job is None or state in _UNRELEASED or state is NodeState.UNKNOWN:
        return
    if node.state.is_finished and job.finished_at is None:
        # The plan says that the job has ended, but the loaded run is older.
        return

    def seconds(moment: datetime | None) -> float | None:
        return (moment - model.now).total_seconds() if moment is not None else None

    end, run = seconds(job.finished_at) or 0.0, seconds(job.began_at)
    ready, left_queue = seconds(model.ready_at(node)), seconds(left_queue_at(job))
    first_known = run if run is not None else left_queue
    start = end if first_known is None else min(end, first_known)
    tone = model.statuses.look(node.id).tone
    if left_queue is None and state is not NodeState.QUEUED:
        if ready is not None:
            yield _Phase(min(ready, end), end, EITHER, tone)
        return
    queue_end = start if left_queue is None else min(left_queue, start)
    if ready is not None and ready < queue_end:
        yield _Phase(ready, queue_end, QUEUED, Tone.WAITING)
    if left_queue is not None and (queue_end < start or run is None):
        yield _Phase(queue_end, start if run is not None else end, STARTING, Tone.ACTIVE)
    if run is not None:
        yield _Phase(start, max(start, end), RUNNING, tone)


def _earlier_attempts(node: Node, model: ViewModel) -> Iterator[_Phase]:
    """Yield the earlier runs with known times, each followed by its state's glyph."""
    for run in node.attempts:
        job = model.jobs.get(run)
        if job is None or job.began_at is None or job.finished_at is None:
            # The run never started, has no known end, or is not loaded.
            continue
        look = LOOKS[job.state]
        begin = (job.began_at - model.now).total_seconds()
        end = max(begin, (job.finished_at - model.now).total_seconds())
        yield _Phase(begin, end, RUNNING, look.tone)
        yield _Phase(end, end, look.glyph, look.tone)


def _estimates(model: ViewModel) -> Mapping[str, Sequence[float]]:
    """Return the estimated start and end of nodes, in seconds from now.

    A node is left out if its remaining time is unknown or 0, or if a parent is neither done nor
    estimated.
    """
    if model.statuses.state is PipelineState.PAUSED:
        # Whether a queued job starts during a pause depends on the Studio.
        estimated_states = {NodeState.RUNNING}
    else:
        estimated_states = {NodeState.RUNNING, NodeState.QUEUED, NodeState.WAITING}
    estimates: dict[str, tuple[float, float]] = {}
    for node in model.plan.nodes.values():
        state = model.statuses.states[node.id]
        duration = weight(node, model) if state in estimated_states else None
        if duration is None:
            continue
        if all(
            parent in estimates or model.statuses.states[parent] is NodeState.DONE
            for parent in node.parents
        ):
            begin = max(
                (estimates[each][1] for each in node.parents if each in estimates), default=0.0
            )
            if duration.remaining:
                estimates[node.id] = (begin, begin + duration.remaining)
    return estimates
