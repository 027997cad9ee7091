"""A pipeline as rows of a list: the tree, groups, the plain table, and the timeline."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

from rich.cells import cell_len

from studio_tui.presentation.cells import Cell, Pieces, Tone
from studio_tui.presentation.columns import Column
from studio_tui.presentation.pipelines.graph.plan import Plan
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from studio_tui.presentation.pipelines.views import group_rows, lanes, table, tree
from studio_tui.presentation.pipelines.views.groups import Group
from studio_tui.presentation.pipelines.views.lanes import LaneRow
from studio_tui.presentation.pipelines.views.node_cells import (
    LEAST_NAME_WIDTH,
    TIME_COLUMN,
    run_time_cell,
    why_cell,
)
from studio_tui.presentation.pipelines.views.timeline import Timeline
from studio_tui.presentation.pipelines.views.tree import WAITED_FOR, WAITING, TreeRow
from studio_tui.tui.widgets.table_layout import GAP
from studio_tui.tui.widgets.table_painter import Cells, Sorting

CurrentModel = Callable[[], ViewModel]

RELATION = Column("relation", "", 1)
"""Has a sign on ancestors and descendants of the row under the cursor."""

_WIDE_TIMELINE = 110
"""Width from which the timeline has a column of reasons."""
_LEAST_BAR_WIDTH = 20
_SIGN = len("● ")
"""Cells before a name."""
_IMPORTANT = 2
"""The largest `drop` of columns that are not dropped for long names, such as reasons."""
_MOST_OF_GROUP = 30
"""Cells that the name of a group takes from other columns, or up to a third of the room."""
_LINKS = 40
"""Cells beside a name in the tree for edges elsewhere in the tree."""
_COLLAPSED = 16
"""Cells beside a name in the tree for the number of collapsed jobs."""


@dataclass(frozen=True)
class JobListing:
    """The rows of a list, their cells, and how they are related."""

    columns: tuple[Column, ...]
    keys: Sequence[str]
    cells_of: Callable[[str], Cells]
    """Returns the cells of a row except `RELATION`."""
    members: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By row of a group, or of its hidden jobs, the shown nodes that it represents."""
    above: Mapping[str, str] = field(default_factory=dict)
    """Parent rows."""
    foldable: frozenset[str] = frozenset()
    """Rows that have child rows, shown or collapsed."""
    hidden: Mapping[str, str] = field(default_factory=dict)
    """By hidden node, the row that hides it."""
    is_tree: bool = False
    """Whether a row can hide others, so that `keys` lacks some nodes."""
    sorting: Sorting | None = None
    legend_signs: Callable[[], Collection[str]] = tuple
    """Returns the signs that the bars of a timeline have now."""
    titles: Callable[[], tuple[Column, ...]] | None = None
    """Returns the columns with their present titles, if these change with time."""

    def first_below(self, key: str) -> str | None:
        """Return the first child row; `None` if there is none."""
        return next((row for row, above in self.above.items() if above == key), None)


NO_ROWS = JobListing((), (), lambda _: ())


