"""Statuses tell which jobs are blocked by which failures, and count each job once."""

from collections import Counter

import pytest
from hypothesis import given

from studio_tui.api.job_kinds import by_status
from studio_tui.api.models import Pipeline
from studio_tui.api.states import JobState, PipelineState
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.jobs.states import counts as counts_of_jobs
from studio_tui.presentation.jobs.states import state_cell
from studio_tui.presentation.pipelines.graph.plan import plan_of
from studio_tui.presentation.pipelines.graph.statuses import (
    SHOWN_STATES,
    JobStatuses,
    NodeState,
    counts,
    judge,
    paused_words,
)
from tests.jobs import job
from tests.presentation.pipelines.graphs import any_pipelines, fan, pipeline_of, run
from tests.presentation.pipelines.sample import sixteen


def statuses_of(sent: Pipeline) -> JobStatuses:
    return judge(plan_of(sent), sent.state)


def test_all_descendants_of_a_failed_job_are_blocked_by_it() -> None:
    statuses = statuses_of(sixteen())
    assert dict(statuses.roots) == {"embed": 9}
    assert statuses.blocked_by("publish") == ("embed",)
    assert statuses.state_cell("publish") == Cell("⊘ BLOCKED", Tone.WARN)
    assert statuses.blocked_by("thumbs") == ()
    assert statuses.states["embed"] is NodeState.FAILED
    assert statuses.root_failures == ("embed",)


def test_a_failed_descendant_of_a_failed_job_is_no_root_failure() -> None:
    statuses = statuses_of(sixteen(join_feats="CANCELED", merge_train="FAILED"))
    assert dict(statuses.roots) == {"embed": 7}
    assert statuses.blocked_by("split") == ("embed",)


def test_each_root_failure_counts_the_jobs_that_it_blocks() -> None:
    statuses = statuses_of(sixteen(clean_labels="CANCELED"))
    assert dict(statuses.roots) == {"embed": 9, "clean_labels": 8}
    assert statuses.blocked_by("join_feats") == ("embed",)
    assert statuses.blocked_by("split") == ("embed", "clean_labels")
    assert statuses.root_failures == ("embed",)


def test_a_canceled_job_blocks_others_only_if_jobs_wait_for_it() -> None:
    sent = sixteen("CANCELED", embed="CANCELED", thumbs="CANCELED")
    statuses = judge(plan_of(sent), sent.state)
    blocking = {node_id for node_id in statuses.plan.nodes if statuses.blocks(node_id)}
    assert "embed" in blocking
    leaf = next(key for key, node in statuses.plan.nodes.items() if not node.children)
    assert not statuses.blocks(leaf)
    for node_id in blocking:
        assert statuses.states[node_id] is NodeState.CANCELED
        assert any(statuses.states[each] is NodeState.BLOCKED
                   for each in statuses.plan.descendants(node_id))  # fmt: skip


def test_problems_are_stopped_jobs_and_the_jobs_that_they_block() -> None:
    statuses = statuses_of(sixteen(ingest_labels="CANCELED"))
    assert len(statuses.problems) == 1 + 1 + 9
    assert {"embed", "ingest_labels", "publish"} < statuses.problems
    assert statuses_of(sixteen(embed="RUNNING")).problems == frozenset()


def test_a_job_that_studio_queued_despite_a_failed_parent_is_not_blocked() -> None:
    for state in ("COMPLETE", "QUEUED", "RUNNING", "NEWWORD"):
        statuses = statuses_of(sixteen(join_feats=state))
        assert NodeState.BLOCKED not in statuses.states.values()
        assert dict(statuses.roots) == {"embed": 0}


def test_a_job_that_is_being_canceled_does_not_block_yet() -> None:
    statuses = statuses_of(sixteen(embed="CANCELING"))
    assert not statuses.roots
    assert not statuses.problems
    assert statuses.states["embed"] is NodeState.CANCELING
    assert statuses.states["join_feats"] is NodeState.WAITING


def test_a_job_that_did_not_run_has_ended_and_blocks_the_jobs_after_it() -> None:
    statuses = statuses_of(sixteen("PAUSED", embed="DID_NOT_RUN"))
    assert statuses.state_cell("embed").text == "◇ DID_NOT_RUN"
    assert statuses.plan.nodes["embed"].state.is_finished
    assert paused_words(statuses).startswith("9 blocked by embed, which did not run;")


def test_an_unknown_state_is_shown_unchanged() -> None:
    statuses = statuses_of(sixteen(embed="NEWWORD"))
    assert statuses.state_cell("embed").text == "? NEWWORD"
    assert statuses.states["join_feats"] is NodeState.WAITING
    assert [count.name for count in counts(statuses.numbers)][-1] == "unknown"


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ({"embed": "RUNNING"}, "1 still running, 9 waiting; p resumes it"),
        ({"embed": "QUEUED", "thumbs": "INIT"}, "1 still running, 1 still queued, 9"),
        ({"embed": "CANCELING", "thumbs": "RUNNING"}, "1 still running, 1 being canceled, 9"),
        ({"embed": "CANCELED"}, "9 blocked by embed, which was canceled; p resumes it"),
        ({"embed": "FAILED", "thumbs": "CANCELED"}, "9 blocked by 2 jobs that failed or were"),
    ],
)
def test_a_paused_pipeline_counts_jobs_that_continue_wait_or_are_blocked(
    states: dict[str, str], words: str
) -> None:
    assert paused_words(statuses_of(sixteen("PAUSED", **states))).startswith(words)
    assert paused_words(statuses_of(sixteen(**states))) == ""


