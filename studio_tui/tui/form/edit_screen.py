"""The form for editing and rerunning a job."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from textual import on

from studio_tui import clock
from studio_tui.api.models import JobInput
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.form.job_request import draft_of
from studio_tui.presentation.pipelines.impact import edit_note
from studio_tui.service.commands.submitted import edited_request
from studio_tui.tui.form.saved_forms import SavedForms
from studio_tui.tui.form.submit_screen import SubmitScreen
from studio_tui.tui.form.templates import Start
from studio_tui.tui.form.validation import Checked
from studio_tui.tui.frame.commands import Basics
from studio_tui.tui.frame.review import Review
from studio_tui.tui.jobs.naming import title
from studio_tui.tui.jobs.rerun import NOTHING_CHANGED, Repeat, changes
from studio_tui.tui.messages import JobCreated
from studio_tui.tui.terminal.key_queue import keys_held


class ReviewAnswer(StrEnum):
    """An answer to a review of what is sent; its value is its key."""

    FROM_CHECKPOINTS = "r"
    FROM_START = "f"
    SAVE_DRAFT = "d"
    BACK = "n"


_ANSWERS = (
    (ReviewAnswer.FROM_CHECKPOINTS, "run from checkpoints"),
    (ReviewAnswer.FROM_START, "run from the start"),
    (ReviewAnswer.SAVE_DRAFT, "save as a draft"),
    (ReviewAnswer.BACK, "back to the form"),
)


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
            await self.fields.edit_field("query")

    async def to_send(self, checked: Checked) -> Checked | None:
        """Show the changes, and ask whether to use the checkpoints of the job.

        Return the form to send from there or from the start; `None` to send nothing.
        """
        after = replace(checked.draft, query=checked.query)
        lines, revealed = await asyncio.to_thread(changes, self._repeat, self._before, after)
        note = self._about_the_pipeline()
        is_same = NOTHING_CHANGED in lines
        question = "Run the job again?" if is_same else "Run the changed job?"
        answer = await review_changes(self, question, (*note, *lines), (*note, *revealed))
        if answer is ReviewAnswer.SAVE_DRAFT:
            await self.leave()
            self.notify_user("Draft saved; e on the same job opens it again")
        if answer is ReviewAnswer.FROM_CHECKPOINTS:
            return replace(checked, draft=checked.draft.continuing(self._repeat.job.id))
        if answer is ReviewAnswer.FROM_START:
            return replace(checked, draft=replace(checked.draft, rerun_from_job_id=""))
        return None

    @on(JobCreated)
    def _report_copy(self) -> None:
        self.on_created(self._repeat.job.id)

    def with_relation(self, request: JobInput) -> JobInput:
        """Relate the request to the job unless it continues the job or has another name."""
        return edited_request(request, self._repeat.request, self._repeat.job.id)

    def _about_the_pipeline(self) -> tuple[Cell, ...]:
        pipelines, job_id = self.session.pipelines.snapshot.value, self._repeat.job.id
        owner = pipelines.pipeline_of(job_id) if pipelines is not None else None
        if owner is None:
            return ()
        note = edit_note(owner, job_id, is_local=self.session.is_local)
        return (Cell(note, Tone.WARN), Cell("")) if note else ()


async def review_changes(
    form: SubmitScreen, question: str, lines: Sequence[Cell], revealed: Sequence[Cell]
) -> ReviewAnswer | None:
    """Ask whether to send what `lines` show; return the answer, `None` if canceled.

    `revealed` are the lines with their secrets; they are shown first if the form shows secrets.
    """
    key = await form.ask(
        Review(question, lines, _ANSWERS, revealed=revealed, is_revealed=form.values_shown)
    )
    return None if key is None else ReviewAnswer(key)
