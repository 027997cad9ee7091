"""A dashboard killed while datasets are rebuilt duplicates nothing, and the rebuild continues."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench.terminal import Terminal
from tests.e2e.test_program import program
from tests.local.http.test_pipeline_routes import make, trigger, until
from tests.soak import at_length
from tests.studios import ProcessStudio, ThreadStudio
from tests.waiting import eventually

pytestmark = pytest.mark.starts_processes

NAMES = ("raw", "clean", "report")


def pipelines(studio: ProcessStudio) -> list[str]:
    """Return the ids of all pipelines."""
    listed = studio.request("GET", "/datachain/pipeline/list?team_name=local").json()
    return [str(each["pipeline_id"]) for each in listed]


def press(terminal: Terminal, *keys: str) -> None:
    """Press keys, each once nothing more is drawn for the one before."""
    for key in keys:
        terminal.press(key)
        terminal.settle()


def rerun_in_order(terminal: Terminal, name: str) -> None:
    """Run the first job of the pipeline again with all that wait for it, by keys."""
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
    """Have the last dataset made anew, its jobs running at once, by keys."""
    press(terminal, "2")
    terminal.wait_for_text(name)
    press(terminal, "t")
    terminal.wait_for_text("Rebuild datasets")
    press(terminal, *"report")
    terminal.press("\x1b[20~")


KILLS = [
    (trigger_by_keys, False),
    (rerun_in_order, True),
    (rerun_in_order, False),
    (trigger_by_keys, True),
]
"""What is asked for, and whether the dashboard is killed after it was made or at once."""


@pytest.mark.parametrize(
    ("act", "is_made"),
    at_length(KILLS[:1], KILLS),
)
def test_a_request_of_a_killed_dashboard_takes_effect_once_and_continues(
    studio_process: ProcessStudio,
    tmp_path: Path,
    act: Callable[[Terminal, str], None],
    *,
    is_made: bool,
) -> None:
    studio = studio_process
    there: ThreadStudio = studio  # type: ignore[assignment]  # asked in the same words
    for number, name in enumerate(NAMES):
        make(there, name, *NAMES[:number][-1:])
    before = until(there, trigger(there, "report"), "COMPLETED")
    with program(studio, tmp_path) as terminal:
        act(terminal, before["name"])
        if is_made:
            eventually(lambda: len(pipelines(studio)) == 2)
        os.kill(terminal.pid, signal.SIGKILL)
    with program(studio, tmp_path) as terminal:
        press(terminal, "2")
        terminal.wait_for_text(before["name"])
        if is_made:
            assert len(pipelines(studio)) == 2
        made = [each for each in pipelines(studio) if each != before["pipeline_id"]]
        assert len(made) <= 1
        jobs = {each["id"] for each in studio.jobs(limit=100)}
        assert len(jobs) == len(NAMES) * (2 + len(made))
        for pipeline_id in made:
            query = {"team_name": "local", "pipeline_id": pipeline_id}
            path = "/datachain/pipeline/status"
            answer = studio.request("GET", path, params=query).json()
            if answer["status"] == "PAUSED":
                body = {"name": answer["name"], "team_name": "local"}
                studio.request("POST", "/datachain/pipeline/resume", json=body)
            ended = until(there, answer, "COMPLETED", "FAILED", "CANCELED")
            assert ended["status"] == "COMPLETED"
            assert [run["status"] for run in ended["job_runs"]] == ["COMPLETE"] * len(NAMES)
