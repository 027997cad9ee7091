"""A job that came from another says so both ways."""

from studio_tui.presentation.jobs.facts import facts
from studio_tui.presentation.jobs.kinship import kin_facts
from studio_tui.presentation.jobs.rows import cells
from tests.jobs import NOON, job


def test_what_a_job_resumes_and_what_resumed_it_stand_after_its_state() -> None:
    middle, last = job(2, "FAILED"), job(3)
    said = kin_facts(facts(middle, NOON), job(1).id, (last.id,), {last.id: last})
    assert [(fact.label, fact.value.text) for fact in said[1:3]] == [
        ("resumes", "00000001…"),
        ("resumed by", "00000003… ✓ job_3.py"),
    ]
    assert (said[0], *said[3:]) == facts(middle, NOON)


def test_a_failure_that_was_mended_is_dimmed_and_names_what_mended_it() -> None:
    failed = job(2, "FAILED", error_message="RuntimeError: corrupt tile 17")
    row = cells(failed, NOON, mended_by=job(3))
    assert "mended by 00000003" in [cell.text for cell in row]
    assert {cell.tone for cell in row if cell.text} == {cell.tone for cell in row[:1]}
