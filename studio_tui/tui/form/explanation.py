"""The help of a field in a job's form."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Static

from studio_tui.presentation.form.fields import Field
from studio_tui.tui.frame.actions import Action
from studio_tui.tui.frame.dialog import Dialog
from studio_tui.tui.frame.dialog_box import DialogBody


class Explanation(Dialog[bool | None]):
    """The help of a field, and the keys; the answer is whether to open the editor."""

    takes_keys_pressed_before = True

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q,f1", "dismiss(None)", "close", id="explanation.close"),
        Binding("f4", "dismiss(True)", "$EDITOR", id="explanation.edit"),
    ]

    def __init__(self, field: Field, keys: Sequence[Action] = ()) -> None:
        """Explain `field`, and list what `keys` do in it."""
        super().__init__()
        self._field = field
        self._keys = keys

    def heading(self) -> str:
        """Return the field's label."""
        return self._field.label

    def body(self) -> ComposeResult:
        """Compose the meaning, the valid values, and an example."""
        with DialogBody():
            yield Static(self._field.meaning, markup=False)
            yield Static(self._field.takes, markup=False, classes="takes")
            if self._field.example:
                lines = "\n".join(f"  {line}" for line in self._field.example)
                yield Static(f"For example\n{lines}", markup=False, classes="example")
            if self._keys:
                yield Static("Keys", classes="example")
                # Beside each other, so that an explanation that wraps stays under itself.
                for each in self._keys:
                    with Horizontal(classes="key"):
                        yield Static(" ".join(each.keys), markup=False, classes="name")
                        yield Static(each.explanation, markup=False, classes="does")
        yield Static("esc closes", markup=False, classes="keys")
