"""The question whether to stop a pipeline lists the effects in its present state."""

import pytest

from studio_tui.tui.pipelines.stopping import stop_effects
from tests.pipelines import pipeline

RUNNING = {"load": "RUNNING", "train": "QUEUED", "report": "PENDING"}
LATER_STARTS = ["", "Jobs that start meanwhile are canceled too."]
QUEUED = "1 job in the queue will not start."


@pytest.mark.parametrize(
    ("status", "runs", "effects"),
    [
        (
            "RUNNING",
            RUNNING,
            ["It will be paused, and 1 job canceled:", "    load.py", QUEUED, *LATER_STARTS],
        ),
        (
            "RUNNING",
            {"load": "COMPLETE", "train": "QUEUED"},
            ["It will be paused.", QUEUED, *LATER_STARTS],
        ),
        ("PAUSED", RUNNING, ["1 job will be canceled:", "    load.py", QUEUED]),
        ("PAUSED", {"load": "COMPLETE", "train": "QUEUED"}, [QUEUED]),
    ],
)
def test_the_effects_depend_on_the_state_of_the_pipeline_and_its_jobs(
    status: str, runs: dict[str, str], effects: list[str]
) -> None:
    stopped = pipeline(1, status, runs)
    assert stop_effects([stopped], are_paused=status == "PAUSED") == effects


def test_the_question_names_the_jobs_of_all_pipelines_and_the_pipeline_of_each() -> None:
    pipelines = [pipeline(number, "RUNNING", RUNNING) for number in (1, 2)]
    names = [f"    load.py of pipeline-{number} ({number:08})" for number in (1, 2)]
    effects = ["They will be paused, and 2 jobs canceled:", *names]
    waiting = "2 jobs in the queue will not start."
    assert stop_effects(pipelines, are_paused=False) == [*effects, waiting, *LATER_STARTS]


def test_the_question_names_only_the_first_of_many_jobs() -> None:
    many = {f"job{number}": "RUNNING" for number in range(20)}
    lines = stop_effects([pipeline(1, "RUNNING", many)], are_paused=False)
    assert lines[0] == "It will be paused, and 20 jobs canceled:"
    assert lines[11:13] == ["    job10.py", "    and 9 more"]
