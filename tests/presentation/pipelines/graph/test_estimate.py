"""The remaining time of a pipeline is a range from past runs, or unknown with a reason."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Job, Pipeline
from studio_tui.presentation.format import duration
from studio_tui.presentation.jobs.waiting import NOTHING_KNOWN, Surroundings
from studio_tui.presentation.pipelines.graph.critical import estimated_bar
from studio_tui.presentation.pipelines.graph.estimate import (
    SecondsRange,
    estimate_of,
    rough_duration,
)
from studio_tui.presentation.pipelines.graph.plan import plan_of
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from studio_tui.presentation.pipelines.views.node_cells import usual_cell
from tests.presentation.jobs.test_waiting import LOCAL
from tests.presentation.pipelines.graph.test_critical import NOON, USUAL, started_job, view_model
from tests.presentation.pipelines.graphs import any_pipelines, chain_of_diamonds, pipeline_of, run
from tests.presentation.pipelines.sample import sixteen


def test_an_estimate_is_the_range_of_past_runs_along_the_longest_path() -> None:
    model = view_model(
        sixteen(embed="RUNNING"),
        started_job("dedupe", 900, took=372, status="COMPLETE"),
        started_job("embed", 20),
    )
    estimate = estimate_of(model)
    # What is left of embed, train_l, and six other jobs.
    assert estimate.remaining == SecondsRange(40 + 600 + 6 * 60, 50 + 610 + 6 * 70)
    assert estimate.words == "ETA ~17m–18m"


def test_a_range_that_is_shown_as_one_number_is_one_number() -> None:
    sent = pipeline_of([run("a", [], "RUNNING")])
    assert estimate_of(view_model(sent, past={"a": (599.0, 600.0, 602.0)})).words == "ETA ~10m–11m"
    assert estimate_of(view_model(sent, past={"a": (601.0, 602.0, 603.0)})).words == "ETA ~11m"


def test_an_estimate_begins_with_what_the_critical_path_needs() -> None:
    sent = pipeline_of([run("a", [], "RUNNING"), run("b", ["a"], "PENDING")])
    past = {"a": (2.0, 18.0, 30.0), "b": (4.0, 5.0, 7.0)}
    assert estimate_of(view_model(sent, started_job("a", 1), past=past)).words == "ETA ~22s–36s"


@pytest.mark.parametrize(("most", "words"), [(100.0, "ETA ~10s–2m"), (101.0, "differ too much")])
def test_a_range_of_more_than_ten_times_its_beginning_is_no_estimate(
    most: float, words: str
) -> None:
    sent = pipeline_of([run("a", [], "QUEUED")])
    assert estimate_of(view_model(sent, past={"a": (10.0, 10.0, most)})).words.endswith(words)


def test_a_pipeline_behind_other_jobs_has_no_estimate() -> None:
    def queued(key: str, **fields: Any) -> Job:
        return Job(id=key, status="QUEUED", compute_cluster_name="local", **fields)

    sent, own = pipeline_of([run("a", [], "QUEUED")]), queued("run-a")
    model = view_model(sent, own, past={"a": (10.0,) * 3})

    def is_behind_others(shown: ViewModel, surroundings: Surroundings) -> bool:
        return estimate_of(shown, surroundings).words == "no ETA: other jobs may start first"

    def is_behind(busy: int, *queue: Job) -> bool:
        return is_behind_others(
            model, Surroundings((LOCAL.model_copy(update={"busy_workers": busy}),), queue)
        )

    assert is_behind(2, own), "no worker is free"
    assert is_behind(1, queued("older"), own)
    assert not is_behind(1, own, queued("younger"))
    assert not is_behind(0, queued("older"), own), "there are workers for both"
    assert not is_behind(1, queued("older", waits_for="a cluster of 9 workers"), own)
    assert not is_behind_others(model, NOTHING_KNOWN)
    waiting = pipeline_of([run("a", [], "RUNNING"), run("b", ["a"], "QUEUED")])
    past = {"a": (10.0,) * 3, "b": (10.0,) * 3}
    later = view_model(waiting, queued("run-b"), past=past)
    full = LOCAL.model_copy(update={"busy_workers": 2})
    assert not is_behind_others(later, Surroundings((full,), ())), "its own job ends first"
    assert is_behind_others(later, Surroundings((full,), (queued("older"),)))


def test_outliers_of_many_runs_do_not_count() -> None:
    sent = pipeline_of([run("a", [], "QUEUED")])
    past = {"a": (1.0, *(60.0 + number for number in range(18)), 9000.0)}
    assert estimate_of(view_model(sent, past=past)).remaining == SecondsRange(68.5, 76)


def test_a_job_without_past_runs_prevents_an_estimate() -> None:
    past = {**USUAL, "split": ()}
    estimate = estimate_of(view_model(sixteen(embed="RUNNING"), past=past))
    assert (estimate.remaining, estimate.words) == (None, "no ETA: no past runs of split")


@pytest.mark.parametrize(("runs", "words"), [(1, "1 run"), (2, "2 runs")])
def test_an_estimate_from_few_past_runs_of_a_job_is_their_longest_and_names_their_number(
    runs: int, words: str
) -> None:
    sent = pipeline_of([run("a", [], "RUNNING"), run("b", ["a"], "PENDING")])
    past = {"a": (240.0, 60.0)[:runs], "b": (60.0,) * 3}
    estimate = estimate_of(view_model(sent, started_job("a", 1), past=past))
    assert estimate.words == f"ETA ~5m, from {words}"


def test_a_job_that_runs_longer_than_all_past_runs_prevents_an_estimate() -> None:
    sent = sixteen(embed="RUNNING")
    estimate = estimate_of(view_model(sent, started_job("embed", 70)))
    assert estimate.words == "no ETA: longer than all past runs: embed"
    assert estimate_of(view_model(sent, started_job("embed", 69))).remaining is not None
    by_bar = estimate_of(view_model(sent, started_job("embed", 70), left=30.0, percent=100.0))
    assert by_bar.remaining == SecondsRange(30 + 600 + 6 * 60, 30 + 610 + 6 * 70)


def test_a_running_job_is_compared_with_the_past_runs_that_took_longer() -> None:
    sent = pipeline_of([run("a", [], "RUNNING")])
    model = view_model(sent, started_job("a", 100), past={"a": (1.0, 90.0, 120.0, 300.0)})
    assert estimate_of(model).remaining == SecondsRange(20, 200)


def test_jobs_that_have_not_started_wait_as_long_as_others_of_the_pipeline_waited() -> None:
    sent = pipeline_of(
        [
            run("first", [], "COMPLETE"),
            run("second", ["first"], "COMPLETE"),
            run("third", ["second"], "RUNNING"),
            run("last", ["third"], "PENDING"),
        ]
    )
    jobs = [
        started_job("first", 100, took=10, status="COMPLETE"),
        started_job("second", 86, took=10, status="COMPLETE"),
        started_job("third", 70),
    ]
    # The second waited 4 s, the third 6 s; how long the first waited for a review does not matter.
    created = NOON - timedelta(hours=1)
    jobs = [job.model_copy(update={"created_at": created}) for job in jobs]
    past = dict.fromkeys(("third", "last"), (100.0,) * 3)
    assert estimate_of(view_model(sent, *jobs, past=past)).remaining == SecondsRange(134, 136)


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
    assert estimate_of(view_model(sent, past=past)).remaining == SecondsRange(200, 240)
    waiting = pipeline_of([run(name, [], "QUEUED") for name in shards])
    assert estimate_of(view_model(waiting, past=past)).remaining == SecondsRange(11, 12)


def test_a_large_pipeline_is_estimated_along_one_of_too_many_paths_to_try_them_all() -> None:
    sent = chain_of_diamonds(300)
    past = dict.fromkeys(plan_of(sent).nodes, (1.0, 1.0, 2.0))
    assert estimate_of(view_model(sent, past=past)).remaining == SecondsRange(601, 1202)


@given(any_pipelines())
def test_any_pipeline_has_an_estimate_or_a_reason_or_has_ended(sent: Pipeline) -> None:
    past = {node: (float(len(node)),) * 3 for node in plan_of(sent).nodes}
    estimate = estimate_of(view_model(sent, past=past))
    assert estimate.remaining is None or not estimate.reason
    if estimate.remaining is not None:
        assert 0 <= estimate.remaining.least <= estimate.remaining.most


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
    assert 0 < bar.remaining <= remaining.most
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
