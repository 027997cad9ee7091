import asyncio
from pathlib import Path

import pytest

from studio_tui.api.models import Job
from studio_tui.service.recorder.archive import Archive
from studio_tui.service.recorder.bodies import JOB
from studio_tui.service.recorder.recorder import Archived
from tests.jobs import NOON, job
from tests.service.polling.virtual_time import run
from tests.service.recorder.test_recorder import new_recorder


def test_an_archive_that_cannot_be_read_publishes_nothing_and_is_read_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = [None, Archived({job(1).id: job(1)}, {job(1).id: NOON})]
    recorder = new_recorder(tmp_path)
    monkeypatch.setattr(recorder, "all_items", lambda _: reads.pop(0))
    archive = Archive[Job]("recorded jobs", recorder, JOB)

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
