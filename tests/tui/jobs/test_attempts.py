from types import SimpleNamespace
from typing import Any

import pytest

from studio_tui.api.related_jobs import RelatedJobs
from studio_tui.tui.jobs.attempts import AttemptSteps
from tests.jobs import job


@pytest.mark.parametrize(
    ("scheduled_by", "more"),
    [(None, ""), ("task", "; 4, then l, shows the other runs of its schedule")],
)
def test_the_other_runs_of_a_schedule_are_no_attempts(scheduled_by: str | None, more: str) -> None:
    known_items = SimpleNamespace(related_jobs=lambda _: RelatedJobs(None, (), {}))
    host: Any = SimpleNamespace(session=SimpleNamespace(known_items=known_items))
    steps = AttemptSteps(host, lambda: job(1, scheduled_by=scheduled_by), lambda _: None)
    assert [command.why_not(steps) for command in AttemptSteps.COMMANDS] == [
        f"No attempt before this one is known here{more}",
        f"No attempt after this one is known here{more}",
    ]
