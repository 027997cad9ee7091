"""The line below a log on which is typed what to look for, or where to go."""

from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from studio_tui.tui.widgets.filter_bar import TermSuggester

_REMEMBERED = 50
"""Lines of one kind that can be recalled."""


PROMPT_HINTS = ("prompt.done", "prompt.earlier", "prompt.leave")
"""Keys of the line, most useful first."""


class Kind(NamedTuple):
    """What is being asked for."""

    sign: str
    """Stands before the line."""
    placeholder: str
    suggestions: tuple[str, ...] = ()
    """Terms that are completed."""


SEARCH = Kind("/", "text, or ~ and an expression; capitals make it exact")
FILTER = Kind("&", "only lines with this text; ! before it hides those lines")
TIME = Kind("T", "14:05, 2026-11-25 14:05:30, or -10m for ten minutes before the end")
LINE = Kind(":", "number of a line, or 50% for the middle")


class _Line(Input):
    """The line itself."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "recall(-1)", "earlier", show=False, id="prompt.earlier"),
        Binding("down", "recall(1)", "later", show=False, id="prompt.later"),
        Binding("enter", "submit", "done", show=False, id="prompt.done"),
        Binding("tab", "complete", "complete", show=False, id="prompt.complete"),
        Binding("shift+tab", "stay", "stay", show=False, id="prompt.stay"),
        Binding("escape", "leave", "leave", show=False, id="prompt.leave"),
    ]

    def __init__(self, log: Widget) -> None:
        """Take what has the focus when nothing is asked for."""
        super().__init__(compact=True, select_on_focus=False)
        self._log = log
        self._recalled: dict[Kind, list[str]] = {}
        self._place = 0
        self.kind = SEARCH

    def ask(self, kind: Kind, value: str) -> None:
        """Begin a line."""
        self.kind = kind
        self.placeholder = kind.placeholder
        self.suggester = TermSuggester(kind.suggestions) if kind.suggestions else None
        self.value = value
        self.cursor_position = len(value)
        self._place = len(self._recalled.get(kind, ()))

    def remember(self) -> None:
        """Keep what was typed for recalling it later."""
        if self.value:
            old = [text for text in self._recalled.get(self.kind, ()) if text != self.value]
            self._recalled[self.kind] = [*old, self.value][-_REMEMBERED:]

    def action_recall(self, step: int) -> None:
        """Put an earlier or later line here."""
        lines = self._recalled.get(self.kind, [])
        self._place = min(max(self._place + step, 0), len(lines))
        self.value = lines[self._place] if self._place < len(lines) else ""
        self.cursor_position = len(self.value)

    async def action_submit(self) -> None:
        """Be done; keys that follow are for the log, whatever becomes of the line."""
        self.screen.set_focus(self._log)
        self.post_message(LogPrompt.Submitted(self.kind, self.value))

    def action_complete(self) -> None:
        """Take the suggestion; without one stay, as what is typed next must not become commands."""
        if self._suggestion:
            self.action_cursor_right()

    def action_stay(self) -> None:
        """Stay on the line: what is typed next must not become commands."""

    def action_leave(self) -> None:
        """Give up."""
        self.post_message(LogPrompt.Left(self.kind))


class LogPrompt(Vertical):
    """Asks for one line at a time; what was wrong with it stands beside it until it is mended."""

    class Changed(Message):
        """Something was typed."""

        def __init__(self, kind: Kind, value: str) -> None:
            super().__init__()
            self.kind = kind
            self.value = value

    class Submitted(Changed):
        """The line is done."""

    class Left(Message):
        """The line was given up."""

        def __init__(self, kind: Kind) -> None:
            super().__init__()
            self.kind = kind

    def __init__(self, log: Widget) -> None:
        """Take what has the focus when nothing is asked for."""
        super().__init__()
        self._sign = Static(markup=False, classes="sign")
        self._line = _Line(log)
        self._problem = Static(markup=False, classes="problem")

    @property
    def is_open(self) -> bool:
        """Whether something is asked for."""
        return self.has_class("-open")

    def compose(self) -> ComposeResult:
        """Compose the sign, the line and what is wrong with it."""
        with Horizontal():
            yield self._sign
            yield self._line
        yield self._problem

    def ask(self, kind: Kind, value: str = "") -> None:
        """Ask for a line."""
        self._sign.update(kind.sign)
        self._say("")
        with self.prevent(Input.Changed):
            self._line.ask(kind, value)
        self.add_class("-open")
        self.screen.set_focus(self._line)

    def refuse(self, why: str) -> None:
        """Say what is wrong with the line, which stays as it was typed."""
        self.screen.set_focus(self._line)
        self._say(why)

    def _say(self, why: str) -> None:
        self._problem.update(Content(why))
        self._problem.display = bool(why)

    def close(self) -> None:
        """Be done with the line."""
        self._line.remember()
        self.remove_class("-open")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self._say("")
        self.post_message(self.Changed(self._line.kind, event.value))
