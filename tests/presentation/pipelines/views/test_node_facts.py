"""The facts about a job or group that the drawer beside the views shows."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given

from studio_tui.api.models import Cluster, DatasetVersion, Job, Pipeline
from studio_tui.presentation.jobs.waiting import Surroundings
from studio_tui.presentation.pipelines.graph.view_model import ViewModel, loaded_pipeline
from studio_tui.presentation.pipelines.views.groups import group_jobs
from studio_tui.presentation.pipelines.views.node_cells import why_cell
from studio_tui.presentation.pipelines.views.node_facts import group_facts, node_facts
from tests.presentation.pipelines.graphs import any_pipelines
from tests.presentation.pipelines.sample import sixteen, thousand

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def view_model(pipeline: Pipeline) -> ViewModel:
    return ViewModel(loaded_pipeline(pipeline, {}).statuses, NOW)


def facts_of(pipeline: Pipeline, node_id: str) -> dict[str, str]:
    """Return the facts by label; a fact without a label continues the one above."""
    by_label: dict[str, str] = {}
    label = ""
    for fact in node_facts(view_model(pipeline), node_id):
        label = fact.label or label
        by_label[label] = (
            f"{by_label[label]}\n{fact.value.text}" if label in by_label else fact.value.text
        )
    return by_label


@given(any_pipelines())
def test_all_parents_and_children_are_named_or_counted(pipeline: Pipeline) -> None:
    plan = view_model(pipeline).plan
    for node in plan.nodes.values():
        by_label = facts_of(pipeline, node.id)
        for label, kin in (("after", node.parents), ("feeds", node.children)):
            lines = by_label[label].splitlines() if kin else []
            names = {plan.nodes[each].name for each in kin}.intersection(line[2:] for line in lines)
            omitted = sum(int(line.split()[1]) for line in lines if line.startswith("and "))
            assert len(names) + omitted == len(kin)


def test_a_blocked_job_names_the_failure_and_the_key_that_goes_there() -> None:
    by_label = facts_of(sixteen(), "publish")
    assert by_label["status"] == "⊘ BLOCKED"
    assert by_label["why"] == "blocked by embed, which failed  (W goes there)"
    assert by_label["after"] == "⊘ export"
    assert by_label["feeds"] == "no other job waits for it"
    assert facts_of(sixteen(), "embed")["blocks"] == "9 jobs"


def test_a_job_has_the_id_of_its_run_and_names_the_job_that_it_repeats() -> None:
    pipeline = sixteen()
    (embed,) = (run for run in pipeline.job_runs if run.job_id == "embed")
    by_label = facts_of(pipeline, "embed")
    assert (by_label["id"], by_label["repeats"]) == (embed.created_job_id, "embed…")
    own = embed.model_copy(update={"created_job_id": "embed"})
    by_label = facts_of(pipeline.model_copy(update={"job_runs": (own,)}), "embed")
    assert by_label["id"] == "embed"
    assert "repeats" not in by_label


def test_the_datasets_of_a_run_are_listed_with_their_versions() -> None:
    datasets = (
        DatasetVersion(dataset_name="a.b.thumbs", version="1.0.3"),
        DatasetVersion(dataset_name="a.b.sizes"),
    )
    facts = node_facts(view_model(sixteen()), "thumbs", datasets=datasets)
    texts = [fact.value.text for fact in facts]
    assert "a.b.thumbs@1.0.3" in texts
    assert "a.b.sizes" in texts


def test_a_job_older_than_the_plan_shows_no_time_in_the_queue_or_running() -> None:
    gpu = Cluster.model_validate({"id": 1, "name": "gpu", "max_workers": 4, "busy_workers": 4})
    queued = Job.model_validate(
        {"id": "run-ingest_raw", "status": "QUEUED", "compute_cluster_name": "gpu",
         "created_at": NOW - timedelta(seconds=13)}
    )  # fmt: skip
    for status, waits in (("RUNNING", False), ("QUEUED", True)):
        model = ViewModel(
            loaded_pipeline(sixteen(ingest_raw=status), {}).statuses, NOW, {queued.id: queued}
        )
        facts = node_facts(model, "ingest_raw", surroundings=Surroundings((gpu,)))
        by_label = {fact.label: fact.value.text for fact in facts}
        assert ("waits for" in by_label) == waits
        assert "for ~" not in by_label["status"]
        assert ("waits 0:13" in by_label["status"]) == waits


@pytest.mark.parametrize(
    ("status", "has_ended"), [("RUNNING", False), ("QUEUED", False), ("FAILED", True)]
)
def test_the_end_of_an_earlier_run_is_hidden_while_the_job_runs_or_is_queued(
    status: str, has_ended: bool
) -> None:
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
    by_label = {fact.label: fact.value.text for fact in facts}
    assert ("error" in by_label) is has_ended
    assert ("finished" in by_label) is has_ended
    assert ("exit" in by_label["status"]) is has_ended


def test_the_facts_of_a_large_group_count_its_jobs_and_name_only_some() -> None:
    model = view_model(thousand())
    facts = group_facts(model, tuple(model.plan.nodes))
    assert facts[0].value.text == "1000"
    assert facts[1].value.text.startswith("612 done, 14 running, 22 queued, 3 failed")
    assert facts[-1].value.text == "and 950 more"


def test_failed_jobs_are_named_first_and_omitted_jobs_are_counted() -> None:
    model = view_model(thousand())
    embeds = tuple(key for key in model.plan.nodes if key.startswith("03_embed"))
    members = [fact.value.text for fact in group_facts(model, embeds)][2:6]
    assert members == [
        *("✗ 03_embed_0042", "✗ 03_embed_0310", "✗ 03_embed_0311", "● 03_embed_0132")
    ]
    feeds = facts_of(thousand(), "01_list")["feeds"]
    assert feeds.startswith("✓ 02_shard_000")
    assert feeds.endswith("and 468 more")


def test_a_group_names_the_groups_that_it_waits_for() -> None:
    model = view_model(thousand())
    groups = {group.title: group for group in group_jobs(model.plan)}
    shards, embeds = groups["02_shard_*"], groups["03_embed_*"]
    facts = group_facts(model, embeds.members, after=[shards])
    assert next(fact.value.text for fact in facts if fact.label == "after") == "02_shard_* ×480"


def test_a_repeated_job_shows_its_attempt_and_how_earlier_attempts_ended() -> None:
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
    model = ViewModel(loaded_pipeline(sent, {}).statuses, NOW, {first.id: first})
    by_label = {fact.label: fact.value.text for fact in node_facts(model, "embed")}
    assert by_label["attempt"] == "3"
    assert by_label["before"] == "run-embe not known"
    texts = [fact.value.text for fact in node_facts(model, "embed")]
    assert "✗ run-embe · ran 0:12 · no memory" in texts
    why = why_cell(model.plan.nodes["embed"], model)
    assert (why.text, why.shorter) == ("blocks 9 · attempt 3", ("blocks 9",))
    assert "attempt" not in {fact.label for fact in node_facts(view_model(sixteen()), "embed")}
