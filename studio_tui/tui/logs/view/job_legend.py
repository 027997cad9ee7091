"""Short and unique names of the jobs of a merged log, in colors: in a row, and beside lines."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.style import Style

from studio_tui.tui.logs.view.painter import GutterColumn
from studio_tui.tui.widgets.bar import Bar, Part

COLORS = 7
"""Number of colors; the eighth job has the color of the first, so only names are unique."""

_SHORTEST_ID = 4
"""Minimum length of the part of an id that is added to a name which is not unique."""


def look_of(number: int) -> str:
    """Return the `Part.look` of the job with a number, such as `job3`."""
    return f"job{number % COLORS}"


def labels(names: Sequence[tuple[str, str]], width: int) -> dict[str, str]:
    """Return unique labels for jobs, given as pairs of id and name.

    A label is the name, cut off at `width` cells. If several would be equal, each also has as much
    of the job's id as makes it unique.
    """
    label_of = {job_id: _cut(name or job_id, width) for job_id, name in names}
    length = _SHORTEST_ID
    while ambiguous := _ambiguous(label_of):
        for job_id, name in names:
            if job_id in ambiguous:
                short_id = job_id[:length]
                short_name = _cut(name, max(0, width - len(short_id) - 1))
                label_of[job_id] = f"{short_name} {short_id}".strip()
        if length > max(map(len, ambiguous)):
            break
        length += 2
    return label_of


def _ambiguous(label_of: Mapping[str, str]) -> set[str]:
    first: dict[str, str] = {}
    ambiguous: set[str] = set()
    for job_id, label in label_of.items():
        if label in first:
            ambiguous |= {job_id, first[label]}
        first.setdefault(label, job_id)
    return ambiguous


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

    def column(
        self, width: int, ground: Style, label_of: Callable[[int], tuple[str, int] | None]
    ) -> GutterColumn:
        """Return a column with the name of each line's job; names have up to `width` cells.

        `label_of` returns the name and the number of the job of the line at an offset.
        """
        styles = [
            ground + Style(color=self.get_component_rich_style(f"bar--{look_of(n)}").color)
            for n in range(COLORS)
        ]

        def name_at(start: int) -> tuple[str, Style | None]:
            label = label_of(start)
            return ("", None) if label is None else (label[0], styles[label[1] % COLORS])

        return GutterColumn("job", width + 1, name_at)
