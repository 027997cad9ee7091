import pytest

from studio_tui import clock
from studio_tui.api.client import StudioClient
from studio_tui.api.models import Job
from studio_tui.api.pages import ResultPage
from studio_tui.errors import AnswerTooLarge, InvalidRequest
from studio_tui.service.polling.growing_feed import FILTER_PAUSE
from studio_tui.service.polling.schedules_feed import SchedulesFeed
from tests.jobs import job

OLD_TASK = job(5000, "TASK", name="nightly.py")
JOBS = [*(job(number) for number in range(1, 200)), OLD_TASK]


class Server(StudioClient):
    """Lists jobs by `limit` and `status`."""

    def __init__(self, *, accepts_task: bool = True) -> None:
        self.jobs_now = JOBS
        self.accepts_task = accepts_task
        """Whether it accepts the status TASK in a request."""
        self.refuses_all = False
        self.most: int | None = None
        """Most jobs that fit into an answer; `None` if all fit."""
        self.statuses: list[str | None] = []
        """The `status` of each request."""

    async def jobs(
        self, *, limit: int = 100, status: str | None = None, job_id: str | None = None
    ) -> ResultPage[Job]:
        self.statuses.append(status)
        assert job_id is None
        if self.most is not None and limit > self.most:
            raise AnswerTooLarge("The answer is too large.")
        if self.refuses_all or (status is not None and not self.accepts_task):
            raise InvalidRequest(400, "no such status")
        matching = [listed for listed in self.jobs_now if status in {listed.status, None}]
        return ResultPage(tuple(matching[:limit]))


async def test_a_schedule_is_found_however_many_jobs_are_newer() -> None:
    assert await SchedulesFeed(Server()).fetch() == (OLD_TASK,)


async def test_an_unchanged_list_of_schedules_is_the_same_object() -> None:
    server = Server()
    feed = SchedulesFeed(server)
    first = await feed.fetch()
    assert await feed.fetch() is first
    server.jobs_now = [job(1, "TASK"), *JOBS]
    assert await feed.fetch() == (job(1, "TASK"), OLD_TASK)


async def test_all_jobs_are_requested_once_studio_has_rejected_the_status_task() -> None:
    server = Server(accepts_task=False)
    feed = SchedulesFeed(server)
    assert await feed.fetch() == (OLD_TASK,)
    assert await feed.fetch() == (OLD_TASK,)
    assert server.statuses == ["TASK", None, None]


async def test_the_filter_is_used_again_some_time_after_studio_has_rejected_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr(clock, "monotonic", lambda: now[0])
    server = Server(accepts_task=False)
    feed = SchedulesFeed(server)
    await feed.fetch()
    server.accepts_task = True
    now[0] = FILTER_PAUSE
    await feed.fetch()
    assert server.statuses == ["TASK", None, "TASK"]


async def test_the_filter_is_not_blamed_if_studio_rejects_all_requests() -> None:
    server = Server(accepts_task=False)
    server.refuses_all = True
    feed = SchedulesFeed(server)
    with pytest.raises(InvalidRequest):
        await feed.fetch()
    server.accepts_task, server.refuses_all = True, False
    await feed.fetch()
    assert server.statuses == ["TASK", None, "TASK"]


async def test_fewer_jobs_are_requested_if_the_answer_is_too_large() -> None:
    server = Server()
    server.most = 100
    server.jobs_now = [job(1, "TASK"), *JOBS]
    assert await SchedulesFeed(server).fetch() == (job(1, "TASK"), OLD_TASK)


async def test_a_job_without_a_status_is_no_schedule() -> None:
    server = Server()
    server.jobs_now = [job(1, None), job(2, "TASK")]  # type: ignore[arg-type] # Studio may send none
    assert [schedule.id for schedule in await SchedulesFeed(server).fetch()] == [job(2).id]
