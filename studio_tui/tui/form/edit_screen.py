"""The forms for editing and rerunning one job, or all marked jobs."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from textual import events, on

from studio_tui import clock
from studio_tui.api.models import Job, JobInput
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.form.diff import (
    UNCHANGED_HINT,
    changed_values,
    common_form,
    differences,
    differs_placeholder,
)
from studio_tui.presentation.form.draft import Draft, FieldValue
from studio_tui.presentation.form.job_request import check, draft_of, request
from studio_tui.presentation.form.problems import Problem
from studio_tui.presentation.format import plural
from studio_tui.service.commands.submitted import edited_request
from studio_tui.tui.form.saved_forms import SavedForms
from studio_tui.tui.form.sending import STOPPED
from studio_tui.tui.form.submit_screen import SubmitScreen
from studio_tui.tui.form.templates import Start
from studio_tui.tui.form.validation import Checked, path_of
from studio_tui.tui.frame.bulk import run_bulk
from studio_tui.tui.frame.commands import Basics
from studio_tui.tui.frame.page import undo
from studio_tui.tui.frame.review import Review
from studio_tui.tui.jobs.bulk import create_command
from studio_tui.tui.jobs.naming import title
from studio_tui.tui.jobs.rerun import NOTHING_CHANGED, Repeat, changes
from studio_tui.tui.jobs.start_order import RerunRequest, may_start, start_order
from studio_tui.tui.messages import GoBack, GoTo, JobCreated
from studio_tui.tui.terminal.key_queue import keys_held

_FROM_CHECKPOINTS, _FROM_START, _SAVE_DRAFT = "r", "f", "d"
_ANSWERS = (
    (_FROM_CHECKPOINTS, "run from checkpoints"),
    (_FROM_START, "run from the start"),
    (_SAVE_DRAFT, "save as a draft"),
    ("n", "back to the form"),
)
"""The answers to a review of what is sent, by their keys."""


class EditScreen(SubmitScreen):
    """A form that opens the query in $EDITOR at once, and shows the changes before sending."""

    def __init__(self, basics: Basics, saved_forms: SavedForms, repeat: Repeat) -> None:
        self._repeat = repeat
        job = repeat.job
        self._before = draft_of(repeat.request, clock.now())
        start = Start(self._before, f"edit {job.id}", f"Edit {title(job)}", first_field="query")
        super().__init__(basics, saved_forms, start)

    async def begin(self) -> None:
        """Restore saved input, then open the query in the editor."""
        with keys_held(self.app):
            await super().begin()
            self.form.go_to("query")
            await self.field_commands.edit_field("query")

    async def to_send(self, checked: Checked) -> Checked | None:
        """Show the changes, and ask whether to run from the job's checkpoints or from the start.

        Return the form to send, or `None` to send nothing.
        """
        after = replace(checked.draft, query=checked.query)
        lines, revealed = await asyncio.to_thread(changes, self._repeat, self._before, after)
        is_same = NOTHING_CHANGED in lines
        question = "Run the job again?" if is_same else "Run the changed job?"
        answer = await review_changes(self, question, lines, revealed)
        if answer == _SAVE_DRAFT:
            await self.leave()
            self.notify_user("Draft saved; e on the same job opens it again")
        if answer == _FROM_CHECKPOINTS:
            return replace(checked, draft=checked.draft.continuing(self._repeat.job.id))
        if answer == _FROM_START:
            return replace(checked, draft=checked.draft.from_start())
        return None

    @on(JobCreated)
    def _report_copy(self) -> None:
        self.on_created(self._repeat.job.id)

    def with_relation(self, request: JobInput) -> JobInput:
        """Relate the request to the job, unless the request continues it or has another name."""
        return edited_request(request, self._repeat.request, self._repeat.job.id)


async def review_changes(
    form: SubmitScreen, question: str, lines: Sequence[Cell], revealed: Sequence[Cell]
) -> str | None:
    """Ask whether to send what `lines` show; return the key of the answer, `None` if canceled.

    `revealed` are the lines with their secrets; they are shown first if the form shows secrets.
    """
    return await form.ask(
        Review(question, lines, _ANSWERS, revealed=revealed, is_revealed=form.values_shown)
    )


class RemainingJobs:
    """The jobs that have not been created again yet, with their drafts; methods may run in threads.

    What methods take as `typed` are the values of the form that the user has changed.
    """

    def __init__(self, repeats: Sequence[Repeat]) -> None:
        now = clock.now()
        self._drafts = {
            repeat.job.id: (repeat, draft_of(repeat.request, now)) for repeat in repeats
        }
        """By job id."""

    def __len__(self) -> int:
        return len(self._drafts)

    @property
    def jobs(self) -> list[Job]:
        return [repeat.job for repeat, _ in self._all()]

    def forget(self, job_id: str) -> None:
        del self._drafts[job_id]

    def differences(self) -> dict[str, int]:
        """Return the number of different values of each field that differs, by its name."""
        return differences([draft for _, draft in self._all()])

    def start(self) -> Start:
        """Return the form of the values that the jobs have in common."""
        ids, heading = " ".join(sorted(self._drafts)), f"Edit {plural(len(self), 'job')}"
        return Start(common_form([draft for _, draft in self._all()]), f"edit {ids}", heading)

    def problems(
        self, typed: Mapping[str, FieldValue], checked: Checked, shown: Sequence[Problem]
    ) -> list[Problem]:
        """Return the problems of each job with the typed values, except those that are `shown`."""
        known = {problem[:2] for problem in shown}
        return [
            Problem(field, f"{title(repeat.job)}: {sentence}", level)
            for repeat, before in self._all()
            for field, sentence, level in check(before.with_values(typed), checked.context)
            if (field, sentence) not in known
        ]

    def change_lines(
        self, typed: Mapping[str, FieldValue], checked: Checked
    ) -> tuple[Sequence[Cell], Sequence[Cell]]:
        """Return the title and changes of each job: with secrets masked, then with the secrets."""
        lines: tuple[list[Cell], list[Cell]] = ([], [])
        for repeat, before in self._all():
            after = before.with_values(typed)
            if after.query_file.strip():
                after = replace(after, query=checked.query)
            for all_lines, of_job in zip(lines, changes(repeat, before, after), strict=True):
                all_lines += [Cell(title(repeat.job), Tone.STRONG), *of_job, Cell("")]
        masked, revealed = lines
        return masked[:-1], revealed[:-1]

    def requests(
        self, typed: Mapping[str, FieldValue], checked: Checked, *, from_checkpoints: bool
    ) -> list[RerunRequest]:
        requests: list[RerunRequest] = []
        for repeat, before in self._all():
            after = before.with_values(typed)
            after = after.continuing(repeat.job.id) if from_checkpoints else after.from_start()
            edited = edited_request(request(after, checked.context), repeat.request, repeat.job.id)
            requests.append((repeat.job, edited))
        return requests

    def _all(self) -> tuple[tuple[Repeat, Draft], ...]:
        # A copy, as jobs are created while a thread goes through the others.
        return tuple(self._drafts.values())


class EditMarkedScreen(SubmitScreen):
    """A form with the values that the jobs have in common; its changes apply to each job."""

    why_no_preview = (
        "There is a request for each job; f9 shows what changes in each, before any is sent"
    )

    def __init__(self, basics: Basics, saved_forms: SavedForms, repeats: Sequence[Repeat]) -> None:
        self._jobs = RemainingJobs(repeats)
        self._differing = self._jobs.differences()
        """Number of different values of each field that differs, by the field's name."""
        super().__init__(basics, saved_forms, self._jobs.start())

    def back(self) -> None:
        """Undo sending while that is possible; else leave the form, or stop sending."""
        if self.sender.is_held:
            self.sender.is_held = False
            undo(self)
        else:
            super().back()

    @on(GoTo)
    def _stay_until_sent(self, message: GoTo) -> None:
        # Closing the form would end the command without a notification.
        if self.sender.is_held or self.sender.is_sending:
            message.stop()
            words = "The form stays open until its jobs are sent; esc stops sending"
            self.notify_user(words, "warning")

    @on(events.ScreenResume)
    def _close_if_done(self) -> None:
        # When the jobs are created, another screen may be over the form.
        if self.sender.has_created and self.app.screen is self:
            self.post_message(GoBack())

    def validate(self, draft: Draft) -> Checked:
        """Validate the form, and each job with the typed values; called in a thread."""
        checked = super().validate(draft)
        typed = changed_values(self.start.draft, draft)
        # These fields are empty in the form only because the jobs have different values.
        unchanged = self._differing.keys() - typed.keys()
        problems = [each for each in checked.problems if each.field not in unchanged]
        problems += self._jobs.problems(typed, checked, problems)
        notes = dict.fromkeys(unchanged, (UNCHANGED_HINT,))
        placeholders = {name: differs_placeholder(name, n) for name, n in self._differing.items()}
        return replace(
            checked,
            problems=tuple(problems),
            notes={**checked.notes, **notes},
            placeholders={**checked.placeholders, **placeholders},
        )

    async def to_send(self, checked: Checked) -> Checked | None:
        """Show the changes of each job, ask, and create the jobs; return `None`."""
        typed = changed_values(self.start.draft, checked.draft)
        lines, revealed = await asyncio.to_thread(self._jobs.change_lines, typed, checked)
        order = await start_order(self.session, self._jobs.jobs)
        question = f"Run {plural(len(self._jobs), 'changed job')}?"
        note = tuple(map(Cell, ("", *order.lines))) if order.lines else ()
        answer = await review_changes(self, question, (*lines, *note), (*revealed, *note))
        from_checkpoints = answer == _FROM_CHECKPOINTS
        is_confirmed = from_checkpoints or answer == _FROM_START
        if is_confirmed and await may_start(self, order):
            await self._create_jobs(typed, checked, from_checkpoints=from_checkpoints)
        elif answer == _SAVE_DRAFT:
            await self.leave()
            self.notify_user("Draft saved; e with the same jobs marked opens it again")
        return None

    async def _create_jobs(
        self, typed: Mapping[str, FieldValue], checked: Checked, *, from_checkpoints: bool
    ) -> None:
        with keys_held(self.app):
            await self.keeper.keep()
            requests = await asyncio.to_thread(
                self._jobs.requests, typed, checked, from_checkpoints=from_checkpoints
            )
        field, count = self.focused, plural(len(self._jobs), "job")
        self.sender.is_held = True
        self.note(f"{count} not sent yet; z or esc undoes.")
        # So that the key that undoes the command is not typed into the field.
        self.set_focus(None)

        def note_begun() -> None:
            self.sender.is_held, self.sender.is_sending = False, True
            self.note(f"Sending {count}…")

        def forget(job_id: str) -> None:
            # At once: if other jobs fail and the user sends again, this job is not created twice.
            self._jobs.forget(job_id)
            self.on_created(job_id)

        def return_to_form(words: str = "") -> None:
            self.sender.is_held = self.sender.is_sending = False
            if self._jobs and self.start.key != self._jobs.start().key:
                self._edit_remaining()
            if field is not None and self.focused is None:
                self.set_focus(field)
            remaining = f"{plural(len(self._jobs), 'job')} not created yet; f9 requests them again."
            self.note(words or (remaining if self._jobs else ""))

        files = list(map(path_of, checked.draft.files))
        command = create_command(self, requests, files, on_created=forget)
        try:
            await run_bulk(self, replace(command, on_begun=note_begun))
        except asyncio.CancelledError:
            return_to_form(STOPPED)
            raise
        return_to_form()  # also if the command was undone
        if not self._jobs:
            await asyncio.to_thread(self.saved_forms.keep, self.start.key, None)
            self.sender.has_created = True
            self._close_if_done()

    def _edit_remaining(self) -> None:
        """Make this the form of the jobs that are not created yet."""
        typed = changed_values(self.start.draft, self.form.draft)
        self.start, self._differing = self._jobs.start(), self._jobs.differences()
        self.fill(self.start.draft.with_values(typed))
        self.paint_frame()
        self.keeper.keep_now()
