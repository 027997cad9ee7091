"""The filter of a pipeline, which hides jobs in every mode."""

from typing import Any, ClassVar

from studio_tui.presentation.lists.filter_terms import valid_terms
from studio_tui.presentation.pipelines.filters import PIPELINE_JOBS
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.pipelines.graph.cursor import Cursor
from studio_tui.tui.pipelines.graph.state import GraphState
from studio_tui.tui.widgets.prompt import LogPrompt, PromptKind

FILTER = PromptKind("&", PIPELINE_JOBS.hint, PIPELINE_JOBS.completions)


class Filtering:
    """Controller of the filter on a pipeline's page."""

    def __init__(self, state: GraphState, cursor: Cursor, prompt: LogPrompt) -> None:
        """Make a controller; `prompt` is the input of the filter."""
        self._state = state
        self._cursor = cursor
        self._prompt = prompt
        self._before = ""
        """The filter before the prompt was opened."""
        self._from: str | None = None
        """The cursor's place before the prompt was opened."""

    def ask(self) -> None:
        """Open the prompt with the current filter, or with the search."""
        self._before, self._from = self._state.view.filter, self._cursor.here()
        begun = self._before or self._state.view.search
        self._prompt.ask(FILTER, begun)
        self.typed(begun)

    def typed(self, value: str) -> None:
        """Apply the valid part of the filter while it is typed."""
        terms, _ = valid_terms(value, PIPELINE_JOBS)
        self._state.change(filter=terms.text)
        self._stay()

    def done(self, value: str) -> None:
        """Apply the filter, if it is valid."""
        terms, problem = valid_terms(value, PIPELINE_JOBS)
        if problem:
            self._prompt.refuse(problem)
            return
        self._prompt.close()
        self._state.change(filter=terms.text)
        self._stay()

    def give_up(self) -> None:
        """Restore the previous filter and the cursor."""
        self._prompt.close()
        self._state.change(filter=self._before)
        self._stay()

    def clear(self) -> None:
        """Remove the filter."""
        self._state.change(filter="")

    def _stay(self) -> None:
        """Keep the cursor in its place, unless that is hidden."""
        only = self._state.shown_nodes()
        if self._from is not None and (only is None or self._from in only):
            self._cursor.go(self._from)

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "graph.filter",
            "ampersand",
            "filter",
            "Show only jobs that match a filter such as is:running or name~^embed; empty shows all",
            ask,
            lambda self: self._state.why_unknown(),
            display="&",
        ),
    )
