"""The interface of a log view for its controllers."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from textual.widget import Widget

from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.tui.logs.view.pane import LogPane
from studio_tui.tui.logs.view.viewport import Row
from studio_tui.tui.widgets.prompt import PromptKind
from studio_tui.tui.widgets.workers import Work, start_worker


class Reader(Protocol):
    """The interface of a log view for its controllers."""

    following: bool
    """Whether the view stays at the end as lines arrive."""
    is_all_here: bool
    """Whether no more of the log will arrive."""

    @property
    def store(self) -> LogStore | None:
        """The shown log."""

    @property
    def pane(self) -> LogPane:
        """The rows."""

    def settle(self) -> None:
        """Update the rows, the scroll bar and the line below them, after any change."""

    def show_message(self, words: str, is_valid: Callable[[], bool] = ...) -> None:
        """Show a safe text below the rows, until it is cleared or `is_valid` returns False.

        The text is cleared when the user moves by rows, goes to a line, or ends a search.
        """

    def clear_message(self) -> None:
        """Remove the message at the next update."""

    def ask(self, kind: PromptKind, value: str = "") -> None:
        """Open the prompt with the text `value`."""

    def warn(self, kind: PromptKind, problem: str) -> None:
        """Show a problem in the prompt until something is typed, if it is open for `kind`."""

    def why_no_log(self) -> str | None:
        """Return why there is nothing to read, as a sentence; `None` if there is a log."""

    def go(self, start: int) -> None:
        """Make the line at `start` the current one and show it, a third of the way down."""


class Spot(NamedTuple):
    """The user's place in a log while it is shown; lines that arrive do not change it."""

    current: int | None
    """Start of the current line."""
    top: Row | None
    """The first visible row; `None` while following."""

    def starts(self) -> set[int]:
        """Return the starts of its lines."""
        return {start for start in (self.current, self.top and self.top.start) if start is not None}

    def moved(self, moved: Callable[[int], int | None]) -> "Spot":
        """Return the same place after lines have moved.

        `moved` returns the new start of a line; `None` if the line is gone.
        """
        current = None if self.current is None else moved(self.current)
        if self.top is None:
            return Spot(current, None)
        start = moved(self.top.start)
        if start is None:
            return Spot(current, Row(current or 0, 0))
        return Spot(current, Row(start, self.top.part))


def spot_of(view: Reader) -> Spot:
    window = None if view.following else view.pane.window
    return Spot(view.pane.current, window.top if window else None)


def return_to(view: Reader, spot: Spot) -> None:
    view.following = spot.top is None
    window = view.pane.window
    if window is not None and spot.top is not None:
        window.to(spot.top.start)
        window.move(spot.top.part)
    view.pane.current = spot.current


def why_no_line(view: Reader) -> str | None:
    """Return why there is no line for a command, as a sentence; `None` if one is in sight."""
    if why_not := view.why_no_log():
        return why_not
    if view.pane.in_sight:
        return None
    if view.store is None or not view.store.size:
        return f"The log has no lines{'' if view.is_all_here else ' so far'}"
    return "No line is shown"


def line_starts(store: LogStore, first: int = 0) -> Iterator[int]:
    """Yield the starts of the lines from the one at `first` on."""
    start: int | None = first
    while start is not None and start < store.size:
        yield start
        start = store.next_start(start)


class WorkGroup:
    """Workers of a widget that run one at a time: a new one cancels the previous one."""

    def __init__(self, node: Widget, name: str) -> None:
        self._node = node
        self._name = name

    def run(self, work: Work, name: str) -> None:
        """Run a coroutine function, canceling the current worker."""
        start_worker(self._node, work, name=name, group=self._name, exclusive=True)

    def cancel(self) -> None:
        """Cancel the current worker."""
        self._node.workers.cancel_group(self._node, self._name)
