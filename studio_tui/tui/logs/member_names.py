"""The names of the jobs of a merged log: beside its lines, and in the row above them."""

from collections.abc import Callable
from typing import Any, ClassVar

from studio_tui.presentation.cells import Tone
from studio_tui.presentation.jobs.log_header import OutageLike
from studio_tui.presentation.jobs.merged_log_header import cells_around_name
from studio_tui.presentation.logs.progress import Progress
from studio_tui.tui.frame.commands import Command
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
    """Controller of the jobs' short and unique names, each in a color."""

    def __init__(self, choice: MemberChoice, *, changed: Callable[[], None]) -> None:
        """Make a controller; `changed` is called after names beside lines are shown or hidden."""
        self._choice = choice
        self._changed = changed
        self._names: dict[str, str] = {}
        self.are_beside_lines = True

    def of(self, job_id: str) -> str:
        """Return the name of a job; empty if it has left."""
        return self._names.get(job_id, "")

    def toggle(self) -> None:
        self.are_beside_lines = not self.are_beside_lines
        self._changed()

    def update(self, screen_width: int, pane: LogPane, legend: JobLegend) -> None:
        """Make the names anew for the jobs and the width, and show them beside the lines."""
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

    def show_row(
        self,
        legend: JobLegend,
        progress_of: Callable[[str], Progress | None],
        outage: OutageLike | None,
    ) -> None:
        """Show the jobs in the row above the lines; `progress_of` returns a job's progress."""
        members = list(self._choice.members or ())
        ids = [member.job.id for member in members]
        chosen = ids.index(self._choice.chosen) if self._choice.chosen in ids else None
        legend.show((self._entry(m, progress_of(m.job.id), outage) for m in members), chosen)

    def _entry(
        self, member: Member, progress: Progress | None, outage: OutageLike | None
    ) -> tuple[Part, ...]:
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

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command("merged.names", "s", "names", "Show or hide the names beside the lines", toggle),
    )
