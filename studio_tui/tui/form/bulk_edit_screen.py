"""One form for all marked jobs: what is typed into it overrides the values of each job."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from studio_tui import clock
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.form.draft import Draft, FieldValue
from studio_tui.presentation.form.job_request import check, draft_of, request
from studio_tui.presentation.form.merge import (
    UNCHANGED_HINT,
    changed_values,
    common_form,
    differences,
    differs_placeholder,
)
from studio_tui.presentation.form.problems import Problem
from studio_tui.presentation.format import plural
from studio_tui.service.commands.submitted import run_edited
from studio_tui.tui.form.draft_files import path_of
from studio_tui.tui.form.edit_screen import ANSWERS
from studio_tui.tui.form.saved_forms import SavedForms
from studio_tui.tui.form.submit_screen import SubmitScreen
from studio_tui.tui.form.templates import Start
from studio_tui.tui.form.validation import Checked
from studio_tui.tui.frame.bulk import run_bulk
from studio_tui.tui.frame.commands import Basics
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.frame.review import Review
from studio_tui.tui.jobs.bulk import create_command
from studio_tui.tui.jobs.naming import title
from studio_tui.tui.jobs.rerun import Repeat, changes
from studio_tui.tui.jobs.start_order import RerunRequest, StartOrder, start_order
from studio_tui.tui.messages import GoBack


class EditMarkedScreen(SubmitScreen):
    """A form with the values that the jobs have in common, and a review of each job's changes."""

    on_created: Callable[[str], object] = staticmethod(lambda _: None)
    """Called with the id of each job after its copy was created."""

    def __init__(self, basics: Basics, saved_forms: SavedForms, repeats: Sequence[Repeat]) -> None:
        now = clock.now()
        self._jobs = {repeat.job.id: (repeat, draft_of(repeat.request, now)) for repeat in repeats}
        """The jobs that have not been created again yet, with their drafts, by job id."""
        drafts = [draft for _, draft in self._jobs.values()]
        self._differing = differences(drafts)
        """Number of different values of each field whose values differ, by the field's name."""
        ids, heading = " ".join(sorted(self._jobs)), f"Edit {plural(len(drafts), 'job')}"
        start = Start(common_form(drafts), f"edit {ids}", heading)
        super().__init__(basics, saved_forms, start)

    def on_mount(self) -> None:
        """Say, in each field whose values differ between the jobs, that they differ."""
        super().on_mount()
        for name, count in self._differing.items():
            self.form.hint(name, differs_placeholder(name, count))

    def why_no_preview(self) -> str | None:
        """Return that there is a review instead of a preview."""
        return "There is a request for each job; f9 shows what changes in each, before any is sent"

    def validate(self, draft: Draft) -> Checked:
        """Validate the form, and what each job becomes with the typed values.

        A problem of a job is left out if the form has the same problem.
        """
        checked = super().validate(draft)
        typed = changed_values(self.start.draft, draft)
        # These fields are empty in the form only because the jobs have different values.
        unchanged = self._differing.keys() - typed.keys()
        problems = [each for each in checked.problems if each.field not in unchanged]
        for repeat, before in self._jobs.values():
            for field, sentence, level in check(before.with_values(typed), checked.context):
                if not any(each[:2] == (field, sentence) for each in problems):
                    problems.append(Problem(field, f"{title(repeat.job)}: {sentence}", level))
        notes = dict.fromkeys(unchanged, (UNCHANGED_HINT,))
        return replace(checked, problems=tuple(problems), notes={**checked.notes, **notes})

    async def to_send(self, checked: Checked) -> Checked | None:
        """Show the changes of each job, ask (see also `_may_start`), and create the jobs.

        Return `None`, as nothing is left for the caller to send.
        """
        typed = changed_values(self.start.draft, checked.draft)
        lines = await asyncio.to_thread(_change_lines, self._jobs.values(), typed, checked)
        order = await start_order(self.session, [repeat.job for repeat, _ in self._jobs.values()])
        question = f"Run {plural(len(self._jobs), 'changed job')}?"
        answer = await self.ask(Review(question, (*map(Cell, order.paragraph), *lines), ANSWERS))
        if answer in {"r", "f"} and await self._may_start(order):
            self.sender.is_sending = True
            try:
                await self._make(typed, checked, answer, in_order=order.is_kept)
            finally:
                self.sender.is_sending = False
        elif answer == "d":
            await self.leave()
            self.notify_user("Draft saved; e on the same marks opens it again")
        return None

    async def _may_start(self, order: StartOrder) -> bool:
        """Return whether to start the jobs; ask if their order would be lost."""
        question = Confirm("Start them all at once?", order.lines, yes="Start them", no="Don't")
        return not order.is_lost or await self.ask(question)

    async def _make(
        self, typed: Mapping[str, FieldValue], checked: Checked, answer: str, *, in_order: bool
    ) -> None:
        """Create the remaining jobs, and report the outcome of each.

        `answer` is a key of `ANSWERS`: `r` or `f`.
        """
        await self.keep()
        self.note(f"Sending {plural(len(self._jobs), 'job')}…")
        requests = _requests(self._jobs.values(), typed, checked, from_checkpoints=answer == "r")

        def forget(job_id: str) -> None:
            # At once: if other jobs fail and the user sends again, this job is not created twice.
            del self._jobs[job_id]
            self.on_created(job_id)

        def note_remaining() -> None:
            words = f"{plural(len(self._jobs), 'job')} not created yet; f9 requests them again."
            self.note(words if self._jobs else "")

        files = list(map(path_of, checked.draft.files))
        command = create_command(self, requests, files, in_order=in_order, on_created=forget)
        await run_bulk(self, replace(command, on_finished=note_remaining))
        note_remaining()  # also if the command was undone
        if not self._jobs:
            await asyncio.to_thread(self.saved_forms.keep, self.start.key, None)
            self.post_message(GoBack())


def _requests(
    jobs: Iterable[tuple[Repeat, Draft]],
    typed: Mapping[str, FieldValue],
    checked: Checked,
    *,
    from_checkpoints: bool,
) -> list[RerunRequest]:
    """Return the request of each job with the typed values, or why it is impossible."""
    requests: list[RerunRequest] = []
    for repeat, before in jobs:
        after = before.with_values(typed)
        after = after.continuing(repeat.job.id) if from_checkpoints else after
        edited = run_edited(request(after, checked.context), repeat.request, repeat.job.id)
        requests.append((repeat.job, edited))
    return requests


def _change_lines(
    jobs: Iterable[tuple[Repeat, Draft]], typed: Mapping[str, FieldValue], checked: Checked
) -> tuple[Cell, ...]:
    """Return the title and the changes of each job, with an empty line between jobs."""
    lines: list[Cell] = []
    for repeat, before in jobs:
        after = before.with_values(typed)
        if after.query_file.strip():
            after = replace(after, query=checked.query)
        lines += [Cell(title(repeat.job), Tone.STRONG), *changes(repeat, before, after)]
        lines.append(Cell(""))
    return tuple(lines[:-1])
