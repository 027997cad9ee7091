"""The view model knows the times of each job, and invents none that are unknown."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from studio_tui.api.models import Job
from studio_tui.presentation.logs.progress import Progress
from studio_tui.presentation.pipelines.graph.plan import plan_of
from studio_tui.presentation.pipelines.graph.statuses import judge
from studio_tui.presentation.pipelines.graph.view_model import RunTime, ViewModel
from studio_tui.presentation.pipelines.views.timeline import Timeline
from tests.presentation.pipelines.sample import sixteen

_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(minute: float) -> datetime:
    """Return the time so many minutes after noon."""
    return _NOON + timedelta(minutes=minute)


def job(name: str, status: str, **minutes: float) -> Job:
    """Return the run of a job, with times in minutes after noon: `started=1`."""
    times = {f"{key}_at": at(minute) for key, minute in minutes.items()}
    return Job.model_validate({"id": f"run-{name}", "status": status, **times})


def view_model(*jobs: Job, **states: str) -> ViewModel:
    """Return the sample pipeline at 12:20, with these runs and states of its jobs."""
    sent = sixteen(**states)
    by_run = {each.id: each for each in jobs}
    return ViewModel(
        judge(plan_of(sent), sent.state), at(20), by_run, past_seconds={"split": (5.0, 1.0, 9.0)}
    )


def test_time_in_the_queue_counts_from_the_end_of_the_last_parent() -> None:
    parents = (
        job("thumbs", "COMPLETE", created=0, started=1, finished=8),
        job("embed", "COMPLETE", created=0, started=1, finished=10),
    )
    running = job("join_feats", "RUNNING", created=0, started=12)
    model = view_model(*parents, running, embed="COMPLETE", join_feats="RUNNING")
    assert model.queue_seconds(model.plan.nodes["join_feats"]) == 120
    queued = job("join_feats", "QUEUED", created=0)
    model = view_model(*parents, queued, embed="COMPLETE", join_feats="QUEUED")
    assert model.queue_seconds(model.plan.nodes["join_feats"]) == 600
    assert model.run_time(model.plan.nodes["join_feats"]) is None


def test_a_queued_job_shows_why_its_cluster_cannot_start_it() -> None:
    reason = "the cluster gpu, which is no longer in clusters.toml"
    queued = job("split", "QUEUED", created=0).model_copy(update={"waits_for": reason})
    wait = view_model(queued, split="QUEUED").wait_of("split")
    assert wait is not None
    assert wait.words == f"queued: waits for {reason}"


@pytest.mark.parametrize(("status", "has_bar"), [("INIT", False), ("RUNNING", True)])
def test_a_progress_bar_of_the_installation_is_not_the_progress_of_the_job(
    status: str, has_bar: bool
) -> None:
    model = view_model(split=status)
    node = model.plan.nodes["split"]
    assert node.run is not None
    model = replace(model, bars={node.run: Progress("", 42.0, 100.0, 42.0, "", None, None, None)})
    assert (model.bar(node) is not None) is has_bar


def test_the_duration_of_a_review_is_not_time_in_the_queue() -> None:
    steps = {"steps": [{"name": "waiting", "started_at": at(15)}]}
    running = job("ingest_raw", "RUNNING", created=0, started=16).model_copy(
        update={"steps": Job.model_validate({"id": "a", **steps}).steps}
    )
    model = view_model(running, ingest_raw="RUNNING")
    node = model.plan.nodes["ingest_raw"]
    assert model.ready_at(node) == at(15)
    assert model.queue_seconds(node) == 60
    timeline = Timeline(model, UTC, 60)
    assert timeline.axis.split()[0] == "12:16"


def test_time_in_the_queue_is_unknown_if_a_parent_is_not_loaded() -> None:
    running = job("join_feats", "RUNNING", created=0, started=12)
    model = view_model(running, embed="COMPLETE", join_feats="RUNNING")
    assert model.queue_seconds(model.plan.nodes["join_feats"]) is None
    assert model.run_time(model.plan.nodes["join_feats"]) == RunTime(480)


def test_a_run_time_without_a_start_is_estimated_from_the_end_of_the_parents() -> None:
    model = view_model(
        job("index", "COMPLETE", created=0, started=1, finished=4),
        job("dedupe", "COMPLETE", created=0, finished=9),
        job("embed", "RUNNING", created=0),
        embed="RUNNING",
    )
    assert model.run_time(model.plan.nodes["dedupe"]) == RunTime(300, is_estimate=True)
    assert model.run_time(model.plan.nodes["embed"]) == RunTime(660, is_estimate=True)


@pytest.mark.parametrize("status", ["QUEUED", "SCHEDULED", "INIT", "PROVISIONING", "PENDING"])
def test_a_job_that_runs_only_according_to_the_plan_has_no_run_time(status: str) -> None:
    model = view_model(job("embed", status, created=0), embed="RUNNING")
    assert model.run_time(model.plan.nodes["embed"]) is None


def test_preparing_the_environment_is_neither_queue_time_nor_run_time() -> None:
    steps = (
        {"name": "waiting", "started_at": at(0), "finished_at": at(2)},
        {"name": "virtualenv", "started_at": at(2), "finished_at": at(5)},
        {"name": "running_query", "started_at": at(5)},
    )
    running = Job.model_validate(
        {"id": "run-ingest_raw", "status": "RUNNING", "created_at": at(0), "started_at": at(2),
         "steps": steps}
    )  # fmt: skip
    model = view_model(running, ingest_raw="RUNNING")
    node = model.plan.nodes["ingest_raw"]
    assert model.run_time(node) == RunTime(900)
    assert model.queue_seconds(node) == 120


def test_a_failed_job_has_no_run_time_if_its_loaded_run_is_older() -> None:
    model = view_model(job("embed", "RUNNING", created=0, started=1))
    assert model.run_time(model.plan.nodes["embed"]) is None


@pytest.mark.parametrize("name", ["join_feats", "split"])
def test_a_job_that_has_not_run_has_no_run_time(name: str) -> None:
    model = view_model(job(name, "PENDING", created=0))
    assert model.run_time(model.plan.nodes[name]) is None


def test_the_usual_duration_is_known_from_three_past_runs_on() -> None:
    model = view_model()
    split = model.plan.nodes["split"]
    assert model.usual_seconds(split) == 5
    assert replace(model, past_seconds={"split": (5.0, 9.0)}).usual_seconds(split) is None
    assert model.usual_seconds(model.plan.nodes["eval"]) is None
