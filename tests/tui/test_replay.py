"""A recording is replayed in the dashboard, with a time bar in the place of the age."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from unittest import mock

import pytest
from click.testing import CliRunner

from studio_tui import clock, paths, recordings
from studio_tui.log import FILE_NAME
from studio_tui.recordings import connect_to_replay, replay
from studio_tui.service.recorder.recording_file import export, load
from studio_tui.service.recorder.replay import ReplayClient, ReplayTime
from studio_tui.tui.app import Connect, StudioApp
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


def test_warnings_in_a_replay_are_written_to_the_log_and_not_to_the_screen(
    time: ReplayTime, tmp_path: Path
) -> None:
    del time

    def connect_and_warn(connect: Connect, *, waiting_for: str) -> int:
        assert waiting_for
        connect(None)
        logging.getLogger("studio_tui.test").warning("odd")
        return 0

    with (
        mock.patch.object(recordings, "run_dashboard", connect_and_warn),
        mock.patch.object(paths, "log_dir", return_value=tmp_path / "logs"),
    ):
        result = CliRunner().invoke(replay, [str(tmp_path / "recording.jsonl")])
    assert (result.exit_code, result.output) == (0, "")
    assert "odd" in (tmp_path / "logs" / FILE_NAME).read_text()
