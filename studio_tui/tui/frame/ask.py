"""A dialog that asks for a line of text."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from studio_tui.tui.frame.dialog import Dialog
from studio_tui.tui.frame.dialog_box import DialogBody


class Ask(Dialog[str | None]):
    """Asks for a non-empty line; the answer is `None` if the user cancels."""

    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "close", id="ask.close"),
    ]

    def __init__(self, question: str, details: Sequence[str], value: str = "") -> None:
        """Make a dialog from safe text; `value` is the initial input."""
        super().__init__(question)
        self._details = details
        self._value = value

    def body(self) -> ComposeResult:
        yield DialogBody(Static("\n".join(self._details), markup=False))
        yield Input(self._value, compact=True)
        yield Static("enter saves it, esc closes", markup=False, classes="keys")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if text := event.value.strip():
            self.dismiss(text)
