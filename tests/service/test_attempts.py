"""Earlier runs of a pipeline's job: as sent by Studio, or as observed."""

from studio_tui.api.models import Pipeline
from studio_tui.service.attempts import all_runs, earlier_and_later_runs, with_attempts
from tests.pipelines import pipeline

ORIGINAL = pipeline(runs={"a": "FAILED", "b": "PENDING"})


def rerun(run_id: str, *attempts: str) -> Pipeline:
    """Return the pipeline with another run of its first job."""
    first, *others = ORIGINAL.job_runs
    repeated = first.model_copy(update={"created_job_id": run_id, "attempts": attempts})
    return ORIGINAL.model_copy(update={"job_runs": (repeated, *others)})


def test_a_replaced_run_is_remembered_if_studio_does_not_list_it() -> None:
    second = with_attempts(rerun("run-2"), ORIGINAL)
    assert second.job_runs[0].attempts == ("run-1-a",)
    third = with_attempts(rerun("run-3"), second)
    assert third.job_runs[0].attempts == ("run-1-a", "run-2")
    assert with_attempts(rerun("run-3"), third).job_runs[0].attempts == ("run-1-a", "run-2")


def test_attempts_that_studio_lists_are_not_changed() -> None:
    listed = rerun("run-3", "run-1", "run-2")
    assert with_attempts(listed, ORIGINAL) == listed
    assert with_attempts(ORIGINAL, None) == ORIGINAL
    assert with_attempts(ORIGINAL, ORIGINAL) is ORIGINAL


def test_all_runs_of_a_pipeline_include_earlier_attempts() -> None:
    ids = [run.created_job_id for run in all_runs(rerun("run-3", "run-1", "run-2"))]
    assert ids == ["run-3", "run-1", "run-2", "run-1-b"]


def test_the_runs_before_and_after_a_run_are_found() -> None:
    pipelines = (rerun("run-3", "run-1", "run-2"),)
    assert earlier_and_later_runs("run-2", pipelines) == (("run-1",), ("run-3",))
    assert earlier_and_later_runs("run-1-b", pipelines) == ((), ())
    assert earlier_and_later_runs("run-2", (ORIGINAL,)) == ((), ())
