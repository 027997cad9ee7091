"""What is blocked is blocked by what failed above it, and the counts add up."""

import pytest
from hypothesis import given

from studio_tui.api.models import Pipeline, PipelineState
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.pipelines.graph.plan import plan_of
from studio_tui.presentation.pipelines.graph.statuses import (
    Shown,
    Verdicts,
    counts,
    judge,
    paused_words,
    root_words,
)
from tests.presentation.pipelines.graphs import any_pipelines, fan, pipeline_of, run
from tests.presentation.pipelines.sample import sixteen


def judged(sent: Pipeline) -> Verdicts:
    return judge(plan_of(sent), sent.state)


def test_all_that_waits_under_a_failure_is_blocked_by_it() -> None:
    verdicts = judged(sixteen())
    assert dict(verdicts.roots) == {"embed": 9}
    assert verdicts.blocked_by("publish") == ("embed",)
    assert verdicts.state_cell("publish") == Cell("⊘ BLOCKED", Tone.WARN)
    assert verdicts.blocked_by("thumbs") == ()
    assert verdicts.shown["embed"] is Shown.FAILED
    assert root_words(verdicts) == "1 root failure"


def test_what_failed_for_want_of_a_parent_is_no_root() -> None:
    verdicts = judged(sixteen(join_feats="CANCELED", merge_train="FAILED"))
    assert dict(verdicts.roots) == {"embed": 7}
    assert verdicts.blocked_by("split") == ("embed",)


def test_each_of_many_roots_says_how_many_it_blocks() -> None:
    verdicts = judged(sixteen(clean_labels="CANCELED"))
    assert dict(verdicts.roots) == {"embed": 9, "clean_labels": 8}
    assert verdicts.blocked_by("join_feats") == ("embed",)
    assert verdicts.blocked_by("split") == ("embed", "clean_labels")
    assert verdicts.root_failures == ("embed",)


def test_what_blocks_others_is_a_failed_or_canceled_job_that_something_waits_for() -> None:
    sent = sixteen("CANCELED", embed="CANCELED", thumbs="CANCELED")
    verdicts = judge(plan_of(sent), sent.state)
    blocking = {node_id for node_id in verdicts.plan.nodes if verdicts.blocks(node_id)}
    assert "embed" in blocking
    leaf = next(key for key, node in verdicts.plan.nodes.items() if not node.children)
    assert not verdicts.blocks(leaf)
    for node_id in blocking:
        assert verdicts.shown[node_id] is Shown.CANCELED
        assert any(verdicts.shown[each] is Shown.BLOCKED
                   for each in verdicts.plan.descendants(node_id))  # fmt: skip


def test_problems_are_what_stopped_and_what_that_blocks() -> None:
    verdicts = judged(sixteen(ingest_labels="CANCELED"))
    assert len(verdicts.problems) == 1 + 1 + 9
    assert {"embed", "ingest_labels", "publish"} < verdicts.problems
    assert judged(sixteen(embed="RUNNING")).problems == frozenset()


def test_a_job_that_studio_let_go_is_not_blocked_and_blocks_nothing() -> None:
    for state in ("COMPLETE", "QUEUED", "RUNNING", "NEWWORD"):
        verdicts = judged(sixteen(join_feats=state))
        assert Shown.BLOCKED not in verdicts.shown.values()
        assert dict(verdicts.roots) == {"embed": 0}


def test_a_job_that_is_being_canceled_does_not_block_yet() -> None:
    verdicts = judged(sixteen(embed="CANCELING"))
    assert not verdicts.roots
    assert verdicts.shown["embed"] is Shown.CANCELED
    assert verdicts.shown["join_feats"] is Shown.WAITING


def test_a_word_that_is_not_known_is_shown_as_it_came() -> None:
    verdicts = judged(sixteen(embed="NEWWORD"))
    assert verdicts.state_cell("embed").text == "? NEWWORD"
    assert verdicts.shown["join_feats"] is Shown.WAITING
    assert [count.name for count in counts(verdicts.numbers)][-1] == "unknown"


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ({"embed": "RUNNING"}, "paused: 1 still running, 9 will not start"),
        ({"embed": "QUEUED", "thumbs": "INIT"}, "paused: 1 still running, 1 still queued, 9"),
        ({}, "paused"),
    ],
)
def test_a_pause_says_what_goes_on_and_what_does_not(states: dict[str, str], words: str) -> None:
    assert paused_words(judged(sixteen("PAUSED", **states))).startswith(words)
    assert paused_words(judged(sixteen(**states))) == ""


def test_counts_leave_out_places_without_a_job_but_not_those_whose_zero_is_news() -> None:
    said = [(count.glyph, count.number) for count in counts(judged(sixteen()).numbers)]
    assert said == [("✓", 6), ("●", 0), ("✗", 1), ("⊘", 9)]
    assert len(counts(judged(fan(0)).numbers)) == 4  # two jobs wait


def test_a_thousand_failures_that_all_block_the_same_are_each_counted() -> None:
    failed = [f"shard_{number}" for number in range(1000)]
    jobs = [run(name, [], "FAILED") for name in failed]
    verdicts = judged(pipeline_of([*jobs, run("merge", failed), run("report", ["merge"])]))
    assert set(verdicts.roots.values()) == {2}
    assert len(verdicts.blocked_by("report")) == 1000


@given(any_pipelines())
def test_every_job_stands_in_one_place_and_the_counts_add_up(sent: Pipeline) -> None:
    verdicts = judged(sent)
    assert verdicts.shown.keys() == verdicts.plan.nodes.keys()
    assert sum(verdicts.numbers.values()) == len(verdicts.plan.nodes)
    assert sum(count.number for count in counts(verdicts.numbers)) == len(verdicts.plan.nodes)


@given(any_pipelines())
def test_roots_and_what_they_block_agree(sent: Pipeline) -> None:
    verdicts = judged(sent)
    plan = verdicts.plan
    blocked = {node_id: verdicts.blocked_by(node_id) for node_id in plan.nodes}
    for root, number in verdicts.roots.items():
        assert number == sum(root in roots for roots in blocked.values())
        assert verdicts.shown[root] in {Shown.FAILED, Shown.CANCELED}
        parents = [verdicts.shown[parent] for parent in plan.nodes[root].parents]
        assert not {Shown.FAILED, Shown.BLOCKED}.intersection(parents)
    for node_id, roots in blocked.items():
        assert set(roots) <= plan.ancestors(node_id)
        assert bool(roots) == (verdicts.shown[node_id] is Shown.BLOCKED)


@given(any_pipelines())
def test_no_job_waits_unblocked_under_a_failed_parent(sent: Pipeline) -> None:
    verdicts = judged(sent)
    for node_id, node in verdicts.plan.nodes.items():
        if verdicts.shown[node_id] is Shown.WAITING:
            above = {verdicts.shown[parent] for parent in node.parents}
            assert not {Shown.FAILED, Shown.BLOCKED} & above


def test_an_empty_pipeline_is_judged_too() -> None:
    verdicts = judge(plan_of(pipeline_of([])), PipelineState.PAUSED)
    assert paused_words(verdicts) == "paused"
    assert root_words(verdicts) == ""
