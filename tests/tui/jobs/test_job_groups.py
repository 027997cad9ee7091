"""Groups of the list of jobs: waiting jobs of a pipeline, or jobs with a common property."""

from typing import Any, cast

from studio_tui.api.models import Job, Pipeline
from studio_tui.presentation.jobs.filters import JOBS
from studio_tui.presentation.jobs.groups import MANY, JobGrouping
from studio_tui.presentation.jobs.rows import COLUMNS
from studio_tui.presentation.lists.listing import Listing
from studio_tui.service.polling.pipelines_feed import PipelineList
from studio_tui.tui.frame.list_view import ListView
from studio_tui.tui.jobs.job_groups import JobGroups
from tests.columns import by_key
from tests.jobs import NOON, job, row_of


class GroupedList:
    """A list of jobs in these states, with the groups that replace rows."""

    def __init__(self, states: list[str], group: str = "none") -> None:
        self.jobs = [job(number, state) for number, state in enumerate(states)]
        self.show_count = 0
        """How often the groups have requested that the list is shown again."""
        self.rows: Listing[Job] = Listing(JOBS)
        self.rows.replace(self.jobs)
        self.view = ListView(group=group)
        self.groups = JobGroups(cast(Any, self), self.show)

    def show(self) -> None:
        self.show_count += 1

    def add_pipeline(self) -> bool:
        """Let all jobs belong to the pipeline `rathe-kyat`; return whether that changes groups."""
        runs = [{"job_id": f"o{n}", "created_job_id": job.id} for n, job in enumerate(self.jobs)]
        sent = {"pipeline_id": "p", "name": "rathe-kyat", "job_runs": runs}
        pipeline = Pipeline.model_validate(sent)
        return self.groups.read_pipelines(PipelineList((pipeline,)))

    def row_keys(self) -> list[str]:
        """Return the keys of the visible rows: ids of jobs and keys of groups."""
        return list(self.groups.arrange([job.id for job in self.jobs]))


def test_many_waiting_jobs_of_a_pipeline_are_shown_as_one_row() -> None:
    listed = GroupedList(["RUNNING", *["PENDING"] * 188, "FAILED"])
    assert listed.add_pipeline()
    rows = listed.row_keys()
    assert rows == [listed.jobs[0].id, "▸rathe-kyat", listed.jobs[-1].id]
    assert len(listed.groups.members(rows[1])) == 188
    listed.groups.toggle(rows[1])
    assert len(listed.row_keys()) == 191
    assert listed.show_count == 1


def test_a_few_waiting_jobs_are_not_grouped() -> None:
    listed = GroupedList(["PENDING"] * MANY)
    listed.add_pipeline()
    assert listed.row_keys() == [job.id for job in listed.jobs]


def test_a_waiting_job_without_a_known_pipeline_is_not_grouped() -> None:
    listed = GroupedList(["PENDING"] * 100)
    assert listed.row_keys() == [job.id for job in listed.jobs]


def test_the_group_of_a_pipeline_includes_earlier_attempts_of_its_jobs() -> None:
    listed = GroupedList(["COMPLETE", "FAILED", "FAILED", "COMPLETE"], "pipeline")
    first, *attempts, last = [job.id for job in listed.jobs]
    runs = [
        {"job_id": "o1", "created_job_id": first},
        {"job_id": "o2", "created_job_id": last, "attempts": attempts},
    ]
    pipeline = Pipeline.model_validate({"pipeline_id": "p", "name": "rathe-kyat", "job_runs": runs})
    listed.groups.read_pipelines(PipelineList((pipeline,)))
    group = listed.row_keys()[0]
    assert listed.groups.members(group) == (first, *attempts, last)


def test_failed_and_running_jobs_of_a_pipeline_keep_their_own_rows() -> None:
    listed = GroupedList(["COMPLETE", "FAILED", "QUEUED", "RUNNING", "CANCELED"], "pipeline")
    listed.add_pipeline()
    assert listed.row_keys() == ["▸rathe-kyat", listed.jobs[1].id, listed.jobs[3].id]
    assert listed.groups.pipeline_of(listed.jobs[0].id) == "rathe-kyat"
    assert listed.groups.jobs_of("▸rathe-kyat")[0].id == listed.jobs[1].id


def test_the_jobs_below_the_row_of_their_group_are_its_members() -> None:
    listed = GroupedList(["COMPLETE", "FAILED", "FAILED"], "pipeline")
    listed.add_pipeline()
    alone = job(99)
    listed.rows.replace([*listed.jobs, alone])
    listed.jobs.append(alone)
    failed = listed.jobs[1]
    assert failed.id in listed.row_keys()
    assert [listed.groups.is_member(each.id) for each in (failed, alone)] == [True, False]
    assert by_key(COLUMNS, row_of(failed, NOON, is_member=True))["name"].text == "  job_1.py"
    listed.groups.switch_grouping()
    listed.groups.switch_grouping()
    listed.row_keys()
    assert not listed.groups.is_member(failed.id)


def test_row_of_returns_the_group_of_a_job_or_the_job_itself() -> None:
    listed = GroupedList(["COMPLETE", "FAILED", "QUEUED"], "pipeline")
    listed.add_pipeline()
    listed.row_keys()
    assert [listed.groups.row_of(job.id) for job in listed.jobs] == [
        "▸rathe-kyat", listed.jobs[1].id, "▸rathe-kyat",
    ]  # fmt: skip
    assert listed.groups.row_of("unknown") == "unknown"


def test_reading_the_same_pipelines_again_changes_nothing() -> None:
    listed = GroupedList(["COMPLETE"])
    no_pipelines = PipelineList()
    assert not listed.groups.read_pipelines(None)
    assert not listed.groups.read_pipelines(no_pipelines)
    assert listed.add_pipeline()
    assert not listed.add_pipeline()


def test_an_unknown_grouping_of_a_saved_view_means_no_grouping() -> None:
    assert GroupedList([], "color").groups.grouping is JobGrouping.NONE


def test_the_row_of_a_group_is_marked_if_all_of_its_jobs_are_marked() -> None:
    listed = GroupedList(["COMPLETE"] * 3, "pipeline")
    listed.add_pipeline()
    listed.row_keys()
    ids = [job.id for job in listed.jobs]
    assert listed.groups.marked_rows(frozenset(ids)) == {*ids, "▸rathe-kyat"}
    assert listed.groups.marked_rows(frozenset(ids[:2])) == frozenset(ids[:2])


def test_the_row_of_a_group_whose_jobs_are_no_longer_listed_is_empty() -> None:
    listed = GroupedList(["COMPLETE"] * 3, "pipeline")
    listed.add_pipeline()
    listed.row_keys()
    listed.rows.replace([])
    assert not any(
        getattr(cell, "text", "") for cell in listed.groups.cells_of("▸rathe-kyat", NOON)
    )
