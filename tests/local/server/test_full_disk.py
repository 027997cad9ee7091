"""A full disk, either simulated by a limit on the server's process or real.

The tests on a real disk need an empty one of 1 MiB. STUDIO_TUI_SMALL_DISK names its directory,
made for example by `mount -t tmpfs -o size=1m tmpfs DIRECTORY`.
"""

import contextlib
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
from tests.soak import at_length
from tests.studios import ProcessStudio, ThreadStudio, stopping
from tests.waiting import eventually

ROUNDS = at_length(2, 20)

SLEEP = "import time\nprint('up', flush=True)\ntime.sleep(600)"
CREATE_FILE = "open({created_file!r}, 'a').write('ran')"


@contextmanager
def unwritable_files(studio: ProcessStudio) -> Iterator[None]:
    """Let the server write to no file until the context ends; its running jobs are not limited."""
    pid, unlimited = studio.pid, resource.RLIM_INFINITY
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, unlimited))
    try:
        yield
    finally:
        if studio.pid == pid and studio.is_running:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))


def exit_file(studio: ProcessStudio | ThreadStudio, job_id: str) -> Path:
    return DataDir(studio.data_dir).jobs / job_id / "exit.json"


def running_job(studio: ProcessStudio | ThreadStudio) -> str:
    job_id = str(studio.submit(SLEEP)["id"])
    eventually(lambda: "up" in studio.log(job_id))
    studio.wait_for_state(job_id, "RUNNING")
    return job_id


def waiting_job(studio: ProcessStudio, created_file: Path) -> str:
    """Submit a job that would create a file, with too few free workers; return its id."""
    (cluster,) = studio.request("GET", "/datachain/clusters/").json()
    query = CREATE_FILE.format(created_file=str(created_file))
    job_id = str(studio.submit(query, workers=cluster["max_workers"])["id"])
    studio.wait_for_state(job_id, "QUEUED")
    return job_id


@needs.linux("elsewhere a process cannot limit another")
def test_a_running_job_is_canceled_although_the_server_cannot_write(
    studio_process: ProcessStudio,
) -> None:
    studio = studio_process
    job_id = running_job(studio)
    with unwritable_files(studio):
        assert studio.cancel(job_id).status_code == 200
        eventually(exit_file(studio, job_id).exists)
        assert studio.cancel(job_id).status_code == 200
    assert studio.wait_for_end(job_id)["status"] == "CANCELED"


@needs.linux("elsewhere a process cannot limit another")
def test_a_queued_job_is_canceled_without_starting_although_the_server_cannot_write(
    studio_process: ProcessStudio, tmp_path: Path
) -> None:
    studio = studio_process
    running = running_job(studio)
    waiting = waiting_job(studio, tmp_path / "ran")
    schedule = studio.submit("print(1)", cron_expression="0 0 1 1 *")["id"]
    with unwritable_files(studio):
        for job_id in (waiting, schedule, running):
            assert studio.cancel(job_id).status_code == 200
        eventually(exit_file(studio, running).exists)
    for job_id in (waiting, schedule, running):
        assert studio.wait_for_end(job_id)["status"] == "CANCELED"
    assert studio.wait_for_end(studio.submit("print(1)")["id"])["status"] == "COMPLETE"
    assert not (tmp_path / "ran").exists()


@needs.linux("elsewhere a process cannot limit another")
def test_a_cancel_on_a_full_disk_is_kept_although_the_server_is_killed(
    studio_process: ProcessStudio, tmp_path: Path
) -> None:
    studio = studio_process
    running = running_job(studio)
    waiting = waiting_job(studio, tmp_path / "ran")
    schedule = studio.submit("print(1)", cron_expression="0 0 1 1 *")["id"]
    with unwritable_files(studio):
        for job_id in (waiting, schedule, running):
            assert studio.cancel(job_id).status_code == 200
        studio.kill()
    studio.restart()
    for job_id in (waiting, schedule, running):
        assert studio.wait_for_end(job_id)["status"] == "CANCELED"
    assert not (tmp_path / "ran").exists()


