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


class Heard:
    """A recording, and what it has told."""

    def __init__(self, kept: Recorder) -> None:
        self.at = NOON
        self.kept = kept
        self.history = JobHistory(kept.database)
        self.origins = Origins()
        self.told = asyncio.Queue[str]()
        self.recording = Recording(
            kept,
            self.history,
            self.origins,
            added=lambda: self.told.put_nowait("more"),
            now=lambda: self.at,
        )

    def take(self, jobs: JobList, minutes: float = 0) -> None:
        self.at = NOON + timedelta(minutes=minutes)
        self.recording.take_jobs(jobs, OLDEST)

    def recalled(self) -> tuple[list[str], datetime] | None:
        """Return the ids of the jobs that the next run would begin with, and as of when."""
        self.kept.flush()
        found = self.kept.recall_jobs(99)
        return ([each.id for each in found.items], found.at) if found else None


@asynccontextmanager
async def recording(folder: Path) -> AsyncIterator[Heard]:
    heard = Heard(recorder(folder))
    running = asyncio.create_task(heard.recording.run())
    try:
        yield heard
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@contextmanager
def unusable(kept: Recorder) -> Iterator[None]:
    """Have something else in the place of the file for a while."""
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
    async with recording(tmp_path) as heard:
        heard.history.note_submitted(job(2).id, Submitted(run_of=job(1).id))
        heard.take(JobList((job(3),)))
        heard.take(JobList((job(2), job(3))))
        async with asyncio.timeout(HANG):
            assert await heard.told.get() == "more"
        assert heard.origins.manual_runs(job(1).id) == (job(2).id,)
        heard.take(JobList((job(3), job(2))))
    assert heard.told.empty()


async def test_what_the_disk_could_not_tell_of_jobs_is_asked_again_with_the_next_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with recording(tmp_path) as heard:
        heard.history.note_submitted(job(2).id, Submitted(run_of=job(1).id))
        with unusable(heard.kept):
            heard.take(EARLIER)
            await until(lambda: "cannot be used" in caplog.text)
            await until(lambda: heard.recording.is_idle)
        assert heard.told.empty()
        heard.take(EARLIER, minutes=1)
        async with asyncio.timeout(HANG):
            await heard.told.get()
        assert heard.origins.manual_runs(job(1).id) == (job(2).id,)


async def test_a_list_that_could_not_be_written_is_not_taken_for_confirmed_and_is_written_later(
    tmp_path: Path,
) -> None:
    async with recording(tmp_path) as heard:
        heard.take(EARLIER)
        await until(lambda: heard.recording.is_idle)
        with unusable(heard.kept):
            for minutes in (1, 2):
                heard.take(LATER, minutes)
                await until(lambda: heard.recording.is_idle)
        assert heard.recalled() == ([job(2).id], NOON)
        heard.take(LATER, minutes=3)
        await until(lambda: heard.recording.is_idle)
        found = [job(1).id, job(2).id], NOON + timedelta(minutes=3)
        assert heard.recalled() == found


async def test_an_answer_that_has_not_changed_is_recorded_in_a_new_file_too(tmp_path: Path) -> None:
    async with recording(tmp_path) as heard:
        heard.take(LATER)
        await until(lambda: heard.recording.is_idle)
        heard.kept.database.path.unlink()
        heard.take(LATER, minutes=1)
        assert heard.recalled() is None
        heard.take(LATER, minutes=2)
        await until(lambda: heard.recording.is_idle)
        assert heard.recalled() == ([job(1).id, job(2).id], NOON + timedelta(minutes=2))
