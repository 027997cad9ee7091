import json
from collections.abc import Iterable
from datetime import timedelta

import pytest

from studio_tui.api.models import Job, Pipeline
from studio_tui.presentation.cells import Tone
from studio_tui.presentation.jobs.facts import FactLine, as_json
from studio_tui.presentation.pipelines.facts import (
    GRID_JOBS,
    MOST_NAMED,
    PipelineContext,
    facts,
    grid,
    jobs_with_logs,
)
from studio_tui.presentation.pipelines.graph.estimate import Estimate
from studio_tui.presentation.pipelines.rows import StatusCache
from tests.hostile import HOSTILE, control_characters, control_characters_of_lines
from tests.jobs import NOON, job
from tests.pipelines import pipeline


def context(*jobs: Job) -> PipelineContext:
    return PipelineContext(StatusCache(), {each.id: each for each in jobs}, NOON, NOON)


def facts_by_label(shown: Pipeline, *jobs: Job) -> dict[str, str]:
    """Return the facts by label; a fact without a label continues the one above."""
    values: dict[str, str] = {}
    label = ""
    for fact in facts(shown, context(*jobs)):
        label = fact.label or label
        text = fact.value.text
        values[label] = f"{values[label]}\n{text}" if label in values else text
    return values


def texts(lines: Iterable[FactLine]) -> list[list[str]]:
    return [[cell.text for cell in line.cells if cell.text] for line in lines]


def test_a_failure_is_shown_with_its_reason_and_what_it_blocks() -> None:
    failed = pipeline(1, "FAILED", {"a": "FAILED", "b": "PENDING"}, error_message="a.py failed\n")
    run = job(1, "FAILED", id="run-1-a", error_message="\n\nKeyError: 'path'\nmore")
    values = facts_by_label(failed, run)
    assert values["status"] == "✗ FAILED"
    assert values["jobs"] == "2: 1 failed, 1 blocked"
    assert "error" not in values
    assert values["failed"] == "a.py · KeyError: 'path' · blocks 1"


def test_the_error_of_a_pipeline_is_shown_only_if_no_error_of_its_jobs_is_known() -> None:
    failed = pipeline(1, "FAILED", {"a": "FAILED"}, error_message="The disk is full")
    assert facts_by_label(failed)["error"] == "The disk is full"
    run = job(1, "FAILED", id="run-1-a", error_message="KeyError: 'path'")
    assert "error" not in facts_by_label(failed, run)


def test_all_warnings_of_studio_are_shown() -> None:
    warned = pipeline(
        1, "PAUSED", {"a": "PENDING"}, warnings=["local.local.raw stays as it is", "b is old"]
    )
    assert facts_by_label(warned)["warning"] == "⚠ raw stays as it is\n⚠ b is old"
    assert "warning" not in facts_by_label(pipeline(1, "PAUSED", {"a": "PENDING"}))


def test_only_the_first_of_many_failures_are_named() -> None:
    values = facts_by_label(pipeline(1, "FAILED", job_runs=[
        {"job_id": f"j{number}", "name": f"{number}.py", "status": "FAILED"}
        for number in range(MOST_NAMED + 3)
    ]))  # fmt: skip
    assert values["failed"].count(".py") == MOST_NAMED
    assert values["failed"].endswith("and 3 more")


def test_a_paused_pipeline_counts_its_jobs_and_shows_their_run_times() -> None:
    paused = pipeline(1, "PAUSED", {"a": "RUNNING", "b": "PENDING"})
    values = facts_by_label(paused, job(3, "RUNNING", id="run-1-a"))
    assert values["status"] == "‖ PAUSED · 1 still running, 1 waiting; p resumes it"
    assert values["running"] == "a.py 2:55"
    assert facts_by_label(paused)["running"] == "a.py"


def test_during_an_outage_run_times_stop_and_ages_continue() -> None:
    running = pipeline(1, "RUNNING", {"a": "RUNNING"})
    later = context(job(3, "RUNNING", id="run-1-a"))._replace(
        now=NOON + timedelta(hours=4), until=NOON
    )
    values = {fact.label: fact.value.text for fact in facts(running, later)}
    assert values["running"] == "a.py 2:55"
    assert values["created"].endswith("(5h ago)")


