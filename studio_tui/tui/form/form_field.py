"""A field of a form."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Checkbox, Input, Static, TextArea

from studio_tui.addresses import has_login, without_logins
from studio_tui.presentation.form.problems import Level, Problem
from studio_tui.presentation.jobs.facts import MASK
from studio_tui.text import safe_line
from studio_tui.tui.form.code_area import CodeArea
from studio_tui.tui.widgets.drawn_input import DrawnInput
from studio_tui.tui.widgets.lifetime import Lifetime

_MOST_PROBLEMS = 3
"""Maximum number of problems of a field that are shown."""

_HIDDEN = "  f7 shows what is hidden"


class FieldInput(Lifetime, DrawnInput):
    """An input of one line, in which tab accepts the suggestion."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "tab",
            "complete",
            "complete or next",
            show=False,
            id="form.complete",
            tooltip="Complete the path, else go to the next field",
        )
    ]

    masked: reactive[bool] = reactive(True)
    """Whether to hide logins in an address while the field has no focus."""

    def text_to_draw(self) -> Text | None:
        """Return the text with logins masked, if they are to be hidden."""
        if self.masked and not self.has_focus and has_login(self.value):
            hidden = safe_line(without_logins(self.value, MASK))
            return Text(hidden, no_wrap=True, overflow="ignore", end="")
        return None

    def action_complete(self) -> None:
        """Accept the suggestion; if there is none, focus the next field."""
        if self.suggestion and self.suggestion != self.value:
            self.action_end()
            self.action_cursor_right()
        else:
            self.screen.focus_next()


class Flag(Checkbox):
    """A checkbox that shows its state with a character too, as there may be no colors."""

    def __init__(self, label: str, value: bool) -> None:
        super().__init__(Content(label), value, compact=True)
        self.watch_value()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the rows that the label needs; Textual's own checkbox does not wrap its label."""
        return Widget.get_content_height(self, container, viewport, width)

    def watch_value(self) -> None:
        super().watch_value()
        self.BUTTON_INNER = "X" if self.value else " "
        self.refresh()


class FormField(Lifetime, Vertical):
    """A label and an editor; below the editor, problems or a note."""

    @dataclass
    class Changed(Message):
        """The value of a field has changed."""

        field: str

    def __init__(self, name: str, label: str, editor: Input | CodeArea | Checkbox) -> None:
        super().__init__(id=f"field-{name.replace('_', '-')}")
        self.field = name
        self.editor = editor
        self._label = Static(label, markup=False, classes="label")
        self._lines_below = Static(markup=False, classes="said")
        self._lines_below.display = False
        self._problems: tuple[Problem, ...] = ()
        self._note: tuple[str, ...] = ()
        self._lasting = False

    @property
    def value(self) -> str | bool:
        if isinstance(self.editor, Checkbox):
            return self.editor.value
        return self.editor.text if isinstance(self.editor, TextArea) else self.editor.value

    @value.setter
    def value(self, value: str | bool) -> None:
        if isinstance(self.editor, Checkbox):
            self.editor.value = bool(value)
        elif isinstance(self.editor, CodeArea):
            self.editor.text = str(value)
        else:
            text = str(value)
            # An input draws its text as is, so it must be safe.
            self.editor.value = text if text.isprintable() else safe_line(text)

    def check_consume_key(self, _key: str, character: str | None) -> bool:
        """Keep printable keys from the page, also if the editor is read-only and ignores them."""
        return character is not None and character.isprintable()

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield self._label
            yield self.editor

    def on_mount(self) -> None:
        self._show_notes()

    def set_notes(self, problems: Sequence[Problem], note: Sequence[str], *, lasting: bool) -> None:
        """Set the problems, and the safe lines that are shown if there are none.

        The note is shown while the field has the focus; a `lasting` one also without the focus,
        unless the field is empty.
        """
        content = (tuple(problems), tuple(note), lasting)
        if content != (self._problems, self._note, self._lasting):
            self._problems, self._note, self._lasting = content
            self._show_notes()

    def show_values(self, *, shown: bool) -> None:
        """Show or hide secrets while the field has no focus."""
        if isinstance(self.editor, CodeArea | FieldInput):
            self.editor.masked = not shown
            self._show_notes()

    @on(Input.Changed)
    @on(TextArea.Changed)
    @on(Checkbox.Changed)
    def _changed(self, event: Message) -> None:
        event.stop()
        self.post_message(self.Changed(self.field))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.screen.focus_next()

    def on_descendant_focus(self, _event: events.DescendantFocus) -> None:
        self.add_class("-focus", "-seen")
        self._show_notes()

    def on_descendant_blur(self, _event: events.DescendantBlur) -> None:
        """Hide the note unless it is a lasting one."""
        self.remove_class("-focus")
        self._show_notes()

    def _show_notes(self) -> None:
        lines: list[Content] = []
        for problem in self._problems[:_MOST_PROBLEMS]:
            sign, style = (
                ("✗", "$text-error") if problem.level is Level.ERROR else ("!", "$text-warning")
            )
            lines.append(Content.styled(f"{sign} {problem.sentence}", style))
        if len(self._problems) > _MOST_PROBLEMS:
            lines.append(Content(f"  and {len(self._problems) - _MOST_PROBLEMS} more"))
        if lines and isinstance(self.editor, CodeArea) and self.editor.hides_text:
            lines.append(Content(_HIDDEN))
        if not lines and (self.has_class("-focus") or (self._lasting and self.value)):
            lines = [Content(line) for line in self._note]
        self.set_class(bool(self._problems), "-problem")
        self._show(lines)
        if self.has_class("-focus"):
            self.call_after_refresh(self.scroll_visible, animate=False)

    def _show(self, lines: Sequence[Content]) -> None:
        """Show lines below the editor; their widget is mounted on first use, as few are needed."""
        if lines and not self._lines_below.is_attached and self.is_attached:
            self.mount(self._lines_below)
        if lines or self._lines_below.display:
            self._lines_below.display = bool(lines)
            self._lines_below.update(Content("\n").join(lines))
