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
    SELECTION_PAUSE,
    JobDetails,
    JobDetailsReader,
)
from studio_tui.service.polling.log_ends import (
    END_BYTES,
    REPLAY_CHARACTERS,
    SAME_LOG_PAUSE,
    LogEnds,
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
                await asyncio.sleep(0.1)
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


class Details(JobDetailsReader):
    """A reader of details, with all that it uses."""

    def __init__(self, studio: Studio) -> None:
        self.log_ends = LogEnds(studio)
        logs = StoredLogs(studio.stored_logs)
        super().__init__(self.log_ends, logs, studio.submitted, studio.past)

    def end(self, job_id: str) -> bytes | None:
        return self.get(job_id).log.data

    def trouble(self, job_id: str) -> str:
        return self.get(job_id).log.trouble

    def restart(self) -> None:
        """Read again what could not be read, as a session does when the user refreshes."""
        self.log_ends.restart()
        super().restart()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.log_ends.run())
            tasks.create_task(super().run())


@asynccontextmanager
async def reading(studio: Studio) -> AsyncIterator[Details]:
    """Run a reader of details until the test has ended."""
    details = Details(studio)
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
            assert details.end(FAILED.id) == studio.log
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
            await asyncio.sleep(SAME_LOG_PAUSE + 1)
            assert details.end(RUNNING.id) == studio.log
            details.select(None)
            await asyncio.sleep(0.1)
            count = len(studio.requests)
            await asyncio.sleep(60)
            assert len(studio.requests) == count

    run(scenario())


def test_a_log_that_is_stored_on_this_machine_is_not_requested() -> None:
    async def scenario() -> None:
        studio = Studio()
        studio.stored_logs[FAILED.id] = b"stored\n"
        async with reading(studio) as details:
            details.select(FAILED)
            await asyncio.sleep(60)
            assert details.end(FAILED.id) == b"stored\n"
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


def test_a_running_job_without_an_end_by_rest_is_followed_until_its_log_is_too_long() -> None:
    async def scenario() -> None:
        studio = Studio()
        studio.errors = [NotFound(404, "no log")] * 1000
        part = "x" * (REPLAY_CHARACTERS // 4)
        archive = Blobs(("https://elsewhere/log",))
        studio.frames = [archive, *[LogMessages((LogMessage(n, RawText(part)),)) for n in range(9)]]
        async with reading(studio) as details:
            details.select(RUNNING)
            await asyncio.sleep(60)
            assert studio.websockets == 1
            assert studio.open_websockets == 0
            assert len(details.end(RUNNING.id) or b"") == END_BYTES
            assert details.trouble(RUNNING.id) == "no log"

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
            assert "not yours" in details.trouble(ended.id)
            assert len(studio.requests) == 1

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
            assert details.end(RUNNING.id) == studio.log
            assert details.trouble(RUNNING.id) == "broken"
            studio.errors.clear()
            await asyncio.sleep(60)
            assert details.end(RUNNING.id) == studio.log
            assert not details.trouble(RUNNING.id)

    run(scenario())


def test_the_end_of_a_log_has_an_age_while_it_may_have_changed() -> None:
    async def scenario() -> None:
        studio = Studio()
        async with reading(studio) as details:
            details.select(RUNNING)
            assert details.log_end_read_at(RUNNING) is None, "nothing was read"
            await asyncio.sleep(5)
            assert details.log_end_read_at(RUNNING) is None, "it is read again and again"
            studio.errors = [TransportError("lost")] * 1000
            await asyncio.sleep(5)
            assert details.log_end_read_at(RUNNING) is not None
            studio.errors.clear()
            await asyncio.sleep(60)
            assert details.log_end_read_at(RUNNING) is None
            details.select(FAILED)
            assert details.log_end_read_at(RUNNING) is not None, "it is no longer read"
            await asyncio.sleep(5)
            assert details.log_end_read_at(FAILED) is None, "it has ended"
            details.select(RUNNING)
            assert details.log_end_read_at(RUNNING) is not None
            assert details.log_end_read_at(FAILED) is None, "it has ended"
            ended = RUNNING.model_copy(update={"status": "COMPLETE"})
            details.select(ended)
            assert details.log_end_read_at(ended) is not None

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
            assert details.end(RUNNING.id) == studio.stored_logs[RUNNING.id]
            assert details.log_end_read_at(ended) is None
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
                assert details.end(selected.id) == studio.log
                assert not details.trouble(selected.id)

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
            assert details.end(FAILED.id) is None
            details.select(FAILED)
            await asyncio.sleep(60)
            assert details.end(FAILED.id) == studio.log

    run(scenario())


def test_the_details_of_a_limited_number_of_jobs_are_cached() -> None:
    async def scenario() -> None:
        studio = Studio()
        async with reading(studio) as details:
            for number in range(CACHED_JOBS + 1):
                details.select(job(number, "FAILED"))
                await asyncio.sleep(SELECTION_PAUSE + 1)
            assert details.end(job(0).id) is None
            assert details.end(job(1).id) == studio.log

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
            end = details.end(selected.id)
            details.select(None)
            await asyncio.sleep(SELECTION_PAUSE + 1)
            studio.runs[name] = (job(3), job(2))
            assert details.get(selected.id).past_runs == (job(2),)
            details.select(selected)
            await asyncio.sleep(SELECTION_PAUSE + 1)
            assert details.get(selected.id).past_runs == (job(3), job(2))
            assert details.end(selected.id) == end

    run(scenario())


def test_loading_past_runs_again_keeps_the_reason_why_the_log_cannot_be_read() -> None:
    async def scenario() -> None:
        studio = Studio()
        studio.errors = [NotFound(404, "no log")]
        studio.runs[FAILED.name or ""] = (job(2),)
        async with reading(studio) as details:
            details.select(FAILED)
            await asyncio.sleep(SELECTION_PAUSE + 1)
            trouble = details.trouble(FAILED.id)
            assert trouble
            details.select(None)
            await asyncio.sleep(SELECTION_PAUSE + 1)
            studio.runs[FAILED.name or ""] = (job(3), job(2))
            details.select(FAILED)
            await asyncio.sleep(SELECTION_PAUSE + 1)
            assert len(details.get(FAILED.id).past_runs) == 2
            assert details.trouble(FAILED.id) == trouble
            assert len(studio.requests) == 1

    run(scenario())
