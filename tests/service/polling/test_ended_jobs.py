"""What can change when a job ends is requested when one ends, not whenever the jobs change."""

import asyncio
from collections.abc import Sequence

from studio_tui.api.models import Job
from studio_tui.service.polling.endings import RequestRepeatedOnEnds
from tests.jobs import job
from tests.waiting import until, within_reason


class Asker:
    """Answers questions, or cannot, and rests only as long as the test wants."""

    def __init__(self) -> None:
        self.jobs: list[Job] | None = None
        self.asked: list[list[str | None]] = []
        self.can = True
        self.rests = 0
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.following = RequestRepeatedOnEnds(lambda: self.jobs, self.ask, rest=self.rest)

    async def ask(self, jobs: Sequence[Job]) -> bool:
        self.asked.append([each.status for each in jobs])
        return self.can

    async def rest(self, _seconds: float) -> None:
        self.rests += 1
        await self.may_go_on.wait()

    async def tell(self, *statuses: str) -> None:
        """Have jobs in these states, and let the news of them have their effect."""
        self.jobs = [job(number, status) for number, status in enumerate(statuses)]
        self.following.check()
        for _ in range(5):
            await asyncio.sleep(0)


async def test_it_is_asked_at_once_and_then_only_when_a_job_has_ended() -> None:
    asker = Asker()
    task = asyncio.create_task(asker.following.follow())
    await asker.tell("QUEUED")
    await asker.tell("RUNNING")
    await asker.tell("RUNNING", "QUEUED")
    assert asker.asked == [["QUEUED"]]
    await asker.tell("COMPLETE", "QUEUED")
    await asker.tell("COMPLETE", "RUNNING")
    assert asker.asked == [["QUEUED"], ["COMPLETE", "QUEUED"]]
    await asker.tell("COMPLETE", "FAILED")
    assert len(asker.asked) == 3
    task.cancel()


async def test_jobs_that_end_during_the_rest_are_asked_about_once_after_it() -> None:
    asker = Asker()
    asker.may_go_on.clear()
    task = asyncio.create_task(asker.following.follow())
    await asker.tell("RUNNING", "RUNNING", "RUNNING")
    await until(lambda: asker.rests == 1)
    await asker.tell("COMPLETE", "RUNNING", "RUNNING")
    await asker.tell("COMPLETE", "COMPLETE", "RUNNING")
    await asker.tell("COMPLETE", "COMPLETE", "COMPLETE")
    assert len(asker.asked) == 1
    asker.may_go_on.set()
    await until(lambda: len(asker.asked) == 2)
    assert asker.asked[-1] == ["COMPLETE"] * 3
    task.cancel()
    await within_reason(asyncio.wait([task]), "the end of the following")


async def test_what_could_not_be_asked_is_asked_with_the_next_news() -> None:
    asker = Asker()
    asker.can = False
    task = asyncio.create_task(asker.following.follow())
    await asker.tell("COMPLETE")
    asker.can = True
    await asker.tell("COMPLETE")
    await asker.tell("COMPLETE")
    assert len(asker.asked) == 2
    task.cancel()


async def test_nothing_is_asked_before_any_jobs_are_known() -> None:
    asker = Asker()
    task = asyncio.create_task(asker.following.follow())
    asker.following.check()
    await asyncio.sleep(0)
    assert asker.asked == []
    await asker.tell()
    assert asker.asked == [[]]
    task.cancel()
