"""Why no removed job of a pipeline can be shown."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from studio_tui.service.recorder.holds import Hold
from studio_tui.tui.pipelines.graph.job_commands import NONE_REMOVED, GraphJobs
from tests.jobs import NOON
from tests.pipelines import pipeline


def test_a_removal_that_can_still_be_undone_is_named() -> None:
    held = SimpleNamespace(snapshot=SimpleNamespace(value=()))
    pipelines = SimpleNamespace(with_removed=lambda each: each)
    session = SimpleNamespace(held=held, commands=SimpleNamespace(pipelines=pipelines))
    loaded = SimpleNamespace(pipeline=pipeline(1, "PAUSED", {"a": "PENDING"}))
    state: Any = SimpleNamespace(why_unknown=lambda: None, loaded=loaded)
    unused: Any = None
    host: Any = SimpleNamespace(session=session)
    jobs = GraphJobs(host, state, unused, unused, unused)
    assert jobs.why_no_removed_jobs() == NONE_REMOVED
    until = NOON + timedelta(seconds=5)
    held.snapshot.value = (Hold("1", "canceling 3 jobs", NOON, until),)
    held.snapshot.value += (Hold("2", "removing a.py", NOON, until),)
    assert jobs.why_no_removed_jobs() == f"{NONE_REMOVED}; z undoes removing a.py"