@needs.linux("elsewhere a process cannot limit another")
def test_a_schedule_is_not_suspended_if_the_server_cannot_write(
    studio_process: ProcessStudio,
) -> None:
    studio = studio_process
    schedule = studio.submit("print(1)", cron_expression="0 0 1 1 *")["id"]
    path, body = f"/datachain/schedules/{schedule}/suspend", {"team_name": studio.team}
    with unwritable_files(studio):
        assert studio.request("POST", path, json=body).status_code == 507
        assert studio.job(schedule)["schedule"]["suspended_at"] is None
    assert studio.request("POST", path, json=body).json()["schedule"]["suspended_at"]


@needs.linux("elsewhere a process cannot limit another")
def test_an_upload_of_any_size_is_507_if_the_server_cannot_write(
    studio_process: ProcessStudio,
) -> None:
    studio = studio_process
    with unwritable_files(studio):
        for size in (1, 200_000):
            files = {"file": ("f", b"x" * size)}
            response = studio.request("POST", "/datachain/jobs/files?team_name=local", files=files)
            assert response.status_code == 507, size
    assert [*DataDir(studio.data_dir).uploads.iterdir()] == []


@needs.linux("elsewhere a process cannot limit another")
def test_a_pipeline_is_not_paused_if_the_server_cannot_write(
    studio_process: ProcessStudio, tmp_path: Path
) -> None:
    studio = studio_process
    created_file = tmp_path / "ran"
    lineage = "open(os.environ['STUDIO_LINEAGE'], 'a').write('{\"dataset\": \"cats\"}\\n')"
    query = f"import os\n{CREATE_FILE.format(created_file=str(created_file))}\n{lineage}"
    assert studio.wait_for_end(studio.submit(query)["id"])["status"] == "COMPLETE"
    body = {"team_name": studio.team, "datasets": ["cats"]}
    running = running_job(studio)
    (cluster,) = studio.request("GET", "/datachain/clusters/").json()
    blocker = studio.submit(SLEEP, workers=cluster["max_workers"])["id"]
    response = studio.request("POST", "/datachain/pipeline/trigger", json=body)
    assert response.status_code == 200, response.text
    pipeline_id = response.json()["pipeline"]["pipeline_id"]
    pipeline_query = {"team_name": studio.team, "pipeline_id": pipeline_id}
    with unwritable_files(studio):
        refused = studio.request("POST", "/datachain/pipeline/pause", json=pipeline_query)
        assert refused.status_code == 507, refused.text
    status = studio.request("GET", "/datachain/pipeline/status", params=pipeline_query).json()
    assert status["status"] == "RUNNING"
    paused = studio.request("POST", "/datachain/pipeline/pause", json=pipeline_query)
    assert paused.json()["pipeline"]["status"] == "PAUSED"
    for job_id in (blocker, running):
        studio.cancel(job_id)
        assert studio.wait_for_end(job_id)["status"] == "CANCELED"
    assert created_file.read_text() == "ran", "the job ran only before the pipeline"


@needs.linux("elsewhere a process cannot limit another")
def test_jobs_are_canceled_each_time_the_disk_is_full(
    studio_process: ProcessStudio, tmp_path: Path
) -> None:
    studio = studio_process
    rng = random.Random(11)
    for number in range(ROUNDS):
        created_file = tmp_path / f"ran {number}"
        other = running_job(studio)
        jobs = [running_job(studio), waiting_job(studio, created_file)]
        rng.shuffle(jobs)
        is_server_killed = rng.random() < 0.3
        with unwritable_files(studio):
            body = {"query": "print(1)", "team_name": studio.team}
            assert studio.request("POST", "/datachain/jobs/", json=body).status_code == 507
            for job_id in jobs:
                assert studio.cancel(job_id).status_code == 200
            if is_server_killed:
                studio.kill()
        if is_server_killed:
            studio.restart()
        for job_id in jobs:
            assert studio.wait_for_end(job_id)["status"] == "CANCELED"
        assert studio.job(other)["status"] == "RUNNING"
        assert not created_file.exists()
        assert studio.wait_for_end(studio.submit("print('after')")["id"])["status"] == "COMPLETE"
        studio.cancel(other)
        assert studio.wait_for_end(other)["status"] == "CANCELED"
    assert len(studio.jobs()) == 4 * ROUNDS


