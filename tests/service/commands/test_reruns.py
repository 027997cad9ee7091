"""Rerunning several jobs with one request, whose outcome may be unknown at first."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from studio_tui.api.client import StudioClient
from studio_tui.api.models import JobInput, Pipeline, UploadedFile
from studio_tui.api.own_inputs import RerunJob
from studio_tui.api.own_routes import OwnRoutes
from studio_tui.errors import InvalidRequest, NotSent, OutcomeUnknown, StudioError
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.commands.reruns import OrderedReruns
from studio_tui.service.commands.submitted import Submitted
from studio_tui.service.recorder.database import RecorderFile
from tests.pipelines import pipeline

REQUESTS = {
    "job-a": JobInput(query="print(1)", team_name="t", rerun_from_job_id="job-a"),
    "job-b": JobInput(query="print(2)", team_name="t"),
}


class Reruns(OwnRoutes):
    """The endpoint of a local Studio that runs jobs again in order."""

    def __init__(self, studio: "Studio") -> None:
        self._studio = studio

    async def rerun_jobs(
        self, jobs: Iterable[RerunJob], *, idempotency_key: str | None = None
    ) -> Pipeline | None:
        """Make a pipeline, or fail."""
        assert [job.job_id for job in jobs] == [*REQUESTS]
        self._studio.keys.append(idempotency_key)
        if self._studio.errors:
            raise self._studio.errors.pop(0)
        return self._studio.answer


class Studio(StudioClient):
    """Makes a pipeline of what is sent, once for a key, and loses as many answers as it is told."""

    is_local_studio = True

    def __init__(self, *errors: StudioError) -> None:
        self.own = Reruns(self)
        self.errors = list(errors)
        self.keys: list[str | None] = []
        self.answer: Pipeline | None = pipeline(runs={"a": "QUEUED", "b": "PENDING"})

    async def upload_file(self, path: Path, **_: object) -> UploadedFile:
        """Refuse a file."""
        raise InvalidRequest(400, f"{path} is not wanted")


def reruns(studio: Studio, folder: Path, made: list[Mapping[str, Submitted]]) -> OrderedReruns:
    history = JobHistory(RecorderFile(folder, "place"))
    return OrderedReruns(
        studio, history, on_created=lambda _made, jobs: made.append(jobs), rests=(0.0, 0.0)
    )


async def test_an_answer_that_is_lost_is_requested_again_under_the_same_key(tmp_path: Path) -> None:
    studio = Studio(OutcomeUnknown("lost"), NotSent("away"))
    made: list[Mapping[str, Submitted]] = []
    assert await reruns(studio, tmp_path, made).run(REQUESTS) == studio.answer
    assert len(studio.keys) == 3
    assert len({*studio.keys}) == 1
    assert {key: known.rerun_from_job_id for key, known in made[0].items()} == {
        "run-1-a": "job-a",
        "run-1-b": None,
    }


async def test_what_nobody_knows_stays_unknown_and_keeps_its_key_when_requested_again(
    tmp_path: Path,
) -> None:
    studio = Studio(OutcomeUnknown("lost"), NotSent("away"), NotSent("away"))
    running = reruns(studio, tmp_path, [])
    with pytest.raises(OutcomeUnknown):
        await running.run(REQUESTS)
    assert await running.run(REQUESTS) == studio.answer
    assert len({*studio.keys}) == 1
    assert await running.run(REQUESTS) == studio.answer
    assert len({*studio.keys}) == 2, "what was made is made again if it is asked for again"


async def test_a_request_that_never_arrived_is_not_said_to_be_unknown(tmp_path: Path) -> None:
    studio = Studio(*(NotSent("away") for _ in range(3)))
    with pytest.raises(NotSent):
        await reruns(studio, tmp_path, []).run(REQUESTS)


async def test_nothing_is_noted_where_none_depends_on_another(tmp_path: Path) -> None:
    studio = Studio()
    studio.answer = None
    made: list[Mapping[str, Submitted]] = []
    assert await reruns(studio, tmp_path, made).run(REQUESTS) is None
    assert made == []
