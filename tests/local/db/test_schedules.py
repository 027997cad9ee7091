import asyncio
import json
import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any, TypeVar, TypeVarTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui import clock
from studio_tui.api import label
from studio_tui.api.models import JobInput
from studio_tui.api.states import JobState
from studio_tui.cron import fire_times, iterate_fire_times
from studio_tui.local.db import jobs, schedule_actions, schedules
from studio_tui.local.db.database import Database
from studio_tui.local.db.jobs import ENDED, JobEnd
from studio_tui.local.db.schedule_runs import MAX_RUNS, make_run
from studio_tui.local.db.schedules import DueSchedule, decide
from studio_tui.local.db.times import from_stamp, stamp
from studio_tui.local.dispatch.scheduler import Scheduler
from studio_tui.local.http.validation import RequestContext, validate_job
from tests.local.db.job_bench import CLUSTERS
from tests.local.db.schedule_bench import (
    BEGIN,
    HOUR,
    MINUTE,
    Bench,
    NoDatachain,
    open_bench,
)
from tests.soak import at_length
from tests.waiting import await_with_limit

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


def due(expression: str | None, fire_at: datetime, zone: str = "UTC") -> DueSchedule:
    return DueSchedule("", expression, zone, stamp(fire_at))


def test_a_due_fire_time_is_run_and_the_next_fire_time_is_set() -> None:
    fire_at = datetime(2026, 1, 1, tzinfo=UTC)
    decision = decide(due("0 * * * *", fire_at), fire_at)
    assert (decision.missed, decision.run_for) == (0, fire_at)
    assert decision.next_fire_at == fire_at + HOUR


def test_the_newest_missed_fire_time_is_run_if_it_is_less_than_an_hour_old() -> None:
    fire_at = datetime(2026, 1, 1, tzinfo=UTC)
    now = fire_at + timedelta(days=2, minutes=59)
    decision = decide(due("0 0 * * *", fire_at), now)
    assert (decision.missed, decision.run_for) == (2, fire_at + timedelta(days=2))
    later = decide(due("0 0 * * *", fire_at), now + 2 * MINUTE)
    assert (later.missed, later.run_for) == (3, None)
    assert later.next_fire_at == decision.next_fire_at == fire_at + timedelta(days=3)


def test_fire_times_missed_in_a_long_absence_are_counted_in_batches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(schedules, "MAX_FIRE_TIMES", 7)
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    cursor, now, missed = begin, begin + 100 * MINUTE, 0
    while True:
        decision = decide(due("* * * * *", cursor), now)
        missed += decision.missed
        assert decision.next_fire_at is not None
        cursor = decision.next_fire_at
        if decision.run_for is not None:
            break
    assert (missed, decision.run_for, cursor) == (100, now, now + MINUTE)


@given(
    st.sampled_from(["* * * * *", "*/7 * * * *", "0 * * * *", "30 2 * * *"]),
    st.integers(0, 6 * 24 * 3600),  # in Berlin the clocks change on the fourth day
    st.sampled_from(["UTC", "Europe/Berlin"]),
)
def test_every_fire_time_up_to_now_is_either_missed_or_run(
    expression: str, seconds: int, zone: str
) -> None:
    first = fire_times(expression, BEGIN, ZoneInfo(zone), count=1)[0]
    now = first + timedelta(seconds=seconds)
    decision = decide(due(expression, first, zone), now)
    following = iterate_fire_times(expression, first, ZoneInfo(zone))
    past = [first, *takewhile(lambda moment: moment <= now, following)]
    assert decision.missed + (decision.run_for is not None) == len(past)
    assert (decision.run_for is not None) == (now - past[-1] <= HOUR)
    assert decision.run_for in {None, past[-1]}
    assert decision.next_fire_at is not None
    assert decision.next_fire_at > now


async def test_a_run_is_a_job_with_the_fields_of_its_schedule(tmp_path: Path) -> None:
    bench = await open_bench(tmp_path)
    task_id = await bench.submit(
        cron_expression="0 * * * *",
        query_name="hourly.py",
        environment="A=1",
        workers=3,
        priority=1,
        requirements="numpy",
    )
    await bench.scheduler.settle(BEGIN)
    assert await bench.runs(task_id) == []
    now = BEGIN + HOUR
    await bench.scheduler.settle(now)
    task, (run,) = await bench.task(task_id), await bench.runs(task_id)
    assert bench.made_runs == 1
    assert (task["state"], run["state"]) == ("TASK", "CREATED")
    assert (run["scheduled_for"], run["created_at"]) == ("2026-10-21T13:00:00.000000Z", stamp(now))
    for name in ("name", "query", "environment", "workers", "requirements", "cluster"):
        assert run[name] == task[name], name
    assert (task["runs"], task["missed"], task["skipped"]) == (1, 0, 0)
    assert [entry["id"] for entry in json.loads(task["recent"])] == [run["id"]]
    assert task["next_fire_at"] == "2026-10-21T14:00:00.000000Z"
    assert (await bench.database.read(jobs.full_row, run["id"]))["priority"] == 1
    await bench.database.close()


