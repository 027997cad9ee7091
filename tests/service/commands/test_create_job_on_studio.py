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

import httpx
import pytest

from studio_tui.api import transport
from studio_tui.api.client import StudioClient
from studio_tui.api.label import NAME
from studio_tui.api.models import JobInput, QueryType
from studio_tui.service.commands import create_job, retries
from studio_tui.service.commands.create_job import (
    Created,
    CreationOutcome,
    JobCreator,
    JobRefused,
    UnconfirmedJob,
)
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.commands.journal import IntentOutcome, Journal
from studio_tui.service.recorder.database import RecorderFile
from tests import faults
from tests.chaos import RequestKind
from tests.fault_proxy import Exchange, Fault, FaultProxy, ReceivedRequest
from tests.journals import entries
from tests.soak import SOAK
from tests.waiting import HANG, await_with_limit

if TYPE_CHECKING:
    from tests.studios import ThreadStudio

REQUESTS = 200 if SOAK else 24
SEEDS = range(1, 4) if SOAK else range(1, 2)
AT_ONCE = 6
"""Maximum number of requests that are created at the same time."""

READ_TIMEOUT = 1.0
"""Seconds after which the client considers an answer lost."""

PROFILE = "https://studio.example.com\nvision"
SLEEP = "import time\ntime.sleep(600)"


async def hang(exchange: Exchange) -> None:
    """Send nothing for longer than the client waits, and do not forward the request."""
    await asyncio.sleep(1.5 * READ_TIMEOUT)
    await exchange.reset()


async def forward_and_502(exchange: Exchange) -> None:
    await exchange.forward()
    await faults.html_502()(exchange)


async def forward_and_hang(exchange: Exchange) -> None:
    await exchange.forward()
    await hang(exchange)


async def forward_late(exchange: Exchange) -> None:
    """Forward the request long after the client has given up."""
    await asyncio.sleep(2 * READ_TIMEOUT)
    await exchange.forward()
    await exchange.reset()


async def forward(exchange: Exchange) -> None:
    await exchange.send((await exchange.forward()).encode())


APPLIED = (
    RequestKind("passed", forward),
    RequestKind("reply lost", faults.drop_response),
    RequestKind("502 after commit", forward_and_502),
    RequestKind("hang after commit", forward_and_hang),
    RequestKind("half an answer", faults.first_half),
)
NOT_APPLIED = (
    RequestKind("reset", faults.reset),
    RequestKind("503", faults.answer(status="503 Service Unavailable")),
    RequestKind("hang", hang),
    RequestKind("429", faults.too_many_requests("1")),
)
LATE = RequestKind("late commit", forward_late)
"""If it is sent again, a second job is created unless Studio checks the idempotency key."""

READ_FAULTS = (
    faults.reset,
    faults.first_half,
    faults.html_502(),
    faults.answer(status="503 Service Unavailable"),
)


class CreateChaos:
    """A plan for the proxy whose faults depend on a seed.

    The first attempts of all requests meet each kind of fault about equally often. Some further
    attempts, and some requests that read, meet random faults. Without `has_keys` the proxy removes
    idempotency keys.
    """

    def __init__(self, seed: int, *, has_keys: bool) -> None:
        self.met: Counter[str] = Counter()
        """How often each kind of fault has occurred, by name."""
        self._random = random.Random(seed)
        self._has_keys = has_keys
        self.kinds = (*APPLIED, *NOT_APPLIED, *((LATE,) if has_keys else ()))
        self._first_kinds = [self.kinds[number % len(self.kinds)] for number in range(REQUESTS)]
        self._random.shuffle(self._first_kinds)
        self._attempts: defaultdict[int, list[asyncio.Event]] = defaultdict(list)
        """The end of each attempt of a request, by the number of the request."""

    def fault(self, seen: ReceivedRequest) -> Fault | None:
        if not self._has_keys:
            seen.headers.pop("idempotency-key", None)
        if seen.method != "POST":
            is_broken = self._random.random() < 0.2
            return self._random.choice(READ_FAULTS) if is_broken else None
        number = number_of(json.loads(seen.body)["environment"])
        kind = self._next_kind() if number in self._attempts else self._first_kinds[number]
        self.met[kind.name] += 1
        has_ended = asyncio.Event()
        self._attempts[number].append(has_ended)

        async def fault(exchange: Exchange) -> None:
            try:
                await kind.fault(exchange)
            finally:
                has_ended.set()

        return fault

    async def until_ended(self, number: int) -> None:
        """Wait until no attempt of a request can reach the server any more."""
        for has_ended in self._attempts[number]:
            await has_ended.wait()

    def _next_kind(self) -> RequestKind:
        """Return the kind of fault for a further attempt of a request."""
        return self._random.choice(self.kinds) if self._random.random() < 0.5 else APPLIED[0]


def number_of(environment: str) -> int:
    """Return the number of a request, from the environment that it requests for its job."""
    (line,) = (line for line in environment.splitlines() if line.startswith("REQUEST="))
    return int(line.removeprefix("REQUEST="))


def new_creator(client: StudioClient, folder: Path) -> JobCreator:
    history = JobHistory(RecorderFile(folder, PROFILE))
    return JobCreator(client, Journal(folder, PROFILE), history)


@pytest.fixture
async def proxy(studio: "ThreadStudio") -> AsyncIterator[FaultProxy]:
    async with FaultProxy.in_front_of(studio.url) as proxy:
        yield proxy


