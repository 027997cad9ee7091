import json
from collections.abc import Iterable
from datetime import timedelta

from studio_tui.api.models import Job, Pipeline
from studio_tui.presentation.cells import Tone
from studio_tui.presentation.jobs.facts import FactLine
from studio_tui.presentation.pipelines.facts import (
    GRID_JOBS,
    MOST_NAMED,
    PipelineContext,
    facts,
    grid,
    jobs_with_logs,
    raw_json,
)
from studio_tui.presentation.pipelines.rows import Overview
from tests.hostile import HOSTILE, controls, controls_of_lines
from tests.jobs import NOON, job
from tests.pipelines import pipeline


def context(*jobs: Job) -> PipelineContext:
    return PipelineContext(Overview(), {known.id: known for known in jobs}, NOON)


def told(shown: Pipeline, *jobs: Job) -> dict[str, str]:
    found: dict[str, str] = {}
    label = ""
    for fact in facts(shown, context(*jobs)):
        label = fact.label or label
        found[label] = f"{found[label]}\n{fact.value.text}" if label in found else fact.value.text
    return found


def lines(found: Iterable[FactLine]) -> list[list[str]]:
    return [[cell.text for cell in line.cells if cell.text] for line in found]


def test_a_failure_is_shown_with_its_reason_and_what_it_blocks() -> None:
    failed = pipeline(1, "FAILED", {"a": "FAILED", "b": "PENDING"}, error_message="a.py failed\n")
    run = job(1, "FAILED", id="run-1-a", error_message="\n\nKeyError: 'path'\nmore")
    said = told(failed, run)
    assert said["status"] == "✗ FAILED"
    assert said["jobs"] == "2: 1 failed, 1 blocked"
    assert "error" not in said
    assert said["failed"] == "a.py · KeyError: 'path' · blocks 1"


def test_a_pipelines_error_is_shown_beside_failures_if_it_adds_something() -> None:
    jobs = {"a": "FAILED", "b": "FAILED"}
    runs = [job(1, "FAILED", id=f"run-1-{key}", error_message="KeyError: 'path'") for key in jobs]
    for error in ("a.py (run-1-a) failed, and 1 more: KeyError: 'path'", "KeyError: 'path'"):
        assert "error" not in told(pipeline(1, "FAILED", jobs, error_message=error), *runs)
    for error in ("a.py failed: the disk is full", "No worker of gpu-a10 answers"):
        assert told(pipeline(1, "FAILED", jobs, error_message=error), *runs)["error"] == error


def test_all_warnings_of_studio_are_shown() -> None:
    warned = pipeline(1, "PAUSED", {"a": "PENDING"}, warnings=["raw stays as it is", "b is old"])
    assert told(warned)["warning"] == "⚠ raw stays as it is\n⚠ b is old"
    assert "warning" not in told(pipeline(1, "PAUSED", {"a": "PENDING"}))


def test_many_failures_are_named_up_to_a_number() -> None:
    said = told(pipeline(1, "FAILED", job_runs=[
        {"job_id": f"j{number}", "name": f"{number}.py", "status": "FAILED"}
        for number in range(MOST_NAMED + 3)
    ]))  # fmt: skip
    assert said["failed"].count(".py") == MOST_NAMED
    assert said["failed"].endswith("and 3 more")


def test_a_pause_says_what_it_means_and_what_runs_says_for_how_long() -> None:
    paused = pipeline(1, "PAUSED", {"a": "RUNNING", "b": "PENDING"})
    said = told(paused, job(3, "RUNNING", id="run-1-a"))
    assert said["status"] == "‖ PAUSED · 1 still running, 1 waiting until resumed (p)"
    assert said["running"] == "a.py 2:55"
    assert told(paused)["running"] == "a.py"


