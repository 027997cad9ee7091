"""The lines above a pipeline: its state, its problems, and the display options."""

from collections.abc import Callable, Collection, Iterable, Sequence

from rich.cells import cell_len

from studio_tui.api.states import PipelineState
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.format import duration, local_time, with_short_ids
from studio_tui.presentation.jobs.rows import first_line
from studio_tui.presentation.pipelines.graph.critical import critical, path_words
from studio_tui.presentation.pipelines.graph.loaded_pipeline import LoadedPipeline
from studio_tui.presentation.pipelines.graph.segments import bar
from studio_tui.presentation.pipelines.graph.statuses import (
    SHOWN_LOOKS,
    NodeState,
    counts,
    paused_words,
    root_words,
)
from studio_tui.presentation.pipelines.own_error import RootFailure, says_more, without_count
from studio_tui.presentation.pipelines.rows import state_cell
from studio_tui.presentation.pipelines.times import ended_at, pipeline_seconds
from studio_tui.presentation.pipelines.views.timeline import LEGEND, QUEUED, RUNNING, STARTING
from studio_tui.service.polling.pipeline_watch import PipelineWatch
from studio_tui.tui.pipelines.graph.lists import WAITED_FOR, WAITING
from studio_tui.tui.pipelines.graph.memory import DagPlace, Grouping, Mode
from studio_tui.tui.pipelines.graph.state import GraphState
from studio_tui.tui.widgets.bar import Bar, Part

BAR_WIDTH, NARROW_BAR_WIDTH = 24, 12
"""Width in cells of the bar of jobs by state, on a broad and on a narrow screen."""
NAME_ROOM = 24
"""Width of a pipeline's name on a narrow screen, in cells."""
_ESTIMATE = len(" ETA ~23h 59m from 2 runs ")
"""Cells reserved for an estimate beside the head, so that it can appear and disappear."""


def head_parts(loaded: LoadedPipeline, width: int) -> tuple[Part, ...]:
    """Return state, progress and counts of a pipeline for a line of `width` cells.

    Counts have names, and the bar is long, if that fits in all states, so that the format does not
    change while jobs are running.
    """
    if names_states(loaded, width):
        return _head_parts(loaded, is_wide=True, is_named=True)
    parts = _head_parts(loaded, is_wide=True, is_named=False)
    if _most_cells(loaded, parts, is_named=False) <= width:
        return parts
    return _head_parts(loaded, is_wide=False, is_named=False)


def names_states(loaded: LoadedPipeline, width: int) -> bool:
    """Return whether the head has room for the names of states beside their signs."""
    parts = _head_parts(loaded, is_wide=True, is_named=True)
    return _most_cells(loaded, parts, is_named=True) <= width


def _most_cells(loaded: LoadedPipeline, parts: Sequence[Part], *, is_named: bool) -> int:
    """Return the largest width of the head in any state, including an estimate."""
    jobs, numbers = len(str(len(loaded.plan.nodes))), loaded.statuses.numbers
    # No job becomes a schedule, so there is room for their number only if there are some.
    kinds = set(NodeState) - ({NodeState.SCHEDULE} if not numbers[NodeState.SCHEDULE] else set())
    counted = sum(len(f"✓{f' {kind.value} ' if is_named else ''} ") + jobs for kind in kinds)
    state = max(map(len, PipelineState)) - len(loaded.pipeline.status or "")
    before = parts[: len(parts) - len(counts(numbers))]
    taken = sum(cell_len(part.text) for part in before)
    return taken + max(state, 0) + jobs + counted + _ESTIMATE


def _head_parts(loaded: LoadedPipeline, *, is_wide: bool, is_named: bool) -> tuple[Part, ...]:
    pipeline, numbers = loaded.pipeline, loaded.statuses.numbers
    name = pipeline.name or pipeline.pipeline_id
    if not is_wide and len(name) > NAME_ROOM:
        name = f"{name[: NAME_ROOM - 1]}…"
    drawn = bar(numbers, BAR_WIDTH if is_wide else NARROW_BAR_WIDTH)
    return (
        Part(f" {name} ", Tone.STRONG),
        *_parts((state_cell(pipeline), Cell(" "), *drawn)),
        Part(f" {numbers[NodeState.DONE]}/{len(loaded.plan.nodes)}  "),
        *(
            Part(
                f"{count.glyph}{count.amount}{f' {count.name} ' if is_named else ''} ",
                count.tone if count.number else Tone.DIM,
            )
            for count in counts(numbers)
        ),
    )


