"""One probe for all while Studio is away, and no outage if only some requests fail."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from studio_tui.api.client import StudioClient
from studio_tui.errors import (
    AnswerTooLarge,
    AuthenticationError,
    NotFound,
    NotSent,
    PermissionDenied,
    ProtocolError,
    RateLimited,
    RequestTimedOut,
    ServerError,
    StudioError,
    TransportError,
)
from studio_tui.local.config.data_dir import DataDir
from studio_tui.service.polling.reachability import (
    LONGEST_REST,
    SHORTEST_REST,
    SIGN_REST,
    Reachability,
    file_state,
)
from studio_tui.settings import Settings
from tests.jobs import NOON
from tests.service.polling.virtual_time import run

if TYPE_CHECKING:
    from tests.studios import ThreadStudio

REFUSED = NotSent("studio refuses connections")


class Probes:
    """What the probes of a test meet, and when they were sent."""

    def __init__(self) -> None:
        self.error: StudioError | None = None
        """What they fail with; `None` once Studio is there."""
        self.takes = 0.0
        """Seconds."""
        self.sent: list[float] = []
        self.sign: object = None
        self.refused: list[AuthenticationError] = []

    async def probe(self) -> None:
        self.sent.append(asyncio.get_running_loop().time())
        await asyncio.sleep(self.takes)
        if self.error is not None:
            raise self.error

    @asynccontextmanager
    async def running(
        self, jitter: Callable[[float, float], float] = lambda _, high: high
    ) -> AsyncIterator[Reachability]:
        loop = asyncio.get_running_loop()
        reachability = Reachability(
            self.probe,
            refused=self.refused.append,
            sign=lambda: self.sign,
            now=lambda: NOON + timedelta(seconds=loop.time()),
            jitter=jitter,
        )
        task = asyncio.create_task(reachability.run())
        try:
            yield reachability
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def fails(reachability: Reachability, question: str, error: StudioError) -> None:
    with suppress(StudioError), reachability.asking(question):
        raise error


@pytest.mark.parametrize("error", [REFUSED, RateLimited(429, "slow down", None)])
def test_one_failure_that_cannot_be_of_one_thing_is_an_outage(error: StudioError) -> None:
    async def scenario() -> None:
        async with Probes().running() as reachability:
            fails(reachability, "jobs", error)
            assert reachability.outage is not None
            assert reachability.outage.error is error
            assert reachability.outage.since == NOON
            assert reachability.outage.next_try_at == NOON + timedelta(seconds=SHORTEST_REST)

    run(scenario())


@pytest.mark.parametrize(
    "error",
    [
        ServerError(500, "broken"),
        ServerError(502, "a web page"),
        RequestTimedOut("no answer in time"),
        TransportError("closed the connection"),
        ProtocolError("a web page instead of data"),
    ],
)
def test_two_questions_that_fail_with_no_answer_in_between_are_an_outage(
    error: StudioError,
) -> None:
    async def scenario() -> None:
        async with Probes().running() as reachability:
            fails(reachability, "jobs", error)
            fails(reachability, "jobs", error)
            assert reachability.outage is None
            await asyncio.sleep(2)
            fails(reachability, "clusters", error)
            assert reachability.outage is not None
            assert reachability.outage.since == NOON

    run(scenario())


def test_a_question_that_fails_while_others_are_answered_is_no_outage() -> None:
    async def scenario() -> None:
        async with Probes().running() as reachability:
            for _ in range(20):
                fails(reachability, "clusters", ServerError(500, "broken"))
                reachability.note_success("jobs")
                fails(reachability, "schedules", ServerError(500, "broken"))
            # Both were seen to fail by themselves.
            fails(reachability, "clusters", RateLimited(429, "slow down", None))
            assert reachability.outage is None
            fails(reachability, "jobs", ServerError(500, "broken"))
            fails(reachability, "pipelines", ServerError(500, "broken"))
            assert reachability.outage is not None

    run(scenario())


def test_an_answer_to_what_was_asked_before_a_failure_says_nothing_about_it() -> None:
    async def scenario() -> None:
        async with Probes().running() as reachability:
            with reachability.asking("schedules"):
                fails(reachability, "jobs", ServerError(500, "broken"))
            fails(reachability, "schedules", ServerError(500, "broken"))
            assert reachability.outage is not None

    run(scenario())


def test_what_fails_again_right_after_an_outage_is_another_outage() -> None:
    async def scenario() -> None:
        probes = Probes()
        async with probes.running() as reachability:
            for question in ("jobs", "clusters"):
                reachability.note_success(question)
            for question in ("jobs", "clusters"):
                fails(reachability, question, ServerError(500, "broken"))
            await reachability.wait()
            for question in ("jobs", "clusters"):
                fails(reachability, question, ServerError(500, "broken"))
            assert reachability.outage is not None

    run(scenario())


def test_things_that_break_by_themselves_are_an_outage_twice_at_most() -> None:
    async def scenario() -> None:
        probes = Probes()
        async with probes.running() as reachability:
            for question in ("jobs", "clusters", "schedules"):
                reachability.note_success(question)
            outages = 0
            for _ in range(20):
                fails(reachability, "clusters", ServerError(500, "broken"))
                fails(reachability, "schedules", ServerError(500, "broken"))
                outages += reachability.outage is not None
                await reachability.wait()
            assert outages == 2

    run(scenario())


@pytest.mark.parametrize(
    "error",
    [PermissionDenied(403, "no"), NotFound(404, "no team"), AnswerTooLarge("over 32 MiB")],
)
def test_an_answer_that_refuses_one_thing_says_that_studio_is_there(error: StudioError) -> None:
    async def scenario() -> None:
        async with Probes().running() as reachability:
            fails(reachability, "jobs", ServerError(500, "broken"))
            fails(reachability, "clusters", error)
            fails(reachability, "schedules", ServerError(500, "broken"))
            assert reachability.outage is None

    run(scenario())


@pytest.mark.parametrize("low", [True, False])
def test_probes_are_five_seconds_apart_and_then_further_up_to_a_minute(low: bool) -> None:
    async def scenario() -> None:
        probes = Probes()
        probes.error, probes.takes = REFUSED, 3.0
        async with probes.running(lambda least, most: least if low else most) as reachability:
            fails(reachability, "jobs", REFUSED)
            await asyncio.sleep(600)
        ends = [0.0, *(sent + probes.takes for sent in probes.sent)]
        rests = [sent - end for end, sent in zip(ends, probes.sent, strict=False)]
        if low:
            assert rests == pytest.approx([SHORTEST_REST] * len(rests), abs=SIGN_REST)
        else:
            assert rests[:4] == pytest.approx([5, 10, 20, 40], abs=0.01)
            assert rests[4:] == pytest.approx([LONGEST_REST] * len(rests[4:]), abs=0.01)

    run(scenario())


def test_an_outage_of_another_kind_has_a_beginning_of_its_own() -> None:
    async def scenario() -> None:
        probes = Probes()
        probes.error = ServerError(502, "a web page")
        async with probes.running() as reachability:
            fails(reachability, "jobs", REFUSED)
            await asyncio.sleep(7)
            assert reachability.outage is not None
            assert reachability.outage.error is probes.error
            assert reachability.outage.since == NOON + timedelta(seconds=5)
            await asyncio.sleep(30)
            assert reachability.outage.since == NOON + timedelta(seconds=5)

    run(scenario())


@pytest.mark.parametrize(
    "kind", [RateLimited(429, "slow down", 120), ServerError(503, "in repair", 120)]
)
def test_the_probe_rests_as_long_as_studio_asks(kind: StudioError) -> None:
    async def scenario() -> None:
        probes = Probes()
        probes.error = kind
        async with probes.running() as reachability:
            fails(reachability, "jobs", kind)
            fails(reachability, "clusters", kind)
            await asyncio.sleep(300)
        assert probes.sent == pytest.approx([120, 240], abs=0.01)

    run(scenario())


def test_a_rest_that_a_late_answer_asks_for_is_given_too() -> None:
    async def scenario() -> None:
        probes = Probes()
        async with probes.running() as reachability:
            fails(reachability, "jobs", RateLimited(429, "slow down", None))
            fails(reachability, "clusters", RateLimited(429, "slow down", 30))
            assert reachability.outage is not None
            assert reachability.outage.next_try_at == NOON + timedelta(seconds=30)
            await asyncio.sleep(60)
        assert probes.sent == pytest.approx([30], abs=0.01)

    run(scenario())


@pytest.mark.parametrize("answer", [None, PermissionDenied(403, "no"), NotFound(404, "no")])
def test_all_continue_as_soon_as_the_probe_is_answered(answer: StudioError | None) -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        probes = Probes()
        probes.error = answer
        async with probes.running() as reachability:
            fails(reachability, "jobs", REFUSED)
            await asyncio.gather(*(reachability.wait() for _ in range(50)))
            assert loop.time() == pytest.approx(SHORTEST_REST, abs=0.01)
            assert len(probes.sent) == 1
            assert reachability.outage is None
            await asyncio.sleep(300)
            assert len(probes.sent) == 1

    run(scenario())


def test_impatience_makes_one_probe_at_once_however_often_it_is_shown() -> None:
    async def scenario() -> None:
        probes = Probes()
        probes.error, probes.takes = REFUSED, 3.0
        async with probes.running() as reachability:
            fails(reachability, "jobs", RateLimited(429, "slow down", 300))
            await asyncio.sleep(1)
            for _ in range(20):
                reachability.hurry()
                await asyncio.sleep(0.1)
            assert probes.sent == pytest.approx([1], abs=0.01)
            assert reachability.outage is not None
            assert reachability.outage.next_try_at == NOON + timedelta(seconds=1)
            await asyncio.sleep(4)
            assert len(probes.sent) == 1

    run(scenario())


def test_a_sign_that_studio_is_back_makes_a_probe_at_once_and_only_a_new_one_does() -> None:
    async def scenario() -> None:
        probes = Probes()
        probes.sign, probes.error = "first", REFUSED
        async with probes.running() as reachability:
            fails(reachability, "jobs", REFUSED)
            await asyncio.sleep(1)
            probes.sign = None
            await asyncio.sleep(1)
            assert not probes.sent
            probes.sign, probes.error = "second", None
            await asyncio.sleep(SIGN_REST + 0.01)
            assert len(probes.sent) == 1
            assert reachability.outage is None
            fails(reachability, "jobs", REFUSED)
            await asyncio.sleep(SHORTEST_REST - 0.1)
            assert len(probes.sent) == 1

    run(scenario())


def test_a_sign_of_life_from_before_the_failure_was_noticed_counts() -> None:
    async def scenario() -> None:
        probes = Probes()
        probes.sign = "first"
        async with probes.running() as reachability:
            probes.sign = "second"
            fails(reachability, "jobs", REFUSED)
            await asyncio.sleep(0.01)
            assert len(probes.sent) == 1

    run(scenario())


def test_a_file_that_is_written_again_is_a_new_sign(tmp_path: Path) -> None:
    file = tmp_path / "server.json"
    assert file_state(file) is None
    file.write_text("first")
    first = file_state(file)
    assert first == file_state(file) is not None
    (tmp_path / "new").write_text("first")
    (tmp_path / "new").replace(file)
    assert file_state(file) not in {first, None}
    file.unlink()
    assert file_state(file) is None


async def test_a_local_studio_that_comes_back_is_known_by_its_state_file_alone(
    studio: "ThreadStudio",
) -> None:
    settings = Settings(url=studio.url, team=studio.team, token=SecretStr(studio.token))
    state_file = DataDir(studio.data_dir).state
    async with StudioClient(settings) as client:
        reachability = Reachability(
            lambda: client.jobs(limit=1),
            sign=lambda: file_state(state_file),
            jitter=lambda _least, _most: 3600.0,
        )
        task = asyncio.create_task(reachability.run())
        for _ in range(3):
            await asyncio.to_thread(studio.kill)
            with suppress(StudioError), reachability.asking("jobs"):
                await client.jobs()
            assert reachability.outage is not None
            await asyncio.to_thread(studio.restart)
            async with asyncio.timeout(15):
                await reachability.wait()
            with reachability.asking("jobs"):
                await client.jobs()
        task.cancel()


def test_a_machine_that_slept_probes_when_the_time_that_was_said_has_come() -> None:
    async def scenario() -> None:
        probes = Probes()
        slept = timedelta()
        loop = asyncio.get_running_loop()
        reachability = Reachability(
            probes.probe, now=lambda: NOON + timedelta(seconds=loop.time()) + slept
        )
        task = asyncio.create_task(reachability.run())
        fails(reachability, "jobs", RateLimited(429, "slow down", 300))
        await asyncio.sleep(1)
        slept = timedelta(hours=1)
        await asyncio.sleep(SIGN_REST)
        assert len(probes.sent) == 1
        task.cancel()

    run(scenario())


def test_a_token_that_the_probe_finds_refused_lets_nobody_ask_until_the_user_wants_it() -> None:
    async def scenario() -> None:
        probes = Probes()
        refusal = AuthenticationError(401, "token expired")
        probes.error = refusal
        async with probes.running() as reachability:
            fails(reachability, "jobs", REFUSED)
            await reachability.wait()
            assert probes.refused == [refusal]
            with pytest.raises(AuthenticationError), reachability.asking("jobs"):
                raise AssertionError("it was asked")
            await asyncio.sleep(600)
            assert len(probes.sent) == 1
            for _ in range(20):
                reachability.hurry()
            await reachability.wait()
            assert len(probes.sent) == 2
            assert probes.refused == [refusal, refusal]
            probes.error = None
            reachability.hurry()
            await reachability.wait()
            assert len(probes.sent) == 3
            with reachability.asking("jobs"):
                pass

    run(scenario())


def test_an_answer_to_what_was_asked_before_the_outage_does_not_end_it() -> None:
    async def scenario() -> None:
        async with Probes().running() as reachability:
            fails(reachability, "jobs", RateLimited(429, "slow down", 60))
            reachability.note_success("clusters")
            assert reachability.outage is not None

    run(scenario())


def test_without_a_probe_there_is_no_outage() -> None:
    async def scenario() -> None:
        reachability = Reachability()
        fails(reachability, "jobs", REFUSED)
        assert reachability.outage is None
        await reachability.wait()

    run(scenario())
