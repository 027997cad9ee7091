"""Sending a form: its files, then the request, of which there is a preview."""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.worker import Worker

from studio_tui.api.states import JobState
from studio_tui.errors import TransportError
from studio_tui.presentation.cells import Cell
from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.form.fields import FIELDS, label, value_of
from studio_tui.presentation.form.job_request import (
    has_windows_line_ends,
    request,
    with_unix_line_ends,
)
from studio_tui.presentation.form.problems import Problem
from studio_tui.presentation.form.server_errors import WHOLE_FORM, refusals
from studio_tui.presentation.format import plural, size
from studio_tui.service.commands.create_job import Created, JobRefused
from studio_tui.service.commands.submitted import RelatedRequest
from studio_tui.service.polling.snapshot import Snapshot
from studio_tui.text import safe_line
from studio_tui.tui.form.preview import Preview, request_texts
from studio_tui.tui.form.validation import Checked, path_of
from studio_tui.tui.frame.commands import Command, why_read_only
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.frame.review import Review
from studio_tui.tui.jobs.create import create
from studio_tui.tui.messages import CRON_FIELD, JobCreated
from studio_tui.tui.terminal.key_queue import keys_held
from studio_tui.tui.widgets.workers import start_worker

if TYPE_CHECKING:
    from studio_tui.tui.form.submit_screen import SubmitScreen

_WINDOWS = "This shell script has Windows line endings"
_ABOUT_WINDOWS = (
    Cell("A shell takes the carriage return at the end of each line as part of the command,"),
    Cell("and fails with sentences such as “$'\\r': command not found”."),
    Cell(""),
    Cell("A fixed script is sent with Unix line endings; a file on this machine is not changed."),
)
# Keys of the answers. `f` is not one: in the dialog that may follow, it runs a job from the start.
_FIX, _AS_IT_IS = "m", "s"
_LINE_ENDS = ((_FIX, "fix and send"), (_AS_IT_IS, "send it as it is"), ("n", "back to the form"))

ANSWERS_WITHIN = 1.0
"""Seconds for which keys wait for Studio's answer; keys pressed later are for the form."""

STOPPED = "Stopped. A job that was already requested will appear in the list."


