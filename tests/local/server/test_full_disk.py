"""A full disk: simulated by a limit of the server's process, or a real one.

STUDIO_TUI_SMALL_DISK is the directory of a real one: an empty disk of 1 MiB, made for example by
`mount -t tmpfs -o size=1m tmpfs DIRECTORY`.
"""

import contextlib
import os
import random
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from studio_tui.errors import ConfigError
from studio_tui.local.config.data_dir import DataDir
from tests import needs
from tests.studios import ProcessStudio, ThreadStudio, closing
from tests.waiting import eventually

ROUNDS = 20 if os.environ.get("STUDIO_TUI_SOAK") else 2

LASTING = "import time\nprint('up', flush=True)\ntime.sleep(600)"
MARK = "open({mark!r}, 'a').write('ran')"


@contextmanager
def no_room_for(studio: ProcessStudio) -> Iterator[None]:
    """Let the server write to no file until the context ends; its jobs go on as they are."""
    pid, everything = studio.pid, resource.RLIM_INFINITY
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, everything))
    try:
        yield
    finally:
        if studio.pid == pid and studio.is_running:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (everything, everything))


def exit_file(studio: ProcessStudio | ThreadStudio, job_id: str) -> Path:
    return DataDir(studio.data_dir).jobs / job_id / "exit.json"


def lasting_job(studio: ProcessStudio | ThreadStudio) -> str:
    job_id = str(studio.submit(LASTING)["id"])
    eventually(lambda: "up" in studio.log(job_id))
    studio.until(job_id, "RUNNING")
    return job_id


def waiting_job(studio: ProcessStudio, mark: Path) -> str:
    """Submit a job that finds no free worker; return its id."""
    (cluster,) = studio.request("GET", "/datachain/clusters/").json()
    query = MARK.format(mark=str(mark))
    job_id = str(studio.submit(query, workers=cluster["max_workers"])["id"])
    studio.until(job_id, "QUEUED")
    return job_id


@needs.linux("elsewhere a process cannot limit another")
def test_a_job_is_stopped_and_canceled_though_the_server_can_write_nothing(
    studio_process: ProcessStudio,
) -> None:
    studio = studio_process
    job_id = lasting_job(studio)
    with no_room_for(studio):
        assert studio.cancel(job_id).status_code == 200
        eventually(exit_file(studio, job_id).exists)
        assert studio.cancel(job_id).status_code == 200
    assert studio.end(job_id)["status"] == "CANCELED"


@needs.linux("elsewhere a process cannot limit another")
def test_what_waits_is_canceled_though_nothing_can_be_written_and_never_starts(
    studio_process: ProcessStudio, tmp_path: Path
) -> None:
    studio = studio_process
    running = lasting_job(studio)
    waiting = waiting_job(studio, tmp_path / "ran")
    schedule = studio.submit("print(1)", cron_expression="0 0 1 1 *")["id"]
    with no_room_for(studio):
        for job_id in (waiting, schedule, running):
            assert studio.cancel(job_id).status_code == 200
        eventually(exit_file(studio, running).exists)
    for job_id in (waiting, schedule, running):
        assert studio.end(job_id)["status"] == "CANCELED"
    assert studio.end(studio.submit("print(1)")["id"])["status"] == "COMPLETE"
    assert not (tmp_path / "ran").exists()


@needs.linux("elsewhere a process cannot limit another")
def test_a_cancel_without_room_is_not_lost_with_the_server(
    studio_process: ProcessStudio, tmp_path: Path
) -> None:
    studio = studio_process
    running = lasting_job(studio)
    waiting = waiting_job(studio, tmp_path / "ran")
    schedule = studio.submit("print(1)", cron_expression="0 0 1 1 *")["id"]
    with no_room_for(studio):
        for job_id in (waiting, schedule, running):
            assert studio.cancel(job_id).status_code == 200
        studio.kill()
    studio.restart()
    for job_id in (waiting, schedule, running):
        assert studio.end(job_id)["status"] == "CANCELED"
    assert not (tmp_path / "ran").exists()


@needs.linux("elsewhere a process cannot limit another")
def test_a_pipeline_is_paused_though_nothing_can_be_written(
    studio_process: ProcessStudio, tmp_path: Path
) -> None:
    studio = studio_process
    mark = tmp_path / "ran"
    lineage = "open(os.environ['STUDIO_LINEAGE'], 'a').write('{\"dataset\": \"cats\"}\\n')"
    query = f"import os\n{MARK.format(mark=str(mark))}\n{lineage}"
    assert studio.end(studio.submit(query)["id"])["status"] == "COMPLETE"
    body = {"team_name": studio.team, "datasets": ["cats"]}
    running = lasting_job(studio)
    (cluster,) = studio.request("GET", "/datachain/clusters/").json()
    blocker = studio.submit(LASTING, workers=cluster["max_workers"])["id"]
    response = studio.request("POST", "/datachain/pipeline/trigger", json=body)
    assert response.status_code == 200, response.text
    pipeline_id = response.json()["pipeline"]["pipeline_id"]
    named = {"team_name": studio.team, "pipeline_id": pipeline_id}
    with no_room_for(studio):
        paused = studio.request("POST", "/datachain/pipeline/pause", json=named)
        assert paused.status_code == 200, paused.text
        assert studio.cancel(blocker).status_code == 200
        assert studio.cancel(running).status_code == 200
    assert studio.end(running)["status"] == "CANCELED"
    status = studio.request("GET", "/datachain/pipeline/status", params=named).json()
    assert status["status"] == "PAUSED"
    assert mark.read_text() == "ran", "it ran once, before"


