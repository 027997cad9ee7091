"""The form of a job: filled in, checked while it is typed, looked at, and sent."""

import asyncio
from collections.abc import Iterable
from contextlib import ExitStack
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.getters import query_one
from textual.widgets import Static

from studio_tui import clock
from studio_tui.presentation.form.checks import request
from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.form.line_checks import has_new_values
from studio_tui.presentation.form.request_preview import as_curl, as_datachain, as_json
from studio_tui.service.session import StudioSession
from studio_tui.tui.form.draft_form import DraftForm
from studio_tui.tui.form.draft_keeper import DraftKeeper
from studio_tui.tui.form.editing import FieldCommands
from studio_tui.tui.form.leaving import confirm_leaving
from studio_tui.tui.form.preview import Preview
from studio_tui.tui.form.saved_forms import SavedForms
from studio_tui.tui.form.sending import FormSender
from studio_tui.tui.form.templates import FormTemplates, Start
from studio_tui.tui.form.validation import Checked, Follow, examine
from studio_tui.tui.frame.commands import Command, bindings
from studio_tui.tui.frame.page import Page
from studio_tui.tui.frame.way_here import first_crumb
from studio_tui.tui.messages import GoBack, Refreshed
from studio_tui.tui.terminal.key_queue import keys_held

_COMMANDS: tuple[Command["SubmitScreen"], ...] = (
    Command(
        "form.preview",
        "f6",
        "preview",
        "Show the request as JSON, as curl and as the datachain command",
        lambda page: page.preview(),
        lambda page: page.why_no_preview(),
        priority=True,
    ),
    Command(
        "form.values",
        "f7",
        "values",
        "Show or hide the values of the environment",
        lambda page: page.toggle_values(),
        priority=True,
    ),
)


