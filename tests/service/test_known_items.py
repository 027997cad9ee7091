"""Which pipelines a session knows, and which failures it knows to be fixed."""

from collections.abc import Collection
from types import SimpleNamespace
from typing import Any

from studio_tui.api.models import Job, Pipeline
from studio_tui.service.commands.origins import Origins
from studio_tui.service.commands.submitted import Submitted
from studio_tui.service.known_items import KnownItems
from studio_tui.service.polling.jobs_feed import JobList
from studio_tui.service.polling.pipelines_feed import PipelineList
from tests.jobs import job


class Fixture:
    """Lists and watches with values that a test sets, and the items known from them."""

    def __init__(self) -> None:
        self.origins = Origins()
        self.watches: list[Any] = []
        """Watches; the value of each is the jobs of its pipeline."""
        self.watched_pipelines: dict[str, Pipeline] = {}
        """Pipelines as their watches have received them, by id."""
        self.viewed_ids: set[str] = set()
        """Ids of the watched pipelines that are viewed now."""
        lists: Any = SimpleNamespace(jobs=self._publisher(), pipelines=self._publisher())
        self.lists = lists
        watches: Any = SimpleNamespace(
            all=lambda: self.watches,
            jobs=self._watched_jobs,
            pipelines=lambda: self.watched_pipelines,
            viewed=lambda: self.viewed_ids,
        )
        client: Any = None
        self.items = KnownItems(client, lists, watches, self._publisher(), self.origins)

    def fixed(self) -> dict[str, str]:
        """Return the ids of fixed failures, each with the id of the run that fixed it."""
        found = self.items.newer_attempts().items()
        return {job_id: newer.job_id for job_id, newer in found if newer.is_fix}

    def superseded(self) -> dict[str, str]:
        """Return the ids of superseded failures, each with the id of the newer attempt."""
        found = self.items.newer_attempts().items()
        return {job_id: newer.job_id for job_id, newer in found if not newer.is_fix}

    def _watched_jobs(self, wanted_ids: Collection[str]) -> dict[str, Job]:
        jobs = [job for watch in self.watches for job in watch.snapshot.value]
        return {each.id: each for each in jobs if each.id in wanted_ids}

    @staticmethod
    def _publisher() -> Any:
        return SimpleNamespace(snapshot=SimpleNamespace(value=None))

    def set_lists(self, *jobs: Job, pipelines: tuple[Pipeline, ...] = ()) -> None:
        self.lists.jobs.snapshot.value = JobList(jobs)
        self.lists.pipelines.snapshot.value = PipelineList(pipelines)


def test_a_failure_is_fixed_once_a_job_that_repeats_it_is_complete() -> None:
    fixture = Fixture()
    assert fixture.fixed() == {}
    fixture.set_lists(job(2, "COMPLETE"), job(3, "FAILED"))
    assert fixture.fixed() == {}
    fixture.origins.note(job(2).id, Submitted(repeats=job(3).id))
    assert fixture.fixed() == {job(3).id: job(2).id}
    fixture.set_lists(job(2, "RUNNING"), job(3, "FAILED"))
    assert fixture.fixed() == {}
    assert fixture.superseded() == {job(3).id: job(2).id}


def test_a_failed_attempt_in_a_pipeline_is_fixed_if_the_last_attempt_is_complete() -> None:
    fixture = Fixture()

    def pipeline(status: str) -> Pipeline:
        run = {
            "job_id": "node",
            "status": status,
            "created_job_id": job(1).id,
            "attempts": [job(2).id, job(3).id],
        }
        return Pipeline.model_validate({"pipeline_id": "p", "name": "p", "job_runs": [run]})

    fixture.set_lists(job(2, "FAILED"), job(3, "CANCELED"), pipelines=(pipeline("RUNNING"),))
    assert fixture.fixed() == {}
    assert fixture.superseded() == {job(2).id: job(1).id}
    fixture.set_lists(job(2, "FAILED"), job(3, "CANCELED"), pipelines=(pipeline("COMPLETE"),))
    assert fixture.fixed() == {job(2).id: job(1).id}


def test_a_failure_of_a_pipeline_is_not_superseded_by_a_job_outside_of_it() -> None:
    fixture = Fixture()
    run = {"job_id": "node", "status": "FAILED", "created_job_id": job(3).id}
    failed = Pipeline.model_validate({"pipeline_id": "p", "status": "FAILED", "job_runs": [run]})
    for state in ("RUNNING", "FAILED"):
        fixture.set_lists(job(2, state), job(3, "FAILED"), pipelines=(failed,))
        fixture.origins.note(job(2).id, Submitted(repeats=job(3).id))
        assert (fixture.fixed(), fixture.superseded()) == ({}, {})
    fixture.set_lists(job(2, "COMPLETE"), job(3, "FAILED"), pipelines=(failed,))
    assert fixture.fixed() == {job(3).id: job(2).id}


def test_a_failure_is_fixed_by_a_complete_job_that_only_a_watched_pipeline_has() -> None:
    fixture = Fixture()
    fixture.set_lists(job(3, "FAILED"))
    fixture.origins.note(job(2).id, Submitted(repeats=job(3).id))
    fixture.watches = [SimpleNamespace(snapshot=SimpleNamespace(value=(job(2, "RUNNING"),)))]
    assert fixture.fixed() == {}
    fixture.watches[0].snapshot.value = (job(2, "COMPLETE"),)
    assert fixture.fixed() == {job(3).id: job(2).id}


def test_a_pipeline_has_the_status_of_its_watch_while_it_is_viewed_and_else_of_the_list() -> None:
    fixture = Fixture()

    def pipeline(status: str) -> Pipeline:
        return Pipeline.model_validate({"pipeline_id": "p", "name": "p", "status": status})

    def statuses() -> list[str | None]:
        return [known.status for known in fixture.items.pipelines().pipelines]

    fixture.watched_pipelines = {"p": pipeline("PAUSED")}
    assert statuses() == ["PAUSED"]
    fixture.set_lists(pipelines=(pipeline("RUNNING"),))
    assert statuses() == ["RUNNING"]
    fixture.viewed_ids = {"p"}
    assert statuses() == ["PAUSED"]
