import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from studio_tui import clock
from studio_tui.errors import (
    AuthenticationError,
    NotSent,
    PermissionDenied,
    RateLimited,
    ServerError,
    StudioError,
    TransportError,
)
from studio_tui.service.polling.backoff import DENIED_PAUSE
from studio_tui.service.polling.poller import Poller, Wait
from studio_tui.service.polling.reachability import SHORTEST_PAUSE, Reachability
from studio_tui.service.polling.snapshot import Snapshot
from tests.jobs import NOON
from tests.waiting import HANG, await_with_limit

pytestmark = pytest.mark.usefixtures("noon", "longest_rests")

PAUSE = 7.0


class Studio:
    """Answers requests as a test sets, and counts them."""

    def __init__(self) -> None:
        self.answers: list[int | Exception] = []
        """Answers to the next requests; after these, the number of the request."""
        self.requests = 0
        self.pending = 0
        """Requests that have not been answered."""
        self.most_pending = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def fetch(self) -> int:
        self.requests += 1
        self.pending += 1
        self.most_pending = max(self.most_pending, self.pending)
        try:
            await self.may_answer.wait()
            await asyncio.sleep(0)
        finally:
            self.pending -= 1
        answer = self.answers.pop(0) if self.answers else self.requests
        if isinstance(answer, Exception):
            raise answer
        return answer


class Rests:
    """Replaces the rests of a poller: records each one, which lasts until a poke or `end_rest`."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        """Seconds of each rest that has begun."""
        self._is_over = asyncio.Event()

    async def wait(self, poked: asyncio.Event, seconds: float) -> None:
        self.seconds.append(seconds)
        ends = [asyncio.create_task(event.wait()) for event in (poked, self._is_over)]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
        self._is_over.clear()

    def end_rest(self) -> None:
        self._is_over.set()

    async def until_begun(self, count: int) -> None:
        """Wait until the poller has begun this number of rests."""
        await until(lambda: len(self.seconds) >= count)

    async def end_rests(self, count: int) -> None:
        """Wait for each of the first `count` rests, and end it."""
        for number in range(1, count + 1):
            await self.until_begun(number)
            self.end_rest()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition without sleeping, unlike `tests.waiting.until`."""
    async with asyncio.timeout(HANG):
        while not condition():  # noqa: ASYNC110 (the condition is not one event)
            await asyncio.sleep(0)


async def let_tasks_run() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def new_poller(studio: Studio, wait: Wait, **options: object) -> Poller[int]:
    return Poller(
        "test",
        studio.fetch,
        lambda _: PAUSE,
        wait=wait,
        **options,  # type: ignore[arg-type] # options of a poller
    )


