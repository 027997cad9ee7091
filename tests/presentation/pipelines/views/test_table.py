"""The table has one row for each job, in the order of any column."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Job, Pipeline
from studio_tui.presentation.pipelines.graph.plan import plan_of
from studio_tui.presentation.pipelines.graph.statuses import judge
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from studio_tui.presentation.pipelines.views.table import COLUMNS, SORTS, cells, ids
from tests.columns import by_key
from tests.presentation.pipelines.graphs import any_pipelines, pipeline
from tests.presentation.pipelines.sample import sixteen

_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def view_model(sent: Pipeline, *jobs: Job) -> ViewModel:
    return ViewModel(judge(plan_of(sent), sent.state), _NOON, {job.id: job for job in jobs})


def texts(model: ViewModel, node_id: str) -> dict[str, str]:
    line = cells(node_id, model)
    return {column.key: cell.text for column, cell in zip(COLUMNS, line, strict=True)}


def test_a_row_shows_the_state_edges_and_times_of_a_job() -> None:
    assert texts(view_model(sixteen()), "join_feats") == {
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


@pytest.mark.parametrize("hours", [9.99, 10, 99, 100, 271 * 24, 9999 * 24])
@pytest.mark.parametrize("is_estimated", [False, True])
def test_the_times_of_a_job_fit_into_their_columns(hours: float, *, is_estimated: bool) -> None:
    start = _NOON - timedelta(hours=hours)
    times = {"created_at": start, "started_at": None if is_estimated else start}
    running = Job.model_validate({"id": "run-ingest_raw", "status": "RUNNING", **times})
    queued = Job(id="run-ingest_labels", status="QUEUED", created_at=start)
    states = {"ingest_raw": "RUNNING", "ingest_labels": "QUEUED"}
    model = view_model(sixteen(**states), running, queued)
    for node_id, key in (("ingest_raw", "took"), ("ingest_labels", "queue")):
        cell = by_key(COLUMNS, cells(node_id, model))[key]
        width = next(column.width for column in COLUMNS if column.key == key)
        assert cell.text.startswith("~") == (is_estimated and key == "took")
        assert any(len(form) <= width for form in (cell.text, *cell.shorter))


def test_missing_parents_are_counted_and_named() -> None:
    model = view_model(pipeline(a=["f00dfeed-1"], b=["c"], c=["b"]))
    assert texts(model, "a")["parents"] == "1: f00dfeed (missing)"
    assert texts(model, "b")["parents"] == "1: c"


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
def test_rows_are_sorted_by_a_column_and_equal_rows_by_layer(sort: str, first: list[str]) -> None:
    jobs = [
        Job(
            id=f"run-{name}",
            status=status,
            started_at=_NOON - timedelta(minutes=minutes),
            finished_at=_NOON,
        )
        for name, status, minutes in (("embed", "FAILED", 5), ("thumbs", "COMPLETE", 9))
    ]
    order = ids(view_model(sixteen(), *jobs), sort)
    assert list(order[: len(first)]) == first


@given(any_pipelines(), st.sampled_from(sorted(SORTS)), st.booleans())
def test_each_job_has_one_row_in_every_order(sent: Pipeline, sort: str, reverse: bool) -> None:
    model = view_model(sent)
    order = ids(model, sort, reverse=reverse)
    assert sorted(order) == sorted(model.plan.nodes)
    assert ids(model, sort, reverse=not reverse) == order[::-1]
    for node_id in order:
        assert len(cells(node_id, model)) == len(COLUMNS)
