"""What the controllers of a log view need of it."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from textual.widget import Widget

from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.tui.logs.view.pane import LogPane
from studio_tui.tui.widgets.prompt import Kind


class Reader(Protocol):
    """The log view, as far as its controllers need it."""

    following: bool
    """Whether the view stays at the end as lines come."""
    is_all_here: bool
    """Whether the whole log is here."""

    @property
    def store(self) -> LogStore | None:
        """The log that is shown."""

    @property
    def pane(self) -> LogPane:
        """The rows."""

    def settle(self) -> None:
        """Put window, bar, pill and words where they belong now."""

    def say(self, words: str, still: Callable[[], bool] = ...) -> None:
        """Say something safe below the rows as long as it is `still` so, and nothing else is."""

    def unsay(self) -> None:
        """Take back what was said; it goes when the view settles."""

    def ask(self, kind: Kind, value: str = "") -> None:
        """Ask for a line of text."""

    def why_no_log(self) -> str | None:
        """Return why there is nothing to read, in words; `None` when there is."""

    def go(self, start: int) -> None:
        """Make the line at `start` the reader's and show it, a third of the way down."""


class WorkGroup:
    """Workers of a widget of which one runs at a time: a new one ends the one before."""

    def __init__(self, node: Widget, name: str) -> None:
        """Take whose workers they are, and the name of their group."""
        self._node = node
        self._name = name

    def run(self, work: Callable[[], Awaitable[None]], name: str) -> None:
        """Run a coroutine function instead of what is under way."""
        self._node.run_worker(work, name=name, group=self._name, exclusive=True)

    def cancel(self) -> None:
        """End what is under way."""
        self._node.workers.cancel_group(self._node, self._name)
