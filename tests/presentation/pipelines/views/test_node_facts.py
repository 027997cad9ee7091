"""The drawer names all edges of a job, so that none has to be traced by eye."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given

from studio_tui.api.models import Cluster, DatasetVersion, Job, Pipeline
from studio_tui.presentation.jobs.waiting import Surroundings
from studio_tui.presentation.pipelines.graph.loaded_pipeline import loaded_pipeline
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from studio_tui.presentation.pipelines.views.groups import group_jobs, links
from studio_tui.presentation.pipelines.views.node_cells import why_cell
from studio_tui.presentation.pipelines.views.node_facts import group_facts, node_facts
from tests.presentation.pipelines.graphs import any_pipelines
from tests.presentation.pipelines.sample import sixteen, thousand

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def known(pipeline: Pipeline) -> ViewModel:
    return ViewModel(loaded_pipeline(pipeline, {}).statuses, NOW)


def said(pipeline: Pipeline, node_id: str) -> dict[str, str]:
    """Return the facts by label; lines without one belong to the one above."""
    told: dict[str, str] = {}
    label = ""
    for fact in node_facts(known(pipeline), node_id):
        label = fact.label or label
        told[label] = f"{told[label]}\n{fact.value.text}" if label in told else fact.value.text
    return told


@given(any_pipelines())
def test_all_parents_and_children_are_named_or_counted(pipeline: Pipeline) -> None:
    plan = known(pipeline).plan
    for node in plan.nodes.values():
        told = said(pipeline, node.id)
        for label, kin in (("after", node.parents), ("feeds", node.children)):
            lines = told[label].splitlines() if kin else []
            names = {plan.nodes[each].name for each in kin}.intersection(line[2:] for line in lines)
            left = sum(int(line.split()[1]) for line in lines if line.startswith("and "))
            assert len(names) + left == len(kin)


def test_a_blocked_job_names_the_failure_and_the_key_that_goes_there() -> None:
    told = said(sixteen(), "publish")
    assert told["status"] == "⊘ BLOCKED"
    assert told["why"] == "blocked by embed, which failed  (W goes there)"
    assert told["after"] == "⊘ export"
    assert told["feeds"] == "no other job waits for it"
    assert said(sixteen(), "embed")["blocks"] == "9 jobs"


def test_the_datasets_of_a_run_are_listed_with_their_versions() -> None:
    made = (
        DatasetVersion(dataset_name="a.b.thumbs", version="1.0.3"),
        DatasetVersion(dataset_name="a.b.sizes"),
    )
    facts = node_facts(known(sixteen()), "thumbs", datasets=made)
    texts = [fact.value.text for fact in facts]
    assert "a.b.thumbs@1.0.3" in texts
    assert "a.b.sizes" in texts


def test_a_job_of_an_older_answer_than_the_plan_says_nothing_of_waiting_or_running() -> None:
    gpu = Cluster.model_validate({"id": 1, "name": "gpu", "max_workers": 4, "busy_workers": 4})
    queued = Job.model_validate(
        {"id": "run-ingest_raw", "status": "QUEUED", "compute_cluster_name": "gpu",
         "created_at": NOW - timedelta(seconds=13)}
    )  # fmt: skip
    for status, waits in (("RUNNING", False), ("QUEUED", True)):
        seen = ViewModel(
            loaded_pipeline(sixteen(ingest_raw=status), {}).statuses, NOW, {queued.id: queued}
        )
        facts = node_facts(seen, "ingest_raw", surroundings=Surroundings((gpu,)))
        told = {fact.label: fact.value.text for fact in facts}
        assert ("waits for" in told) == waits
        assert "for ~" not in told["status"]
        assert ("waits 0:13" in told["status"]) == waits


@pytest.mark.parametrize(
    ("status", "has_ended"), [("RUNNING", False), ("QUEUED", False), ("FAILED", True)]
)
def test_a_job_that_runs_by_the_plan_has_no_error_of_its_run(status: str, has_ended: bool) -> None:
    failed = Job(
        id="run-ingest_raw",
        status="FAILED",
        created_at=NOW - timedelta(seconds=13),
        started_at=NOW - timedelta(seconds=12),
        finished_at=NOW - timedelta(seconds=2),
        exit_code=3,
        error_message="ValueError: no such column",
    )
    statuses = loaded_pipeline(sixteen(ingest_raw=status), {}).statuses
    facts = node_facts(ViewModel(statuses, NOW, {failed.id: failed}), "ingest_raw")
    told = {fact.label: fact.value.text for fact in facts}
    assert ("error" in told) is has_ended
    assert ("finished" in told) is has_ended
    assert ("exit" in told["status"]) is has_ended


def test_a_large_group_is_counted_and_not_all_of_it_named() -> None:
    everything = known(thousand())
    facts = group_facts(everything, tuple(everything.plan.nodes))
    assert facts[0].value.text == "1000"
    assert facts[1].value.text.startswith("612 done, 14 running, 22 queued, 3 failed")
    assert facts[-1].value.text == "and 950 more"


def test_of_many_jobs_the_failed_ones_are_named_first_and_the_others_counted() -> None:
    everything = known(thousand())
    embeds = tuple(key for key in everything.plan.nodes if key.startswith("03_embed"))
    members = [fact.value.text for fact in group_facts(everything, embeds)][2:6]
    assert members == [
        *("✗ 03_embed_0042", "✗ 03_embed_0310", "✗ 03_embed_0311", "● 03_embed_0132")
    ]
    feeds = said(thousand(), "01_list")["feeds"]
    assert feeds.startswith("✓ 02_shard_000")
    assert feeds.endswith("and 468 more")


def test_a_group_names_the_pattern_of_its_edges() -> None:
    everything = known(thousand())
    groups = {group.title: group for group in group_jobs(everything.plan)}
    shards, embeds = groups["02_shard_*"], groups["03_embed_*"]
    tie = next(
        link
        for link in links(everything.plan, groups.values())
        if (link.source, link.target) == (shards.key, embeds.key)
    )
    facts = group_facts(everything, embeds.members, after=[(shards, tie)])
    assert (
        next(fact.value.text for fact in facts if fact.label == "after") == "02_shard_* ×480, 1:1"
    )


def test_a_job_that_ran_before_says_which_attempt_this_is_and_how_the_others_ended() -> None:
    sent = sixteen()
    runs = tuple(
        run.model_copy(update={"attempts": ("run-embed-1", "run-embed-2")})
        if run.job_id == "embed"
        else run
        for run in sent.job_runs
    )
    sent = sent.model_copy(update={"job_runs": runs})
    began = NOW - timedelta(minutes=10)
    first = Job.model_validate(
        {"id": "run-embed-1", "status": "FAILED", "started_at": began.isoformat(),
         "finished_at": (began + timedelta(seconds=12)).isoformat(), "error_message": "no memory"}
    )  # fmt: skip
    shown = ViewModel(loaded_pipeline(sent, {}).statuses, NOW, {first.id: first})
    told = {fact.label: fact.value.text for fact in node_facts(shown, "embed")}
    assert told["attempt"] == "3"
    assert told["before"] == "run-embe not known yet"
    texts = [fact.value.text for fact in node_facts(shown, "embed")]
    assert "✗ run-embe · ran 0:12 · no memory" in texts
    why = why_cell(shown.plan.nodes["embed"], shown)
    assert (why.text, why.shorter) == ("blocks 9 · attempt 3", ("blocks 9",))
    assert "attempt" not in {fact.label for fact in node_facts(known(sixteen()), "embed")}
