"""Rerunning several jobs with one request, whose outcome may be unknown at first."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from studio_tui.api.client import StudioClient
from studio_tui.api.local_endpoints import LocalEndpoints
from studio_tui.api.local_models import RerunJob
from studio_tui.api.models import JobInput, Pipeline
from studio_tui.errors import NotSent, OutcomeUnknown, StudioError
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.commands.reruns import OrderedReruns
from studio_tui.service.commands.submitted import Submitted
from studio_tui.service.recorder.database import RecorderFile
from tests.pipelines import pipeline

pytestmark = pytest.mark.usefixtures("short_rests")

REQUESTS = {
    "job-a": JobInput(query="print(1)", team_name="t", rerun_from_job_id="job-a"),
    "job-b": JobInput(query="print(2)", team_name="t"),
}


class RerunRoute(LocalEndpoints):
    """The endpoint of a local Studio that runs jobs again in order."""

    def __init__(self, studio: "Studio") -> None:
        self._studio = studio

    async def rerun_jobs(
        self, jobs: Iterable[RerunJob], *, idempotency_key: str | None = None
    ) -> Pipeline | None:
        """Create a pipeline, or fail."""
        assert [job.job_id for job in jobs] == [*REQUESTS]
        self._studio.keys.append(idempotency_key)
        if self._studio.errors:
            raise self._studio.errors.pop(0)
        return self._studio.answer


class Studio(StudioClient):
    """Answers with a pipeline after the given errors."""

    is_local_studio = True

    def __init__(self, *errors: StudioError) -> None:
        self.local = RerunRoute(self)
        self.errors = list(errors)
        """Errors of the next requests."""
        self.keys: list[str | None] = []
        """The idempotency key of each request."""
        self.answer: Pipeline | None = pipeline(runs={"a": "QUEUED", "b": "PENDING"})


def reruns(
    studio: Studio, folder: Path, submissions: list[Mapping[str, Submitted]]
) -> OrderedReruns:
    """Return the command; it appends the submissions of each pipeline's jobs to `submissions`."""
    history = JobHistory(RecorderFile(folder, "profile"))
    return OrderedReruns(
        studio,
        history,
        on_created=lambda _pipeline, submitted: submissions.append(submitted),
    )


async def test_a_request_with_a_lost_answer_is_sent_again_with_the_same_key(tmp_path: Path) -> None:
    studio = Studio(OutcomeUnknown("lost"), NotSent("away"))
    submissions: list[Mapping[str, Submitted]] = []
    assert await reruns(studio, tmp_path, submissions).run(REQUESTS) == studio.answer
    assert len(studio.keys) == 3
    assert len({*studio.keys}) == 1
    (submitted,) = submissions
    assert submitted.keys() == {"run-1-a", "run-1-b"}
    assert submitted["run-1-a"].rerun_from_job_id == "job-a"
    assert submitted["run-1-b"].rerun_from_job_id is None


async def test_a_request_with_an_unknown_outcome_keeps_its_key_when_the_user_repeats_it(
    tmp_path: Path,
) -> None:
    studio = Studio(OutcomeUnknown("lost"), NotSent("away"), NotSent("away"))
    command = reruns(studio, tmp_path, [])
    with pytest.raises(OutcomeUnknown):
        await command.run(REQUESTS)
    assert await command.run(REQUESTS) == studio.answer
    assert len({*studio.keys}) == 1
    assert await command.run(REQUESTS) == studio.answer
    assert len({*studio.keys}) == 2, "a request that succeeded is a new one if it is made again"


async def test_a_request_that_never_arrived_is_reported_as_not_sent(tmp_path: Path) -> None:
    studio = Studio(*(NotSent("away") for _ in range(3)))
    with pytest.raises(NotSent):
        await reruns(studio, tmp_path, []).run(REQUESTS)


async def test_no_new_jobs_are_reported_if_studio_creates_no_pipeline(tmp_path: Path) -> None:
    studio = Studio()
    studio.answer = None
    submissions: list[Mapping[str, Submitted]] = []
    assert await reruns(studio, tmp_path, submissions).run(REQUESTS) is None
    assert submissions == []
