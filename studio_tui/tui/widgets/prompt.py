"""The input line below a log or a pipeline: for a search, a filter, a time or a line number."""

from collections import defaultdict
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from studio_tui.presentation.lists.filter_words import ALTERNATIVES
from studio_tui.tui.widgets.drawn_input import DrawnInput
from studio_tui.tui.widgets.filter_bar import History, TermSuggester

PROMPT_HINTS = ("prompt.done", "prompt.earlier", "prompt.leave")
"""Ids of the bindings that the footer shows while a prompt is open."""


class PromptKind(NamedTuple):
    """What the prompt asks for; each kind has its own history."""

    sign: str
    placeholder: str
    suggestions: tuple[str, ...] = ()
    """Filter terms offered as completions."""


SEARCH = PromptKind("/", "text, or ~ and a regular expression; with a capital, case matters")
FILTER = PromptKind("&", "only lines with this text; ! before it hides those lines")
TIME = PromptKind("T", "14:05, 2026-11-25 14:05:30, -30s or +5m (from here), 10m (before the end)")
LINE = PromptKind(":", "number of a line, or 50% for the middle")


class _Line(DrawnInput):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "recall(-1)", "earlier", show=False, id="prompt.earlier"),
        Binding("down", "recall(1)", "later", show=False, id="prompt.later"),
        Binding("enter", "submit", "done", show=False, id="prompt.done"),
        Binding("tab", "complete", "complete", show=False, id="prompt.complete"),
        Binding("shift+tab", "stay", "stay", show=False, id="prompt.stay"),
        Binding("escape", "leave", "leave", show=False, id="prompt.leave"),
    ]

    def __init__(self, view: Widget) -> None:
        super().__init__(compact=True, select_on_focus=False)
        self._view = view
        self._histories: defaultdict[PromptKind, History] = defaultdict(History)
        self.kind = SEARCH

    @property
    def pasted_lines_joined_by(self) -> str:
        return ALTERNATIVES if self.kind.suggestions else ""

    def ask(self, kind: PromptKind, value: str) -> None:
        self.kind = kind
        self.placeholder = kind.placeholder
        self.suggester = TermSuggester(kind.suggestions) if kind.suggestions else None
        self.value = value
        self.cursor_position = len(value)

    def remember(self) -> None:
        self._histories[self.kind].add(self.value)

    def action_recall(self, step: int) -> None:
        self.value = self._histories[self.kind].recall(step, self.value)
        self.cursor_position = len(self.value)

    async def action_submit(self) -> None:
        """Submit the text, and focus the view at once, so that it gets the keys that follow."""
        self.screen.set_focus(self._view)
        self.post_message(LinePrompt.Submitted(self.kind, self.value))

    def action_complete(self) -> None:
        if self.suggestion:
            self.action_cursor_right()

    def action_stay(self) -> None:
        """Keep the focus, so that typed text runs no commands."""

    def action_leave(self) -> None:
        self.post_message(LinePrompt.Left(self.kind))


class LinePrompt(Vertical):
    """Asks for one line of text; an error is shown below it until the text changes."""

    @dataclass
    class Changed(Message):
        """The text has changed."""

        kind: PromptKind
        value: str

    class Submitted(Changed):
        """The text was submitted."""

    @dataclass
    class Left(Message):
        """The prompt was canceled."""

        kind: PromptKind

    def __init__(self, view: Widget) -> None:
        """Make a closed prompt; `view` gets the focus when a text is submitted."""
        super().__init__()
        self._sign = Static(markup=False, classes="sign")
        self._line = _Line(view)
        self._note = Static(markup=False, classes="note")
        self._problem = Static(markup=False, classes="problem")

    @property
    def is_open(self) -> bool:
        return self.has_class("-open")

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield self._sign
            yield self._line
            yield self._note
        yield self._problem

    def ask(self, kind: PromptKind, value: str = "") -> None:
        """Open the prompt with the text `value`."""
        self._sign.update(kind.sign)
        self.note("")
        self.show_problem("")
        with self.prevent(Input.Changed):
            self._line.ask(kind, value)
        self.add_class("-open")
        self.screen.set_focus(self._line)

    def note(self, words: str) -> None:
        """Show a safe text beside what is typed."""
        self._note.update(words)

    def refuse(self, why: str) -> None:
        """Show why the submitted text is invalid, and focus the input, which keeps its text."""
        self.screen.set_focus(self._line)
        self.show_problem(why)

    def warn(self, kind: PromptKind, problem: str) -> None:
        """Show a problem until something is typed.

        Ignored unless a prompt of this kind is open and empty.
        """
        if self.is_open and self._line.kind is kind and not self._line.value:
            self.show_problem(problem)

    def show_problem(self, problem: str) -> None:
        """Show a problem below the text until the text changes; none if empty."""
        self._problem.update(Content(problem))
        self._problem.display = bool(problem)

    def close(self) -> None:
        """Close the prompt, and add its text to the history, even after a cancelation."""
        self._line.remember()
        self.remove_class("-open")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.show_problem("")
        self.post_message(self.Changed(self._line.kind, event.value))
