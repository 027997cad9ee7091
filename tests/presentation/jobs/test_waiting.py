"""What a waiting job waits for, also when its cluster has changed meanwhile."""

from typing import Any

from hypothesis import given

from studio_tui.api.models import Cluster, Job, Pipeline
from studio_tui.presentation.jobs.facts import facts
from studio_tui.presentation.jobs.waiting import NOTHING_KNOWN, Surroundings
from studio_tui.presentation.pipelines.graph.plan import plan_of
from studio_tui.presentation.pipelines.graph.statuses import judge
from studio_tui.presentation.pipelines.graph.waits import wait_of
from tests.jobs import NOON, job, why
from tests.presentation.pipelines.graphs import any_pipelines
from tests.presentation.pipelines.sample import sixteen

LOCAL = Cluster.model_validate({"id": "1", "name": "local", "max_workers": 2, "busy_workers": 0})
HERE = Surroundings((LOCAL,))


def test_a_job_whose_cluster_is_gone_says_so() -> None:
    waiting = job(1, "QUEUED", compute_cluster_name="gpu", workers=2)
    assert why(waiting, HERE) == (
        "waits for 2 workers of gpu, which is not among the clusters now; e runs it elsewhere"
    )
    assert "does not say how many" in why(waiting, NOTHING_KNOWN)


def test_what_studio_gives_as_the_reason_comes_before_all_else() -> None:
    reason = "the cluster gpu, which is no longer in clusters.toml"
    waiting = job(1, "QUEUED", compute_cluster_name="gpu", workers=2, waits_for=reason)
    assert why(waiting, HERE) == f"waits for {reason}; e runs it elsewhere"


def test_a_job_that_is_too_large_for_its_cluster_now_says_so() -> None:
    waiting = job(1, "QUEUED", compute_cluster_name="local", workers=3)
    assert why(waiting, HERE) == (
        "waits for 3 workers; local has 2 at most now, so e runs it with fewer"
    )


def test_a_queued_job_names_the_older_ones_that_may_start_first() -> None:
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
        assert why(own, Surroundings((LOCAL,), queue)).startswith(f"{free} {words}")
    # The job was queued after the list was received.
    assert why(own, Surroundings((LOCAL,), others)) == f"{free} Older jobs may start first"


def test_a_blocked_job_names_the_job_that_failed_also_if_the_pipeline_has_failed() -> None:
    waiting = job(1, "PENDING", id="run-publish")
    inside = Surroundings(pipeline=sixteen("FAILED"))
    assert why(waiting, inside) == "blocked by embed, which failed"
    told = {fact.label: fact.value.text for fact in facts(waiting, NOON, inside)}
    assert told["why"] == "blocked by embed, which failed"
    assert "waits for" not in told
    running = Surroundings(pipeline=sixteen(embed="RUNNING"))
    assert why(job(1, "PENDING", id="run-join_feats"), running) == ("waits for embed (running)")


@given(any_pipelines())
def test_a_job_of_a_pipeline_waits_for_what_the_graph_says(sent: Pipeline) -> None:
    statuses, inside = judge(plan_of(sent), sent.state), Surroundings(pipeline=sent)
    for node in statuses.plan.nodes.values():
        if node.run is not None and node.status == "PENDING":
            wait = wait_of(statuses, node.id)
            assert wait is not None
            assert why(job(1, "PENDING", id=node.run), inside) == wait.words