def _with_names(
    columns: tuple[Column, ...], widths: Iterable[int], room: int, beside: int = 0, spare: int = 0
) -> tuple[Column, ...]:
    """Return `RELATION` and the columns, with a name column for names of these `widths`.

    They are the widths of all names that can be listed, also hidden ones, as columns must not move.
    The name column has at least half of `room`, if the longest name needs it and the important
    columns (see `_IMPORTANT`) leave it. The other columns are dropped for the longest name and the
    `beside` cells after it. The name column gets up to `spare` cells more.
    """
    longest = max(widths, default=LEAST_NAME_WIDTH)
    name = next(column for column in columns if column.key == "name")
    others = sum(
        column.width + GAP
        for column in (RELATION, *columns)
        if column is not name and column.drop <= _IMPORTANT
    )
    width = max(LEAST_NAME_WIDTH, min(longest, room // 2, room - others))
    full_width = max(width, longest + beside)
    fitted_name = name._replace(
        width=width,
        max_width=max(full_width, longest + spare),
        wanted_width=min(full_width, room - others),
    )
    return (RELATION, *(fitted_name if column is name else column for column in columns))


def tree_listing(
    current_model: CurrentModel, shown: Sequence[TreeRow], whole: Sequence[TreeRow], room: int
) -> JobListing:
    """Return the `shown` rows of the `whole` tree; the list has `room` cells for its columns."""
    plan = current_model().plan
    rows = {row.id: row for row in shown}
    names = (_tree_name_width(row, plan) for row in whole)
    has_links = any(row.also_after or row.also_feeds for row in whole) or bool(plan.flaws)
    beside = _LINKS if has_links else 0
    return JobListing(
        _with_names(tree.COLUMNS, names, room, beside, max(beside, _COLLAPSED)),
        tuple(rows),
        lambda key: tree.cells(rows[key], current_model()),
        above={key: row.parent for key, row in rows.items() if row.parent is not None},
        foldable=frozenset(key for key, row in rows.items() if row.has_children),
        hidden={node_id: key for key, row in rows.items() for node_id in row.hidden},
        is_tree=True,
    )


def _tree_name_width(row: TreeRow, plan: Plan) -> int:
    """Return the width of a job's name, with the numbers of edges beside it, as `  (↑1 ↓2)`."""
    numbers = tree.link_numbers(row)
    links = len(f"  ({numbers})") if numbers else 0
    return len(row.prefix) + _SIGN + cell_len(plan.nodes[row.id].name) + links


def lane_listing(
    current_model: CurrentModel, shown: Sequence[LaneRow], whole: Sequence[LaneRow], room: int
) -> JobListing:
    """Return one of the `shown` rows per job; `whole` are the rows of all jobs."""
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
        above={key: its_parents[-1] for key, its_parents in parents.items() if its_parents},
    )


def group_listing(
    current_model: CurrentModel,
    groups: Sequence[Group],
    listed: Collection[str],
    folded: Collection[str],
    *,
    room: int,
    whole: Sequence[Group],
    is_filter: bool = False,
) -> JobListing:
    """Return the `groups`, each with its first failed and running jobs.

    See `group_rows.rows`; `whole` is all groups, also those in which no job is shown.
    """
    statuses = current_model().statuses
    shown_rows = group_rows.rows(
        groups, statuses, listed=listed, folded=folded, is_filter=is_filter
    )
    rows = {row.key: row for row in shown_rows}
    headings = {key for key, row in rows.items() if row.node_id is None and not row.hidden}
    most = max(_MOST_OF_GROUP, room // 3)
    names = (min(width, most) for width in _group_names(whole, statuses.plan))
    columns = _with_names(group_rows.COLUMNS, names, room)

    below_headings = {
        key: row for key, row in rows.items() if key not in headings and not row.group.is_single_job
    }
    return JobListing(
        columns,
        tuple(rows),
        lambda key: group_rows.cells(rows[key], current_model()),
        members={
            key: row.hidden or row.group.members for key, row in rows.items() if row.node_id is None
        },
        above={key: row.group.key for key, row in below_headings.items()},
        foldable=frozenset(headings),
    )


def _group_names(groups: Iterable[Group], plan: Plan) -> Iterator[int]:
    """Yield the widths of the names of all headings and jobs that can ever have a row."""
    for group in groups:
        before = _SIGN + len(" " if group.is_single_job else "   ")
        yield _SIGN + 1 + cell_len(group.title)
        yield from (before + cell_len(plan.nodes[each].name) for each in group.members)


def table_listing(
    current_model: CurrentModel,
    sort: str,
    *,
    reverse: bool,
    room: int,
    only: Collection[str] | None = None,
) -> JobListing:
    """Return the jobs in `only`, or all, as a table."""
    ids = table.ids(current_model(), sort, reverse=reverse)
    names = (cell_len(node.name) for node in current_model().plan.nodes.values())
    return JobListing(
        _with_names(table.COLUMNS, names, room),
        ids if only is None else tuple(node_id for node_id in ids if node_id in only),
        lambda key: table.cells(key, current_model()),
        sorting=Sorting(sort, descending=reverse),
    )


def timeline_listing(
    current_model: CurrentModel,
    zone: tzinfo,
    width: int,
    only: Collection[str] | None,
) -> JobListing:
    """Return bars over time."""
    why_width = 26 if width >= _WIDE_TIMELINE else 0
    names = (_SIGN + cell_len(node.name) for node in current_model().plan.nodes.values())
    name_width = max(LEAST_NAME_WIDTH, min(max(names, default=0), width // 2))
    widths = (RELATION.width, name_width, TIME_COLUMN.width, why_width)
    taken = sum(cells + GAP for cells in widths if cells)
    bar_width = max(_LEAST_BAR_WIDTH, width - taken)
    latest: tuple[ViewModel, Timeline] | None = None

    def timeline() -> Timeline:
        nonlocal latest
        model = current_model()
        if latest is None or latest[0] is not model:
            latest = model, Timeline(model, zone, bar_width)
        return latest[1]

    def titles() -> tuple[Column, ...]:
        return (
            RELATION,
            Column("name", "JOB", name_width),
            Column("bar", timeline().axis, bar_width),
            TIME_COLUMN._replace(drop=0),
            *((Column("why", "WHY / ERROR", why_width),) if why_width else ()),
        )

    def cells_of(key: str) -> Cells:
        model = current_model()
        node, look = model.plan.nodes[key], model.statuses.look(key)
        name_cell = Pieces((Cell(f"{look.glyph} ", look.tone), Cell(node.name, Tone.STRONG)))
        note = timeline().note(key)
        bar_cell = Pieces((note,) if note.text else timeline().bar(key))
        reason = (why_cell(node, model),) if why_width else ()
        return (name_cell, bar_cell, run_time_cell(node, model), *reason)

    order = timeline().order
    return JobListing(
        titles(),
        [node_id for node_id in order if only is None or node_id in only],
        cells_of,
        legend_signs=lambda: timeline().signs,
        titles=titles,
    )


def relation_cell(key: str, above: Collection[str], below: Collection[str]) -> Cell:
    """Return the cell of `RELATION` for a row; `above` and `below` belong to the current row."""
    if key in above:
        return Cell(WAITED_FOR, Tone.ACCENT)
    return Cell(WAITING, Tone.ACCENT) if key in below else Cell("")
