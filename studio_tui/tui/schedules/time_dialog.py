"""Asks when a schedule is to run, and says while it is typed what that means."""

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.getters import query_one
from textual.widgets import Input, Static

from studio_tui.presentation.schedules.rows import Explained
from studio_tui.tui.frame.dialog import Dialog
from studio_tui.tui.frame.dialog_box import Middle


class AskTime(Dialog[str | None]):
    """Takes a time that has a meaning; the answer is `None` when it was given up."""

    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "close", id="ask.close"),
    ]

    field = query_one(Input)
    answer = query_one("#answer", Static)

    def __init__(self, question: str, typed: str, explain: Callable[[str], Explained]) -> None:
        """Take a safe question, what is typed to begin with, and what says what is typed."""
        super().__init__()
        self._question = question
        self.typed = typed
        """What stands in the line, also when it was given up."""
        self._explain = explain

    def heading(self) -> str:
        """Return the question."""
        return self._question

    def body(self) -> ComposeResult:
        """Compose the line and what it means."""
        yield Input(self.typed, compact=True, select_on_focus=False)
        yield Middle(Static(markup=False, id="answer"))
        yield Static(
            "enter goes on, esc closes and keeps what is typed", markup=False, classes="keys"
        )

    def on_mount(self) -> None:
        """Say what it means as it is."""
        self._say(self.typed)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        self.typed = event.value
        self._say(event.value)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if self._explain(event.value.strip()).is_good:
            self.dismiss(event.value.strip())

    def _say(self, typed: str) -> None:
        explained = self._explain(typed.strip()) if typed.strip() else Explained((), is_good=True)
        self.answer.update("\n".join(explained.lines))
        self.set_class(not explained.is_good, "-problem")
