"""Commands on a field of the job form: $EDITOR, adding a file, and help."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType

from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.form.checks import query_type
from studio_tui.presentation.form.field import Field
from studio_tui.presentation.form.fields import FIELDS, typed_value
from studio_tui.presentation.form.hints import QUERY_IS_IN_FILE
from studio_tui.tui.frame.actions import Action, actions_of
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.frame.review import OK, Review
from studio_tui.tui.terminal.editor import edit_text
from studio_tui.tui.terminal.key_queue import drop_held_keys, keys_held
from studio_tui.tui.terminal.lending import ProgramError
from studio_tui.tui.widgets.toasts import notify_here

if TYPE_CHECKING:
    from studio_tui.tui.form.submit_screen import SubmitScreen


_EDIT = ("f4", "$EDITOR")


class Explanation(Review):
    """The help of a field. It asks nothing, so it accepts keys pressed before it is shown."""

    takes_keys_pressed_before = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "dismiss(None)", "close", show=False, id="explanation.close")
    ]

    def __init__(self, field: Field, actions: Iterable[Action] = ()) -> None:
        """Make a dialog; `actions` are those that can be used in the field."""
        lines = [Cell(field.meaning), Cell(""), Cell(field.accepts)]
        if field.example:
            lines += [Cell(""), Cell("For example", Tone.STRONG)]
            lines += [Cell(f"  {line}") for line in field.example]
        if keys := [Cell(f"  {' '.join(each.keys)}  {each.explanation}") for each in actions]:
            lines += [Cell(""), Cell("Keys", Tone.STRONG), *keys]
        super().__init__(field.label, lines, (OK, _EDIT))


class FieldCommands:
    """Controller of the fields of a form."""

    def __init__(self, screen: "SubmitScreen") -> None:
        self._screen = screen

    async def edit(self) -> None:
        """Open the focused field in the user's editor; for an empty `query_file`, the query."""
        focused = self._screen.form.focused_field()
        if focused is None:
            return
        name = focused.field
        if name == "query_file" and not str(focused.value).strip():
            # The form begins at the field for the path, but an empty path needs no editor.
            name = "query"
            self._screen.form.go_to(name)
        await self.edit_field(name)

    def attach(self) -> None:
        self._screen.form.go_to_new_line("files")

    async def explain(self) -> None:
        focused = self._screen.form.focused_field()
        if focused is not None:
            name = focused.field
            actions = [each for each in actions_of(self._screen) if each.enabled]
            if await self._screen.ask(Explanation(FIELDS[name], actions)) == _EDIT[0]:
                await self.edit_field(name)

    async def edit_field(self, name: str) -> None:
        """Edit a field in the user's editor, unless it is a checkbox; notify of an error."""
        draft = self._screen.form.draft
        if name == "query" and draft.query_file.strip():
            notify_here(self._screen.app, QUERY_IS_IN_FILE, "warning")
            return
        text = typed_value(name, draft)
        if isinstance(text, bool):
            return
        is_shell = query_type(draft).value == "SHELL"
        suffix = (".sh" if is_shell else ".py") if name == "query" else ".txt"
        app = self._screen.app
        try:
            # Keys pressed before the editor has the terminal are meant for it, not for the field.
            with keys_held(app, patience=None):
                try:
                    after = await edit_text(app, text, suffix)
                finally:
                    drop_held_keys(app)
        except ProgramError as error:
            self._screen.notify_user(str(error), "warning")
            return
        if not FIELDS[name].has_lines:
            after = " ".join(after.split())
        elif not text.endswith("\n"):
            after = after.removesuffix("\n")  # added by editors
        if after != text:
            self._screen.form.set_text(name, after)
            await self._screen.keeper.keep()  # at once, as the editor's file is gone

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command("form.edit", "f4", "$EDITOR", "Change the field in $EDITOR", edit, priority=True),
        Command(
            "form.attach",
            "ctrl+f",
            "attach",
            "Add another file, which is placed beside the query",
            attach,
            priority=True,
        ),
        Command(
            "form.explain",
            "f1",
            "explain",
            "Explain the field: what it is for, what it accepts, an example, its keys",
            explain,
            priority=True,
        ),
    )
