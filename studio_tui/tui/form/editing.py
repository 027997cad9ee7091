"""What can be done with a field of a job's form: $EDITOR, another file, and what it is for."""

from abc import abstractmethod
from typing import TYPE_CHECKING

from textual import work

from studio_tui.presentation.form.checks import query_type
from studio_tui.presentation.form.draft import LABELS
from studio_tui.presentation.form.help import FIELD_HELP
from studio_tui.tui.form.draft_form import DraftForm
from studio_tui.tui.form.explanation import Explanation
from studio_tui.tui.form.validation import Follow
from studio_tui.tui.terminal.editor import EditorError, edited

if TYPE_CHECKING:
    from textual.screen import Screen

    Base = Screen[None]
else:
    Base = object

_LONG = frozenset({"query", "environment", "requirements", "files", "uploads"})
"""Fields of several lines."""

_OF_A_FILE = "The query is a file's; change the file, or empty its path to type one."


class FormEditing(Base):
    """Mixin of a screen with a form."""

    form: DraftForm

    @abstractmethod
    def note(self, words: str, follow: Follow | None = None) -> None:
        """Say what concerns the whole form; `follow` tells what is true of it later."""

    @work(name="edit", group="dialog")
    async def action_edit(self) -> None:
        """Lend the terminal to the user's editor for the field that has the focus."""
        focused = self.form.focused_field()
        if focused is None:
            return
        name = focused.field
        if name == "query_file" and not str(focused.value).strip():
            # A form begins there, and nobody writes a path in an editor.
            name = "query"
            self.form.go_to(name)
        await self.edit_field(name)

    def action_attach(self) -> None:
        """Go to where the path of another file is typed."""
        self.form.go_to_new_line("files")

    @work(name="explain", group="dialog")
    async def action_explain(self) -> None:
        """Say what the field is for that has the focus."""
        focused = self.form.focused_field()
        if focused is not None:
            name = focused.field
            await self.app.push_screen_wait(Explanation(LABELS[name], FIELD_HELP[name]))

    async def edit_field(self, name: str) -> None:
        """Have a field changed in the user's editor, and say when that cannot be."""
        draft = self.form.draft
        if name == "query" and draft.query_file.strip():
            self.note(_OF_A_FILE, lambda now: _OF_A_FILE if now.draft.query_file.strip() else "")
            return
        before = getattr(draft, name)
        if isinstance(before, bool):
            return
        text = before if isinstance(before, str) else "\n".join(before)
        shell = query_type(draft).value == "SHELL"
        suffix = (".sh" if shell else ".py") if name == "query" else ".txt"
        try:
            after = await edited(self.app, text, suffix)
        except EditorError as error:
            self.app.notify(str(error), severity="warning", markup=False)
            return
        if name not in _LONG:
            after = " ".join(after.split())
        elif not text.endswith("\n"):
            after = after.removesuffix("\n")  # which editors add
        if after != text:
            self.form.put(name, after)
