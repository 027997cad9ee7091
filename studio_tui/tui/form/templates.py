"""What a job's form can begin with: nothing, the job sent last, or a template."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from studio_tui.presentation.form.draft import Draft
from studio_tui.text import safe_line
from studio_tui.tui.form.draft_form import DraftForm
from studio_tui.tui.form.saved_forms import NOT_KEPT, SavedForms
from studio_tui.tui.form.template_picker import DISK_REFUSES, PickBeginning, replacing
from studio_tui.tui.frame.ask import Ask
from studio_tui.tui.frame.commands import Command, Host

SENT, _REPLACED = "sent", "replaced"
"""What the form that was sent last is kept under, and the one in whose place another was put."""


@dataclass(frozen=True)
class Start:
    """What a form begins with."""

    draft: Draft = field(default_factory=Draft)
    key: str = "new"
    """What it is kept under when it is left."""
    crumb: str = "New job"
    """Safe text."""
    at: str = "query_file"
    """The field that has the focus at first."""


class FormTemplates:
    """Controller of a screen with a form."""

    def __init__(
        self,
        host: Host,
        form: Callable[[], DraftForm],
        saved_forms: SavedForms,
        start: Start,
        fill: Callable[[Draft], None],
    ) -> None:
        """Take what was kept of forms, what this one began with, and how it is begun anew."""
        self._host = host
        self._form = form
        self._saved_forms = saved_forms
        self._start = start
        self._fill = fill

    async def pick(self) -> None:
        """Offer what a form can begin with."""
        templates = await asyncio.to_thread(self._saved_forms.templates)
        last = await asyncio.to_thread(self._saved_forms.draft, SENT)
        before = await asyncio.to_thread(self._saved_forms.draft, _REPLACED)
        given = self._start.draft
        picker = PickBeginning(self._saved_forms, templates, given=given, last=last, before=before)
        picked = await self._host.ask(picker)
        if picked is None:
            return
        wanted, typed = picker.draft(picked), self._form().draft
        if typed not in {Draft(), wanted}:
            await asyncio.to_thread(self._saved_forms.keep, _REPLACED, typed)
        self._fill(wanted)
        self._form().go_to("query_file")

    async def keep(self) -> None:
        """Ask for a name, and keep the form under it."""
        name = await self._host.ask(
            Ask(
                "Keep the form as a template", (NOT_KEPT,), safe_line(self._form().draft.query_name)
            )
        )
        if name is None:
            return
        templates = await asyncio.to_thread(self._saved_forms.templates)
        if name in templates and not await self._host.ask(replacing(name)):
            return
        if await asyncio.to_thread(self._saved_forms.keep_template, name, self._form().draft):
            self._host.say(f"Kept as {safe_line(name)}; f3 picks it")
        else:
            self._host.say(DISK_REFUSES, "error")

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "form.pick",
            "f3",
            "begin with",
            "Begin with a template, with the job sent last, or with nothing; "
            "rename and delete templates",
            pick,
            priority=True,
        ),
        Command(
            "form.template", "ctrl+t", "keep", "Keep the form as a template", keep, priority=True
        ),
    )
