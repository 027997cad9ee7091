import asyncio
from datetime import datetime

from studio_tui.api.models import Job
from studio_tui.service.recorder.archive import Archive
from tests.jobs import NOON, job
from tests.service.polling.virtual_time import run


def test_an_archive_that_cannot_be_read_publishes_nothing_and_is_read_again_later() -> None:
    reads: list[tuple[tuple[Job, datetime], ...] | None] = [None, ((job(1), NOON),)]
    archive = Archive("recorded jobs", lambda: reads.pop(0), lambda recorded: recorded.id)

    async def scenario() -> None:
        published = asyncio.Event()
        archive.subscribe(lambda _: published.set())
        reading = asyncio.create_task(archive.run())
        archive.request_read()
        await published.wait()
        reading.cancel()

    run(scenario())
    assert archive.snapshot.value is not None
    assert archive.snapshot.value.items == {job(1).id: job(1)}
