import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from studio_tui import clock
from studio_tui.api.models import Job
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.commands.origins import Origins
from studio_tui.service.commands.submitted import Submitted
from studio_tui.service.polling.jobs_feed import JobList
from studio_tui.service.recorder.answer_recorder import AnswerRecorder
from studio_tui.service.recorder.recorder import Recorder
from tests.jobs import NOON, job
from tests.service.recorder.test_recorder import OLDEST, new_recorder
from tests.waiting import HANG, until

pytestmark = pytest.mark.usefixtures("noon")

EARLIER, LATER = JobList((job(2),)), JobList((job(1), job(2)))


class AnswerRecorderFixture:
    """An answer recorder, and the notifications that it has sent."""

    def __init__(self, recorder: Recorder) -> None:
        self.now = NOON
        self.recorder = recorder
        self.history = JobHistory(recorder.database)
        self.origins = Origins()
        self.origins_changes = asyncio.Queue[None]()
        """One item for each notification that the origins have changed."""
        self.answer_recorder = AnswerRecorder(recorder, self.history, self.origins)
        self.answer_recorder.on_origins_changed = lambda: self.origins_changes.put_nowait(None)

    def record(self, jobs: JobList, minutes: float = 0) -> None:
        """Record an answer of Studio that was received `minutes` after noon."""
        self.now = NOON + timedelta(minutes=minutes)
        self.answer_recorder.record_jobs(jobs, OLDEST)

    def is_idle(self) -> bool:
        """Return whether nothing waits to be recorded."""
        return not self.answer_recorder._queue and self.answer_recorder._in_progress is None

    def recalled(self) -> tuple[list[str], datetime] | None:
        """Return the ids of the jobs that the next run recalls, and when Studio confirmed them."""
        jobs = self.recorder.recall("jobs", Job, 99)
        return ([each.id for each in jobs.items], jobs.at) if jobs else None


@asynccontextmanager
async def recording(folder: Path) -> AsyncIterator[AnswerRecorderFixture]:
    """Run an answer recorder in a folder."""
    fixture = AnswerRecorderFixture(new_recorder(folder))
    clock.set_time_source(lambda: fixture.now)
    running = asyncio.create_task(fixture.answer_recorder.run())
    try:
        yield fixture
    finally:
        clock.set_time_source(None)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@contextmanager
def unusable_file(recorder: Recorder) -> Iterator[None]:
    """Replace the file by a directory for a while."""
    path = recorder.database.path
    path.parent.mkdir(exist_ok=True)
    path.touch()
    aside = path.rename(path.with_suffix(".aside"))
    path.mkdir()
    try:
        yield
    finally:
        path.rmdir()
        aside.rename(path)


async def test_listeners_are_notified_once_if_origins_of_listed_jobs_are_read_from_disk(
    tmp_path: Path,
) -> None:
    async with recording(tmp_path) as fixture:
        fixture.history.note_submitted(job(2).id, Submitted(run_of=job(1).id))
        fixture.record(JobList((job(3),)))
        fixture.record(JobList((job(2), job(3))))
        async with asyncio.timeout(HANG):
            await fixture.origins_changes.get()
        assert fixture.origins.manual_runs(job(1).id) == (job(2).id,)
        fixture.record(JobList((job(3), job(2))))
    assert fixture.origins_changes.empty()


async def test_origins_that_could_not_be_read_from_disk_are_read_after_the_next_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with recording(tmp_path) as fixture:
        fixture.history.note_submitted(job(2).id, Submitted(run_of=job(1).id))
        with unusable_file(fixture.recorder):
            fixture.record(EARLIER)
            await until(lambda: "cannot be used" in caplog.text)
            await until(fixture.is_idle)
        assert fixture.origins_changes.empty()
        fixture.record(EARLIER, minutes=1)
        async with asyncio.timeout(HANG):
            await fixture.origins_changes.get()
        assert fixture.origins.manual_runs(job(1).id) == (job(2).id,)


async def test_a_list_that_could_not_be_written_is_not_confirmed_and_is_written_later(
    tmp_path: Path,
) -> None:
    async with recording(tmp_path) as fixture:
        fixture.record(EARLIER)
        await until(fixture.is_idle)
        with unusable_file(fixture.recorder):
            for minutes in (1, 2):
                fixture.record(LATER, minutes)
                await until(fixture.is_idle)
        assert fixture.recalled() == ([job(2).id], NOON)
        fixture.record(LATER, minutes=3)
        await until(fixture.is_idle)
        assert fixture.recalled() == ([job(1).id, job(2).id], NOON + timedelta(minutes=3))


async def test_an_unchanged_answer_is_recorded_again_in_a_new_file(tmp_path: Path) -> None:
    async with recording(tmp_path) as fixture:
        fixture.record(LATER)
        await until(fixture.is_idle)
        fixture.recorder.database.path.unlink()
        fixture.record(LATER, minutes=1)
        assert fixture.recalled() is None
        fixture.record(LATER, minutes=11)
        await until(fixture.is_idle)
        assert fixture.recalled() == ([job(1).id, job(2).id], NOON + timedelta(minutes=11))


async def test_the_time_of_an_unchanged_answer_is_recorded_at_the_end(tmp_path: Path) -> None:
    async with recording(tmp_path) as fixture:
        for minutes in (0, 1, 2):
            fixture.record(EARLIER, minutes)
            await until(fixture.is_idle)
        assert fixture.recalled() == ([job(2).id], NOON)
    assert fixture.recalled() == ([job(2).id], NOON + timedelta(minutes=2))


async def test_the_end_waits_only_once_for_a_locked_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[object] = []
    async with recording(tmp_path) as fixture:
        fixture.record(EARLIER)
        for name in ("schedules", "clusters"):
            fixture.answer_recorder.record_list(name, object(), ())
        await until(fixture.is_idle)
        monkeypatch.setattr(fixture.recorder.database, "write", waits.append)
    assert len(waits) == 1


async def test_the_end_of_an_offline_dashboard_does_not_replace_newer_lists_of_another_one(
    tmp_path: Path,
) -> None:
    async with recording(tmp_path) as fixture:
        fixture.record(EARLIER)
        await until(fixture.is_idle)
        other = new_recorder(tmp_path)
        other.note_jobs(LATER.jobs, NOON + timedelta(minutes=5), has_all=True, back_to=OLDEST)
    assert fixture.recalled() == ([job(1).id, job(2).id], NOON + timedelta(minutes=5))