def test_inconsistent_plans_and_unreadable_fields_are_shown() -> None:
    odd = pipeline(1, "RUNNING", name=7, job_runs=[{"job_id": "a", "parent_job_ids": ["gone"]}])
    values = facts_by_label(odd)
    assert "inconsistent" in values
    assert values["unreadable"] == "name"


def test_the_grid_shows_the_runs_of_a_target_side_by_side_oldest_first() -> None:
    new = pipeline(1, "RUNNING", {"a": "COMPLETE", "b": "RUNNING", "c": "PENDING"})
    old = pipeline(5, "FAILED", {"a": "FAILED", "b": "PENDING", "gone": "PENDING"})
    other = pipeline(3, "COMPLETED", {"a": "COMPLETE"}, triggered_from="another")
    ran = job(30, "COMPLETE", id="run-1-a")
    assert texts(grid(new, (new, other, old), context(ran), 80)) == [
        ["runs of local.local.report, oldest first"],
        ["5h", "▸1h"],
        ["a.py", "✗", "✓ 1:00"],
        ["b.py", "⊘", "●"],
        ["c.py", "·"],
        ["gone.py", "⊘"],
    ]


def test_the_grid_shows_all_runs_of_a_target_however_its_name_was_written() -> None:
    runs = [
        pipeline(number, "COMPLETED", {"a": "COMPLETE"}, triggered_from=name)
        for number, name in enumerate(
            ("catalog", "catalog@1.0.0", "@local.local.catalog", "local.local.catalogs"), 1
        )
    ]
    (_, ages, _) = texts(grid(runs[0], runs, context(), 80))
    assert ages == ["3h", "2h", "▸1h"]


@pytest.mark.parametrize(("state", "sign"), [("FAILED", "✗"), ("CANCELED", "◇")])
def test_the_grid_of_very_many_jobs_shows_problems_first(state: str, sign: str) -> None:
    states = {f"j{number}": "COMPLETE" for number in range(GRID_JOBS + 10)}
    good, bad = pipeline(2, "COMPLETED", states), pipeline(1, state, states | {"j7": state})
    _, _, first, second, *_, last = texts(grid(bad, (bad, good), context(), 80))
    assert (first, second) == (["j7.py", "✓", sign], ["j0.py", "✓", "✓"])
    assert last == ["and 10 more jobs"]


def test_an_ended_pipeline_shows_when_it_ended_and_how_long_it_took() -> None:
    ended = pipeline(2, "COMPLETED", {"a": "COMPLETE", "b": "COMPLETE"})
    assert facts_by_label(ended)["took"] == "1:00", (
        "by the times of the pipeline, as its runs are not loaded"
    )
    first = job(100, "COMPLETE", id="run-2-a")
    second = job(90, "COMPLETE", id="run-2-b")
    assert first.began_at is not None
    assert second.finished_at is not None
    values = facts_by_label(ended, first, second)
    took = int((second.finished_at - first.began_at).total_seconds())
    assert values["took"] == f"{took // 60}:{took % 60:02}"
    assert "ended" in values
    running = facts_by_label(pipeline(1, "RUNNING", {"a": "RUNNING"}))
    assert running["so far"] == "1:00:00"
    assert "ended" not in running
    assert (
        not {"ended", "took", "so far"}
        & facts_by_label(pipeline(1, "PAUSED", {"a": "PENDING"})).keys()
    )


def test_a_narrow_grid_omits_the_oldest_runs() -> None:
    runs = [pipeline(number, "COMPLETED", {"a": "COMPLETE"}) for number in range(1, 8)]
    (_, ages, _) = texts(grid(runs[0], runs, context(), 30))
    assert ages == ["4h", "3h", "2h", "▸1h"]
    assert all(sum(line.widths) <= 30 for line in grid(runs[0], runs, context(), 30))


