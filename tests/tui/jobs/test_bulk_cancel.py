"""Canceling hundreds of jobs through a proxy that makes half of the requests fail."""

import asyncio
import random
from collections import Counter
from pathlib import Path

from studio_tui.service.commands.batch import Outcome
from studio_tui.tui.frame.bulk import BulkReport
from tests import faults
from tests.fault_proxy import Fault, FaultProxy, ReceivedRequest
from tests.soak import at_length
from tests.studios import ThreadStudio
from tests.tui.dashboards import dashboard, jobs_screen, until, until_shown
from tests.tui.jobs.test_bulk import states_of

JOBS = at_length(40, 500)
SEED = 1122
"""A seed with which each kind of fault occurs early."""
SLEEP = "import time; time.sleep(600)"

FAULTS: dict[str, Fault | None] = {
    "passes": None,
    "refused": faults.answer_json({"message": "not now"}, "409 Conflict"),
    "503": faults.answer(status="503 Service Unavailable"),
    "502 of a proxy": faults.html_502(),
    "slow down": faults.too_many_requests("0"),
    "reset before": faults.reset,
    "reset after": faults.drop_response,
    "half an answer": faults.first_half,
    "reset in body": faults.reset_in_body(1),
}


class RandomFaults:
    """A plan for the proxy: half of the requests to cancel meet a fault, chosen at random."""

    def __init__(self, seed: int) -> None:
        self.counts = Counter[str]()
        """How often each kind of fault occurred."""
        self.is_over = False
        """Whether all requests pass from now on."""
        self._random = random.Random(seed)

    def fault(self, seen: ReceivedRequest) -> Fault | None:
        if self.is_over or not seen.path.endswith("/cancel"):
            return None
        kind = self._random.choice([*FAULTS, *["passes"] * 8])
        self.counts[kind] += 1
        return FAULTS[kind]


async def test_each_of_many_jobs_is_either_canceled_or_reported_and_left_marked_for_a_second_try(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    def submit() -> None:
        with studio.http() as client:
            for number in range(JOBS):
                body = {"query": SLEEP, "team_name": studio.team, "query_name": f"j{number:03}.py"}
                assert client.post("/datachain/jobs/", json=body).status_code == 200

    await asyncio.to_thread(submit)
    async with FaultProxy.in_front_of(studio.url) as proxy:
        proxy.plan = plan = RandomFaults(SEED)
        async with dashboard(studio, tmp_path, url=proxy.url) as pilot:
            page = await jobs_screen(pilot)
            await until(pilot, lambda: len(page.rows) == JOBS)
            await pilot.press("a", "x", "y")
            await until(pilot, lambda: page.session.batches.last_report is not None)
            assert plan.counts.keys() == FAULTS.keys()
            report = page.session.batches.last_report
            assert isinstance(report, BulkReport)
            assert len(report.lines) == JOBS
            failed = [words for outcome, words in report.lines if outcome is not Outcome.DONE]
            assert failed
            assert all(": " in words and not words.endswith(": ") for words in failed)
            await until_shown(pilot, f"requested for {JOBS - len(failed)} of {JOBS} jobs")
            marked = set(page.view.marks)
            assert len(marked) == len(failed)
            not_canceled = await uncanceled(studio)
            assert not_canceled <= marked, "neither canceled nor reported"

            plan.is_over = True
            await pilot.press("x", "y")
            await until(pilot, lambda: page.session.batches.last_report is not report)
            await until_shown(pilot, f"◇{JOBS}")
    assert not await uncanceled(studio)


async def uncanceled(studio: ThreadStudio) -> set[str]:
    """Return the ids of the jobs for which no cancellation was requested."""
    states = await asyncio.to_thread(states_of, studio)
    return {job_id for job_id, state in states.items() if not state.startswith("CANCEL")}
