"""Requests for new jobs reach a real local Studio through a proxy that loses the responses."""

import asyncio
import json
import os
import random
import sys
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from studio_tui.api.client import StudioClient
from studio_tui.api.exchange import Timeouts
from studio_tui.api.label import NAME
from studio_tui.api.models import JobInput, QueryType
from studio_tui.service.commands.create_job import (
    Created,
    CreationOutcome,
    JobCreator,
    JobRefused,
    Patience,
    UnconfirmedJob,
)
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.commands.journal import IntentOutcome, Journal
from studio_tui.service.recorder.database import RecorderFile
from studio_tui.settings import Settings
from tests import faults
from tests.chaos import Kind
from tests.fault_proxy import Exchange, Fault, FaultProxy, Seen, StreamFault
from tests.soak import SOAK
from tests.waiting import HANG, within_reason

if TYPE_CHECKING:
    from tests.studios import ThreadStudio

REQUESTS = 200 if SOAK else 24
SEEDS = range(1, 4) if SOAK else range(1, 2)
AT_ONCE = 6

READ = 1.0
"""Seconds after which the client takes an answer for lost."""

PATIENCE = Patience(rest=0.02, longest_rest=0.1, rest_between_lists=0.1, longest_search=20.0)
SLEEP = "import time\ntime.sleep(600)"


async def hang(exchange: Exchange) -> None:
    """Say nothing for longer than the client waits."""
    await asyncio.sleep(1.5 * READ)
    await exchange.reset()


async def committed_502(exchange: Exchange) -> None:
    await exchange.forward()
    await faults.html_502()(exchange)


async def committed_hang(exchange: Exchange) -> None:
    await exchange.forward()
    await hang(exchange)


async def late(exchange: Exchange) -> None:
    """Let the server have the request when the client has long given up."""
    await asyncio.sleep(2 * READ)
    await exchange.forward()
    await exchange.reset()


async def passed(exchange: Exchange) -> None:
    await exchange.send((await exchange.forward()).encoded())


APPLIED = (
    Kind("passed", passed),
    Kind("reply lost", faults.drop_answer),
    Kind("502 after commit", committed_502),
    Kind("hang after commit", committed_hang),
    Kind("half an answer", faults.half),
)
NOT_APPLIED = (
    Kind("reset", faults.reset),
    Kind("503", faults.answer(status="503 Service Unavailable")),
    Kind("hang", hang),
    Kind("429", faults.too_many("1")),
)
LATE = Kind("late commit", late)
"""What only a Studio that heeds the key can make one job of, if it is sent again."""

READS = (
    faults.reset,
    faults.half,
    faults.html_502(),
    faults.answer(status="503 Service Unavailable"),
)


class CreateChaos:
    """A plan for the proxy: what the first attempt of each request meets is settled by the seed.

    Each kind of fault is met equally often; further attempts, and reads, meet them by chance.
    """

    def __init__(self, seed: int, *, heeds_key: bool) -> None:
        self.met: Counter[str] = Counter()
        self._chance = random.Random(seed)
        self._heeds_key = heeds_key
        self.kinds = (*APPLIED, *NOT_APPLIED, *((LATE,) if heeds_key else ()))
        self._first = [self.kinds[number % len(self.kinds)] for number in range(REQUESTS)]
        self._chance.shuffle(self._first)
        self._under_way: defaultdict[int, list[asyncio.Event]] = defaultdict(list)

    def fault(self, seen: Seen) -> Fault | None:
        if not self._heeds_key:
            seen.headers.pop("idempotency-key", None)
        if seen.method != "POST":
            is_broken = self._chance.random() < 0.2
            return self._chance.choice(READS) if is_broken else None
        number = number_of(json.loads(seen.body)["environment"])
        kind = self._again() if number in self._under_way else self._first[number]
        self.met[kind.name] += 1
        over = asyncio.Event()
        self._under_way[number].append(over)

        async def fault(exchange: Exchange) -> None:
            try:
                await kind.fault(exchange)
            finally:
                over.set()

        return fault

    def stream_fault(self) -> StreamFault:
        return lambda frames: frames

    async def over(self, number: int) -> None:
        """Wait until nothing of a request is under way to the server any more."""
        for over in self._under_way[number]:
            await over.wait()

    def _again(self) -> Kind:
        return self._chance.choice(self.kinds) if self._chance.random() < 0.5 else APPLIED[0]


def number_of(environment: str) -> int:
    """Return the number of a request, from the environment that it asks for."""
    (line,) = (line for line in environment.splitlines() if line.startswith("REQUEST="))
    return int(line.removeprefix("REQUEST="))


def settings_of(studio: "ThreadStudio", url: str) -> Settings:
    return Settings(url=url, team=studio.team, token=SecretStr(studio.token))


