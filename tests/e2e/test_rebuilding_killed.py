"""A dashboard killed while datasets are rebuilt: nothing is created twice, and the rebuild ends."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench.terminal import Terminal
from tests.e2e.test_program import program
from tests.local.http.test_pipeline_routes import make_dataset, trigger, until_state
from tests.soak import at_length
from tests.studios import ProcessStudio, ThreadStudio
from tests.waiting import eventually

pytestmark = pytest.mark.starts_processes

NAMES = ("raw", "clean", "report")


def pipeline_ids(studio: ProcessStudio) -> list[str]:
    """Return the ids of all pipelines."""
    listed = studio.request("GET", "/datachain/pipeline/list?team_name=local").json()
    return [str(pipeline["pipeline_id"]) for pipeline in listed]


def press(terminal: Terminal, *keys: str) -> None:
    """Press keys, each after the program has drawn the effect of the previous one."""
    for key in keys:
        terminal.press(key)
        terminal.settle()


def rerun_in_order(terminal: Terminal, name: str) -> None:
    """Run all three jobs of the pipeline again in order, by keys."""
    press(terminal, "2")
    terminal.wait_for_text(name)
    press(terminal, "\r")
    terminal.wait_for_text("timeline")
    terminal.wait_for_text("report.py")
    press(terminal, "g", "a")
    terminal.wait_for_text("3 marked")
    press(terminal, "r")
    terminal.wait_for_text("Run them")
    terminal.press("y")


def trigger_by_keys(terminal: Terminal, name: str) -> None:
    """Rebuild the last dataset and those from which it is made, by keys."""
    press(terminal, "2")
    terminal.wait_for_text(name)
    press(terminal, "t")
    terminal.wait_for_text("Rebuild datasets")
    press(terminal, *"report")
    terminal.press("\x1b[20~")  # f9


KILLS = [
    (trigger_by_keys, False),
    (rerun_in_order, True),
    (rerun_in_order, False),
    (trigger_by_keys, True),
]
"""The keys, and whether the dashboard is killed only after Studio has created the pipeline."""


@pytest.mark.parametrize(
    ("press_keys", "is_created"),
    at_length(KILLS[:1], KILLS),
)
def test_a_rebuild_requested_by_a_killed_dashboard_is_created_at_most_once_and_completes(
    studio_process: ProcessStudio,
    tmp_path: Path,
    press_keys: Callable[[Terminal, str], None],
    *,
    is_created: bool,
) -> None:
    studio = studio_process
    # The helpers are typed for the other kind of local Studio, which has the same methods.
    same_studio: ThreadStudio = studio  # type: ignore[assignment]
    for number, name in enumerate(NAMES):
        make_dataset(same_studio, name, *NAMES[:number][-1:])
    original = until_state(same_studio, trigger(same_studio, "report"), "COMPLETED")
    with program(studio, tmp_path) as terminal:
        press_keys(terminal, original["name"])
        if is_created:
            eventually(lambda: len(pipeline_ids(studio)) == 2)
        os.kill(terminal.pid, signal.SIGKILL)
    with program(studio, tmp_path) as terminal:
        press(terminal, "2")
        terminal.wait_for_text(original["name"])
        if is_created:
            assert len(pipeline_ids(studio)) == 2
        new_ids = [key for key in pipeline_ids(studio) if key != original["pipeline_id"]]
        assert len(new_ids) <= 1
        job_ids = {job["id"] for job in studio.jobs(limit=100)}
        assert len(job_ids) == len(NAMES) * (2 + len(new_ids))
        for pipeline_id in new_ids:
            query = {"team_name": "local", "pipeline_id": pipeline_id}
            path = "/datachain/pipeline/status"
            status = studio.request("GET", path, params=query).json()
            if status["status"] == "PAUSED":
                body = {"name": status["name"], "team_name": "local"}
                studio.request("POST", "/datachain/pipeline/resume", json=body)
            ended = until_state(same_studio, status, "COMPLETED", "FAILED", "CANCELED")
            assert ended["status"] == "COMPLETED"
            assert [run["status"] for run in ended["job_runs"]] == ["COMPLETE"] * len(NAMES)
