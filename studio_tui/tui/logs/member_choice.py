"""The commands on the jobs of a merged log: to choose, hide, show and remove one."""

from collections.abc import Callable
from typing import Any, ClassVar

from studio_tui.api.models import Job
from studio_tui.errors import SpoolError
from studio_tui.presentation.logs.line_clock import LineClock
from studio_tui.tui.frame.commands import Command, Host
from studio_tui.tui.frame.page import undo
from studio_tui.tui.jobs.controller import NO_JOB
from studio_tui.tui.jobs.naming import title
from studio_tui.tui.logs.merged_jobs import Member, MergedJobs
from studio_tui.tui.logs.view.log_view import LogView


class MemberChoice:
    """Controller of the jobs of a merged log.

    Commands apply to the job that is chosen in the row above the lines, else to that of the current
    line.
    """

    members: MergedJobs | None = None
    """The merged jobs; `None` before there are any."""
    chosen: str | None = None
    """Id of the chosen job; `None` if none is chosen."""

    def __init__(
        self,
        host: Host,
        view: Callable[[], LogView | None],
        *,
        members_changed: Callable[[], None],
        show_members: Callable[[], None],
    ) -> None:
        """Make a controller; `members_changed` is called after a job has joined or left.

        `show_members` is called after another job was chosen, or the lines of other jobs are shown.
        """
        self._host = host
        self._view = view
        self._members_changed = members_changed
        self._show_members = show_members

    def job_at_hand(self) -> Job | None:
        member = self._member_at_hand()
        return None if member is None else member.job

    def why_none(self) -> str | None:
        """Return why there is no job to which commands apply; `None` if there is one."""
        return self.no_job_words() if self._member_at_hand() is None else None

    def why_no_jobs(self) -> str | None:
        """Return why there is no job to choose; `None` if there are jobs."""
        return None if self.members else NO_JOB

    def why_nothing_hidden(self) -> str | None:
        """Return why there are no hidden lines to show; `None` if there are some."""
        if self.members and (self.members.solo is not None or self.members.muted):
            return None
        return self.why_no_jobs() or "The lines of all jobs are shown"

    def no_job_words(self) -> str:
        """Return why there is no job to which commands apply, and what to do."""
        return "No line is shown; tab chooses a job" if self.members else NO_JOB

    def _member_at_hand(self) -> Member | None:
        view = self._view()
        if not self.members or view is None:
            return None
        start = view.pane.cursor
        return self.members.get(self.chosen) or (None if start is None else self.member_of(start))

    def member_of(self, start: int) -> Member | None:
        """Return the job whose line begins at `start`; `None` if it has left."""
        if self.members is None:
            return None
        return self.members.of(self.members.log.store.number_at(start))

    def clock_at(self, start: int) -> LineClock:
        """Return what parses the time of the line that begins at `start`."""
        member = self.member_of(start)
        return LineClock() if member is None else member.clock

    @property
    def last_removed(self) -> Job | None:
        """The job that `undo` brings back; `None` if none was removed."""
        removed = self.members.removed if self.members is not None else ()
        return removed[-1][0] if removed else None

    def line_at_hand(self) -> tuple[Job, int] | None:
        """Return the job of the current line, and the start of the line in the log of that job."""
        view = self._view()
        start = view.pane.cursor if view is not None else None
        member = None if start is None else self.member_of(start)
        if self.members is None or start is None or member is None:
            return None
        source = self.members.log.source_of(start)
        return None if source is None else (member.job, source[1])

    def solo(self) -> None:
        """Show only the lines of the current job, or those of all jobs again."""
        member = self._member_at_hand()
        if self.members is not None:
            job_id = member.job.id if member is not None else None
            self.members.solo = None if self.members.solo == job_id else job_id
            self.apply_shown_jobs()

    def mute(self) -> None:
        """Hide the lines of the current job, or show them again; this also ends `solo`."""
        member = self._member_at_hand()
        if self.members is not None and member is not None:
            self.members.solo = None
            self.members.muted ^= {member.job.id}
            self.apply_shown_jobs()

    def unmute(self) -> None:
        if self.members is not None:
            self.members.solo, self.members.muted = None, frozenset()
            self.apply_shown_jobs()

    def choose(self, step: int) -> None:
        """Choose the next job in the row above the lines, or the previous one if `step` is -1."""
        ids = [member.job.id for member in self.members or ()]
        if ids:
            before_first = -1 if step > 0 else 0
            position = ids.index(self.chosen) if self.chosen in ids else before_first
            self.chosen = ids[(position + step) % len(ids)]
            self._show_members()

    def viewed_lines(self) -> set[int]:
        """Return the starts of the lines that the view must find again once lines have moved.

        The lines of jobs that have left are about to be removed, so the view keeps none of these in
        its row of the screen.
        """
        view = self._view()
        if view is None:
            return set()
        return view.restore.lines_to_track(lambda start: self.member_of(start) is not None)

    def update_jobs(self) -> None:
        """Replace the jobs by their newest versions, as a job that was brought back may be old."""
        job_list = self._host.session.jobs.snapshot.value
        if self.members is not None and job_list is not None:
            self.members.update({job.id: job for job in job_list.jobs})

    def forget_if_left(self) -> None:
        """Choose none if the chosen job has left."""
        if self.members is None or self.members.get(self.chosen) is None:
            self.chosen = None

    def choose_none(self) -> None:
        self.chosen = None
        self._show_members()

    def apply_shown_jobs(self) -> None:
        """Apply `members.solo` and `members.muted` to the lines that are shown."""
        view = self._view()
        if self.members is not None and view is not None:
            view.filter.show_within(self.members.within())
            self._show_members()

    def take_out(self) -> None:
        member, view = self._member_at_hand(), self._view()
        if self.members is not None and member is not None and view is not None:
            self.members.take_out(member)
            view.show_message(f"{title(member.job)} was removed; z brings it back")
            self._members_changed()

    def undo(self) -> None:
        """Undo the command that is about to be sent; if there is none, undo the last removal."""
        members, view = self.members, self._view()
        is_held = bool(self._host.session.held.snapshot.value)
        if is_held or members is None or view is None or not members.removed:
            undo(self._host)
            return
        try:
            job = members.bring_back()
        except SpoolError as error:
            self._host.notify_user(str(error), "error")
            return
        view.show_message(f"{title(job)} is back" if job else "There is no room for another log")
        self._members_changed()

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "merged.solo",
            "S",
            "only this job",
            "Show only this job's lines, or those of all again",
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
            "Choose the next job above the lines for S, M, D, x and so on",
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
        Command(
            "merged.take_out",
            "D",
            "remove",
            "Remove this job from the merged log",
            take_out,
            why_none,
        ),
        # Replaces the command of all pages with the same id, whose binding it uses.
        Command(
            "page.undo",
            "z",
            "undo",
            "Undo the command that is about to be sent, or a removal from a merged log",
            undo,
        ),
    )
