"""Facts about related jobs: earlier and later attempts, and the job that was continued."""

import pytest

from studio_tui.api.related_jobs import NewerAttempt, RelatedJobs
from studio_tui.api.states import JobState
from studio_tui.presentation.cells import Tone
from studio_tui.presentation.jobs.facts import facts
from studio_tui.presentation.jobs.kinship import with_related_jobs
from tests.jobs import NOON, job, row_of


def test_the_facts_name_the_continued_and_the_continuing_job_after_the_status() -> None:
    middle, last = job(2, "FAILED"), job(3)
    shown = with_related_jobs(
        facts(middle, NOON), RelatedJobs(job(1).id, (last.id,), {last.id: last})
    )
    assert [(fact.label, fact.value.text) for fact in shown[1:3]] == [
        ("continues", "00000001…"),
        ("continued", "by 00000003… ✓ job_3.py"),
    ]
    assert (shown[0], *shown[3:]) == facts(middle, NOON)


def test_the_facts_number_the_attempt_and_name_each_other_attempt_once() -> None:
    attempts = [job(number, "FAILED") for number in (1, 2)] + [job(3), job(4)]
    ids = [each.id for each in attempts]
    jobs = {each.id: each for each in attempts}
    shown = with_related_jobs(
        facts(attempts[2], NOON),
        RelatedJobs(ids[1], (), jobs, earlier_runs=tuple(ids[:2]), later_runs=(ids[3],)),
    )
    assert [(fact.label, fact.value.text) for fact in shown[1:5]] == [
        ("attempt", "3 of 4 in its pipeline"),
        ("continues", "00000002… ✗ job_2.py"),
        ("previous", "00000001… ✗ job_1.py"),
        ("next", "00000004… ✓ job_4.py"),
    ]


def test_the_run_that_fixed_a_failure_is_named_once() -> None:
    failed, fix = job(2, "FAILED"), job(3)
    newer = NewerAttempt(fix.id, JobState.COMPLETE)
    related = RelatedJobs(None, (), {fix.id: fix}, newer_attempt=newer)
    fixed = with_related_jobs(facts(failed, NOON), related)[1]
    assert (fixed.label, fixed.value.text) == ("fixed", "by 00000003… ✓ job_3.py")
    continued = with_related_jobs(facts(failed, NOON), related._replace(continued_by=(fix.id,)))
    assert [fact.label for fact in continued[1:3] if "00000003" in fact.value.text] == ["fixed"]
    again = related._replace(newer_attempt=NewerAttempt(fix.id, JobState.FAILED))
    superseded = with_related_jobs(facts(failed, NOON), again)[1]
    assert (superseded.label, superseded.value.text) == ("newer", "attempt 00000003… ✓ job_3.py")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (JobState.COMPLETE, "fixed by 00000003"),
        (JobState.RUNNING, "superseded by 00000003, running"),
    ],
)
def test_the_row_of_a_failure_with_a_newer_attempt_is_dimmed_and_names_the_attempt(
    state: JobState, words: str
) -> None:
    failed = job(2, "FAILED", error_message="RuntimeError: corrupt tile 17")
    row = row_of(failed, NOON, newer_attempt=NewerAttempt(job(3).id, state))
    assert words in [cell.text for cell in row]
    assert row[-1].shorter[-1] == words.split(maxsplit=1)[0]
    assert {cell.tone for cell in row if cell.text} == {Tone.DIM}
