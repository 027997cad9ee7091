"""The names of the jobs of a merged log: beside its lines, and in the row above them."""

from studio_tui.presentation.cells import Tone
from studio_tui.presentation.jobs.log_header import OutageLike
from studio_tui.presentation.jobs.merged_log_header import cells_around_name
from studio_tui.presentation.logs.progress import Progress
from studio_tui.tui.logs.member_choice import MemberChoice
from studio_tui.tui.logs.merged_jobs import Member
from studio_tui.tui.logs.view.job_legend import JobLegend, labels, look_of
from studio_tui.tui.logs.view.pane import LogPane
from studio_tui.tui.widgets.bar import Part

NARROW, ROOMY = 14, 20
"""Width in cells of the names, on narrow and on wide screens."""
ROOMY_FROM = 100
"""Width in cells from which a screen is wide."""


class MemberNames:
    """Short and unique names, each in a color."""

    def __init__(self, choice: MemberChoice) -> None:
        self._choice = choice
        self._names: dict[str, str] = {}
        self.are_beside_lines = True

    def of(self, job_id: str) -> str:
        """Return the name of a job; empty if it has left."""
        return self._names.get(job_id, "")

    def update(self, screen_width: int, pane: LogPane, legend: JobLegend) -> None:
        """Make the names, as jobs or the width have changed, and show them beside the lines."""
        width = ROOMY if screen_width >= ROOMY_FROM else NARROW
        jobs = [member.job for member in self._choice.members or ()]
        self._names = labels([(job.id, job.name or "") for job in jobs], width)
        columns = tuple(column for column in pane.columns if column.key != "job")
        if self.are_beside_lines and jobs:
            ground = pane.get_component_rich_style("log-pane--stamp")
            columns = (legend.column(width, ground, self._name_and_color), *columns)
        pane.columns = columns

    def _name_and_color(self, start: int) -> tuple[str, int] | None:
        member = self._choice.member_of(start)
        return None if member is None else (self.of(member.job.id), member.number)

    def entry(
        self, member: Member, progress: Progress | None, outage: OutageLike | None
    ) -> tuple[Part, ...]:
        """Return what the row above the lines shows of a job."""
        before, after = cells_around_name(member.state, member.job, progress, outage)
        members, name = self._choice.members, self.of(member.job.id)
        is_shown = members is not None and members.is_shown(member)
        look = look_of(member.number) if is_shown else Tone.DIM
        return (
            Part(f"{before.text} ", before.tone),
            Part(
                name if is_shown else f"({name})",
                "current" if member.job.id == self._choice.chosen else look,
            ),
            Part(f" {after.text}" if after.text else "", after.tone),
            Part("   "),
        )