def note_parts(loaded: LoadedPipeline) -> tuple[Part, ...]:
    """Return unusual conditions: a pause, failures, an error, warnings.

    If there are none, return the purpose of the pipeline, so that the rows below do not move.
    """
    pipeline = loaded.pipeline
    notes = []
    if loaded.statuses.state is PipelineState.PAUSED:
        words = ": ".join(filter(None, ("paused", paused_words(loaded.statuses))))
        notes.append(Part(f"‖ {words}", Tone.WARN))
    reason, error = _reason_and_error(loaded)
    if roots := root_words(loaded.statuses):
        notes.append(Part(f"{roots}: {with_short_ids(reason)}", Tone.BAD))
    if error:
        notes.append(Part(with_short_ids(error), Tone.BAD))
    if pipeline.warnings:
        # The number of warnings comes first, as the end of the line may be cut off.
        first, *others = pipeline.warnings
        counted = f"1 of {len(others) + 1}: " if others else ""
        notes.append(Part(f"⚠ {counted}{first}", Tone.WARN))
    notes += [Part(f"⚠ {flaw}", Tone.WARN) for flaw in loaded.plan.flaws]
    parts = [Part(" ")]
    for number, part in enumerate(notes):
        parts += [Part(" · ", Tone.DIM)] * (number > 0) + [part]
    if notes:
        return tuple(parts)
    target = f"rebuilds {pipeline.datasets}, " if pipeline.datasets else ""
    if pipeline.triggered_from and not pipeline.datasets:
        target = f"runs {pipeline.triggered_from} again, "
    created = f"{target}created {local_time(pipeline.created_at)}"
    if (ended := ended_at(pipeline, loaded.jobs)) is None:
        return (Part(f" {created}", Tone.DIM),)
    took = pipeline_seconds(pipeline, loaded.jobs, ended)
    lasted = "" if took is None else f", took {duration(took)}"
    return (Part(f" {created}{lasted}", Tone.DIM),)


def _reason_and_error(loaded: LoadedPipeline) -> tuple[str, str]:
    """Return why the first root failure failed, and the pipeline's error if it says more."""
    plan, message = loaded.plan, loaded.pipeline.error_message or ""
    failures = [
        RootFailure(plan.nodes[root], loaded.job(root)) for root in loaded.statuses.root_failures
    ]
    error = first_line(message)
    if not failures:
        return "", error
    # Of several, the one that Studio names.
    first = next((each for each in failures if each.is_named_in(message)), failures[0])
    named = ": ".join(filter(None, (first.node.name, first.why)))
    if not says_more(message, [first]):
        return named, ""
    if first.why in message if first.why else first.is_named_in(message):
        return without_count(error), ""
    return named, error


def mode_parts(view: DagPlace, found: int, *, has_lanes: bool) -> tuple[Part, ...]:
    """Return the modes, with the current one marked, and the active display options."""
    parts = [Part("── ", "rule")]
    for mode in Mode:
        look = "current" if mode is view.mode else Tone.DIM
        parts.append(Part(f" {mode.value} ", look, _do(f"graph.show_{mode.value}")))
    parts.append(Part(" ", "rule"))
    if view.problems:
        parts.append(Part("· ! only problems ", Tone.ACCENT, _do("graph.problems")))
    if view.filter:
        parts.append(Part(f"· & {view.filter} ", Tone.ACCENT, _do("graph.filter")))
    if view.critical:
        parts.append(Part("· C critical path ", Tone.ACCENT, _do("graph.critical")))
    if view.lanes and view.mode is Mode.TREE:
        words = "lanes" if has_lanes else "no lanes here"
        parts.append(Part(f"· B {words} ", Tone.ACCENT, _do("graph.lanes")))
    if view.all_edges and view.mode is Mode.GRAPH:
        parts.append(Part("· E all edges ", Tone.ACCENT, _do("graph.edges")))
    if view.follow:
        parts.append(Part("· f following ", Tone.ACCENT, _do("graph.follow")))
    if view.grouping is not Grouping.AUTO:
        words = "not grouped" if view.grouping is Grouping.NONE else f"by {view.grouping.value}"
        parts.append(Part(f"· b {words} ", Tone.ACCENT, _do("graph.group")))
    if view.search:
        parts.append(Part(f"· /{view.search} {found} found ", Tone.ACCENT, _do("graph.search")))
    return tuple(parts)


def _do(command_id: str) -> str:
    """Return the action string of a command."""
    return f"screen.do('{command_id}')"


