"""Drafts to start a job's form with: an empty one, the last one sent, or a template."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from studio_tui.presentation.form.draft import Draft
from studio_tui.text import safe_line
from studio_tui.tui.form.draft_form import DraftForm
from studio_tui.tui.form.saved_forms import NOT_KEPT, SavedForms
from studio_tui.tui.form.template_picker import DISK_REFUSES, TemplatePicker, replacing
from studio_tui.tui.frame.ask import Ask
from studio_tui.tui.frame.commands import Command, Host

SENT, _REPLACED = "sent", "replaced"
"""Keys of the form sent last, and of the one replaced last."""


@dataclass(frozen=True)
class Start:
    """The initial state of a form."""

    draft: Draft = field(default_factory=Draft)
    key: str = "new"
    """The key under which its draft is saved."""
    crumb: str = "New job"
    """Safe text."""
    at: str = "query_file"
    """The field with the initial focus."""


class FormTemplates:
    """Controller of the templates of a form."""

    def __init__(
        self,
        host: Host,
        form: Callable[[], DraftForm],
        saved_forms: SavedForms,
        start: Start,
        fill: Callable[[Draft], None],
    ) -> None:
        """Make a controller; `fill` shows another draft."""
        self._host = host
        self._form = form
        self._saved_forms = saved_forms
        self._start = start
        self._fill = fill

    async def pick(self) -> None:
        """Show the dialog of drafts, and use the chosen one."""
        templates = await asyncio.to_thread(self._saved_forms.templates)
        last = await asyncio.to_thread(self._saved_forms.draft, SENT)
        before = await asyncio.to_thread(self._saved_forms.draft, _REPLACED)
        given = self._start.draft
        picker = TemplatePicker(self._saved_forms, templates, given=given, last=last, before=before)
        picked = await self._host.ask(picker)
        if picked is None:
            return
        wanted, typed = picker.draft(picked), self._form().draft
        if typed not in {Draft(), wanted}:
            await asyncio.to_thread(self._saved_forms.keep, _REPLACED, typed)
        self._fill(wanted)
        self._form().go_to("query_file")

    async def keep(self) -> None:
        """Ask for a name, and save the form as a template."""
        name = await self._host.ask(
            Ask(
                "Save the form as a template", (NOT_KEPT,), safe_line(self._form().draft.query_name)
            )
        )
        if name is None:
            return
        templates = await asyncio.to_thread(self._saved_forms.templates)
        if name in templates and not await self._host.ask(replacing(name)):
            return
        if await asyncio.to_thread(self._saved_forms.keep_template, name, self._form().draft):
            self._host.say(f"Saved as {safe_line(name)}; f3 starts from it")
        else:
            self._host.say(DISK_REFUSES, "error")

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