def test_during_an_outage_run_times_stop_and_ages_continue() -> None:
    running = pipeline(1, "RUNNING", {"a": "RUNNING"})
    later = context(job(3, "RUNNING", id="run-1-a"))._replace(
        now=NOON + timedelta(hours=4), answered_at=NOON
    )
    said = {fact.label: fact.value.text for fact in facts(running, later)}
    assert said["running"] == "a.py 2:55"
    assert said["created"].endswith("(5h ago)")


def test_inconsistent_plans_and_unreadable_fields_are_shown() -> None:
    odd = pipeline(1, "RUNNING", name=7, job_runs=[{"job_id": "a", "parent_job_ids": ["gone"]}])
    said = told(odd)
    assert "inconsistent" in said
    assert said["unreadable"] == "name"


def test_the_runs_of_a_target_are_side_by_side_oldest_first() -> None:
    new = pipeline(1, "RUNNING", {"a": "COMPLETE", "b": "RUNNING", "c": "PENDING"})
    old = pipeline(5, "FAILED", {"a": "FAILED", "b": "PENDING", "gone": "PENDING"})
    other = pipeline(3, "COMPLETED", {"a": "COMPLETE"}, triggered_from="another")
    ran = job(30, "COMPLETE", id="run-1-a")
    assert lines(grid(new, (new, other, old), context(ran), 80, 0)) == [
        ["runs of local.local.report, oldest first"],
        ["5h", "▸1h"],
        ["a.py", "✗", "✓ 1:00"],
        ["b.py", "⊘", "●"],
        ["c.py", "·"],
        ["gone.py", "⊘"],
    ]


def test_the_runs_of_a_target_are_one_grid_however_it_was_named() -> None:
    runs = [
        pipeline(number, "COMPLETED", {"a": "COMPLETE"}, triggered_from=name)
        for number, name in enumerate(
            ("catalog", "catalog@1.0.0", "@local.local.catalog", "local.local.catalogue"), 1
        )
    ]
    (_, heads, _) = lines(grid(runs[0], runs, context(), 80, 0))
    assert heads == ["3h", "2h", "▸1h"]


def test_of_very_many_jobs_a_canceled_one_is_shown_as_something_wrong() -> None:
    names = {f"j{number}": "COMPLETE" for number in range(GRID_JOBS + 10)}
    good, bad = pipeline(2, "COMPLETED", names), pipeline(1, "CANCELED", names | {"j7": "CANCELED"})
    *_, row, _ = lines(grid(bad, (bad, good), context(), 80, 0))
    assert row == ["j7.py", "✓", "⊗"]


def test_a_pipeline_that_is_over_says_when_it_ended_and_how_long_it_took() -> None:
    over = pipeline(2, "COMPLETED", {"a": "COMPLETE", "b": "COMPLETE"})
    assert told(over)["took"] == "1:00", "by its own times, where its runs are not known"
    first = job(100, "COMPLETE", id="run-2-a")
    second = job(90, "COMPLETE", id="run-2-b")
    assert first.began_at is not None
    assert second.finished_at is not None
    said = told(over, first, second)
    took = int((second.finished_at - first.began_at).total_seconds())
    assert said["took"] == f"{took // 60}:{took % 60:02}"
    assert "ended" in said
    running = told(pipeline(1, "RUNNING", {"a": "RUNNING"}))
    assert running["so far"] == "1:00:00"
    assert "ended" not in running
    assert not {"ended", "took", "so far"} & told(pipeline(1, "PAUSED", {"a": "PENDING"})).keys()


def test_the_oldest_runs_go_first_where_there_is_no_room() -> None:
    runs = [pipeline(number, "COMPLETED", {"a": "COMPLETE"}) for number in range(1, 8)]
    (_, heads, _) = lines(grid(runs[0], runs, context(), 30, 0))
    assert heads == ["4h", "3h", "2h", "▸1h"]
    assert all(sum(line.widths) <= 30 for line in grid(runs[0], runs, context(), 30, 0))


