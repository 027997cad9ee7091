"""What a job's form can begin with: nothing, the job sent last, or a template."""

import asyncio
from typing import TYPE_CHECKING

from textual import work

from studio_tui.presentation.draft import Draft
from studio_tui.text import safe_line
from studio_tui.tui.draft_shelf import NOT_KEPT, DraftShelf
from studio_tui.tui.screens.ask import Ask
from studio_tui.tui.screens.dialogs import Choose
from studio_tui.tui.widgets.draft_form import DraftForm

if TYPE_CHECKING:
    from textual.screen import Screen

    Base = Screen[None]
else:
    Base = object

SENT = "sent"
"""What the form that was sent last is kept under."""

_EMPTY, _LAST, _TEMPLATE = "empty", "last", "template "


class FormBeginnings(Base):
    """Mixin of a screen with a form."""

    form: DraftForm
    shelf: DraftShelf

    def fill(self, draft: Draft) -> None:
        """Begin the form anew."""
        raise NotImplementedError  # every form can be filled

    @work(name="pick", group="dialog")
    async def action_pick(self) -> None:
        """Offer what a form can begin with."""
        templates = await asyncio.to_thread(self.shelf.templates)
        last = await asyncio.to_thread(self.shelf.draft, SENT)
        choices = [(_EMPTY, "an empty form")]
        if last is not None:
            choices.append((_LAST, f"the job sent last: {safe_line(last.query_name) or '–'}"))
        choices += [(_TEMPLATE + name, safe_line(name)) for name in templates]
        chosen = await self.app.push_screen_wait(Choose("Begin with", choices, _EMPTY))
        if chosen is None:
            return
        picked = {_EMPTY: Draft(), _LAST: last}.get(chosen)
        self.fill(picked or templates.get(chosen.removeprefix(_TEMPLATE), Draft()))

    @work(name="template", group="dialog")
    async def action_keep_template(self) -> None:
        """Ask for a name, and keep the form under it."""
        name = await self.app.push_screen_wait(
            Ask("Keep the form as a template", (NOT_KEPT,), safe_line(self.form.draft.query_name))
        )
        if name is None:
            return
        kept = await asyncio.to_thread(self.shelf.keep_template, name, self.form.draft)
        if kept:
            self.app.notify(f"Kept as {safe_line(name)}; f3 picks it", markup=False)
        else:
            words = "The disk does not take the template; see the program's log."
            self.app.notify(words, severity="error", markup=False)