@pytest.fixture
def studio_on_small_disk() -> Iterator[ThreadStudio]:
    folder = Path(needs.SMALL_DISK) / "studio"
    with stopping(studio := ThreadStudio(folder)):
        yield studio
    shutil.rmtree(folder)


def fill_disk(studio: ThreadStudio) -> Path:
    """Fill the disk with a file; return its path."""
    path = studio.data_dir.parent / "filler"
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
    return path


@needs.small_disk
def test_new_jobs_and_uploads_on_a_full_disk_are_507_until_space_is_freed(
    studio_on_small_disk: ThreadStudio,
) -> None:
    studio = studio_on_small_disk
    before = studio.wait_for_end(studio.submit("print('before')")["id"])
    assert before["status"] == "COMPLETE"
    filler = fill_disk(studio)
    body = {"query": "print(1)\n" + "# filler\n" * 20_000, "team_name": "local"}
    for path, arguments in (
        ("/datachain/jobs/", {"json": body}),
        ("/datachain/jobs/files?team_name=local", {"files": {"file": ("f", b"x" * 200_000)}}),
    ):
        response = studio.request("POST", path, **arguments)
        assert response.status_code == 507
        assert response.json()["message"].endswith("is full.")
    assert [job["id"] for job in studio.jobs()] == [before["id"]]
    assert studio.log(before["id"]) == "before\n"
    assert [*(studio.data_dir / "uploads").iterdir()] == []
    filler.unlink()
    assert studio.wait_for_end(studio.submit("print('after')")["id"])["status"] == "COMPLETE"
    studio.restart()
    assert len(studio.jobs()) == 2


@needs.small_disk
def test_a_start_on_a_full_disk_is_a_config_error(studio_on_small_disk: ThreadStudio) -> None:
    studio = studio_on_small_disk
    studio.stop()
    filler = fill_disk(studio)
    with pytest.raises(ConfigError, match="No space left"):
        studio.restart()
    filler.unlink()
    studio.restart()
    assert studio.jobs() == []


@needs.small_disk
def test_a_job_that_runs_while_the_disk_is_full_ends_with_its_exit_code(
    studio_on_small_disk: ThreadStudio,
) -> None:
    studio = studio_on_small_disk
    job_id = studio.submit("import time; time.sleep(1.5); raise SystemExit(4)")["id"]
    studio.wait_for_state(job_id, "RUNNING")
    filler = fill_disk(studio)
    assert studio.job(job_id)["status"] == "RUNNING"
    filler.unlink()
    ended = studio.wait_for_end(job_id)
    assert (ended["status"], ended["exit_code"]) == ("FAILED", 4)


@needs.small_disk
def test_jobs_that_fill_the_disk_can_be_canceled_one_after_another(
    studio_on_small_disk: ThreadStudio,
) -> None:
    studio = studio_on_small_disk
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
        studio.wait_for_state(job_id, "RUNNING", "INIT")
        eventually(lambda: shutil.disk_usage(needs.SMALL_DISK).free == 0)
        assert studio.cancel(job_id).status_code == 200
        assert studio.cancel(schedule).status_code == 200
        assert studio.wait_for_end(job_id)["status"] == "CANCELED"
        (studio.data_dir.parent / "filler").unlink()
        assert studio.wait_for_end(schedule)["status"] == "CANCELED"
        assert studio.wait_for_end(studio.submit("print('after')")["id"])["status"] == "COMPLETE"
        # The next round needs the space: a restart shortens the write-ahead log of the database.
        studio.restart()
        for folder in DataDir(studio.data_dir).jobs.iterdir():
            shutil.rmtree(folder)
