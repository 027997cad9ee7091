"""The filter of a pipeline: jobs that do not pass are left out in every mode."""

from typing import Any, ClassVar

from studio_tui.presentation.lists.filter_terms import understood
from studio_tui.presentation.pipelines.filters import PIPELINE_JOBS
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.pipelines.graph.cursor import Cursor
from studio_tui.tui.pipelines.graph.state import GraphState
from studio_tui.tui.widgets.prompt import Kind, LogPrompt

FILTER = Kind("&", PIPELINE_JOBS.hint, PIPELINE_JOBS.completions)


class Filtering:
    """Controller of the screen of a pipeline of which some jobs can be left out."""

    def __init__(self, state: GraphState, cursor: Cursor, prompt: LogPrompt) -> None:
        """Take the line on which a filter is typed."""
        self._state = state
        self._cursor = cursor
        self._prompt = prompt
        self._before = ""
        """The filter that there was when one began to be typed."""
        self._from: str | None = None
        """Where the cursor was then."""

    def why_unknown(self) -> str | None:
        """Return why there is nothing to leave out yet."""
        return self._state.why_unknown()

    def ask(self) -> None:
        """Let a filter be typed, beginning with the one that there is, or with the search."""
        self._before, self._from = self._state.view.filter, self._cursor.here()
        begun = self._before or self._state.view.search
        self._prompt.ask(FILTER, begun)
        self.typed(begun)

    def typed(self, value: str) -> None:
        """Show what passes as much of the filter as can be understood."""
        terms, _ = understood(value, PIPELINE_JOBS)
        self._state.change(filter=terms.text)
        self._stay()

    def done(self, value: str) -> None:
        """Keep the filter, if all of it can be understood."""
        terms, problem = understood(value, PIPELINE_JOBS)
        if problem:
            self._prompt.refuse(problem)
            return
        self._prompt.close()
        self._state.change(filter=terms.text)
        self._stay()

    def give_up(self) -> None:
        """Show what was shown before, with the cursor where it was."""
        self._prompt.close()
        self._state.change(filter=self._before)
        self._stay()

    def clear(self) -> None:
        """Show every job."""
        self._state.change(filter="")

    def _stay(self) -> None:
        """Put the cursor where it was, unless that is left out."""
        only = self._state.only()
        if self._from is not None and (only is None or self._from in only):
            self._cursor.go(self._from)

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "graph.filter",
            "ampersand",
            "filter",
            "Show only jobs that pass a filter such as is:running or name~^embed; empty shows all",
            ask,
            why_unknown,
            display="&",
        ),
    )
