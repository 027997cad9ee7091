"""The widgets with the lines above a pipeline."""

from collections.abc import Callable, Sequence

from rich.cells import cell_len

from studio_tui.presentation.cells import Tone
from studio_tui.presentation.pipelines.graph.critical import critical
from studio_tui.presentation.pipelines.graph.path_words import path_words
from studio_tui.presentation.pipelines.views.timeline import LEGEND, QUEUED, RUNNING, STARTING
from studio_tui.service.polling.pipeline_watch import PipelineWatch
from studio_tui.tui.pipelines.graph.head import head_parts, mode_parts, note_parts
from studio_tui.tui.pipelines.graph.memory import Mode
from studio_tui.tui.pipelines.graph.state import GraphState
from studio_tui.tui.widgets.bar import Bar, Part

SHORT_LEGEND = f"{QUEUED} queued  {STARTING} starting  {RUNNING} run"
_CRITICAL = " critical: "
LEGENDS = (LEGEND, SHORT_LEGEND)
"""Legends of the timeline, the longest first; the first that fits is used."""


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
        has_lanes = self._state.standing is not None and view.lanes and self._has_lanes()
        self.modes.left = mode_parts(view, len(self._matches()), has_lanes=has_lanes)
        marks = len(view.marks)
        said = [Part(f" {marks:,} marked ", Tone.ACCENT), Part("──", "rule")] if marks else []
        if view.mode is Mode.TIMELINE:
            taken = sum(cell_len(part.text) for part in (*self.modes.left, *said))
            room = self._width() - taken - len("  ──")
            legend = next((each for each in LEGENDS if len(each) < room), "")
            said += [Part(f" {legend} ", Tone.DIM), Part("──", "rule")] if legend else []
        self.modes.right = tuple(said)

    def show_head(self) -> None:
        """Update the lines about the state."""
        standing = self._state.standing
        if standing is None:
            return
        found = critical(self._state.known())
        # Without new answers an estimate would never decrease.
        is_told = found.left is not None and self._source.snapshot.error is None
        estimate = f"{found.words} " if is_told else ""
        self.head.right = (Part(estimate, Tone.STRONG),) if estimate else ()
        self.head.left = head_parts(standing, self._width())
        self.note.left = note_parts(standing)
        self.path.display = self._state.view.critical
        if self.path.display:
            reason = f" ({found.reason})" if found.reason else ""
            room = self._width() - cell_len(_CRITICAL + reason)
            words = path_words(found, self._state.known(), room, cell_len)
            said = f"{_CRITICAL}{words or 'no times are known yet'}{reason}"
            self.path.left = (Part(said, Tone.ACCENT),)