@needs.linux("elsewhere a process cannot limit another")
def test_cancel_works_throughout_while_the_disk_fills_and_is_freed(
    studio_process: ProcessStudio, tmp_path: Path
) -> None:
    studio = studio_process
    chance = random.Random(11)
    for number in range(ROUNDS):
        mark = tmp_path / f"ran {number}"
        kept = lasting_job(studio)
        jobs = [lasting_job(studio), waiting_job(studio, mark)]
        chance.shuffle(jobs)
        is_killed = chance.random() < 0.3
        with no_room_for(studio):
            refused = {"query": "print(1)", "team_name": studio.team}
            assert studio.request("POST", "/datachain/jobs/", json=refused).status_code == 507
            for job_id in jobs:
                assert studio.cancel(job_id).status_code == 200
            if is_killed:
                studio.kill()
        if is_killed:
            studio.restart()
        for job_id in jobs:
            assert studio.end(job_id)["status"] == "CANCELED"
        assert studio.job(kept)["status"] == "RUNNING"
        assert not mark.exists()
        assert studio.end(studio.submit("print('after')")["id"])["status"] == "COMPLETE"
        studio.cancel(kept)
        assert studio.end(kept)["status"] == "CANCELED"
    assert len(studio.jobs()) == 4 * ROUNDS


@pytest.fixture
def cramped() -> Iterator[ThreadStudio]:
    folder = Path(needs.SMALL_DISK) / "studio"
    with closing(studio := ThreadStudio(folder)):
        yield studio
    shutil.rmtree(folder)


def fill(studio: ThreadStudio) -> Path:
    """Take all room that is left."""
    path = studio.data_dir.parent / "filler"
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
    return path


@needs.small_disk
def test_a_full_disk_is_a_507_with_a_sentence_and_all_is_well_when_there_is_room(
    cramped: ThreadStudio,
) -> None:
    studio = cramped
    before = studio.end(studio.submit("print('before')")["id"])
    assert before["status"] == "COMPLETE"
    filler = fill(studio)
    body = {"query": "print(1)\n" + "# filler\n" * 20_000, "team_name": "local"}
    for method, how in (
        ("/datachain/jobs/", {"json": body}),
        ("/datachain/jobs/files?team_name=local", {"files": {"file": ("f", b"x" * 200_000)}}),
    ):
        response = studio.request("POST", method, **how)
        assert response.status_code == 507
        assert response.json()["message"].endswith("is full.")
    assert [job["id"] for job in studio.jobs()] == [before["id"]]
    assert studio.log(before["id"]) == "before\n"
    assert [*(studio.data_dir / "uploads").iterdir()] == []
    filler.unlink()
    assert studio.end(studio.submit("print('after')")["id"])["status"] == "COMPLETE"
    studio.restart()
    assert len(studio.jobs()) == 2


@needs.small_disk
def test_a_start_on_a_full_disk_is_a_config_error(cramped: ThreadStudio) -> None:
    studio = cramped
    studio.stop()
    filler = fill(studio)
    with pytest.raises(ConfigError, match="No space left"):
        studio.restart()
    filler.unlink()
    studio.restart()
    assert studio.jobs() == []


@needs.small_disk
def test_a_job_accepted_just_before_the_disk_is_full_ends_truly(cramped: ThreadStudio) -> None:
    studio = cramped
    job_id = studio.submit("import time; time.sleep(1.5); raise SystemExit(4)")["id"]
    studio.until(job_id, "RUNNING")
    filler = fill(studio)
    assert studio.job(job_id)["status"] == "RUNNING"
    filler.unlink()
    ended = studio.end(job_id)
    assert (ended["status"], ended["exit_code"]) == ("FAILED", 4)


@needs.small_disk
def test_a_job_that_fills_the_disk_can_be_canceled_again_and_again(cramped: ThreadStudio) -> None:
    studio = cramped
    query = f"""
import time
with open({str(studio.data_dir.parent / "filler")!r}, "wb", buffering=0) as file:
    while True:
        try:
            file.write(bytes(4096))
        except OSError:
            print("full", flush=True)
            time.sleep(0.01)
"""
    for _ in range(ROUNDS):
        schedule = studio.submit("print(1)", cron_expression="0 0 1 1 *")["id"]
        job_id = studio.submit(query)["id"]
        studio.until(job_id, "RUNNING", "INIT")
        eventually(lambda: shutil.disk_usage(needs.SMALL_DISK).free == 0)
        assert studio.cancel(job_id).status_code == 200
        assert studio.cancel(schedule).status_code == 200
        assert studio.end(job_id)["status"] == "CANCELED", "noted in the reserve"
        (studio.data_dir.parent / "filler").unlink()
        assert studio.end(schedule)["status"] == "CANCELED"
        assert studio.end(studio.submit("print('after')")["id"])["status"] == "COMPLETE"
        # On so small a disk the write-ahead log must be folded, and old jobs must go.
        studio.restart()
        for folder in DataDir(studio.data_dir).jobs.iterdir():
            shutil.rmtree(folder)
