"""The form of a job: filled in, checked while it is typed, looked at, and sent."""

import asyncio
from collections.abc import Iterable
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.getters import query_one
from textual.timer import Timer
from textual.widgets import Static

from studio_tui import clock
from studio_tui.presentation.form.checks import request
from studio_tui.presentation.form.draft import LABELS, Draft
from studio_tui.presentation.form.line_checks import has_new_values
from studio_tui.presentation.form.request_preview import as_curl, as_datachain, as_json
from studio_tui.presentation.format import plural
from studio_tui.service.session import StudioSession
from studio_tui.tui.form.draft_form import DraftForm
from studio_tui.tui.form.editing import FormEditing
from studio_tui.tui.form.preview import Preview
from studio_tui.tui.form.saved_forms import NOT_KEPT, SavedForms
from studio_tui.tui.form.sending import FormSending
from studio_tui.tui.form.templates import SENT, FormBeginnings, Start
from studio_tui.tui.form.validation import Checked, Follow, examine
from studio_tui.tui.frame.commands import READ_ONLY
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.frame.page import Page
from studio_tui.tui.messages import GoBack, Refreshed

KEEP_AFTER = 1.0
"""Seconds of rest after which what was typed is kept on disk."""


class SubmitScreen(FormSending, FormBeginnings, FormEditing, Page):
    """A form that stays as it is, whatever happens, until Studio has made its job."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f9,ctrl+j,alt+enter", "submit", "submit", priority=True, id="form.submit",
                tooltip="Have the job made, with all that is typed"),
        Binding("f6", "preview", "preview", priority=True, id="form.preview",
                tooltip="Show the request as JSON, as curl and as the datachain command"),
        Binding("f4", "edit", "$EDITOR", priority=True, id="form.edit",
                tooltip="Change the field in $EDITOR"),
        Binding("f3", "pick", "begin with", priority=True, id="form.pick",
                tooltip="Begin with a template, with the job sent last, or with nothing; "
                "rename and delete templates"),
        Binding("ctrl+t", "keep_template", "keep", priority=True, id="form.template",
                tooltip="Keep the form as a template"),
        Binding("ctrl+f", "attach", "attach", priority=True, id="form.attach",
                tooltip="Name another file that is put beside the query"),
        Binding("f1", "explain", "explain", priority=True, id="form.explain",
                tooltip="Say what the field is for, what it takes, and an example"),
        Binding("f7", "values", "values", priority=True, id="form.values",
                tooltip="Show or hide the values of the environment"),
    ]  # fmt: skip

    form = query_one(DraftForm)
    said = query_one("#form-said", Static)

    def __init__(
        self,
        session: StudioSession,
        home: str,
        shelf: SavedForms,
        start: Start,
        *,
        url: str,
        read_only: bool,
    ) -> None:
        """Take what was kept of forms, what to begin with, and Studio's address for the preview."""
        super().__init__(session, home, read_only=read_only)
        self.shelf = shelf
        self.start = start
        self._url = url
        self._checked: Checked | None = None
        self._values_shown = False
        self._keep_due: Timer | None = None
        self._follow: Follow | None = None
        """What says how what was said of the form stands now."""
        self._unkept: Draft | None = None
        """What was typed since the form was kept."""

    def body(self) -> ComposeResult:
        """Compose the form, and a line on what concerns all of it."""
        yield DraftForm(self.start.draft)
        yield Static(markup=False, id="form-said")

    def on_mount(self) -> None:
        """Take up what was left, and begin with the first field."""
        self.said.display = False
        self.form.go_to("query_file")
        self._take_up()

    # What the frame asks.

    def crumbs(self) -> tuple[str, ...]:
        """Return where this is."""
        return ("Jobs", self.start.crumb)

    def hints(self) -> Iterable[str]:
        """Return the keys of the form."""
        return ("form.submit", "page.escape", "form.explain", "form.preview", "form.edit",
                "form.pick")  # fmt: skip

    def refreshed(self, message: Refreshed, *, is_news: bool) -> None:
        """Check anew what depends on the clusters."""
        if is_news and message.name == self.session.clusters.name:
            self._check()
        if message.name == self.session.jobs.name:
            self.hear_studio(message.snapshot)

    @property
    def loses_values(self) -> bool:
        """Whether something typed would be lost with the program: it is not kept on disk."""
        if not self.is_mounted:
            return False
        return has_new_values(self.form.draft.environment, self.start.draft.environment)

    # The keys.

    def why_not(self, action: str) -> str | None:
        """Return why an action cannot be done now."""
        if action == "submit" and self.read_only:
            return READ_ONLY
        return None

    def back(self) -> None:
        """Leave the form, as escape does."""
        self.escape()

    def escape(self) -> None:
        """Leave; what is typed is kept, and that is said where there is anything."""
        self._ask_to_leave()

    @work(name="leave", group="dialog")
    async def _ask_to_leave(self) -> None:
        if self.is_sending:
            await self.ask_to_stop()
            return
        draft = self.form.draft
        if draft != self.start.draft:
            details = ("What is typed is kept for the next time.", "", NOT_KEPT,
                       "They stay until the dashboard ends.")  # fmt: skip
            question = Confirm(
                "Leave the form?", details, yes="Leave", no="Go on", default_yes=True
            )
            if not await self.app.push_screen_wait(question):
                return
        await self.keep()
        self.post_message(GoBack())

    @work(name="preview", group="dialog")
    async def action_preview(self) -> None:
        """Show the request, if there is one yet."""
        checked = await self.sendable("There is no request yet.")
        if checked is None:
            return
        draft, wish = checked.draft, request(checked.draft, checked.around)

        def texts(shown: bool) -> tuple[str, ...]:
            return (
                as_json(wish, draft.files, shown=shown),
                as_curl(wish, self._url, draft.files, shown=shown),
                as_datachain(wish, draft.query_file, draft.files, shown=shown),
            )

        await self.app.push_screen_wait(Preview(texts))

    def action_values(self) -> None:
        """Show the values of the environment, or hide them."""
        self._values_shown = not self._values_shown
        self.form.show_values(shown=self._values_shown)

    # Filling, checking and keeping.

    @work(name="take up", group="dialog")
    async def _take_up(self) -> None:
        await self.begin()

    async def begin(self) -> None:
        """Take up what was left of the form."""
        key, given = self.start.key, self.start.draft.environment
        left = await asyncio.to_thread(self.shelf.draft, key, given)
        if left is not None and left != self.start.draft:
            self.fill(left)
            self.note("This is the form as it was left; f3 begins with another.")
            dropped = await asyncio.to_thread(self.shelf.dropped, key)
            if dropped:
                was = "was" if dropped == 1 else "were"
                lines = f"{plural(dropped, 'line')} that {was} not NAME=VALUE {was}"
                self.note(f"This is the form as it was left; {lines} not kept on disk.")
        else:
            self._check()

    def fill(self, draft: Draft) -> None:
        """Begin the form anew."""
        self.refused, self.was_sent = (), False
        self.form.fill(draft)
        self.note("")
        self._check()

    @on(DraftForm.Edited)
    def _edited(self) -> None:
        if self.refused:
            # What was said of the form as it was sent holds until the field itself is changed.
            now, then = self.form.draft, self._checked.draft if self._checked else None
            self.refused = tuple(
                each for each in self.refused
                if each.field in LABELS
                and getattr(now, each.field) == getattr(then, each.field, None)
            )  # fmt: skip
        self._check()
        self._unkept = self.form.draft
        if self._keep_due is not None:
            self._keep_due.stop()
        self._keep_due = self.set_timer(KEEP_AFTER, self._keep_now, name="keep")

    @work(name="check", group="check", exclusive=True)
    async def _check(self) -> None:
        await self.examine()

    async def examine(self) -> Checked:
        """Find out what there is to say of the form, and say it."""
        checked = await asyncio.to_thread(self.examined, self.form.draft)
        self._checked = checked
        self.form.show(checked, self.refused, all_fields=self.was_sent)
        if self._follow is not None:
            self.note(self._follow(checked), self._follow)
        return checked

    def examined(self, draft: Draft) -> Checked:
        """Find out what there is to say of a form; runs in a thread."""
        clusters = self.session.clusters.snapshot.value
        known = clusters.items if clusters is not None else None
        team, files, lost = self.session.team, self.session.ledger.files, self.shelf.lost_values
        return examine(draft, team, clock.now(), known, files, lost_values=lost)

    @work(name="keep", group="keep")
    async def _keep_now(self) -> None:
        await self.keep()

    async def keep(self) -> None:
        """Keep the form as it stands, for whenever it is opened again."""
        await self._keep(self.form.draft)

    async def done(self, sent: Draft, typed: Draft) -> None:
        """Keep the form as the one sent last; what was typed since it was sent is left of it."""
        await asyncio.to_thread(self.shelf.keep, SENT, sent)
        left = self.form.draft
        await self._keep(left if left != typed else self.start.draft)

    async def _keep(self, draft: Draft) -> None:
        self._unkept = None
        if self._keep_due is not None:
            self._keep_due.stop()
        begun = self.start.draft
        left = draft if draft != begun else None
        await asyncio.to_thread(self.shelf.keep, self.start.key, left, begun.environment)

    @on(events.Unmount)
    async def _keep_last(self) -> None:
        """Keep what was typed last, when the program ends before that was done."""
        if self._unkept is not None:
            await self._keep(self._unkept)

    def note(self, words: str, follow: Follow | None = None) -> None:
        """Say what concerns the whole form; `follow` tells what is true of it later."""
        self._follow = follow if words else None
        self.said.update(words)
        self.said.display = bool(words)
