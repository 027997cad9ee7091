import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from studio_tui.service.commands.history import JobHistory
from studio_tui.service.commands.origins import Origins
from studio_tui.service.commands.submitted import Submitted
from studio_tui.service.polling.jobs_feed import JobList
from studio_tui.service.recorder.recorder import Recorder
from studio_tui.service.recorder.recording import Recording
from tests.jobs import NOON, job
from tests.service.recorder.test_recorder import OLDEST, recorder
from tests.waiting import HANG, until

EARLIER, LATER = JobList((job(2),)), JobList((job(1), job(2)))


class Subscriber:
    """A recording, and the notices that it has sent."""

    def __init__(self, kept: Recorder) -> None:
        self.at = NOON
        self.kept = kept
        self.history = JobHistory(kept.database)
        self.origins = Origins()
        self.notices = asyncio.Queue[str]()
        self.recording = Recording(
            kept,
            self.history,
            self.origins,
            origins_changed=lambda: self.notices.put_nowait("more"),
            now=lambda: self.at,
        )

    def take(self, jobs: JobList, minutes: float = 0) -> None:
        self.at = NOON + timedelta(minutes=minutes)
        self.recording.record_jobs(jobs, OLDEST)

    def recalled(self) -> tuple[list[str], datetime] | None:
        """Return the ids of the jobs at the start of the next run, and the time they are from."""
        self.kept.flush()
        found = self.kept.recall_jobs(99)
        return ([each.id for each in found.items], found.at) if found else None


@asynccontextmanager
async def recording(folder: Path) -> AsyncIterator[Subscriber]:
    subscriber = Subscriber(recorder(folder))
    running = asyncio.create_task(subscriber.recording.run())
    try:
        yield subscriber
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@contextmanager
def unusable(kept: Recorder) -> Iterator[None]:
    """Replace the file by a directory for a while."""
    path = kept.database.path
    path.parent.mkdir(exist_ok=True)
    path.touch()
    aside = path.rename(path.with_suffix(".aside"))
    path.mkdir()
    try:
        yield
    finally:
        path.rmdir()
        aside.rename(path)


async def test_listeners_are_notified_once_if_the_disk_knows_more_of_jobs_than_studio(
    tmp_path: Path,
) -> None:
    async with recording(tmp_path) as subscriber:
        subscriber.history.note_submitted(job(2).id, Submitted(run_of=job(1).id))
        subscriber.take(JobList((job(3),)))
        subscriber.take(JobList((job(2), job(3))))
        async with asyncio.timeout(HANG):
            assert await subscriber.notices.get() == "more"
        assert subscriber.origins.manual_runs(job(1).id) == (job(2).id,)
        subscriber.take(JobList((job(3), job(2))))
    assert subscriber.notices.empty()


async def test_jobs_that_could_not_be_read_from_disk_are_read_with_the_next_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with recording(tmp_path) as subscriber:
        subscriber.history.note_submitted(job(2).id, Submitted(run_of=job(1).id))
        with unusable(subscriber.kept):
            subscriber.take(EARLIER)
            await until(lambda: "cannot be used" in caplog.text)
            await until(lambda: subscriber.recording.is_idle)
        assert subscriber.notices.empty()
        subscriber.take(EARLIER, minutes=1)
        async with asyncio.timeout(HANG):
            await subscriber.notices.get()
        assert subscriber.origins.manual_runs(job(1).id) == (job(2).id,)


async def test_a_list_that_could_not_be_written_is_not_taken_for_confirmed_and_is_written_later(
    tmp_path: Path,
) -> None:
    async with recording(tmp_path) as subscriber:
        subscriber.take(EARLIER)
        await until(lambda: subscriber.recording.is_idle)
        with unusable(subscriber.kept):
            for minutes in (1, 2):
                subscriber.take(LATER, minutes)
                await until(lambda: subscriber.recording.is_idle)
        assert subscriber.recalled() == ([job(2).id], NOON)
        subscriber.take(LATER, minutes=3)
        await until(lambda: subscriber.recording.is_idle)
        found = [job(1).id, job(2).id], NOON + timedelta(minutes=3)
        assert subscriber.recalled() == found


async def test_an_answer_that_has_not_changed_is_recorded_in_a_new_file_too(tmp_path: Path) -> None:
    async with recording(tmp_path) as subscriber:
        subscriber.take(LATER)
        await until(lambda: subscriber.recording.is_idle)
        subscriber.kept.database.path.unlink()
        subscriber.take(LATER, minutes=1)
        assert subscriber.recalled() is None
        subscriber.take(LATER, minutes=2)
        await until(lambda: subscriber.recording.is_idle)
        assert subscriber.recalled() == ([job(1).id, job(2).id], NOON + timedelta(minutes=2))
