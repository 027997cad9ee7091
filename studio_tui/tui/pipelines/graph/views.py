"""Shows one mode of a pipeline at a time."""

from collections.abc import Sequence
from typing import Any

from textual.screen import Screen

from studio_tui.api.states import JobState
from studio_tui.tui.pipelines.graph.drawing_view import DrawingView
from studio_tui.tui.pipelines.graph.memory import Mode
from studio_tui.tui.pipelines.graph.rows_view import RowsView
from studio_tui.tui.pipelines.graph.state import GraphState


class Views:
    """The rows and the drawing of a pipeline; the state determines which is shown."""

    def __init__(self, state: GraphState, screen: Screen[Any]) -> None:
        self.rows = RowsView(state)
        self.drawing = DrawingView(state, screen)
        self._state = state
        self._screen = screen
        self._shown_mode: Mode | None = None
        """`None` before Studio has answered."""
        self._shown_nodes: frozenset[str] | None = None
        """The nodes that passed the filter; `None` for all."""
        self._is_restored = False

    @property
    def shown(self) -> RowsView | DrawingView:
        """The view of the current mode."""
        return self.drawing if self._state.view.mode is Mode.GRAPH else self.rows

    @property
    def has_shown(self) -> bool:
        """Whether an answer of Studio has been shown."""
        return self._shown_mode is not None

    def switch(self) -> None:
        """Show the widget of the current mode, and hide the other one."""
        for view in (self.rows, self.drawing):
            view.widget.display = view is self.shown
        self.focus()

    def focus(self) -> None:
        self.shown.widget.focus()

    def show(self) -> None:
        """Show the rows or the drawing, with the cursor visible unless the reader scrolled away."""
        is_entered = self._shown_mode is not self._state.view.mode
        keeps_cursor = is_entered or self.shown.widget.shows_cursor
        if self._state.is_loaded:
            self._shown_mode = self._state.view.mode
        self._shown_nodes = self._state.shown_nodes()
        for view in (self.rows, self.drawing):
            if view is not self.shown:
                view.hide()
        self.shown.show()
        if keeps_cursor:
            self._screen.call_after_refresh(self._reveal)

    def repaint(self) -> None:
        """Repaint the lines that have changed; if other jobs pass the filter now, show them."""
        if self._state.shown_nodes() == self._shown_nodes:
            self.shown.repaint()
        else:
            self.show()

    def _reveal(self) -> None:
        self.shown.widget.reveal()

    def fit_size(self) -> None:
        """Fit the content to the new size, with the cursor visible."""
        if self.shown is self.rows:  # names and bars are as wide as fits
            self.rows.show()
        self._screen.call_after_refresh(self._reveal)

    def show_notice(self, problem: str | None) -> None:
        """Set the text shown in place of rows: `problem`, or once loaded, why no job is shown."""
        if problem is not None:
            self.rows.widget.notice = problem
        elif self._state.is_loaded:
            self.rows.widget.notice = self._state.empty_text()

    def restore_scroll(self) -> None:
        """Restore the scroll position, with the cursor visible."""
        self._is_restored = True
        self.shown.scroll_corner_to(self._state.view.left, self._state.view.top)
        self.shown.widget.reveal()

    def remember(self) -> None:
        """Save the place, unless the widgets have been removed, as when the app exits."""
        if not self.shown.widget.is_attached:
            return
        is_empty = not self.rows.widget.keys and self.drawing.canvas is None
        # The saved scroll position stays if nothing is shown, or until it has been restored.
        if self._is_restored and not is_empty:
            left, top = self.shown.widget.corner
            self._state.note(left=left, top=top)
        self._state.keep()

    def runs(self) -> Sequence[tuple[JobState, str]]:
        """Return state and run id of the jobs with a run that are visible or in visible groups."""
        loaded = self._state.loaded
        nodes = loaded.plan.nodes
        ids = [each for key in self.shown.in_sight() for each in self.shown.members(key)]
        return [
            (nodes[node_id].state, run)
            for node_id in ids
            if (run := nodes[node_id].run) is not None
        ]
