"""The form for a job."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.getters import query_one
from textual.widgets import Static

from studio_tui import clock
from studio_tui.api.models import Job, JobInput
from studio_tui.presentation.form.draft import Draft, FormContext
from studio_tui.tui.form.draft_form import DraftForm
from studio_tui.tui.form.draft_keeper import INPUT_IS_SAVED, DraftKeeper
from studio_tui.tui.form.field_commands import FieldCommands
from studio_tui.tui.form.saved_forms import SavedForms
from studio_tui.tui.form.sending import FormSender
from studio_tui.tui.form.templates import FormTemplates, Start
from studio_tui.tui.form.validation import Checked, MessageUpdate, check_draft
from studio_tui.tui.frame.commands import Basics, bindings
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.frame.page import Page
from studio_tui.tui.frame.page_bars import breadcrumbs_below
from studio_tui.tui.jobs.rerun import names_of
from studio_tui.tui.messages import GoBack, Refreshed
from studio_tui.tui.terminal.key_queue import keys_held
from studio_tui.tui.widgets.workers import start_worker


class SubmitScreen(Page):
    """A form that keeps its input until Studio has created the job."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(FormSender, FieldCommands, FormTemplates)]

    help_key = "f1"

    why_no_preview: str | None = None
    on_created: Callable[[str], object] = staticmethod(lambda _: None)
    """Called with the id of each edited job after its copy was created."""

    message_line = query_one("#form-message", Static)

    def __init__(self, basics: Basics, saved_forms: SavedForms, start: Start) -> None:
        super().__init__(basics)
        self.saved_forms = saved_forms
        self.start = start
        self.form = DraftForm(start.draft)
        self.sender = FormSender(self)
        self.field_commands = FieldCommands(self)
        self.keeper = DraftKeeper(self)
        self.commands.add(self.sender, self.field_commands, FormTemplates(self))
        self._restored: Draft | None = None
        """The saved input that was shown first; `None` if there was none."""
        self._checked: Checked | None = None
        self.values_shown = False
        self._is_origin_known = True
        self._keys_held_to_restore = ExitStack()
        self._message_update: MessageUpdate | None = None

    def body(self) -> ComposeResult:
        # Above the form, so that users see that their input was restored before they type into it.
        yield Static(markup=False, id="form-message")
        yield self.form

    def on_mount(self) -> None:
        self.message_line.display = False
        self.form.go_to(self.start.first_field)
        self._keys_held_to_restore.enter_context(keys_held(self.app))
        start_worker(self, self.begin, name="restore draft", group="dialog")

    # Overrides of Page.

    def crumbs(self) -> tuple[str, ...]:
        return (*breadcrumbs_below(self), self.start.crumb)

    def hints(self) -> Iterable[str]:
        return ("form.submit", "page.escape", "form.preview", "form.edit", "form.pick",
                "form.template")  # fmt: skip

    def refreshed(self, message: Refreshed, *, is_news: bool) -> None:
        """Validate again if the clusters or their queues have changed; note if Studio answers."""
        if message.name == self.session.jobs.name:
            self.sender.note_answer(message.snapshot)
            if self._checked is not None and self._checked.context.queued != self._queued():
                self._check()
        elif is_news and message.name == self.session.clusters.name:
            self._check()

    def question_before_quitting(self) -> Confirm | None:
        """Return a question if quitting would lose something that was typed."""
        is_edited = self.is_alive and self.form.draft != self.start.draft
        return self.keeper.question_before_leaving(quits=True) if is_edited else None

    # Keys.

    def back(self) -> None:
        """Leave the form, or stop sending."""
        start_worker(self, self._ask_to_leave, name="leave", group="leave")

    async def _ask_to_leave(self) -> None:
        if self.sender.is_sending:
            await self.sender.ask_to_stop()
            return
        is_edited = self.form.draft not in {self.start.draft, self._restored}
        question = self.keeper.question_before_leaving(quits=False) if is_edited else None
        if question is not None and not await self.ask(question):
            return
        await self.leave()
        if is_edited and question is None and self.saved_forms.is_stored:
            self.notify_user(INPUT_IS_SAVED)

    def toggle_values(self) -> None:
        self.values_shown = not self.values_shown
        self.form.show_values(shown=self.values_shown)

    # Filling in, validating and saving.

    async def begin(self) -> None:
        """Restore the saved input; keys pressed meanwhile are handled after that."""
        with self._keys_held_to_restore:
            saved = await self.keeper.saved_draft()
        if saved is not None:
            draft, message = saved
            self.fill(draft)
            self._restored = self.form.draft
            self.note(message, lambda checked: message if checked.draft == self._restored else "")
        else:
            self._check()

    def fill(self, draft: Draft) -> None:
        """Show another draft, and discard what was said about the one before."""
        self.sender.reset()
        self.form.fill(draft)
        self.keeper.regard_as_unchanged()
        self.note("")
        self._check()

    @on(DraftForm.Edited)
    def _edited(self) -> None:
        if self._checked is not None:
            self.sender.drop_outdated_errors(self._checked.draft)
        self._check()
        self.keeper.keep_soon()

    @work(name="check", group="check", exclusive=True)
    async def _check(self) -> None:
        await self.examine()

    async def examine(self) -> Checked:
        """Validate the form, and show and return the result."""
        draft = self.form.draft
        origin = draft.rerun_from_job_id.strip()
        self._is_origin_known = not origin or bool(self.session.known_items.jobs((origin,)))
        checked = await asyncio.to_thread(self.validate, draft)
        self._checked = checked
        self.form.show(checked, self.sender.refused, all_fields=self.sender.shows_all_problems)
        if self._message_update is not None:
            self.note(self._message_update(checked), self._message_update)
        return checked

    def validate(self, draft: Draft) -> Checked:
        """Validate a draft; called in a thread."""
        clusters = self.session.clusters.snapshot.value
        history = self.session.records.history
        uploaded = history.uploaded_files(draft.uploads) if draft.uploads else {}
        context = FormContext(
            self.session.team,
            clock.now(),
            clock.zone(),
            clusters.items if clusters is not None else None,
            self._queued(),
            uploads=names_of(uploaded.values()),
            is_local=self.session.is_local,
            is_origin_known=self._is_origin_known,
        )
        return check_draft(draft, context)

    def _queued(self) -> tuple[Job, ...]:
        jobs = self.session.jobs.snapshot.value
        return jobs.queued if jobs is not None else ()

    async def leave(self) -> None:
        """Save the input and go back; keys pressed meanwhile are for the screen below."""
        with keys_held(self.app):
            await self.keeper.keep()
            self.app.post_message(GoBack())

    async def to_send(self, checked: Checked) -> Checked | None:
        """Return the form to send; a subclass may ask first, and return `None` to send nothing."""
        return checked

    def with_relation(self, request: JobInput) -> JobInput:
        """Return the request to send; a subclass may make it a `RelatedRequest`."""
        return request

    @on(events.Unmount)
    async def _keep_last(self) -> None:
        await self.keeper.keep_last()

    def note(self, words: str, update: MessageUpdate | None = None) -> None:
        """Show a message about the whole form, or none; `update` changes it after validations."""
        self._message_update = update if words else None
        self.message_line.update(words)
        self.message_line.display = bool(words)
