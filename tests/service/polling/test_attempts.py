"""Earlier runs of a pipeline's job: as sent by Studio, or as observed."""

from studio_tui.api.models import Pipeline
from studio_tui.service.polling.attempts import AttemptIndex, all_runs, with_attempts
from tests.pipelines import pipeline

BEFORE = pipeline(runs={"a": "FAILED", "b": "PENDING"})


def rerun(run_id: str, *attempts: str) -> Pipeline:
    """Return the pipeline with another run of its first job."""
    first, *others = BEFORE.job_runs
    now = first.model_copy(update={"created_job_id": run_id, "attempts": attempts})
    return BEFORE.model_copy(update={"job_runs": (now, *others)})


def test_a_replaced_run_is_remembered_if_studio_does_not_list_it() -> None:
    second = with_attempts(rerun("run-2"), BEFORE)
    assert second.job_runs[0].attempts == ("run-1-a",)
    third = with_attempts(rerun("run-3"), second)
    assert third.job_runs[0].attempts == ("run-1-a", "run-2")
    assert with_attempts(rerun("run-3"), third).job_runs[0].attempts == ("run-1-a", "run-2")


def test_attempts_sent_by_studio_count_and_nothing_is_made_up() -> None:
    told = rerun("run-3", "run-1", "run-2")
    assert with_attempts(told, BEFORE) == told
    assert with_attempts(BEFORE, None) == BEFORE
    assert with_attempts(BEFORE, BEFORE) is BEFORE


def test_earlier_runs_are_asked_about_like_others() -> None:
    ids = [run.created_job_id for run in all_runs(rerun("run-3", "run-1", "run-2"))]
    assert ids == ["run-3", "run-1", "run-2", "run-1-b"]


def test_the_runs_before_and_after_one_are_found() -> None:
    index, known = AttemptIndex(), (rerun("run-3", "run-1", "run-2"),)
    assert index.earlier_and_later_runs("run-2", known) == (("run-1",), ("run-3",))
    assert index.earlier_and_later_runs("run-1-b", known) == ((), ())
    assert index.earlier_and_later_runs("run-2", (BEFORE,)) == ((), ())
