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

from studio_tui.api.models import JobInput
from studio_tui.api.states import JobState
from studio_tui.cron import fire_times, iterate_fire_times
from studio_tui.local.db import schedules
from studio_tui.local.db.database import Database
from studio_tui.local.db.jobs import ENDED, JobEnd
from studio_tui.local.db.schedule_actions import ScheduleActions
from studio_tui.local.db.schedule_runs import MAX_RUNS
from studio_tui.local.db.schedules import DueSchedule, Schedules, decide
from studio_tui.local.db.times import from_stamp, stamp
from studio_tui.local.dispatch.scheduler import Scheduler
from studio_tui.local.http.validation import RequestContext, validate_job
from tests.local.db.schedule_bench import BEGIN, CLUSTERS, HOUR, MINUTE, Bench, opened
from tests.soak import at_length
from tests.waiting import within_reason

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


def due(expression: str | None, fire_at: datetime, zone: str = "UTC") -> DueSchedule:
    return DueSchedule("", expression, zone, stamp(fire_at))


def test_a_time_that_has_come_is_run_and_the_next_is_awaited() -> None:
    fire_at = datetime(2026, 1, 1, tzinfo=UTC)
    decision = decide(due("0 * * * *", fire_at), fire_at)
    assert (decision.missed, decision.run_for) == (0, fire_at)
    assert decision.next_fire_at == fire_at + HOUR


def test_only_the_newest_of_missed_times_is_run_if_it_is_younger_than_an_hour() -> None:
    fire_at = datetime(2026, 1, 1, tzinfo=UTC)
    now = fire_at + timedelta(days=2, minutes=59)
    decision = decide(due("0 0 * * *", fire_at), now)
    assert (decision.missed, decision.run_for) == (2, fire_at + timedelta(days=2))
    later = decide(due("0 0 * * *", fire_at), now + 2 * MINUTE)
    assert (later.missed, later.run_for) == (3, None)
    assert later.next_fire_at == decision.next_fire_at == fire_at + timedelta(days=3)


async def test_the_last_times_without_a_run_are_listed_with_the_reason(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    task_id = await bench.submit(cron_expression="0 * * * *")
    for hours in (1, 2, 5):
        await bench.scheduler.settle(BEGIN + hours * HOUR)
    await bench.end_runs(BEGIN + 5 * HOUR)
    await bench.scheduler.settle(BEGIN + 6 * HOUR)
    recent = json.loads((await bench.task(task_id))["recent"])
    assert [(run["kind"], run["scheduled_for"][11:16]) for run in recent] == [
        ("job", "18:00"),
        ("skipped", "17:00"),
        ("missed", "16:00"),
        ("missed", "15:00"),
        ("skipped", "14:00"),
        ("job", "13:00"),
    ]
    await bench.scheduler.settle(BEGIN + 90 * 24 * HOUR)
    recent = json.loads((await bench.task(task_id))["recent"])
    assert [run["kind"] for run in recent] == ["skipped", *["missed"] * (MAX_RUNS - 1)]
    await bench.database.close()


def test_a_long_absence_is_counted_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedules, "BATCH", 7)
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
    st.integers(0, 3 * 24 * 3600),
    st.sampled_from(["UTC", "Europe/Berlin"]),
)
def test_every_time_up_to_now_is_either_counted_or_run(
    expression: str, seconds: int, zone: str
) -> None:
    first = fire_times(expression, BEGIN, ZoneInfo(zone), count=1)[0]
    now = first + timedelta(seconds=seconds)
    decision = decide(due(expression, first, zone), now)
    following = iterate_fire_times(expression, first, ZoneInfo(zone))
    gone = [first, *takewhile(lambda moment: moment <= now, following)]
    assert decision.missed + (decision.run_for is not None) == len(gone)
    assert (decision.run_for is not None) == (now - gone[-1] <= HOUR)
    assert decision.run_for in {None, gone[-1]}
    assert decision.next_fire_at is not None
    assert decision.next_fire_at > now


