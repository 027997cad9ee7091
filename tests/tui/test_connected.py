from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from studio_tui.api.states import JobState
from studio_tui.service.polling.jobs_feed import JobList
from studio_tui.service.session import StudioSession
from studio_tui.tui.connected import Connected
from tests.jobs import job


def connected(jobs: JobList | None, *, held: int = 0, running_commands: int = 0) -> Connected:
    session = SimpleNamespace(
        jobs=SimpleNamespace(snapshot=SimpleNamespace(value=jobs)),
        held=SimpleNamespace(snapshot=SimpleNamespace(value=(None,) * held)),
        batches=SimpleNamespace(remaining=running_commands),
    )
    return Connected(cast("StudioSession", session), "a@b", "a", Path("view.json"))


@pytest.mark.parametrize("state", JobState)
def test_the_effects_of_quitting_include_running_jobs_if_there_are_any(state: JobState) -> None:
    not_running = {"COMPLETE", "FAILED", "CANCELED", "DID_NOT_RUN", "TASK", "PENDING", "CREATED"}
    effects = connected(JobList((job(1, status=state),))).effects_of_quitting
    assert effects == ("" if state in not_running else "; jobs keep running")


def test_the_effects_of_quitting_include_jobs_that_may_run_and_commands_that_are_lost() -> None:
    assert connected(None).effects_of_quitting == "; jobs keep running"
    waiting = connected(JobList(), held=1).effects_of_quitting
    assert waiting == "; 1 command that can be undone will not be sent"
    sending = connected(JobList(), running_commands=1).effects_of_quitting
    assert sending == "; 1 running command is abandoned"
