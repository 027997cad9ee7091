"""Rows and facts of schedules, in any time zone and with any of their fields missing."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from studio_tui.api.models import Job
from studio_tui.api.states import JobState
from studio_tui.presentation.cells import Tone
from studio_tui.presentation.schedules.explanations import explain_expression, explain_single_time
from studio_tui.presentation.schedules.rows import COLUMNS, cells, facts
from studio_tui.presentation.schedules.runs import (
    RESULTS,
    ScheduledRun,
    run_of,
    runs_by_task,
    runs_of,
)
from tests.columns import by_key
from tests.hostile import HOSTILE, control_characters_of_lines
from tests.jobs import NOON, job

BERLIN = ZoneInfo("Europe/Berlin")


def task(schedule: dict[str, Any] | None, **fields: Any) -> Job:
    return job(9000, "TASK", schedule=schedule, **fields)


def nightly(**fields: Any) -> Job:
    return task(
        {
            "cron_expression": "0 3 * * *",
            "time_zone": "Europe/Berlin",
            "next_run_at": "2026-03-02T02:00:00Z",
            "runs": 2,
            "missed": 1,
            "skipped": 0,
            **fields,
        }
    )


def row(schedule: Job, *runs: Job, zone: Any = BERLIN) -> dict[str, str]:
    row_cells = cells(schedule, tuple(map(run_of, runs)), NOON, zone)
    return by_key(COLUMNS, [cell.text for cell in row_cells])


def fact_texts(schedule: Job, *runs: Job) -> dict[str, str]:
    shown = facts(schedule, tuple(map(run_of, runs)), NOON, BERLIN)
    return {fact.label: fact.value.text for fact in shown}


def test_a_row_shows_the_next_run_of_a_schedule_and_the_last_results() -> None:
    runs = (job(60, "RUNNING"), job(1500, "FAILED"), job(2940, "COMPLETE"))
    assert row(nightly(), *runs) == {
        "name": "job_9000.py",
        "expression": "0 3 * * *",
        "words": "every day at 03:00 Europe/Berlin",
        "next": "in 14 h",
        "at": "Mon  2 Mar 03:00",
        "results": "✓✗●",
        "runs": "2",
        "missed": "1",
        "skipped": "",
        "by": "ann",
        "id": "00009000",
    }
    assert row(nightly(), zone=UTC)["at"] == "Mon  2 Mar 02:00"


def test_the_results_have_the_tone_of_the_newest_and_missed_times_are_highlighted() -> None:
    row_cells = cells(nightly(), (run_of(job(1, "FAILED")), run_of(job(2, "COMPLETE"))), NOON, UTC)
    tones = by_key(COLUMNS, [cell.tone for cell in row_cells])
    assert (tones["results"], tones["missed"], tones["skipped"]) == (
        Tone.BAD,
        Tone.WARN,
        Tone.PLAIN,
    )


def test_fields_that_studio_does_not_send_are_shown_as_unknown() -> None:
    shown = row(task(None))
    assert {shown[key] for key in ("expression", "next", "at", "results", "runs", "missed")} == {
        "–"
    }
    assert shown["words"] == "Studio does not say"
    values = fact_texts(task(None))
    assert values["schedule"] == "Studio does not say"
    assert values["last runs"] == "Studio does not say which jobs a schedule created"
    assert "next runs" not in values


def test_an_unreadable_schedule_is_shown_as_a_question_mark() -> None:
    assert row(task("soon"))["expression"] == "?"  # type: ignore[arg-type] # as Studio may send it
    assert row(nightly(cron_expression=["0"]))["expression"] == "?"


def test_a_schedule_that_runs_once_is_shown_as_once() -> None:
    once = task({"start_after": "2026-03-01T12:05:00Z", "next_run_at": "2026-03-01T12:05:00Z"})
    assert (row(once)["expression"], row(once)["next"], row(once)["words"]) == (
        "once",
        "in 5 min",
        "",
    )
    assert fact_texts(once)["next runs"] == "Sun 1 Mar 2026 13:05 CET · 12:05 UTC"


def test_a_suspended_schedule_shows_its_single_time() -> None:
    once = {"start_after": "2026-03-01T12:05:00Z", "suspended_at": "2026-03-01T11:58:00Z"}
    shown, facts_shown = row(task(once)), fact_texts(task(once))
    assert (shown["next"], shown["at"]) == ("suspended", "Sun  1 Mar 13:05")
    assert facts_shown["next runs"] == (
        "Sun 1 Mar 2026 13:05 CET · 12:05 UTC, if p resumes it before; suspended 2m ago"
    )
    passed = fact_texts(task({**once, "start_after": "2026-03-01T11:59:00Z"}))["next runs"]
    assert " has passed; suspended" in passed
    nightly_one = task({"cron_expression": "0 3 * * *", **once})
    assert row(nightly_one)["at"] == "–"
    assert fact_texts(nightly_one)["next runs"] == "none until p resumes it; suspended 2m ago"


def test_a_run_that_is_due_is_shown_as_now() -> None:
    assert row(nightly(next_run_at="2026-03-01T11:59:59Z"))["next"] == "now"


def test_the_next_runs_are_correct_across_a_change_of_the_clocks() -> None:
    now = datetime(2026, 3, 28, 12, tzinfo=UTC)
    values = {fact.label: fact.value.text for fact in facts(nightly(), (), now, BERLIN)}
    assert values["next runs"].split("\n") == [
        "Sun 29 Mar 2026 03:00 CEST · 01:00 UTC",
        "Mon 30 Mar 2026 03:00 CEST · 01:00 UTC",
        "Tue 31 Mar 2026 03:00 CEST · 01:00 UTC",
        "Wed 1 Apr 2026 03:00 CEST · 01:00 UTC",
        "Thu 2 Apr 2026 03:00 CEST · 01:00 UTC",
    ]
    in_utc = {
        fact.label: fact.value.text
        for fact in facts(
            task({"cron_expression": "30 1 * * *", "time_zone": "UTC"}), (), now, BERLIN
        )
    }
    assert in_utc["next runs"].startswith("Sun 29 Mar 2026 03:30 CEST · 01:30 UTC")
    autumn = datetime(2026, 10, 24, 12, tzinfo=UTC)
    values = {fact.label: fact.value.text for fact in facts(nightly(), (), autumn, BERLIN)}
    assert values["next runs"].startswith("Sun 25 Oct 2026 03:00 CET · 02:00 UTC")


def test_a_schedule_has_no_next_run_before_its_start() -> None:
    start = "2026-06-01T01:00:00Z"
    assert fact_texts(nightly(start_after=start))["next runs"].split("\n")[:2] == [
        "Mon 1 Jun 2026 03:00 CEST · 01:00 UTC",
        "Tue 2 Jun 2026 03:00 CEST · 01:00 UTC",
    ]
    assert "2 Mar 2026" in fact_texts(nightly(start_after="2026-02-01T00:00:00Z"))["next runs"]


@pytest.mark.parametrize(
    ("schedule", "problem"),
    [
        ({"cron_expression": "0 25 * * *"}, "not understood here: hour: 25 is not 0 to 23"),
        ({"cron_expression": "* * * * *", "time_zone": "Mars/Base"}, "no time zone Mars/Base"),
        ({"cron_expression": "* * * * *", "time_zone": "../x"}, "no time zone ../x"),
    ],
)
def test_an_invalid_expression_or_time_zone_is_explained_in_the_facts(
    schedule: dict[str, Any], problem: str
) -> None:
    assert problem in fact_texts(task(schedule))["next runs"]


def test_the_last_runs_are_shown_with_their_errors() -> None:
    failed = job(90, "FAILED", error_message="KeyError: 'x'\nat line 3")
    assert fact_texts(nightly(), failed)["last runs"] == "✗ FAILED  1h ago  KeyError: 'x'"
    assert fact_texts(nightly())["last runs"] == "older than the jobs that are loaded"
    assert fact_texts(nightly(runs=0))["last runs"] == "none yet"
    assert fact_texts(nightly())["so far"] == "2 runs · 1 missed, as no Studio was running"


def test_the_last_runs_of_each_schedule_are_found_by_the_id_of_the_schedule() -> None:
    jobs = [job(number, scheduled_by="b" if number == 3 else "a") for number in range(1, 30)]
    runs = runs_by_task([job(100), *jobs])
    assert runs.keys() == {"a", "b"}
    assert len(runs["a"]) == RESULTS
    assert runs["a"][0] == run_of(jobs[0])
    assert runs["b"] == (run_of(jobs[2]),)


def recent_runs(*states: str, **fields: Any) -> list[dict[str, Any]]:
    """Return runs as the local Studio sends them with a schedule, an hour before noon."""
    return [
        {"kind": "job", "id": f"r{index}", "status": state, "created_at": "2026-03-01T11:00:00Z"}
        | fields
        for index, state in enumerate(states)
    ]


def test_last_runs_sent_by_studio_are_shown_without_jobs_and_manual_runs_are_marked() -> None:
    sent_runs = [
        *recent_runs("FAILED", by_hand=True, error_message="KeyError: 1"),
        *recent_runs("RUNNING"),
    ]
    schedule = nightly(recent=sent_runs)
    runs = runs_of(schedule, [run_of(job(1))])
    assert [run.id for run in runs] == ["r0", "r0"]
    results = by_key(COLUMNS, cells(schedule, runs, NOON, UTC))["results"]
    assert (results.text, results.tone) == ("●(✗)", Tone.BAD)
    (fact,) = [each for each in facts(schedule, runs, NOON, UTC) if each.label == "last runs"]
    assert fact.value.text.split("\n") == [
        "(✗) FAILED  1h ago, by hand  KeyError: 1",
        "● RUNNING  1h ago",
    ]


def test_late_runs_have_a_sign_of_their_own() -> None:
    sent_runs = [
        *recent_runs("COMPLETE", scheduled_for="2026-03-01T10:17:00Z"),
        *recent_runs("COMPLETE", scheduled_for="2026-03-01T10:59:30Z"),
    ]
    schedule = nightly(recent=sent_runs)
    runs = runs_of(schedule)
    assert [(run.sign, run.tone) for run in runs] == [
        ("✓+", Tone.GOOD),
        ("✓", Tone.GOOD),
    ]
    (fact,) = [each for each in facts(schedule, runs, NOON, UTC) if each.label == "last runs"]
    assert fact.value.text.split("\n") == [
        "✓+ COMPLETE  1h ago, 43 min late",
        "✓ COMPLETE  1h ago",
    ]


def test_an_overdue_run_is_shown_with_the_time_since_it_was_due() -> None:
    assert row(nightly(next_run_at="2026-03-01T11:48:00Z"))["next"] == "due 12m ago"


def test_the_oldest_results_are_dropped_if_there_is_no_room() -> None:
    schedule = nightly(
        recent=recent_runs(*["COMPLETE"] * 3, by_hand=True) + recent_runs(*["FAILED"] * 5)
    )
    runs = runs_of(schedule)
    results = by_key(COLUMNS, cells(schedule, runs, NOON, UTC))["results"]
    assert results.text == "(✓)(✓)"


def test_a_run_of_an_unknown_kind_is_shown_as_unknown() -> None:
    run, *_ = runs_of(nightly(recent=[{"kind": "dream", "status": "LUCID"}]))
    assert run == ScheduledRun(None, JobState.UNKNOWN, "LUCID", None)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_extreme_times_and_hostile_names_are_shown_on_one_safe_line(moment: str) -> None:
    hostile = task(
        {
            "cron_expression": f"{HOSTILE}\n2",
            "time_zone": f"{HOSTILE}\n2",
            "next_run_at": moment,
            "start_after": moment,
        },
        name=f"{HOSTILE}\n2",
        created_at=moment,
        created_by=f"{HOSTILE}\n2",
    )
    once = task({"next_run_at": moment})
    for schedule in (hostile, once):
        texts = [*row(schedule).values(), *fact_texts(schedule).values()]
        assert not any(map(control_characters_of_lines, texts))
        assert not any("\n" in text for text in row(schedule).values())


def test_a_typed_expression_is_explained_with_its_runs_or_refused() -> None:
    good = explain_expression("*/30 * * * *", "UTC", NOON, BERLIN)
    assert good.is_good
    assert good.lines[0] == "every 30 minutes"
    assert good.lines[1] == "Sun 1 Mar 2026 13:30 CET · 12:30 UTC"
    assert len(good.lines) == 6
    bad = explain_expression("61 * * * *", None, NOON, BERLIN)
    assert bad.lines == ("Minute: 61 is not 0 to 59.",)
    assert not bad.is_good


def test_a_typed_time_is_shown_in_both_zones_or_refused() -> None:
    good = explain_single_time("tomorrow 15:00", NOON, BERLIN)
    assert good.lines == ("Mon 2 Mar 2026 15:00 CET · 14:00 UTC · in 1 d 2 h",)
    assert good.is_good
    assert not explain_single_time("soonish", NOON, BERLIN).is_good


def test_the_next_run_can_be_a_second_away_but_not_now() -> None:
    late = NOON + timedelta(minutes=59, seconds=59)
    assert (
        explain_expression("0 * * * *", None, late, UTC)
        .lines[1]
        .startswith("Sun 1 Mar 2026 13:00 UTC")
    )
    on_time = NOON + timedelta(hours=1)
    assert (
        explain_expression("0 * * * *", None, on_time, UTC)
        .lines[1]
        .startswith("Sun 1 Mar 2026 14:00 UTC")
    )