def test_a_pipeline_older_than_those_that_are_shown_is_among_them() -> None:
    runs = [pipeline(number, "COMPLETED", {"a": "COMPLETE"}) for number in range(1, 20)]
    (_, heads, _) = lines(grid(runs[18], runs, context(), 200, 0))
    assert heads[0] == "▸19h"


def test_of_very_many_jobs_those_with_something_wrong_are_shown() -> None:
    names = {f"j{number}": "COMPLETE" for number in range(GRID_JOBS + 10)}
    good, bad = pipeline(2, "COMPLETED", names), pipeline(1, "FAILED", names | {"j7": "FAILED"})
    *_, row, last = lines(grid(bad, (bad, good), context(), 80, 0))
    assert row == ["j7.py", "✓", "✗"]
    assert last == [f"and {GRID_JOBS + 9} jobs more"]


def test_of_very_many_jobs_as_many_are_shown_as_there_is_room_for_failed_ones_first() -> None:
    names = {f"j{number}": "COMPLETE" for number in range(GRID_JOBS + 10)}
    good, bad = pipeline(2, "COMPLETED", names), pipeline(1, "FAILED", names | {"j7": "FAILED"})
    shown = lines(grid(bad, (bad, good), context(), 80, 12))
    assert len(shown) == 12
    assert [row[0] for row in shown[2:5]] == ["j7.py", "j0.py", "j1.py"]
    assert shown[-1] == [f"and {GRID_JOBS + 1} jobs more"]
    *_, row, _ = lines(grid(good, (good, good), context(), 80, 0))
    assert row[0] == "j0.py"


def test_jobs_of_the_same_name_are_rows_of_their_own() -> None:
    twins = [
        {"job_id": "x", "name": "same.py", "status": "COMPLETE"},
        {"job_id": "y", "name": "same.py", "status": "FAILED"},
    ]
    one, two = pipeline(1, job_runs=twins), pipeline(2, job_runs=twins)
    assert lines(grid(one, (one, two), context(), 80, 0))[2:] == [
        ["same.py", "✓", "✓"],
        ["same.py", "✗", "✗"],
    ]


def test_a_target_of_one_run_or_none_or_without_jobs_has_no_grid() -> None:
    alone = pipeline(1, "RUNNING", {"a": "RUNNING"})
    nameless = pipeline(2, triggered_from=None)
    assert grid(alone, (alone,), context(), 80, 0) == ()
    assert grid(nameless, (nameless, nameless), context(), 80, 0) == ()
    empty = pipeline(3), pipeline(4)
    assert grid(empty[0], empty, context(), 80, 0) == ()


def test_the_raw_answer_is_json_that_can_be_drawn() -> None:
    text = raw_json(pipeline(1, "RUNNING", {"a": "RUNNING"}, name=HOSTILE, total="many"))
    assert json.loads(text)["(could not be read)"] == ["total"]
    assert not controls_of_lines(text)


def test_logs_are_those_of_jobs_that_have_begun_failed_ones_first() -> None:
    shown = pipeline(1, runs={"a": "COMPLETE", "b": "RUNNING", "c": "FAILED", "d": "PENDING"})
    assert [run.name for run in jobs_with_logs(shown)] == ["c.py", "b.py", "a.py"]


def test_hostile_text_stays_text() -> None:
    runs = [{"job_id": "x", "name": HOSTILE, "status": "FAILED"}]
    shown = pipeline(1, "FAILED", job_runs=runs, name=HOSTILE, error_message=HOSTILE)
    other = pipeline(2, "FAILED", job_runs=runs)
    assert grid(shown, (shown, other), context(), 60, 0)
    for fact in facts(shown, context()):
        assert not controls_of_lines(fact.value.text)
    for line in grid(shown, (shown, other), context(), 60, 0):
        assert not any(controls(cell.text) for cell in line.cells)
        assert all(cell.tone in Tone for cell in line.cells)
