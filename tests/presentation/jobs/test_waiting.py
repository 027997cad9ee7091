"""What a waiting job waits for, where its cluster has changed meanwhile."""

from studio_tui.api.models import Cluster
from studio_tui.presentation.jobs.waiting import why_waiting
from tests.jobs import job

LOCAL = Cluster.model_validate({"id": "1", "name": "local", "max_workers": 2, "busy_workers": 0})


def test_a_job_whose_cluster_is_gone_says_so() -> None:
    waiting = job(1, "QUEUED", compute_cluster_name="gpu", workers=2)
    assert why_waiting(waiting, (LOCAL,)) == (
        "2 workers of gpu, which is not among the clusters now; e runs it elsewhere"
    )
    assert "does not say how many" in why_waiting(waiting, ())


def test_what_studio_gives_as_the_reason_comes_before_all_else() -> None:
    reason = "the cluster gpu, which is no longer in clusters.toml"
    waiting = job(1, "QUEUED", compute_cluster_name="gpu", workers=2, waits_for=reason)
    assert why_waiting(waiting, (LOCAL,)) == f"{reason}; e runs it elsewhere"


def test_a_job_that_is_too_large_for_its_cluster_now_says_so() -> None:
    waiting = job(1, "QUEUED", compute_cluster_name="local", workers=3)
    assert why_waiting(waiting, (LOCAL,)) == (
        "3 workers; local has 2 at most now, so e runs it with fewer"
    )
