"""A dialog that asks for the time of a schedule, and explains it while it is typed."""

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.getters import query_one
from textual.widgets import Input, Static

from studio_tui.presentation.schedules.rows import Explained
from studio_tui.tui.frame.dialog import Dialog
from studio_tui.tui.frame.dialog_box import DialogBody


class AskTime(Dialog[str | None]):
    """Asks for a valid time; the answer is `None` if canceled."""

    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "close", id="ask.close"),
    ]

    field = query_one(Input)
    answer = query_one("#answer", Static)

    def __init__(self, question: str, typed: str, explain: Callable[[str], Explained]) -> None:
        """Make a dialog from a safe question, the initial input, and a function that explains
        it."""
        super().__init__()
        self._question = question
        self.typed = typed
        """The current input, also after canceling."""
        self._explain = explain

    def heading(self) -> str:
        return self._question

    def body(self) -> ComposeResult:
        """Compose the input and its explanation."""
        yield Input(self.typed, compact=True, select_on_focus=False)
        yield DialogBody(Static(markup=False, id="answer"))
        yield Static(
            "enter continues, esc closes and keeps the input", markup=False, classes="keys"
        )

    def on_mount(self) -> None:
        """Show the explanation of the initial input."""
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
