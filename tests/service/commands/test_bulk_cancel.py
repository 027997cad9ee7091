"""Canceling many jobs through a proxy that injects faults: each is canceled or reported."""

import asyncio
import random
from collections import Counter
from functools import partial

import pytest

from studio_tui.api.client import StudioClient
from studio_tui.service.commands.batch import Batches, ItemOutcome, Outcome
from studio_tui.service.commands.jobs import cancel_job
from tests import faults
from tests.fault_proxy import Fault, FaultProxy, ReceivedRequest
from tests.soak import at_length, seeds
from tests.studios import ThreadStudio
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("short_rests")

JOBS = at_length(40, 500)
SLEEP = "import time\ntime.sleep(600)"
FAULTS: tuple[Fault, ...] = (
    faults.reset,
    faults.drop_response,
    faults.html_502(),
    faults.too_many_requests("0"),
    faults.answer_json({"message": "not now"}, "409 Conflict"),
    faults.truncated(3),
)


class BrokenCancels:
    """A plan for the proxy: about half of the requests to cancel or to read one job are broken."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def fault(self, seen: ReceivedRequest) -> Fault | None:
        is_for_one_job = "job_id" in seen.query or seen.path.endswith("/cancel")
        if not is_for_one_job or self._random.random() < 0.5:
            return None
        return self._random.choice(FAULTS)


@pytest.mark.parametrize("seed", seeds(1, 3))
async def test_each_of_many_jobs_is_canceled_or_reported_although_requests_fail(
    studio: ThreadStudio, seed: int
) -> None:
    ids = [
        (await asyncio.to_thread(studio.submit, SLEEP, query_name=f"job_{number}.py"))["id"]
        for number in range(JOBS)
    ]
    async with FaultProxy.in_front_of(studio.url) as proxy:
        proxy.plan = BrokenCancels(seed)
        settings = studio.settings(url=proxy.url)
        async with StudioClient(settings) as client:
            cancel = partial(cancel_job, client)
            received: list[ItemOutcome[str, None]] = []
            outcomes = await Batches().run("Canceling", ids, cancel, on_outcome=received.append)
    assert [outcome.item for outcome in outcomes] == ids
    assert Counter(received) == Counter(outcomes)
    counts = Counter(outcome.outcome for outcome in outcomes)
    assert counts[Outcome.DONE] > 0
    assert counts[Outcome.FAILED] > 0
    not_done = [outcome for outcome in outcomes if outcome.outcome is not Outcome.DONE]
    assert all(str(outcome.error) for outcome in not_done)
    done = {outcome.item for outcome in outcomes if outcome.outcome is Outcome.DONE}

    def states() -> dict[str, str]:
        return {job["id"]: job["status"] for job in studio.jobs()}

    await asyncio.to_thread(
        eventually, lambda: all(states()[job_id] == "CANCELED" for job_id in done), states
    )
    not_canceled = {job_id for job_id, state in states().items() if state != "CANCELED"}
    assert not_canceled <= {outcome.item for outcome in not_done}
