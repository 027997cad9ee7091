import random
from itertools import count

import pytest

from studio_tui.api.client import StudioClient
from studio_tui.api.models import Job
from studio_tui.api.pages import ResultPage
from studio_tui.errors import InvalidRequest, TransportError
from studio_tui.service.polling.jobs_feed import PAGE, READ_LIMIT, JobsFeed
from tests.jobs import job
from tests.soak import at_length


class Server(StudioClient):
    """Lists jobs as the API does: newest first, by `limit`, `status` and `job_id` only."""

    def __init__(self, jobs: list[Job], *, knows_active: bool = True) -> None:
        self.jobs_now = jobs
        self.knows_active = knows_active
        self.asked: list[tuple[int, str | None, str | None]] = []
        self.spoiled = 0
        """Rows at the top of each list that cannot be read."""
        self._pages: dict[tuple[Job, ...], ResultPage[Job]] = {}

    def change(self, **statuses: str) -> None:
        self.jobs_now = [
            job(int(known.id[:8]), statuses[f"job{int(known.id[:8])}"])
            if f"job{int(known.id[:8])}" in statuses
            else known
            for known in self.jobs_now
        ]

    async def jobs(
        self, *, limit: int = 100, status: str | None = None, job_id: str | None = None
    ) -> ResultPage[Job]:
        self.asked.append((limit, status, job_id))
        if status == "ACTIVE" and not self.knows_active:
            raise InvalidRequest(400, "no such status")
        found = [
            known
            for known in self.jobs_now
            if (status is None or not known.state.is_finished)
            and (job_id is None or known.id == job_id)
        ]
        spoiled = self.spoiled if status is None and job_id is None else 0
        items = tuple(found[:limit])[spoiled:]
        # The client gives the same page for the same answer.
        key = (spoiled, *(id(item) for item in items))
        return self._pages.setdefault(
            key,  # type: ignore[arg-type] # any hashable will do
            ResultPage(items=items, unreadable=spoiled, duplicates=0),
        )


def server_of(count: int, **options: bool) -> Server:
    return Server([job(number) for number in range(1, count + 1)], **options)


def ids(jobs: tuple[Job, ...]) -> list[int]:
    return [int(job.id[:8]) for job in jobs]


async def test_few_jobs_are_all_there_is_and_one_question_each_time() -> None:
    server = server_of(3)
    feed = JobsFeed(server)
    for _ in range(3):
        jobs = await feed.fetch()
    assert ids(jobs.jobs) == [1, 2, 3]
    assert jobs.has_all
    assert len(server.asked) == 3


async def test_the_same_answer_gives_the_same_object() -> None:
    feed = JobsFeed(server_of(250))
    assert await feed.fetch() is await feed.fetch()


async def test_the_first_page_is_the_newest_and_says_that_there_are_more() -> None:
    jobs = await JobsFeed(server_of(250)).fetch()
    assert ids(jobs.jobs) == list(range(1, PAGE + 1))
    assert not jobs.has_all


async def test_older_jobs_come_on_demand_and_stay_without_being_fetched_again() -> None:
    server = server_of(250)
    feed = JobsFeed(server)
    await feed.fetch()
    feed.request_more()
    assert len((await feed.fetch()).jobs) == 200
    server.asked.clear()
    assert len((await feed.fetch()).jobs) == 200
    assert {limit for limit, status, _ in server.asked if status is None} == {PAGE}
    feed.request_more()
    jobs = await feed.fetch()
    assert len(jobs.jobs) == 250
    assert jobs.has_all


class Growing(Server):
    """Gets new jobs at the top."""

    def __init__(self, count: int) -> None:
        super().__init__([job(number) for number in range(5000, 5000 + count)])

    def grow(self, count: int) -> None:
        newest = int(self.jobs_now[0].id[:8])
        new = [job(number) for number in range(newest - count, newest)]
        self.jobs_now = [*new, *self.jobs_now]


async def test_a_later_run_loads_as_many_jobs_as_have_become_known() -> None:
    server = Growing(80)
    feed = JobsFeed(server)
    await feed.fetch()
    for _ in range(10):
        server.grow(7)
        await feed.fetch()
    later = JobsFeed(server)
    later.request_at_least(feed.count_for_next_run)
    jobs = await later.fetch()
    assert len(jobs.jobs) == 150
    assert jobs.has_all
    assert later.count_for_next_run == feed.count_for_next_run


async def test_old_jobs_that_are_known_as_they_run_have_a_later_run_load_no_more() -> None:
    server = Growing(250)
    server.change(job5200="RUNNING", job5240="RUNNING")
    feed = JobsFeed(server)
    assert len((await feed.fetch()).jobs) == PAGE + 2
    assert feed.count_for_next_run == PAGE
    server.grow(1)
    assert len((await feed.fetch()).jobs) == PAGE + 3
    assert feed.count_for_next_run == PAGE + 1


async def test_jobs_that_came_in_by_themselves_are_loaded_again_up_to_a_limit() -> None:
    server = Growing(250)
    feed = JobsFeed(server)
    for _ in range(20):
        await feed.fetch()
        server.grow(90)
    assert len((await feed.fetch()).jobs) > READ_LIMIT
    assert feed.count_for_next_run == READ_LIMIT
    feed.request_at_least(READ_LIMIT + PAGE)
    assert feed.count_for_next_run == READ_LIMIT + PAGE


