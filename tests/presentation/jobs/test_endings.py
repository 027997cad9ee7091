"""The message about jobs or pipelines that have ended, for any number of them."""

from datetime import timedelta

from studio_tui.presentation.jobs.endings import ended_jobs_message, ended_pipelines_message
from tests.jobs import job
from tests.pipelines import pipeline


def test_the_message_about_one_job_has_its_name_state_run_time_and_cause() -> None:
    assert ended_jobs_message([job(1)]) == "✓ job_1.py is done after 1:00"
    failed = job(2, "FAILED", error_message="RuntimeError: corrupt tile 17\nmore")
    assert (
        ended_jobs_message([failed])
        == "✗ job_2.py failed after 1:00: RuntimeError: corrupt tile 17"
    )
    full_message = "The query ended with exit code 1; its last output: no such bucket"
    assert ended_jobs_message([job(2, "FAILED", error_message=full_message)]).endswith(
        ": “no such bucket”, exit code 1"
    )
    begun = job(1).started_at
    assert begun is not None
    query = {
        "name": "running_query",
        "started_at": begun,
        "finished_at": begun + timedelta(seconds=42),
    }
    # As in lists, the run time is that of the query.
    assert ended_jobs_message([job(1, steps=[query])]) == "✓ job_1.py is done after 0:42"
    assert ended_jobs_message([job(3, "CANCELED")]) == "◇ job_3.py was canceled after 1:00"


def test_the_message_about_many_jobs_counts_them_and_names_the_first_failures() -> None:
    jobs = [job(number, "FAILED" if number % 2 else "COMPLETE") for number in range(10)]
    assert ended_jobs_message(jobs) == (
        "10 jobs ended: ✓ 5 complete, ✗ 5 failed\nfailed: job_1.py, job_3.py, job_5.py and 2 more"
    )


def test_a_long_error_is_cut_with_an_ellipsis() -> None:
    message = ended_jobs_message([job(1, "FAILED", error_message="x" * 5000)])
    assert message.endswith("x…")
    assert len(message) < 200


def test_the_message_about_pipelines_names_one_and_counts_several() -> None:
    done, failed = pipeline(1, "COMPLETED", {}), pipeline(2, "FAILED", {})
    assert ended_pipelines_message([done]).startswith("✓ Pipeline ")
    assert "2 pipelines ended: ✓ 1 complete, ✗ 1 failed" in ended_pipelines_message([done, failed])


def test_a_job_that_did_not_run_is_not_reported_as_canceled() -> None:
    skipped = job(1, "DID_NOT_RUN", started_at=None)
    assert ended_jobs_message([skipped]) == "◇ job_1.py did not run"
    assert "◇ 2 did not run" in ended_jobs_message([skipped, skipped])