async def test_a_run_is_a_job_that_names_its_schedule(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
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
    assert bench.made == 1
    assert (task["state"], run["state"]) == ("TASK", "CREATED")
    assert (run["scheduled_for"], run["created_at"]) == ("2026-10-21T13:00:00.000000Z", stamp(now))
    for name in ("name", "query", "environment", "workers", "requirements", "cluster"):
        assert run[name] == task[name], name
    assert (task["runs"], task["missed"], task["skipped"]) == (1, 0, 0)
    assert (task["last_run_id"], task["next_fire_at"]) == (run["id"], "2026-10-21T14:00:00.000000Z")
    assert (await bench.jobs.row(run["id"]))["priority"] == 1
    await bench.database.close()


async def test_a_time_at_which_the_run_before_continues_is_skipped_and_counted(
    tmp_path: Path,
) -> None:
    bench = await opened(tmp_path)
    task_id = await bench.submit(cron_expression="0 * * * *")
    for hours in (1, 2, 3):
        await bench.scheduler.settle(BEGIN + hours * HOUR)
    task = await bench.task(task_id)
    assert (task["runs"], task["missed"], task["skipped"]) == (1, 0, 2)
    await bench.end_runs(BEGIN + 3 * HOUR)
    await bench.scheduler.settle(BEGIN + 4 * HOUR)
    assert [row["scheduled_for"][11:13] for row in await bench.runs(task_id)] == ["13", "16"]
    await bench.database.close()


async def test_a_time_is_decided_once_however_often_it_comes(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    task_id = await bench.submit(cron_expression="0 * * * *")
    for now in (BEGIN + HOUR, BEGIN, BEGIN + HOUR, BEGIN + HOUR - MINUTE, BEGIN + HOUR + MINUTE):
        await bench.scheduler.settle(now)
        await bench.end_runs(now)
    assert len(await bench.runs(task_id)) == 1
    assert (await bench.task(task_id))["missed"] == 0
    await bench.database.close()


async def test_two_that_decide_the_same_make_one_run(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    task_id = await bench.submit(cron_expression="0 * * * *")
    now = BEGIN + HOUR
    await asyncio.gather(*(bench.scheduler.settle(now) for _ in range(5)))
    task = await bench.task(task_id)
    assert (task["runs"], task["skipped"], task["missed"]) == (1, 0, 0)
    await bench.database.close()


async def test_what_comes_again_has_no_checkpoints_and_what_starts_later_has(
    tmp_path: Path,
) -> None:
    bench = await opened(tmp_path)
    first = await bench.submit()
    earlier = await bench.jobs.checkpoint_source(first)
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
        await bench.jobs.create(job, BEGIN)
        await bench.scheduler.settle(BEGIN + HOUR)
        (made,) = await bench.runs(job.id)
        run = await bench.jobs.row(made["id"])
        if expression is None:
            assert (run["run_group"], run["rerun_from"]) == (first, first)
        else:
            assert (run["run_group"], run["rerun_from"]) == (run["id"], None)
    await bench.database.close()


async def test_a_rerun_of_a_schedule_continues_from_its_last_run(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    task_id = await bench.submit(cron_expression="0 * * * *")
    assert await bench.jobs.checkpoint_source(task_id) == (task_id, task_id)
    for hours in (1, 2):
        await bench.scheduler.settle(BEGIN + hours * HOUR)
        await bench.end_runs(BEGIN + hours * HOUR)
    _, last = await bench.runs(task_id)
    assert await bench.jobs.checkpoint_source(task_id) == (last["id"], last["id"])
    assert await bench.jobs.checkpoint_source("nobody") is None
    await bench.database.close()


async def test_a_start_alone_is_run_once_and_then_done(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    task_id = await bench.submit(start_after=(BEGIN + HOUR).isoformat())
    await bench.scheduler.settle(BEGIN + HOUR - MINUTE)
    assert (await bench.task(task_id))["state"] == "TASK"
    for _ in range(2):
        await bench.scheduler.settle(BEGIN + HOUR)
    task = await bench.task(task_id)
    assert (task["state"], task["runs"], task["missed"]) == ("COMPLETE", 1, 0)
    assert task["finished_at"] == stamp(BEGIN + HOUR)
    await bench.database.close()


async def test_a_start_alone_that_was_missed_for_long_fails_and_says_so(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    task_id = await bench.submit(start_after=(BEGIN + HOUR).isoformat())
    await bench.scheduler.settle(BEGIN + 3 * HOUR)
    task = await bench.task(task_id)
    assert (task["state"], task["runs"], task["missed"]) == ("FAILED", 0, 1)
    assert "the local Studio was not running at 2026-10-21T13:00:30" in task["error_message"]
    await bench.database.close()


async def test_a_single_start_during_a_manual_run_fails_and_names_that_run_as_the_reason(
    tmp_path: Path,
) -> None:
    bench = await opened(tmp_path)
    task_id = await bench.submit(start_after=(BEGIN + HOUR).isoformat())
    await ScheduleActions(bench.database).run(task_id, "key", BEGIN)
    await bench.scheduler.settle(BEGIN + HOUR)
    task = await bench.task(task_id)
    assert (task["state"], task["skipped"], task["missed"]) == ("FAILED", 1, 0)
    assert task["error_message"].endswith(": the previous run was still going.")
    await bench.database.close()


async def test_a_schedule_that_has_ended_fires_no_more(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    task_id = await bench.submit(cron_expression="* * * * *")
    ending = JobEnd(JobState.CANCELED, BEGIN)
    assert await bench.jobs.end(task_id, [JobState.TASK], ending)
    await bench.scheduler.settle(BEGIN + HOUR)
    assert await bench.runs(task_id) == []
    assert await Schedules(bench.database).next_fire_at() is None
    await bench.database.close()


async def test_a_schedule_that_ends_while_it_is_decided_fires_no_more(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    task_id = await bench.submit(cron_expression="* * * * *")
    table, now = Schedules(bench.database), BEGIN + MINUTE
    (schedule,) = await table.due(now)
    decision = decide(schedule, now)
    await bench.jobs.end(task_id, [JobState.TASK], JobEnd(JobState.CANCELED, now))
    assert not await table.settle(schedule, decision, now)
    assert await bench.runs(task_id) == []
    await bench.database.close()


async def test_a_schedule_that_cannot_be_followed_fails_and_the_others_continue(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bench = await opened(tmp_path)
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
    assert "cannot be followed" in caplog.text
    assert len(await bench.runs(sound)) == 1
    await bench.database.close()


async def test_the_scheduler_wakes_for_what_is_due_and_for_what_comes(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "studio.db")
    now = BEGIN
    made = asyncio.Event()
    bench = Bench(database)
    scheduler = Scheduler(Schedules(database), bench.jobs, made.set, lambda: now)
    running = asyncio.create_task(scheduler.run())
    await asyncio.sleep(0)
    task_id = await bench.submit(start_after=(BEGIN + timedelta(milliseconds=1)).isoformat())
    now = BEGIN + MINUTE
    scheduler.wake()
    await within_reason(made.wait(), "a run of the schedule")
    assert len(await bench.runs(task_id)) == 1
    running.cancel()
    await asyncio.wait([running])
    await database.close()


async def test_a_clock_that_is_set_forward_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio_tui.local.dispatch.scheduler.LONGEST_REST", 0.02)
    database = await Database.open(tmp_path / "studio.db")
    now = BEGIN
    made, asked = asyncio.Event(), asyncio.Event()

    def tell() -> datetime:
        asked.set()
        return now

    bench = Bench(database)
    task_id = await bench.submit(cron_expression="@yearly")
    running = asyncio.create_task(Scheduler(Schedules(database), bench.jobs, made.set, tell).run())
    await within_reason(asked.wait(), "a look at the clock")
    now = datetime(2030, 1, 1, 0, 59, tzinfo=UTC)
    await within_reason(made.wait(), "a run of the schedule")
    task = await bench.task(task_id)
    assert (task["runs"], task["missed"]) == (1, 3)
    running.cancel()
    await asyncio.wait([running])
    await database.close()


class Killed(BaseException):
    """The process dies here."""


class Fragile:
    """A connection that dies before a statement, or just after the last."""

    def __init__(self, connection: sqlite3.Connection, statements: int) -> None:
        self._connection = connection
        self.left = statements

    def execute(self, sql: str, values: Any = ()) -> sqlite3.Cursor:
        self.left -= 1
        if self.left < 0:
            raise Killed
        return self._connection.execute(sql, values)


class FragileDatabase(Database):
    """A database whose next transactions die at a random statement, or right after COMMIT."""

    chance = random.Random(0)
    likely = 0.0

    async def write(
        self, work: Callable[[sqlite3.Connection, *Ts], T], *args: *Ts, is_urgent: bool = False
    ) -> T:
        """Die now and then."""
        if self.chance.random() > self.likely:
            return await super().write(work, *args, is_urgent=is_urgent)
        statements = self.chance.randrange(6)

        def fragile(connection: sqlite3.Connection) -> T:
            stand_in: Any = Fragile(connection, statements)
            return work(stand_in, *args)

        await super().write(fragile, is_urgent=is_urgent)
        raise Killed  # what was written is written, and nobody lived to hear of it


@pytest.mark.parametrize("seed", range(at_length(2, 30)))
async def test_a_week_with_kills_and_jumps_decides_every_fire_time_once(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    FragileDatabase.chance = chance
    path = tmp_path / "studio.db"
    bench = Bench(await FragileDatabase.open(path))
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
        FragileDatabase.likely = 0.2
        try:
            await bench.scheduler.settle(now)
        except Killed:
            kills += 1
            await bench.database.close()
            bench = Bench(await FragileDatabase.open(path))
        FragileDatabase.likely = 0.0
        if chance.random() < 0.7:
            await bench.end_runs(now)
    await bench.scheduler.settle(now)
    assert kills > 20
    for task_id, (expression, zone) in tasks.items():
        task = await bench.task(task_id)
        times = fire_times(expression, BEGIN, ZoneInfo(zone), count=1100)
        gone = [moment for moment in times if moment <= latest]
        made = Counter(from_stamp(row["scheduled_for"]) for row in await bench.runs(task_id))
        assert set(made.values()) <= {1}
        assert set(made) <= set(gone)
        assert task["runs"] == made.total()
        assert task["runs"] + task["missed"] + task["skipped"] == len(gone), expression
        recent = [from_stamp(run["scheduled_for"]) for run in json.loads(task["recent"])]
        assert recent == gone[: -MAX_RUNS - 1 : -1], expression
        assert from_stamp(task["next_fire_at"]) == times[len(gone)]
        assert task["state"] not in ENDED
    await bench.database.close()
