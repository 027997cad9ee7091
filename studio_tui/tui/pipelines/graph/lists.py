"""A pipeline as rows of a list: the tree, groups, the plain table, and the timeline."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

from rich.cells import cell_len

from studio_tui.presentation.cells import Cell, Pieces, Tone
from studio_tui.presentation.columns import Column
from studio_tui.presentation.pipelines.graph.plan import Plan
from studio_tui.presentation.pipelines.graph.segments import bar
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from studio_tui.presentation.pipelines.views import group_rows, lanes, table, tree
from studio_tui.presentation.pipelines.views.groups import Group
from studio_tui.presentation.pipelines.views.lanes import LaneRow
from studio_tui.presentation.pipelines.views.node_cells import LEAST_NAME, TOOK, took_cell, why_cell
from studio_tui.presentation.pipelines.views.timeline import Timeline
from studio_tui.presentation.pipelines.views.tree import TreeRow
from studio_tui.tui.widgets.table_layout import GAP
from studio_tui.tui.widgets.table_painter import Cells, Sorting

CurrentModel = Callable[[], ViewModel]
"""Returns the model at the time of painting."""

KIN = Column("kin", "", 1)
"""Marks the ancestors and descendants of the row under the cursor."""

WAITED_FOR, WAITING = "↑", "↓"

_WIDE_TIMELINE = 110
"""Cells from which the timeline has a column for the reason."""
_LEAST_BAR = 20
_SIGN = len("● ")
_KEPT = {"kin": KIN.width, "took": TOOK.width, "why": 20}
"""Widths of columns that are not dropped for long names."""
_LINKS = 40
"""Cells beside a name in the tree for other edges."""
_COLLAPSED = 16
"""Cells beside a name in the tree for collapsed jobs, if there are no other edges."""


@dataclass(frozen=True)
class JobListing:
    """The rows of a list, and their relations."""

    columns: tuple[Column, ...]
    keys: Sequence[str]
    cells_of: Callable[[str], Cells]
    """Returns the cells of a row except the first, `KIN`."""
    members: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The nodes of rows that represent several."""
    above: Mapping[str, str] = field(default_factory=dict)
    """The parent row by row, for rows that have one."""
    foldable: frozenset[str] = frozenset()
    """Rows that have child rows, shown or collapsed."""
    hidden: Mapping[str, str] = field(default_factory=dict)
    """By node, the collapsed row that contains it."""
    sorting: Sorting | None = None
    zoomed: Callable[[int], float | None] = lambda _: None
    """Returns the seconds that a timeline shows after so many zoom steps."""
    titles: Callable[[], tuple[Column, ...]] | None = None
    """Returns the present columns, if their titles change with time."""


