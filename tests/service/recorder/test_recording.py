import asyncio
from pathlib import Path

from studio_tui.service.commands.history import JobHistory
from studio_tui.service.commands.origins import Origins
from studio_tui.service.commands.submitted import Submitted
from studio_tui.service.polling.jobs_feed import Jobs
from studio_tui.service.recorder.recording import Recording
from tests.jobs import NOON, job
from tests.service.recorder.test_recorder import OLDEST, recorder
from tests.waiting import HANG


async def test_it_is_told_once_that_the_disk_knows_more_of_jobs_than_studio(tmp_path: Path) -> None:
    kept = recorder(tmp_path)
    history, origins, told = JobHistory(kept.database), Origins(), asyncio.Queue[str]()
    history.note_submitted(job(2).id, Submitted(run_of=job(1).id))
    recording = Recording(
        kept, history, origins, learnt=lambda: told.put_nowait("more"), now=lambda: NOON
    )
    running = asyncio.create_task(recording.run())
    recording.take_jobs(Jobs((job(3),)), OLDEST)
    recording.take_jobs(Jobs((job(2), job(3))), OLDEST)
    async with asyncio.timeout(HANG):
        assert await told.get() == "more"
    assert origins.manual_runs(job(1).id) == (job(2).id,)
    recording.take_jobs(Jobs((job(3), job(2))), OLDEST)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert told.empty()
