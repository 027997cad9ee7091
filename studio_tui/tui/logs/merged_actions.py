"""What can be done with the jobs of a merged log: whose lines are shown, and who takes part."""

from abc import abstractmethod

from textual.binding import Binding

from studio_tui.api.models import Job
from studio_tui.tui.jobs.actions import JobActions, title
from studio_tui.tui.logs.merged_jobs import Member, MergedJobs
from studio_tui.tui.logs.view.log_view import LogView

MERGED_BINDINGS = (
    Binding(
        "enter",
        "log",
        "log of the job",
        id="job.log",
        tooltip="Show the log of the job whose line this is by itself",
    ),
    Binding("S", "solo", "only this job", id="merged.solo",
            tooltip="Show only this job's lines, or those of all again"),
    Binding("M", "mute", "mute", id="merged.mute",
            tooltip="Hide this job's lines, or show them again"),
    Binding("U", "unmute", "unmute all", id="merged.unmute",
            tooltip="Show the lines of all jobs"),
    Binding("tab", "choose(1)", "choose a job", id="merged.next",
            tooltip="Choose the next job above the lines for S, M, D, x and so on"),
    Binding("shift+tab", "choose(-1)", "choose a job", show=False, id="merged.previous",
            tooltip="Choose the previous job above the lines"),
    Binding("s", "names", "names", show=False, id="merged.names",
            tooltip="Show or hide the names beside the lines"),
    Binding("D", "take_out", "take out", show=False, id="merged.take_out",
            tooltip="Take this job out of the merged log"),
)  # fmt: skip
"""Keys of everything here."""

_ON_A_JOB = {
    "cancel",
    "run_again",
    "resume",
    "edit",
    "copy_id",
    "open_url",
    "log",
    "solo",
    "mute",
    "take_out",
}


class MergedActions(JobActions):
    """Mixin of the screen of a merged log."""

    view: LogView
    members: MergedJobs | None
    """The jobs; `None` before there were any."""
    chosen: str | None = None
    """Id of the job that actions are about, if not that of the line at hand."""

    @abstractmethod
    def members_changed(self) -> None:
        """Show which jobs there are now."""

    @abstractmethod
    def show_members(self) -> None:
        """Show how the jobs do, and which is chosen."""

    def job_at_hand(self) -> Job | None:
        """Return the job that was chosen, else that of the line at hand."""
        member = self._member_at_hand()
        return None if member is None else member.job

    def why_not(self, action: str) -> str | None:
        """Return why `action` cannot work now, in words; `None` when it can."""
        return super().why_not(action) if action in _ON_A_JOB else None

    def _member_at_hand(self) -> Member | None:
        if not self.members or not self.is_mounted:
            return None
        start = self.view.pane.at_hand
        return self.members.get(self.chosen) or (None if start is None else self.member_of(start))

    def member_of(self, start: int) -> Member | None:
        """Return whose line begins at `start`."""
        if self.members is None:
            return None
        return self.members.of(self.members.log.store.number_at(start))

    def action_solo(self) -> None:
        """Show only the lines of the job at hand, or of all again."""
        member = self._member_at_hand()
        if self.members is not None:
            wanted = member.job.id if member is not None else None
            self.members.solo = None if self.members.solo == wanted else wanted
            self.choose_lines()

    def action_mute(self) -> None:
        """Hide the lines of the job at hand, or show them again."""
        member = self._member_at_hand()
        if self.members is not None and member is not None:
            self.members.solo = None
            self.members.muted ^= {member.job.id}
            self.choose_lines()

    def action_unmute(self) -> None:
        """Show the lines of all jobs."""
        if self.members is not None:
            self.members.solo, self.members.muted = None, frozenset()
            self.choose_lines()

    def action_choose(self, step: int) -> None:
        """Choose the next job of the row, or the one before."""
        ids = [member.job.id for member in self.members or ()]
        if ids:
            here = ids.index(self.chosen) if self.chosen in ids else -1 if step > 0 else 0
            self.chosen = ids[(here + step) % len(ids)]
            self.show_members()

    def action_escape(self) -> None:
        """Choose no job."""
        self.chosen = None
        self.show_members()

    def choose_lines(self) -> None:
        """Show the lines of the jobs that are heard."""
        if self.members is not None:
            self.view.show_within(self.members.within())
            self.show_members()

    def action_take_out(self) -> None:
        """Merge the log of the job at hand no more."""
        member = self._member_at_hand()
        if self.members is not None and member is not None:
            self.members.leave(member.job.id)
            self.view.say(f"{title(member.job)} was taken out; L in Jobs shows all marked again")
            self.members_changed()
