"""What the parts of the log view share: the store, the rows, and the words that are said."""

from abc import abstractmethod

from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.tui.logs.view.pane import LogPane
from studio_tui.tui.widgets.lifetime import Lifetime
from studio_tui.tui.widgets.prompt import Kind, LogPrompt


class LogReader(Lifetime):
    """Base of the parts that the log view is put together from."""

    store: LogStore | None
    """The log that is shown."""
    pane: LogPane
    prompt: LogPrompt
    is_all_here: bool
    """Whether the whole log is here."""
    lines_seen: int
    """Lines that the reader has had in sight, or that were there when they stood still."""
    following: bool
    """Whether the view stays at the end as lines come."""

    @abstractmethod
    def settle(self) -> None:
        """Put window, bar, pill and words where they belong now."""

    @abstractmethod
    def say(self, words: str) -> None:
        """Say something below the rows until something else is to be said; safe text."""

    def ask(self, kind: Kind, value: str = "") -> None:
        """Ask for a line of text, unless the log is out of sight: a line there would be too."""
        if self.display:
            self.prompt.ask(kind, value)
        else:
            self.app.notify("There is no log here", severity="warning", markup=False)

    def go(self, start: int) -> None:
        """Make the line at `start` the reader's and show it, a third of the way down."""
        if self.pane.window is None:
            return
        self.following = False
        self.say("")
        self.pane.current = start
        self.pane.window.to(start, above=self.pane.size.height // 3)
        self.settle()
