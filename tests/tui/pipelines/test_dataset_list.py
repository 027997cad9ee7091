"""The datasets are requested once, and again only after a failure."""

import asyncio
from types import SimpleNamespace
from typing import Any

from studio_tui.errors import TransportError
from studio_tui.service.polling.jobs_feed import JobList
from studio_tui.service.polling.poller import Poller
from studio_tui.service.polling.reachability import Reachability
from studio_tui.service.polling.snapshot import Snapshot
from studio_tui.tui.pipelines.dataset_list import PAUSE, DatasetList
from tests.service.polling.virtual_time import run


def test_datasets_are_requested_once_each_time_and_again_after_a_failure() -> None:
    times: list[float] = []

    async def request() -> tuple[()]:
        times.append(asyncio.get_running_loop().time())
        if len(times) == 1:
            raise TransportError("no answer")
        return ()

    async def fetch() -> JobList:
        return JobList()

    async def scenario() -> None:
        jobs: Poller[JobList] = Poller("jobs", fetch, lambda _: 1.0)
        jobs.snapshot = Snapshot(JobList())
        local = SimpleNamespace(datasets=request)
        client = SimpleNamespace(is_local_studio=True, local=local)
        session: Any = SimpleNamespace(client=client, jobs=jobs, reachability=Reachability())
        datasets = DatasetList(session)
        await datasets.load_all()
        await datasets.load_all()

    run(scenario())
    assert times == [0.0, PAUSE, PAUSE]
