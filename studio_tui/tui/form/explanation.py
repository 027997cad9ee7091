"""Says what a field of a job's form is for."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Static

from studio_tui.presentation.form.help import FieldHelp
from studio_tui.tui.frame.actions import Action
from studio_tui.tui.frame.dialog import Dialog
from studio_tui.tui.frame.dialog_box import Middle


class Explanation(Dialog[bool | None]):
    """What a field means and takes, and the keys; the answer is whether to open the editor."""

    takes_keys_pressed_before = True

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q,f1", "dismiss(None)", "close", id="explanation.close"),
        Binding("f4", "dismiss(True)", "$EDITOR", id="explanation.edit"),
    ]

    def __init__(self, label: str, field_help: FieldHelp, keys: Sequence[Action] = ()) -> None:
        """Take the field's name for people, what there is to know, and what keys do there."""
        super().__init__()
        self._label = label
        self._help = field_help
        self._keys = keys

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
            if self._keys:
                yield Static("Keys", classes="example")
                # Beside each other, so that an explanation that wraps stays under itself.
                for each in self._keys:
                    with Horizontal(classes="key"):
                        yield Static(" ".join(each.keys), markup=False, classes="name")
                        yield Static(each.explanation, markup=False, classes="does")
        yield Static("esc closes", markup=False, classes="keys")