async def test_a_run_has_no_label_so_that_only_the_schedule_confirms_its_request(
    tmp_path: Path,
) -> None:
    bench = await open_bench(tmp_path)
    task_id = await bench.submit(environment=f"{label.NAME}=id\nA=1", cron_expression="0 * * * *")
    await bench.scheduler.settle(BEGIN + HOUR)
    (run,) = await bench.runs(task_id)
    assert json.loads(run["environment"]) == {"A": "1"}
    await bench.database.close()


async def test_a_fire_time_during_the_previous_run_is_skipped_and_counted(
    tmp_path: Path,
) -> None:
    bench = await open_bench(tmp_path)
    task_id = await bench.submit(cron_expression="0 * * * *")
    for hours in (1, 2, 3):
        await bench.scheduler.settle(BEGIN + hours * HOUR)
    task = await bench.task(task_id)
    assert (task["runs"], task["missed"], task["skipped"]) == (1, 0, 2)
    await bench.end_runs(BEGIN + 3 * HOUR)
    await bench.scheduler.settle(BEGIN + 4 * HOUR)
    assert [row["scheduled_for"][11:13] for row in await bench.runs(task_id)] == ["13", "16"]
    await bench.database.close()


async def test_a_fire_time_is_decided_once_even_if_the_clock_is_set_back(tmp_path: Path) -> None:
    bench = await open_bench(tmp_path)
    task_id = await bench.submit(cron_expression="0 * * * *")
    for now in (BEGIN + HOUR, BEGIN, BEGIN + HOUR, BEGIN + HOUR - MINUTE, BEGIN + HOUR + MINUTE):
        await bench.scheduler.settle(now)
        await bench.end_runs(now)
    assert len(await bench.runs(task_id)) == 1
    assert (await bench.task(task_id))["missed"] == 0
    await bench.database.close()


async def test_concurrent_decisions_about_a_fire_time_make_one_run(tmp_path: Path) -> None:
    bench = await open_bench(tmp_path)
    task_id = await bench.submit(cron_expression="0 * * * *")
    now = BEGIN + HOUR
    await asyncio.gather(*(bench.scheduler.settle(now) for _ in range(5)))
    task = await bench.task(task_id)
    assert (task["runs"], task["skipped"], task["missed"]) == (1, 0, 0)
    await bench.database.close()


async def test_a_delayed_job_continues_from_checkpoints_and_a_cron_job_does_not(
    tmp_path: Path,
) -> None:
    bench = await open_bench(tmp_path)
    first = await bench.submit()
    earlier = await bench.database.read(jobs.checkpoint_source, first)
    assert earlier == (first, first)
    for expression in (None, "0 * * * *"):
        request = JobInput(
            query="print(1)",
            team_name="local",
            cron_expression=expression,
            start_after=BEGIN + MINUTE,
            rerun_from_job_id=first,
        )
        job = validate_job(request, None, RequestContext(CLUSTERS, {}, earlier, "me", BEGIN))
        await bench.database.write(jobs.create, job, BEGIN)
        await bench.scheduler.settle(BEGIN + HOUR)
        (made,) = await bench.runs(job.id)
        run = await bench.database.read(jobs.full_row, made["id"])
        if expression is None:
            assert (run["run_group"], run["rerun_from"]) == (first, first)
        else:
            assert (run["run_group"], run["rerun_from"]) == (run["id"], None)
    await bench.database.close()


async def test_a_rerun_of_a_schedule_continues_from_its_last_run(tmp_path: Path) -> None:
    bench = await open_bench(tmp_path)
    task_id = await bench.submit(cron_expression="0 * * * *")
    assert await bench.database.read(jobs.checkpoint_source, task_id) == (task_id, task_id)
    for hours in (1, 2):
        await bench.scheduler.settle(BEGIN + hours * HOUR)
        await bench.end_runs(BEGIN + hours * HOUR)
    _, last = await bench.runs(task_id)
    assert await bench.database.read(jobs.checkpoint_source, task_id) == (last["id"], last["id"])
    assert await bench.database.read(jobs.checkpoint_source, "nobody") is None
    await bench.database.close()


