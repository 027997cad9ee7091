"""The lines above a pipeline: its state, its problems, and the display options."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from studio_tui import clock
from studio_tui.api.states import PipelineState
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.format import duration, local_time, plural, with_short_ids
from studio_tui.presentation.jobs.rows import first_line
from studio_tui.presentation.pipelines.facts import own_error, warnings_of, why_failed
from studio_tui.presentation.pipelines.graph.critical import critical_path_of, path_words
from studio_tui.presentation.pipelines.graph.estimate import estimate_of
from studio_tui.presentation.pipelines.graph.segments import bar
from studio_tui.presentation.pipelines.graph.statuses import (
    SHOWN_LOOKS,
    NodeState,
    counts,
    paused_words,
)
from studio_tui.presentation.pipelines.graph.view_model import LoadedPipeline
from studio_tui.presentation.pipelines.rows import state_cell
from studio_tui.presentation.pipelines.times import ended_at, pipeline_seconds
from studio_tui.presentation.pipelines.views.timeline import OBVIOUS_SIGNS_FIRST, SIGN_NAMES
from studio_tui.presentation.pipelines.views.tree import WAITED_FOR, WAITING
from studio_tui.tui.pipelines.graph.drawing_view import MOST_WITHOUT_THREAD
from studio_tui.tui.pipelines.graph.memory import DagPlace, Grouping, Mode
from studio_tui.tui.pipelines.listed_estimates import UPDATE_INTERVAL
from studio_tui.tui.widgets.bar import Bar, Part

if TYPE_CHECKING:
    from studio_tui.tui.pipelines.graph.screen import PipelineScreen

BAR_WIDTH, NARROW_BAR_WIDTH = 24, 12
"""Width in cells of the bar that shows the shares of states, on a broad and a narrow screen."""
NAME_ROOM = 24
_ESTIMATE = len(" ETA ~22h 59m, from 2 runs ")
"""Cells reserved for an estimate, which appears and disappears."""


def head_parts(loaded: LoadedPipeline, width: int) -> tuple[Part, ...]:
    """Return name, state, bar and counts of a pipeline for a line of `width` cells.

    Counts have the names of states if these fit. If the line does not fit without them either, the
    bar and the pipeline's name are shortened. What fits is decided for the longest line that the
    pipeline can get, so that nothing moves.
    """
    for is_named in (True, False):
        parts = _head_parts(loaded, is_wide=True, is_named=is_named)
        if _most_cells(loaded, parts, is_named=is_named) <= width:
            return parts
    return _head_parts(loaded, is_wide=False, is_named=False)


def has_room_for_state_names(loaded: LoadedPipeline, width: int) -> bool:
    """Whether a head of `width` cells has room for the names of states beside their signs."""
    parts = _head_parts(loaded, is_wide=True, is_named=True)
    return _most_cells(loaded, parts, is_named=True) <= width


def _most_cells(loaded: LoadedPipeline, parts: Sequence[Part], *, is_named: bool) -> int:
    """Return the width that the head has at most, whatever its jobs do."""
    digits, numbers = len(str(len(loaded.plan.nodes))), loaded.statuses.numbers
    # A job never becomes a schedule, so cells are reserved only if there are schedules now.
    kinds = set(NodeState) - ({NodeState.SCHEDULE} if not numbers[NodeState.SCHEDULE] else set())
    all_counts = sum(len(f"✓{f' {kind.value} ' if is_named else ''} ") + digits for kind in kinds)
    longer_status = max(map(len, PipelineState)) - len(loaded.pipeline.status or "")
    before_counts = parts[: len(parts) - len(counts(numbers))]
    taken = sum(cell_len(part.text) for part in before_counts)
    # The number of complete jobs, before `/`, can still get as many digits as that of all jobs.
    return taken + max(longer_status, 0) + digits + all_counts + _ESTIMATE


def _head_parts(loaded: LoadedPipeline, *, is_wide: bool, is_named: bool) -> tuple[Part, ...]:
    pipeline, numbers = loaded.pipeline, loaded.statuses.numbers
    name = pipeline.name or pipeline.pipeline_id
    if not is_wide and len(name) > NAME_ROOM:
        name = f"{name[: NAME_ROOM - 1]}…"
    bar_cells = bar(numbers, BAR_WIDTH if is_wide else NARROW_BAR_WIDTH)
    return (
        Part(f" {name} ", Tone.STRONG),
        *(Part(cell.text, cell.tone) for cell in (state_cell(pipeline), Cell(" "), *bar_cells)),
        Part(f" {numbers[NodeState.DONE]}/{len(loaded.plan.nodes)}  "),
        *(
            Part(
                f"{count.glyph}{count.number_text}{f' {count.name} ' if is_named else ''} ",
                count.tone if count.number else Tone.DIM,
            )
            for count in counts(numbers)
        ),
    )


def note_parts(loaded: LoadedPipeline, removed: int) -> tuple[Part, ...]:
    """Return what needs attention; if nothing does, what the pipeline rebuilds, and when.

    The line is never empty, so that the rows below it do not move. `removed` jobs are mentioned.
    """
    pipeline = loaded.pipeline
    notes = []
    if loaded.statuses.state is PipelineState.PAUSED:
        words = ": ".join(filter(None, ("paused", paused_words(loaded.statuses))))
        notes.append(Part(f"‖ {words}", Tone.WARN))
    if removed:
        notes.append(Part(f"{removed:,} removed (Z)", Tone.WARN))
    roots = loaded.statuses.root_failures
    first_root = [loaded.plan.nodes[root] for root in roots[:1]]
    for node in first_root:
        reason = ": ".join(filter(None, (node.name, why_failed(node, loaded.jobs))))
        count = plural(len(roots), "root failure")
        notes.append(Part(f"{count}: {with_short_ids(reason)}", Tone.BAD))
    if error := first_line(own_error(pipeline, first_root, loaded.jobs)):
        notes.append(Part(with_short_ids(error), Tone.BAD))
    if warnings := warnings_of(pipeline):
        # The number of warnings comes first, as the end of the line may be cut off.
        first, *others = warnings
        position = f"1 of {len(others) + 1}: " if others else ""
        notes.append(Part(f"⚠ {position}{first}", Tone.WARN))
    notes += [Part(f"⚠ {flaw}", Tone.WARN) for flaw in loaded.plan.flaws]
    if len(notes) == (removed > 0):
        notes.insert(0, Part(_origin_words(loaded), Tone.DIM))
    parts = [Part(" ")]
    for number, part in enumerate(notes):
        parts += [Part(" · ", Tone.DIM)] * (number > 0) + [part]
    return tuple(parts)


def _origin_words(loaded: LoadedPipeline) -> str:
    """Return what a pipeline rebuilds, when it was created, and how long it took."""
    pipeline = loaded.pipeline
    target = f"rebuilds {pipeline.datasets}, " if pipeline.datasets else ""
    if pipeline.triggered_from and not pipeline.datasets:
        target = f"runs {pipeline.triggered_from} again, "
    created = f"{target}created {local_time(pipeline.created_at)}"
    if (ended := ended_at(pipeline, loaded.jobs)) is None:
        return created
    took = pipeline_seconds(pipeline, loaded.jobs, ended)
    lasted = "" if took is None else f", took {duration(took)}"
    return f"{created}{lasted}"


def mode_parts(view: DagPlace, match_count: int, *, has_lanes: bool) -> tuple[Part, ...]:
    """Return the modes, with the current one marked, and the display options that are on."""
    parts = [Part("── ", "rule")]
    for mode in Mode:
        look = "current" if mode is view.mode else Tone.DIM
        parts.append(Part(f" {mode.value} ", look, f"screen.show_mode('{mode.value}')"))
    parts.append(Part(" ", "rule"))
    lanes = "lanes" if has_lanes else "no lanes here"
    grouped = "not grouped" if view.grouping is Grouping.NONE else f"by {view.grouping.value}"
    options = (
        (view.problems, "! only problems", "problems"),
        (view.filter, f"& {view.filter}", "filter"),
        (view.critical, "C critical path", "critical"),
        (view.lanes and view.mode is Mode.TREE, f"B {lanes}", "lanes"),
        (view.all_edges and view.mode is Mode.GRAPH, "E all edges", "edges"),
        (view.grouping is not Grouping.AUTO, f"b {grouped}", "group"),
        (view.search, f"/{view.search} {match_count} found", "search"),
    )
    for is_on, words, command in options:
        if is_on:
            parts.append(Part(f"· {words} ", Tone.ACCENT, f"screen.do('graph.{command}')"))
    return tuple(parts)


_CRITICAL = " critical: "
_ARROWS = f"{WAITED_FOR} upstream  {WAITING} downstream"
_OBVIOUS_STATES_FIRST = (
    *(NodeState.DONE, NodeState.FAILED, NodeState.RUNNING, NodeState.UNKNOWN),
    *(NodeState.CANCELED, NodeState.QUEUED, NodeState.WAITING, NodeState.CANCELING),
    NodeState.SCHEDULE,
    NodeState.BLOCKED,
)
_STATE_TEXTS = {kind: f"{SHOWN_LOOKS[kind].glyph} {kind.value}" for kind in NodeState}
_SIGN_TEXTS = {sign: f"{sign} {name}" for sign, name in SIGN_NAMES.items()}
_LEGEND = (*_STATE_TEXTS.values(), *_SIGN_TEXTS.values(), _ARROWS)
"""All that legends explain, in the order shown."""


def legend_of(
    mode: Mode, kinds: Collection[NodeState], room: int, legend_signs: Collection[str] = ()
) -> str:
    """Return a legend of a mode's signs for `room` cells, without the most obvious if necessary.

    It is empty if none fits. `kinds` are the states to explain in the tree and the graph,
    `legend_signs` the signs of bars.
    """
    states = [_STATE_TEXTS[kind] for kind in _OBVIOUS_STATES_FIRST if kind in kinds]
    signs = [_SIGN_TEXTS[sign] for sign in OBVIOUS_SIGNS_FIRST if sign in legend_signs]
    obvious_first = {
        Mode.TREE: [*states, _ARROWS],
        Mode.GRAPH: states,
        Mode.TIMELINE: [_ARROWS, *signs],
        Mode.TABLE: [_ARROWS],
    }[mode]
    for omitted in range(len(obvious_first)):
        legend = "  ".join(sorted(obvious_first[omitted:], key=_LEGEND.index))
        if cell_len(legend) <= room:
            return legend
    return ""


class Headlines:
    """The lines above the jobs: the state, notes, modes, and on request the critical path."""

    def __init__(self, page: "PipelineScreen") -> None:
        self.head = Bar(id="dag-head")
        self.note = Bar(id="dag-note")
        self.path = Bar(id="dag-path")
        self.modes = Bar(id="dag-modes", filler="─")
        self._page = page
        self._state = page.state
        self._head_shown_at = 0.0
        """Of the monotonic clock."""

    def show(self) -> None:
        self.show_status()
        view = self._state.view
        has_lanes = self._state.is_loaded and view.lanes and self._state.structure.has_lanes
        matches = self._page.search.matches()
        self.modes.left = mode_parts(view, len(matches), has_lanes=has_lanes)
        marks, hidden_marks = len(view.marks), len(self._state.hidden_marks())
        marked = f"{marks:,} marked{f', {hidden_marks:,} hidden' if hidden_marks else ''}"
        right = [Part(f" {marked} ", Tone.ACCENT), Part("──", "rule")] if marks else []
        taken = sum(cell_len(part.text) for part in (*self.modes.left, *right))
        if legend := self._legend(self._page.size.width - taken - len("   ──")):
            right += [Part(f" {legend} ", Tone.DIM), Part("──", "rule")]
        self.modes.right = tuple(right)

    def _legend(self, room: int) -> str:
        loaded = self._state.loaded
        kinds: Collection[NodeState] = ()
        if not has_room_for_state_names(loaded, self._page.size.width):
            kinds = [kind for kind, number in loaded.statuses.numbers.items() if number]
        signs = self._page.views.rows.legend_signs()
        return legend_of(self._state.view.mode, kinds, room, signs)

    def pass_time(self) -> None:
        """Update the head as time passes; for many jobs, which is slow, every `UPDATE_INTERVAL`."""
        is_large = len(self._state.loaded.plan.nodes) > MOST_WITHOUT_THREAD
        if not is_large or clock.monotonic() - self._head_shown_at >= UPDATE_INTERVAL:
            self.show_status()

    def show_status(self) -> None:
        """Update the lines about the state, the notes and the critical path."""
        loaded = self._state.loaded
        if not self._state.is_loaded:
            return
        self._head_shown_at = clock.monotonic()
        model = self._state.view_model()
        estimate = estimate_of(model)
        # Without new answers an estimate would never decrease.
        is_current = estimate.remaining is not None and self._page.source.snapshot.error is None
        self.head.right = (Part(f"{estimate.words} ", Tone.STRONG),) if is_current else ()
        self.head.left = head_parts(loaded, self._page.size.width)
        self.note.left = note_parts(loaded, len(self._page.graph_jobs.removed_jobs()))
        self.path.display = self._state.view.critical
        if self.path.display:
            if estimate.reason:
                # The reason for no estimate is not on the line of the path, which has estimates.
                self.note.left += (Part(f" · {estimate.reason}", Tone.DIM),)
            room = self._page.size.width - cell_len(_CRITICAL)
            words = path_words(critical_path_of(model), model, room, cell_len)
            text = f"{_CRITICAL}{words or 'no times are known'}"
            self.path.left = (Part(text, Tone.ACCENT),)
