"""The drafts with which a form can start, and the dialog that offers them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from studio_tui.presentation.form.draft import Draft
from studio_tui.text import safe_line
from studio_tui.tui.form.saved_forms import (
    REPLACED,
    SECRETS_NOT_SAVED,
    SENT,
    SavedForms,
    draft_title,
)
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.frame.dialogs import Ask, Choose, Confirm

if TYPE_CHECKING:
    from studio_tui.tui.form.submit_screen import SubmitScreen

TEMPLATES_NOT_SAVED = "The templates could not be saved; see the program's log."

_TEMPLATE = "template "
"""Start of the key of each template; its name follows."""


class TemplatePicker(Choose):
    """Lists drafts; the answer is a key for `draft`, or `None` if the dialog is closed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d,delete", "delete", "delete", id="pick.delete",
                tooltip="Delete the template, after confirmation"),
        Binding("r", "rename", "rename", id="pick.rename", tooltip="Rename the template"),
    ]  # fmt: skip

    def __init__(
        self,
        saved_forms: SavedForms,
        templates: dict[str, Draft],
        *,
        above: Mapping[str, Draft],
        below: Mapping[str, Draft],
    ) -> None:
        """List the templates by name, between other drafts, whose keys are safe texts to show."""
        self._saved_forms = saved_forms
        self._templates = templates
        self._above, self._below = above, below
        changes = "r renames, d deletes, " if templates else ""
        self.KEYS = f"enter starts from it, {changes}esc closes"
        super().__init__("Start from", self._list_choices(), next(iter(above)))

    def draft(self, key: str) -> Draft:
        """Return the chosen draft; a template continues from no job."""
        if key.startswith(_TEMPLATE):
            return self._templates[key.removeprefix(_TEMPLATE)].from_start()
        return {**self._above, **self._below}[key]

    @work(name="delete", group="dialog")
    async def action_delete(self) -> None:
        name = self._current_template()
        if name is None:
            return
        question = Confirm(
            "Delete this template?", (f"  {safe_line(name)}",), yes="Delete it", no="Keep it"
        )
        if await self.app.push_screen_wait(question):
            await self._save({name: None})

    @work(name="rename", group="dialog")
    async def action_rename(self) -> None:
        name = self._current_template()
        if name is None:
            return
        new_name = await self.app.push_screen_wait(Ask("Rename the template", (), safe_line(name)))
        if new_name is None or new_name == name:
            return
        is_taken = new_name in self._templates
        if is_taken and not await self.app.push_screen_wait(replace_question(new_name)):
            return
        await self._save({new_name: self._templates[name], name: None})

    def _current_template(self) -> str | None:
        """Return the name of the template under the cursor; if there is none, notify the user."""
        row = self.query_one(OptionList).highlighted_option
        if row is not None and row.id is not None and row.id.startswith(_TEMPLATE):
            return row.id.removeprefix(_TEMPLATE)
        words = "This is not a template; ctrl+t in the form saves one."
        self.app.notify(words, severity="warning", markup=False)
        return None

    async def _save(self, templates: Mapping[str, Draft | None]) -> None:
        """Save or remove (`None`) templates, and list all again.

        The cursor is put on the first of `templates`, or stays in its row if that was removed.
        """
        is_saved = True
        for name, draft in templates.items():
            is_saved = is_saved and await asyncio.to_thread(
                self._saved_forms.keep_template, name, draft
            )
        self._templates = await asyncio.to_thread(self._saved_forms.templates)
        options = self.query_one(OptionList)
        row = options.highlighted or 0
        choices = self._list_choices()
        options.set_options([Option(text, id=key) for key, text in choices])
        keys = [key for key, _ in choices]
        saved_key = _TEMPLATE + next(iter(templates))
        options.highlighted = (
            keys.index(saved_key) if saved_key in keys else min(row, len(keys) - 1)
        )
        if not is_saved:
            self.app.notify(TEMPLATES_NOT_SAVED, severity="error", markup=False)

    def _list_choices(self) -> list[tuple[str, str]]:
        """Return the keys and safe texts of the choices."""
        templates = [(_TEMPLATE + name, safe_line(name)) for name in self._templates]
        above, below = ([(words, words) for words in each] for each in (self._above, self._below))
        return [*above, *templates, *below]


def _name_after(draft: Draft) -> str:
    """Return a colon and the title of a draft; empty if it has none."""
    title = draft_title(draft)
    return f": {title}" if title else ""


def replace_question(name: str) -> Confirm:
    return Confirm(
        "Replace the template of this name?",
        (f"  {safe_line(name)}",),
        yes="Replace it",
        no="Keep the old one",
    )


@dataclass(frozen=True)
class Start:
    """The initial state of a form."""

    draft: Draft = field(default_factory=Draft)
    key: str = "new"
    """The key under which the draft of the form is saved."""
    crumb: str = "New job"
    """The name of the page in the header; safe to draw."""
    first_field: str = "query_file"
    """The name of the field that has the focus first."""


class FormTemplates:
    """Controller of the templates of a form."""

    def __init__(self, screen: "SubmitScreen") -> None:
        self._screen = screen
        self._saved_forms = screen.saved_forms

    async def pick(self) -> None:
        """Offer drafts; show the chosen one, and save the one that it replaces."""
        templates = await asyncio.to_thread(self._saved_forms.templates)
        last = await asyncio.to_thread(self._saved_forms.draft, SENT)
        before = await asyncio.to_thread(self._saved_forms.draft, REPLACED)
        initial = self._screen.start.draft
        above, below = {"an empty form": Draft()}, {}
        if initial != Draft():
            above[f"this form as it was opened{_name_after(initial)}"] = initial
        if last is not None:
            words = f"the job sent last{_name_after(last)}"
            above[words] = last.from_start()
        if before is not None:
            below[f"the form that was here before{_name_after(before)}"] = before
        picker = TemplatePicker(self._saved_forms, templates, above=above, below=below)
        picked = await self._screen.ask(picker)
        if picked is None:
            return
        chosen, typed = picker.draft(picked), self._screen.form.draft
        if typed not in {Draft(), chosen}:
            await asyncio.to_thread(self._saved_forms.keep, REPLACED, typed)
        self._screen.fill(chosen)
        self._screen.form.go_to("query_file")

    async def keep(self) -> None:
        name = await self._screen.ask(
            Ask(
                "Save the form as a template",
                (SECRETS_NOT_SAVED,),
                safe_line(self._screen.form.draft.query_name),
            )
        )
        if name is None:
            return
        templates = await asyncio.to_thread(self._saved_forms.templates)
        if name in templates and not await self._screen.ask(replace_question(name)):
            return
        if await asyncio.to_thread(self._saved_forms.keep_template, name, self._screen.form.draft):
            self._screen.notify_user(f"Saved as {safe_line(name)}; f3 starts from it")
        else:
            self._screen.notify_user(TEMPLATES_NOT_SAVED, "error")

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "form.pick",
            "f3",
            "start from",
            "Start from a template, the job sent last, or an empty form; "
            "rename and delete templates",
            pick,
            priority=True,
        ),
        Command(
            "form.template",
            "ctrl+t",
            "template",
            "Save the form as a template",
            keep,
            priority=True,
        ),
    )
