"""Each time the list of datasets is loaded, one request suffices, unless it fails."""

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
        for _ in range(2):
            await datasets.load_all(lambda: None)

    run(scenario())
    assert times == [0.0, PAUSE, PAUSE]


def test_the_datasets_received_before_all_are_known_are_announced() -> None:
    announced: list[bool] = []

    async def request_versions(_: object) -> None:
        datasets.is_complete = bool(announced)

    async def fetch() -> JobList:
        return JobList()

    datasets = SimpleNamespace(
        is_complete=False, made_by_jobs=lambda _: (), request_versions=request_versions
    )

    async def scenario() -> None:
        jobs: Poller[JobList] = Poller("jobs", fetch, lambda _: 1.0)
        jobs.snapshot = Snapshot(JobList())
        session: Any = SimpleNamespace(
            client=SimpleNamespace(is_local_studio=False),
            datasets=datasets, jobs=jobs, reachability=Reachability(),
        )  # fmt: skip
        listed = DatasetList(session)
        await listed.load_all(lambda: announced.append(listed.has_all))

    run(scenario())
    assert announced == [False, True]
