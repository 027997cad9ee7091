"""The search of a pipeline: it goes to the first match while it is typed, and back if given up."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from studio_tui.presentation.format import plural
from studio_tui.presentation.lists.filter_terms import understood
from studio_tui.presentation.pipelines.filters import PIPELINE_JOBS
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.pipelines.graph.cursor import Cursor
from studio_tui.tui.pipelines.graph.state import GraphState
from studio_tui.tui.widgets.prompt import Kind, LogPrompt

SEARCH = Kind("/", PIPELINE_JOBS.hint, PIPELINE_JOBS.completions)


class Search:
    """Controller of the screen of a pipeline in which jobs are looked for."""

    def __init__(
        self, state: GraphState, cursor: Cursor, prompt: LogPrompt, say: Callable[[str], None]
    ) -> None:
        """Take the line on which a search is typed."""
        self._state = state
        self._cursor = cursor
        self._prompt = prompt
        self._say = say
        self._from: str | None = None
        """Where the cursor was when a search began to be typed."""

    def why_unknown(self) -> str | None:
        """Return why there is nothing to look for yet."""
        return self._state.why_unknown()

    def ask(self) -> None:
        """Let a search be typed."""
        self._from = self._cursor.here()
        self._prompt.ask(SEARCH, self._state.view.search)

    def typed(self, value: str) -> None:
        """Go to the first match from where the search began."""
        self._state.change(search=value.strip())
        matches = self.matches()
        order = list(self._cursor.order())
        since = order.index(self._from) if self._from in order else 0
        if matches:
            ahead = set(order[since:])
            self._cursor.go(next((each for each in matches if each in ahead), matches[0]))

    def done(self, value: str) -> None:
        """Keep the search for going on with it, if all of it can be understood."""
        if problem := understood(value, PIPELINE_JOBS)[1]:
            self._prompt.refuse(problem)
            return
        self._state.change(search=value.strip())
        self._prompt.close()
        matches, search = len(self.matches()), self._state.view.search
        if search and not matches:
            self._say(f"Nothing is found by {search}")
            self.clear()
        elif matches > 1:
            self._say(f"{plural(matches, 'job')} found; n and N go through them, & shows only them")

    def give_up(self) -> None:
        """Go back to where the search began."""
        self._prompt.close()
        self.clear()
        if self._from is not None:
            self._cursor.go(self._from)

    def clear(self) -> None:
        """Search for nothing."""
        self._state.change(search="")

    def matches(self) -> Sequence[str]:
        """Return the nodes that the search finds, in the order that is in sight."""
        if self._state.standing is None or not self._state.view.search:
            return ()
        wanted = self._state.found(self._state.view.search)
        return [node_id for node_id in self._cursor.order() if node_id in wanted]

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "graph.search",
            "slash",
            "search",
            "Go to jobs by words, is:failed, name~ and what else filters of lists can ask for",
            ask,
            why_unknown,
            display="/",
        ),
    )
