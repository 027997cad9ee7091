"""Any pipeline that Studio sends becomes a valid plan."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Pipeline
from studio_tui.presentation.pipelines.graph.plan import plan_of, reachable_nodes
from tests.presentation.pipelines.graphs import (
    STATES,
    any_pipelines,
    fan,
    pipeline,
    pipeline_of,
    run,
)


@given(any_pipelines())
def test_each_job_is_in_the_plan_once_and_after_its_parents(sent: Pipeline) -> None:
    plan = plan_of(sent)
    earlier: set[str] = set()
    for node_id, node in plan.nodes.items():
        assert node.id == node_id
        assert earlier.issuperset(node.parents)
        earlier.add(node_id)
    assert earlier == {run.job_id for run in sent.job_runs}


@given(any_pipelines())
def test_each_dependency_is_an_edge_or_listed_as_missing_or_circular(sent: Pipeline) -> None:
    plan = plan_of(sent)
    runs = {run.job_id: run for run in reversed(sent.job_runs)}  # of duplicates, the first
    for node_id, node in plan.nodes.items():
        all_parents = (*node.parents, *node.missing, *node.circular)
        assert Counter(all_parents) == Counter(set(runs[node_id].parent_job_ids))
        assert not set(node.missing) & plan.nodes.keys()
        assert all(node_id in plan.nodes[parent].children for parent in node.parents)
        assert all(node_id in plan.nodes[child].parents for child in node.children)


@given(any_pipelines())
def test_a_plan_has_no_cycles(sent: Pipeline) -> None:
    plan = plan_of(sent)
    for node_id in plan.nodes:
        assert node_id not in plan.ancestors(node_id) | plan.descendants(node_id)


def test_missing_and_circular_dependencies_are_reported() -> None:
    plan = plan_of(pipeline(a=["z"], b=["c"], c=["b"], d=[]))
    assert plan.flaws == (
        "Waits for a job that is not in the pipeline: a",
        "Waits for itself, directly or through others: b",
    )
    assert plan_of(pipeline(a=[], b=["a"])).flaws == ()


@given(any_pipelines())
def test_only_jobs_in_a_cycle_have_circular_parents(sent: Pipeline) -> None:
    parents = {run.job_id: run.parent_job_ids for run in reversed(sent.job_runs)}
    for node in plan_of(sent).nodes.values():
        for parent in node.circular:
            assert node.id in reachable_nodes((parent,), lambda each: parents.get(each, ()))


def test_a_job_that_waits_behind_a_cycle_is_not_called_circular() -> None:
    plan = plan_of(pipeline(behind=["b"], a=["other", "b"], b=["a"], other=["c"], c=["other"]))
    assert list(plan.nodes) == ["other", "c", "a", "b", "behind"]
    assert plan.flaws == ("Waits for itself, directly or through others: other, a",)
    assert plan.nodes["behind"].parents == ("b",)


def test_a_chain_of_very_many_cycles_becomes_a_plan_without_a_walk_of_the_chain_for_each() -> None:
    last = 10_000
    runs = [run(f"{each}", [f"{each + 1}", f"{each - 1}"]) for each in range(1, last)]
    ends = run("0", ["1"]), run(f"{last}", [f"{last - 1}"])
    plan = plan_of(pipeline_of([ends[0], *runs, ends[1]]))
    assert all(len(node.parents) + len(node.circular) == 2 for node in [*plan.nodes.values()][1:-1])


def test_the_shape_depends_on_the_graph_and_not_on_its_states() -> None:
    pending, done = pipeline(a=[], b=["a"]), pipeline("COMPLETE", a=[], b=["a"])
    assert plan_of(pending).shape == plan_of(done).shape
    assert plan_of(pending).shape != plan_of(pipeline(a=[], b=[])).shape


def test_jobs_keep_the_order_sent_except_that_parents_come_first() -> None:
    plan = plan_of(pipeline(late=["first"], first=[], other=[], last=["late", "other"]))
    assert list(plan.nodes) == ["first", "late", "other", "last"]


@given(any_pipelines(), any_pipelines(), st.data())
def test_a_plan_updated_from_an_earlier_plan_equals_a_new_plan(
    sent: Pipeline, other: Pipeline, data: st.DataObject
) -> None:
    new_status = data.draw(st.sampled_from([*STATES, None]))
    step = data.draw(st.integers(1, 5))  # each `step`-th job gets the new status
    runs = tuple(
        run if index % step else run.model_copy(update={"status": new_status})
        for index, run in enumerate(sent.job_runs)
    )
    changed = sent.model_copy(update={"job_runs": runs})
    for response in (sent, changed, other):
        updated, new = plan_of(response, plan_of(sent)), plan_of(response)
        assert list(updated.nodes.items()) == list(new.nodes.items())
        assert (updated.flaws, updated.shape) == (new.flaws, new.shape)


def test_an_unchanged_pipeline_keeps_its_plan_object() -> None:
    plan = plan_of(fan(4))
    assert plan_of(fan(4), plan) is plan
    assert plan_of(fan(5), plan) is not plan
