"""A recording is replayed in the dashboard, with a time bar in the place of the age."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from studio_tui import clock
from studio_tui.recordings import connect_to_replay
from studio_tui.service.recorder.recording_file import export, load
from studio_tui.service.recorder.replay import ReplayClient, ReplayTime
from studio_tui.tui.app import StudioApp
from studio_tui.tui.theme import DARK
from tests.driving import driving
from tests.jobs import NOON, job
from tests.service.recorder.test_recorder import new_recorder, note_jobs
from tests.tui.dashboards import until_shown


@pytest.fixture
def time(tmp_path: Path) -> Iterator[ReplayTime]:
    """Return the time of a replay in which a job runs at noon and ends ten minutes later."""
    recording_source = new_recorder(tmp_path)
    note_jobs(recording_source, [job(1, "RUNNING", name="train.py")])
    note_jobs(recording_source, [job(1, "COMPLETE", name="train.py")], minutes=10)
    export(recording_source.database, tmp_path / "recording.jsonl")
    time = ReplayTime(load(tmp_path / "recording.jsonl"), 1.0)
    clock.set_time_source(time.now)
    yield time
    clock.set_time_source(None)


async def test_a_replay_can_be_stepped_through_and_is_read_only(
    time: ReplayTime, tmp_path: Path
) -> None:
    file = tmp_path / "recording.jsonl"
    client = ReplayClient(load(file), time)
    app = StudioApp(
        lambda _: connect_to_replay(client, time, file, tmp_path / "replay"),
        theme=DARK.name,
        waiting_for="",
    )
    first = f"{NOON.astimezone():%H:%M:%S}"
    last = f"{(NOON + timedelta(minutes=10)).astimezone():%H:%M:%S}"
    async with driving(app, size=(120, 40), notifications=True) as pilot:
        await until_shown(pilot, "recording.jsonl › Jobs", "▶ replay", "1x")
        await pilot.press("backslash")
        await until_shown(pilot, "‖ replay")
        await pilot.press("semicolon", "semicolon")
        await until_shown(pilot, "COMPLETE", "train.py", last)
        await pilot.press("comma")
        await until_shown(pilot, "RUNNING", first)
        await pilot.press("x")
        await until_shown(pilot, "Nothing can be changed in a replay")
