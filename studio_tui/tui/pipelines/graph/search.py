"""The search of a pipeline: the cursor moves while the user types, and returns on escape."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from studio_tui.presentation.format import plural
from studio_tui.presentation.lists.filter_terms import valid_terms
from studio_tui.presentation.pipelines.filters import PIPELINE_JOBS
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.pipelines.graph.cursor import Cursor
from studio_tui.tui.pipelines.graph.state import GraphState
from studio_tui.tui.widgets.prompt import LinePrompt, PromptKind

SEARCH = PromptKind("/", PIPELINE_JOBS.hint, PIPELINE_JOBS.completions)


class Search:
    """Controller of the search on a pipeline's page."""

    def __init__(
        self, state: GraphState, cursor: Cursor, prompt: LinePrompt, notify: Callable[[str], None]
    ) -> None:
        self._state = state
        self._cursor = cursor
        self._prompt = prompt
        self._notify = notify
        self._cursor_before: str | None = None
        self._view_before = state.view

    def ask(self) -> None:
        """Open the prompt."""
        self._cursor_before, self._view_before = self._cursor.here(), self._state.view
        self._prompt.ask(SEARCH, self._state.view.search)

    def preview(self, value: str) -> None:
        """Search, and go to the first match from the former cursor on, else to the first of all."""
        self._state.change(search=value.strip())
        matches = self.matches()
        order, before = list(self._cursor.order()), self._cursor_before
        begin = order.index(before) if before in order else 0
        if matches:
            ahead = set(order[begin:])
            self._cursor.go(next((each for each in matches if each in ahead), matches[0]))

    def submit(self, value: str) -> None:
        """Close the prompt and keep the search if anything matches; if it is invalid, show why."""
        if problem := valid_terms(value, PIPELINE_JOBS)[1]:
            self._prompt.refuse(problem)
            return
        self._state.change(search=value.strip())
        self._prompt.close()
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
        before = self._view_before
        self._state.change(
            search="",
            filter=before.filter,
            problems=before.problems,
            folds=before.folds,
            opened=before.opened,
        )
        if self._cursor_before is not None:
            self._cursor.go(self._cursor_before)

    def clear(self) -> None:
        """Clear the search."""
        self._state.change(search="")

    def matches(self) -> Sequence[str]:
        """Return the nodes that match the search, in the order shown; none without a search."""
        if self._state.loaded is None or not self._state.view.search:
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
