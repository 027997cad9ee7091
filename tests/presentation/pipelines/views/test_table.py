"""The table has each job once in every order, with all jobs before and after it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Job, Pipeline
from studio_tui.presentation.pipelines.graph.plan import plan_of
from studio_tui.presentation.pipelines.graph.statuses import judge
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from studio_tui.presentation.pipelines.views.table import COLUMNS, SORTS, cells, ids
from studio_tui.presentation.pipelines.views.tree import depths
from tests.presentation.pipelines.graphs import any_pipelines, pipeline
from tests.presentation.pipelines.sample import sixteen

_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def known(sent: Pipeline, *jobs: Job) -> ViewModel:
    return ViewModel(judge(plan_of(sent), sent.state), _NOON, {job.id: job for job in jobs})


def texts(seen: ViewModel, node_id: str) -> dict[str, str]:
    line = cells(node_id, seen, depths(seen.plan))
    return {column.key: cell.text for column, cell in zip(COLUMNS, line, strict=True)}


def test_a_row_says_all_of_a_job() -> None:
    said = texts(known(sixteen()), "join_feats")
    assert said == {
        "state": "⊘ BLOCKED",
        "name": "join_feats",
        "id": "run-join",
        "layer": "5",
        "parents": "2: thumbs, embed",
        "children": "1: merge_train",
        "queue": "",
        "took": "",
        "why": "blocked by embed, which failed",
    }


def test_parents_that_are_not_there_are_counted_and_said() -> None:
    seen = known(pipeline(a=["f00dfeed-1"], b=["c"], c=["b"]))
    assert texts(seen, "a")["parents"] == "1: f00dfeed (missing)"
    assert texts(seen, "b")["parents"] == "1: c"


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("layer", ["ingest_raw", "ingest_labels", "index"]),
        ("state", ["embed"]),
        ("name", ["clean_labels", "dedupe", "embed"]),
        ("parents", ["join_feats", "merge_train", "eval"]),
        ("children", ["dedupe", "split", "eval"]),
        ("took", ["thumbs", "embed"]),
        ("why", ["embed", "join_feats", "merge_train"]),
    ],
)
def test_each_column_sorts_and_ties_follow_the_layers(sort: str, first: list[str]) -> None:
    jobs = [
        Job(
            id=f"run-{name}",
            status=status,
            started_at=_NOON - timedelta(minutes=minutes),
            finished_at=_NOON,
        )
        for name, status, minutes in (("embed", "FAILED", 5), ("thumbs", "COMPLETE", 9))
    ]
    order = ids(known(sixteen(), *jobs), sort)
    assert list(order[: len(first)]) == first


@given(any_pipelines(), st.sampled_from(sorted(SORTS)), st.booleans())
def test_each_job_is_there_once_in_every_order(sent: Pipeline, sort: str, reverse: bool) -> None:
    seen = known(sent)
    order = ids(seen, sort, reverse=reverse)
    assert sorted(order) == sorted(seen.plan.nodes)
    assert ids(seen, sort, reverse=not reverse) == order[::-1]
    for node_id in order:
        assert len(cells(node_id, seen, depths(seen.plan))) == len(COLUMNS)