def test_the_grid_includes_the_current_pipeline_even_if_it_is_old_and_the_grid_narrow() -> None:
    runs = [pipeline(number, "COMPLETED", {"a": "COMPLETE"}) for number in range(1, 19)]
    runs.append(pipeline(19, "COMPLETED", {"a": "COMPLETE", "first": "COMPLETE"}))
    (_, ages, *_) = texts(grid(runs[18], runs, context(), 200))
    assert ages[0] == "▸19h"
    (_, ages, *_) = texts(grid(runs[18], runs, context(), 30))
    assert ages == ["▸19h", "3h", "2h", "1h"]
    (_, ages, row) = texts(grid(runs[0], [*runs[:6], runs[18]], context(), 20))
    assert (ages, row[0]) == (["▸1h"], "a.py")


def test_jobs_with_the_same_name_have_separate_rows() -> None:
    twins = [
        {"job_id": "x", "name": "same.py", "status": "COMPLETE"},
        {"job_id": "y", "name": "same.py", "status": "FAILED"},
    ]
    newer, older = pipeline(1, job_runs=twins), pipeline(2, job_runs=twins)
    assert texts(grid(newer, (newer, older), context(), 80))[2:] == [
        ["same.py", "✓", "✓"],
        ["same.py", "✗", "✗"],
    ]


def test_a_target_with_fewer_than_two_runs_or_without_jobs_has_no_grid() -> None:
    alone = pipeline(1, "RUNNING", {"a": "RUNNING"})
    nameless = pipeline(2, triggered_from=None)
    assert grid(alone, (alone,), context(), 80) == ()
    assert grid(nameless, (nameless, nameless), context(), 80) == ()
    empty = pipeline(3), pipeline(4)
    assert grid(empty[0], empty, context(), 80) == ()


def test_the_raw_response_is_json_without_control_characters() -> None:
    text = as_json(pipeline(1, "RUNNING", {"a": "RUNNING"}, name=HOSTILE, total="many"))
    assert json.loads(text)["(could not be read)"] == ["total"]
    assert not control_characters_of_lines(text)
    assert "hunter2" not in as_json(pipeline(1, name="https://u:hunter2@example.org"))


def test_jobs_with_logs_are_those_that_have_started_with_failed_jobs_first() -> None:
    shown = pipeline(1, runs={"a": "COMPLETE", "b": "RUNNING", "c": "FAILED", "d": "PENDING"})
    assert [run.name for run in jobs_with_logs(shown)] == ["c.py", "b.py", "a.py"]
    other = pipeline(2, runs={"e": "COMPLETE", "f": "FAILED"})
    names = [run.name for run in jobs_with_logs(other, shown)]
    assert names == ["f.py", "c.py", "b.py", "e.py", "a.py"]


def test_hostile_text_brings_no_control_characters_into_facts() -> None:
    runs = [{"job_id": "x", "name": HOSTILE, "status": "FAILED"}]
    shown = pipeline(1, "FAILED", job_runs=runs, name=HOSTILE, error_message=HOSTILE)
    other = pipeline(2, "FAILED", job_runs=runs)
    assert grid(shown, (shown, other), context(), 60)
    for fact in facts(shown, context()):
        assert not control_characters_of_lines(fact.value.text)
    for line in grid(shown, (shown, other), context(), 60):
        assert not any(control_characters(cell.text) for cell in line.cells)
        assert all(cell.tone in Tone for cell in line.cells)


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        (Estimate(3900.0, few_runs=2), "~1h 05m, from 2 runs"),
        (
            Estimate(reason="no ETA: no past runs of b.py"),
            "unknown: no past runs of b.py",
        ),
    ],
)
def test_the_estimate_of_a_pipeline_or_why_there_is_none_is_a_fact(
    estimate: Estimate, words: str
) -> None:
    running = pipeline(1, runs={"b": "RUNNING"})
    values = facts(running, context()._replace(estimate=estimate))
    assert [fact.value.text for fact in values if fact.label == "ETA"] == [words]
    assert "ETA" not in facts_by_label(running)
