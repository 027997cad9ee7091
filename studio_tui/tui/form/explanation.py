"""Says what a field of a job's form is for."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from studio_tui.presentation.form.help import FieldHelp
from studio_tui.tui.frame.dialog import Dialog
from studio_tui.tui.frame.dialog_box import Middle


class Explanation(Dialog[None]):
    """What a field means, what it takes, and an example."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q,f1", "dismiss(None)", "close", id="explanation.close"),
    ]

    def __init__(self, label: str, field_help: FieldHelp) -> None:
        """Take the field's name for people, and what there is to know."""
        super().__init__()
        self._label = label
        self._help = field_help

    def heading(self) -> str:
        """Return the field's name."""
        return self._label

    def body(self) -> ComposeResult:
        """Compose the meaning, what may stand there, and the example."""
        with Middle():
            yield Static(self._help.meaning, markup=False)
            yield Static(self._help.takes, markup=False, classes="takes")
            if self._help.example:
                lines = "\n".join(f"  {line}" for line in self._help.example)
                yield Static(f"For example\n{lines}", markup=False, classes="example")
        yield Static("esc closes", markup=False, classes="keys")
