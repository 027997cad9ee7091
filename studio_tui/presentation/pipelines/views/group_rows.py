"""A pipeline as a list of groups, in which what failed and what runs stays in sight."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from studio_tui.presentation.cells import NOTHING, Cell, Tone
from studio_tui.presentation.columns import Align, Column
from studio_tui.presentation.format import duration
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.presentation.pipelines.graph.segments import bar_cell, worst_of
from studio_tui.presentation.pipelines.graph.statuses import (
    SHOWN_LOOKS,
    WORST_FIRST,
    Shown,
    Verdicts,
)
from studio_tui.presentation.pipelines.graph.view_model import Known
from studio_tui.presentation.pipelines.graph.waits import in_short
from studio_tui.presentation.pipelines.views.groups import Group
from studio_tui.presentation.pipelines.views.node_cells import (
    LEAST_NAME,
    TOOK,
    bar_cells,
    took_cell,
    why_cell,
)

BAR_WIDTH = 10
"""Cells of a bar."""

COLUMNS = (
    Column("name", "GROUP", LEAST_NAME, grow=1),
    Column("jobs", "JOBS", 4, align=Align.RIGHT),
    Column("progress", "PROGRESS", BAR_WIDTH, drop=2),
    Column("failed", "✗", 4, align=Align.RIGHT),
    Column("blocked", "⊘", 4, align=Align.RIGHT),
    replace(TOOK, drop=3),
    Column("why", "NOW", 16, grow=2, drop=1, fits=True, wants=24),
)
"""In the order of the cells."""

FAILED_SHOWN = 10
"""Members of a group that failed and are shown, unless all of them are wanted."""

_REST = "\0rest"
"""Ends the key of a row that is about what is not shown of a group."""

RUNNING_SHOWN = 3
"""Members of a group that run and are shown, unless the group is listed."""


@dataclass(frozen=True, slots=True)
class GroupRow:
    """The head of a group, one of its jobs, or what is said of those that are not shown."""

    key: str
    """Of the group, or the node's id."""
    group: Group
    node_id: str | None = None
    """The job that it is about; `None` for a head and for the rest."""
    rest: tuple[str, ...] = ()
    """Nodes that are not shown, for a row that is about them."""
    is_open: bool = False
    """Whether rows of the group follow; told of heads."""


def rows(
    groups: Iterable[Group],
    verdicts: Verdicts,
    *,
    listed: Collection[str] = (),
    folded: Collection[str] = (),
    all_failed: bool = False,
    only: Collection[str] | None = None,
    is_filter: bool = False,
) -> tuple[GroupRow, ...]:
    """Return the groups, each with what failed and what runs in it.

    Of groups whose key is `listed` all jobs follow, of those `folded` none: then their heads count
    them. With `all_failed` no failure is left out for there being many. With `only` no row is about
    any other job, though heads count all; where it `is_filter` some of those jobs are shown
    whatever their states are.
    """
    drawn: list[GroupRow] = []
    for group in groups:
        if group.is_alone:
            drawn.append(GroupRow(group.key, group, group.key))
            continue
        if group.key in folded:
            shown: list[str] = []
        elif group.key in listed:
            shown = [each for each in group.members if only is None or each in only]
        else:
            most = None if all_failed else FAILED_SHOWN
            seen = _in_sight(group, verdicts, most)
            shown = [each for each in seen if only is None or each in only]
            if not shown and is_filter:
                shown = [each for each in group.members if only is None or each in only]
                shown = shown[:FAILED_SHOWN]
        drawn.append(GroupRow(group.key, group, is_open=bool(shown)))
        drawn += (GroupRow(node_id, group, node_id) for node_id in shown)
        hidden = set(group.members if only is None else only).difference(shown)
        rest = tuple(member for member in group.members if member in hidden)
        if shown and rest:
            drawn.append(GroupRow(f"{group.key}{_REST}", group, rest=rest))
    return tuple(drawn)


def group_of_rest(key: str) -> str:
    """Return the key of the group of which a row is the rest; any other key as it is."""
    return key.removesuffix(_REST)


def _in_sight(group: Group, verdicts: Verdicts, most_failed: int | None) -> Iterator[str]:
    for kind, most in ((Shown.FAILED, most_failed), (Shown.RUNNING, RUNNING_SHOWN)):
        yield from [each for each in group.members if verdicts.shown[each] is kind][:most]


