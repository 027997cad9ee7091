"""Lanes lead from each job to all jobs that wait for it and to no other."""

from collections.abc import Sequence

import pytest
from hypothesis import given

from studio_tui.api.models import Pipeline
from studio_tui.api.states import PipelineState
from studio_tui.presentation.pipelines.graph.plan import plan_of
from studio_tui.presentation.pipelines.graph.statuses import judge
from studio_tui.presentation.pipelines.views.lanes import (
    MOST_LANES,
    LaneRow,
    lane_rows,
    name_parts,
)
from tests.presentation.pipelines.graphs import any_pipelines, chain_of_diamonds, fan, pipeline
from tests.presentation.pipelines.sample import sixteen

SIXTEEN = """
✓   ingest_raw
✓   index
✓   dedupe
├─✓ thumbs
✗ │ embed
⊘─╯ join_feats
│ ✓ ingest_labels
│ ✓ clean_labels
⊘─╯ merge_train
⊘   split
├─⊘ train_s
⊘ │ train_l
⊘─╯ eval
├─⊘ report
⊘   export
⊘   publish
"""


def text_of(sent: Pipeline) -> list[str]:
    plan = plan_of(sent)
    statuses, rows = judge(plan, PipelineState.RUNNING), lane_rows(plan)
    assert rows is not None
    return ["".join(part.text for part in name_parts(row, statuses)) for row in rows]


def read(rows: Sequence[LaneRow]) -> set[tuple[str, str]]:
    """Follow the lanes of a list line by line, as a reader does; return the edges."""
    edges: set[tuple[str, str]] = set()
    above: dict[int, str] = {}
    for row in rows:
        column = len(row.before)
        signs = dict(enumerate(f"{row.before} {row.after}"))
        for place, sign in signs.items():
            if sign in "│├┤┼╰╯┴":
                assert place in above, "a lane begins from nothing"
        met = [above[column]] if column in above else []
        for step, corners in ((-1, "├╰"), (1, "┤╯")):
            place = column + step
            while signs.get(place, " ") in "─│┼┴":
                met += [above[place]] if signs[place] in "┼┴" else []
                place += step
            met += [above[place]] if signs.get(place, " ") in corners else []
        edges |= {(parent, row.id) for parent in met}
        above = {place: above[place] for place, sign in signs.items() if sign in "│├┤┼"}
        above[column] = row.id
    return edges


def test_the_sixteen_jobs_with_their_diamonds() -> None:
    assert text_of(sixteen()) == SIXTEEN.strip("\n").splitlines()


def test_diamonds_below_one_another_take_two_lanes() -> None:
    rows = lane_rows(plan_of(chain_of_diamonds(50)))
    assert rows is not None
    assert {len(row.before) + 1 + len(row.after) for row in rows} == {4}


@pytest.mark.parametrize(("width", "can_be_drawn"), [(MOST_LANES - 1, True), (40, False)])
def test_there_are_lanes_for_as_many_as_can_be_followed(width: int, can_be_drawn: bool) -> None:
    assert (lane_rows(plan_of(fan(width))) is not None) is can_be_drawn


def test_a_job_does_not_seem_to_follow_one_that_it_does_not_wait_for() -> None:
    assert text_of(pipeline(a=[], b=[], c=[], d=["c"])) == ["·   a", "  · b", "·   c", "·   d"]


@given(any_pipelines())
def test_lanes_are_the_edges_all_of_them_and_no_others(sent: Pipeline) -> None:
    plan = plan_of(sent)
    rows = lane_rows(plan)
    if rows is None:
        return
    assert sorted(row.id for row in rows) == sorted(plan.nodes)
    edges = {(parent, node.id) for node in plan.nodes.values() for parent in node.parents}
    seen: set[str] = set()
    for row in rows:
        assert set(plan.nodes[row.id].parents) <= seen
        seen.add(row.id)
    assert read(rows) == edges
