"""The question whether to stop a pipeline lists the effects in its present state."""

import pytest

from studio_tui.tui.pipelines.stopping import stop_question
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
    assert list(stop_question(pipeline(1, status, runs)).effects) == effects


def test_the_question_about_a_paused_pipeline_does_not_offer_to_pause_it() -> None:
    paused, running = (
        stop_question(pipeline(1, state, RUNNING)) for state in ("PAUSED", "RUNNING")
    )
    assert "ause and" in running.yes
    assert "ause and" not in paused.yes
    assert "paused pipeline" in paused.question


def test_the_question_names_only_the_first_of_many_jobs() -> None:
    many = {f"job{number}": "RUNNING" for number in range(20)}
    lines = stop_question(pipeline(1, "RUNNING", many)).effects
    assert lines[0] == "It will be paused, and 20 jobs canceled:"
    assert lines[13] == "    and 8 more"