@pytest.fixture
async def proxy(studio: "ThreadStudio") -> AsyncIterator[FaultProxy]:
    async with FaultProxy.before(studio.url) as proxy:
        yield proxy


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("heeds_key", [True, False])
async def test_no_request_becomes_two_jobs_and_none_is_lost(
    studio: "ThreadStudio", proxy: FaultProxy, tmp_path: Path, seed: int, heeds_key: bool
) -> None:
    (cluster,) = studio.request("GET", "/datachain/clusters/").json()
    studio.submit(SLEEP, environment="REQUEST=-1", workers=cluster["max_workers"])  # others wait
    chaos = CreateChaos(seed, heeds_key=heeds_key)
    proxy.plan = chaos
    journal = Journal(tmp_path / "intents", "a place")
    gate = asyncio.Semaphore(AT_ONCE)
    asked: set[int] = set()

    async def grant(creating: JobCreator, number: int) -> CreationOutcome:
        """Have a request seen through, with a user who says yes for two requests of three."""
        job_input = JobInput(query="print(1)", team_name="local", environment=f"REQUEST={number}")
        async with gate:
            outcome = await creating.create(job_input)
            while isinstance(outcome, UnconfirmedJob) and number % 3:
                asked.add(number)
                if not heeds_key:
                    await chaos.over(number)
                outcome = await creating.send_again(outcome)
            if isinstance(outcome, UnconfirmedJob):
                await creating.give_up(outcome)
            return outcome

    timeouts = Timeouts(connect=5.0, read=READ, write=5.0, pool=20.0, whole=10.0)
    async with StudioClient(settings_of(studio, proxy.url), timeouts=timeouts) as client:
        creating = JobCreator(
            client, journal, JobHistory(RecorderFile(tmp_path, "a place")), patience=PATIENCE
        )
        async with asyncio.timeout((3 if SOAK else 1) * HANG):
            outcomes = await asyncio.gather(*(grant(creating, n) for n in range(REQUESTS)))
        await proxy.until_idle()
    made: defaultdict[int, list[str]] = defaultdict(list)
    for row in await asyncio.to_thread(studio.jobs):
        made[int(row["environment"]["REQUEST"])].append(row["id"])
    for number, outcome in enumerate(outcomes):
        match outcome:
            case Created(job, is_guess):
                assert made[number] == [job.id]
                assert not is_guess
            case JobRefused():
                assert made[number] == []
            case UnconfirmedJob():
                assert len(made[number]) <= heeds_key  # else none comes late
    assert chaos.met.keys() == {kind.name for kind in chaos.kinds}
    assert {type(outcome) for outcome in outcomes} == {Created, JobRefused, UnconfirmedJob}
    assert asked
    assert IntentOutcome.SENT not in {entry.outcome for entry in journal.entries()}


async def test_a_job_has_its_file_whatever_the_upload_and_the_request_meet(
    studio: "ThreadStudio", proxy: FaultProxy, tmp_path: Path
) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("from the file")
    job_input = JobInput(query="cat notes.txt", query_type=QueryType.SHELL, team_name="local")
    proxy.next(faults.drop_answer, faults.html_502(), None, faults.drop_answer)
    async with StudioClient(settings_of(studio, proxy.url)) as client:
        journal, history = (
            Journal(tmp_path, "a place"),
            JobHistory(RecorderFile(tmp_path, "a place")),
        )
        creating = JobCreator(client, journal, history, patience=PATIENCE)
        outcome = await creating.create(job_input, [text])
    assert isinstance(outcome, Created)
    (made,) = await asyncio.to_thread(studio.jobs)
    assert made["id"] == outcome.job.id
    await asyncio.to_thread(studio.until, made["id"], "COMPLETE")
    assert await asyncio.to_thread(studio.log, made["id"]) == "from the file"
    assert [seen.method for seen in proxy.seen][:4] == ["POST"] * 4


PROGRAM = """
import asyncio, os, sys
from pathlib import Path
from pydantic import SecretStr
from studio_tui.api.client import StudioClient
from studio_tui.api.models import JobInput
from studio_tui.service.commands.create_job import JobCreator
from studio_tui.service.commands.journal import Journal
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.recorder.database import RecorderFile
from studio_tui.settings import Settings

async def main():
    settings = Settings(url=sys.argv[1], team="local", token=SecretStr(os.environ["TOKEN"]))
    request = JobInput(query="print(1)", team_name="local", query_name="crash.py", priority=2)
    folder, place = Path(sys.argv[2]), "a place"
    journal, history = Journal(folder, place), JobHistory(RecorderFile(folder, place))
    await JobCreator(StudioClient(settings), journal, history).create(request)

asyncio.run(main())
"""


@pytest.mark.parametrize("is_made", [True, False])
async def test_a_program_killed_before_the_answer_is_settled_by_the_next(
    studio: "ThreadStudio", proxy: FaultProxy, tmp_path: Path, is_made: bool
) -> None:
    has_come = asyncio.Event()

    async def silence(exchange: Exchange) -> None:
        if is_made:
            await exchange.forward()
        has_come.set()
        await faults.stall(exchange)

    proxy.next(silence)
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, proxy.url, str(tmp_path)),
        env={**os.environ, "TOKEN": studio.token},
    )
    await within_reason(has_come.wait(), "the create")
    journal = Journal(tmp_path, "a place")
    async with StudioClient(settings_of(studio, studio.url)) as client:
        creating = JobCreator(
            client, journal, JobHistory(RecorderFile(tmp_path, "a place")), patience=PATIENCE
        )
        assert await creating.settle_open_intents() == ()
        assert [entry.outcome for entry in journal.entries()] == [IntentOutcome.SENT]
        program.kill()
        await program.wait()
        left = await creating.settle_open_intents()
        jobs = await asyncio.to_thread(studio.jobs)
        (entry,) = journal.entries()
        if is_made:
            assert left == ()
            assert [job["id"] for job in jobs] == [entry.job_id]
            assert jobs[0]["environment"] == {NAME: entry.intent.id}
            history = JobHistory(RecorderFile(tmp_path, "a place"))
            assert history.submissions([jobs[0]["id"]])[jobs[0]["id"]].priority == 2
        else:
            assert [unknown.intent for unknown in left] == [entry.intent]
            assert entry.intent.name == "crash.py"
            assert jobs == []
            await creating.give_up(left[0])
        assert await creating.settle_open_intents() == ()
