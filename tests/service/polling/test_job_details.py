"""Details are requested only for the job on which the cursor has rested."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import pytest

from studio_tui.api.client import StudioClient
from studio_tui.api.log_body import LogBody
from studio_tui.api.log_stream import Blobs, LogFrame, LogMessage, LogMessages, RawText
from studio_tui.api.models import Job
from studio_tui.errors import (
    AuthenticationError,
    NotFound,
    PermissionDenied,
    ServerError,
    StudioError,
    TransportError,
)
from studio_tui.service.commands.submitted import SentFile, Submitted
from studio_tui.service.logs.log_library import LogLibrary
from studio_tui.service.polling.job_details import (
    CACHED_JOBS,
    END_BYTES,
    RUNNING_INTERVAL,
    SELECTION_PAUSE,
    STREAM_LIMIT,
    JobDetails,
    JobDetailsReader,
)
from tests.jobs import job
from tests.service.polling.virtual_time import run


class Studio(StudioClient):
    """A Studio and the data on this machine, in memory."""

    def __init__(self) -> None:
        self.log = b"step 1\nstep 2\n"
        """The log of every job."""
        self.errors: list[StudioError] = []
        """Errors of the next requests for the end of a log."""
        self.requests: list[tuple[str, int, str | None]] = []
        """Requests for the end of a log: the id of the job, the length and the etag."""
        self.stored_logs: dict[str, bytes] = {}
        """Logs on this machine, by the id of the job."""
        self.files: dict[str, tuple[SentFile, ...]] = {}
        """Files that were submitted with a job, by its id."""
        self.runs: dict[str, tuple[Job, ...]] = {}
        """Past runs, by name."""
        self.frames: list[LogFrame] = []
        """What each websocket sends."""
        self.websockets = 0
        self.open_websockets = 0

    async def job_log_end(self, job_id: str, length: int, *, etag: str | None = None) -> LogBody:
        self.requests.append((job_id, length, etag))
        await asyncio.sleep(0.01)
        if self.errors:
            raise self.errors.pop(0)
        current_etag = str(len(self.log))
        if etag == current_etag:
            return LogBody(b"", 0, None, etag, unchanged=True)
        return LogBody(self.log[-length:], 0, len(self.log), current_etag)

    async def follow_log(self, job_id: str) -> AsyncGenerator[LogFrame, None]:  # noqa: ARG002
        self.websockets += 1
        self.open_websockets += 1
        try:
            for frame in self.frames:
                yield frame
            await asyncio.Event().wait()
        finally:
            self.open_websockets -= 1

    async def past(self, current: Job) -> tuple[Job, ...]:
        return self.runs.get(current.name or "", ())

    async def submitted(self, current: Job) -> Submitted | None:
        files = self.files.get(current.id)
        return None if files is None else Submitted(files=files)


class StoredLogs(LogLibrary):
    """The logs on this machine, in memory."""

    def __init__(self, logs: dict[str, bytes]) -> None:
        self.logs = logs

    async def stored_end(self, job_id: str, born: datetime | None, length: int) -> bytes | None:
        assert born is not None
        log = self.logs.get(job_id)
        return log and log[-length:]


@asynccontextmanager
async def reading(studio: Studio) -> AsyncIterator[JobDetailsReader]:
    """Run a reader of details until the test has ended."""
    details = JobDetailsReader(
        studio, StoredLogs(studio.stored_logs), studio.submitted, read_past_runs=studio.past
    )
    task = asyncio.create_task(details.run())
    yield details
    task.cancel()
    await asyncio.wait([task])
    assert studio.open_websockets == 0
    if not task.cancelled():
        task.result()


FAILED, RUNNING, QUEUED = job(1, "FAILED"), job(2, "RUNNING"), job(3, "QUEUED")


def test_nothing_is_requested_before_the_cursor_has_rested_on_a_job() -> None:
    async def scenario() -> None:
        studio = Studio()
        async with reading(studio) as details:
            for number in range(100):
                details.select(job(number, "FAILED"))
                await asyncio.sleep(SELECTION_PAUSE / 2)
            assert studio.requests == []
            await asyncio.sleep(SELECTION_PAUSE)
            assert [job_id for job_id, *_ in studio.requests] == [job(99).id]

    run(scenario())


def test_the_end_of_the_log_of_an_ended_job_is_requested_once() -> None:
    async def scenario() -> None:
        studio = Studio()
        async with reading(studio) as details:
            notified: list[str] = []
            details.subscribe(notified.append)
            details.select(FAILED)
            await asyncio.sleep(60)
            assert details.get(FAILED.id) == JobDetails(end=studio.log)
            details.select(None)
            await asyncio.sleep(60)
            details.select(FAILED)
            await asyncio.sleep(60)
            assert studio.requests == [(FAILED.id, END_BYTES, None)]
            assert notified == [FAILED.id]

    run(scenario())


def test_the_log_of_a_running_job_is_requested_again_while_the_job_is_selected() -> None:
    async def scenario() -> None:
        studio = Studio()
        async with reading(studio) as details:
            details.select(RUNNING)
            await asyncio.sleep(SELECTION_PAUSE + 1)
            studio.log += b"step 3\n"
            await asyncio.sleep(RUNNING_INTERVAL + 1)
            assert details.get(RUNNING.id).end == studio.log
            details.select(None)
            await asyncio.sleep(0.1)
            count = len(studio.requests)
            await asyncio.sleep(60)
            assert len(studio.requests) == count
            assert studio.websockets == 0

    run(scenario())


def test_a_log_that_is_stored_on_this_machine_is_not_requested() -> None:
    async def scenario() -> None:
        studio = Studio()
        studio.stored_logs[FAILED.id] = b"stored\n"
        async with reading(studio) as details:
            details.select(FAILED)
            await asyncio.sleep(60)
            assert details.get(FAILED.id).end == b"stored\n"
            assert studio.requests == []

    run(scenario())


def test_a_queued_job_has_files_and_its_log_is_not_requested() -> None:
    async def scenario() -> None:
        studio = Studio()
        studio.files[QUEUED.id] = files = (SentFile(id="1", label="a.csv", size=3),)
        async with reading(studio) as details:
            details.select(QUEUED)
            await asyncio.sleep(60)
            assert details.get(QUEUED.id) == JobDetails(files=files)
            assert studio.requests == []

    run(scenario())


def test_a_running_job_without_an_end_by_rest_is_followed_for_a_mebibyte() -> None:
    async def scenario() -> None:
        studio = Studio()
        studio.errors = [NotFound(404, "no log")]
        part = "x" * (STREAM_LIMIT // 4)
        archive = Blobs(("https://elsewhere/log",))
        studio.frames = [archive, *[LogMessages((LogMessage(n, RawText(part)),)) for n in range(9)]]
        async with reading(studio) as details:
            details.select(RUNNING)
            await asyncio.sleep(60)
            assert studio.websockets == 1
            assert studio.open_websockets == 0
            assert len(details.get(RUNNING.id).end or b"") == END_BYTES
            assert "too long" in details.get(RUNNING.id).trouble

    run(scenario())


@pytest.mark.parametrize("status", ["COMPLETE", "FAILED", "CANCELED"])
def test_the_log_of_an_ended_job_is_not_followed(status: str) -> None:
    async def scenario() -> None:
        studio = Studio()
        studio.errors = [PermissionDenied(403, "not yours")]
        async with reading(studio) as details:
            details.select(ended := job(1, status))
            await asyncio.sleep(60)
            assert studio.websockets == 0
            assert "not yours" in details.get(ended.id).trouble
            assert len(studio.requests) == 1

    run(scenario())


def test_a_request_that_failed_temporarily_is_sent_again() -> None:
    async def scenario() -> None:
        studio = Studio()
        studio.errors = [ServerError(503, "busy", retry_after=30)]
        async with reading(studio) as details:
            details.select(FAILED)
            await asyncio.sleep(20)
            assert len(studio.requests) == 1
            await asyncio.sleep(20)
            assert details.get(FAILED.id).end == studio.log

    run(scenario())


def test_requests_that_keep_failing_become_rarer_and_the_preview_says_why() -> None:
    async def scenario() -> None:
        studio = Studio()
        async with reading(studio) as details:
            details.select(RUNNING)
            await asyncio.sleep(5)
            known, studio.errors = len(studio.requests), [ServerError(500, "broken")] * 1000
            await asyncio.sleep(600)
            assert len(studio.requests) - known < 60
            assert details.get(RUNNING.id) == JobDetails(end=studio.log, trouble="broken")
            studio.errors.clear()
            await asyncio.sleep(60)
            assert details.get(RUNNING.id) == JobDetails(end=studio.log)

    run(scenario())


def test_the_end_of_a_log_has_an_age_while_it_may_have_changed() -> None:
    async def scenario() -> None:
        studio = Studio()
        async with reading(studio) as details:
            details.select(RUNNING)
            assert details.end_as_of(RUNNING) is None, "nothing was read"
            await asyncio.sleep(5)
            assert details.end_as_of(RUNNING) is None, "it is read again and again"
            studio.errors = [TransportError("lost")] * 1000
            await asyncio.sleep(5)
            assert details.end_as_of(RUNNING) is not None
            studio.errors.clear()
            await asyncio.sleep(60)
            assert details.end_as_of(RUNNING) is None
            details.select(FAILED)
            assert details.end_as_of(RUNNING) is not None, "it is no longer read"
            await asyncio.sleep(5)
            assert details.end_as_of(FAILED) is None, "it has ended"
            details.select(RUNNING)
            assert details.end_as_of(RUNNING) is not None
            assert details.end_as_of(FAILED) is None, "it has ended"
            ended = RUNNING.model_copy(update={"status": "COMPLETE"})
            details.select(ended)
            assert details.end_as_of(ended) is not None

    run(scenario())


def test_the_stored_log_of_an_ended_job_replaces_an_older_end_at_once() -> None:
    async def scenario() -> None:
        studio = Studio()
        async with reading(studio) as details:
            details.select(RUNNING)
            await asyncio.sleep(5)
            details.select(None)
            await asyncio.sleep(1)
            requests = len(studio.requests)
            studio.stored_logs[RUNNING.id] = b"step 1\nstep 2\nthe end\n"
            ended = RUNNING.model_copy(update={"status": "COMPLETE"})
            details.select(ended)
            await asyncio.sleep(SELECTION_PAUSE / 10)
            assert details.get(RUNNING.id).end == studio.stored_logs[RUNNING.id]
            assert details.end_as_of(ended) is None
            await asyncio.sleep(60)
            assert len(studio.requests) == requests

    run(scenario())


def test_details_that_could_not_be_read_are_requested_at_once_when_the_user_refreshes() -> None:
    async def scenario() -> None:
        for selected, error in (
            (RUNNING, AuthenticationError(401, "no")),
            (RUNNING, ServerError(503, "in repair", 300)),
            (FAILED, PermissionDenied(403, "not permitted")),
        ):
            studio = Studio()
            studio.errors = [error]
            async with reading(studio) as details:
                details.select(selected)
                await asyncio.sleep(60)
                assert len(studio.requests) == 1
                details.restart()
                await asyncio.sleep(1)
                assert details.get(selected.id) == JobDetails(end=studio.log)

    run(scenario())


def test_a_log_whose_websocket_ends_is_followed_again() -> None:
    class ClosingStudio(Studio):
        async def follow_log(self, job_id: str) -> AsyncGenerator[LogFrame, None]:  # noqa: ARG002
            self.websockets += 1
            if self.websockets == 1:
                raise TransportError("lost")
            text = RawText("x" * self.websockets)
            yield LogMessages((LogMessage(self.websockets, text),))

    async def scenario() -> None:
        studio = ClosingStudio()
        studio.errors = [NotFound(404, "no log")] * 1000
        async with reading(studio) as details:
            details.select(RUNNING)
            await asyncio.sleep(1)
            assert details.get(RUNNING.id).trouble == "lost"
            await asyncio.sleep(600)
            assert 3 < studio.websockets < 60
            assert details.get(RUNNING.id) == JobDetails(end=b"x" * studio.websockets)

    run(scenario())


def test_what_is_received_of_a_job_that_is_no_longer_selected_is_dropped() -> None:
    async def scenario() -> None:
        studio = Studio()
        async with reading(studio) as details:
            details.select(FAILED)
            await asyncio.sleep(SELECTION_PAUSE + 0.005)
            assert len(studio.requests) == 1
            details.select(None)
            await asyncio.sleep(60)
            assert details.get(FAILED.id) == JobDetails()
            details.select(FAILED)
            await asyncio.sleep(60)
            assert details.get(FAILED.id).end == studio.log

    run(scenario())


def test_the_details_of_a_limited_number_of_jobs_are_cached() -> None:
    async def scenario() -> None:
        studio = Studio()
        async with reading(studio) as details:
            for number in range(CACHED_JOBS + 1):
                details.select(job(number, "FAILED"))
                await asyncio.sleep(SELECTION_PAUSE + 1)
            assert details.get(job(0).id).end is None
            assert details.get(job(1).id).end == studio.log

    run(scenario())


def test_nothing_is_requested_for_a_job_with_an_unusable_id() -> None:
    async def scenario() -> None:
        studio = Studio()
        async with reading(studio) as details:
            details.select(job(1, "FAILED", id="a\x1bb"))
            await asyncio.sleep(60)
            assert studio.requests == []

    run(scenario())


def test_the_past_runs_of_a_queued_job_are_loaded() -> None:
    async def scenario() -> None:
        studio = Studio()
        queued = job(1, "QUEUED")
        studio.runs[queued.name or ""] = (job(2), job(3))
        async with reading(studio) as details:
            details.select(queued)
            await asyncio.sleep(SELECTION_PAUSE + 1)
            assert details.get(queued.id).past_runs == (job(2), job(3))
            assert studio.requests == []

    run(scenario())


@pytest.mark.parametrize("state", ["QUEUED", "RUNNING", "FAILED"])
def test_past_runs_are_loaded_again_when_a_job_is_selected_again(state: str) -> None:
    async def scenario() -> None:
        studio = Studio()
        selected = job(1, state)
        name = selected.name or ""
        studio.runs[name] = (job(2),)
        async with reading(studio) as details:
            details.select(selected)
            await asyncio.sleep(SELECTION_PAUSE + 1)
            end = details.get(selected.id).end
            details.select(None)
            await asyncio.sleep(SELECTION_PAUSE + 1)
            studio.runs[name] = (job(3), job(2))
            assert details.get(selected.id).past_runs == (job(2),)
            details.select(selected)
            await asyncio.sleep(SELECTION_PAUSE + 1)
            assert details.get(selected.id).past_runs == (job(3), job(2))
            assert details.get(selected.id).end == end

    run(scenario())


def test_loading_past_runs_again_keeps_the_reason_why_the_log_cannot_be_read() -> None:
    async def scenario() -> None:
        studio = Studio()
        studio.errors = [NotFound(404, "no log")]
        studio.runs[FAILED.name or ""] = (job(2),)
        async with reading(studio) as details:
            details.select(FAILED)
            await asyncio.sleep(SELECTION_PAUSE + 1)
            trouble = details.get(FAILED.id).trouble
            assert trouble
            details.select(None)
            await asyncio.sleep(SELECTION_PAUSE + 1)
            studio.runs[FAILED.name or ""] = (job(3), job(2))
            details.select(FAILED)
            await asyncio.sleep(SELECTION_PAUSE + 1)
            assert len(details.get(FAILED.id).past_runs) == 2
            assert details.get(FAILED.id).trouble == trouble
            assert len(studio.requests) == 1

    run(scenario())
