"""Which job continues or repeats which."""

from studio_tui.api.models import JobInput
from studio_tui.service.commands.origins import Origins
from studio_tui.service.commands.submitted import RelatedRequest, Submitted, edited_request
from tests.jobs import job


def origins_of(*pairs: tuple[int, int]) -> Origins:
    """Return the origins if the first job of each pair continued the second."""
    origins = Origins()
    for later, earlier in pairs:
        origins.note(job(later).id, Submitted(rerun_from_job_id=job(earlier).id))
    return origins


def test_a_continued_job_has_its_successors_and_they_have_their_origin() -> None:
    origins = origins_of((2, 1), (3, 1))
    assert origins.origin(job(2).id) == job(1).id
    assert origins.origin(job(1).id) is None
    assert origins.continued_by(job(1).id) == (job(2).id, job(3).id)


def test_the_later_runs_of_a_job_continue_or_repeat_it() -> None:
    origins = origins_of((3, 2), (4, 1))
    changes = origins.changes
    origins.note(job(2).id, Submitted(repeats=job(1).id))
    assert origins.changes == changes + 1
    assert origins.later_runs() == {
        job(1).id: (job(4).id, job(2).id),
        job(2).id: (job(3).id,),
    }
    assert origins.origin(job(2).id) is None


def test_a_job_counts_as_not_looked_up_until_its_submission_was_looked_up() -> None:
    origins = Origins()
    for _ in range(2):
        assert origins.not_looked_up([job(1), job(2)]) == [job(1).id, job(2).id]
    origins.note_looked_up(
        [job(1).id, job(2).id], {job(1).id: Submitted(rerun_from_job_id=job(3).id)}
    )
    assert origins.not_looked_up([job(2), job(3)]) == [job(3).id]


def test_a_job_that_is_no_longer_listed_counts_as_not_looked_up() -> None:
    origins = Origins()
    origins.note_looked_up([job(1).id], {})
    assert origins.not_looked_up([job(1)]) == []
    origins.not_looked_up([job(2)])
    assert origins.not_looked_up([job(1)]) == [job(1).id]


def test_manual_runs_and_replaced_schedules_are_listed_once_even_if_links_form_a_cycle() -> None:
    origins = Origins()
    for _ in range(2):
        origins.note_looked_up(
            "abc",
            {
                "run": Submitted(run_of="a"),
                "b": Submitted(replaces="a"),
                "c": Submitted(replaces="b"),
                "a": Submitted(replaces="c"),
            },
        )
    assert origins.manual_runs("a") == ("run",)
    assert origins.manual_runs("b") == ()
    assert origins.with_replaced_schedules("c") == ("c", "b", "a")
    assert origins.with_replaced_schedules("other") == ("other",)


def test_the_relations_of_a_request_to_other_jobs_are_recorded_and_not_sent() -> None:
    request = JobInput(query="print(1)", team_name="local", workers=2)
    manual_run = RelatedRequest.of(request, run_of="a")
    assert manual_run.model_dump_json(exclude_none=True) == request.model_dump_json(
        exclude_none=True
    )
    assert Submitted.of(manual_run.model_copy(update={"query_name": "b"}), {}).run_of == "a"
    assert Submitted.of(request, {}).run_of is None
    repeat = RelatedRequest.of(request, repeats="b")
    assert repeat.model_dump_json(exclude_none=True) == request.model_dump_json(exclude_none=True)
    assert Submitted.of(repeat, {}).repeats == "b"


def test_an_edited_run_repeats_its_job_unless_it_has_another_name_or_continues_it() -> None:
    original = JobInput(query="1/0", query_name="a.py", team_name="local")
    fixed = original.model_copy(update={"query": "print(1)"})
    related = edited_request(fixed, original, "b")
    assert Submitted.of(related, {}).repeats == "b"
    assert related.model_dump_json(exclude_none=True) == fixed.model_dump_json(exclude_none=True)
    for changes in ({"query_name": "c.py"}, {"rerun_from_job_id": "b"}):
        other = original.model_copy(update=changes)
        assert edited_request(other, original, "b") is other