async def test_a_schedule_with_only_a_start_time_runs_once_and_is_complete(tmp_path: Path) -> None:
    bench = await open_bench(tmp_path)
    task_id = await bench.submit(start_after=(BEGIN + HOUR).isoformat())
    await bench.scheduler.settle(BEGIN + HOUR - MINUTE)
    assert (await bench.task(task_id))["state"] == "TASK"
    for _ in range(2):
        await bench.scheduler.settle(BEGIN + HOUR)
    task = await bench.task(task_id)
    assert (task["state"], task["runs"], task["missed"]) == ("COMPLETE", 1, 0)
    assert task["finished_at"] == stamp(BEGIN + HOUR)
    await bench.database.close()


async def test_a_schedule_whose_only_start_time_was_missed_fails_with_the_reason(
    tmp_path: Path,
) -> None:
    bench = await open_bench(tmp_path)
    task_id = await bench.submit(start_after=(BEGIN + HOUR).isoformat())
    await bench.scheduler.settle(BEGIN + 3 * HOUR)
    task = await bench.task(task_id)
    assert (task["state"], task["runs"], task["missed"]) == ("FAILED", 0, 1)
    assert "the local Studio was not running at 2026-10-21T13:00:30" in task["error_message"]
    await bench.database.close()


async def test_a_schedule_whose_only_start_time_was_skipped_fails_with_the_reason(
    tmp_path: Path,
) -> None:
    bench = await open_bench(tmp_path)
    task_id = await bench.submit(start_after=(BEGIN + HOUR).isoformat())
    await bench.database.write(schedule_actions.run, task_id, "key", stamp(BEGIN))
    await bench.scheduler.settle(BEGIN + HOUR)
    task = await bench.task(task_id)
    assert (task["state"], task["skipped"], task["missed"]) == ("FAILED", 1, 0)
    assert task["error_message"].endswith(": the previous run was still going.")
    await bench.database.close()


async def test_a_schedule_that_has_ended_makes_no_run(tmp_path: Path) -> None:
    bench = await open_bench(tmp_path)
    task_id = await bench.submit(cron_expression="* * * * *")
    ending = JobEnd(JobState.CANCELED, BEGIN)
    assert await bench.database.write(jobs.end, task_id, [JobState.TASK], ending)
    await bench.scheduler.settle(BEGIN + HOUR)
    assert await bench.runs(task_id) == []
    assert await bench.database.read(schedules.next_fire_at) is None
    await bench.database.close()


async def test_a_schedule_that_ends_during_a_decision_makes_no_run(tmp_path: Path) -> None:
    bench = await open_bench(tmp_path)
    task_id = await bench.submit(cron_expression="* * * * *")
    now = BEGIN + MINUTE
    (schedule,) = await bench.database.read(schedules.select_due, now)
    decision = decide(schedule, now)
    await bench.database.write(jobs.end, task_id, [JobState.TASK], JobEnd(JobState.CANCELED, now))
    assert not await bench.database.write(schedules.settle, schedule, decision, now, make_run)
    assert await bench.runs(task_id) == []
    await bench.database.close()


