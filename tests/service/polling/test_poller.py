import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from studio_tui.errors import (
    AuthenticationError,
    NotSent,
    PermissionDenied,
    RateLimited,
    ServerError,
    StudioError,
    TransportError,
)
from studio_tui.service.polling.backoff import DENIED_REST
from studio_tui.service.polling.poller import Poller, Wait
from studio_tui.service.polling.reachability import SHORTEST_REST, Reachability
from studio_tui.service.polling.snapshot import Snapshot
from tests.jobs import NOON
from tests.waiting import HANG, within_reason

REST = 7.0


class Studio:
    """Gives the answers that a test sets, and counts the requests."""

    def __init__(self) -> None:
        self.answers: list[int | Exception] = []
        self.asked = 0
        self.asking = 0
        self.most_at_once = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def fetch(self) -> int:
        self.asked += 1
        self.asking += 1
        self.most_at_once = max(self.most_at_once, self.asking)
        try:
            await self.gate.wait()
            await asyncio.sleep(0)
        finally:
            self.asking -= 1
        answer = self.answers.pop(0) if self.answers else self.asked
        if isinstance(answer, Exception):
            raise answer
        return answer


class Rests:
    """Replaces time: each rest is recorded, and lasts until a poke or `pass_time`."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._let_go = asyncio.Event()

    async def wait(self, poked: asyncio.Event, seconds: float) -> None:
        self.seconds.append(seconds)
        ends = [asyncio.create_task(event.wait()) for event in (poked, self._let_go)]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
        self._let_go.clear()

    def pass_time(self) -> None:
        self._let_go.set()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(HANG):
        while not condition():  # noqa: ASYNC110 (the condition is not one event)
            await asyncio.sleep(0)


def poller_of(studio: Studio, wait: Wait, **options: object) -> Poller[int]:
    return Poller(
        "test",
        studio.fetch,
        lambda _: REST,
        now=lambda: NOON,
        wait=wait,
        jitter=lambda _, high: high,
        **options,  # type: ignore[arg-type] # the test's own options
    )


@asynccontextmanager
async def running(poller: Poller[int]) -> AsyncIterator[None]:
    task = asyncio.create_task(poller.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_poller_asks_nothing_while_nobody_listens() -> None:
    studio, rests = Studio(), Rests()
    async with running(poller_of(studio, rests.wait)):
        for _ in range(20):
            await asyncio.sleep(0)
        assert studio.asked == 0


async def test_poller_sends_each_answer_with_its_time_to_each_listener() -> None:
    studio, rests = Studio(), Rests()
    poller = poller_of(studio, rests.wait)
    received: list[Snapshot[int]] = []
    poller.subscribe(received.append)
    async with running(poller):
        await until(lambda: len(rests.seconds) == 1)
        rests.pass_time()
        await until(lambda: len(rests.seconds) == 2)
    assert [snapshot.value for snapshot in received] == [1, 2]
    assert received[0].fetched_at == NOON
    assert rests.seconds == [REST, REST]


def test_a_known_value_can_be_published_again() -> None:
    poller: Poller[list[int]] = Poller("jobs", nobody, lambda _: 1.0)
    received: list[Snapshot[list[int]]] = []
    poller.subscribe(received.append)
    poller.publish_again()
    assert received == []
    poller.recall([1], NOON)
    poller.publish_again()
    first, again = (snapshot.value for snapshot in received)
    assert first == again == [1]
    assert first is not again


async def test_what_is_recalled_during_an_outage_says_so_at_once() -> None:
    reachability = Reachability(nobody, now=lambda: NOON)
    poller: Poller[list[int]] = Poller(
        "pipeline", nobody, lambda _: 1.0, reachability=reachability, now=lambda: NOON
    )
    away = NotSent("studio refuses connections: is Studio running there?")
    with pytest.raises(NotSent), reachability.asking("jobs"):
        raise away
    poller.recall([1], NOON)
    assert (poller.snapshot.value, poller.snapshot.error) == ([1], away)


async def nobody() -> list[int]:
    raise AssertionError("Nobody is asked.")


async def test_poller_sleeps_when_the_last_listener_leaves_and_wakes_for_the_next() -> None:
    studio, rests = Studio(), Rests()
    poller = poller_of(studio, rests.wait)
    leave = poller.subscribe(lambda _: None)
    async with running(poller):
        await until(lambda: studio.asked == 1 and len(rests.seconds) == 1)
        leave()
        rests.pass_time()
        for _ in range(20):
            await asyncio.sleep(0)
        assert studio.asked == 1
        poller.subscribe(lambda _: None)
        await until(lambda: studio.asked == 2)


async def test_a_listener_who_comes_during_a_rest_is_answered_at_once() -> None:
    studio, rests = Studio(), Rests()
    poller = poller_of(studio, rests.wait)
    poller.subscribe(lambda _: None)()
    leave = poller.subscribe(lambda _: None)
    async with running(poller):
        await until(lambda: len(rests.seconds) == 1)
        leave()
        poller.subscribe(lambda _: None)
        await until(lambda: studio.asked == 2)


async def test_poller_never_overlaps_itself_and_asks_once_more_when_poked_meanwhile() -> None:
    studio, rests = Studio(), Rests()
    poller = poller_of(studio, rests.wait)
    studio.gate.clear()
    poller.subscribe(lambda _: None)
    async with running(poller):
        await until(lambda: studio.asking == 1)
        for _ in range(50):
            poller.poke()
            await asyncio.sleep(0)
        studio.gate.set()
        await until(lambda: len(rests.seconds) == 2)
        for _ in range(20):
            await asyncio.sleep(0)
    assert studio.asked == 2
    assert studio.most_at_once == 1


async def test_poller_is_not_starved_by_pokes_faster_than_the_answer() -> None:
    studio, rests = Studio(), Rests()
    poller = poller_of(studio, rests.wait)
    received: list[Snapshot[int]] = []
    poller.subscribe(received.append)
    async with running(poller):
        for _ in range(200):
            poller.poke()
            await asyncio.sleep(0)
    assert len(received) > 10


async def test_poller_keeps_the_value_when_a_question_fails() -> None:
    studio, rests = Studio(), Rests()
    studio.answers = [41, TransportError("no answer"), 42]
    poller = poller_of(studio, rests.wait)
    received: list[Snapshot[int]] = []
    poller.subscribe(received.append)
    async with running(poller):
        for rest in range(1, 4):
            await until(lambda rest=rest: len(rests.seconds) == rest)  # type: ignore[misc]
            rests.pass_time()
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
    poller = poller_of(studio, rests.wait)
    now = NOON
    poller._now = lambda: now
    shown = [NOON]
    poller.subscribe(lambda snapshot: shown.append(snapshot.moment(now)))
    async with running(poller):
        for rest in range(1, 5):
            await until(lambda rest=rest: len(rests.seconds) == rest)  # type: ignore[misc]
            shown.append(poller.snapshot.moment(now))
            now += timedelta(seconds=7)
            # Between two answers it follows the clock.
            shown.append(poller.snapshot.moment(now))
            rests.pass_time()
        await until(lambda: poller.snapshot.value == 42)
    assert shown == sorted(shown)
    seconds = [int((moment - NOON).total_seconds()) for moment in shown]
    assert seconds == [0, 0, 0, 7, 7, 7, 7, 7, 7, 7, 21, 21, 28]


async def test_poller_backs_off_further_with_each_failure_and_up_to_a_minute() -> None:
    studio, rests = Studio(), Rests()
    studio.answers = [TransportError("no answer")] * 12
    poller = poller_of(studio, rests.wait)
    poller.subscribe(lambda _: None)
    async with running(poller):
        for rest in range(1, 12):
            await until(lambda rest=rest: len(rests.seconds) >= rest)  # type: ignore[misc]
            rests.pass_time()
    assert rests.seconds[:6] == [5, 5, 5, 8, 16, 32]
    assert rests.seconds[7:11] == [60] * 4


async def test_a_question_that_fails_is_put_at_most_every_five_seconds() -> None:
    studio, rests = Studio(), Rests()
    studio.answers = [TransportError("no answer")] * 12
    poller = poller_of(studio, rests.wait)
    poller._backoff.jitter = lambda low, _: low
    poller.subscribe(lambda _: None)
    async with running(poller):
        for rest in range(1, 9):
            await until(lambda rest=rest: len(rests.seconds) >= rest)  # type: ignore[misc]
            rests.pass_time()
    assert all(seconds >= SHORTEST_REST for seconds in rests.seconds)


@pytest.mark.parametrize(
    "error", [RateLimited(429, "slow down", 120), ServerError(503, "in repair", 120)]
)
async def test_poller_rests_as_long_as_studio_asks(error: StudioError) -> None:
    studio, rests = Studio(), Rests()
    studio.answers = [error]
    poller = poller_of(studio, rests.wait)
    poller.subscribe(lambda _: None)
    async with running(poller):
        await until(lambda: len(rests.seconds) == 1)
    assert rests.seconds == [120]


async def test_a_refused_token_is_not_tried_again_until_restarted() -> None:
    studio, rests = Studio(), Rests()
    studio.answers = [AuthenticationError(401, "no"), 2]
    poller = poller_of(studio, rests.wait)
    poller.subscribe(lambda _: None)
    async with running(poller):
        await until(lambda: poller.snapshot.stopped)
        for _ in range(20):
            await asyncio.sleep(0)
        poller.poke()
        for _ in range(20):
            await asyncio.sleep(0)
        assert studio.asked == 1
        poller.restart()
        await until(lambda: poller.snapshot.value == 2)
        assert not poller.snapshot.stopped


async def test_what_is_not_allowed_keeps_its_age_and_is_requested_again_after_five_minutes() -> (
    None
):
    studio, rests = Studio(), Rests()
    studio.answers = [41, PermissionDenied(403, "not yours"), PermissionDenied(403, "no"), 44]
    poller = poller_of(studio, rests.wait)
    received: list[Snapshot[int]] = []
    poller.subscribe(received.append)
    async with running(poller):
        for rest in range(1, 4):
            await until(lambda rest=rest: len(rests.seconds) == rest)  # type: ignore[misc]
            rests.pass_time()
        await until(lambda: poller.snapshot.value == 44)
    assert rests.seconds[:3] == [REST, DENIED_REST, DENIED_REST]
    denied = received[1]
    assert (denied.value, denied.fetched_at, denied.stopped) == (41, NOON, False)
    assert str(denied.error) == "not yours"
    assert denied.next_try_at == NOON + timedelta(minutes=5)
    assert received[3] == Snapshot(value=44, fetched_at=NOON, due_at=received[3].due_at)


async def test_what_is_not_allowed_is_requested_at_once_when_the_user_wants_it() -> None:
    studio, rests = Studio(), Rests()
    studio.answers = [PermissionDenied(403, "not yours"), 2]
    poller = poller_of(studio, rests.wait)
    poller.subscribe(lambda _: None)
    async with running(poller):
        await until(lambda: len(rests.seconds) == 1)
        poller.hint()
        for _ in range(20):
            await asyncio.sleep(0)
        assert studio.asked == 1
        poller.restart()
        await until(lambda: poller.snapshot.value == 2)


@pytest.mark.parametrize("late", [7, TransportError("no answer")])
async def test_an_answer_that_comes_after_the_stop_changes_nothing(late: int | Exception) -> None:
    studio, rests = Studio(), Rests()
    studio.answers = [late]
    studio.gate.clear()
    poller = poller_of(studio, rests.wait)
    poller.subscribe(lambda _: None)
    async with running(poller):
        await until(lambda: studio.asking == 1)
        poller.stop(AuthenticationError(401, "no"))
        stopped = poller.snapshot
        studio.gate.set()
        await until(lambda: studio.asking == 0)
        for _ in range(20):
            await asyncio.sleep(0)
        assert poller.snapshot == stopped
        assert studio.asked == 1


async def test_going_from_screen_to_screen_does_not_cut_a_rest_short_that_studio_requested() -> (
    None
):
    studio, rests = Studio(), Rests()
    studio.answers = [RateLimited(429, "slow down", 120)]
    poller = poller_of(studio, rests.wait)
    leave = poller.subscribe(lambda _: None)
    async with running(poller):
        await until(lambda: len(rests.seconds) == 1)
        for _ in range(10):
            leave()
            leave = poller.subscribe(lambda _: None)
            await asyncio.sleep(0)
        assert studio.asked == 1


async def test_a_refused_token_is_reported_to_the_owner() -> None:
    studio, rests = Studio(), Rests()
    studio.answers = [AuthenticationError(401, "no")]
    refused: list[AuthenticationError] = []
    poller = poller_of(studio, rests.wait, refused=refused.append)
    poller.subscribe(lambda _: None)
    async with running(poller):
        await until(lambda: bool(refused))


async def test_a_bug_in_the_question_is_raised_and_not_hidden() -> None:
    studio, rests = Studio(), Rests()
    studio.answers = [ZeroDivisionError()]
    poller = poller_of(studio, rests.wait)
    poller.subscribe(lambda _: None)
    with pytest.raises(ZeroDivisionError):
        await within_reason(poller.run(), "a poller that has failed")


async def test_an_answer_says_when_the_next_one_is_due() -> None:
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
