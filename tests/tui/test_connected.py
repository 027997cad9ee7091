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
def test_jobs_that_run_or_are_queued_are_running_jobs(state: JobState) -> None:
    not_running = {"COMPLETE", "FAILED", "CANCELED", "DID_NOT_RUN", "TASK", "PENDING", "CREATED"}
    jobs = JobList((job(1, status=state),))
    assert connected(jobs).may_have_running_jobs is (state not in not_running)
    assert connected(None).may_have_running_jobs, "the jobs are not known yet"


def test_the_effect_of_quitting_is_that_held_and_running_commands_are_lost() -> None:
    assert connected(None).effects_of_quitting == "; jobs keep running"
    lost = connected(JobList(), held=1, running_commands=2).effects_of_quitting
    assert lost == "; 3 unfinished commands will be abandoned"
