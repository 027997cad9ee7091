"""The datasets are requested again when a job ends, and not whenever the jobs change."""

import asyncio
from types import SimpleNamespace
from typing import Any

from studio_tui.errors import TransportError
from studio_tui.service.polling.jobs_feed import JobList
from studio_tui.service.polling.poller import Poller
from studio_tui.service.polling.reachability import Reachability
from studio_tui.service.polling.snapshot import Snapshot
from studio_tui.tui.pipelines.dataset_list import PAUSE, DatasetList
from tests.jobs import job
from tests.service.polling.virtual_time import run


class Session:
    """A session at a local Studio, whose jobs a test sets."""

    def __init__(self) -> None:
        self.is_failing = False
        self.requests: list[tuple[float, list[str | None]]] = []
        """The time of each request for datasets, and the statuses of the jobs then."""
        self.client = SimpleNamespace(is_local_studio=True, local=self)
        self.reachability = Reachability()
        self.jobs: Poller[JobList] = Poller("jobs", self._fetch, lambda _: 1.0)

    async def _fetch(self) -> JobList:
        return JobList()

    async def datasets(self) -> tuple[()]:
        answer = self.jobs.snapshot.value
        statuses = [each.status for each in answer.jobs] if answer else []
        self.requests.append((asyncio.get_running_loop().time(), statuses))
        if self.is_failing:
            raise TransportError("no answer")
        return ()

    async def update(self, *statuses: str, seconds: float) -> None:
        """Set the jobs by their statuses, and wait."""
        jobs = tuple(job(number, status) for number, status in enumerate(statuses))
        self.jobs._publish(Snapshot(JobList(jobs)))
        await asyncio.sleep(seconds)


def requests_while(*updates: tuple[str, ...], seconds: float) -> list[tuple[float, list[Any]]]:
    """Return the requests while the jobs have these statuses, each for some seconds."""

    async def scenario() -> list[tuple[float, list[Any]]]:
        session: Any = Session()
        following = asyncio.create_task(DatasetList(session).follow())
        await asyncio.sleep(seconds)
        for statuses in updates:
            session.is_failing = "failing" in statuses
            await session.update(*(each for each in statuses if each != "failing"), seconds=seconds)
        following.cancel()
        requests: list[tuple[float, list[Any]]] = session.requests
        return requests

    return run(scenario())


def test_datasets_are_requested_once_jobs_are_known_and_then_only_when_one_has_ended() -> None:
    requests = requests_while(
        ("QUEUED",), ("RUNNING",), ("RUNNING", "QUEUED"), ("COMPLETE", "QUEUED"), seconds=2 * PAUSE
    )
    assert requests == [(2 * PAUSE, ["QUEUED"]), (8 * PAUSE, ["COMPLETE", "QUEUED"])]


def test_jobs_that_end_during_a_rest_cause_one_request_after_it() -> None:
    requests = requests_while(
        ("RUNNING", "RUNNING"), ("COMPLETE", "RUNNING"), *[("COMPLETE",) * 2] * 9, seconds=2.0
    )
    assert requests == [(2.0, ["RUNNING", "RUNNING"]), (2.0 + PAUSE, ["COMPLETE", "COMPLETE"])]


def test_a_failed_request_is_repeated() -> None:
    requests = requests_while(("COMPLETE", "failing"), *[("COMPLETE",)] * 9, seconds=2.0)
    assert requests == [(2.0, ["COMPLETE"]), (2.0 + PAUSE, ["COMPLETE"])]
