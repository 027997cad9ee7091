import random
import time
from pathlib import Path
from typing import Any

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


def first_runs(studio: ProcessStudio, marks: Path) -> dict[str, str]:
    """Let every job of the graph run once; return the originals."""
    marks.mkdir()
    originals = {}
    for name, sources in GRAPH.items():
        query = SCRIPT.format(name=name, sources=sources)
        job = studio.submit(query, query_name=name, environment=f"MARKS={marks}")
        assert studio.end(job["id"])["status"] == "COMPLETE"
        originals[name] = job["id"]
    return originals


def status(studio: ProcessStudio, name: str) -> dict[str, Any]:
    query = {"team_name": "local", "name": name}
    return dict(studio.request("GET", "/datachain/pipeline/status", params=query).json())


def end(studio: ProcessStudio, name: str) -> dict[str, Any]:
    """Wait until a pipeline has ended, however."""

    def ended() -> dict[str, Any] | None:
        found = status(studio, name)
        return found if found["status"] != "RUNNING" else None

    return eventually(ended)


def versions(studio: ProcessStudio, job_id: str) -> list[str]:
    path = f"/datachain/datasets/dataset_job_versions?team_name=local&job_id={job_id}"
    made = studio.request("GET", path).json()["dataset_versions"]
    return [version["version"] for version in made]


def test_a_server_killed_under_a_pipeline_runs_every_job_to_one_end(
    studio_process: ProcessStudio, tmp_path: Path
) -> None:
    studio = studio_process
    chance = random.Random(50)
    originals = first_runs(studio, tmp_path / "first")
    for number in range(1, ROUNDS + 1):
        marks = tmp_path / f"{number}"
        marks.mkdir()
        body = {"datasets": ["report"], "environment": f"MARKS={marks}", "team_name": "local"}
        made = studio.request("POST", "/datachain/pipeline/trigger", json=body).json()["pipeline"]
        for _ in range(chance.randint(1, 3)):
            time.sleep(chance.uniform(0, 0.8))  # a random moment, not a state to wait for
            studio.kill()
            studio.restart()
        ended = end(studio, made["name"])
        assert (ended["status"], ended["completed"]) == ("COMPLETED", len(GRAPH)), ended
        runs = {run["name"]: run for run in ended["job_runs"]}
        assert {name: run["job_id"] for name, run in runs.items()} == originals
        for name, run in runs.items():
            assert (marks / name).read_text() == "started\n", "a job starts exactly once"
            job = studio.job(run["created_job_id"])
            assert (job["status"], job["exit_code"]) == ("COMPLETE", 0)
            # One version more than the round before: what a job made is noted exactly once.
            assert versions(studio, job["id"]) == [f"1.0.{number}"]
            for parent in GRAPH[name]:
                before = studio.job(runs[parent]["created_job_id"])
                assert before["finished_at"] <= job["started_at"]
        originals = {name: run["created_job_id"] for name, run in runs.items()}
    assert len(studio.jobs()) == len(GRAPH) * (ROUNDS + 1), "nothing else was run"


def test_a_paused_pipeline_stays_paused_over_a_kill(
    studio_process: ProcessStudio, tmp_path: Path
) -> None:
    studio = studio_process
    first_runs(studio, tmp_path / "first")
    body = {"datasets": ["report"], "review": True, "team_name": "local"}
    made = studio.request("POST", "/datachain/pipeline/trigger", json=body).json()["pipeline"]
    before = status(studio, made["name"])
    studio.kill()
    studio.restart()
    assert status(studio, made["name"]) == before
    assert {run["status"] for run in before["job_runs"]} == {"PENDING"}


def test_what_a_job_made_while_no_server_ran_is_noted_by_the_next(
    studio_process: ProcessStudio, tmp_path: Path
) -> None:
    studio = studio_process
    go = tmp_path / "go"
    wait = f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.01)\n"
    query = wait + SCRIPT.format(name="late", sources=[])
    job_id = studio.submit(query, environment=f"MARKS={tmp_path}")["id"]
    studio.until(job_id, "RUNNING")
    studio.kill()
    go.touch()
    eventually((studio.data_dir / "jobs" / job_id / "exit.json").exists)
    for _ in range(2):
        studio.restart()
        assert studio.end(job_id)["status"] == "COMPLETE"
        assert versions(studio, job_id) == ["1.0.0"]
        studio.kill()


def test_a_rerun_of_marked_jobs_keeps_their_order_through_kills(
    studio_process: ProcessStudio, tmp_path: Path
) -> None:
    studio = studio_process
    chance = random.Random(51)
    originals = first_runs(studio, tmp_path / "first")
    marked = ("report", "tokens", "bayes", "join")
    above = {"tokens": [], "join": ["tokens"], "bayes": ["join"], "report": ["bayes", "join"]}
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
        body = {"team_name": "local", "jobs": jobs}
        made = studio.request("POST", "/datachain/pipeline/rerun", json=body).json()["pipeline"]
        for _ in range(chance.randint(1, 3)):
            time.sleep(chance.uniform(0, 0.6))  # a random moment, not a state to wait for
            studio.kill()
            studio.restart()
        ended = end(studio, made["name"])
        assert (ended["status"], ended["completed"]) == ("COMPLETED", len(marked)), ended
        runs = {run["name"]: studio.job(run["created_job_id"]) for run in ended["job_runs"]}
        for name, parents in above.items():
            assert (marks / name).read_text() == "started\n", "a job starts exactly once"
            for parent in parents:
                assert runs[parent]["finished_at"] <= runs[name]["started_at"]
