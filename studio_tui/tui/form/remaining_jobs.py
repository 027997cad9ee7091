"""The jobs of one form for all marked jobs: how they differ, and what the form changes in each."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from studio_tui import clock
from studio_tui.api.models import Job
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.form.draft import Draft, FieldValue
from studio_tui.presentation.form.job_request import check, draft_of, request
from studio_tui.presentation.form.merge import common_form, differences
from studio_tui.presentation.form.problems import Problem
from studio_tui.presentation.format import plural
from studio_tui.service.commands.submitted import edited_request
from studio_tui.tui.form.templates import Start
from studio_tui.tui.form.validation import Checked
from studio_tui.tui.jobs.naming import title
from studio_tui.tui.jobs.rerun import Repeat, changes
from studio_tui.tui.jobs.start_order import RerunRequest


class RemainingJobs:
    """The jobs that have not been created again yet, with their drafts; methods may run in threads.

    `typed` are the values of the form that differ from those that the jobs had in common.
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
        """All of the jobs."""
        return [repeat.job for repeat, _ in self._all()]

    def forget(self, job_id: str) -> None:
        """Forget a job that was created again."""
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
        """Return the title and changes of each job, with secrets masked and with secrets shown."""
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
        """Return the request of each job with the typed values."""
        requests: list[RerunRequest] = []
        for repeat, before in self._all():
            after = before.with_values(typed)
            after = after.continuing(repeat.job.id) if from_checkpoints else after
            edited = edited_request(request(after, checked.context), repeat.request, repeat.job.id)
            requests.append((repeat.job, edited))
        return requests

    def _all(self) -> tuple[tuple[Repeat, Draft], ...]:
        # A copy, as jobs are created while a thread goes through the others.
        return tuple(self._drafts.values())
