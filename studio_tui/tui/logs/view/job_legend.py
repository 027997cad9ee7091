"""Short and unique names of several jobs, in colours: in a row and beside lines."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.style import Style

from studio_tui.tui.logs.view.painter import GutterColumn
from studio_tui.tui.widgets.bar import Bar, Part

COLOURS = 7
"""Number of colours, repeated from the eighth job on; only names are unique."""

_ID = 4
"""Minimum length of an id that is added to a name which is not unique."""


def look_of(colour: int) -> str:
    """Return the name of a colour in the legend."""
    return f"job{colour % COLOURS}"


def labels(names: Sequence[tuple[str, str]], width: int) -> dict[str, str]:
    """Return unique labels for jobs, given as pairs of id and name.

    A label is the name in up to `width` cells, with the beginning of the id if labels would be
    equal.
    """
    short = {job_id: _cut(name or job_id, width) for job_id, name in names}
    length = _ID
    while alike := _alike(short):
        for job_id, name in names:
            if job_id in alike:
                id_ = job_id[:length]
                short[job_id] = f"{_cut(name, max(0, width - len(id_) - 1))} {id_}".strip()
        if length > max(map(len, alike)):
            break
        length += 2
    return short


def _alike(short: Mapping[str, str]) -> set[str]:
    """Return the ids whose labels are not unique."""
    first: dict[str, str] = {}
    alike: set[str] = set()
    for job_id, label in short.items():
        if label in first:
            alike |= {job_id, first[label]}
        first.setdefault(label, job_id)
    return alike


def _cut(text: str, width: int) -> str:
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…" if width > 0 else ""


class JobLegend(Bar):
    """A row of jobs; the chosen one is always visible."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"bar--{look_of(n)}" for n in range(COLOURS)}

    def show(self, jobs: Iterable[tuple[Part, ...]], chosen: int | None) -> None:
        """Show the parts of each job; `chosen` is an index."""
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
        """Return a column of names; `label_of` returns a line's name and colour."""
        styles = [
            ground + Style(color=self.get_component_rich_style(f"bar--{look_of(n)}").color)
            for n in range(COLOURS)
        ]

        def name_at(start: int, _text: str) -> tuple[str, Style | None]:
            label = label_of(start)
            return ("", None) if label is None else (label[0], styles[label[1] % COLOURS])

        return GutterColumn("job", width + 1, name_at)
