"""The lists of a pipeline keep their columns when jobs change state or rows are filtered."""

from datetime import UTC, datetime, timedelta

import pytest

from studio_tui.api.models import Job, Pipeline
from studio_tui.presentation.cells import NOTHING, Cell
from studio_tui.presentation.pipelines.graph.plan import plan_of
from studio_tui.presentation.pipelines.graph.statuses import judge
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from studio_tui.presentation.pipelines.views import tree
from studio_tui.presentation.pipelines.views.groups import group_jobs
from studio_tui.presentation.pipelines.views.lanes import lane_rows
from studio_tui.tui.pipelines.graph.lists import (
    JobListing,
    group_listing,
    lane_listing,
    table_listing,
    tree_listing,
)
from studio_tui.tui.widgets.table_contents import Contents
from studio_tui.tui.widgets.table_layout import extent, place
from tests.presentation.pipelines.graphs import pipeline_of, run

_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_SHARDS = [f"embed_shard_{number:02}" for number in range(12)]


def _shards_and_merge(first: str, second: str) -> Pipeline:
    """Return 12 shards, two of them in the given states, and a job that merges them."""
    states = [first, second, *["PENDING"] * (len(_SHARDS) - 2)]
    shards = [run(name, [], state) for name, state in zip(_SHARDS, states, strict=True)]
    return pipeline_of([*shards, run("merge_all", _SHARDS)])


def _view_model(sent: Pipeline) -> ViewModel:
    started_states = {"RUNNING", "FAILED"}
    jobs = {
        f"run-{each.job_id}": Job(
            id=f"run-{each.job_id}",
            status=each.status,
            created_at=_NOON,
            started_at=_NOON,
            finished_at=_NOON + timedelta(minutes=2) if each.status == "FAILED" else None,
        )
        for each in sent.job_runs
        if each.status in started_states
    }
    return ViewModel(judge(plan_of(sent), sent.state), _NOON + timedelta(minutes=5), jobs)


def _listing(mode: str, sent: Pipeline, room: int) -> JobListing:
    model = _view_model(sent)
    if mode == "tree":
        rows = tree.rows(model.plan)
        return tree_listing(lambda: model, rows, rows, room)
    if mode == "table":
        return table_listing(lambda: model, "layer", reverse=False, room=room)
    groups = group_jobs(model.plan)
    return group_listing(lambda: model, groups, (), (), room=room, whole=groups)


def _titles(mode: str, sent: Pipeline, room: int) -> list[str]:
    """Return the titles of the visible columns except the reason, which not every job has."""
    listing = _listing(mode, sent, room)
    contents = Contents(listing.columns)
    contents.grow((NOTHING, *listing.cells_of(key)) for key in listing.keys)
    placed = place(listing.columns, room, contents=contents.widths)
    return [each.column.title for each in placed if each.column.key != "why"]


@pytest.mark.parametrize("mode", ["tree", "table", "groups"])
@pytest.mark.parametrize("room", [78, 118])
def test_columns_stay_when_the_first_job_runs_and_fails(mode: str, room: int) -> None:
    waiting = _titles(mode, _shards_and_merge("PENDING", "PENDING"), room)
    assert waiting == _titles(mode, _shards_and_merge("RUNNING", "PENDING"), room)
    assert waiting == _titles(mode, _shards_and_merge("FAILED", "RUNNING"), room)


@pytest.mark.parametrize("mode", ["tree", "table", "groups"])
@pytest.mark.parametrize("room", [78, 118, 198])
def test_columns_stay_when_a_reason_gets_longer(mode: str, room: int) -> None:
    listing = _listing(mode, _shards_and_merge("RUNNING", "PENDING"), room)
    contents, placed = Contents(listing.columns), []
    for why in ("blocked", "waits for 2 of 12: embed_shard_00, embed_shard_01", "x" * 90):
        rows = [(NOTHING, *listing.cells_of(key)) for key in listing.keys]
        contents.grow((*cells[:-1], Cell(why)) for cells in rows)
        placed.append(
            place(listing.columns, room, contents=contents.widths, all_time=contents.all_time)
        )
    assert placed[0] == placed[1] == placed[2]


def _diamond() -> ViewModel:
    """Return a diamond of jobs, of which only those below the first have long names."""
    deep = [f"{name}_of_the_deepest_layer" for name in ("left", "right", "join")]
    return _view_model(
        pipeline_of(
            [
                run("top", []),
                run(deep[0], ["top"]),
                run(deep[1], ["top"]),
                run(deep[2], deep[:2]),
            ]
        )
    )


