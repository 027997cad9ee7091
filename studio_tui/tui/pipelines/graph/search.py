"""The search of a pipeline: incremental, and the cursor returns if it is canceled."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from studio_tui.presentation.format import plural
from studio_tui.presentation.lists.filter_terms import valid_terms
from studio_tui.presentation.pipelines.filters import PIPELINE_JOBS
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.pipelines.graph.cursor import Cursor
from studio_tui.tui.pipelines.graph.state import GraphState
from studio_tui.tui.widgets.prompt import LogPrompt, PromptKind

SEARCH = PromptKind("/", PIPELINE_JOBS.hint, PIPELINE_JOBS.completions)


class Search:
    """Controller of the search on a pipeline's page."""

    def __init__(
        self, state: GraphState, cursor: Cursor, prompt: LogPrompt, notify: Callable[[str], None]
    ) -> None:
        """Make a controller; `prompt` is the input of the search."""
        self._state = state
        self._cursor = cursor
        self._prompt = prompt
        self._notify = notify
        self._from: str | None = None
        """The cursor's place before the prompt was opened."""

    def ask(self) -> None:
        """Open the prompt."""
        self._from = self._cursor.here()
        self._prompt.ask(SEARCH, self._state.view.search)

    def typed(self, value: str) -> None:
        """Go to the first match after the initial place of the cursor."""
        self._state.change(search=value.strip())
        matches = self.matches()
        order = list(self._cursor.order())
        since = order.index(self._from) if self._from in order else 0
        if matches:
            ahead = set(order[since:])
            self._cursor.go(next((each for each in matches if each in ahead), matches[0]))

    def done(self, value: str) -> None:
        """Keep the search, if it is valid."""
        if problem := valid_terms(value, PIPELINE_JOBS)[1]:
            self._prompt.refuse(problem)
            return
        self._state.change(search=value.strip())
        self._prompt.close()
        matches, search = len(self.matches()), self._state.view.search
        if search and not matches:
            self._notify(f"Nothing matches {search}")
            self.clear()
        elif matches > 1:
            self._notify(
                f"{plural(matches, 'job')} found; n and N go through them, & shows only them"
            )

    def give_up(self) -> None:
        """Cancel the search, and restore the cursor."""
        self._prompt.close()
        self.clear()
        if self._from is not None:
            self._cursor.go(self._from)

    def clear(self) -> None:
        """Clear the search."""
        self._state.change(search="")

    def matches(self) -> Sequence[str]:
        """Return the matching nodes, in the order shown."""
        if self._state.loaded is None or not self._state.view.search:
            return ()
        wanted = self._state.matching_jobs(self._state.view.search)
        return [node_id for node_id in self._cursor.order() if node_id in wanted]

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "graph.search",
            "slash",
            "search",
            "Find jobs by words, is:failed, name~ and other terms of filters",
            ask,
            lambda self: self._state.why_unknown(),
            display="/",
        ),
    )
