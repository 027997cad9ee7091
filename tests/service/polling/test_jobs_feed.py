import random
from datetime import timedelta
from itertools import count

import pytest

from studio_tui.api.client import StudioClient
from studio_tui.api.models import Job
from studio_tui.api.pages import ResultPage
from studio_tui.errors import (
    AnswerTooLarge,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    StudioError,
    TransportError,
)
from studio_tui.service.polling import jobs_feed
from studio_tui.service.polling.growing_feed import GrowingFeed
from studio_tui.service.polling.jobs_feed import PAGE, READ_LIMIT, JobsFeed, made_at
from tests.jobs import NOON, job
from tests.soak import at_length


class Server(StudioClient):
    """Lists jobs as the API does: newest first, chosen only by `limit`, `status` and `job_id`."""

    def __init__(self, jobs: list[Job], *, accepts_active: bool = True) -> None:
        self.jobs_now = jobs
        self.accepts_active = accepts_active
        """Whether it accepts the status ACTIVE in a request."""
        self.requests: list[tuple[int, str | None, str | None]] = []
        """The `limit`, `status` and `job_id` of each request."""
        self.most: int | None = None
        """Most jobs that fit into an answer; `None` if all fit."""
        self.error_for_unknown: StudioError | None = None
        """The answer to a request for one job that does not exist; `None` for an empty list."""
        self.unreadable = 0
        """Number of rows at the top of the whole list that cannot be read."""
        self._pages: dict[tuple[int, ...], ResultPage[Job]] = {}

    def change(self, **statuses: str) -> None:
        """Set statuses; `job7` is the status of the job with number 7."""
        self.jobs_now = [
            job(number_of(listed), statuses[f"job{number_of(listed)}"])
            if f"job{number_of(listed)}" in statuses
            else listed
            for listed in self.jobs_now
        ]

    async def jobs(
        self, *, limit: int = 100, status: str | None = None, job_id: str | None = None
    ) -> ResultPage[Job]:
        self.requests.append((limit, status, job_id))
        if status == "ACTIVE" and not self.accepts_active:
            raise InvalidRequest(400, "no such status")
        matching = [
            listed
            for listed in self.jobs_now
            if (status is None or not listed.state.is_finished)
            and (job_id is None or listed.id == job_id)
        ]
        if self.most is not None and min(limit, len(matching)) > self.most:
            raise AnswerTooLarge("The answer is too large.")
        if job_id is not None and not matching and self.error_for_unknown is not None:
            raise self.error_for_unknown
        unreadable = self.unreadable if status is None and job_id is None else 0
        items = tuple(matching[:limit])[unreadable:]
        # The client returns the same page for the same answer.
        key = (unreadable, *(id(item) for item in items))
        return self._pages.setdefault(
            key, ResultPage(items=items, unreadable=unreadable, duplicates=0)
        )


def server_of(count: int, **options: bool) -> Server:
    return Server([job(number) for number in range(1, count + 1)], **options)


def number_of(listed: Job) -> int:
    return int(listed.id[:8])


def numbers(jobs: tuple[Job, ...]) -> list[int]:
    return [number_of(listed) for listed in jobs]


async def test_a_short_list_is_complete_and_fetched_with_one_request_each_time() -> None:
    server = server_of(3)
    feed = JobsFeed(server)
    for _ in range(3):
        jobs = await feed.fetch()
    assert numbers(jobs.jobs) == [1, 2, 3]
    assert jobs.has_all
    assert len(server.requests) == 3


async def test_an_unchanged_list_is_the_same_object() -> None:
    feed = JobsFeed(server_of(250))
    assert await feed.fetch() is await feed.fetch()


async def test_the_first_page_has_the_newest_jobs_and_is_not_complete() -> None:
    jobs = await JobsFeed(server_of(250)).fetch()
    assert numbers(jobs.jobs) == list(range(1, PAGE + 1))
    assert not jobs.has_all


async def test_older_jobs_are_fetched_once_on_demand_and_stay() -> None:
    server = server_of(250)
    feed = JobsFeed(server)
    await feed.fetch()
    feed.request_more()
    assert len((await feed.fetch()).jobs) == 200
    server.requests.clear()
    assert len((await feed.fetch()).jobs) == 200
    assert {limit for limit, status, _ in server.requests if status is None} == {PAGE}
    feed.request_more()
    jobs = await feed.fetch()
    assert len(jobs.jobs) == 250
    assert jobs.has_all


