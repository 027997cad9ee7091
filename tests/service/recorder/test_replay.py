"""A recording has no secrets, and its replay shows what was recorded, at any speed."""

import json
import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import TextIO

import pytest

from studio_tui.api.client import StudioClient
from studio_tui.api.models import Cluster, Job, Pipeline
from studio_tui.errors import ConfigError, NotFound, ReadOnly
from studio_tui.service.recorder import recording_file
from studio_tui.service.recorder.recorder import Recorder
from studio_tui.service.recorder.recording_file import RecordingContents, export, load
from studio_tui.service.recorder.replay import ReplayClient, ReplayTime
from tests import needs
from tests.jobs import NOON, job
from tests.service.recorder.test_recorder import (
    SECRETS,
    call,
    job_with_secrets,
    new_recorder,
    note_jobs,
)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def recorded_hour(tmp_path: Path) -> Recorder:
    """Return a recorder that has recorded an hour."""
    recorded_hour = new_recorder(tmp_path)
    note_jobs(recorded_hour, [job(1, "RUNNING")])
    note_jobs(recorded_hour, [job(2, "QUEUED"), job(1, "RUNNING")], minutes=10)
    note_jobs(
        recorded_hour, [job(2, "RUNNING"), job(1, "FAILED", error_message="boom")], minutes=20
    )
    pipeline = {"pipeline_id": "p", "name": "vise", "created_at": NOON.isoformat()}
    for minutes, status in ((5, "RUNNING"), (25, "COMPLETED")):
        listed = Pipeline.model_validate({**pipeline, "status": status})
        recorded_hour.note_pipelines([listed], NOON + timedelta(minutes=minutes), has_all=True)
    recorded_hour.note_list("clusters", [Cluster.model_validate({"id": 3, "name": "gpu"})], NOON)
    note_jobs(recorded_hour, [job(2, "COMPLETE")], minutes=60)
    return recorded_hour


def exported(recorder: Recorder, tmp_path: Path) -> RecordingContents:
    export(recorder.database, tmp_path / "hour.jsonl")
    return load(tmp_path / "hour.jsonl")


async def listed_items(client: ReplayClient) -> list[str]:
    """Return a text for each job, pipeline and cluster that the client lists."""
    jobs, pipelines = await client.jobs(), await client.pipelines()
    clusters = await client.clusters()
    return [
        *(f"{each.id[:8]} {each.status} {each.error_message or ''}" for each in jobs.items),
        *(f"{each.name} {each.status}" for each in pipelines.items),
        *(str(each.name) for each in clusters.items),
    ]


def test_a_replay_client_has_the_methods_of_the_studio_client() -> None:
    methods = {name for name in vars(StudioClient) if not name.startswith("_")}
    # A replay has no logs.
    assert (methods | {"aclose", "is_local_studio"}) - set(dir(ReplayClient)) == {"log_blob"}


async def test_a_replay_lists_the_items_that_studio_listed_at_that_time(
    recorded_hour: Recorder, tmp_path: Path
) -> None:
    recording = exported(recorded_hour, tmp_path)
    clock = Clock()
    time = ReplayTime(recording, 60.0, clock)
    client = ReplayClient(recording, time)
    assert await listed_items(client) == ["gpu"]
    clock.seconds = 1 / 60
    assert await listed_items(client) == ["00000001 RUNNING ", "gpu"]
    clock.seconds = 25 + 1 / 60
    assert await listed_items(client) == [
        "00000001 FAILED boom",
        "00000002 RUNNING ",
        "vise COMPLETED",
        "gpu",
    ]
    clock.seconds = 3600
    assert time.now() == NOON + timedelta(minutes=60)
    assert await listed_items(client) == ["00000002 COMPLETE ", "vise COMPLETED", "gpu"]


