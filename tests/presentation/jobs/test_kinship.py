"""Facts about related jobs: earlier and later attempts, and what was continued."""

from studio_tui.presentation.jobs.facts import facts
from studio_tui.presentation.jobs.kinship import with_related_jobs
from studio_tui.presentation.jobs.rows import cells
from studio_tui.service.polling.attempts import RelatedJobs
from tests.jobs import NOON, job


def test_the_jobs_that_a_job_continues_and_is_continued_by_follow_its_state() -> None:
    middle, last = job(2, "FAILED"), job(3)
    said = with_related_jobs(
        facts(middle, NOON), RelatedJobs(job(1).id, (last.id,), {last.id: last})
    )
    assert [(fact.label, fact.value.text) for fact in said[1:3]] == [
        ("continues", "00000001…"),
        ("continued", "by 00000003… ✓ job_3.py"),
    ]
    assert (said[0], *said[3:]) == facts(middle, NOON)


def test_a_run_of_several_says_which_attempt_it_is_and_names_the_others_once() -> None:
    runs = [job(number, "FAILED") for number in (1, 2)] + [job(3), job(4)]
    ids = [each.id for each in runs]
    jobs = {each.id: each for each in runs}
    said = with_related_jobs(
        facts(runs[2], NOON),
        RelatedJobs(ids[1], (), jobs, earlier_runs=tuple(ids[:2]), later_runs=(ids[3],)),
    )
    assert [(fact.label, fact.value.text) for fact in said[1:5]] == [
        ("attempt", "3 of 4 in its pipeline"),
        ("continues", "00000002… ✗ job_2.py"),
        ("previous", "00000001… ✗ job_1.py"),
        ("next", "00000004… ✓ job_4.py"),
    ]


def test_the_run_that_fixed_a_failure_is_named_once() -> None:
    failed, fix = job(2, "FAILED"), job(3)
    related = RelatedJobs(None, (), {fix.id: fix}, fixing_run=fix.id)
    fixed = with_related_jobs(facts(failed, NOON), related)[1]
    assert (fixed.label, fixed.value.text) == ("fixed", "by 00000003… ✓ job_3.py")
    continued = with_related_jobs(facts(failed, NOON), related._replace(successors=(fix.id,)))
    assert [fact.label for fact in continued[1:3] if "00000003" in fact.value.text] == ["continued"]


def test_a_failure_that_was_fixed_is_dimmed_and_names_what_fixed_it() -> None:
    failed = job(2, "FAILED", error_message="RuntimeError: corrupt tile 17")
    row = cells(failed, NOON, fixed_by=job(3).id)
    assert "fixed by 00000003" in [cell.text for cell in row]
    assert {cell.tone for cell in row if cell.text} == {cell.tone for cell in row[:1]}
