"""The remaining time of a pipeline is estimated from past runs, or unknown with a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Pipeline
from studio_tui.presentation.format import duration
from studio_tui.presentation.pipelines.graph.critical import estimated_bar
from studio_tui.presentation.pipelines.graph.estimate import (
    estimate_of,
    rough_duration,
)
from studio_tui.presentation.pipelines.graph.plan import plan_of
from studio_tui.presentation.pipelines.views.node_cells import usual_cell
from tests.presentation.pipelines.graph.test_critical import USUAL, started_job, view_model
from tests.presentation.pipelines.graphs import any_pipelines, chain_of_diamonds, pipeline_of, run
from tests.presentation.pipelines.sample import sixteen


def test_an_estimate_is_the_remaining_time_of_the_critical_path() -> None:
    model = view_model(
        sixteen(embed="RUNNING"),
        started_job("dedupe", 900, took=372, status="COMPLETE"),
        started_job("embed", 20),
    )
    estimate = estimate_of(model)
    # What is left of embed, train_l, and six other jobs.
    assert estimate.remaining == 40 + 600 + 6 * 60
    assert estimate.words == "ETA ~17m"


def test_a_pipeline_whose_jobs_all_wait_for_workers_has_no_estimate() -> None:
    past = {"a": (10.0,) * 3, "b": (10.0,) * 3}
    waiting = pipeline_of([run("a", [], "QUEUED"), run("b", ["a"], "PENDING")])
    assert estimate_of(view_model(waiting, past=past)).words == (
        "no ETA while its jobs wait for workers"
    )
    started = pipeline_of([run("a", [], "RUNNING"), run("b", ["a"], "PENDING")])
    assert estimate_of(view_model(started, past=past)).words == "ETA ~20s"


def test_a_job_without_past_runs_prevents_an_estimate() -> None:
    past = {**USUAL, "split": ()}
    estimate = estimate_of(view_model(sixteen(embed="RUNNING"), past=past))
    assert (estimate.remaining, estimate.words) == (None, "no ETA: no past runs of split")
    alone = pipeline_of([run("embed", [], "RUNNING")])
    with_full_bar = view_model(alone, started_job("embed", 20), past={}, left=0.0, percent=100.0)
    assert estimate_of(with_full_bar).words == "no ETA: no past runs of embed"


@pytest.mark.parametrize(("runs", "words"), [(1, "1 run"), (2, "2 runs")])
def test_an_estimate_from_few_past_runs_of_a_job_names_their_number(runs: int, words: str) -> None:
    sent = pipeline_of([run("a", [], "RUNNING"), run("b", ["a"], "PENDING")])
    past = {"a": (240.0, 240.0)[:runs], "b": (60.0,) * 3}
    estimate = estimate_of(view_model(sent, started_job("a", 1), past=past))
    assert estimate.words == f"ETA ~5m, from {words}"


def test_a_job_that_runs_longer_than_all_past_runs_prevents_an_estimate() -> None:
    sent = sixteen(embed="RUNNING")
    estimate = estimate_of(view_model(sent, started_job("embed", 70)))
    assert estimate.words == "no ETA: longer than all past runs: embed"
    assert estimate_of(view_model(sent, started_job("embed", 69))).remaining is not None
    by_bar = estimate_of(view_model(sent, started_job("embed", 70), left=30.0, percent=100.0))
    assert by_bar.remaining == 30 + 600 + 6 * 60


def test_a_running_job_is_compared_with_the_past_runs_that_took_longer() -> None:
    sent = pipeline_of([run("a", [], "RUNNING")])
    model = view_model(sent, started_job("a", 100), past={"a": (1.0, 90.0, 120.0, 300.0)})
    assert estimate_of(model).remaining == 110


def test_a_job_in_an_unknown_state_prevents_an_estimate() -> None:
    estimate = estimate_of(view_model(sixteen(embed="WARMING")))
    assert estimate.words == "no ETA: unknown status of embed"


def test_a_paused_pipeline_has_no_estimate() -> None:
    assert estimate_of(view_model(sixteen("PAUSED", embed="RUNNING"))).words == (
        "no ETA while paused"
    )


def test_queued_jobs_are_divided_among_as_many_workers_as_jobs_are_running() -> None:
    shards = [f"s{number}" for number in range(40)]
    states = ["RUNNING"] * 2 + ["QUEUED"] * 38
    sent = pipeline_of([run(name, [], state) for name, state in zip(shards, states, strict=True)])
    past = dict.fromkeys(shards, (10.0, 11.0, 12.0))
    assert estimate_of(view_model(sent, past=past)).remaining == 40 * 11 / 2


def test_a_large_pipeline_is_estimated_along_one_of_too_many_paths_to_try_them_all() -> None:
    sent = chain_of_diamonds(300)
    past = dict.fromkeys(plan_of(sent).nodes, (1.0, 1.0, 2.0))
    assert estimate_of(view_model(sent, past=past)).remaining == 601


@given(any_pipelines())
def test_any_pipeline_has_an_estimate_or_a_reason_or_has_ended(sent: Pipeline) -> None:
    past = {node: (float(len(node)),) * 3 for node in plan_of(sent).nodes}
    estimate = estimate_of(view_model(sent, past=past))
    assert estimate.remaining is None or not estimate.reason
    assert estimate.remaining is None or estimate.remaining >= 0


@given(
    usual=st.floats(1, 1e5),
    elapsed=st.floats(1, 1e5),
    left=st.floats(1, 1e6),
    percent=st.floats(1, 100),
)
def test_the_estimate_for_a_pipeline_is_no_shorter_than_that_for_a_running_job(
    usual: float, elapsed: float, left: float, percent: float
) -> None:
    past = {"embed": (usual,)}
    sent = pipeline_of([run("embed", [], "RUNNING")])
    model = view_model(sent, started_job("embed", elapsed), past=past, left=left, percent=percent)
    node, remaining = model.plan.nodes["embed"], estimate_of(model).remaining
    bar = estimated_bar(node, model)
    assert bar is not None
    assert bar.remaining is not None
    assert remaining is not None
    assert 0 < bar.remaining <= remaining
    assert usual_cell(node, model).text == f"~{duration(bar.remaining)} left"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *(
            (0, "~0s"),
            (58.9, "~59s"),
            (59.9, "~1m"),
            (2460, "~41m"),
            (2461, "~42m"),
            (3600, "~1h 00m"),
        ),
        *((7500, "~2h 05m"), (172_800, "~2d 0h"), (276_000, "~3d 5h")),
    ],
)
def test_a_rough_duration_is_rounded_up_and_begins_with_a_tilde(seconds: float, words: str) -> None:
    assert rough_duration(seconds) == words