def _parts(cells: Iterable[Cell]) -> tuple[Part, ...]:
    return tuple(Part(cell.text, cell.tone) for cell in cells)


_CRITICAL = " critical: "
_KIN = f"{WAITED_FOR} before it  {WAITING} after it"
_BARS = (LEGEND, f"{QUEUED} queued  {STARTING} starting  {RUNNING} run")


_SELF_EVIDENT_FIRST = (
    *(NodeState.DONE, NodeState.FAILED, NodeState.RUNNING, NodeState.UNKNOWN),
    *(NodeState.CANCELED, NodeState.QUEUED, NodeState.WAITING, NodeState.CANCELING),
    NodeState.SCHEDULE,
    NodeState.BLOCKED,
)
"""The order in which signs are left out where there is no room to explain all."""


def legend_of(mode: Mode, kinds: Collection[NodeState], room: int) -> str:
    """Return the legend of a mode's signs, in at most `room` cells; empty if nothing fits.

    `kinds` are the states to explain, in a mode that shows states by their signs alone.
    """
    if mode is Mode.TABLE:
        choices: Sequence[str] = (_KIN,)
    elif mode is Mode.TIMELINE:
        choices = (f"{LEGEND}  {_KIN}", *_BARS)
    else:
        present = [kind for kind in _SELF_EVIDENT_FIRST if kind in kinds]
        choices = [_states(set(present[count:])) for count in range(len(present))]
        if mode is Mode.TREE:
            choices = [*(f"{states}  {_KIN}" for states in choices), _KIN, *choices]
    return next((each for each in choices if cell_len(each) <= room), "")


def _states(kinds: Collection[NodeState]) -> str:
    return "  ".join(
        f"{SHOWN_LOOKS[kind].glyph} {kind.value}" for kind in NodeState if kind in kinds
    )


class Headlines:
    """Three lines about the whole pipeline, and an optional one about its critical path."""

    def __init__(
        self,
        state: GraphState,
        source: PipelineWatch,
        *,
        matches: Callable[[], Sequence[str]],
        width: Callable[[], int],
        has_lanes: Callable[[], bool],
    ) -> None:
        """Make the lines; `matches` returns the search results, `width` the available cells."""
        self.head = Bar(id="dag-head")
        self.note = Bar(id="dag-note")
        self.path = Bar(id="dag-path")
        self.modes = Bar(id="dag-modes", filler="─")
        self._state = state
        self._source = source
        self._matches = matches
        self._width = width
        self._has_lanes = has_lanes

    def show(self) -> None:
        """Update all lines."""
        self.show_head()
        view = self._state.view
        has_lanes = self._state.loaded is not None and view.lanes and self._has_lanes()
        self.modes.left = mode_parts(view, len(self._matches()), has_lanes=has_lanes)
        marks = len(view.marks)
        right = [Part(f" {marks:,} marked ", Tone.ACCENT), Part("──", "rule")] if marks else []
        taken = sum(cell_len(part.text) for part in (*self.modes.left, *right))
        if legend := self._legend(self._width() - taken - len("   ──")):
            right += [Part(f" {legend} ", Tone.DIM), Part("──", "rule")]
        self.modes.right = tuple(right)

    def _legend(self, room: int) -> str:
        """Return the legend of the present states, unless the head names them."""
        loaded = self._state.loaded
        kinds: Collection[NodeState] = ()
        if loaded is not None and not names_states(loaded, self._width()):
            kinds = [kind for kind, number in loaded.statuses.numbers.items() if number]
        return legend_of(self._state.view.mode, kinds, room)

    def show_head(self) -> None:
        """Update the lines about the state."""
        loaded = self._state.loaded
        if loaded is None:
            return
        path = critical(self._state.view_model())
        # Without new answers an estimate would never decrease.
        is_current = path.remaining is not None and self._source.snapshot.error is None
        estimate = f"{path.words} " if is_current else ""
        self.head.right = (Part(estimate, Tone.STRONG),) if estimate else ()
        self.head.left = head_parts(loaded, self._width())
        self.note.left = note_parts(loaded)
        self.path.display = self._state.view.critical
        if self.path.display:
            reason = f" ({path.reason})" if path.reason else ""
            room = self._width() - cell_len(_CRITICAL + reason)
            words = path_words(path, self._state.view_model(), room, cell_len)
            text = f"{_CRITICAL}{words or 'no times are known yet'}{reason}"
            self.path.left = (Part(text, Tone.ACCENT),)
