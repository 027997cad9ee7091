"""Lanes beside a list of jobs connect each job with exactly the jobs that wait for it."""

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

LANES_OF_SIXTEEN = """
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


def lines_of(sent: Pipeline) -> list[str]:
    plan = plan_of(sent)
    statuses, rows = judge(plan, PipelineState.RUNNING), lane_rows(plan)
    assert rows is not None
    return ["".join(part.text for part in name_parts(row, statuses)) for row in rows]


def edges_drawn(rows: Sequence[LaneRow]) -> set[tuple[str, str]]:
    """Follow the lanes from line to line, as the user does; return the edges that they show."""
    edges: set[tuple[str, str]] = set()
    lanes_above: dict[int, str] = {}
    for row in rows:
        column = len(row.before)
        signs = dict(enumerate(f"{row.before} {row.after}"))
        for at, sign in signs.items():
            if sign in "│├┤┼╰╯┴":
                assert at in lanes_above, "a lane begins without a job"
        parents = [lanes_above[column]] if column in lanes_above else []
        for step, corners in ((-1, "├╰"), (1, "┤╯")):
            at = column + step
            while signs.get(at, " ") in "─│┼┴":
                parents += [lanes_above[at]] if signs[at] in "┼┴" else []
                at += step
            parents += [lanes_above[at]] if signs.get(at, " ") in corners else []
        edges |= {(parent, row.id) for parent in parents}
        lanes_above = {at: lanes_above[at] for at, sign in signs.items() if sign in "│├┤┼"}
        lanes_above[column] = row.id
    return edges


def test_the_sample_pipeline_has_the_expected_lanes() -> None:
    assert lines_of(sixteen()) == LANES_OF_SIXTEEN.strip("\n").splitlines()


def test_a_chain_of_diamonds_takes_two_lanes() -> None:
    rows = lane_rows(plan_of(chain_of_diamonds(50)))
    assert rows is not None
    assert {len(row.before) + 1 + len(row.after) for row in rows} == {4}


@pytest.mark.parametrize(("width", "can_be_drawn"), [(MOST_LANES - 1, True), (40, False)])
def test_a_pipeline_that_needs_too_many_lanes_has_none(width: int, can_be_drawn: bool) -> None:
    assert (lane_rows(plan_of(fan(width))) is not None) is can_be_drawn


def test_unrelated_jobs_on_consecutive_lines_are_in_different_columns() -> None:
    assert lines_of(pipeline(a=[], b=[], c=[], d=["c"])) == ["·   a", "  · b", "·   c", "·   d"]


@given(any_pipelines())
def test_lanes_show_all_edges_and_no_others(sent: Pipeline) -> None:
    plan = plan_of(sent)
    rows = lane_rows(plan)
    if rows is None:
        return
    assert sorted(row.id for row in rows) == sorted(plan.nodes)
    edges = {(parent, node.id) for node in plan.nodes.values() for parent in node.parents}
    earlier: set[str] = set()
    for row in rows:
        assert set(plan.nodes[row.id].parents) <= earlier
        earlier.add(row.id)
    assert edges_drawn(rows) == edges
