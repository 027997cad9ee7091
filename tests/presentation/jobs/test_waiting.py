"""Why a waiting job waits, also if its cluster has changed meanwhile."""

from typing import Any

from hypothesis import given

from studio_tui.api.models import Cluster, Job, Pipeline
from studio_tui.presentation.jobs.facts import facts
from studio_tui.presentation.jobs.waiting import NOTHING_KNOWN, Surroundings
from studio_tui.presentation.pipelines.graph.plan import plan_of
from studio_tui.presentation.pipelines.graph.statuses import judge
from studio_tui.presentation.pipelines.graph.waits import wait_of
from tests.jobs import NOON, job, waiting_reason
from tests.presentation.pipelines.graphs import any_pipelines
from tests.presentation.pipelines.sample import sixteen

LOCAL = Cluster.model_validate({"id": "1", "name": "local", "max_workers": 2, "busy_workers": 0})
ONLY_LOCAL = Surroundings((LOCAL,))


def test_a_job_whose_cluster_was_removed_names_the_missing_cluster() -> None:
    waiting = job(1, "QUEUED", compute_cluster_name="gpu", workers=2)
    assert waiting_reason(waiting, ONLY_LOCAL) == (
        "waits for 2 workers of gpu, which is not among the clusters now; e runs it elsewhere"
    )
    assert "does not say how many" in waiting_reason(waiting, NOTHING_KNOWN)


def test_the_reason_sent_by_studio_replaces_all_others() -> None:
    reason = "the cluster gpu, which is no longer in clusters.toml"
    waiting = job(1, "QUEUED", compute_cluster_name="gpu", workers=2, waits_for=reason)
    assert waiting_reason(waiting, ONLY_LOCAL) == f"waits for {reason}; e runs it elsewhere"


def test_a_job_that_is_too_large_for_its_cluster_names_the_maximum_of_workers() -> None:
    waiting = job(1, "QUEUED", compute_cluster_name="local", workers=3)
    assert waiting_reason(waiting, ONLY_LOCAL) == (
        "waits for 3 workers; local has 2 at most now, so e runs it with fewer"
    )


def test_a_queued_job_names_the_older_jobs_that_may_start_first() -> None:
    def queued(number: int, **fields: Any) -> Job:
        return job(number, "QUEUED", **{"compute_cluster_name": "local", **fields})

    own = queued(1)
    free = "waits for 1 worker; local has 2 free of 2."
    others = [queued(5, workers=2), queued(4), queued(3)]
    outside = [
        queued(6, waits_for="a cluster of 9 workers"),
        queued(7, compute_cluster_name="gpu"),
        queued(0),
    ]
    for older, words in (
        (others[:1], "An older job may start first: job_5.py (2 workers)"),
        (others, "3 older jobs may start first: job_5.py (2 workers), job_4.py (1 worker) and 1"),
        ([], "No older job is ahead of it"),
    ):
        queue = [*outside[:2], *older, own, outside[2]]
        assert waiting_reason(own, Surroundings((LOCAL,), queue)).startswith(f"{free} {words}")
    # The job was queued after the list was received.
    assert (
        waiting_reason(own, Surroundings((LOCAL,), others)) == f"{free} Older jobs may start first"
    )


def test_a_blocked_job_names_the_failed_job_even_if_its_pipeline_has_failed() -> None:
    waiting = job(1, "PENDING", id="run-publish")
    surroundings = Surroundings(pipeline=sixteen("FAILED"))
    assert waiting_reason(waiting, surroundings) == "blocked by embed, which failed"
    values = {fact.label: fact.value.text for fact in facts(waiting, NOON, surroundings)}
    assert values["why"] == "blocked by embed, which failed"
    assert "waits for" not in values
    before_failure = Surroundings(pipeline=sixteen(embed="RUNNING"))
    assert waiting_reason(job(1, "PENDING", id="run-join_feats"), before_failure) == (
        "waits for embed (running)"
    )


@given(any_pipelines())
def test_the_reason_why_a_pipeline_job_waits_is_that_of_the_graph(sent_pipeline: Pipeline) -> None:
    statuses = judge(plan_of(sent_pipeline), sent_pipeline.state)
    surroundings = Surroundings(pipeline=sent_pipeline)
    for node in statuses.plan.nodes.values():
        if node.run is not None and node.status == "PENDING":
            wait = wait_of(statuses, node.id)
            assert wait is not None
            assert waiting_reason(job(1, "PENDING", id=node.run), surroundings) == wait.words
