"""Sending a job's form: its files, then the request; if anything fails, the form stays open."""

from collections.abc import Iterable
from dataclasses import replace
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
from studio_tui.presentation.form.server_errors import WHOLE, refusals
from studio_tui.presentation.format import plural, size
from studio_tui.presentation.jobs.problems import Problem
from studio_tui.service.commands.create_job import Created, JobRefused
from studio_tui.service.polling.snapshot import Snapshot
from studio_tui.text import safe_line
from studio_tui.tui.form.draft_files import path_of
from studio_tui.tui.form.validation import Checked
from studio_tui.tui.frame.commands import READ_ONLY, Command
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.frame.review import Review
from studio_tui.tui.jobs.create import create, say_created
from studio_tui.tui.messages import CRON, JobCreated
from studio_tui.tui.widgets.workers import start_worker

if TYPE_CHECKING:
    from studio_tui.tui.form.submit_screen import SubmitScreen

_WINDOWS = "This shell script has Windows line endings"
_ABOUT_WINDOWS = (
    Cell("A shell takes the carriage return at the end of each line as part of the command,"),
    Cell("and fails with sentences such as “$'\\r': command not found”."),
    Cell(""),
    Cell("Fixed, it is sent with Unix line endings; a file on this machine is not changed."),
)
_LINE_ENDS = (("m", "fix and send"), ("s", "send it as it is"))


class FormSender:
    """Controller of sending a form."""

    def __init__(self, screen: "SubmitScreen") -> None:
        self._screen = screen
        self.refused: tuple[Problem, ...] = ()
        """Studio's errors about the form as it was sent."""
        self.was_sent = False
        """Whether the user has tried to send, so that unedited fields are validated too."""
        self.is_sending = False
        self._under_way: Worker[Any] | None = None
        self._was_not_sent = self._is_silent = False
        """Whether sending failed, and whether Studio is unreachable."""

    def why_not_send(self) -> str | None:
        """Return why the form cannot be sent."""
        return READ_ONLY if self._screen.read_only else None

    def send(self) -> None:
        """Validate and send the form, then go to the new job or show the errors."""
        if not self.is_sending:
            self._under_way = start_worker(
                self._screen, self._send_checked, name="send", group="send"
            )

    async def _send_checked(self) -> None:
        self.refused, self._was_not_sent = (), False
        checked = await self.sendable("")
        checked = await self._with_line_ends(checked) if checked is not None else None
        if checked is None or (to_send := await self._screen.to_send(checked)) is None:
            return
        self.is_sending = True
        try:
            await self._send(to_send, checked.draft)
        finally:
            self.is_sending = False

    async def _with_line_ends(self, checked: Checked) -> Checked | None:
        """Offer to convert line ends of a shell script; `None` to cancel."""
        if not has_windows_line_ends(checked.draft, checked.context):
            return checked
        answer = await self._screen.ask(Review(_WINDOWS, _ABOUT_WINDOWS, _LINE_ENDS))
        if answer != "m":
            return checked if answer == "s" else None
        draft, context = with_unix_line_ends(checked.draft, checked.context)
        return replace(checked, draft=draft, context=context)

    def reset(self) -> None:
        """Discard the errors of the form that was sent before."""
        self.refused, self.was_sent = (), False

    def edited(self, checked: Checked | None) -> None:
        """Discard Studio's errors about fields that have changed since."""
        now, then = self._screen.form.draft, checked.draft if checked else None
        self.refused = tuple(
            each
            for each in self.refused
            if each.field in FIELDS
            and then is not None
            and value_of(each.field, now) == value_of(each.field, then)
        )

    async def sendable(self, first_words: str) -> Checked | None:
        """Return the form if valid; else show `first_words` and focus the first error."""
        self.was_sent = True
        checked = await self._screen.examine()
        if not checked.errors:
            return checked
        self._list_problems(first_words, checked.errors)
        self._screen.form.go_to(checked.errors[0].field)
        return None

    async def ask_to_stop(self) -> bool:
        """Ask whether to stop sending; return whether it was stopped."""
        sure = await self._screen.ask(
            Confirm(
                "Stop sending?",
                ("Uploads in progress are abandoned, and the form stays as it is.",),
                yes="Stop",
                no="Continue",
            )
        )
        if sure:
            if self._under_way is not None:
                self._under_way.cancel()
            self.is_sending = False
            self._screen.note("Stopped. If the job was requested already, the list will show it.")
        return bool(sure)

    async def _send(self, checked: Checked, typed: Draft) -> None:
        """Upload the files and create the job."""
        await self._screen.keep()
        paths = [path_of(path) for path in checked.draft.files]
        sent: dict[Path, str] = {}

        def uploading(path: Path, done: int, whole: int) -> None:
            share = f"{done * 100 // whole} % of {size(whole)}" if done < whole else "uploaded"
            sent[path] = f"{safe_line(path.name)} {share}"
            self._screen.note(f"Uploading {plural(len(paths), 'file')}: {', '.join(sent.values())}")

        self._screen.note("Sending…")
        job_input = request(checked.draft, checked.context)
        outcome = await create(
            self._screen.app,
            self._screen.session.commands.job_creator,
            job_input,
            paths,
            uploading=uploading,
        )
        if isinstance(outcome, Created):
            await self._screen.done(checked.draft, typed)
            self.is_sending = False
            say_created(
                self._screen.app, outcome, self._screen.session.commands.job_creator.new_job
            )
            # A schedule created from the list of schedules returns there.
            is_schedule = outcome.job.state is JobState.TASK and self._screen.start.at == CRON
            tab = "schedules" if is_schedule else "jobs"
            self._screen.post_message(JobCreated(outcome.job.id, tab))
        elif isinstance(outcome, JobRefused):
            await self._refuse(refusals(outcome.error, checked.draft))
            if isinstance(outcome.error, TransportError):
                self._was_not_sent = True
        else:
            self._screen.note("Not sent again; the form is as it was.")

    async def _refuse(self, problems: tuple[Problem, ...]) -> None:
        """Show the errors at the fields, keeping the input.

        There is no await after they are shown, so that the form can be sent again at once.
        """
        self.refused = problems
        await self._screen.examine()
        whole = [each.sentence for each in problems if each.field == WHOLE]
        fields = [each for each in problems if each.field != WHOLE]
        if whole:
            self._screen.note(" ".join(whole))
        else:
            self._list_problems("No job was created.", fields)
        if fields:
            self._screen.form.go_to(fields[0].field)

    def note_answer(self, jobs: Snapshot[Any]) -> None:
        """Update the message that Studio is unreachable once it answers again."""
        was_silent, self._is_silent = self._is_silent, isinstance(jobs.error, TransportError)
        # Sending may also have failed because of the local disk.
        if self._was_not_sent and was_silent and jobs.error is None:
            self._was_not_sent = False
            self._screen.note("Studio answers again. No job was created yet; f9 sends the form.")

    def _list_problems(self, first: str, problems: Iterable[Problem]) -> None:
        """Show which fields have errors, until there are none."""

        def follow(checked: Checked) -> str:
            refused = [each for each in self.refused if each.field != WHOLE]
            left = [*refused, *checked.errors]
            return f"{first} {_to_do(left)}".strip() if left else ""

        self._screen.note(f"{first} {_to_do(problems)}".strip(), follow)

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
    )


def _to_do(problems: Iterable[Problem]) -> str:
    names = dict.fromkeys(label(each.field) for each in problems)
    return f"To check: {', '.join(names)}."
