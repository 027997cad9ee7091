"""Saves the input of a form to disk while the user types; warns before input would be lost."""

import asyncio
from typing import TYPE_CHECKING

from textual.timer import Timer

from studio_tui.presentation.form.draft import Draft
from studio_tui.tui.form.saved_forms import (
    SAVING_FAILED,
    SECRETS_NOT_SAVED,
    SENT,
    is_saved_completely,
)
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.widgets.workers import start_worker

if TYPE_CHECKING:
    from studio_tui.tui.form.submit_screen import SubmitScreen

KEEP_AFTER = 1.0
"""Seconds from an edit until the form is saved."""

INPUT_IS_SAVED = "Your input is saved: opening the same form again shows it"


class DraftKeeper:
    """Saves the draft of one form under the key of `screen.start`.

    If the screen gets a `start` with another key, the draft moves to that key.
    """

    def __init__(self, screen: "SubmitScreen") -> None:
        self._screen = screen
        self._saved_forms = screen.saved_forms
        self._key = screen.start.key
        """The key under which the draft was saved last."""
        self._timer: Timer | None = None
        self._unchanged: Draft | None = None
        """The input that need not be saved; `None` until saved input was looked for."""
        self._last_warning = ""
        """The last warning about saving; it is not repeated."""

    async def saved_draft(self) -> tuple[Draft, str] | None:
        """Return the saved input and a message about it; `None` if none differs from the start."""
        self.regard_as_unchanged()
        key, initial = self._screen.start.key, self._screen.start.draft
        saved = await asyncio.to_thread(self._saved_forms.draft, key, initial.environment)
        if saved is None or saved == initial:
            return None
        others = "f3 and enter show an empty one." if initial == Draft() else "f3 shows others."
        return saved, f"This is the form as you left it; {others}"

    def regard_as_unchanged(self) -> None:
        """Let `keep_last` save nothing as long as the form stays as it is now."""
        self._unchanged = self._screen.form.draft

    def keep_soon(self) -> None:
        """Save the form within `KEEP_AFTER` seconds, even if the user types on."""
        if self._timer is None:
            self._timer = self._screen.set_timer(KEEP_AFTER, self.keep_now, name="keep")

    def keep_now(self) -> None:
        start_worker(self._screen, self.keep, name="keep", group="keep")

    async def keep(self) -> None:
        await self._keep(self._screen.form.draft)

    async def keep_sent(self, sent: Draft, typed: Draft) -> None:
        """Save `sent` as the form sent last, and remove the draft.

        If the form has been edited since it was `typed`, the draft is saved instead.
        """
        await asyncio.to_thread(self._saved_forms.keep, SENT, sent)
        current = self._screen.form.draft
        await self._keep(current if current != typed else self._screen.start.draft)

    def question_before_leaving(self, *, quits: bool) -> Confirm | None:
        """Return a question if something that was typed is not saved to disk.

        The question is whether to leave the form, or if `quits`, the dashboard.
        """
        before, after = self._screen.start.draft, self._screen.form.draft
        is_stored = self._saved_forms.is_stored
        if is_stored and is_saved_completely(after, before.environment):
            return None
        what, fate = ("dashboard", "lost when") if quits else ("form", "kept until")
        saved = ("Your input is saved for the next time.", "", SECRETS_NOT_SAVED)
        subject = "They are" if is_stored else "It is"
        lines = saved if is_stored else (f"{SAVING_FAILED}.",)
        return Confirm(
            f"Leave the {what}?",
            (*lines, f"{subject} {fate} the dashboard is closed."),
            yes="Leave",
            no="Stay",
            default_yes=not quits,
        )

    async def keep_last(self) -> None:
        """Save unsaved input when the form is removed; its last `Edited` may not have arrived."""
        draft = self._screen.form.draft
        if self._unchanged not in {None, draft}:
            await self._keep(draft)

    async def _keep(self, draft: Draft) -> None:
        self._unchanged = self._screen.form.draft
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        key, initial = self._screen.start.key, self._screen.start.draft
        changed_draft = draft if draft != initial else None
        words = await asyncio.to_thread(
            self._saved_forms.keep, key, changed_draft, initial.environment
        )
        if words and words != self._last_warning:
            self._last_warning = words
            self._screen.notify_user(words, "warning")
        if key != self._key:
            await asyncio.to_thread(self._saved_forms.keep, self._key, None)
            self._key = key
