from studio_tui.api.client import StudioClient
from studio_tui.api.models import Job
from studio_tui.api.pages import ResultPage
from studio_tui.errors import InvalidRequest
from studio_tui.service.polling.schedules_feed import SchedulesFeed
from tests.jobs import job

OLD_TASK = job(5000, "TASK", name="nightly.py")
JOBS = [*(job(number) for number in range(1, 200)), OLD_TASK]


class Server(StudioClient):
    """Lists jobs; one that does not know the word TASK refuses it."""

    def __init__(self, *, knows_task: bool = True) -> None:
        self.jobs_now = JOBS
        self.knows_task = knows_task
        self.asked: list[str | None] = []

    async def jobs(
        self, *, limit: int = 100, status: str | None = None, job_id: str | None = None
    ) -> ResultPage[Job]:
        self.asked.append(status)
        assert job_id is None
        if status is not None and not self.knows_task:
            raise InvalidRequest(400, "no such status")
        found = [known for known in self.jobs_now if status in {known.status, None}]
        return ResultPage(tuple(found[:limit]))


async def test_a_schedule_is_found_however_many_jobs_are_newer() -> None:
    assert await SchedulesFeed(Server()).fetch() == (OLD_TASK,)


async def test_the_same_schedules_are_the_same_object() -> None:
    server = Server()
    feed = SchedulesFeed(server)
    first = await feed.fetch()
    assert await feed.fetch() is first
    server.jobs_now = [job(1, "TASK"), *JOBS]
    assert await feed.fetch() == (job(1, "TASK"), OLD_TASK)


async def test_a_studio_without_the_word_is_asked_for_jobs_from_then_on() -> None:
    server = Server(knows_task=False)
    feed = SchedulesFeed(server)
    assert await feed.fetch() == (OLD_TASK,)
    assert await feed.fetch() == (OLD_TASK,)
    assert server.asked == ["TASK", None, None]


async def test_a_job_whose_state_is_not_known_is_no_schedule() -> None:
    server = Server()
    server.jobs_now = [job(1, None), job(2, "TASK")]  # type: ignore[arg-type] # as Studio may
    assert [task.id for task in await SchedulesFeed(server).fetch()] == [job(2).id]
