"""Waiting jobs of a pipeline do not flood a list; jobs of one kind are grouped."""

from studio_tui.api.models import Job, Pipeline
from studio_tui.presentation.jobs.filters import JOBS
from studio_tui.presentation.jobs.groups import MANY, JobGrouping
from studio_tui.presentation.lists.listing import Listing
from studio_tui.service.polling.pipelines_feed import PipelineList
from studio_tui.tui.frame.list_view import ListView, ViewHolder
from studio_tui.tui.jobs.job_groups import JobGroups
from tests.jobs import NOON, job


class List:
    """A list of jobs, some of which are of a pipeline."""

    def __init__(self, states: list[str], group: str = "none") -> None:
        self.jobs = [job(number, state) for number, state in enumerate(states)]
        self.shown = 0
        self.rows: Listing[Job] = Listing(JOBS)
        self.rows.replace(self.jobs)
        self.groups = JobGroups(self.rows, ViewHolder(ListView(group=group)), self.show)

    def show(self) -> None:
        self.shown += 1

    def run_all(self, name: str = "rathe-kyat") -> bool:
        runs = [{"job_id": f"o{n}", "created_job_id": one.id} for n, one in enumerate(self.jobs)]
        pipeline = Pipeline.model_validate({"pipeline_id": "p", "name": name, "job_runs": runs})
        return self.groups.read_pipelines(PipelineList((pipeline,)))

    def arranged(self) -> list[str]:
        return list(self.groups.arrange([one.id for one in self.jobs]))


def test_more_jobs_than_a_few_that_wait_for_their_pipeline_are_one_row() -> None:
    at = List(["RUNNING", *["PENDING"] * 188, "FAILED"])
    assert at.run_all()
    rows = at.arranged()
    assert rows == [at.jobs[0].id, "▸rathe-kyat", at.jobs[-1].id]
    assert len(at.groups.members(rows[1])) == 188
    at.groups.toggle(rows[1])
    assert len(at.arranged()) == 191
    assert at.shown == 1


def test_a_few_waiting_jobs_are_not_grouped() -> None:
    at = List(["PENDING"] * MANY)
    at.run_all()
    assert at.arranged() == [one.id for one in at.jobs]


def test_a_waiting_job_without_a_known_pipeline_is_not_grouped() -> None:
    at = List(["PENDING"] * 100)
    assert at.arranged() == [one.id for one in at.jobs]


def test_by_pipeline_earlier_attempts_are_in_its_group() -> None:
    at = List(["COMPLETE", "FAILED", "FAILED", "COMPLETE"], "pipeline")
    first, *attempts, last = [one.id for one in at.jobs]
    runs = [
        {"job_id": "o1", "created_job_id": first},
        {"job_id": "o2", "created_job_id": last, "attempts": attempts},
    ]
    pipeline = Pipeline.model_validate({"pipeline_id": "p", "name": "rathe-kyat", "job_runs": runs})
    at.groups.read_pipelines(PipelineList((pipeline,)))
    row = at.arranged()[0]
    assert at.groups.members(row) == (first, *attempts, last)


def test_by_pipeline_what_failed_or_runs_stays_in_sight() -> None:
    at = List(["COMPLETE", "FAILED", "QUEUED", "RUNNING", "CANCELED"], "pipeline")
    at.run_all()
    assert at.arranged() == ["▸rathe-kyat", at.jobs[1].id, at.jobs[3].id]
    assert at.groups.pipeline_of(at.jobs[0].id) == "rathe-kyat"
    assert at.groups.jobs_of("▸rathe-kyat")[0].id == at.jobs[1].id


def test_the_row_of_a_job_is_its_own_or_that_of_its_group() -> None:
    at = List(["COMPLETE", "FAILED", "QUEUED"], "pipeline")
    at.run_all()
    at.arranged()
    assert [at.groups.row_of(one.id) for one in at.jobs] == [
        "▸rathe-kyat", at.jobs[1].id, "▸rathe-kyat",
    ]  # fmt: skip
    assert at.groups.row_of("unknown") == "unknown"


def test_the_same_answer_again_is_no_news() -> None:
    at = List(["COMPLETE"])
    known = PipelineList()
    assert not at.groups.read_pipelines(None)
    assert not at.groups.read_pipelines(known)
    assert at.run_all()
    assert not at.run_all()


def test_a_grouping_that_is_not_known_is_none() -> None:
    assert List([], "colour").groups.grouping is JobGrouping.NONE


def test_a_row_is_marked_once_all_of_its_jobs_are() -> None:
    at = List(["COMPLETE"] * 3, "pipeline")
    at.run_all()
    at.arranged()
    ids = [one.id for one in at.jobs]
    assert at.groups.marked_rows(frozenset(ids)) == {*ids, "▸rathe-kyat"}
    assert at.groups.marked_rows(frozenset(ids[:2])) == frozenset(ids[:2])


def test_a_group_whose_jobs_have_gone_says_nothing() -> None:
    at = List(["COMPLETE"] * 3, "pipeline")
    at.run_all()
    at.arranged()
    at.rows.replace([])
    assert not any(getattr(cell, "text", "") for cell in at.groups.cells_of("▸rathe-kyat", NOON))