async def test_a_replay_lists_the_schedules_as_they_were_at_that_time(tmp_path: Path) -> None:
    recorder, clock = new_recorder(tmp_path), Clock()

    def schedule(number: int, expression: str, since: int, **fields: str) -> Job:
        created = (NOON + timedelta(minutes=since)).isoformat()
        sent = {"cron_expression": expression, **fields}
        return job(number, "TASK", name=f"{number}", created_at=created, schedule=sent)

    suspended = schedule(2, "@daily", 10, suspended_at=NOON.isoformat())
    note_jobs(recorder, [schedule(1, "@daily", 0)])
    note_jobs(recorder, [schedule(2, "@daily", 10), schedule(1, "@hourly", 0)], minutes=10)
    note_jobs(recorder, [suspended, job(1, "CANCELED")], minutes=20)
    # The third and the fourth are older and newer than the recorded jobs.
    listed = [schedule(4, "@yearly", 20), suspended, schedule(3, "@weekly", -9)]
    recorder.note_list("schedules", listed, NOON)
    client = ReplayClient(
        recording := exported(recorder, tmp_path), ReplayTime(recording, 60, clock)
    )
    shown = []
    for minutes in (1, 11, 21):
        clock.seconds = minutes
        shown.append(
            [
                (task.name, when and when.cron_expression, bool(when and when.suspended_at))
                for task in (await client.jobs(status="TASK")).items
                for when in [task.schedule]
            ]
        )
    assert shown == [
        [("1", "@daily", False), ("3", None, False)],
        [("2", "@daily", False), ("1", "@hourly", False), ("3", None, False)],
        [("2", "@daily", True), ("4", None, False), ("3", None, False)],
    ]


async def test_of_jobs_created_at_the_same_time_a_replay_lists_the_last_first_as_studio_does(
    tmp_path: Path,
) -> None:
    recorder, noon = new_recorder(tmp_path), NOON.isoformat()
    listed = [job(number, "QUEUED", created_at=noon) for number in (3, 2, 1)]
    note_jobs(recorder, listed)
    client = ReplayClient(
        recording := exported(recorder, tmp_path), time := ReplayTime(recording, 1)
    )
    time.step()
    assert [each.id for each in (await client.jobs()).items] == [each.id for each in listed]


async def test_the_busy_workers_of_clusters_follow_from_the_jobs_at_that_time(
    tmp_path: Path,
) -> None:
    recorder = new_recorder(tmp_path)
    clock = Clock()

    def gpu_job(number: int, state: str) -> Job:
        return job(number, state, workers=2, compute_cluster_id="3")

    note_jobs(recorder, [gpu_job(1, "RUNNING"), gpu_job(2, "QUEUED")])
    note_jobs(recorder, [gpu_job(1, "RUNNING"), gpu_job(2, "RUNNING")], minutes=10)
    note_jobs(
        recorder, [gpu_job(1, "COMPLETE"), job(3, "RUNNING"), gpu_job(2, "RUNNING")], minutes=20
    )
    note_jobs(recorder, [job(3, "COMPLETE"), gpu_job(2, "COMPLETE")], minutes=30)
    clusters = [
        {"id": "3", "name": "gpu", "busy_workers": 7, "active_workers": 7},
        {"id": "4", "name": "cpu", "busy_workers": 1},
    ]
    recorder.note_list("clusters", [Cluster.model_validate(fields) for fields in clusters], NOON)
    client = ReplayClient(
        recording := exported(recorder, tmp_path), ReplayTime(recording, 60, clock)
    )
    busy = []
    for minutes in (1, 11, 21, 31):
        clock.seconds = minutes
        busy.append([cluster.busy_workers for cluster in (await client.clusters()).items])
        assert not any(cluster.active_workers for cluster in (await client.clusters()).items)
    # While the third job runs, on an unknown cluster, the number of busy workers is unknown.
    assert busy == [[2, 0], [4, 0], [None, None], [0, 0]]


async def test_a_replay_is_the_same_at_each_speed_and_step_by_step_in_both_directions(
    recorded_hour: Recorder, tmp_path: Path
) -> None:
    recording = exported(recorded_hour, tmp_path)
    moments = sorted({change.at for change in recording.changes})
    at_speeds: list[list[list[str]]] = []
    for speed in (1.0, 60.0):
        clock = Clock()
        time = ReplayTime(recording, speed, clock)
        client = ReplayClient(recording, time)
        at_speeds.append([])
        for moment in moments:
            clock.seconds = (moment - time.begins).total_seconds() / speed
            at_speeds[-1].append(await listed_items(client))
    stepped = ReplayTime(recording, 1.0, lambda: 0.0)
    client = ReplayClient(recording, stepped)
    forward = []
    for _ in moments:
        stepped.step()
        forward.append(await listed_items(client))
    backward = [forward[-1]]
    for _ in moments[1:]:
        stepped.step(back=True)
        backward.append(await listed_items(client))
    assert at_speeds[0] == at_speeds[1] == forward == backward[::-1]