class Growing(Server):
    """Gets new jobs at the top."""

    def __init__(self, count: int) -> None:
        super().__init__([job(number) for number in range(5000, 5000 + count)])

    def grow(self, count: int) -> None:
        newest = number_of(self.jobs_now[0])
        new = [job(number) for number in range(newest - count, newest)]
        self.jobs_now = [*new, *self.jobs_now]


async def test_the_next_run_loads_as_many_jobs_as_this_one_had() -> None:
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


async def test_old_running_jobs_do_not_count_for_how_many_jobs_the_next_run_loads() -> None:
    server = Growing(250)
    server.change(job5200="RUNNING", job5240="RUNNING")
    feed = JobsFeed(server)
    assert len((await feed.fetch()).jobs) == PAGE + 2
    assert feed.count_for_next_run == PAGE
    server.grow(1)
    assert len((await feed.fetch()).jobs) == PAGE + 3
    assert feed.count_for_next_run == PAGE + 1


async def test_the_next_run_loads_jobs_that_were_not_requested_only_up_to_a_limit() -> None:
    server = Growing(250)
    feed = JobsFeed(server)
    for _ in range(20):
        await feed.fetch()
        server.grow(90)
    assert len((await feed.fetch()).jobs) > READ_LIMIT
    assert feed.count_for_next_run == READ_LIMIT
    feed.request_at_least(READ_LIMIT + PAGE)
    assert feed.count_for_next_run == READ_LIMIT + PAGE


async def test_a_running_job_older_than_the_first_page_is_fetched_at_the_start() -> None:
    server = server_of(250)
    server.change(job240="RUNNING")
    assert 240 in numbers((await JobsFeed(server).fetch()).jobs)


async def test_the_end_of_a_job_older_than_the_first_page_is_fetched() -> None:
    server = server_of(250)
    server.change(job240="RUNNING")
    feed = JobsFeed(server)
    await feed.fetch()
    server.change(job240="FAILED")
    ended = next(listed for listed in (await feed.fetch()).jobs if number_of(listed) == 240)
    assert ended.status == "FAILED"


async def test_many_jobs_that_end_at_once_are_fetched_with_few_requests() -> None:
    server = server_of(250)
    server.change(**{f"job{number}": "RUNNING" for number in range(120, 160)})
    feed = JobsFeed(server)
    await feed.fetch()
    server.change(**{f"job{number}": "COMPLETE" for number in range(120, 160)})
    server.requests.clear()
    jobs = await feed.fetch()
    assert all(job.state.is_finished for job in jobs.jobs)
    assert len(server.requests) <= 4


async def test_an_unreadable_row_hides_no_job_of_many_that_end_at_once() -> None:
    server = server_of(250)
    server.unreadable = 1
    ending = range(220, 236)
    server.change(**{f"job{number}": "RUNNING" for number in ending})
    feed = JobsFeed(server)
    await feed.fetch()
    server.change(**{f"job{number}": "COMPLETE" for number in ending})
    assert set(ending) <= set(numbers((await feed.fetch()).jobs))


async def test_a_job_that_is_missing_from_the_first_page_is_dropped() -> None:
    server = server_of(250)
    feed = JobsFeed(server)
    await feed.fetch()
    server.jobs_now = [listed for listed in server.jobs_now if number_of(listed) != 50]
    assert 50 not in numbers((await feed.fetch()).jobs)


async def test_a_job_of_the_year_1_in_the_first_page_removes_no_older_jobs() -> None:
    server = server_of(250)
    feed = JobsFeed(server)
    feed.request_more()
    await feed.fetch()
    server.jobs_now = [job(500, created_at="0001-01-01T00:00:00Z"), *server.jobs_now]
    jobs = await feed.fetch()
    assert len(jobs.jobs) == 201
    assert feed.complete_since == job(200).created_at


async def test_an_older_job_whose_creation_time_becomes_known_takes_its_place() -> None:
    server = server_of(250)
    server.jobs_now.insert(150, job(500, "RUNNING", created_at=None))
    feed = JobsFeed(server)
    feed.request_more()
    assert numbers((await feed.fetch()).jobs)[:2] == [500, 1]
    # It was created between jobs 150 and 151.
    server.jobs_now[150] = job(500, "RUNNING", created_at=NOON - timedelta(minutes=150.5))
    assert numbers((await feed.fetch()).jobs)[149:152] == [150, 500, 151]