def test_the_columns_of_a_tree_are_the_same_when_it_is_folded_or_filtered() -> None:
    model = _diamond()
    whole, top = tree.rows(model.plan), next(iter(model.plan.nodes))
    folded, filtered = tree.rows(model.plan, {top}), tree.rows(model.plan, (), {top})
    assert len(folded) == len(filtered) == 1
    columns = [
        tree_listing(lambda: model, shown, whole, 118).columns
        for shown in (whole, folded, filtered)
    ]
    assert columns[0] == columns[1] == columns[2]


def test_the_columns_of_a_tree_with_lanes_are_the_same_when_it_is_filtered() -> None:
    model = _diamond()
    whole, top = lane_rows(model.plan), next(iter(model.plan.nodes))
    filtered = lane_rows(model.plan, {top})
    assert whole is not None
    assert filtered is not None
    columns = [
        lane_listing(lambda: model, shown, whole, 118).columns for shown in (whole, filtered)
    ]
    assert columns[0] == columns[1]


def test_the_columns_of_groups_are_the_same_when_they_are_filtered() -> None:
    model = _view_model(_shards_and_merge("PENDING", "PENDING"))
    whole = group_jobs(model.plan)
    columns = [
        group_listing(lambda: model, shown, (), (), room=118, whole=whole).columns
        for shown in (whole, whole[-1:])
    ]
    assert columns[0] == columns[1]


def test_the_columns_of_groups_are_the_same_when_more_of_their_jobs_have_rows() -> None:
    long = "embed_shard_of_the_largest_images_of_all_12"
    names = [*_SHARDS, long, "embed_shard_of_the_largest_images_of_all_13", f"{long[:-2]}14"]
    before, after = (
        _listing("groups", pipeline_of([run(name, [], state) for name in names]), 78)
        for state in ("PENDING", "RUNNING")
    )
    assert len(after.keys) > len(before.keys)
    assert before.columns == after.columns


def _chain(state: str, last: str, status: str) -> Pipeline:
    """Return jobs in `state`, of which the last one is in the state `last`."""
    parents: dict[str, list[str]] = {
        "load.py": [],
        "clean.py": ["load.py"],
        "shingle.py": ["clean.py"],
        "train_bayes.py": ["clean.py", "shingle.py"],
        "publish.py": ["load.py", "train_bayes.py"],
    }
    states = {"publish.py": last}
    runs = [run(name, above, states.get(name, state)) for name, above in parents.items()]
    return pipeline_of(runs, status)


@pytest.mark.parametrize("room", [58, 70, 82])
def test_the_columns_of_a_tree_stay_when_its_last_job_completes(room: int) -> None:
    running = _listing("tree", _chain("COMPLETE", "PENDING", "RUNNING"), room)
    complete = _listing("tree", _chain("COMPLETE", "COMPLETE", "COMPLETED"), room)
    assert running.columns == complete.columns
    contents, placed = Contents(running.columns), []
    for listing in (running, complete):
        contents.grow((NOTHING, *listing.cells_of(key)) for key in listing.keys)
        placed.append(
            place(listing.columns, room, contents=contents.widths, all_time=contents.all_time)
        )
    assert placed[0] == placed[1]


@pytest.mark.parametrize("room", [58, 70, 82])
def test_a_tree_has_room_for_the_names_of_all_jobs_also_if_they_are_complete(room: int) -> None:
    widths = list[int]()
    for state, status in (("PENDING", "RUNNING"), ("COMPLETE", "COMPLETED")):
        listing = _listing("tree", _chain(state, state, status), room)
        contents = Contents(listing.columns)
        contents.grow((NOTHING, *listing.cells_of(key)) for key in listing.keys)
        placed = place(listing.columns, room, contents=contents.widths)
        widths.append(next(each.width for each in placed if each.column.key == "name"))
    assert widths[0] >= len("    └─● train_bayes.py  (↑1)")
    assert widths[1] >= min(widths[0] + 5, len("    └─● train_bayes.py  (also after clean.py)"))


@pytest.mark.parametrize("mode", ["tree", "table", "groups"])
@pytest.mark.parametrize("room", [76, 78, 118])
def test_a_long_name_is_cut_and_takes_no_room_from_reasons_and_times(mode: str, room: int) -> None:
    names = [f"{'long_name_of_a_job_' * 4}{number}" for number in range(4)]
    runs = [run(name, [], "FAILED") for name in names]
    listing = _listing(mode, pipeline_of([*runs, run("merge", names)]), room)
    contents = Contents(listing.columns)
    contents.grow((*([NOTHING] * (len(listing.columns) - 1)), Cell("x" * 40)) for _ in names)
    contents.grow((NOTHING, *listing.cells_of(key)) for key in listing.keys)
    placed = place(listing.columns, room, contents=contents.widths, all_time=contents.all_time)
    widths = {each.column.key: each.width for each in placed}
    assert extent(placed) <= room
    assert widths["why"] >= 20
    assert (mode == "groups" and room < 118) or widths["took"] == 7
    assert widths["name"] >= 20