async def test_a_schedule_in_an_unknown_time_zone_fails_and_the_others_continue(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bench = await open_bench(tmp_path)
    broken = await bench.submit(cron_expression="0 * * * *", time_zone="Europe/Berlin")
    sound = await bench.submit(cron_expression="0 * * * *")
    await bench.database.write(
        lambda connection: connection.execute(
            "UPDATE schedules SET time_zone = 'Middle/Earth' WHERE job_id = ?", [broken]
        )
    )
    await bench.scheduler.settle(BEGIN + HOUR)
    task = await bench.task(broken)
    assert task["state"] == "FAILED"
    assert "no longer has the time zone Middle/Earth" in task["error_message"]
    assert "cannot be created" in caplog.text
    assert len(await bench.runs(sound)) == 1
    await bench.database.close()


async def test_a_woken_scheduler_runs_a_schedule_that_was_created_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await Database.open(tmp_path / "studio.db")
    now = BEGIN
    made = asyncio.Event()
    bench = Bench(database)
    monkeypatch.setattr(clock, "now", lambda: now)
    scheduler = Scheduler(database, NoDatachain(), made.set)
    running = asyncio.create_task(scheduler.run())
    await asyncio.sleep(0)
    task_id = await bench.submit(start_after=(BEGIN + timedelta(milliseconds=1)).isoformat())
    now = BEGIN + MINUTE
    scheduler.wake()
    await await_with_limit(made.wait(), "the scheduler makes a run")
    assert len(await bench.runs(task_id)) == 1
    running.cancel()
    await asyncio.wait([running])
    await database.close()


async def test_the_scheduler_notices_a_clock_that_is_set_forward(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio_tui.local.dispatch.scheduler.LONGEST_PAUSE", 0.02)
    database = await Database.open(tmp_path / "studio.db")
    now = BEGIN
    made, clock_read = asyncio.Event(), asyncio.Event()

    def read_clock() -> datetime:
        clock_read.set()
        return now

    bench = Bench(database)
    task_id = await bench.submit(cron_expression="@yearly")
    monkeypatch.setattr(clock, "now", read_clock)
    scheduler = Scheduler(database, NoDatachain(), made.set)
    running = asyncio.create_task(scheduler.run())
    await await_with_limit(clock_read.wait(), "the scheduler reads the clock")
    now = datetime(2030, 1, 1, 0, 59, tzinfo=UTC)
    await await_with_limit(made.wait(), "the scheduler makes a run")
    task = await bench.task(task_id)
    assert (task["runs"], task["missed"]) == (1, 3)
    running.cancel()
    await asyncio.wait([running])
    await database.close()


class Killed(BaseException):
    """Raised where the test pretends that the process is killed."""


class KilledConnection:
    """A connection whose process is killed after a number of statements."""

    def __init__(self, connection: sqlite3.Connection, statements: int) -> None:
        self._connection = connection
        self._statements_left = statements

    def execute(self, sql: str, values: Any = ()) -> sqlite3.Cursor:
        self._statements_left -= 1
        if self._statements_left < 0:
            raise Killed
        return self._connection.execute(sql, values)


class KilledDatabase(Database):
    """A database whose process may be killed before a statement, or right after COMMIT."""

    chance = random.Random(0)
    kill_probability = 0.0

    async def write(self, work: Callable[[sqlite3.Connection, *Ts], T], *args: *Ts) -> T:
        if self.chance.random() > self.kill_probability:
            return await super().write(work, *args)
        statements = self.chance.randrange(6)

        def work_until_killed(connection: sqlite3.Connection) -> T:
            stand_in: Any = KilledConnection(connection, statements)
            return work(stand_in, *args)

        await super().write(work_until_killed)
        raise Killed  # the transaction is committed, but its caller never learns of it


@pytest.mark.parametrize("seed", range(at_length(2, 30)))
async def test_every_fire_time_is_decided_once_in_a_week_with_kills_and_clock_jumps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(KilledDatabase, "chance", chance)
    path = tmp_path / "studio.db"
    bench = Bench(await KilledDatabase.open(path))
    requests = [
        ("*/10 * * * *", "UTC"),
        ("0 * * * *", "Europe/Berlin"),
        ("30 2 * * *", "Europe/Berlin"),
        ("15,45 9-17 * * mon-fri", "America/New_York"),
    ]
    tasks = {
        await bench.submit(cron_expression=expression, time_zone=zone): (expression, zone)
        for expression, zone in requests
    }
    now, latest, kills = BEGIN, BEGIN, 0
    while now < BEGIN + timedelta(days=7):
        step = chance.choice([7, 60, 300, 300, 300, 900, 4000, 20_000, -600, -9000])
        now += timedelta(seconds=step)
        latest = max(latest, now)
        monkeypatch.setattr(KilledDatabase, "kill_probability", 0.2)
        try:
            await bench.scheduler.settle(now)
        except Killed:
            kills += 1
            await bench.database.close()
            bench = Bench(await KilledDatabase.open(path))
        monkeypatch.setattr(KilledDatabase, "kill_probability", 0.0)
        if chance.random() < 0.7:
            await bench.end_runs(now)
    await bench.scheduler.settle(now)
    assert kills > 20
    for task_id, (expression, zone) in tasks.items():
        task = await bench.task(task_id)
        times = fire_times(expression, BEGIN, ZoneInfo(zone), count=1100)
        past = [moment for moment in times if moment <= latest]
        runs = Counter(from_stamp(row["scheduled_for"]) for row in await bench.runs(task_id))
        assert set(runs.values()) <= {1}
        assert set(runs) <= set(past)
        assert task["runs"] == runs.total()
        assert task["runs"] + task["missed"] + task["skipped"] == len(past), expression
        recent = [from_stamp(run["scheduled_for"]) for run in json.loads(task["recent"])]
        assert recent == sorted(runs, reverse=True)[:MAX_RUNS], expression
        assert from_stamp(task["next_fire_at"]) == times[len(past)]
        assert task["state"] not in ENDED
    await bench.database.close()
