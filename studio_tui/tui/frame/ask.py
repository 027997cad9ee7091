"""Asks for a line of text."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from studio_tui.tui.frame.dialog import Dialog
from studio_tui.tui.frame.dialog_box import Middle


class Ask(Dialog[str | None]):
    """Asks for a line, which is not empty; the answer is `None` when that was given up."""

    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "close", id="ask.close"),
    ]

    def __init__(self, question: str, details: Sequence[str], value: str = "") -> None:
        """Take safe text, and what stands on the line at first."""
        super().__init__()
        self._question = question
        self._details = details
        self._value = value

    def heading(self) -> str:
        """Return the question."""
        return self._question

    def body(self) -> ComposeResult:
        """Compose what there is to know, and the line."""
        yield Middle(Static("\n".join(self._details), markup=False))
        yield Input(self._value, compact=True)
        yield Static("enter keeps it, esc closes", markup=False, classes="keys")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if text := event.value.strip():
            self.dismiss(text)
