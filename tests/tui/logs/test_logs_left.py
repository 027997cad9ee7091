"""Logs that are opened and closed while their job prints."""

import random
from pathlib import Path

from textual import events

from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.logs.log_screen import LogScreen
from tests.soak import at_length
from tests.studios import ThreadStudio
from tests.tui.dashboards import dashboard, until, until_shown

REPETITIONS = at_length(6, 1000)
CHATTY = "import time\nfor n in range(1_000_000): print('n', n, flush=True); time.sleep(0.004)"


async def test_the_log_of_a_printing_job_can_be_opened_and_closed_many_times(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    chance = random.Random(4)
    job = studio.submit(CHATTY, query_name="chatty.py")
    studio.wait_for_state(job["id"], "RUNNING")
    async with dashboard(studio, tmp_path, frames=True) as pilot:
        await until_shown(pilot, "chatty.py")
        for _ in range(REPETITIONS):
            pilot.app.post_message(events.Key("l", "l"))
            await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen))
            await pilot.pause(chance.uniform(0, 0.4))  # a random moment, not a state to wait for
            pilot.app.post_message(events.Key("q", "q"))
            await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