async def test_an_active_job_older_than_the_page_is_known_from_the_start() -> None:
    server = server_of(250)
    server.change(job240="RUNNING")
    assert 240 in ids((await JobsFeed(server).fetch()).jobs)


async def test_an_old_job_that_ends_is_seen_to_end() -> None:
    server = server_of(250)
    server.change(job240="RUNNING")
    feed = JobsFeed(server)
    await feed.fetch()
    server.change(job240="FAILED")
    ended = next(job for job in (await feed.fetch()).jobs if int(job.id[:8]) == 240)
    assert ended.status == "FAILED"


async def test_many_jobs_that_end_at_once_are_read_with_few_questions() -> None:
    server = server_of(250)
    server.change(**{f"job{number}": "RUNNING" for number in range(120, 160)})
    feed = JobsFeed(server)
    await feed.fetch()
    server.change(**{f"job{number}": "COMPLETE" for number in range(120, 160)})
    server.asked.clear()
    jobs = await feed.fetch()
    assert all(job.state.is_finished for job in jobs.jobs)
    assert len(server.asked) <= 4


async def test_a_job_that_vanished_from_the_page_is_dropped() -> None:
    server = server_of(250)
    feed = JobsFeed(server)
    await feed.fetch()
    server.jobs_now = [job for job in server.jobs_now if int(job.id[:8]) != 50]
    assert 50 not in ids((await feed.fetch()).jobs)


async def test_more_new_jobs_than_a_page_leave_no_hole() -> None:
    server = Server([job(number) for number in range(301, 551)])
    feed = JobsFeed(server)
    feed.request_more()
    await feed.fetch()
    server.jobs_now = [job(number) for number in range(1, 551)]
    jobs = await feed.fetch()
    shown = ids(jobs.jobs)
    assert shown == list(range(shown[0], shown[0] + len(shown)))


async def test_a_server_that_does_not_know_active_is_asked_for_everything_wanted() -> None:
    server = server_of(250, knows_active=False)
    feed = JobsFeed(server)
    feed.request_more()
    assert len((await feed.fetch()).jobs) == 200
    server.change(job150="FAILED")
    jobs = await feed.fetch()
    assert next(job for job in jobs.jobs if int(job.id[:8]) == 150).status == "FAILED"


async def test_a_page_that_cannot_be_read_at_all_ends_nothing() -> None:
    server = server_of(250)
    feed = JobsFeed(server)
    await feed.fetch()
    server.spoiled = PAGE
    jobs = await feed.fetch()
    assert jobs.unreadable == PAGE
    assert len(jobs.jobs) == 250 - PAGE


async def test_a_row_that_cannot_be_read_hides_no_other_job() -> None:
    server = Server([job(number) for number in range(251, 301)])
    feed = JobsFeed(server)
    await feed.fetch()
    server.jobs_now = [job(number) for number in range(1, 301)]
    server.change(job250="RUNNING")
    server.spoiled = 1
    jobs = await feed.fetch()
    assert ids(jobs.jobs) == list(range(2, 301))
    assert jobs.unreadable == 1


async def test_a_burst_of_new_jobs_takes_none_of_the_known_away() -> None:
    server = Server([job(number) for number in range(201, 221)])
    feed = JobsFeed(server)
    await feed.fetch()
    server.jobs_now = [job(number) for number in range(1, 221)]
    jobs = await feed.fetch()
    assert ids(jobs.jobs) == list(range(1, 221))
    assert jobs.has_all


async def test_nothing_known_is_lost_when_a_question_fails() -> None:
    server = server_of(150)
    feed = JobsFeed(server)
    before = await feed.fetch()
    works, server.jobs = server.jobs, failing  # type: ignore[method-assign]
    with pytest.raises(TransportError):
        await feed.fetch()
    server.jobs = works  # type: ignore[method-assign]
    assert await feed.fetch() is before


async def failing(**_: object) -> ResultPage[Job]:
    raise TransportError("no answer")


@pytest.mark.parametrize("seed", range(at_length(8, 200)))
async def test_any_course_of_events_ends_with_what_the_server_says(seed: int) -> None:
    dice = random.Random(seed)
    numbers = count(9999, -1)
    server = Server([job(next(numbers), "RUNNING") for _ in range(dice.randrange(400))][::-1])
    feed = JobsFeed(server)
    for _ in range(30):
        started = [job(next(numbers), "QUEUED") for _ in range(dice.choice([0, 1, 3, 150]))]
        server.jobs_now = [*reversed(started), *server.jobs_now]
        server.change(
            **{
                f"job{int(known.id[:8])}": dice.choice(["RUNNING", "COMPLETE", "FAILED"])
                for known in server.jobs_now
                if not known.state.is_finished and dice.random() < 0.2
            }
        )
        if dice.random() < 0.2:
            feed.request_more()
        jobs = await feed.fetch()
        truth = {known.id: known for known in server.jobs_now}
        assert all(truth[known.id] == known for known in jobs.jobs)
        assert [known.id for known in jobs.jobs[: feed.requested_count]] == [
            known.id for known in server.jobs_now[: min(feed.requested_count, len(jobs.jobs))]
        ]
        active = {known.id for known in server.jobs_now if not known.state.is_finished}
        assert active <= {known.id for known in jobs.jobs}
        if jobs.has_all:
            assert len(jobs.jobs) == len(server.jobs_now)
