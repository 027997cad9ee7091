import random
import time
from pathlib import Path

from tests.local.http.test_pipeline_routes import post, status, trigger, until_state, versions
from tests.soak import at_length
from tests.studios import ProcessStudio
from tests.waiting import eventually

ROUNDS = at_length(1, 50)

GRAPH: dict[str, list[str]] = {
    "list": [],
    "tokens": ["list"],
    "shingles": ["list"],
    "join": ["tokens", "shingles"],
    "bayes": ["join"],
    "centroid": ["join"],
    "report": ["bayes", "centroid"],
}
"""Two diamonds, one after the other."""

SCRIPT = """
import json, os, time
with open(os.path.join(os.environ["MARKS"], {name!r}), "a") as mark:
    mark.write("started\\n")
time.sleep(0.05)
with open(os.environ["STUDIO_LINEAGE"], "a") as lineage:
    lineage.write(json.dumps({{"dataset": {name!r}, "from": {sources!r}}}) + "\\n")
time.sleep(0.05)
"""


def make_originals(studio: ProcessStudio, marks: Path) -> dict[str, str]:
    """Run every job of the graph once; return the ids of the jobs by name."""
    marks.mkdir()
    originals = {}
    for name, sources in GRAPH.items():
        query = SCRIPT.format(name=name, sources=sources)
        job = studio.submit(query, query_name=name, environment=f"MARKS={marks}")
        assert studio.wait_for_end(job["id"])["status"] == "COMPLETE"
        originals[name] = job["id"]
    return originals


def test_every_job_of_a_pipeline_runs_exactly_once_although_the_server_is_killed(
    studio_process: ProcessStudio, tmp_path: Path
) -> None:
    studio = studio_process
    rng = random.Random(50)
    originals = make_originals(studio, tmp_path / "first")
    for number in range(1, ROUNDS + 1):
        marks = tmp_path / f"{number}"
        marks.mkdir()
        pipeline = trigger(studio, "report", environment=f"MARKS={marks}")
        for _ in range(rng.randint(1, 3)):
            time.sleep(rng.uniform(0, 0.8))  # a random moment, not a state to wait for
            studio.kill()
            studio.restart()
        ended = until_state(studio, pipeline, "COMPLETED", "FAILED")
        assert (ended["status"], ended["completed"]) == ("COMPLETED", len(GRAPH)), ended
        runs = {run["name"]: run for run in ended["job_runs"]}
        assert {name: run["job_id"] for name, run in runs.items()} == originals
        for name, run in runs.items():
            assert (marks / name).read_text() == "started\n", "a job starts exactly once"
            job = studio.job(run["created_job_id"])
            assert (job["status"], job["exit_code"]) == ("COMPLETE", 0)
            # Each round adds exactly one version.
            assert versions(studio, job["id"]) == [f"local.local.{name}@1.0.{number}"]
            for parent in GRAPH[name]:
                before = studio.job(runs[parent]["created_job_id"])
                assert before["finished_at"] <= job["started_at"]
        originals = {name: run["created_job_id"] for name, run in runs.items()}
    assert len(studio.jobs()) == len(GRAPH) * (ROUNDS + 1), "no other jobs were created"


def test_a_paused_pipeline_stays_paused_after_a_kill(
    studio_process: ProcessStudio, tmp_path: Path
) -> None:
    studio = studio_process
    make_originals(studio, tmp_path / "first")
    pipeline = trigger(studio, "report", review=True)
    before = status(studio, pipeline)
    studio.kill()
    studio.restart()
    assert status(studio, pipeline) == before
    assert {run["status"] for run in before["job_runs"]} == {"PENDING"}


def test_a_dataset_made_while_no_server_ran_is_recorded_by_the_next_server(
    studio_process: ProcessStudio, tmp_path: Path
) -> None:
    studio = studio_process
    release = tmp_path / "release"
    wait = f"import os, time\nwhile not os.path.exists({str(release)!r}): time.sleep(0.01)\n"
    query = wait + SCRIPT.format(name="late", sources=[])
    job_id = studio.submit(query, environment=f"MARKS={tmp_path}")["id"]
    studio.wait_for_state(job_id, "RUNNING")
    studio.kill()
    release.touch()
    eventually((studio.data_dir / "jobs" / job_id / "exit.json").exists)
    for _ in range(2):
        studio.restart()
        assert studio.wait_for_end(job_id)["status"] == "COMPLETE"
        assert versions(studio, job_id) == ["local.local.late@1.0.0"]
        studio.kill()


def test_a_rerun_of_marked_jobs_keeps_their_order_although_the_server_is_killed(
    studio_process: ProcessStudio, tmp_path: Path
) -> None:
    studio = studio_process
    rng = random.Random(51)
    originals = make_originals(studio, tmp_path / "first")
    marked = ("report", "tokens", "bayes", "join")
    marked_parents = {
        "tokens": [],
        "join": ["tokens"],
        "bayes": ["join"],
        "report": ["bayes", "join"],
    }
    for number in range(ROUNDS):
        marks = tmp_path / f"rerun {number}"
        marks.mkdir()
        jobs = [
            {
                "job_id": originals[name],
                "job": {
                    "query": SCRIPT.format(name=name, sources=GRAPH[name]),
                    "query_name": name,
                    "environment": f"MARKS={marks}",
                    "team_name": "local",
                },
            }
            for name in marked
        ]
        pipeline = post(studio, "rerun", jobs=jobs).json()["pipeline"]
        for _ in range(rng.randint(1, 3)):
            time.sleep(rng.uniform(0, 0.6))  # a random moment, not a state to wait for
            studio.kill()
            studio.restart()
        ended = until_state(studio, pipeline, "COMPLETED", "FAILED")
        assert (ended["status"], ended["completed"]) == ("COMPLETED", len(marked)), ended
        runs = {run["name"]: studio.job(run["created_job_id"]) for run in ended["job_runs"]}
        for name, parents in marked_parents.items():
            assert (marks / name).read_text() == "started\n", "a job starts exactly once"
            for parent in parents:
                assert runs[parent]["finished_at"] <= runs[name]["started_at"]