@asynccontextmanager
async def running(poller: Poller[int]) -> AsyncIterator[None]:
    task = asyncio.create_task(poller.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_poller_sends_nothing_without_a_listener() -> None:
    studio, rests = Studio(), Rests()
    async with running(new_poller(studio, rests.wait)):
        await let_tasks_run()
        assert studio.requests == 0


async def test_a_poller_sends_each_answer_with_its_time_to_its_listeners() -> None:
    studio, rests = Studio(), Rests()
    poller = new_poller(studio, rests.wait)
    received: list[Snapshot[int]] = []
    poller.subscribe(received.append)
    async with running(poller):
        await rests.until_begun(1)
        rests.end_rest()
        await rests.until_begun(2)
    assert [snapshot.value for snapshot in received] == [1, 2]
    assert received[0].fetched_at == NOON
    assert rests.seconds == [PAUSE, PAUSE]


def test_a_known_value_can_be_published_again() -> None:
    poller: Poller[list[int]] = Poller("jobs", fetch_nothing, lambda _: 1.0)
    received: list[Snapshot[list[int]]] = []
    poller.subscribe(received.append)
    poller.publish_again()
    assert received == []
    poller.recall([1], NOON)
    poller.publish_again()
    recalled, republished = (snapshot.value for snapshot in received)
    assert recalled == republished == [1]
    assert recalled is not republished


async def test_a_value_recalled_during_an_outage_has_the_error_of_the_outage_at_once() -> None:
    reachability = Reachability(fetch_nothing)
    poller: Poller[list[int]] = Poller(
        "pipeline", fetch_nothing, lambda _: 1.0, reachability=reachability
    )
    error = NotSent("studio refuses connections: is Studio running there?")
    with pytest.raises(NotSent), reachability.asking():
        raise error
    poller.recall([1], NOON)
    assert (poller.snapshot.value, poller.snapshot.error) == ([1], error)


async def fetch_nothing() -> list[int]:
    raise AssertionError("A request was sent.")


async def test_a_poller_stops_when_the_last_listener_leaves_and_continues_for_the_next() -> None:
    studio, rests = Studio(), Rests()
    poller = new_poller(studio, rests.wait)
    leave = poller.subscribe(lambda _: None)
    async with running(poller):
        await until(lambda: studio.requests == 1 and len(rests.seconds) == 1)
        leave()
        rests.end_rest()
        await let_tasks_run()
        assert studio.requests == 1
        poller.subscribe(lambda _: None)
        await until(lambda: studio.requests == 2)


async def test_a_listener_that_subscribes_during_a_rest_causes_a_request_at_once() -> None:
    studio, rests = Studio(), Rests()
    poller = new_poller(studio, rests.wait)
    poller.subscribe(lambda _: None)()  # this listener leaves at once
    leave = poller.subscribe(lambda _: None)
    async with running(poller):
        await rests.until_begun(1)
        leave()
        poller.subscribe(lambda _: None)
        await until(lambda: studio.requests == 2)


async def test_pokes_during_a_request_cause_one_further_request_after_it() -> None:
    studio, rests = Studio(), Rests()
    poller = new_poller(studio, rests.wait)
    studio.may_answer.clear()
    poller.subscribe(lambda _: None)
    async with running(poller):
        await until(lambda: studio.pending == 1)
        for _ in range(50):
            poller.poke()
            await asyncio.sleep(0)
        studio.may_answer.set()
        await rests.until_begun(2)
        await let_tasks_run()
    assert studio.requests == 2
    assert studio.most_pending == 1


async def test_a_poller_publishes_answers_even_if_pokes_are_faster_than_answers() -> None:
    studio, rests = Studio(), Rests()
    poller = new_poller(studio, rests.wait)
    received: list[Snapshot[int]] = []
    poller.subscribe(received.append)
    async with running(poller):
        for _ in range(200):
            poller.poke()
            await asyncio.sleep(0)
    assert len(received) > 10


async def test_a_poller_keeps_its_value_when_a_request_fails() -> None:
    studio, rests = Studio(), Rests()
    studio.answers = [41, TransportError("no answer"), 42]
    poller = new_poller(studio, rests.wait)
    received: list[Snapshot[int]] = []
    poller.subscribe(received.append)
    async with running(poller):
        await rests.end_rests(3)
    failed = received[1]
    assert failed.value == 41
    assert failed.fetched_at == NOON
    assert str(failed.error) == "no answer"
    assert failed.next_try_at is not None
    assert failed.next_try_at > NOON
    assert received[2] == Snapshot(value=42, fetched_at=NOON, due_at=received[2].due_at)


async def test_the_time_of_the_data_stops_while_requests_fail_and_never_goes_back() -> None:
    studio, rests = Studio(), Rests()
    studio.answers = [41, TransportError("no answer"), ServerError(503, "in repair"), 42]
    poller = new_poller(studio, rests.wait)
    now = NOON
    clock.set_time_source(lambda: now)
    shown = [NOON]
    poller.subscribe(lambda snapshot: shown.append(snapshot.moment(now)))
    async with running(poller):
        for number in range(1, 5):
            await rests.until_begun(number)
            shown.append(poller.snapshot.moment(now))
            now += timedelta(seconds=7)
            # Between two answers, the time of the data follows the clock.
            shown.append(poller.snapshot.moment(now))
            rests.end_rest()
        await until(lambda: poller.snapshot.value == 42)
    assert shown == sorted(shown)
    seconds = [int((moment - NOON).total_seconds()) for moment in shown]
    assert seconds == [0, 0, 0, 7, 7, 7, 7, 7, 7, 7, 21, 21, 28]


async def test_a_poller_rests_longer_after_each_failure_up_to_a_minute() -> None:
    studio, rests = Studio(), Rests()
    studio.answers = [TransportError("no answer")] * 12
    poller = new_poller(studio, rests.wait)
    poller.subscribe(lambda _: None)
    async with running(poller):
        await rests.end_rests(11)
    assert rests.seconds[:6] == [5, 5, 5, 8, 16, 32]
    assert rests.seconds[7:11] == [60] * 4


async def test_a_failing_request_is_sent_at_most_every_five_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(random, "uniform", lambda least, _: least)
    studio, rests = Studio(), Rests()
    studio.answers = [TransportError("no answer")] * 12
    poller = new_poller(studio, rests.wait)
    poller.subscribe(lambda _: None)
    async with running(poller):
        await rests.end_rests(8)
    assert all(seconds >= SHORTEST_PAUSE for seconds in rests.seconds)


@pytest.mark.parametrize(
    "error", [RateLimited(429, "slow down", 120), ServerError(503, "in repair", 120)]
)
async def test_a_poller_rests_as_long_as_studio_requests(error: StudioError) -> None:
    studio, rests = Studio(), Rests()
    studio.answers = [error]
    poller = new_poller(studio, rests.wait)
    poller.subscribe(lambda _: None)
    async with running(poller):
        await rests.until_begun(1)
    assert rests.seconds == [120]


async def test_a_rejected_token_is_not_used_again_until_the_poller_is_restarted() -> None:
    studio, rests = Studio(), Rests()
    studio.answers = [AuthenticationError(401, "no"), 2]
    poller = new_poller(studio, rests.wait)
    poller.subscribe(lambda _: None)
    async with running(poller):
        await until(lambda: poller.snapshot.stopped)
        await let_tasks_run()
        poller.poke()
        await let_tasks_run()
        assert studio.requests == 1
        poller.restart()
        await until(lambda: poller.snapshot.value == 2)
        assert not poller.snapshot.stopped


async def test_a_list_without_permission_keeps_its_age_and_is_retried_after_five_minutes() -> None:
    studio, rests = Studio(), Rests()
    studio.answers = [41, PermissionDenied(403, "not yours"), PermissionDenied(403, "no"), 44]
    poller = new_poller(studio, rests.wait)
    received: list[Snapshot[int]] = []
    poller.subscribe(received.append)
    async with running(poller):
        await rests.end_rests(3)
        await until(lambda: poller.snapshot.value == 44)
    assert rests.seconds[:3] == [PAUSE, DENIED_PAUSE, DENIED_PAUSE]
    denied = received[1]
    assert (denied.value, denied.fetched_at, denied.stopped) == (41, NOON, False)
    assert str(denied.error) == "not yours"
    assert denied.next_try_at == NOON + timedelta(minutes=5)
    assert received[3] == Snapshot(value=44, fetched_at=NOON, due_at=received[3].due_at)


@pytest.mark.parametrize("late_answer", [7, TransportError("no answer")])
async def test_an_answer_after_the_stop_of_a_poller_changes_nothing(
    late_answer: int | Exception,
) -> None:
    studio, rests = Studio(), Rests()
    studio.answers = [late_answer]
    studio.may_answer.clear()
    poller = new_poller(studio, rests.wait)
    poller.subscribe(lambda _: None)
    async with running(poller):
        await until(lambda: studio.pending == 1)
        poller.stop(AuthenticationError(401, "no"))
        stopped = poller.snapshot
        studio.may_answer.set()
        await until(lambda: studio.pending == 0)
        await let_tasks_run()
        assert poller.snapshot == stopped
        assert studio.requests == 1


async def test_a_new_listener_does_not_shorten_a_rest_that_studio_requested() -> None:
    studio, rests = Studio(), Rests()
    studio.answers = [RateLimited(429, "slow down", 120)]
    poller = new_poller(studio, rests.wait)
    leave = poller.subscribe(lambda _: None)
    async with running(poller):
        await rests.until_begun(1)
        for _ in range(10):
            leave()
            leave = poller.subscribe(lambda _: None)
            await asyncio.sleep(0)
        assert studio.requests == 1


@pytest.mark.parametrize(
    "error", [ServerError(503, "in repair", 120), PermissionDenied(403, "not yours")]
)
async def test_a_command_does_not_shorten_a_required_rest_but_the_user_does(
    error: StudioError,
) -> None:
    studio, rests = Studio(), Rests()
    studio.answers = [error, 2]
    poller = new_poller(studio, rests.wait)
    poller.subscribe(lambda _: None)
    async with running(poller):
        await rests.until_begun(1)
        poller.poke()
        poller.poll_soon()
        await let_tasks_run()
        assert studio.requests == 1
        poller.restart()
        await until(lambda: poller.snapshot.value == 2)


async def test_an_answer_that_arrives_without_a_listener_is_kept_with_its_time() -> None:
    studio, rests = Studio(), Rests()
    studio.may_answer.clear()
    poller = new_poller(studio, rests.wait)
    received: list[Snapshot[int]] = []
    leave = poller.subscribe(received.append)
    async with running(poller):
        await until(lambda: studio.pending == 1)
        leave()
        studio.may_answer.set()
        await rests.until_begun(1)
        rests.end_rest()
        await let_tasks_run()
        assert (poller.snapshot.value, poller.snapshot.fetched_at) == (1, NOON)
        assert (received, studio.requests) == ([], 1)


async def test_a_poller_reports_a_rejected_token() -> None:
    studio, rests = Studio(), Rests()
    studio.answers = [AuthenticationError(401, "no")]
    rejections: list[AuthenticationError] = []
    poller = new_poller(studio, rests.wait, reachability=Reachability(on_refused=rejections.append))
    poller.subscribe(lambda _: None)
    async with running(poller):
        await until(lambda: bool(rejections))


async def test_an_error_that_is_no_studio_error_ends_the_poller() -> None:
    studio, rests = Studio(), Rests()
    studio.answers = [ZeroDivisionError()]
    poller = new_poller(studio, rests.wait)
    poller.subscribe(lambda _: None)
    with pytest.raises(ZeroDivisionError):
        await await_with_limit(poller.run(), "a poller that has failed")


async def test_a_snapshot_has_the_time_when_the_next_answer_is_due() -> None:
    answered = asyncio.Event()

    async def fetch() -> int:
        return 1

    poller = Poller("clusters", fetch, lambda _: 30.0)
    poller.subscribe(lambda _: answered.set())
    running = asyncio.create_task(poller.run())
    await answered.wait()
    running.cancel()
    snapshot = poller.snapshot
    assert snapshot.fetched_at is not None
    assert snapshot.due_at == snapshot.fetched_at + timedelta(seconds=30)
