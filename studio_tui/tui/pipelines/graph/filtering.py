"""The filter of a pipeline, which hides jobs in every mode."""

from typing import Any, ClassVar

from studio_tui.presentation.lists.filter_terms import valid_terms
from studio_tui.presentation.pipelines.filters import PIPELINE_JOBS
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.pipelines.graph.cursor import Cursor
from studio_tui.tui.pipelines.graph.state import GraphState
from studio_tui.tui.widgets.prompt import LinePrompt, PromptKind

FILTER = PromptKind("&", PIPELINE_JOBS.hint, PIPELINE_JOBS.completions)


class Filtering:
    """Controller of the filter on a pipeline's page."""

    def __init__(self, state: GraphState, cursor: Cursor, prompt: LinePrompt) -> None:
        self._state = state
        self._cursor = cursor
        self._prompt = prompt
        self._filter_before = ""
        self._cursor_before: str | None = None

    def ask(self) -> None:
        """Open the prompt with the current filter; if there is none, with the search."""
        self._filter_before, self._cursor_before = self._state.view.filter, self._cursor.here()
        initial_text = self._filter_before or self._state.view.search
        self._prompt.ask(FILTER, initial_text)
        self.preview(initial_text)

    def preview(self, value: str) -> None:
        """Apply the valid part of the filter while it is typed."""
        terms, _ = valid_terms(value, PIPELINE_JOBS)
        self._apply(terms.text)

    def submit(self, value: str) -> None:
        """Apply the filter and close the prompt; if the filter is invalid, show why instead."""
        terms, problem = valid_terms(value, PIPELINE_JOBS)
        if problem:
            self._prompt.refuse(problem)
            return
        self._prompt.close()
        self._apply(terms.text)

    def cancel(self) -> None:
        """Close the prompt, and restore the previous filter and the cursor."""
        self._prompt.close()
        self._apply(self._filter_before)

    def clear(self) -> None:
        """Remove the filter."""
        self._state.change(filter="")

    def _apply(self, text: str) -> None:
        """Apply a filter, and return the cursor to its place before the prompt was opened."""
        self._state.change(filter=text)
        before = self._cursor_before
        if before is not None and not self._cursor.is_hidden(before):
            self._cursor.go(before)

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "graph.filter",
            "ampersand",
            "filter",
            "Show only jobs that match a filter such as is:running or name~^embed; empty shows all",
            ask,
            lambda self: self._state.why_unknown(),
        ),
    )
