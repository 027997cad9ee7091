"""Details are requested for the job that the cursor rests on, and for no other."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import pytest

from studio_tui.api.client import StudioClient
from studio_tui.api.ids import NO_ID
from studio_tui.api.log_body import LogBody
from studio_tui.api.log_stream import Blobs, LogFrame, LogMessage, LogMessages, RawText
from studio_tui.api.models import Job
from studio_tui.errors import NotFound, PermissionDenied, ServerError, StudioError
from studio_tui.service.commands.submitted import SentFile, Submitted
from studio_tui.service.logs.log_library import LogLibrary
from studio_tui.service.polling.job_details import (
    CACHED_JOBS,
    END_BYTES,
    PAST_RUNS_REST,
    RUNNING_REST,
    SELECTION_REST,
    STREAM_LIMIT,
    JobDetails,
    JobDetailsReader,
)
from tests.jobs import job
from tests.service.polling.virtual_time import run


class Studio(StudioClient):
    """The other side and this machine, in memory."""

    def __init__(self) -> None:
        self.log = b"step 1\nstep 2\n"
        self.errors: list[StudioError] = []
        self.asked: list[tuple[str, int, str | None]] = []
        self.here: dict[str, bytes] = {}
        self.files: dict[str, tuple[SentFile, ...]] = {}
        self.runs: dict[str, tuple[Job, ...]] = {}
        self.frames: list[LogFrame] = []
        self.streams = 0
        self.open = 0

    async def job_log_end(self, job_id: str, length: int, *, etag: str | None = None) -> LogBody:
        self.asked.append((job_id, length, etag))
        await asyncio.sleep(0.01)
        if self.errors:
            raise self.errors.pop(0)
        fresh = str(len(self.log))
        if etag == fresh:
            return LogBody(b"", 0, None, etag, unchanged=True)
        return LogBody(self.log[-length:], 0, len(self.log), fresh)

    async def follow_log(self, job_id: str) -> AsyncGenerator[LogFrame, None]:  # noqa: ARG002
        self.streams += 1
        self.open += 1
        try:
            for frame in self.frames:
                yield frame
            await asyncio.Event().wait()
        finally:
            self.open -= 1

    async def past(self, one: Job) -> tuple[Job, ...]:
        return self.runs.get(one.name or "", ())

    async def submitted(self, one: Job) -> Submitted | None:
        return Submitted(files=self.files[one.id]) if one.id in self.files else None


class KnownLogs(LogLibrary):
    """The logs on this machine, in memory."""

    def __init__(self, here: dict[str, bytes]) -> None:
        self.here = here

    async def stored_end(self, job_id: str, born: datetime | None, length: int) -> bytes | None:
        assert born is not None
        known = self.here.get(job_id)
        return known and known[-length:]


@asynccontextmanager
async def reading(studio: Studio) -> AsyncIterator[JobDetailsReader]:
    details = JobDetailsReader(studio, KnownLogs(studio.here), studio.submitted, past=studio.past)
    task = asyncio.create_task(details.run())
    yield details
    task.cancel()
    await asyncio.wait([task])
    assert studio.open == 0
    if not task.cancelled():
        task.result()


DONE, RUNNING, QUEUED = job(1, "FAILED"), job(2, "RUNNING"), job(3, "QUEUED")


def test_nothing_is_asked_before_the_reader_has_rested() -> None:
    async def scene() -> None:
        studio = Studio()
        async with reading(studio) as details:
            for number in range(100):
                details.select(job(number, "FAILED"))
                await asyncio.sleep(SELECTION_REST / 2)
            assert studio.asked == []
            await asyncio.sleep(SELECTION_REST)
            assert [job_id for job_id, *_ in studio.asked] == [job(99).id]

    run(scene())


def test_of_a_job_that_has_ended_the_end_is_requested_once() -> None:
    async def scene() -> None:
        studio = Studio()
        async with reading(studio) as details:
            told: list[str] = []
            details.subscribe(told.append)
            details.select(DONE)
            await asyncio.sleep(60)
            assert details.get(DONE.id) == JobDetails(end=studio.log)
            details.select(None)
            await asyncio.sleep(60)
            details.select(DONE)
            await asyncio.sleep(60)
            assert studio.asked == [(DONE.id, END_BYTES, None)]
            assert told == [DONE.id]

    run(scene())


def test_of_a_running_job_what_is_new_is_requested_until_the_reader_turns_away() -> None:
    async def scene() -> None:
        studio = Studio()
        async with reading(studio) as details:
            details.select(RUNNING)
            await asyncio.sleep(SELECTION_REST + 1)
            studio.log += b"step 3\n"
            await asyncio.sleep(RUNNING_REST + 1)
            assert details.get(RUNNING.id).end == studio.log
            details.select(None)
            await asyncio.sleep(0.1)
            asked = len(studio.asked)
            await asyncio.sleep(60)
            assert len(studio.asked) == asked
            assert studio.streams == 0

    run(scene())


def test_what_is_on_this_machine_is_not_requested() -> None:
    async def scene() -> None:
        studio = Studio()
        studio.here[DONE.id] = b"kept\n"
        async with reading(studio) as details:
            details.select(DONE)
            await asyncio.sleep(60)
            assert details.get(DONE.id).end == b"kept\n"
            assert studio.asked == []

    run(scene())


def test_a_job_that_waits_has_files_and_no_log() -> None:
    async def scene() -> None:
        studio = Studio()
        studio.files[QUEUED.id] = sent = (SentFile(id="1", label="a.csv", size=3),)
        async with reading(studio) as details:
            details.select(QUEUED)
            await asyncio.sleep(60)
            assert details.get(QUEUED.id) == JobDetails(files=sent)
            assert studio.asked == []

    run(scene())


def test_a_running_job_whose_end_is_not_to_be_had_is_followed_for_a_mebibyte() -> None:
    async def scene() -> None:
        studio = Studio()
        studio.errors = [NotFound(404, "no log")]
        part = "x" * (STREAM_LIMIT // 4)
        archive = Blobs(("https://elsewhere/log",))
        studio.frames = [archive, *[LogMessages((LogMessage(n, RawText(part)),)) for n in range(9)]]
        async with reading(studio) as details:
            details.select(RUNNING)
            await asyncio.sleep(60)
            assert studio.streams == 1
            assert studio.open == 0
            assert len(details.get(RUNNING.id).end or b"") == END_BYTES

    run(scene())


@pytest.mark.parametrize("status", ["COMPLETE", "FAILED", "CANCELED"])
def test_a_websocket_is_for_running_jobs_alone(status: str) -> None:
    async def scene() -> None:
        studio = Studio()
        studio.errors = [PermissionDenied(403, "not yours")]
        async with reading(studio) as details:
            details.select(ended := job(1, status))
            await asyncio.sleep(60)
            assert studio.streams == 0
            assert "not yours" in details.get(ended.id).trouble
            assert len(studio.asked) == 1

    run(scene())


def test_a_question_that_failed_in_passing_is_put_again() -> None:
    async def scene() -> None:
        studio = Studio()
        studio.errors = [ServerError(503, "busy", retry_after=30)]
        async with reading(studio) as details:
            details.select(DONE)
            await asyncio.sleep(20)
            assert len(studio.asked) == 1
            await asyncio.sleep(20)
            assert details.get(DONE.id).end == studio.log

    run(scene())


def test_only_so_many_jobs_are_remembered() -> None:
    async def scene() -> None:
        studio = Studio()
        async with reading(studio) as details:
            for number in range(CACHED_JOBS + 1):
                details.select(job(number, "FAILED"))
                await asyncio.sleep(SELECTION_REST + 1)
            assert details.get(job(0).id).end is None
            assert details.get(job(1).id).end == studio.log

    run(scene())


def test_a_job_without_a_usable_id_is_asked_nothing_about() -> None:
    async def scene() -> None:
        studio = Studio()
        async with reading(studio) as details:
            details.select(job(1, "FAILED", id="a\x1bb"))
            await asyncio.sleep(60)
            assert studio.asked == [], NO_ID

    run(scene())


def test_other_runs_of_its_name_are_known_before_the_log() -> None:
    async def scene() -> None:
        studio = Studio()
        known = job(1, "QUEUED")
        studio.runs[known.name or ""] = (job(2), job(3))
        async with reading(studio) as details:
            details.select(known)
            await asyncio.sleep(SELECTION_REST + 1)
            assert details.get(known.id).past_runs == (job(2), job(3))
            assert studio.asked == []

    run(scene())


@pytest.mark.parametrize("state", ["QUEUED", "RUNNING", "FAILED"])
def test_runs_of_its_name_that_end_meanwhile_are_known_while_the_job_is_selected(
    state: str,
) -> None:
    async def scene() -> None:
        studio = Studio()
        known = job(1, state)
        name = known.name or ""
        studio.runs[name] = (job(2),)
        async with reading(studio) as details:
            details.select(known)
            await asyncio.sleep(SELECTION_REST + 1)
            end = details.get(known.id).end
            studio.runs[name] = (job(3), job(2))
            await asyncio.sleep(PAST_RUNS_REST)
            assert details.get(known.id).past_runs == (job(3), job(2))
            assert details.get(known.id).end == end
            details.select(None)
            studio.runs[name] = (job(4), job(3), job(2))
            await asyncio.sleep(2 * PAST_RUNS_REST)
            assert len(details.get(known.id).past_runs) == 2
            details.select(known)
            await asyncio.sleep(SELECTION_REST + 1)
            assert len(details.get(known.id).past_runs) == 3

    run(scene())


def test_a_second_look_at_other_runs_keeps_why_the_log_cannot_be_read() -> None:
    async def scene() -> None:
        studio = Studio()
        studio.errors = [NotFound(404, "no log")]
        studio.runs[DONE.name or ""] = (job(2),)
        async with reading(studio) as details:
            details.select(DONE)
            await asyncio.sleep(SELECTION_REST + 1)
            trouble = details.get(DONE.id).trouble
            assert trouble
            studio.runs[DONE.name or ""] = (job(3), job(2))
            await asyncio.sleep(2 * PAST_RUNS_REST)
            assert len(details.get(DONE.id).past_runs) == 2
            assert details.get(DONE.id).trouble == trouble
            assert len(studio.asked) == 1

    run(scene())
