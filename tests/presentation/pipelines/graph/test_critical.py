"""The critical path is the one with the longest durations."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Job, Pipeline
from studio_tui.presentation.format import duration
from studio_tui.presentation.logs.progress import Progress
from studio_tui.presentation.pipelines.graph.critical import (
    NEAR_END,
    Weight,
    critical_path_of,
    path_words,
    weight,
)
from studio_tui.presentation.pipelines.graph.estimate import Estimate, estimate_of
from studio_tui.presentation.pipelines.graph.plan import plan_of
from studio_tui.presentation.pipelines.graph.statuses import judge
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from studio_tui.presentation.pipelines.views.node_cells import usual_cell
from tests.presentation.pipelines.graphs import any_pipelines, chain_of_diamonds, pipeline_of, run
from tests.presentation.pipelines.sample import SIXTEEN, sixteen

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
USUAL: Mapping[str, Sequence[float]] = dict.fromkeys(SIXTEEN, (50.0, 60.0, 70.0)) | {
    "train_l": (590.0, 600.0, 610.0)
}


def started_job(
    name: str, seconds: float, *, took: float | None = None, status: str = "RUNNING"
) -> Job:
    """Return a run that started so many seconds before noon, and ended after `took` seconds."""
    start = NOON - timedelta(seconds=seconds)
    end = start + timedelta(seconds=took) if took is not None else None
    return Job(id=f"run-{name}", status=status, created_at=start, started_at=start, finished_at=end)


def view_model(
    sent: Pipeline,
    *jobs: Job,
    past: Mapping[str, Sequence[float]] = USUAL,
    left: float | None = None,
    percent: float | None = 25.0,
) -> ViewModel:
    """Return a pipeline at noon; `left` and `percent` are the progress of `embed`."""
    bars = {"run-embed": Progress("", None, None, percent, "", None, None, left)}
    by_run = {job.id: job for job in jobs}
    return ViewModel(judge(plan_of(sent), sent.state), NOON, by_run, bars, past)


def test_the_critical_path_follows_the_longest_jobs() -> None:
    model = view_model(
        sixteen(embed="RUNNING"),
        started_job("dedupe", 900, took=372, status="COMPLETE"),
        started_job("embed", 20),
    )
    critical = critical_path_of(model)
    assert critical == (
        *("dedupe", "embed", "join_feats", "merge_train", "split"),
        *("train_l", "eval", "export", "publish"),
    )
    assert path_words(critical, model, 80, len) == (
        "… 1 before ▸ embed ~0:40 left ▸ … 3 more ▸ train_l ~10:00 ▸ … 3 more"
    )
    assert (
        path_words(critical, model, 53, len) == "… 1 before ▸ … 4 more ▸ train_l ~10:00 ▸ … 3 more"
    )
    assert (
        path_words(critical, model, 1, len) == "… 1 before ▸ … 4 more ▸ train_l ~10:00 ▸ … 3 more"
    )
    assert "more" not in path_words(critical, model, 200, len)


def test_the_line_of_a_path_counts_the_omitted_ended_jobs() -> None:
    model = view_model(
        sixteen(embed="COMPLETE", join_feats="COMPLETE", merge_train="RUNNING"),
        started_job("dedupe", 900, took=372, status="COMPLETE"),
        started_job("embed", 500, took=60, status="COMPLETE"),
        started_job("join_feats", 400, took=60, status="COMPLETE"),
        started_job("merge_train", 20),
    )
    words = path_words(critical_path_of(model), model, 200, len)
    assert words.startswith("… 3 before ▸ merge_train ~0:40 left ▸ split ~1:00 ▸")


@given(st.integers(1, 200), st.lists(st.integers(1, 5000), min_size=1, max_size=30))
def test_the_line_of_a_path_names_the_longest_job_and_counts_omitted_jobs(
    room: int, seconds: list[int]
) -> None:
    names = [f"job{number}" for number in range(len(seconds))]
    sent = pipeline_of([run(name, names[place - 1 : place]) for place, name in enumerate(names)])
    past = {name: (float(took),) * 3 for name, took in zip(names, seconds, strict=True)}
    model = view_model(sent, past=past)
    critical = critical_path_of(model)
    steps = path_words(critical, model, room, len).split(" ▸ ")
    left_out = [int(step.split()[1]) for step in steps if step.startswith("… ")]
    named = [step.split()[0] for step in steps if not step.startswith("… ")]
    assert sum(left_out) + len(named) == len(critical)
    assert named == [name for name in critical if name in named]
    assert max(past[name][0] for name in named) == max(past[name][0] for name in critical)
    assert len(named) == 1 or len(path_words(critical, model, room, len)) <= room


@pytest.mark.parametrize(
    ("usual", "elapsed", "left", "expected"),
    [
        (60.0, 20.0, None, Weight(40.0, 60.0)),
        (60.0, 20.0, 10.0, Weight(40.0, 60.0)),
        (60.0, 20.0, 90.0, Weight(65.0, 85.0)),
        (60.0, 100.0, None, Weight(0.0, 100.0)),
        (None, 20.0, 90.0, Weight(90.0, 110.0)),
        (None, 20.0, None, None),
        (60.0, None, None, Weight(60.0, 60.0)),
    ],
)
def test_a_running_job_is_estimated_by_its_progress_or_past_runs_whichever_is_longer(
    usual: float | None, elapsed: float | None, left: float | None, expected: Weight | None
) -> None:
    past = {"embed": (usual,) * 3} if usual is not None else {}
    jobs = [started_job("embed", elapsed)] if elapsed is not None else []
    model = view_model(sixteen(embed="RUNNING"), *jobs, past=past, left=left)
    assert weight(model.plan.nodes["embed"], model) == expected


@pytest.mark.parametrize(
    ("percent", "left", "remaining"),
    [(89.0, 1.0, 40.0), (90.0, 1.0, 1.0), (97.0, 2.0, 2.0), (97.0, 0.0, 40.0), (100.0, 0.0, 40.0)],
)
def test_near_its_end_the_progress_alone_tells_what_is_left(
    percent: float, left: float, remaining: float
) -> None:
    past = {"embed": (60.0,) * 3}
    sent = sixteen(embed="RUNNING")
    model = view_model(sent, started_job("embed", 20), past=past, left=left, percent=percent)
    node = model.plan.nodes["embed"]
    assert weight(node, model) == Weight(remaining, 20 + remaining)
    assert usual_cell(node, model).text == f"~{duration(remaining)} left"
    part = model.bars["run-embed"]._replace(is_part=True)
    of_a_part = replace(model, bars={"run-embed": part})
    assert weight(node, of_a_part) == Weight(40.0, 60.0)


@given(
    usual=st.floats(1, 1e5),
    left=st.floats(0, 1e6),
    percents=st.lists(st.floats(0, NEAR_END, exclude_max=True), min_size=2, max_size=5).map(sorted),
)
def test_the_estimate_by_progress_counts_more_as_the_progress_advances(
    usual: float, left: float, percents: list[float]
) -> None:
    def estimate(percent: float) -> float:
        past = {"embed": (usual,)}
        model = view_model(
            sixteen(embed="RUNNING"), started_job("embed", 1), past=past, left=left, percent=percent
        )
        job_weight = weight(model.plan.nodes["embed"], model)
        assert job_weight is not None
        return job_weight.whole

    estimates = [estimate(percent) for percent in percents]
    assert estimates == sorted(estimates)
    assert estimate(0) == usual
    assert estimate(100) == pytest.approx(max(usual, 1 + left))


def test_a_job_that_failed_late_is_expected_to_take_at_least_as_long_again() -> None:
    repeated = run("embed", [], "RUNNING").model_copy(update={"attempts": ("first", "second")})
    sent = pipeline_of([repeated])
    attempts = [
        started_job("embed", 500, took=took, status=status).model_copy(update={"id": id_})
        for id_, took, status in (("first", 320.0, "FAILED"), ("second", 400.0, "CANCELED"))
    ]
    model = view_model(sent, started_job("embed", 20), *attempts, past={"embed": (4.0,)})
    assert weight(model.plan.nodes["embed"], model) == Weight(300.0, 320.0)


def test_the_path_of_an_ended_pipeline_follows_the_parents_that_ended_last() -> None:
    sent = pipeline_of(
        [
            run("long", [], "COMPLETE"),
            run("late", [], "COMPLETE"),
            run("end", ["long", "late"], "COMPLETE"),
        ],
        status="COMPLETED",
    )
    model = view_model(
        sent,
        started_job("long", 100, took=50, status="COMPLETE"),
        started_job("late", 45, took=5, status="COMPLETE"),
        started_job("end", 40, took=10, status="COMPLETE"),
    )
    critical = critical_path_of(model)
    assert critical == ("late", "end"), (
        "late was queued until long had ended, and end waited for late"
    )
    assert path_words(critical, model, 100, len) == "late 0:05 ▸ end 0:10"


def test_there_is_no_path_without_past_runs() -> None:
    assert critical_path_of(view_model(sixteen(embed="RUNNING"), past={})) == ()


def test_blocked_jobs_are_not_part_of_the_path_or_the_estimate() -> None:
    model = view_model(
        sixteen(thumbs="RUNNING"), started_job("embed", 700, took=598, status="FAILED")
    )
    assert critical_path_of(model) == ("thumbs",)
    assert estimate_of(model).remaining == 60


@pytest.mark.parametrize("state", ["COMPLETED", "FAILED", "CANCELED"])
def test_the_path_of_an_ended_pipeline_is_that_with_the_longest_run_times(state: str) -> None:
    done = dict.fromkeys(SIXTEEN, "COMPLETE")
    jobs = [
        started_job(name, 100, took=10, status="COMPLETE") for name in SIXTEEN if name != "thumbs"
    ]
    slow = started_job("thumbs", 100, took=30, status="COMPLETE")
    model = view_model(sixteen(state, **done), *jobs, slow)
    critical = critical_path_of(model)
    assert estimate_of(model) == Estimate(None, "")
    assert critical[:5] == ("ingest_raw", "index", "dedupe", "thumbs", "join_feats")
    assert path_words(critical, model, 70, len) == (
        "ingest_raw 0:10 ▸ … 2 more ▸ thumbs 0:30 ▸ … 6 more ▸ publish 0:10"
    )


@given(any_pipelines())
def test_the_path_follows_edges_and_has_the_most_remaining_seconds(sent: Pipeline) -> None:
    past = {node: (float(len(node)),) * 3 for node in plan_of(sent).nodes}
    model = view_model(sent, past=past)
    critical = critical_path_of(model)
    nodes = model.plan.nodes
    for parent, child in pairwise(critical):
        assert parent in nodes[child].parents
    remaining = sum(own.remaining for each in critical if (own := weight(nodes[each], model)))
    # The longest path below each job, calculated from the last job to the first.
    longest_from: dict[str, float] = {}
    for node_id in reversed(list(nodes)):
        own = weight(nodes[node_id], model)
        below = max((longest_from[child] for child in nodes[node_id].children), default=0.0)
        longest_from[node_id] = below + (own.remaining if own else 0.0)
    assert remaining == max(longest_from.values(), default=0.0)
    estimated = estimate_of(model).remaining
    assert estimated is None or estimated >= remaining


def test_the_path_is_found_among_too_many_paths_to_try_them_all() -> None:
    sent = chain_of_diamonds(300)
    past = dict.fromkeys(plan_of(sent).nodes, (1.0, 1.0, 1.0))
    critical = critical_path_of(view_model(sent, past=past))
    assert len(critical) == 601
