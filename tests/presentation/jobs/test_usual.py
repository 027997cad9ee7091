from datetime import timedelta
from typing import Any

import pytest

from studio_tui.api.models import Job
from studio_tui.presentation.jobs.facts import facts
from studio_tui.presentation.jobs.usual import with_usual
from tests.jobs import NOON, job


def ended(number: int, *, waited: float = 2, ran: float, status: str = "COMPLETE") -> Job:
    """Return a job that waited and ran for so many seconds."""
    start = NOON + timedelta(seconds=waited)
    times = {"created_at": NOON, "started_at": start, "finished_at": start + timedelta(seconds=ran)}
    return job(number, status).model_copy(update=times)


def shown_facts(shown_job: Job, *past: Job) -> list[tuple[str, str]]:
    """Return labels and values of the facts about a job, compared with its `past` runs."""
    now = NOON + timedelta(hours=1)
    shown = with_usual(facts(shown_job, now), shown_job, past, now)
    return [(fact.label, fact.value.text) for fact in shown]


def test_the_usual_times_are_medians_with_the_number_of_runs() -> None:
    past = [ended(number, waited=number, ran=10 * number) for number in (1, 2, 9)]
    lines = shown_facts(ended(4, ran=25), *past)
    assert ("usual", "~0:20 from 3 runs · queue ~0:02") in lines
    labels = [label for label, _ in lines]
    assert labels.index("usual") == labels.index("finished") + 1


def test_a_single_earlier_run_is_shown_but_not_compared() -> None:
    lines = shown_facts(ended(4, ran=500), ended(1, ran=10))
    assert ("usual", "~0:10 from 1 run · queue ~0:02") in lines
    assert not [text for label, text in lines if "longer" in text or label == ""]


def test_no_usual_times_are_shown_without_earlier_runs() -> None:
    assert "usual" not in dict(shown_facts(ended(4, ran=25)))
    never_began = ended(1, ran=10).model_copy(update={"started_at": None})
    assert "usual" not in dict(shown_facts(ended(4, ran=25), never_began))


@pytest.mark.parametrize(
    ("ran", "status", "words"),
    [
        (31, "COMPLETE", "longer than all 3 of them"),
        (30.9, "COMPLETE", ""),
        (10, "COMPLETE", ""),
        (9, "FAILED", "shorter than all 3 of them"),
        (9, "COMPLETE", "shorter than all 3 of them"),
    ],
)
def test_a_run_time_outside_the_range_of_earlier_runs_is_reported(
    ran: float, status: str, words: str
) -> None:
    past = [ended(number, ran=10 * number) for number in (1, 2, 3)]
    shown = shown_facts(ended(4, ran=ran, status=status), *past)
    comparisons = [text for _, text in shown if "of them" in text]
    assert comparisons == [words] * bool(words)


def test_a_running_job_is_reported_as_long_but_never_as_short() -> None:
    past = [ended(number, ran=10 * number) for number in (1, 2, 3)]
    running: dict[str, Any] = {"finished_at": None}
    started = ended(4, ran=1, status="RUNNING").model_copy(update=running)
    now = NOON + timedelta(seconds=7)
    early = with_usual(facts(started, now), started, past, now)
    assert not [fact for fact in early if "of them" in fact.value.text]
    now = NOON + timedelta(seconds=40)
    late = with_usual(facts(started, now), started, past, now)
    assert [fact for fact in late if "longer than all 3" in fact.value.text]


def test_steps_between_queue_and_query_have_usual_times_of_their_own() -> None:
    def with_steps(number: int, setup: int) -> Job:
        names = (("waiting", "Waiting in queue"), ("setup", "Downloading files"),
                 ("running_query", "Running query"))  # fmt: skip
        ends = (0, 1, 1 + setup, 60)
        steps = [
            {"name": name, "label": label, "started_at": at(start), "finished_at": at(end)}
            for (name, label), start, end in zip(names, ends, ends[1:], strict=False)
        ]
        return Job.model_validate(
            ended(number, ran=60).model_dump(mode="json", exclude={"steps"}) | {"steps": steps}
        )

    def at(seconds: float) -> str:
        return (NOON + timedelta(seconds=seconds)).isoformat()

    lines = dict(shown_facts(ended(4, ran=25), with_steps(1, 4), with_steps(2, 6)))
    assert lines["usual"].endswith("· downloading files ~0:05")
