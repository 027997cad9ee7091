"""The search and the filter of a pipeline, which apply while the user types and until `escape`."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from studio_tui.presentation.format import plural
from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.presentation.pipelines.filters import PIPELINE_JOBS
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.pipelines.graph.cursor import Cursor
from studio_tui.tui.pipelines.graph.state import GraphState
from studio_tui.tui.widgets.prompt import LinePrompt, PromptKind

SEARCH = PromptKind("/", PIPELINE_JOBS.hint, PIPELINE_JOBS.completions)
FILTER = PromptKind("&", PIPELINE_JOBS.hint, PIPELINE_JOBS.completions)


class _Prompted:
    """A controller with a prompt; it remembers the cursor and the view from before the prompt."""

    def __init__(self, state: GraphState, cursor: Cursor, prompt: LinePrompt) -> None:
        self._state = state
        self._cursor = cursor
        self._prompt = prompt
        self._cursor_before: str | None = None
        self._view_before = state.view

    def _open(self, kind: PromptKind, initial_text: str) -> None:
        self._cursor_before, self._view_before = self._cursor.here(), self._state.view
        self._prompt.ask(kind, initial_text)

    def _valid_part(self, value: str) -> str:
        """Return the valid terms of what is typed, and show why others are invalid."""
        terms = Terms(value, PIPELINE_JOBS)
        self._prompt.show_problem(terms.problem)
        return terms.text

    def _close_if_valid(self, value: str) -> bool:
        """Close the prompt and return True; if `value` is invalid, say why, and return False."""
        if problem := Terms(value, PIPELINE_JOBS).problem:
            self._prompt.refuse(problem)
            return False
        self._prompt.close()
        return True


class Search(_Prompted):
    """Controller of the search on a pipeline's page, which moves the cursor."""

    def __init__(
        self, state: GraphState, cursor: Cursor, prompt: LinePrompt, notify: Callable[[str], None]
    ) -> None:
        super().__init__(state, cursor, prompt)
        self._notify = notify

    def ask(self) -> None:
        self._open(SEARCH, self._state.view.search)

    def preview(self, value: str) -> None:
        """Search; go to the first match from the cursor before the prompt on, else to the first."""
        self._valid_part(value)
        self._state.change(search=value.strip())
        matches = self.matches()
        order, before = list(self._cursor.order()), self._cursor_before
        begin = order.index(before) if before in order else 0
        if matches:
            ahead = set(order[begin:])
            self._cursor.go(next((each for each in matches if each in ahead), matches[0]))

    def submit(self, value: str) -> None:
        """Close the prompt and keep the search if anything matches; if it is invalid, show why."""
        if not self._close_if_valid(value):
            return
        self._state.change(search=value.strip())
        matches, search = len(self.matches()), self._state.view.search
        if search and not matches:
            self._notify(f"Nothing matches {search}")
            self._restore()
        elif matches > 1:
            self._notify(
                f"{plural(matches, 'job')} found; n and N go through them, & shows only them"
            )

    def cancel(self) -> None:
        """Close the prompt, cancel the search, and restore all that it has changed."""
        self._prompt.close()
        self._restore()

    def _restore(self) -> None:
        kept = ("filter", "problems", "folds", "opened")
        before = {name: getattr(self._view_before, name) for name in kept}
        self._state.change(search="", **before)
        if self._cursor_before is not None:
            self._cursor.go(self._cursor_before)

    def matches(self) -> Sequence[str]:
        """Return the nodes that match the search, in the order shown; none without a search."""
        if not (self._state.is_loaded and self._state.view.search):
            return ()
        matching = self._state.matching_jobs(self._state.view.search)
        return [node_id for node_id in self._cursor.order() if node_id in matching]

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "graph.search",
            "slash",
            "search",
            "Find jobs by words, is:failed, name~ and other terms of filters",
            ask,
            lambda self: self._state.why_unknown(),
        ),
    )


class Filtering(_Prompted):
    """Controller of the filter on a pipeline's page, which hides jobs in every mode."""

    def ask(self) -> None:
        """Open the prompt with the current filter; if there is none, with the search."""
        initial_text = self._state.view.filter or self._state.view.search
        self._open(FILTER, initial_text)
        self.preview(initial_text)

    def preview(self, value: str) -> None:
        """Apply the valid part of the filter while it is typed."""
        self._apply(self._valid_part(value))

    def submit(self, value: str) -> None:
        """Apply the filter and close the prompt; if the filter is invalid, show why instead."""
        if self._close_if_valid(value):
            self.preview(value)

    def cancel(self) -> None:
        """Close the prompt, and restore the previous filter and the cursor."""
        self._prompt.close()
        self._apply(self._view_before.filter)

    def _apply(self, text: str) -> None:
        """Apply a filter; the cursor returns to its place before the prompt, if it is shown."""
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
