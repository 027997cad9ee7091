"""The widgets with the lines above a pipeline."""

from collections.abc import Callable, Mapping, Sequence

from rich.cells import cell_len

from studio_tui.presentation.cells import Tone
from studio_tui.presentation.pipelines.graph.critical import critical
from studio_tui.presentation.pipelines.graph.path_words import path_words
from studio_tui.presentation.pipelines.graph.statuses import SHOWN_LOOKS, NodeState
from studio_tui.presentation.pipelines.views.timeline import LEGEND, QUEUED, RUNNING, STARTING
from studio_tui.service.polling.pipeline_watch import PipelineWatch
from studio_tui.tui.pipelines.graph.head import head_parts, mode_parts, names_states, note_parts
from studio_tui.tui.pipelines.graph.lists import WAITED_FOR, WAITING
from studio_tui.tui.pipelines.graph.memory import Mode
from studio_tui.tui.pipelines.graph.state import GraphState
from studio_tui.tui.widgets.bar import Bar, Part

_CRITICAL = " critical: "
_KIN = f"{WAITED_FOR} before it  {WAITING} after it"
_BARS = (LEGEND, f"{QUEUED} queued  {STARTING} starting  {RUNNING} run")


def _states(*kinds: NodeState) -> str:
    return "  ".join(f"{SHOWN_LOOKS[kind].glyph} {kind.value}" for kind in kinds)


_MANY = _states(
    NodeState.QUEUED, NodeState.FAILED, NodeState.BLOCKED, NodeState.WAITING, NodeState.CANCELED
)
_FEW = _states(NodeState.QUEUED, NodeState.BLOCKED, NodeState.WAITING)
LEGENDS: Mapping[Mode, Sequence[str]] = {
    Mode.TREE: (f"{_MANY}  {_KIN}", f"{_FEW}  {_KIN}", _MANY, _FEW),
    Mode.GRAPH: (
        _states(*(kind for kind in NodeState if kind is not NodeState.UNKNOWN)),
        _MANY,
        _FEW,
    ),
    Mode.TIMELINE: (f"{LEGEND}  {_KIN}", *_BARS),
    Mode.TABLE: (_KIN,),
}
"""Legends by mode, the longest first; the first that fits is used."""
_WIDE_LEGENDS = {**LEGENDS, Mode.TREE: (_KIN,), Mode.GRAPH: ()}
"""Legends if the head has room for the names of states."""


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
        said = [Part(f" {marks:,} marked ", Tone.ACCENT), Part("──", "rule")] if marks else []
        taken = sum(cell_len(part.text) for part in (*self.modes.left, *said))
        if legend := self._legend(self._width() - taken - len("  ──")):
            said += [Part(f" {legend} ", Tone.DIM), Part("──", "rule")]
        self.modes.right = tuple(said)

    def _legend(self, room: int) -> str:
        """Return the longest legend of the mode that fits in `room` cells; empty if none does."""
        view, loaded = self._state.view, self._state.loaded
        is_wide = loaded is not None and names_states(loaded, self._width())
        legends = (_WIDE_LEGENDS if is_wide else LEGENDS)[view.mode]
        return next((each for each in legends if cell_len(each) < room), "")

    def show_head(self) -> None:
        """Update the lines about the state."""
        loaded = self._state.loaded
        if loaded is None:
            return
        found = critical(self._state.view_model())
        # Without new answers an estimate would never decrease.
        is_told = found.left is not None and self._source.snapshot.error is None
        estimate = f"{found.words} " if is_told else ""
        self.head.right = (Part(estimate, Tone.STRONG),) if estimate else ()
        self.head.left = head_parts(loaded, self._width())
        self.note.left = note_parts(loaded)
        self.path.display = self._state.view.critical
        if self.path.display:
            reason = f" ({found.reason})" if found.reason else ""
            room = self._width() - cell_len(_CRITICAL + reason)
            words = path_words(found, self._state.view_model(), room, cell_len)
            said = f"{_CRITICAL}{words or 'no times are known yet'}{reason}"
            self.path.left = (Part(said, Tone.ACCENT),)
