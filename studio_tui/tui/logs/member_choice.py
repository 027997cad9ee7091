"""The commands on the jobs of a merged log: to choose, hide and show one."""

from typing import Any, ClassVar

from studio_tui.api.models import Job
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.jobs.controller import NO_JOB
from studio_tui.tui.logs.merged_jobs import Member, MergedController


class MemberChoice(MergedController):
    """Controller of the jobs of a merged log.

    Commands apply to the job that is chosen in the row above the lines, else to that of the current
    line.
    """

    chosen: str | None = None
    """Id of the chosen job; `None` if none is chosen."""

    def job_at_hand(self) -> Job | None:
        member = self._member_at_hand()
        return None if member is None else member.job

    def why_none(self) -> str | None:
        """Return why there is no job to which commands apply; `None` if there is one."""
        return self.no_job_words() if self._member_at_hand() is None else None

    def why_no_jobs(self) -> str | None:
        return None if self._members else NO_JOB

    def why_nothing_hidden(self) -> str | None:
        if self._members and (self._members.solo is not None or self._members.muted):
            return None
        return self.why_no_jobs() or "The lines of all jobs are shown"

    def no_job_words(self) -> str:
        """Return why there is no job to which commands apply, and what to do."""
        return "No line is shown; tab chooses a job" if self._members else NO_JOB

    def _member_at_hand(self) -> Member | None:
        return self._members.get(self.chosen) or self._members.of_line(self._page.view.pane.cursor)

    def line_at_hand(self) -> tuple[Job, int] | None:
        """Return the job of the current line, and the start of the line in the log of that job."""
        start = self._page.view.pane.cursor
        member = self._members.of_line(start)
        source = self._members.log.source_of(start) if start is not None and member else None
        return (member.job, source[1]) if member and source else None

    def solo(self) -> None:
        job = self.job_at_hand()
        job_id = job.id if job is not None else None
        self._members.solo = None if self._members.solo == job_id else job_id
        self.apply_shown_jobs()

    def mute(self) -> None:
        """Hide the lines of the current job, or show them again; this also ends `solo`."""
        job = self.job_at_hand()
        if job is not None:
            self._members.solo = None
            self._members.muted ^= {job.id}
            state = "muted" if job.id in self._members.muted else "shown again"
            self._page.view.show_message(f"{self._page.names.of(job.id)} is {state}")
            self.apply_shown_jobs()

    def unmute(self) -> None:
        self._members.solo, self._members.muted = None, frozenset()
        self.apply_shown_jobs()

    def choose(self, step: int) -> None:
        """Choose the next job in the row above the lines, or the previous one if `step` is -1."""
        ids = [member.job.id for member in self._members]
        if ids:
            before_first = -1 if step > 0 else 0
            position = ids.index(self.chosen) if self.chosen in ids else before_first
            self.chosen = ids[(position + step) % len(ids)]
            self._page.show_members()

    def forget_if_left(self) -> None:
        if self._members.get(self.chosen) is None:
            self.chosen = None

    def choose_none(self) -> None:
        self.chosen = None
        self._page.show_members()

    def apply_shown_jobs(self) -> None:
        """Apply `members.solo` and `members.muted` to the lines that are shown."""
        self._page.view.filter.show_within(self._members.within())
        self._page.show_members()

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "merged.solo",
            "S",
            "only this job",
            "Show only this job's lines, or those of all jobs again",
            solo,
            why_none,
        ),
        Command(
            "merged.mute",
            "M",
            "mute",
            "Hide this job's lines, or show them again",
            mute,
            why_none,
        ),
        Command(
            "merged.unmute",
            "U",
            "unmute all",
            "Show the lines of all jobs",
            unmute,
            why_nothing_hidden,
        ),
        Command(
            "merged.next",
            "tab",
            "choose a job",
            "Choose the next job above the lines for S, M, x and so on",
            lambda self: self.choose(1),
            why_no_jobs,
        ),
        Command(
            "merged.previous",
            "shift+tab",
            "choose a job",
            "Choose the previous job above the lines",
            lambda self: self.choose(-1),
            why_no_jobs,
        ),
    )
