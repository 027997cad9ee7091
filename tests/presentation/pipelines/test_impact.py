import pytest

from studio_tui.presentation.pipelines.impact import (
    cancel_notes,
    ended_words,
    repeat_notes,
    repeated_by_resume,
)
from tests.pipelines import pipeline

RUNNING = {"a": "COMPLETE", "b": "RUNNING", "c": "PENDING", "d": "PENDING"}
FAILED = {**RUNNING, "b": "FAILED"}


def test_canceling_several_jobs_counts_the_other_jobs_that_wait_for_them() -> None:
    for runs, words in (
        (("run-1-b",), "1 is a job of the pipeline pipeline-1: 2 other jobs wait for it"),
        (("run-1-b", "run-1-c"), "2 are jobs of the pipeline pipeline-1: 1 other job waits"),
        (("run-1-b", "run-1-c", "run-1-d"), "pipeline-1: no other job waits."),
    ):
        (note,) = cancel_notes(pipeline(runs=RUNNING), runs)
        assert words in note
    assert cancel_notes(pipeline(runs=RUNNING), ("another",)) == ()


def test_only_a_failed_or_canceled_job_is_replaced_by_a_run_from_its_checkpoints() -> None:
    assert repeat_notes(pipeline(status="FAILED", runs=FAILED), "run-1-b") == (
        "The new job replaces it in the pipeline pipeline-1.",
        "2 jobs wait for it.",
    )
    paused = repeat_notes(pipeline(status="PAUSED", runs=FAILED), "run-1-b")
    assert paused[-1] == "2 jobs wait for it. The pipeline is paused; p resumes it."
    assert repeat_notes(pipeline(runs=FAILED), "run-1-a") == ()


def test_the_words_about_an_ended_pipeline_say_how_it_ended() -> None:
    canceled = pipeline(status="CANCELED", runs={**RUNNING, "b": "CANCELED"})
    assert ended_words(canceled) == "The pipeline has ended: canceled"


@pytest.mark.parametrize(
    ("state", "runs", "locally", "elsewhere"),
    [
        ("FAILED", FAILED, ["b.py"], ["b.py"]),
        (
            "CANCELED",
            {"a": "COMPLETE", "b": "CANCELED", "c": "FAILED"},
            ["b.py", "c.py"],
            ["b.py", "c.py"],
        ),
        ("PAUSED", FAILED, ["b.py"], []),
        ("PAUSED", {"a": "FAILED", "b": "PENDING", "c": "RUNNING"}, [], []),
        ("PAUSED", {"a": "COMPLETE", "b": "PENDING"}, [], []),
        ("RUNNING", FAILED, [], []),
    ],
)
def test_a_resumed_pipeline_repeats_stopped_jobs_if_no_other_job_can_start(
    state: str, runs: dict[str, str], locally: list[str], elsewhere: list[str]
) -> None:
    for is_local, names in ((True, locally), (False, elsewhere)):
        repeated_jobs = repeated_by_resume(pipeline(1, state, runs), is_local=is_local)
        assert [node.name for node in repeated_jobs] == names
