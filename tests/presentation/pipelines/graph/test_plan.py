"""Any pipeline becomes a graph: each job once, parents first, and no edge lost or invented."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Pipeline
from studio_tui.presentation.pipelines.graph.plan import plan_of
from tests.presentation.pipelines.graphs import STATES, any_pipelines, fan, pipeline


@given(any_pipelines())
def test_each_job_is_there_once_and_after_its_parents(sent: Pipeline) -> None:
    plan = plan_of(sent)
    seen: set[str] = set()
    for node_id, node in plan.nodes.items():
        assert node.id == node_id
        assert seen.issuperset(node.parents)
        seen.add(node_id)
    assert seen == {run.job_id for run in sent.job_runs}


@given(any_pipelines())
def test_no_edge_is_lost_or_invented(sent: Pipeline) -> None:
    plan = plan_of(sent)
    runs = {run.job_id: run for run in reversed(sent.job_runs)}  # of those sent twice, the first
    for node_id, node in plan.nodes.items():
        kept = (*node.parents, *node.missing, *node.circular)
        assert Counter(kept) == Counter(set(runs[node_id].parent_job_ids))
        assert not set(node.missing) & plan.nodes.keys()
        assert all(node_id in plan.nodes[parent].children for parent in node.parents)
        assert all(node_id in plan.nodes[child].parents for child in node.children)


@given(any_pipelines())
def test_it_is_a_graph_without_circles_that_can_be_walked(sent: Pipeline) -> None:
    plan = plan_of(sent)
    for node_id in plan.nodes:
        assert node_id not in plan.ancestors(node_id) | plan.descendants(node_id)


def test_what_is_wrong_with_a_graph_is_reported() -> None:
    plan = plan_of(pipeline(a=["z"], b=["c"], c=["b"], d=[]))
    assert plan.flaws == (
        "Waits for a job that is not in the pipeline: a",
        "Waits for itself, directly or through others: b",
    )
    assert plan_of(pipeline(a=[], b=["a"])).flaws == ()


def test_the_shape_is_that_of_the_graph_and_not_of_its_states() -> None:
    there, done = pipeline(a=[], b=["a"]), pipeline("COMPLETE", a=[], b=["a"])
    assert plan_of(there).shape == plan_of(done).shape
    assert plan_of(there).shape != plan_of(pipeline(a=[], b=[])).shape


def test_jobs_that_wait_for_the_same_stay_in_the_order_in_which_they_came() -> None:
    plan = plan_of(pipeline(late=["first"], first=[], other=[], last=["late", "other"]))
    assert list(plan.nodes) == ["first", "late", "other", "last"]


@given(any_pipelines(), any_pipelines(), st.data())
def test_a_plan_made_from_an_earlier_one_is_as_if_made_again(
    sent: Pipeline, other: Pipeline, data: st.DataObject
) -> None:
    word = data.draw(st.sampled_from([*STATES, None]))
    every = data.draw(st.integers(1, 5))
    runs = tuple(
        run if index % every else run.model_copy(update={"status": word})
        for index, run in enumerate(sent.job_runs)
    )
    moved = sent.model_copy(update={"job_runs": runs})
    for answer in (sent, moved, other):
        again, anew = plan_of(answer, plan_of(sent)), plan_of(answer)
        assert list(again.nodes.items()) == list(anew.nodes.items())
        assert (again.flaws, again.shape, again.sent) == (anew.flaws, anew.shape, anew.sent)


def test_a_plan_of_which_nothing_changed_is_the_same_one() -> None:
    plan = plan_of(fan(4))
    assert plan_of(fan(4), plan) is plan
    assert plan_of(fan(5), plan) is not plan