def test_counts_omit_states_without_jobs_except_done_running_and_failed() -> None:
    signs_and_numbers = [
        (count.glyph, count.number) for count in counts(statuses_of(sixteen()).numbers)
    ]
    assert signs_and_numbers == [("✓", 6), ("●", 0), ("✗", 1), ("⊘", 9)]
    assert len(counts(statuses_of(fan(0)).numbers)) == 4  # the fourth counts two waiting jobs


def test_each_of_a_thousand_failures_counts_the_jobs_that_all_of_them_block() -> None:
    failed = [f"shard_{number}" for number in range(1000)]
    jobs = [run(name, [], "FAILED") for name in failed]
    statuses = statuses_of(pipeline_of([*jobs, run("merge", failed), run("report", ["merge"])]))
    assert set(statuses.roots.values()) == {2}
    assert len(statuses.blocked_by("report")) == 1000


@pytest.mark.parametrize("state", sorted(set(SHOWN_STATES) - {JobState.TASK}))
def test_lists_and_pipelines_count_a_state_with_the_same_sign_and_word(state: JobState) -> None:
    node_state = SHOWN_STATES[state]
    in_list = next(each for each in counts_of_jobs(by_status([job(1, state)])) if each.number)
    in_pipeline = next(each for each in counts(Counter({node_state: 1})) if each.number)
    assert in_list == in_pipeline


def test_a_job_that_is_being_canceled_is_not_counted_as_canceled() -> None:
    jobs = [job(1, "CANCELING"), job(2, "CANCELING_SCHEDULED"), job(3, "CANCELED")]
    assert [
        f"{each.glyph}{each.number} {each.name}"
        for each in counts_of_jobs(by_status(jobs))
        if each.number
    ] == ["◆2 canceling", "◇1 canceled"]
    assert state_cell(jobs[0].state, jobs[0].status).text == "◆ CANCELING"
    statuses = statuses_of(sixteen(embed="CANCELING", thumbs="CANCELED"))
    assert statuses.look("embed").glyph != statuses.look("thumbs").glyph


def test_lists_of_jobs_and_pipelines_count_states_in_the_same_order() -> None:
    jobs = [job(number, state) for number, state in enumerate(sorted(SHOWN_STATES))]
    in_lists = [each.name for each in counts_of_jobs(by_status(jobs), blocked=[])]
    assert in_lists == [
        state.value for state in NodeState if state not in {NodeState.BLOCKED, NodeState.SCHEDULE}
    ]


def test_a_schedule_is_counted_separately_with_its_own_sign() -> None:
    statuses = statuses_of(pipeline_of([run("nightly", [], "TASK"), run("train", ["nightly"])]))
    texts = [f"{each.glyph}{each.number} {each.name}" for each in counts(statuses.numbers)]
    assert texts == ["✓0 done", "●0 running", "✗0 failed", "·1 waiting", "◷1 schedule"]
    assert statuses.look("nightly").glyph == "◷"


@given(any_pipelines())
def test_every_job_has_one_status_and_is_counted_once(sent: Pipeline) -> None:
    statuses = statuses_of(sent)
    assert statuses.states.keys() == statuses.plan.nodes.keys()
    assert sum(statuses.numbers.values()) == len(statuses.plan.nodes)
    assert sum(count.number for count in counts(statuses.numbers)) == len(statuses.plan.nodes)


@given(any_pipelines())
def test_root_failures_and_blocked_jobs_are_consistent(sent: Pipeline) -> None:
    statuses = statuses_of(sent)
    plan = statuses.plan
    roots_by_node = {node_id: statuses.blocked_by(node_id) for node_id in plan.nodes}
    for root, number in statuses.roots.items():
        assert number == sum(root in roots for roots in roots_by_node.values())
        assert statuses.states[root] in {NodeState.FAILED, NodeState.CANCELED}
        parent_states = [statuses.states[parent] for parent in plan.nodes[root].parents]
        assert not {NodeState.FAILED, NodeState.BLOCKED}.intersection(parent_states)
    for node_id, roots in roots_by_node.items():
        assert set(roots) <= plan.ancestors(node_id)
        assert bool(roots) == (statuses.states[node_id] is NodeState.BLOCKED)


@given(any_pipelines())
def test_no_job_waits_unblocked_under_a_failed_parent(sent: Pipeline) -> None:
    statuses = statuses_of(sent)
    for node_id, node in statuses.plan.nodes.items():
        if statuses.states[node_id] is NodeState.WAITING:
            parent_states = {statuses.states[parent] for parent in node.parents}
            assert not {NodeState.FAILED, NodeState.BLOCKED} & parent_states


def test_an_empty_pipeline_has_no_jobs_that_wait_or_failed() -> None:
    statuses = judge(plan_of(pipeline_of([])), PipelineState.PAUSED)
    assert paused_words(statuses) == "p resumes it"
    assert statuses.root_failures == ()
