"""Which pipelines are known, and which failures are known to be fixed."""

from types import SimpleNamespace
from typing import Any

from studio_tui.api.models import Job, Pipeline
from studio_tui.service.commands.origins import Origins
from studio_tui.service.commands.submitted import Submitted
from studio_tui.service.known_items import KnownItems
from studio_tui.service.polling.jobs_feed import JobList
from studio_tui.service.polling.pipelines_feed import PipelineList
from tests.jobs import job


class Answers:
    """Answers of Studio, and the items known from them."""

    def __init__(self) -> None:
        self.origins = Origins()
        lists: Any = SimpleNamespace(jobs=self._source(), pipelines=self._source())
        self.watched: list[Any] = []
        self.seen: dict[str, Pipeline] = {}
        self.viewed: set[str] = set()
        watches: Any = SimpleNamespace(
            all=lambda: self.watched,
            jobs=lambda wanted: {each.id: each for each in self._details() if each.id in wanted},
            pipelines=lambda: self.seen,
            viewed=lambda: self.viewed,
        )
        client: Any = None
        self.lists = lists
        self.items = KnownItems(client, lists, watches, self._source(), self.origins)

    def _details(self) -> list[Job]:
        return [each for watch in self.watched for each in watch.snapshot.value]

    @staticmethod
    def _source() -> Any:
        return SimpleNamespace(snapshot=SimpleNamespace(value=None))

    def answer(self, *jobs: Job, pipelines: tuple[Pipeline, ...] = ()) -> None:
        self.lists.jobs.snapshot.value = JobList(jobs)
        self.lists.pipelines.snapshot.value = PipelineList(pipelines)


def test_a_failure_is_fixed_once_a_run_that_repeats_it_is_known_to_be_complete() -> None:
    answers = Answers()
    assert answers.items.fixing_runs() == {}
    answers.answer(job(2, "COMPLETE"), job(3, "FAILED"))
    assert answers.items.fixing_runs() == {}
    answers.origins.note(job(2).id, Submitted(repeats=job(3).id))
    assert answers.items.fixing_runs() == {job(3).id: job(2).id}
    answers.answer(job(2, "RUNNING"), job(3, "FAILED"))
    assert answers.items.fixing_runs() == {}


def test_a_failed_attempt_is_fixed_if_the_last_one_of_its_job_is_complete() -> None:
    answers = Answers()

    def pipeline(status: str) -> Pipeline:
        run = {
            "job_id": "node",
            "status": status,
            "created_job_id": job(1).id,
            "attempts": [job(2).id, job(3).id],
        }
        return Pipeline.model_validate({"pipeline_id": "p", "name": "p", "job_runs": [run]})

    answers.answer(job(2, "FAILED"), job(3, "CANCELED"), pipelines=(pipeline("RUNNING"),))
    assert answers.items.fixing_runs() == {}
    answers.answer(job(2, "FAILED"), job(3, "CANCELED"), pipelines=(pipeline("COMPLETE"),))
    assert answers.items.fixing_runs() == {job(2).id: job(1).id}


def test_a_run_that_is_complete_in_a_watched_pipeline_alone_is_a_fix_at_once() -> None:
    answers = Answers()
    answers.answer(job(3, "FAILED"))
    answers.origins.note(job(2).id, Submitted(repeats=job(3).id))
    answers.watched = [SimpleNamespace(snapshot=SimpleNamespace(value=(job(2, "RUNNING"),)))]
    assert answers.items.fixing_runs() == {}
    answers.watched[0].snapshot.value = (job(2, "COMPLETE"),)
    assert answers.items.fixing_runs() == {job(3).id: job(2).id}


def test_a_pipeline_is_as_it_was_seen_while_it_is_viewed_and_then_as_it_is_listed() -> None:
    answers = Answers()

    def pipeline(status: str) -> Pipeline:
        return Pipeline.model_validate({"pipeline_id": "p", "name": "p", "status": status})

    def statuses() -> list[str | None]:
        return [each.status for each in answers.items.pipelines().pipelines]

    answers.seen = {"p": pipeline("PAUSED")}
    assert statuses() == ["PAUSED"]
    answers.answer(pipelines=(pipeline("RUNNING"),))
    assert statuses() == ["RUNNING"]
    answers.viewed = {"p"}
    assert statuses() == ["PAUSED"]
