"""The data about a job is complete, and what is unknown is not invented."""

from datetime import UTC, datetime, timedelta

import pytest

from studio_tui.api.models import Job
from studio_tui.presentation.pipelines.graph.plan import plan_of
from studio_tui.presentation.pipelines.graph.statuses import judge
from studio_tui.presentation.pipelines.graph.view_model import RunTime, ViewModel
from studio_tui.presentation.pipelines.views.timeline import Timeline
from tests.presentation.pipelines.sample import sixteen

_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(minute: float) -> datetime:
    return _NOON + timedelta(minutes=minute)


def job(name: str, status: str, **moments: float) -> Job:
    times = {f"{key}_at": at(minute) for key, minute in moments.items()}
    return Job.model_validate({"id": f"run-{name}", "status": status, **times})


def known(*jobs: Job, **states: str) -> ViewModel:
    sent = sixteen(**states)
    by_run = {each.id: each for each in jobs}
    return ViewModel(
        judge(plan_of(sent), sent.state), at(20), by_run, past_seconds={"split": (5.0, 1.0, 9.0)}
    )


def test_a_job_waits_for_a_worker_from_when_its_last_parent_was_done() -> None:
    parents = (
        job("thumbs", "COMPLETE", created=0, started=1, finished=8),
        job("embed", "COMPLETE", created=0, started=1, finished=10),
    )
    begun = job("join_feats", "RUNNING", created=0, started=12)
    seen = known(*parents, begun, embed="COMPLETE", join_feats="RUNNING")
    assert seen.queue_seconds(seen.plan.nodes["join_feats"]) == 120
    queued = job("join_feats", "QUEUED", created=0)
    seen = known(*parents, queued, embed="COMPLETE", join_feats="QUEUED")
    assert seen.queue_seconds(seen.plan.nodes["join_feats"]) == 600
    assert seen.run_time(seen.plan.nodes["join_feats"]) is None


def test_a_queued_job_whose_cluster_cannot_start_it_says_so() -> None:
    reason = "the cluster gpu, which is no longer in clusters.toml"
    queued = job("split", "QUEUED", created=0).model_copy(update={"waits_for": reason})
    wait = known(queued, split="QUEUED").wait_of("split")
    assert wait is not None
    assert wait.words == f"queued: waits for {reason}"


def test_what_a_review_takes_is_no_waiting_for_a_worker() -> None:
    steps = {"steps": [{"name": "waiting", "started_at": at(15)}]}
    begun = job("ingest_raw", "RUNNING", created=0, started=16).model_copy(
        update={"steps": Job.model_validate({"id": "a", **steps}).steps}
    )
    seen = known(begun, ingest_raw="RUNNING")
    node = seen.plan.nodes["ingest_raw"]
    assert seen.ready_at(node) == at(15)
    assert seen.queue_seconds(node) == 60
    timeline = Timeline(seen, UTC, 60)
    assert timeline.whole_seconds == 300


def test_nothing_is_made_up_about_a_wait_when_a_parent_is_not_known() -> None:
    begun = job("join_feats", "RUNNING", created=0, started=12)
    seen = known(begun, embed="COMPLETE", join_feats="RUNNING")
    assert seen.queue_seconds(seen.plan.nodes["join_feats"]) is None
    assert seen.run_time(seen.plan.nodes["join_feats"]) == RunTime(480)


def test_a_run_without_a_start_is_guessed_from_when_its_parents_were_done() -> None:
    seen = known(
        job("index", "COMPLETE", created=0, started=1, finished=4),
        job("dedupe", "COMPLETE", created=0, finished=9),
        job("embed", "RUNNING", created=0),
        embed="RUNNING",
    )
    assert seen.run_time(seen.plan.nodes["dedupe"]) == RunTime(300, is_estimate=True)
    assert seen.run_time(seen.plan.nodes["embed"]) == RunTime(660, is_estimate=True)


@pytest.mark.parametrize("status", ["QUEUED", "SCHEDULED", "INIT", "PROVISIONING", "PENDING"])
def test_a_job_that_the_plan_has_running_takes_no_time_before_it_runs_itself(status: str) -> None:
    seen = known(job("embed", status, created=0), embed="RUNNING")
    assert seen.run_time(seen.plan.nodes["embed"]) is None


def test_what_comes_between_the_queue_and_the_query_is_neither() -> None:
    steps = (
        {"name": "waiting", "started_at": at(0), "finished_at": at(2)},
        {"name": "virtualenv", "started_at": at(2), "finished_at": at(5)},
        {"name": "running_query", "started_at": at(5)},
    )
    begun = Job.model_validate(
        {"id": "run-ingest_raw", "status": "RUNNING", "created_at": at(0), "started_at": at(2),
         "steps": steps}
    )  # fmt: skip
    seen = known(begun, ingest_raw="RUNNING")
    node = seen.plan.nodes["ingest_raw"]
    assert seen.run_time(node) == RunTime(900)
    assert seen.queue_seconds(node) == 120


def test_a_job_that_was_requested_before_it_ended_does_not_run_on() -> None:
    seen = known(job("embed", "RUNNING", created=0, started=1))
    assert seen.run_time(seen.plan.nodes["embed"]) is None


@pytest.mark.parametrize("name", ["join_feats", "split"])
def test_a_job_that_was_never_run_took_no_time(name: str) -> None:
    seen = known(job(name, "PENDING", created=0))
    assert seen.run_time(seen.plan.nodes[name]) is None


def test_the_usual_duration_is_shown_from_three_runs_on() -> None:
    seen = known()
    assert seen.usual_seconds(seen.plan.nodes["split"]) == 5
    assert seen.usual_seconds(seen.plan.nodes["eval"]) is None