async def test_jobs_created_at_the_same_time_keep_their_order() -> None:
    server = server_of(250)
    for index in range(140, 150):
        server.jobs_now[index] = job(index + 1, "RUNNING", created_at=job(145).created_at)
    feed = JobsFeed(server)
    feed.request_more()
    before = numbers((await feed.fetch()).jobs)
    server.jobs_now[143] = job(144, "COMPLETE", created_at=job(145).created_at)
    jobs = (await feed.fetch()).jobs
    assert numbers(jobs) == before
    assert jobs[143].status == "COMPLETE"


@pytest.mark.parametrize(
    "error", [InvalidRequest(400, "no"), NotFound(404, "no"), PermissionDenied(403, "no")]
)
async def test_an_old_running_job_that_vanishes_is_dropped(error: StudioError) -> None:
    server = server_of(250)
    server.change(job240="RUNNING")
    feed = JobsFeed(server)
    await feed.fetch()
    server.error_for_unknown = error
    server.jobs_now = [listed for listed in server.jobs_now if number_of(listed) != 240]
    assert numbers((await feed.fetch()).jobs) == list(range(1, PAGE + 1))


async def test_many_jobs_that_vanish_at_once_are_not_searched_among_all_jobs() -> None:
    server = server_of(5000)
    old = range(120, 160)
    server.change(**{f"job{number}": "RUNNING" for number in old})
    feed = JobsFeed(server)
    await feed.fetch()
    server.jobs_now = [listed for listed in server.jobs_now if number_of(listed) not in old]
    server.requests.clear()
    assert numbers((await feed.fetch()).jobs) == list(range(1, PAGE + 1))
    assert max(limit for limit, status, _ in server.requests if status is None) < 500


async def test_fewer_jobs_are_requested_if_the_answer_is_too_large() -> None:
    server = server_of(3000)
    server.change(job10="RUNNING")
    server.most = 1000
    feed = JobsFeed(server)
    feed.request_at_least(READ_LIMIT)
    jobs = await feed.fetch()
    assert (numbers(jobs.jobs), jobs.has_all) == (list(range(1, 711)), False)
    server.requests.clear()
    server.change(job10="FAILED")
    assert len((await feed.fetch()).jobs) == 710
    assert [limit for limit, *_ in server.requests] == [PAGE]
    feed.request_more()
    assert len((await feed.fetch()).jobs) == 806


async def test_fewer_active_jobs_are_requested_if_their_list_is_too_large() -> None:
    server = server_of(500)
    running = range(101, 401)
    server.change(**{f"job{number}": "RUNNING" for number in running})
    server.most = 250
    feed = JobsFeed(server)
    jobs = await feed.fetch()
    assert numbers(jobs.jobs)[:PAGE] == list(range(1, PAGE + 1))
    limits = [limit for limit, status, _ in server.requests if status == "ACTIVE"]
    assert limits == [1000, 666, 444, 296, 197]
    assert len(jobs.jobs) == PAGE + limits[-1]
    server.requests.clear()
    server.change(job150="COMPLETE")
    known = {number_of(each): each.status for each in (await feed.fetch()).jobs}
    assert known[150] == "COMPLETE"
    assert (limits[-1], "ACTIVE", None) in server.requests
    server.most = 1000
    feed.request_more()
    assert len((await feed.fetch()).jobs) == 400


async def test_a_page_of_very_large_jobs_is_shortened_and_jobs_of_earlier_pages_stay() -> None:
    server = Growing(80)
    server.most = 30
    feed = JobsFeed(server)
    assert len((await feed.fetch()).jobs) == 29
    server.grow(5)
    assert len((await feed.fetch()).jobs) == 34
    server.grow(30)
    jobs = await feed.fetch()
    assert numbers(jobs.jobs) == [number_of(each) for each in server.jobs_now[:29]]


async def test_old_jobs_that_have_ended_are_forgotten_beyond_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs_feed, "MOST_KEPT", 500)
    server = Growing(250)
    server.change(job5100="RUNNING")
    feed = JobsFeed(server)
    for _ in range(20):
        await feed.fetch()
        server.grow(90)
    jobs = await feed.fetch()
    newest = [number_of(each) for each in server.jobs_now[:500]]
    assert numbers(jobs.jobs) == [*newest, 5100]
    assert not jobs.has_all
    assert feed.complete_since == jobs.jobs[499].created_at
    feed.request_more()
    assert len((await feed.fetch()).jobs) > 900


async def test_requesting_more_loads_older_jobs_even_if_more_are_known_than_were_requested() -> (
    None
):
    server = Growing(1000)
    feed = JobsFeed(server)
    for _ in range(8):
        await feed.fetch()
        server.grow(90)
    known = len((await feed.fetch()).jobs)
    feed.request_more()
    assert len((await feed.fetch()).jobs) > known