def _with_names(
    columns: tuple[Column, ...], names: Iterable[int], room: int, beside: int = 0, spare: int = 0
) -> tuple[Column, ...]:
    """Return the columns with `KIN`, and names up to half of `room` wide.

    `names` are the widths of all that can be listed, as columns must not move when rows are folded,
    filtered or change their states. If there is more room, names are wider, up to the longest name
    plus `beside` cells for what follows it. Other columns are dropped for it, except the duration
    and the reason. They are not dropped for `spare` cells more.
    """
    longest = max(names, default=LEAST_NAME)
    name = next(column for column in columns if column.key == "name")
    width = max(LEAST_NAME, min(longest, room // 2))
    least = sum(_KEPT[column.key] + GAP for column in (KIN, *columns) if column.key in _KEPT)
    wanted = max(width, longest + beside)
    wants = min(wanted, room - least)
    wide = name._replace(width=width, most=max(wanted, longest + spare), wants=wants)
    return (KIN, *(wide if column is name else column for column in columns))


def tree_listing(
    current_model: CurrentModel, shown: Sequence[TreeRow], whole: Sequence[TreeRow], room: int
) -> JobListing:
    """Return the `shown` part of the `whole` tree with links; the list has `room` cells."""
    plan = current_model().plan
    rows = {row.id: row for row in shown}

    def cells_of(key: str) -> Cells:
        model = current_model()
        _, *rest = tree.cells(rows[key], model)
        return (Pieces(tree.name_parts(rows[key], model.statuses)), *rest)

    names = (len(row.prefix) + _SIGN + cell_len(plan.nodes[row.id].name) for row in whole)
    has_links = any(row.also_after or row.also_feeds for row in whole) or bool(plan.flaws)
    beside = _LINKS if has_links else 0
    return JobListing(
        _with_names(tree.COLUMNS, names, room, beside, max(beside, _COLLAPSED)),
        tuple(rows),
        cells_of,
        above={key: row.parent for key, row in rows.items() if row.parent is not None},
        foldable=frozenset(key for key, row in rows.items() if row.has_children),
        hidden={node_id: key for key, row in rows.items() for node_id in row.hidden},
    )


def lane_listing(
    current_model: CurrentModel, shown: Sequence[LaneRow], whole: Sequence[LaneRow], room: int
) -> JobListing:
    """Return one line per `shown` job of the `whole` with lanes; the list has `room` cells."""
    plan, by_id = current_model().plan, {row.id: row for row in shown}
    names = (
        len(row.before) + 1 + len(row.after) + cell_len(plan.nodes[row.id].name) for row in whole
    )

    def cells_of(key: str) -> Cells:
        model = current_model()
        return (
            Pieces(lanes.name_parts(by_id[key], model.statuses)),
            *tree.cells_beside(key, model),
        )

    parents = {key: [each for each in plan.nodes[key].parents if each in by_id] for key in by_id}
    return JobListing(
        _with_names(tree.COLUMNS, names, room, _LINKS if plan.flaws else 0),
        tuple(by_id),
        cells_of,
        above={key: mine[-1] for key, mine in parents.items() if mine},
    )


def group_listing(
    current_model: CurrentModel,
    groups: Sequence[Group],
    listed: Collection[str],
    folded: Collection[str],
    *,
    room: int,
    whole: Sequence[Group],
    only: Collection[str] | None = None,
    is_filter: bool = False,
) -> JobListing:
    """Return the groups, with their failed and running jobs; with `only`, no other jobs.

    `whole` are all groups, also those of which no job is shown.
    """
    statuses = current_model().statuses
    drawn_rows = group_rows.rows(
        groups, statuses, listed=listed, folded=folded, only=only, is_filter=is_filter
    )
    rows = {row.key: row for row in drawn_rows}

    columns = _with_names(group_rows.COLUMNS, _group_names(whole, statuses.plan), room)

    def cells_of(key: str) -> Cells:
        model, row = current_model(), rows[key]
        _, jobs, progress, *rest = group_rows.cells(row, model)
        drawn: Cell | Pieces = progress
        if row.node_id is None and not row.rest:
            numbers = group_rows.numbers_of(row.group.members, model.statuses)
            drawn = Pieces(bar(numbers, group_rows.BAR_WIDTH))
        return (Pieces(group_rows.name_parts(row, model.statuses)), jobs, drawn, *rest)

    heads = {key for key, row in rows.items() if row.node_id is None and not row.rest}
    return JobListing(
        columns,
        tuple(rows),
        cells_of,
        members={
            key: row.rest or [m for m in row.group.members if only is None or m in only]
            for key, row in rows.items()
            if row.node_id is None
        },
        above={key: row.group.key for key, row in rows.items() if key not in heads and
               not row.group.is_single_job},
        foldable=frozenset(heads),
    )  # fmt: skip


def _group_names(groups: Iterable[Group], plan: Plan) -> Iterator[int]:
    """Yield the widths of all rows that groups can have, in cells.

    Which jobs have a row changes with their states, which must not move columns.
    """
    for group in groups:
        before = _SIGN + len(" " if group.is_single_job else "   ")
        yield _SIGN + 1 + cell_len(group.title)
        yield from (before + cell_len(plan.nodes[each].name) for each in group.members)


def table_listing(
    current_model: CurrentModel,
    sort: str,
    *,
    reverse: bool,
    layers: Mapping[str, int],
    room: int,
    only: Collection[str] | None = None,
) -> JobListing:
    """Return the plain table."""
    ids = table.ids(current_model(), sort, reverse=reverse)
    names = (cell_len(node.name) for node in current_model().plan.nodes.values())
    return JobListing(
        _with_names(table.COLUMNS, names, room),
        ids if only is None else tuple(node_id for node_id in ids if node_id in only),
        lambda key: table.cells(key, current_model(), layers),
        sorting=Sorting(sort, descending=reverse),
    )


def timeline_listing(
    current_model: CurrentModel,
    zone: tzinfo,
    width: int,
    span: float | None,
    only: Collection[str] | None,
) -> JobListing:
    """Return the bars of job runs; the list has `width` cells for its columns."""
    why = 26 if width >= _WIDE_TIMELINE else 0
    names = (_SIGN + cell_len(node.name) for node in current_model().plan.nodes.values())
    name = max(LEAST_NAME, min(max(names, default=0), width // 2))
    taken = sum(cells + GAP for cells in (KIN.width, name, TOOK.width, why) if cells)
    drawn = _Moving(current_model, zone, max(_LEAST_BAR, width - taken), span)

    def titles() -> tuple[Column, ...]:
        return (
            KIN,
            Column("name", "JOB", name),
            Column("bar", drawn.timeline().axis, drawn.width),
            TOOK._replace(drop=0),
            *((Column("why", "WHY / ERROR", why),) if why else ()),
        )

    def cells_of(key: str) -> Cells:
        model, line = current_model(), drawn.timeline()
        node, look = model.plan.nodes[key], model.statuses.look(key)
        named = Pieces((Cell(f"{look.glyph} ", look.tone), Cell(node.name, Tone.STRONG)))
        unknown = line.note(key)
        bar = Pieces((unknown,) if unknown.text else line.bar(key))
        return (named, bar, took_cell(node, model), *((why_cell(node, model),) if why else ()))

    order = drawn.timeline().order
    return JobListing(
        titles(),
        [node_id for node_id in order if only is None or node_id in only],
        cells_of,
        zoomed=lambda steps: drawn.timeline().zoomed(steps),
        titles=titles,
    )


class _Moving:
    """A timeline that is rebuilt when the model changes."""

    def __init__(
        self, current_model: CurrentModel, zone: tzinfo, width: int, span: float | None
    ) -> None:
        self.width = width
        self._current_model = current_model
        self._zone = zone
        self._span = span
        self._last: tuple[ViewModel, Timeline] | None = None

    def timeline(self) -> Timeline:
        """Return the present timeline."""
        model = self._current_model()
        if self._last is None or self._last[0] is not model:
            self._last = model, Timeline(model, self._zone, self.width, self._span)
        return self._last[1]


def kin_cell(key: str, above: Collection[str], below: Collection[str]) -> Cell:
    """Return the sign of a row that is an ancestor or a descendant of the current one."""
    if key in above:
        return Cell(WAITED_FOR, Tone.ACCENT)
    return Cell(WAITING, Tone.ACCENT) if key in below else Cell("")
