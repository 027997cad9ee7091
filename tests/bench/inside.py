"""Measures the CPU time of a poll from body to screen: `python -m tests.bench.inside JOBS ROUNDS`.

It is a separate program, so that the process does nothing else. HTTP is not included, since its
cost does not depend on the contents of the response.
"""

import asyncio
import json
import sys
import time
from collections.abc import Coroutine, Iterable
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice, repeat
from operator import attrgetter
from typing import Any

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from studio_tui.api.models import Job
from studio_tui.api.pages import ListReader
from studio_tui.paths import styles_dir
from studio_tui.presentation.jobs.filters import JOBS
from studio_tui.presentation.jobs.rows import COLUMNS, JobRow, cells
from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.presentation.lists.kinds import AS_SENT
from studio_tui.presentation.lists.listing import Listing
from studio_tui.tui.widgets.big_table import BigTable

PARSING = "json.loads of the whole response"
_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def bodies(count: int) -> tuple[bytes, bytes]:
    """Return two responses of `count` jobs that differ in one job in a hundred, evenly spread."""
    jobs = [_job(number) for number in range(count)]
    before = json.dumps(jobs).encode()
    for job in jobs[::100]:
        job.update(status="FAILED", exit_code=1, error_message="CUDA out of memory")
    return before, json.dumps(jobs).encode()


class ListApp(App[None]):
    """The table of jobs, with the code between it and Studio's responses."""

    def __init__(self) -> None:
        super().__init__(css_path=[styles_dir() / "big_table.tcss"])
        self._reader = ListReader(Job, attrgetter("id"))
        self._list = Listing(JOBS)
        self._last_page: object = None
        self.table = BigTable(COLUMNS, lambda job_id: cells(JobRow(self._list[job_id], _NOON)))

    def compose(self) -> ComposeResult:
        """Compose the table alone."""
        yield self.table

    async def take(self, body: bytes) -> None:
        """Process a response like the dashboard, up to requesting a repaint."""
        page = await self._reader.read(body)
        if page is not self._last_page:
            self._last_page = page
            self._list.replace(page.items)
            self.table.show(self._list.ids(Terms("", JOBS), AS_SENT, _NOON))

    async def tick(self) -> None:
        """Update the table like the dashboard does as time passes."""
        self.table.show_again()


async def measure(count: int, rounds: int) -> dict[str, list[float]]:
    """Return the CPU times in ms of polls, by kind of change."""
    before, after = bodies(count)
    app = ListApp()
    async with app.run_test(size=(120, 40)) as pilot:
        await app.take(before)
        await pilot.pause()
        overhead = sorted([await _cpu(pilot, _nothing()) for _ in range(rounds)])[rounds // 2]

        async def cost(step: Coroutine[None, None, None]) -> float:
            return max(0.0, await _cpu(pilot, step) - overhead)

        async def polls(responses: Iterable[bytes]) -> list[float]:
            # Copies, as each response from Studio is a new object too.
            bodies_as_received = (bytes(bytearray(body)) for body in islice(responses, rounds))
            parsing_times.extend(_parsing_time(before) for _ in range(rounds // 2 + 1))
            return [await cost(app.take(body)) for body in bodies_as_received]

        parsing_times: list[float] = []
        return {
            PARSING: parsing_times,
            "nothing changed": await polls(repeat(before)),
            "1% changed": await polls(cycle([after, before])),
            "a second later, without a response": [await cost(app.tick()) for _ in range(rounds)],
        }


async def _cpu(pilot: Pilot[None], step: Coroutine[None, None, None]) -> float:
    """Return the CPU time in ms of a step and of the painting that it causes."""
    begin = time.process_time()
    await step
    await pilot.pause()
    return (time.process_time() - begin) * 1000


def _parsing_time(body: bytes) -> float:
    """Return the CPU time in ms of parsing a response, a measure of the machine's current speed."""
    begin = time.process_time()
    json.loads(body)
    return (time.process_time() - begin) * 1000


async def _nothing() -> None:
    pass


def _job(number: int) -> dict[str, Any]:
    created = _NOON - timedelta(minutes=number)
    return {
        "id": f"{number:08x}-6276-4993-bfeb-53cbbbba6f08",
        "url": f"https://studio.example.com/team/acme/datasets/jobs/{number}",
        "status": "COMPLETE",
        "created_at": created.isoformat(),
        "created_by": "ann",
        "started_at": (created + timedelta(seconds=5)).isoformat(),
        "finished_at": (created + timedelta(seconds=65)).isoformat(),
        "query": "from datachain import read_storage\nread_storage('s3://bucket').save('x')\n",
        "query_type": "PYTHON",
        "team": "acme",
        "name": f"embed_{number}.py",
        "workers": 1,
        "python_version": "3.12",
        "requirements": "pillow\n",
        "environment": {},
        "exit_code": 0,
        "error_message": None,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(*map(int, sys.argv[1:])))))
