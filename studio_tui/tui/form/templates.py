"""What a job's form can begin with: nothing, the job sent last, or a template."""

import asyncio
from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual import work

from studio_tui.presentation.form.draft import Draft
from studio_tui.text import safe_line
from studio_tui.tui.form.draft_form import DraftForm
from studio_tui.tui.form.saved_forms import NOT_KEPT, SavedForms
from studio_tui.tui.form.template_picker import DISK_REFUSES, PickBeginning, replacing
from studio_tui.tui.frame.ask import Ask

if TYPE_CHECKING:
    from textual.screen import Screen

    Base = Screen[None]
else:
    Base = object

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


class FormBeginnings(Base):
    """Mixin of a screen with a form."""

    form: DraftForm
    shelf: SavedForms
    start: Start

    @abstractmethod
    def fill(self, draft: Draft) -> None:
        """Begin the form anew."""

    @work(name="pick", group="dialog")
    async def action_pick(self) -> None:
        """Offer what a form can begin with."""
        templates = await asyncio.to_thread(self.shelf.templates)
        last = await asyncio.to_thread(self.shelf.draft, SENT)
        before = await asyncio.to_thread(self.shelf.draft, _REPLACED)
        given = self.start.draft
        picker = PickBeginning(self.shelf, templates, given=given, last=last, before=before)
        picked = await self.app.push_screen_wait(picker)
        if picked is None:
            return
        wanted, typed = picker.draft(picked), self.form.draft
        if typed not in {Draft(), wanted}:
            await asyncio.to_thread(self.shelf.keep, _REPLACED, typed)
        self.fill(wanted)
        self.form.go_to("query_file")

    @work(name="template", group="dialog")
    async def action_keep_template(self) -> None:
        """Ask for a name, and keep the form under it."""
        name = await self.app.push_screen_wait(
            Ask("Keep the form as a template", (NOT_KEPT,), safe_line(self.form.draft.query_name))
        )
        if name is None:
            return
        templates = await asyncio.to_thread(self.shelf.templates)
        if name in templates and not await self.app.push_screen_wait(replacing(name)):
            return
        if await asyncio.to_thread(self.shelf.keep_template, name, self.form.draft):
            self.app.notify(f"Kept as {safe_line(name)}; f3 picks it", markup=False)
        else:
            self.app.notify(DISK_REFUSES, severity="error", markup=False)