@pytest.fixture(autouse=True)
def short_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the program rest for less than a second, and search for a job for 20 s."""
    monkeypatch.setattr(retries, "RESTS", (0.02, 0.04))
    monkeypatch.setattr(create_job, "BACKOFF", (0.02, 0.1))
    monkeypatch.setattr(create_job, "REST_BETWEEN_LISTS", 0.1)
    monkeypatch.setattr(create_job, "LONGEST_SEARCH", 20.0)


@pytest.fixture
def short_read_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the client consider an answer lost after `READ_TIMEOUT`."""
    monkeypatch.setattr(transport, "TIMEOUT", httpx.Timeout(5.0, read=READ_TIMEOUT, pool=20.0))


@pytest.mark.usefixtures("short_read_timeout")
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("has_keys", [True, False])
async def test_each_request_creates_at_most_one_job_and_its_reported_outcome_is_true(
    studio: "ThreadStudio", proxy: FaultProxy, tmp_path: Path, seed: int, has_keys: bool
) -> None:
    (cluster,) = studio.request("GET", "/datachain/clusters/").json()
    # This job uses all workers, so that the others wait.
    studio.submit(SLEEP, environment="REQUEST=-1", workers=cluster["max_workers"])
    chaos = CreateChaos(seed, has_keys=has_keys)
    proxy.plan = chaos
    journal = Journal(tmp_path, PROFILE)
    slots = asyncio.Semaphore(AT_ONCE)
    sent_again: set[int] = set()

    async def create(creator: JobCreator, number: int) -> CreationOutcome:
        """Create a job; the user sends two of three unconfirmed requests again."""
        job_input = JobInput(query="print(1)", team_name="local", environment=f"REQUEST={number}")
        async with slots:
            outcome = await creator.create(job_input)
            while isinstance(outcome, UnconfirmedJob) and number % 3:
                sent_again.add(number)
                if not has_keys:
                    await chaos.until_ended(number)
                outcome = await creator.send_again(outcome)
            if isinstance(outcome, UnconfirmedJob):
                await creator.give_up(outcome)
            return outcome

    async with StudioClient(studio.settings(url=proxy.url)) as client:
        creator = new_creator(client, tmp_path)
        async with asyncio.timeout((3 if SOAK else 1) * HANG):
            outcomes = await asyncio.gather(
                *(create(creator, number) for number in range(REQUESTS))
            )
        await proxy.until_idle()
    created_ids: defaultdict[int, list[str]] = defaultdict(list)
    for row in await asyncio.to_thread(studio.jobs):
        created_ids[int(row["environment"]["REQUEST"])].append(row["id"])
    for number, outcome in enumerate(outcomes):
        match outcome:
            case Created(job):
                assert created_ids[number] == [job.id]
            case JobRefused():
                assert created_ids[number] == []
            case UnconfirmedJob():
                # Only requests with keys may be forwarded late.
                assert len(created_ids[number]) <= has_keys
    assert chaos.met.keys() == {kind.name for kind in chaos.kinds}
    assert {type(outcome) for outcome in outcomes} == {Created, JobRefused, UnconfirmedJob}
    assert sent_again
    assert IntentOutcome.OPEN not in {entry.outcome for entry in entries(journal)}


async def test_a_job_has_its_file_although_the_upload_and_the_request_meet_faults(
    studio: "ThreadStudio", proxy: FaultProxy, tmp_path: Path
) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("from the file")
    job_input = JobInput(query="cat notes.txt", query_type=QueryType.SHELL, team_name="local")
    proxy.queue(faults.drop_response, faults.html_502(), None, faults.drop_response)
    async with StudioClient(studio.settings(url=proxy.url)) as client:
        outcome = await new_creator(client, tmp_path).create(job_input, [file])
    assert isinstance(outcome, Created)
    (created,) = await asyncio.to_thread(studio.jobs)
    assert created["id"] == outcome.job.id
    await asyncio.to_thread(studio.wait_for_state, created["id"], "COMPLETE")
    assert await asyncio.to_thread(studio.log, created["id"]) == "from the file"
    assert [seen.method for seen in proxy.requests][:4] == ["POST"] * 4


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
    folder, profile = Path(sys.argv[2]), sys.argv[3]
    journal, history = Journal(folder, profile), JobHistory(RecorderFile(folder, profile))
    await JobCreator(StudioClient(settings), journal, history).create(request)

asyncio.run(main())
"""


@pytest.mark.parametrize("is_created", [True, False])
async def test_the_request_of_a_killed_program_is_settled_by_the_next_program(
    studio: "ThreadStudio", proxy: FaultProxy, tmp_path: Path, is_created: bool
) -> None:
    has_arrived = asyncio.Event()

    async def stall(exchange: Exchange) -> None:
        if is_created:
            await exchange.forward()
        has_arrived.set()
        await faults.stall(exchange)

    proxy.queue(stall)
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, proxy.url, str(tmp_path), PROFILE),
        env={**os.environ, "TOKEN": studio.token},
    )
    await await_with_limit(has_arrived.wait(), "the request for the job")
    journal = Journal(tmp_path, PROFILE)
    async with StudioClient(studio.settings()) as client:
        creator = new_creator(client, tmp_path)
        assert await creator.settle_open_intents() == ()
        assert [entry.outcome for entry in entries(journal)] == [IntentOutcome.OPEN]
        program.kill()
        await program.wait()
        unconfirmed = await creator.settle_open_intents()
        jobs = await asyncio.to_thread(studio.jobs)
        (entry,) = entries(journal)
        if is_created:
            assert unconfirmed == ()
            assert [job["environment"] for job in jobs] == [{NAME: entry.intent.id}]
            history = JobHistory(RecorderFile(tmp_path, PROFILE))
            assert history.submissions([jobs[0]["id"]])[jobs[0]["id"]].priority == 2
        else:
            assert [each.intent for each in unconfirmed] == [entry.intent]
            assert entry.intent.name == "crash.py"
            assert jobs == []
            await creator.give_up(unconfirmed[0])
        assert await creator.settle_open_intents() == ()
