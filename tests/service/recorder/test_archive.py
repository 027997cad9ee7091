import asyncio
from datetime import datetime

from studio_tui.api.models import Job
from studio_tui.service.recorder.archive import Archive
from tests.jobs import NOON, job
from tests.service.polling.virtual_time import run


def test_what_cannot_be_read_now_is_not_taken_for_nothing_and_is_read_later() -> None:
    answers: list[tuple[tuple[Job, datetime], ...] | None] = [None, ((job(1), NOON),)]
    archive = Archive("recorded jobs", lambda: answers.pop(0), lambda each: each.id)

    async def scenario() -> None:
        came = asyncio.Event()
        archive.subscribe(lambda _: came.set())
        reading = asyncio.create_task(archive.run())
        archive.request_read()
        await came.wait()
        reading.cancel()

    run(scenario())
    assert archive.snapshot.value is not None
    assert archive.snapshot.value.items == {job(1).id: job(1)}