def numbers_of(members: Iterable[str], verdicts: Verdicts) -> Counter[Shown]:
    """Return how many of these jobs stand where."""
    return Counter(verdicts.shown[member] for member in members)


def name_parts(row: GroupRow, verdicts: Verdicts) -> tuple[Cell, ...]:
    """Return what the row is about, in pieces of one tone each."""
    if row.rest:
        return (Cell(f"   … {_rest_words(row, verdicts)}", Tone.DIM),)
    if row.node_id is None:
        worst = worst_of(numbers_of(row.group.members, verdicts)) or Shown.UNKNOWN
        look = SHOWN_LOOKS[worst]
        mark, name = "▾" if row.is_open else "▸", row.group.title
    else:
        look = verdicts.look(row.node_id)
        mark = " " if row.group.is_alone else "   "
        name = verdicts.plan.nodes[row.node_id].name
    return Cell(mark, Tone.DIM), Cell(f"{look.glyph} ", look.tone), Cell(name, Tone.STRONG)


def _rest_words(row: GroupRow, verdicts: Verdicts) -> str:
    """Return `290 more failed, 11 more running, 131 done`."""
    numbers = numbers_of(row.rest, verdicts)
    everything = numbers_of(row.group.members, verdicts)
    return ", ".join(
        f"{numbers[kind]}{' more' if numbers[kind] < everything[kind] else ''} {kind.value}"
        for kind in WORST_FIRST
        if numbers[kind]
    )


def cells(row: GroupRow, known: Known) -> tuple[Cell, ...]:
    """Return one cell for each of `COLUMNS`; that of the name may be drawn as `name_parts`."""
    parts = name_parts(row, known.verdicts)
    name = Cell("".join(part.text for part in parts), parts[-1].tone)
    if row.rest:
        return (name, *(NOTHING for _ in COLUMNS[1:]))
    if row.node_id is not None:
        node = known.plan.nodes[row.node_id]
        alone = Cell("1") if row.group.is_alone else NOTHING
        drawn, _ = bar_cells(node, known)
        return (name, alone, drawn, NOTHING, NOTHING, took_cell(node, known), _member(node, known))
    numbers = numbers_of(row.group.members, known.verdicts)
    return (
        name,
        Cell(str(len(row.group.members))),
        bar_cell(numbers, BAR_WIDTH),
        _number(numbers, Shown.FAILED),
        _number(numbers, Shown.BLOCKED),
        NOTHING,
        _telling(row.group, known),
    )


def _number(numbers: Counter[Shown], kind: Shown) -> Cell:
    return Cell(str(numbers[kind]), SHOWN_LOOKS[kind].tone) if numbers[kind] else NOTHING


def _member(node: Node, known: Known) -> Cell:
    why = why_cell(node, known)
    usual = known.usual(node)
    if why.text or usual is None or known.verdicts.shown[node.id] is not Shown.RUNNING:
        return why
    return Cell(f"usual {duration(usual)}", Tone.DIM)


def _telling(group: Group, known: Known) -> Cell:
    """Return the slowest that runs, else what the first waits for, else the slowest there was."""
    shown = known.verdicts.shown
    running = [known.plan.nodes[each] for each in group.members if shown[each] is Shown.RUNNING]
    if running:
        return _slowest(running, known)
    for member in group.members:
        wait = known.waits(member)
        if wait is not None:
            words = f"{known.plan.nodes[member].name}: {wait.words}"
            return Cell(words, Tone.DIM, (wait.words, *in_short(known.verdicts, member)))
    return _slowest([known.plan.nodes[member] for member in group.members], known)


def _slowest(nodes: Iterable[Node], known: Known) -> Cell:
    taken = [(took, node) for node in nodes if (took := known.took(node)) is not None]
    if not taken:
        return NOTHING
    # An estimate has waiting in it, so it says nothing beside a time that is known.
    took, node = max(taken, key=lambda each: (not each[0].is_estimate, each[0].seconds))
    usual = known.usual(node)
    beside = f" (usual {duration(usual)})" if usual is not None else ""
    about = "~" if took.is_estimate else ""
    lasted = f"{about}{duration(took.seconds)}"
    return Cell(f"slowest {node.name} {lasted}{beside}", Tone.DIM, (f"slowest {lasted}",))