def test_a_replay_is_paused_resumed_and_restarted_at_its_end(
    recorded_hour: Recorder, tmp_path: Path
) -> None:
    clock = Clock()
    time = ReplayTime(exported(recorded_hour, tmp_path), 1.0, clock)
    clock.seconds = 10.0
    time.pause_or_resume()
    clock.seconds = 500.0
    assert time.now() == time.begins + timedelta(seconds=10)
    time.pause_or_resume()
    clock.seconds = 505.0
    assert time.now() == time.begins + timedelta(seconds=15)
    clock.seconds = 99_999.0
    assert time.share == 1.0
    time.pause_or_resume()
    assert time.now() == time.begins
    assert time.is_running


async def test_a_replay_is_read_only_and_has_no_logs(
    recorded_hour: Recorder, tmp_path: Path
) -> None:
    recording = exported(recorded_hour, tmp_path)
    client = ReplayClient(recording, ReplayTime(recording, 1.0))
    with pytest.raises(ReadOnly):
        await client.cancel_job("1")
    with pytest.raises(NotFound, match="no logs"):
        await client.job_logs("1")


def test_an_export_contains_no_secret_and_is_private(tmp_path: Path) -> None:
    recorder = new_recorder(tmp_path)
    note_jobs(recorder, [job_with_secrets()])
    recorder.note_call(call(query={"token": SECRETS[-1]}))
    recorder.flush()
    file = tmp_path / "shared.jsonl"
    assert export(recorder.database, file) == 1
    text = file.read_text()
    for secret in (*SECRETS, "plainvalue", "pagekey", "password ="):
        assert secret not in text
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_export_fails_if_the_file_exists_or_nothing_was_recorded(
    recorded_hour: Recorder, tmp_path: Path
) -> None:
    (tmp_path / "there").touch()
    with pytest.raises(ConfigError, match="already exists"):
        export(recorded_hour.database, tmp_path / "there")
    with pytest.raises(ConfigError, match="cannot be written"):
        export(recorded_hour.database, tmp_path / "no folder" / "x")
    with pytest.raises(ConfigError, match="Nothing has been recorded"):
        export(new_recorder(tmp_path / "other").database, tmp_path / "new")
    assert not os.path.lexists(tmp_path / "new")


def test_an_export_from_a_file_of_another_version_says_so_and_not_that_it_is_empty(
    recorded_hour: Recorder, tmp_path: Path
) -> None:
    recorded_hour.database.write(lambda connection: connection.execute("PRAGMA user_version = 99"))
    other = new_recorder(tmp_path / "other").database
    other.path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(recorded_hour.database.path, other.path)
    with pytest.raises(ConfigError, match=r"cannot be read now: another version .*99\)\.$"):
        export(other, tmp_path / "new")
    assert not os.path.lexists(tmp_path / "new")


def test_an_interrupted_export_leaves_no_file(
    recorded_hour: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(recording_file, "_lines", interrupt)
    with pytest.raises(KeyboardInterrupt):
        export(recorded_hour.database, tmp_path / "new")
    assert not os.path.lexists(tmp_path / "new")


@needs.linux("it writes to /dev/full")
def test_an_export_to_a_full_disk_is_reported_and_leaves_no_file(
    recorded_hour: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note_jobs(recorded_hour, [job(1, "RUNNING")])
    recorded_hour.flush()

    def open_full(descriptor: int, *_mode: object, **_options: object) -> TextIO:
        os.close(descriptor)
        return Path("/dev/full").open("w")

    monkeypatch.setattr(os, "fdopen", open_full)
    with pytest.raises(ConfigError, match="cannot be written: No space left"):
        export(recorded_hour.database, tmp_path / "new")
    assert not os.path.lexists(tmp_path / "new")


HEADER = json.dumps({"format": "studio-tui recording", "version": 1})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not a recording"),
        ("{}", "is not a recording"),
        ("\0\xff", "is not a recording"),
        (HEADER, "nothing to replay"),
        (HEADER.replace("1}", "2}"), "newer version"),
        (f"{HEADER}\nnonsense", "damaged in line 2"),
        (
            f'{HEADER}\n{{"at": 1e99, "kind": "job", "id": "1", "change": {{}}}}',
            "damaged in line 2",
        ),
        (f"{HEADER}\n[]", "damaged in line 2"),
        ("[" * 100_000, "is not a recording"),
        (f"{HEADER}\n{'[' * 100_000}", "damaged in line 2"),
    ],
)
def test_an_invalid_recording_is_refused_with_the_reason(
    tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "file").write_text(text, "latin-1")
    with pytest.raises(ConfigError, match=words):
        load(tmp_path / "file")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "missing")
