"""Saves the input of a form to disk while it is typed."""

import asyncio
from collections.abc import Callable
from typing import Any

from textual.screen import Screen
from textual.timer import Timer

from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.format import plural
from studio_tui.tui.form.draft_form import DraftForm
from studio_tui.tui.form.saved_forms import SavedForms
from studio_tui.tui.form.templates import SENT, Start
from studio_tui.tui.widgets.workers import start_worker

KEEP_AFTER = 1.0
"""Seconds without typing before the input is saved."""

_LEFT = "This is the form as you left it;"


class DraftKeeper:
    """Saves one form under the key of its start."""

    def __init__(
        self,
        screen: Screen[Any],
        form: Callable[[], DraftForm],
        saved_forms: SavedForms,
        start: Start,
    ) -> None:
        self._screen = screen
        self._form = form
        self._saved_forms = saved_forms
        self._start = start
        self._due: Timer | None = None
        self._shown: DraftForm | None = None
        """The form, which still has its input when it has been removed."""
        self._unchanged = start.draft
        """The input that is saved, or that the user has not changed."""

    async def saved_draft(self) -> tuple[Draft, str] | None:
        """Return the saved input and a message about it; `None` if there is none."""
        self.filled()
        key, given = self._start.key, self._start.draft.environment
        saved = await asyncio.to_thread(self._saved_forms.draft, key, given)
        if saved is None or saved == self._start.draft:
            return None
        dropped = await asyncio.to_thread(self._saved_forms.dropped_lines, key)
        if not dropped:
            return saved, f"{_LEFT} f3 starts from another."
        was = "was" if dropped == 1 else "were"
        lines = f"{plural(dropped, 'line')} that {was} not NAME=VALUE {was}"
        return saved, f"{_LEFT} {lines} not saved to disk."

    def filled(self) -> None:
        """Regard the contents of the form as not typed by the user."""
        self._shown = self._form()
        self._unchanged = self._shown.draft

    def edited(self) -> None:
        """Schedule saving after a pause in typing."""
        if self._due is not None:
            self._due.stop()
        self._due = self._screen.set_timer(KEEP_AFTER, self._keep_now, name="keep")

    def _keep_now(self) -> None:
        start_worker(self._screen, self.keep, name="keep", group="keep")

    async def keep(self) -> None:
        """Save the current input, to be restored when the form is reopened."""
        await self._keep(self._form().draft)

    async def done(self, sent: Draft, typed: Draft) -> None:
        """Save the form as last sent; only input typed since remains in the form's own draft."""
        await asyncio.to_thread(self._saved_forms.keep, SENT, sent)
        current = self._form().draft
        await self._keep(current if current != typed else self._start.draft)

    async def keep_last(self) -> None:
        """Save unsaved input when the program ends, even if its message has not arrived yet."""
        if self._shown is not None and (draft := self._shown.draft) != self._unchanged:
            await self._keep(draft)

    async def _keep(self, draft: Draft) -> None:
        if self._shown is not None:
            self._unchanged = self._shown.draft
        if self._due is not None:
            self._due.stop()
        initial = self._start.draft
        changed = draft if draft != initial else None
        await asyncio.to_thread(
            self._saved_forms.keep, self._start.key, changed, initial.environment
        )
