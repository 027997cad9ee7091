"""The fields of the job form in one column."""

from collections.abc import Collection
from dataclasses import replace
from typing import cast

from textual import events, on
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Input, TextArea

from studio_tui.addresses import without_logins
from studio_tui.presentation.form.draft import Draft, FieldValue
from studio_tui.presentation.form.field import FieldWidget, MaskedPart
from studio_tui.presentation.form.fields import FIELDS, typed_value
from studio_tui.presentation.form.hints import QUERY_IS_IN_FILE
from studio_tui.presentation.form.problems import Problem
from studio_tui.presentation.form.typed_paths import as_path
from studio_tui.presentation.jobs.facts import MASK
from studio_tui.tui.form.code_area import CodeArea
from studio_tui.tui.form.form_field import FieldInput, Flag, FormField
from studio_tui.tui.form.path_suggester import PathSuggester
from studio_tui.tui.form.validation import Checked
from studio_tui.tui.widgets.focus_in_sight import FocusInSight
from studio_tui.tui.widgets.toasts import notify_here


class DraftForm(FocusInSight):
    """All fields of a draft; the query field shows the query's file, read-only, if there is one."""

    class Edited(Message):
        """The user has changed a field."""

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self._base = draft
        """The draft last shown or read; its `query` is typed, not that of a file."""
        self._fields = {name: _make_field(name, draft) for name in FIELDS}
        self._values = {name: field.value for name, field in self._fields.items()}
        """The value of each field when it was last filled or edited, by the field's name."""
        self._touched: set[str] = set()
        """The fields edited since the draft was shown."""

    def compose(self) -> ComposeResult:
        yield from self._fields.values()

    def on_mount(self) -> None:
        self._show_or_hide_uploads()

    @property
    def draft(self) -> Draft:
        typed: dict[str, FieldValue] = {}
        for name, field in self._fields.items():
            if name == "query" and self._query.read_only:
                continue
            value, widget = field.value, FIELDS[name].widget
            lines = tuple(line for line in str(value).split("\n") if line.strip())
            match widget:
                case FieldWidget.PATHS:
                    typed[name] = tuple(map(as_path, lines))
                case FieldWidget.LIST:
                    typed[name] = lines
                case FieldWidget.PATH:
                    typed[name] = as_path(str(value))
                case _:
                    typed[name] = value
        self._base = self._base.with_values(typed)
        return self._base

    def fill(self, draft: Draft) -> None:
        self._base = draft
        self._touched.clear()
        self._show_query(draft.query, is_file=False)
        for name, field in self._fields.items():
            value = typed_value(name, draft)
            if field.value != value:
                self._show_value(name, value)
        self._show_or_hide_uploads()

    def _show_or_hide_uploads(self) -> None:
        """Show the field for uploads if it has a value or a placeholder: few users know the ids."""
        uploads = self._fields["uploads"]
        has_placeholder = isinstance(uploads.editor, TextArea) and bool(uploads.editor.placeholder)
        uploads.display = bool(uploads.value) or has_placeholder

    def set_text(self, name: str, text: str) -> None:
        """Set the text of a field as if it had been typed; a text area can undo it."""
        editor = self._fields[name].editor
        if isinstance(editor, TextArea):
            editor.replace(text, (0, 0), editor.document.end)
        else:
            self._fields[name].value = text

    def focused_field(self) -> FormField | None:
        return next((f for f in self._fields.values() if f.editor.has_focus), None)

    def go_to(self, name: str) -> None:
        """Focus a field; instead of the hidden field for uploads, focus the field for files."""
        field = self._fields[name if self._fields[name].display else "files"]
        field.editor.focus()
        field.scroll_visible(animate=False)

    def go_to_new_line(self, name: str) -> None:
        """Focus a field of several lines, on an empty line at its end."""
        area = self._fields[name].editor
        if isinstance(area, TextArea):
            if area.document.get_line(area.document.line_count - 1).strip():
                area.insert("\n", area.document.end)
            area.move_cursor(area.document.end)
        self.go_to(name)

    def show(self, checked: Checked, refused: Collection[Problem], *, all_fields: bool) -> None:
        """Show the result of a validation, and Studio's errors (`refused`), at the fields.

        Problems of empty fields that were not edited are shown only if `all_fields`.
        """
        self._show_query(checked.query, is_file=bool(checked.draft.query_file.strip()))
        self._query.color(checked.query, checked.colors)
        for name, field in self._fields.items():
            problems = [problem for problem in refused if problem.field == name]
            if all_fields or name in self._touched or field.value:
                problems += [problem for problem in checked.problems if problem.field == name]
            explains_value = not isinstance(FIELDS[name].hint, str)
            field.set_notes(problems, checked.notes.get(name, ()), lasting=explains_value)
            words = checked.placeholders.get(name, "")
            if isinstance(field.editor, Input | TextArea) and field.editor.placeholder != words:
                field.editor.placeholder = words
                self._show_or_hide_uploads()

    def show_values(self, *, shown: bool) -> None:
        for name, field in self._fields.items():
            if FIELDS[name].masked_part is not MaskedPart.NONE:
                field.show_values(shown=shown)

    @property
    def _query(self) -> CodeArea:
        return cast("CodeArea", self._fields["query"].editor)

    def _show_query(self, text: str, *, is_file: bool) -> None:
        """Show `text` read-only if it is that of the query's file, else the typed query again."""
        if not (is_file or self._query.read_only):
            return
        if not self._query.read_only:
            self._base = replace(self._base, query=self._query.text)
        self._query.read_only = is_file
        text_to_show = text if is_file else self._base.query
        if self._query.text != text_to_show:
            self._show_value("query", text_to_show)

    def _show_value(self, name: str, value: str | bool) -> None:
        """Show a value that the user has not typed."""
        field = self._fields[name]
        field.value = value
        self._values[name] = field.value

    @on(events.Key)
    @on(events.Paste)
    def _refuse_typing(self, event: events.Key | events.Paste) -> None:
        """Say why nothing can be typed into the text of the query's file."""
        is_locked = self._query.has_focus and self._query.read_only
        if is_locked and (isinstance(event, events.Paste) or event.is_printable):
            event.stop()
            notify_here(self.app, QUERY_IS_IN_FILE, "warning")

    @on(FormField.Changed)
    def _changed(self, message: FormField.Changed) -> None:
        message.stop()
        name, value = message.field, self._fields[message.field].value
        if value != self._values[name]:
            self._values[name] = value
            self._touched.add(name)
            self.post_message(self.Edited())


def _make_field(name: str, draft: Draft) -> FormField:
    widget, label = FIELDS[name].widget, FIELDS[name].label
    if widget is FieldWidget.FLAG:
        return FormField(name, "", Flag(label, bool(typed_value(name, draft))))
    if FIELDS[name].has_lines:
        field = FormField(name, label, _make_area(widget, FIELDS[name].masked_part))
    else:
        suggester = PathSuggester() if widget is FieldWidget.PATH else None
        line = FieldInput(compact=True, select_on_focus=False, suggester=suggester)
        field = FormField(name, label, line)
    field.editor.cursor_blink = False  # type: ignore[union-attr]
    field.value = typed_value(name, draft)
    return field


def _make_area(widget: FieldWidget, masked_part: MaskedPart) -> CodeArea:
    if widget is FieldWidget.PATHS:
        return CodeArea(soft_wrap=True)
    if masked_part is MaskedPart.LOGINS:
        return CodeArea(masked=True, hide=lambda line: without_logins(line, MASK))
    return CodeArea(masked=masked_part is MaskedPart.VALUES)
