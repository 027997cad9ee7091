"""The published `datachain` client as the judge: give its path in STUDIO_TUI_DATACHAIN."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from studio_tui.local import endpoint
from tests.studios import ThreadStudio, eventually

CLIENT = os.environ.get("STUDIO_TUI_DATACHAIN", "")

pytestmark = pytest.mark.skipif(not CLIENT, reason="STUDIO_TUI_DATACHAIN names no datachain")

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def datachain(studio: ThreadStudio, tmp_path: Path) -> Run:
    found = endpoint.find(studio.data_dir)
    assert found is not None
    environment = {**os.environ, **found.environment(), "DATACHAIN_NO_ANALYTICS": "1"}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [CLIENT, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


def test_a_job_with_everything_runs_and_its_log_is_followed(
    studio: ThreadStudio, datachain: Run, tmp_path: Path
) -> None:
    (tmp_path / "q.py").write_text(
        "import os, sys\nprint(open('data.txt').read(), os.environ['A'], os.environ['B'])\n"
        "print('to stderr', file=sys.stderr)\n"
    )
    (tmp_path / "data.txt").write_text("the data")
    (tmp_path / "job.env").write_text("# comment\nA='from file'\nB=1\n")
    done = datachain(
        "job",
        "run",
        "q.py",
        "--files",
        "data.txt",
        "--env-file",
        "job.env",
        "--env",
        "B=2",
        "--workers",
        "1",
        "--priority",
        "1",
        "--cluster",
        "local",
    )
    assert done.returncode == 0, done.stderr
    assert "the data from file 2\n" in done.stdout
    assert "to stderr\n" in done.stdout
    assert "COMPLETE" in done.stdout
    (job,) = studio.jobs()
    assert (job["name"], job["environment"]) == ("q.py", {"A": "from file", "B": "2"})


def test_exit_codes_tell_how_a_job_ended(
    studio: ThreadStudio, datachain: Run, tmp_path: Path
) -> None:
    (tmp_path / "bad.py").write_text("raise SystemExit(3)\n")
    assert datachain("job", "run", "bad.py").returncode == 1
    (tmp_path / "good.sh").write_text("echo from the shell\n")
    done = datachain("job", "run", "good.sh")
    assert (done.returncode, "from the shell\n" in done.stdout) == (0, True)
    job_id = studio.submit("import time; time.sleep(60)")["id"]
    studio.until(job_id, "RUNNING")
    assert datachain("job", "cancel", job_id).returncode == 0
    eventually(lambda: studio.job(job_id)["status"] == "CANCELED")
    assert datachain("job", "logs", job_id).returncode == 2


def test_lists_are_printed(studio: ThreadStudio, datachain: Run) -> None:
    good, bad = studio.submit("print(1)")["id"], studio.submit("1 / 0")["id"]
    studio.end(good)
    studio.end(bad)
    listed = datachain("job", "ls", "-e")
    assert listed.returncode == 0
    assert good in listed.stdout
    assert re.search(r"Waiting in queue: \d", listed.stdout)
    failed = datachain("job", "ls", "--status", "failed")
    assert (bad in failed.stdout, good in failed.stdout) == (True, False)
    clusters = datachain("job", "clusters")
    assert (clusters.returncode, "ACTIVE" in clusters.stdout) == (0, True)
    pipelines = datachain("pipeline", "list")
    assert (pipelines.returncode, "No pipelines found" in pipelines.stdout) == (0, True)


def test_a_schedule_is_a_task_that_is_listed_read_and_canceled(
    studio: ThreadStudio, datachain: Run, tmp_path: Path
) -> None:
    (tmp_path / "q.py").write_text("print('hello')\n")
    done = datachain("job", "run", "q.py", "--cron", "0 3 * * *")
    (task,) = studio.jobs(status="task")
    assert (done.returncode, f"Job {task['id']} is scheduled" in done.stdout) == (0, True)
    assert task["schedule"]["cron_expression"] == "0 3 * * *"
    assert task["schedule"]["next_run_at"] > task["created_at"]
    assert task["id"] in datachain("job", "ls", "--status", "task").stdout
    assert datachain("job", "logs", task["id"]).returncode == 0
    assert datachain("job", "cancel", task["id"]).returncode == 0
    assert studio.job(task["id"])["status"] == "CANCELED"


def test_a_start_time_is_kept(studio: ThreadStudio, datachain: Run, tmp_path: Path) -> None:
    (tmp_path / "q.py").write_text("print('hello')\n")
    assert datachain("job", "run", "q.py", "--start-time", "in 1 second").returncode == 0
    run = eventually(lambda: next((job for job in studio.jobs() if job["scheduled_by"]), None))
    assert studio.end(run["id"])["status"] == "COMPLETE"
    assert run["created_at"] >= run["scheduled_for"]
    assert datachain("job", "logs", run["id"]).stdout.count("hello") == 1


def test_a_rerun_uses_checkpoints_unless_told_not_to(
    studio: ThreadStudio, datachain: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    (tmp_path / "q.py").write_text(
        "import datachain as dc\n"
        f"dc.read_storage('file://{folder}').save('files')\n"
        "print(len(dc.datasets().to_values('version')), 'versions')\n"
    )
    said = [
        datachain("job", "run", "q.py", *options).stdout
        for options in ((), (), ("--ignore-checkpoints",))
    ]
    assert ["Checkpoint found" in text for text in said] == [False, True, False]
    assert [re.findall(r"(\d) versions", text) for text in said] == [["1"], ["1"], ["2"]]
    newest, second, first = studio.jobs()
    assert {job["status"] for job in (newest, second, first)} == {"COMPLETE"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["job", "run", "q.py", "--workers", "9999"], "workers must be 1 to"),
        (["job", "run", "q.py", "--priority", "99"], "priority must be 0"),
        (["job", "run", "q.py", "--python-version", "banana"], "python_version must be"),
        (["job", "run", "q.py", "--cluster", "nowhere"], "names no cluster"),
        (["job", "run", "q.py", "--cron", "0 0 30 2 *"], "never fires"),
        (["job", "run", "q.py", "--start-time", "yesterday"], "more than an hour ago"),
        (["job", "cancel", "nonsense"], "There is no job nonsense."),
        (["job", "logs", "nonsense"], "Job ID is incorrect or not found"),
        (["pipeline", "create", "cats"], "cats"),
        (["job", "ls", "--team", "foreign"], "Not authorized for the team foreign"),
    ],
)
def test_a_refusal_reaches_the_user_as_a_sentence(
    datachain: Run, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    (tmp_path / "q.py").write_text("print(1)\n")
    done = datachain(*arguments)
    assert done.returncode == 1
    assert sentence in done.stderr
