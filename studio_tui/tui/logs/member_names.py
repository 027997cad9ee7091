"""Short and unique names of the jobs of a merged log: in a row above its lines, and beside them."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from rich.cells import cell_len, set_cell_size
from rich.style import Style

from studio_tui.presentation.cells import Tone
from studio_tui.presentation.jobs.log_header import cells_around_name
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.logs.merged_jobs import Member, MergedController
from studio_tui.tui.logs.view.painter import GutterColumn
from studio_tui.tui.widgets.bar import Bar, Part

NARROW, ROOMY = 14, 20
"""Width in cells of the names, on narrow and on wide screens."""
ROOMY_FROM = 100
"""Width in cells from which a screen is wide."""

COLORS = 7
"""Number of colors; the eighth job has the color of the first, so only names are unique."""

_SHORTEST_ID = 4
"""Minimum length of the part of an id that is added to a name which is not unique."""


def look_of(number: int) -> str:
    """Return the `Part.look` of the job with this number, such as `job3`."""
    return f"job{number % COLORS}"


def labels(names: Sequence[tuple[str, str]], width: int) -> dict[str, str]:
    """Return unique labels for jobs, given as pairs of id and name.

    A label is the name, cut off at `width` cells. If several would be equal, each also has as much
    of the job's id as makes it unique.
    """
    label_of = {job_id: _cut(name or job_id, width) for job_id, name in names}
    longest = max((len(job_id) for job_id, _ in names), default=0)
    for length in range(_SHORTEST_ID, longest + 2, 2):
        count_of = Counter(label_of.values())
        for job_id, name in names:
            if count_of[label_of[job_id]] > 1:
                short_id = job_id[:length]
                short_name = _cut(name, max(0, width - len(short_id) - 1))
                label_of[job_id] = f"{short_name} {short_id}".strip()
    return label_of


def _cut(text: str, width: int) -> str:
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…" if width > 0 else ""


class JobLegend(Bar):
    """A row of jobs, in which the chosen job is always visible."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"bar--{look_of(n)}" for n in range(COLORS)}

    def show(self, jobs: Iterable[tuple[Part, ...]], chosen: int | None) -> None:
        """Show `jobs`, each as the parts of its text; `chosen` is the index of the chosen job."""
        entries = list(jobs)
        first = 0
        if chosen is not None:
            widths = [sum(cell_len(part.text) for part in entry) for entry in entries]
            while first < chosen and sum(widths[first : chosen + 1]) > self.size.width - 2:
                first += 1
        lead = (Part("‹" if first else " ", "dim"),)
        self.left = sum(entries[first:], lead)

    def job_styles(self, ground: Style) -> list[Style]:
        """Return `ground` in the colors of the looks `job0`, `job1` and so on."""
        return [
            ground + Style(color=self.get_component_rich_style(f"bar--{look_of(n)}").color)
            for n in range(COLORS)
        ]


class MemberNames(MergedController):
    """Controller of the jobs' short and unique names, each in a color."""

    are_beside_lines = True
    _names: Mapping[str, str] = MappingProxyType({})
    """The names of the jobs by id."""

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
        width = ROOMY if self._page.size.width >= ROOMY_FROM else NARROW
        jobs = [member.job for member in self._members]
        self._names = labels([(job.id, job.name or "") for job in jobs], width)
        is_shown = self.are_beside_lines and jobs
        column = GutterColumn(width + 1, self._namer()) if is_shown else None
        self._page.view.pane.names = column

    def _namer(self) -> Callable[[int], tuple[str, Style | None]]:
        """Return a function that returns the name of the job of the line at an offset, in color."""
        ground = self._page.view.pane.get_component_rich_style("log-pane--stamp")
        styles = self._page.legend.job_styles(ground)

        def name_at(start: int) -> tuple[str, Style | None]:
            member = self._members.of_line(start)
            if member is None:
                return "", None
            return self.of(member.job.id), styles[member.number % COLORS]

        return name_at

    def show_row(self) -> None:
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