class FormSender:
    """Controller of sending a form."""

    def __init__(self, screen: "SubmitScreen") -> None:
        self._screen = screen
        self.refused: tuple[Problem, ...] = ()
        """Studio's errors about the form as it was sent, except those of fields edited since."""
        self.shows_all_problems = False
        """Whether problems of empty fields that were not edited are shown, too."""
        self.is_held = False
        """Whether the form waits to be sent, which can be undone."""
        self.is_sending = False
        self._worker: Worker[Any] | None = None
        self.has_created = False
        """Whether all jobs were created, so that the form is about to be closed."""
        self._got_no_answer = False
        """Whether the last attempt to send failed without an answer of Studio."""
        self._is_unreachable = False
        """Whether the last poll of jobs failed because Studio could not be reached."""

    def why_not_send(self) -> str | None:
        return why_read_only(self._screen)

    def send(self) -> None:
        """Start to validate and send the form, unless that has begun or the job was created."""
        if (self._worker is None or self._worker.is_finished) and not self.has_created:
            self._worker = start_worker(self._screen, self._send, name="send", group="send")

    async def _send(self) -> None:
        self.refused, self._got_no_answer = (), False
        app = self._screen.app
        with keys_held(app, ANSWERS_WITHIN):
            checked = await self.check_and_list_errors()
        checked = await self._with_line_ends(checked) if checked is not None else None
        if checked is None or (to_send := await self._screen.to_send(checked)) is None:
            return
        self.is_sending = True
        try:
            with keys_held(app, ANSWERS_WITHIN):
                await self._upload_and_create(to_send, checked.draft)
        finally:
            self.is_sending = False

    async def _with_line_ends(self, checked: Checked) -> Checked | None:
        """Offer to convert the line endings of a shell script; `None` if the user cancels."""
        if not has_windows_line_ends(checked.draft, checked.context):
            return checked
        answer = await self._screen.ask(Review(_WINDOWS, _ABOUT_WINDOWS, _LINE_ENDS))
        if answer != _FIX:
            return checked if answer == _AS_IT_IS else None
        draft, context = with_unix_line_ends(checked.draft, checked.context)
        return replace(checked, draft=draft, context=context)

    def reset(self) -> None:
        self.refused, self.shows_all_problems = (), False

    def drop_outdated_errors(self, draft_before: Draft) -> None:
        """Discard Studio's errors, except those of fields that are still as in `draft_before`."""
        draft = self._screen.form.draft
        self.refused = tuple(
            problem
            for problem in self.refused
            if problem.field in FIELDS
            and value_of(problem.field, draft) == value_of(problem.field, draft_before)
        )

    async def check_and_list_errors(self, consequence: str = "") -> Checked | None:
        """Validate the form; if it has errors, list them after `consequence` and return `None`."""
        self.shows_all_problems = True
        checked = await self._screen.examine()
        if not checked.errors:
            return checked
        self._list_problems(consequence, checked.errors)
        self._screen.form.go_to(checked.errors[0].field)
        return None

    async def preview(self) -> None:
        """Show the request, if the form is valid."""
        checked = await self.check_and_list_errors("There is no request yet.")
        if checked is not None:
            url = self._screen.session.client.url
            await self._screen.ask(Preview(partial(request_texts, checked, url)))

    async def ask_to_stop(self) -> None:
        """Ask, then stop sending."""
        sure = await self._screen.ask(
            Confirm(
                "Stop sending?",
                ("Uploads in progress are abandoned, and the form stays as it is.",),
                yes="Stop",
                no="Continue",
            )
        )
        # Sending may have ended while the question was open; what Studio answered stays visible.
        if sure and self.is_sending:
            if self._worker is not None:
                self._worker.cancel()
            self.is_sending = False
            self._screen.note(STOPPED)

    async def _upload_and_create(self, checked: Checked, typed: Draft) -> None:
        """Upload the files and create the job; `typed` is the form when the user sent it."""
        await self._screen.keeper.keep()
        paths = [path_of(path) for path in checked.draft.files]
        progress: dict[Path, str] = {}

        def show_progress(path: Path, sent: int, total: int) -> None:
            share = f"{sent * 100 // total} % of {size(total)}" if sent < total else "uploaded"
            progress[path] = f"{safe_line(path.name)} {share}"
            files = plural(len(paths), "file")
            self._screen.note(f"Uploading {files}: {', '.join(progress.values())}")

        self._screen.note("Sending…")
        app, creator = self._screen.app, self._screen.session.commands.job_creator
        job_input = self._screen.with_relation(request(checked.draft, checked.context))
        outcome = await create(app, creator, job_input, paths, uploading=show_progress)
        if isinstance(outcome, Created):
            self.has_created = True
            hold = ExitStack()
            hold.enter_context(keys_held(app))
            await self._screen.keeper.keep_sent(checked.draft, typed)
            self.is_sending = False
            starts_at_cron = self._screen.start.first_field == CRON_FIELD
            # If the form was opened from the list of schedules, the user returns there.
            is_schedule = outcome.job.state is JobState.TASK and starts_at_cron
            is_newer_run = bool(
                job_input.rerun_from_job_id or isinstance(job_input, RelatedRequest)
            )
            tab = "schedules" if is_schedule else "jobs"
            self._screen.post_message(JobCreated(outcome, tab, is_newer_run=is_newer_run))
            # The app handles that message first, so that the keys are for the screen shown next.
            self._screen.call_later(app.call_later, hold.close)
        elif isinstance(outcome, JobRefused):
            await self._refuse(refusals(outcome.error, checked.draft))
            self._got_no_answer = isinstance(outcome.error, TransportError)
        else:
            self._screen.note("Not sent again; the form is as it was.")

    async def _refuse(self, problems: tuple[Problem, ...]) -> None:
        # Nothing is awaited after the errors are shown, so that the form can be sent again at once.
        self.refused = problems
        await self._screen.examine()
        of_form = [problem.sentence for problem in problems if problem.field == WHOLE_FORM]
        of_fields = [problem for problem in problems if problem.field != WHOLE_FORM]
        if of_form:
            self._screen.note(" ".join(of_form))
        else:
            self._list_problems("No job was created.", of_fields)
        if of_fields:
            self._screen.form.go_to(of_fields[0].field)

    def note_answer(self, jobs: Snapshot[Any]) -> None:
        """After an attempt without an answer, say that Studio answers polls of jobs again."""
        was_unreachable = self._is_unreachable
        self._is_unreachable = isinstance(jobs.error, TransportError)
        # The poll must have failed, too: sending alone may have failed because of the local disk.
        if self._got_no_answer and was_unreachable and jobs.error is None:
            self._got_no_answer = False
            self._screen.note("Studio answers again. No job was created yet; f9 sends the form.")

    def _list_problems(self, consequence: str, problems: Iterable[Problem]) -> None:
        def updated_message(checked: Checked) -> str:
            refused = [problem for problem in self.refused if problem.field != WHOLE_FORM]
            remaining = [*refused, *checked.errors]
            return f"{consequence} {_fields_to_check(remaining)}".strip() if remaining else ""

        self._screen.note(f"{consequence} {_fields_to_check(problems)}".strip(), updated_message)

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "form.submit",
            "f9,ctrl+j,alt+enter",
            "submit",
            "Submit the job",
            send,
            why_not_send,
            priority=True,
        ),
        Command(
            "form.preview",
            "f6",
            "preview",
            "Show the request as JSON, as curl and as the datachain command",
            preview,
            lambda self: self._screen.why_no_preview,
            priority=True,
        ),
        Command(
            "form.values",
            "f7",
            "values",
            "Show or hide the values of the environment, and logins in URLs",
            lambda self: self._screen.toggle_values(),
            priority=True,
        ),
    )


def _fields_to_check(problems: Iterable[Problem]) -> str:
    labels = dict.fromkeys(label(problem.field) for problem in problems)
    return f"To check: {', '.join(labels)}."
