"""A request that is repeated when a job ends, and not whenever the jobs change."""

import asyncio

from studio_tui.service.polling.ended_jobs import request_on_ends
from studio_tui.service.polling.jobs_feed import JobList
from studio_tui.service.polling.snapshot import Snapshot, SnapshotPublisher
from tests.jobs import job
from tests.waiting import await_with_limit, until


class Requester:
    """Publishes jobs, records the requests of `request_on_ends`, and ends its rests."""

    def __init__(self) -> None:
        self.requests: list[list[str | None]] = []
        """The statuses of the jobs at each request."""
        self.succeeds = True
        self.rests = 0
        """Number of rests that have begun."""
        self.may_continue = asyncio.Event()
        """Set while rests end at once."""
        self.may_continue.set()
        self.publisher = SnapshotPublisher[JobList]("jobs", Snapshot())

    def start(self) -> asyncio.Task[None]:
        """Start a task that sends the requests."""
        return asyncio.create_task(request_on_ends(self.publisher, self.request, rest=self.rest))

    async def request(self) -> bool:
        jobs = self.publisher.snapshot.value
        self.requests.append([each.status for each in jobs.jobs] if jobs else [])
        return self.succeeds

    async def rest(self, _seconds: float) -> None:
        self.rests += 1
        await self.may_continue.wait()

    async def update(self, *statuses: str) -> None:
        """Set the jobs by their statuses, and let the tasks run."""
        jobs = tuple(job(number, status) for number, status in enumerate(statuses))
        self.publisher._publish(Snapshot(JobList(jobs)))
        for _ in range(5):
            await asyncio.sleep(0)


async def test_the_request_is_sent_at_once_and_then_only_when_a_job_has_ended() -> None:
    requester = Requester()
    task = requester.start()
    await requester.update("QUEUED")
    await requester.update("RUNNING")
    await requester.update("RUNNING", "QUEUED")
    assert requester.requests == [["QUEUED"]]
    await requester.update("COMPLETE", "QUEUED")
    await requester.update("COMPLETE", "RUNNING")
    assert requester.requests == [["QUEUED"], ["COMPLETE", "QUEUED"]]
    await requester.update("COMPLETE", "FAILED")
    assert len(requester.requests) == 3
    task.cancel()


async def test_jobs_that_end_during_a_rest_cause_one_request_after_it() -> None:
    requester = Requester()
    requester.may_continue.clear()
    task = requester.start()
    await requester.update("RUNNING", "RUNNING", "RUNNING")
    await until(lambda: requester.rests == 1)
    await requester.update("COMPLETE", "RUNNING", "RUNNING")
    await requester.update("COMPLETE", "COMPLETE", "RUNNING")
    await requester.update("COMPLETE", "COMPLETE", "COMPLETE")
    assert len(requester.requests) == 1
    requester.may_continue.set()
    await until(lambda: len(requester.requests) == 2)
    assert requester.requests[-1] == ["COMPLETE"] * 3
    task.cancel()
    await await_with_limit(asyncio.wait([task]), "the cancellation of the task")


async def test_a_failed_request_is_repeated_at_the_next_change_of_the_jobs() -> None:
    requester = Requester()
    requester.succeeds = False
    task = requester.start()
    await requester.update("COMPLETE")
    requester.succeeds = True
    await requester.update("COMPLETE")
    await requester.update("COMPLETE")
    assert len(requester.requests) == 2
    task.cancel()


async def test_nothing_is_requested_before_the_jobs_are_known() -> None:
    requester = Requester()
    task = requester.start()
    requester.publisher._publish(Snapshot())
    await asyncio.sleep(0)
    assert requester.requests == []
    await requester.update()
    assert requester.requests == [[]]
    task.cancel()
