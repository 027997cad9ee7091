"""The names of the jobs of a merged log: beside its lines, and in the row above them."""

from typing import TYPE_CHECKING, Any, ClassVar

from studio_tui.presentation.cells import Tone
from studio_tui.presentation.jobs.merged_log_header import cells_around_name
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.logs.merged_jobs import Member
from studio_tui.tui.logs.view.job_legend import labels, look_of
from studio_tui.tui.widgets.bar import Part

if TYPE_CHECKING:
    from studio_tui.tui.logs.merged_screen import MergedScreen

NARROW, ROOMY = 14, 20
"""Width in cells of the names, on narrow and on wide screens."""
ROOMY_FROM = 100
"""Width in cells from which a screen is wide."""


class MemberNames:
    """Controller of the jobs' short and unique names, each in a color."""

    def __init__(self, page: "MergedScreen") -> None:
        self._page = page
        self._members = page.members
        self._names: dict[str, str] = {}
        self.are_beside_lines = True

    def of(self, job_id: str) -> str:
        """Return the name of a job; empty if it has left."""
        return self._names.get(job_id, "")

    def with_text(self, start: int) -> str:
        """Return the name of the job of the line at `start`, and the displayed text of the line."""
        member = self._members.of_line(start)
        text = self._page.view.pane.text_at(start)
        return text if member is None else f"{self.of(member.job.id)}  {text}"

    def toggle(self) -> None:
        self.are_beside_lines = not self.are_beside_lines
        self._page.show_names()

    def update(self) -> None:
        """Make the names anew for the jobs and the width, and show them beside the lines."""
        pane = self._page.view.pane
        width = ROOMY if self._page.size.width >= ROOMY_FROM else NARROW
        jobs = [member.job for member in self._members]
        self._names = labels([(job.id, job.name or "") for job in jobs], width)
        columns = tuple(column for column in pane.columns if column.key != "job")
        if self.are_beside_lines and jobs:
            ground = pane.get_component_rich_style("log-pane--stamp")
            column = self._page.legend.column(width, ground, self._name_and_color)
            columns = (column, *columns)
        pane.columns = columns

    def _name_and_color(self, start: int) -> tuple[str, int] | None:
        member = self._members.of_line(start)
        return None if member is None else (self.of(member.job.id), member.number)

    def show_row(self) -> None:
        """Show the jobs in the row above the lines."""
        ids = [member.job.id for member in self._members]
        chosen = self._page.choice.chosen
        number = ids.index(chosen) if chosen in ids else None
        self._page.legend.show(map(self._entry, self._members), number)

    def _entry(self, member: Member) -> tuple[Part, ...]:
        job, page = member.job, self._page
        outage = page.session.reachability.outage
        before, after = cells_around_name(member.state, job, page.progress.get(job.id), outage)
        name, is_shown = self.of(job.id), self._members.is_shown(member)
        look = look_of(member.number) if is_shown else Tone.DIM
        return (
            Part(f"{before.text} ", before.tone),
            Part(
                name if is_shown else f"({name})",
                "current" if job.id == page.choice.chosen else look,
            ),
            Part(f" {after.text}" if after.text else "", after.tone),
            Part("   "),
        )

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command("merged.names", "s", "names", "Show or hide the names beside the lines", toggle),
    )