async def test_more_new_jobs_than_a_page_leave_no_gap_in_the_list() -> None:
    server = Server([job(number) for number in range(301, 551)])
    feed = JobsFeed(server)
    feed.request_more()
    await feed.fetch()
    server.jobs_now = [job(number) for number in range(1, 551)]
    jobs = await feed.fetch()
    shown = numbers(jobs.jobs)
    assert shown == list(range(shown[0], shown[0] + len(shown)))


async def test_all_jobs_are_fetched_if_studio_rejects_the_status_active() -> None:
    server = server_of(250, accepts_active=False)
    feed = JobsFeed(server)
    feed.request_more()
    assert len((await feed.fetch()).jobs) == 200
    server.change(job150="FAILED")
    jobs = await feed.fetch()
    assert next(listed for listed in jobs.jobs if number_of(listed) == 150).status == "FAILED"


async def test_an_unreadable_first_page_keeps_the_older_jobs() -> None:
    server = server_of(250)
    feed = JobsFeed(server)
    await feed.fetch()
    server.unreadable = PAGE
    jobs = await feed.fetch()
    assert jobs.unreadable == PAGE
    assert len(jobs.jobs) == 250 - PAGE


async def test_an_unreadable_row_hides_no_other_job() -> None:
    server = Server([job(number) for number in range(251, 301)])
    feed = JobsFeed(server)
    await feed.fetch()
    server.jobs_now = [job(number) for number in range(1, 301)]
    server.change(job250="RUNNING")
    server.unreadable = 1
    jobs = await feed.fetch()
    assert numbers(jobs.jobs) == list(range(2, 301))
    assert jobs.unreadable == 1


async def test_many_new_jobs_at_once_remove_none_of_the_earlier_ones() -> None:
    server = Server([job(number) for number in range(201, 221)])
    feed = JobsFeed(server)
    await feed.fetch()
    server.jobs_now = [job(number) for number in range(1, 221)]
    jobs = await feed.fetch()
    assert numbers(jobs.jobs) == list(range(1, 221))
    assert jobs.has_all


async def test_a_failed_request_does_not_change_the_list() -> None:
    server = server_of(150)
    feed = JobsFeed(server)
    before = await feed.fetch()
    working, server.jobs = server.jobs, failing  # type: ignore[method-assign]
    with pytest.raises(TransportError):
        await feed.fetch()
    server.jobs = working  # type: ignore[method-assign]
    assert await feed.fetch() is before


async def failing(**_: object) -> ResultPage[Job]:
    raise TransportError("no answer")


@pytest.mark.parametrize("seed", range(at_length(8, 200)))
async def test_the_list_agrees_with_studio_after_any_sequence_of_events(seed: int) -> None:
    dice = random.Random(seed)
    new_numbers = count(9999, -1)
    server = Server([job(next(new_numbers), "RUNNING") for _ in range(dice.randrange(400))][::-1])
    feed = JobsFeed(server)
    for _ in range(30):
        started = [job(next(new_numbers), "QUEUED") for _ in range(dice.choice([0, 1, 3, 150]))]
        server.jobs_now = [*reversed(started), *server.jobs_now]
        server.change(
            **{
                f"job{number_of(listed)}": dice.choice(["RUNNING", "COMPLETE", "FAILED"])
                for listed in server.jobs_now
                if not listed.state.is_finished and dice.random() < 0.2
            }
        )
        if dice.random() < 0.2:
            feed.request_more()
        jobs = await feed.fetch()
        current = {listed.id: listed for listed in server.jobs_now}
        assert all(current[fetched.id] == fetched for fetched in jobs.jobs)
        assert [*jobs.jobs] == sorted(jobs.jobs, key=made_at, reverse=True)
        assert [fetched.id for fetched in jobs.jobs[: feed.requested_count]] == [
            listed.id for listed in server.jobs_now[: min(feed.requested_count, len(jobs.jobs))]
        ]
        active = {listed.id for listed in server.jobs_now if not listed.state.is_finished}
        assert active <= {fetched.id for fetched in jobs.jobs}
        if jobs.has_all:
            assert len(jobs.jobs) == len(server.jobs_now)


@pytest.mark.parametrize(("count", "more"), [(50, 150), (100, 200), (300, 600), (900, 1400)])
def test_the_number_doubles_within_one_and_five_pages(count: int, more: int) -> None:
    feed = GrowingFeed(100)
    feed.requested_count = count
    feed.request_more()
    assert feed.requested_count == more
