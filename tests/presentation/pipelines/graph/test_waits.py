"""The words that say why a job waits, and the job that they refer to."""

import pytest
from hypothesis import given

from studio_tui.api.models import Pipeline
from studio_tui.api.states import PipelineState
from studio_tui.presentation.logs.progress import Progress
from studio_tui.presentation.pipelines.graph.plan import plan_of
from studio_tui.presentation.pipelines.graph.statuses import NodeState, judge
from studio_tui.presentation.pipelines.graph.waits import wait_of
from tests.presentation.pipelines.graphs import any_pipelines, fan, pipeline, pipeline_of, run
from tests.presentation.pipelines.sample import sixteen

_BAR = Progress("", 81, 100, 81.0, "it", 3.1, 12.0, 20.0)


def reason(sent: Pipeline, node_id: str) -> tuple[str, str | None] | None:
    """Return why a job waits in words, and the node for which it waits."""
    wait = wait_of(judge(plan_of(sent), sent.state), node_id, {"run-embed": _BAR})
    return wait and (wait.words, wait.target)


@pytest.mark.parametrize(
    ("embed", "words"),
    [
        ("RUNNING", "waits for embed (running, 81%)"),
        ("INIT", "waits for embed (starting)"),
        ("QUEUED", "waits for embed (queued)"),
        ("PENDING", "waits for embed (waiting)"),
        ("CANCELING", "waits for embed (being canceled)"),
        ("NEWWORD", "waits for embed (NEWWORD)"),
        ("FAILED", "blocked by embed, which failed"),
        ("CANCELED", "blocked by embed, which was canceled"),
    ],
)
def test_a_job_waits_for_its_parent_in_its_current_state(embed: str, words: str) -> None:
    assert reason(sixteen(embed=embed), "join_feats") == (words, "embed")


def test_running_parents_are_named_before_others() -> None:
    sent = sixteen(embed="RUNNING", thumbs="PENDING")
    assert reason(sent, "join_feats") == ("waits for 2 of 2: embed, thumbs", "embed")
    assert reason(fan(12), "last") == (
        "waits for 12 of 12: shard_0000, shard_0001, shard_0002 and 9 more",
        "shard_0000",
    )


@pytest.mark.parametrize(
    ("states", "short"),
    [
        ({"embed": "FAILED"}, "blocked by embed"),
        ({"embed": "FAILED", "clean_labels": "FAILED"}, "blocked by embed +1"),
        ({"embed": "CANCELED"}, "blocked by embed"),
        (
            {"embed": "FAILED", "clean_labels": "CANCELED", "thumbs": "FAILED"},
            "blocked by thumbs +2",
        ),
    ],
)
def test_the_short_reason_of_a_blocked_job_names_one_failure_and_counts_the_others(
    states: dict[str, str], short: str
) -> None:
    sent = sixteen(**states)
    statuses = judge(plan_of(sent), sent.state)
    wait = wait_of(statuses, "split")
    assert wait is not None
    assert wait.shorter[0] == short


def test_the_short_reasons_of_a_waiting_job_name_one_parent_or_count_them() -> None:
    sent = sixteen(thumbs="RUNNING", embed="QUEUED")
    statuses = judge(plan_of(sent), sent.state)
    short = {"join_feats": ("waits for thumbs +1", "waits for 2 jobs"),
             "publish": ("waits for export",)}  # fmt: skip
    for node_id, forms in short.items():
        wait = wait_of(statuses, node_id)
        assert wait is not None
        assert wait.shorter == forms


_STATES = ["PENDING", "CREATED", "SCHEDULED", "QUEUED", "PROVISIONING", "INIT"]


@pytest.mark.parametrize("state", PipelineState)
@pytest.mark.parametrize("status", _STATES)
def test_each_reason_of_a_job_without_parents_has_a_short_form(
    state: PipelineState, status: str
) -> None:
    statuses = judge(plan_of(pipeline(status, only=[])), state)
    wait = wait_of(statuses, "only")
    assert wait is not None
    lengths = [len(words) for words in (wait.words, *wait.shorter)]
    assert lengths == sorted(set(lengths), reverse=True)
    assert lengths[-1] <= 18


def test_blocking_jobs_are_named_with_failures_first() -> None:
    sent = sixteen(clean_labels="CANCELED")
    words = "blocked by embed, clean_labels, which failed or were canceled"
    assert reason(sent, "publish") == (words, "embed")
    both = sixteen(clean_labels="CANCELED", embed="CANCELED")
    assert reason(both, "split") == ("blocked by embed, clean_labels, which were canceled", "embed")


def test_blocking_jobs_of_one_name_are_counted() -> None:
    failed = [run(each, [], "FAILED").model_copy(update={"name": "shingle.py"}) for each in "ab"]
    blocked = reason(pipeline_of([*failed, run("c", ["a", "b"])]), "c")
    assert blocked == ("blocked by 2 × shingle.py, which failed", "a")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("PAUSED", "the pipeline is paused"),
        ("PENDING", "the pipeline has not started"),
        ("CANCELED", "the pipeline was canceled"),
        ("RUNNING", "ready: Studio has not queued it yet"),
    ],
)
def test_a_job_whose_parents_are_done_waits_for_the_pipeline(state: str, words: str) -> None:
    assert reason(sixteen(state, embed="COMPLETE"), "join_feats") == (words, None)


def test_a_pause_is_reported_beside_the_parents() -> None:
    words = "waits for embed (running, 81%); the pipeline is paused"
    assert reason(sixteen("PAUSED", embed="RUNNING"), "join_feats") == (words, "embed")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("QUEUED", "queued: waiting for free workers"),
        ("SCHEDULED", "on its way to the queue"),
        ("INIT", "starting: preparing its environment"),
        ("PROVISIONING", "starting: preparing a machine"),
        ("NEWWORD", "unknown status NEWWORD"),
    ],
)
def test_a_queued_starting_or_unknown_job_waits_for_no_other_job(state: str, words: str) -> None:
    assert reason(sixteen(embed=state), "embed") == (words, None)


@pytest.mark.parametrize("state", ["RUNNING", "COMPLETE", "FAILED", "CANCELED", "CANCELING"])
def test_a_job_that_runs_or_ended_does_not_wait(state: str) -> None:
    assert reason(sixteen(embed=state), "embed") is None


def test_missing_and_circular_parents_are_reported() -> None:
    assert reason(pipeline(a=["f00dfeed-1"]), "a") == (
        "waits for f00dfeed, not in the pipeline",
        None,
    )
    assert reason(pipeline(a=["a"]), "a") == ("waits for itself", None)
    assert reason(pipeline(b=["c"], c=["b"]), "b") == ("waits for c, which waits for it", "c")
    both = pipeline_of([run("b", ["x", "b"]), run("a", ["b", "gone"])])
    assert reason(both, "a") == ("waits for b (waiting); waits for gone, not in the pipeline", "b")


@given(any_pipelines())
def test_every_waiting_job_has_a_reason_that_points_at_no_job_or_another_one(
    sent: Pipeline,
) -> None:
    statuses = judge(plan_of(sent), sent.state)
    for node_id, state in statuses.states.items():
        wait = wait_of(statuses, node_id)
        if state in {NodeState.BLOCKED, NodeState.WAITING, NodeState.QUEUED, NodeState.UNKNOWN}:
            assert wait is not None
            assert wait.words
        if wait is not None and wait.target is not None:
            assert wait.target in statuses.plan.nodes
            assert wait.target != node_id
