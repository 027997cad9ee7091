"""A pipeline as a list of groups, each followed by its first failed and running jobs."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from studio_tui.presentation.cells import NOTHING, Cell, Pieces, Tone
from studio_tui.presentation.columns import Align, Column
from studio_tui.presentation.format import duration
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.presentation.pipelines.graph.segments import bar, worst_of
from studio_tui.presentation.pipelines.graph.statuses import (
    SHOWN_LOOKS,
    WORST_FIRST,
    JobStatuses,
    NodeState,
)
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from studio_tui.presentation.pipelines.views.groups import Group
from studio_tui.presentation.pipelines.views.node_cells import (
    LEAST_NAME_WIDTH,
    TIME_COLUMN,
    WHY_COLUMN,
    bar_cells,
    run_time_cell,
    why_cell,
)

BAR_WIDTH = 10

COLUMNS = (
    Column("name", "GROUP", LEAST_NAME_WIDTH, grow=1),
    Column("jobs", "JOBS", 4, align=Align.RIGHT),
    Column("progress", "PROGRESS", BAR_WIDTH, drop=3),
    Column("failed", "✗", 4, align=Align.RIGHT),
    Column("blocked", "⊘", 4, align=Align.RIGHT),
    TIME_COLUMN._replace(drop=4),
    WHY_COLUMN._replace(title="NOW", drop=1),
)
"""In the order of `cells`."""

FAILED_SHOWN = 10
"""Maximum number of failed jobs, or of other matches, per group that is not expanded."""

_SUMMARY_SUFFIX = "\0rest"

RUNNING_SHOWN = 3
"""Maximum number of running jobs per group that is not expanded."""


@dataclass(frozen=True, slots=True)
class GroupRow:
    """The heading of a group, one of its jobs, a summary of its hidden jobs, or a single job."""

    key: str
    """The group's key for a heading, this key with a suffix for a summary, a job's node id."""
    group: Group
    node_id: str | None = None
    """The node of a job row; `None` for a heading and a summary."""
    hidden: tuple[str, ...] = ()
    """The nodes that a summary counts; empty for other rows."""
    is_open: bool = False
    """For a heading, whether rows of the group follow."""


def rows(
    groups: Iterable[Group],
    statuses: JobStatuses,
    *,
    listed: Collection[str] = (),
    folded: Collection[str] = (),
    is_filter: bool = False,
) -> tuple[GroupRow, ...]:
    """Return the rows of groups: the heading of each, then its first failed and running jobs.

    The heading of a group in `listed` is followed by all its jobs, that of a group in `folded` by
    none. If only some follow, a summary of the others is last. If the jobs are the matches of a
    filter (`is_filter`), a group without failed or running matches shows its first other matches.
    """
    group_rows: list[GroupRow] = []
    for group in groups:
        if group.is_single_job:
            group_rows.append(GroupRow(group.key, group, group.key))
            continue
        if group.key in folded:
            shown: Sequence[str] = ()
        elif group.key in listed:
            shown = group.members
        else:
            shown = tuple(_important_members(group, statuses))
            if not shown and is_filter:
                shown = group.members[:FAILED_SHOWN]
        group_rows.append(GroupRow(group.key, group, is_open=bool(shown)))
        group_rows += (GroupRow(node_id, group, node_id) for node_id in shown)
        hidden = set(group.members).difference(shown)
        summarized = tuple(member for member in group.members if member in hidden)
        if shown and summarized:
            group_rows.append(GroupRow(f"{group.key}{_SUMMARY_SUFFIX}", group, hidden=summarized))
    return tuple(group_rows)


def group_key(key: str) -> str:
    """Return the key of the group for the key of a summary; any other key unchanged."""
    return key.removesuffix(_SUMMARY_SUFFIX)


def _important_members(group: Group, statuses: JobStatuses) -> Iterator[str]:
    for state, most in ((NodeState.FAILED, FAILED_SHOWN), (NodeState.RUNNING, RUNNING_SHOWN)):
        yield from [each for each in group.members if statuses.states[each] is state][:most]


def numbers_of(members: Iterable[str], statuses: JobStatuses) -> Counter[NodeState]:
    """Return the number of jobs by state; `members` are node ids."""
    return Counter(statuses.states[member] for member in members)


def name_parts(row: GroupRow, statuses: JobStatuses) -> tuple[Cell, ...]:
    """Return the first column of a row, as cells of one tone each."""
    if row.hidden:
        return (Cell(f"   … {_hidden_words(row, statuses)}", Tone.DIM),)
    if row.node_id is None:
        worst = worst_of(numbers_of(row.group.members, statuses)) or NodeState.UNKNOWN
        look = SHOWN_LOOKS[worst]
        mark, name = "▾" if row.is_open else "▸", row.group.title
    else:
        look = statuses.look(row.node_id)
        mark = " " if row.group.is_single_job else "   "
        name = statuses.plan.nodes[row.node_id].name
    return Cell(mark, Tone.DIM), Cell(f"{look.glyph} ", look.tone), Cell(name, Tone.STRONG)


def _hidden_words(row: GroupRow, statuses: JobStatuses) -> str:
    """Format hidden jobs as `290 more failed, 11 more running, 131 done`."""
    numbers = numbers_of(row.hidden, statuses)
    all_numbers = numbers_of(row.group.members, statuses)
    return ", ".join(
        f"{numbers[state]}{' more' if numbers[state] < all_numbers[state] else ''} {state.value}"
        for state in WORST_FIRST
        if numbers[state]
    )


def cells(row: GroupRow, model: ViewModel) -> tuple[Cell | Pieces, ...]:
    """Return one cell for each of `COLUMNS`."""
    name = Pieces(name_parts(row, model.statuses))
    if row.hidden:
        return (name, *(NOTHING for _ in COLUMNS[1:]))
    if row.node_id is not None:
        node = model.plan.nodes[row.node_id]
        count = Cell("1") if row.group.is_single_job else NOTHING
        progress, _ = bar_cells(node, model)
        times = run_time_cell(node, model), _job_now_cell(node, model)
        return (name, count, progress, NOTHING, NOTHING, *times)
    numbers = numbers_of(row.group.members, model.statuses)
    return (
        name,
        Cell(str(len(row.group.members))),
        Pieces(bar(numbers, BAR_WIDTH)),
        _number_cell(numbers, NodeState.FAILED),
        _number_cell(numbers, NodeState.BLOCKED),
        NOTHING,
        _group_now_cell(row.group, model),
    )


def _number_cell(numbers: Counter[NodeState], state: NodeState) -> Cell:
    return Cell(str(numbers[state]), SHOWN_LOOKS[state].tone) if numbers[state] else NOTHING


def _job_now_cell(node: Node, model: ViewModel) -> Cell:
    """Return why a job is in its state, else the usual duration if the job is running."""
    why = why_cell(node, model)
    usual = model.usual_seconds(node)
    if why.text or usual is None or model.statuses.states[node.id] is not NodeState.RUNNING:
        return why
    return Cell(f"usual {duration(usual)}", Tone.DIM)


def _group_now_cell(group: Group, model: ViewModel) -> Cell:
    shown = model.statuses.states
    running = [model.plan.nodes[each] for each in group.members if shown[each] is NodeState.RUNNING]
    if running:
        return _slowest_cell(running, model)
    for member in group.members:
        wait = model.wait_of(member)
        if wait is not None:
            words = f"{model.plan.nodes[member].name}: {wait.words}"
            return Cell(words, Tone.DIM, (wait.words, *wait.shorter))
    return _slowest_cell([model.plan.nodes[member] for member in group.members], model)


def _slowest_cell(nodes: Iterable[Node], model: ViewModel) -> Cell:
    durations = [(took, node) for node in nodes if (took := model.run_time(node)) is not None]
    if not durations:
        return NOTHING
    # An estimated run time can include time in the queue, so known times are preferred.
    _, node = max(durations, key=lambda each: (not each[0].is_estimate, each[0].seconds))
    usual = model.usual_seconds(node)
    usual_words = f" (usual {duration(usual)})" if usual is not None else ""
    took_words = run_time_cell(node, model).text
    return Cell(
        f"slowest {node.name} {took_words}{usual_words}", Tone.DIM, (f"slowest {took_words}",)
    )