class SubmitScreen(Page):
    """A form that stays as it is, whatever happens, until Studio has made its job."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(FormSender, _COMMANDS, FieldCommands, FormTemplates)
    ]

    help_key = "f1"

    form = query_one(DraftForm)
    said = query_one("#form-said", Static)

    def __init__(
        self,
        session: StudioSession,
        home: str,
        saved_forms: SavedForms,
        start: Start,
        *,
        url: str,
        read_only: bool,
    ) -> None:
        """Take what was kept of forms, what to begin with, and Studio's address for the preview."""
        super().__init__(session, home, read_only=read_only)
        self.saved_forms = saved_forms
        self.start = start
        self.sender = FormSender(self)
        self.fields = FieldCommands(self, lambda: self.form, self.note)
        self._keeper = DraftKeeper(self, lambda: self.form, saved_forms, start)
        templates = FormTemplates(self, lambda: self.form, saved_forms, start, self.fill)
        self.commands.add(self.sender, self.fields, templates)
        self.commands.add_to(self, _COMMANDS)
        self._url = url
        self._checked: Checked | None = None
        self._values_shown = False
        self._holding = ExitStack()
        """What lets keys wait until what was left of the form is taken up."""
        self._follow: Follow | None = None
        """What says how what was said of the form stands now."""

    def body(self) -> ComposeResult:
        """Compose the form, and a line on what concerns all of it."""
        yield DraftForm(self.start.draft)
        yield Static(markup=False, id="form-said")

    def on_mount(self) -> None:
        """Take up what was left, and begin with the field that is meant."""
        self.said.display = False
        self.form.go_to(self.start.at)
        # Before the worker is under way a key could come, and what is taken up replace it.
        self._holding.enter_context(keys_held(self.app))
        self._take_up()

    # What the frame asks.

    def crumbs(self) -> tuple[str, ...]:
        """Return where this is."""
        return (first_crumb(self), self.start.crumb)

    def hints(self) -> Iterable[str]:
        """Return the keys of the form."""
        return ("form.submit", "page.escape", "form.preview", "form.edit", "form.pick",
                "form.template")  # fmt: skip

    def refreshed(self, message: Refreshed, *, is_news: bool) -> None:
        """Check anew what depends on the clusters."""
        if is_news and message.name == self.session.clusters.name:
            self._check()
        if message.name == self.session.jobs.name:
            self.sender.hear_studio(message.snapshot)

    @property
    def loses_values(self) -> bool:
        """Whether something typed would be lost with the program: it is not kept on disk."""
        if not self.is_alive:
            return False
        return has_new_values(self.form.draft.environment, self.start.draft.environment)

    # The keys.

    def back(self) -> None:
        """Leave the form, as escape does."""
        self.escape()

    def escape(self) -> None:
        """Leave; what is typed is kept, and that is said where there is anything."""
        self.run_worker(self._ask_to_leave(), group="leave")

    async def _ask_to_leave(self) -> None:
        if self.sender.is_sending:
            await self.sender.ask_to_stop()
            return
        draft = self.form.draft
        if draft != self.start.draft and not await self.ask(confirm_leaving()):
            return
        await self.keep()
        self.post_message(GoBack())

    def why_no_preview(self) -> str | None:
        """Return why the request cannot be shown."""
        return None

    async def preview(self) -> None:
        """Show the request, if there is one yet."""
        checked = await self.sender.sendable("There is no request yet.")
        if checked is None:
            return
        draft, wish = checked.draft, request(checked.draft, checked.around)

        def texts(shown: bool) -> tuple[str, ...]:
            return (
                as_json(wish, draft.files, shown=shown),
                as_curl(wish, self._url, draft.files, shown=shown),
                as_datachain(wish, draft.query_file, draft.files, shown=shown),
            )

        await self.ask(Preview(texts))

    def toggle_values(self) -> None:
        """Show the values of the environment, or hide them."""
        self._values_shown = not self._values_shown
        self.form.show_values(shown=self._values_shown)

    # Filling, checking and keeping.

    @work(name="take up", group="dialog")
    async def _take_up(self) -> None:
        await self.begin()

    async def begin(self) -> None:
        """Take up what was left of the form; what is typed meanwhile is put behind it."""
        with self._holding:
            left = await self._keeper.left()
        if left is not None:
            self.fill(left[0])
            self.note(left[1])
        else:
            self._check()

    def fill(self, draft: Draft) -> None:
        """Begin the form anew."""
        self.sender.begin_anew()
        self.form.fill(draft)
        self.note("")
        self._check()

    @on(DraftForm.Edited)
    def _edited(self) -> None:
        self.sender.edited(self._checked)
        self._check()
        self._keeper.edited()

    @work(name="check", group="check", exclusive=True)
    async def _check(self) -> None:
        await self.examine()

    async def examine(self) -> Checked:
        """Find out what there is to say of the form, and say it."""
        checked = await asyncio.to_thread(self.examined, self.form.draft)
        self._checked = checked
        self.form.show(checked, self.sender.refused, all_fields=self.sender.was_sent)
        if self._follow is not None:
            self.note(self._follow(checked), self._follow)
        return checked

    def examined(self, draft: Draft) -> Checked:
        """Find out what there is to say of a form; runs in a thread."""
        clusters = self.session.clusters.snapshot.value
        known = clusters.items if clusters is not None else None
        team, files = self.session.team, self.session.history.files
        lost = self.saved_forms.lost_values
        return examine(draft, team, clock.now(), known, files, lost_values=lost)

    async def keep(self) -> None:
        """Keep the form as it stands, for whenever it is opened again."""
        await self._keeper.keep()

    async def done(self, sent: Draft, typed: Draft) -> None:
        """Keep the form as the one sent last; what was typed since it was sent is left of it."""
        await self._keeper.done(sent, typed)

    async def to_send(self, checked: Checked) -> Checked | None:
        """Ask what there is to ask; return what is to be sent, `None` for nothing now."""
        return checked

    @on(events.Unmount)
    async def _keep_last(self) -> None:
        await self._keeper.keep_last()

    def note(self, words: str, follow: Follow | None = None) -> None:
        """Say what concerns the whole form; `follow` tells what is true of it later."""
        self._follow = follow if words else None
        self.said.update(words)
        self.said.display = bool(words)
