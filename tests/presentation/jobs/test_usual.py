"""How long jobs of one name take is said as far as it is known, and not beyond."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Job
from studio_tui.presentation.cells import Tone
from studio_tui.presentation.jobs.usual import Usual, usual_facts
from tests.jobs import NOON, job


def run(
    queued: float = 12, starting: float = 30, running: float = 200, *, steps: bool = True
) -> Job:
    """Return an ended job that spent so many seconds in each phase."""
    left = NOON + timedelta(seconds=queued)
    began = left + timedelta(seconds=starting)
    ended = began + timedelta(seconds=running)
    spans = (("waiting", NOON, left), ("virtualenv", left, began), ("running_query", began, ended))
    sent: dict[str, Any] = {
        "created_at": NOON.isoformat(),
        "started_at": began.isoformat(),
        "finished_at": ended.isoformat(),
    }
    if steps:
        sent["steps"] = [
            {"name": name, "started_at": start.isoformat(), "finished_at": end.isoformat()}
            for name, start, end in spans
        ]
    return job(1, "COMPLETE", **sent)


def said(runs: list[Job], shown: Job | None = None, until: float = 0) -> str:
    """Return the line for a job, by default one that waits; `until` is in seconds after noon."""
    shown = shown or job(2, "QUEUED", started_at=None)
    facts = usual_facts(shown, Usual.of(runs), NOON + timedelta(seconds=until))
    assert {fact.label for fact in facts} <= {"usually"}
    return "".join(fact.value.text for fact in facts)


def test_each_phase_and_the_whole_are_said_with_the_number_of_runs() -> None:
    runs = [run(), run(10, 20, 100), run(20, 40, 300)]
    assert said(runs) == (
        "4:02 · queued 0:12 · starting 0:30 · running 3:20 (1:40 to 5:00) · from 3 runs"
    )


@pytest.mark.parametrize(("count", "words"), [(1, "from 1 run"), (2, "from 2 runs")])
def test_fewer_than_three_runs_are_an_estimate(count: int, words: str) -> None:
    assert said([run()] * count) == (
        f"~4:02 · queued ~0:12 · starting ~0:30 · running ~3:20 · {words}"
    )


def test_without_steps_starting_is_not_told_from_waiting() -> None:
    assert said([run(steps=False)] * 3) == "4:02 · queued 0:42 · running 3:20 · from 3 runs"


def test_of_runs_that_never_said_when_they_began_only_the_whole_is_known() -> None:
    runs = [run(steps=False).model_copy(update={"started_at": None})] * 3
    assert said(runs) == "4:02 · from 3 runs"


def test_of_runs_without_a_creation_only_the_running_is_known() -> None:
    runs = [run(steps=False).model_copy(update={"created_at": None})] * 3
    assert said(runs) == "running 3:20 · from 3 runs"


def test_nothing_is_said_where_nothing_is_known() -> None:
    unknown = run(steps=False).model_copy(update={"created_at": None, "started_at": None})
    assert said([]) == ""
    assert said([unknown] * 5) == ""
    assert said([unknown, run()]).endswith("from 1 run")


def test_a_run_out_of_the_range_of_the_others_is_said_to_be() -> None:
    runs = [run(running=seconds) for seconds in (100, 200, 300)]
    running = run().model_copy(update={"status": "RUNNING", "finished_at": None, "steps": None})
    facts = usual_facts(running, Usual.of(runs), NOON + timedelta(seconds=42 + 301))
    assert facts[0].value.text.endswith("from 3 runs · this one is longer than any")
    assert facts[0].value.tone is Tone.WARN
    assert said(runs, running, until=42 + 300).endswith("from 3 runs")
    assert said(runs, running, until=42 + 5).endswith("from 3 runs")
    assert said(runs, run(running=99)).endswith("this one is shorter than any")
    assert said(runs[:2], run(running=999)).endswith("from 2 runs")


times = st.none() | st.floats(-1e6, 1e6)


@given(st.lists(st.tuples(times, times, times), max_size=5), st.tuples(times, times, times))
def test_odd_times_give_no_error_and_no_negative_duration(
    spans: list[tuple[float | None, ...]], mine: tuple[float | None, ...]
) -> None:
    def odd(offsets: tuple[float | None, ...]) -> Job:
        names = ("created_at", "started_at", "finished_at")
        moments = {
            name: None if offset is None else (NOON + timedelta(seconds=offset)).isoformat()
            for name, offset in zip(names, offsets, strict=True)
        }
        return job(1, "COMPLETE", **moments)

    text = said([odd(each) for each in spans], odd(mine))
    assert "-" not in text
    assert not text or "from" in text
