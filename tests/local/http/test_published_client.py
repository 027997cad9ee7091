"""The published `datachain` command, which STUDIO_TUI_DATACHAIN names, with a local Studio."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio_tui.local.server import endpoint
from tests import needs
from tests.local.http.test_pipeline_routes import versions
from tests.studios import ThreadStudio
from tests.waiting import HANG, eventually

pytestmark = needs.published_cli

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def datachain(studio: ThreadStudio, tmp_path: Path) -> Run:
    studio_endpoint = endpoint.find(studio.data_dir)
    assert studio_endpoint is not None
    variables = {**studio_endpoint.environment(), "DATACHAIN_NO_ANALYTICS": "1"}
    environment = {**os.environ, **variables}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [needs.PUBLISHED_CLI, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=HANG,
        )

    return run


def test_a_job_with_all_options_runs_and_its_log_is_followed(
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
    assert f"Open the job in Studio at {job['url']}" in done.stdout
    assert (job["name"], job["environment"]) == ("q.py", {"A": "from file", "B": "2"})


def test_the_exit_code_of_the_client_depends_on_how_the_job_ended(
    studio: ThreadStudio, datachain: Run, tmp_path: Path
) -> None:
    (tmp_path / "bad.py").write_text("raise SystemExit(3)\n")
    assert datachain("job", "run", "bad.py").returncode == 1
    (tmp_path / "good.sh").write_text("echo from the shell\n")
    done = datachain("job", "run", "good.sh")
    assert (done.returncode, "from the shell\n" in done.stdout) == (0, True)
    job_id = studio.submit("import time; time.sleep(60)")["id"]
    studio.wait_for_state(job_id, "RUNNING")
    assert datachain("job", "cancel", job_id).returncode == 0
    eventually(lambda: studio.job(job_id)["status"] == "CANCELED")
    assert datachain("job", "logs", job_id).returncode == 2
    again = datachain("job", "cancel", job_id)
    assert again.returncode == 1
    assert "The job has ended already: it is CANCELED." in again.stdout + again.stderr


def test_the_client_prints_jobs_clusters_and_pipelines(
    studio: ThreadStudio, datachain: Run
) -> None:
    good, bad = studio.submit("print(1)")["id"], studio.submit("1 / 0")["id"]
    studio.wait_for_end(good)
    studio.wait_for_end(bad)
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


def test_the_client_creates_lists_and_cancels_a_schedule(
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


def test_a_job_with_a_start_time_runs_at_that_time(
    studio: ThreadStudio, datachain: Run, tmp_path: Path
) -> None:
    (tmp_path / "q.py").write_text("print('hello')\n")
    assert datachain("job", "run", "q.py", "--start-time", "in 1 second").returncode == 0
    run = eventually(lambda: next((job for job in studio.jobs() if job["scheduled_by"]), None))
    assert studio.wait_for_end(run["id"])["status"] == "COMPLETE"
    assert run["created_at"] >= run["scheduled_for"]
    assert datachain("job", "logs", run["id"]).stdout.count("hello") == 1


def test_a_rerun_uses_checkpoints_unless_reset_is_set(
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
    outputs = [
        datachain("job", "run", "q.py", *options).stdout
        for options in ((), (), ("--ignore-checkpoints",))
    ]
    assert ["Checkpoint found" in output for output in outputs] == [False, True, False]
    assert [re.findall(r"(\d) versions", output) for output in outputs] == [["1"], ["1"], ["2"]]
    newest, second, first = studio.jobs()
    assert {job["status"] for job in (newest, second, first)} == {"COMPLETE"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["job", "run", "q.py", "--workers", "9999"], "workers must be 1 to"),
        (["job", "run", "q.py", "--priority", "99"], "priority must be 0"),
        (["job", "run", "q.py", "--python-version", "banana"], "python_version must be"),
        (["job", "run", "q.py", "--cluster", "nowhere"], "is not one of the clusters"),
        (["job", "run", "q.py", "--cron", "0 0 30 2 *"], "never fires"),
        (["job", "run", "q.py", "--start-time", "yesterday"], "more than an hour ago"),
        (["job", "cancel", "nonsense"], "There is no job nonsense."),
        (["job", "logs", "nonsense"], "Job ID is incorrect or not found"),
        (["pipeline", "create", "cats"], "cats"),
        (["job", "ls", "--team", "foreign"], "Not authorized for the team foreign"),
    ],
)
def test_the_client_prints_the_message_of_a_refused_request(
    datachain: Run, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    (tmp_path / "q.py").write_text("print(1)\n")
    done = datachain(*arguments)
    assert done.returncode == 1
    assert sentence in done.stderr


BASE = "dc.read_values(number=[1, 2, 3]).save('base_a')"
DOUBLE = "dc.read_dataset('base_a').map(twice=lambda number: number * 2, output=int).save('dbl_b')"
MERGE = "dc.read_dataset('base_a').merge(dc.read_dataset('dbl_b'), on='number').save('merged_c')"
TWO = (
    "dc.read_dataset('merged_c').filter(dc.C('number') > 1).save('big_d')\n"
    "dc.read_dataset('big_d').limit(1).save('top_e')"
)
"""Four scripts that depend on each other; one merges two datasets, one makes two."""


@pytest.fixture
def originals(studio: ThreadStudio, datachain: Run, tmp_path: Path) -> list[str]:
    """The ids of four jobs: they made base_a, dbl_b, merged_c, and big_d with top_e."""
    for name, chain in (("base", BASE), ("double", DOUBLE), ("merge", MERGE), ("two", TWO)):
        (tmp_path / f"{name}.py").write_text(f"import datachain as dc\n{chain}\n")
        done = datachain("job", "run", f"{name}.py")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Dataset versions" in done.stdout
    return [job["id"] for job in reversed(studio.jobs())]


def created_pipeline(done: subprocess.CompletedProcess[str]) -> str:
    """Return the name of the pipeline that `datachain pipeline create` says it created."""
    assert done.returncode == 0, done.stderr
    match = re.search(r"Pipeline created under name: (\S+) from: (.+) in paused state", done.stdout)
    assert match is not None, done.stdout
    return match[1]


def pipeline(studio: ThreadStudio, name: str) -> dict[str, Any]:
    query = {"team_name": "local", "name": name}
    return dict(studio.request("GET", "/datachain/pipeline/status", params=query).json())


def test_a_pipeline_of_real_datasets_is_created_resumed_and_completed(
    studio: ThreadStudio, datachain: Run, originals: list[str]
) -> None:
    base, double, merge, two = originals
    assert versions(studio, two) == ["local.local.big_d@1.0.0", "local.local.top_e@1.0.0"]
    name = created_pipeline(datachain("pipeline", "create", "@local.local.top_e"))
    planned = pipeline(studio, name)
    assert {run["job_id"]: run["parent_job_ids"] for run in planned["job_runs"]} == {
        base: [],
        double: [base],
        merge: [base, double],
        two: [merge],
    }
    output = datachain("pipeline", "status", name)
    assert output.returncode == 0, output.stderr
    assert "Status: PAUSED" in output.stdout
    assert "Progress: 0/4 jobs completed" in output.stdout
    runs = {run["job_id"]: run["created_job_id"] for run in planned["job_runs"]}
    assert all(run in output.stdout for run in runs.values())
    assert name in datachain("pipeline", "list").stdout
    assert name in datachain("pipeline", "list", "--status", "paused").stdout
    assert name in datachain("pipeline", "list", "--search", "top_e").stdout
    assert "No pipelines found" in datachain("pipeline", "list", "--status", "failed").stdout
    assert datachain("pipeline", "resume", name).returncode == 0
    eventually(lambda: pipeline(studio, name)["status"] != "RUNNING")
    output = datachain("pipeline", "status", name)
    assert "Status: COMPLETED" in output.stdout, output.stdout
    assert "Progress: 4/4 jobs completed" in output.stdout
    assert {run: versions(studio, run) for run in runs.values()} == {
        runs[base]: ["local.local.base_a@1.0.1"],
        runs[double]: ["local.local.dbl_b@1.0.1"],
        runs[merge]: ["local.local.merged_c@1.0.1"],
        runs[two]: ["local.local.big_d@1.0.1", "local.local.top_e@1.0.1"],
    }
    # The next pipeline runs these runs again: the new versions depend on each other, and on no
    # old version.
    following = pipeline(studio, created_pipeline(datachain("pipeline", "create", "top_e")))
    assert {run["job_id"]: run["parent_job_ids"] for run in following["job_runs"]} == {
        runs[base]: [],
        runs[double]: [runs[base]],
        runs[merge]: [runs[base], runs[double]],
        runs[two]: [runs[merge]],
    }


def test_a_job_is_removed_and_a_pipeline_paused_by_the_client(
    studio: ThreadStudio, datachain: Run, originals: list[str]
) -> None:
    base, double, merge, _two = originals
    name = created_pipeline(datachain("pipeline", "create", "merged_c", "dbl_b"))
    planned = pipeline(studio, name)
    assert planned["triggered_from"] == "merged_c, dbl_b"
    (removed,) = [run["created_job_id"] for run in planned["job_runs"] if run["job_id"] == double]
    done = datachain("pipeline", "remove-job", name, removed)
    assert (done.returncode, f"Job {removed} removed from pipeline {name}" in done.stdout) == (
        0,
        True,
    )
    parents = {run["job_id"]: run["parent_job_ids"] for run in pipeline(studio, name)["job_runs"]}
    assert parents == {base: [], merge: [base]}
    again = datachain("pipeline", "remove-job", name, removed)
    assert (again.returncode, "has no job" in again.stderr) == (1, True)
    assert datachain("pipeline", "resume", name).returncode == 0
    paused = datachain("pipeline", "pause", name)
    assert (paused.returncode, f"Pipeline {name} paused" in paused.stdout) == (0, True)
    again = datachain("pipeline", "pause", name)
    assert (again.returncode, "It is paused already" in again.stderr) == (1, True)
    assert "Status: PAUSED" in datachain("pipeline", "status", name).stdout
    assert datachain("pipeline", "resume", name).returncode == 0
    eventually(lambda: pipeline(studio, name)["status"] != "RUNNING")
    assert datachain("pipeline", "resume", name).returncode == 1
    missing = datachain("pipeline", "status", "nope-nope")
    assert (missing.returncode, "There is no pipeline nope-nope." in missing.stderr) == (1, True)


def test_a_complete_run_is_planned_instead_of_the_crashed_run(
    studio: ThreadStudio, datachain: Run, originals: list[str], tmp_path: Path
) -> None:
    steps = (
        "dc.read_dataset('base_a').save('step_x')\n"
        "raise SystemExit(3)\n"
        "dc.read_dataset('step_x').save('step_y')\n"
    )
    (tmp_path / "crash.py").write_text(f"import datachain as dc\n{steps}")
    assert datachain("job", "run", "crash.py").returncode == 1
    crashed = studio.jobs()[0]["id"]
    assert versions(studio, crashed) == ["local.local.step_x@1.0.0"]
    fixed_steps = steps.replace("raise SystemExit(3)\n", "")
    (tmp_path / "crash.py").write_text(f"import datachain as dc\n{fixed_steps}")
    done = datachain("job", "run", "crash.py")
    assert (done.returncode, "Checkpoint found" in done.stdout) == (0, True), done.stdout
    fixed = studio.jobs()[0]["id"]
    assert versions(studio, fixed) == ["local.local.step_y@1.0.0"]
    for target in ("step_y", "step_x"):
        planned = pipeline(studio, created_pipeline(datachain("pipeline", "create", target)))
        assert [run["job_id"] for run in planned["job_runs"]] == [originals[0], fixed]


WORKERS = """from typing import Iterator
import datachain as dc

def double(n: int) -> int:
    return 2 * n

def both(n: int) -> Iterator[int]:
    yield n
    yield -n

def total(n: list[int]) -> Iterator[int]:
    yield sum(n)

KINDS = {"workers": 3}, {"workers": 2, "parallel": 2}, {"workers": 9, "min_task_size": 20}
for kind in ({}, *KINDS):
    rows = dc.read_values(n=list(range(60)), k=[n % 4 for n in range(60)]).settings(**kind)
    print("map", sorted(rows.map(d=double).to_values("d")))
    print("gen", sorted(rows.gen(g=both).to_values("g")))
    print("agg", sorted(rows.agg(s=total, partition_by="k").to_values("s")))
"""


def test_udfs_with_workers_return_the_same_rows_as_without(
    studio: ThreadStudio, datachain: Run, tmp_path: Path
) -> None:
    (tmp_path / "workers.py").write_text(WORKERS)
    done = datachain("job", "run", "workers.py")
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("map", "gen", "agg"):
        rows = re.findall(rf"{name} (\[[^\]]*\])", studio.log(studio.jobs()[0]["id"]))
        assert len(rows) == 4
        assert len(set(rows)) == 1
