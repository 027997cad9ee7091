"""The fire times of a schedule after changes to it, also if the clock is set."""

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from studio_tui.api.own_inputs import ChangeScheduleInput
from studio_tui.local.db.schedule_actions import ScheduleActions, ScheduleUnusable
from studio_tui.local.db.times import stamp
from studio_tui.local.http.validation import read_schedule
from tests.local.db.schedule_bench import BEGIN, HOUR, MINUTE, Bench, opened
from tests.soak import at_length


async def change(bench: Bench, job_id: str, now: datetime, **times: object) -> None:
    schedule = read_schedule(ChangeScheduleInput(team_name="local", **times), now)
    assert schedule is not None
    await ScheduleActions(bench.database).change(job_id, schedule)


async def test_a_changed_schedule_keeps_its_runs_and_its_counts(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    task_id = await bench.submit(cron_expression="0 * * * *")
    for hours in (1, 2, 5):
        await bench.scheduler.settle(BEGIN + hours * HOUR)
    before = await bench.task(task_id)
    await change(bench, task_id, BEGIN + 5 * HOUR, cron_expression="30 * * * *")
    after = await bench.task(task_id)
    for name in ("id", "runs", "missed", "skipped", "last_run_id", "created_at"):
        assert after[name] == before[name], name
    assert after["next_fire_at"] == "2026-10-21T17:30:00.000000Z"
    await bench.end_runs(BEGIN + 5 * HOUR)
    await bench.scheduler.settle(BEGIN + 6 * HOUR)
    assert (await bench.runs(task_id))[-1]["scheduled_for"] == "2026-10-21T17:30:00.000000Z"
    await bench.database.close()


@pytest.mark.parametrize("expression", ["0 * * * *", "*/30 * * * *"])
async def test_a_change_after_the_clock_was_set_back_repeats_no_time(
    tmp_path: Path, expression: str
) -> None:
    bench = await opened(tmp_path)
    task_id = await bench.submit(cron_expression="0 * * * *")
    await bench.scheduler.settle(BEGIN + HOUR)
    await bench.end_runs(BEGIN + HOUR)
    await change(bench, task_id, BEGIN + MINUTE, cron_expression=expression)
    await bench.scheduler.settle(BEGIN + HOUR)
    (run,) = await bench.runs(task_id)
    task = await bench.task(task_id)
    assert task["state"] == "TASK"
    assert task["next_fire_at"] > run["scheduled_for"]
    await bench.database.close()


async def test_a_start_is_changed_to_a_moment_that_has_no_run_yet(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    task_id = await bench.submit(cron_expression="0 * * * *")
    await bench.scheduler.settle(BEGIN + HOUR)
    await bench.end_runs(BEGIN + HOUR)
    (run,) = await bench.runs(task_id)
    await change(bench, task_id, BEGIN, start_after=datetime.fromisoformat(run["scheduled_for"]))
    await bench.scheduler.settle(BEGIN + HOUR)
    task = await bench.task(task_id)
    assert (task["state"], task["runs"]) == ("COMPLETE", 2)
    await bench.database.close()


async def test_what_was_decided_by_the_old_times_is_not_done_by_the_new(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    task_id = await bench.submit(cron_expression="0 * * * *")
    (due,) = await bench.schedules.due(BEGIN + HOUR)
    decision = bench.decide(due, BEGIN + HOUR)
    await change(bench, task_id, BEGIN, cron_expression="0 13 * * *")
    assert (await bench.task(task_id))["next_fire_at"] == due.fire_at
    assert not await bench.schedules.settle(due, decision, BEGIN + HOUR)
    assert (await bench.task(task_id))["next_fire_at"] == stamp(due_at(due.fire_at))
    await bench.database.close()


def due_at(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_a_run_by_hand_takes_no_time_from_the_clock(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    task_id = await bench.submit(cron_expression="0 * * * *")
    schedule_actions = ScheduleActions(bench.database)
    hour = due_at((await bench.task(task_id))["next_fire_at"])
    for key in ("a", "b"):
        await schedule_actions.run(task_id, key, hour)
        await bench.end_runs(hour)
    await bench.scheduler.settle(hour)
    await bench.end_runs(hour)
    task = await bench.task(task_id)
    assert (task["state"], task["runs"], task["skipped"]) == ("TASK", 3, 0)
    assert [run["scheduled_for"] is None for run in await bench.runs(task_id)] == [
        False,
        True,
        True,
    ]
    await bench.database.close()


async def test_a_time_that_comes_while_a_run_by_hand_continues_is_skipped(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    task_id = await bench.submit(cron_expression="0 * * * *")
    await ScheduleActions(bench.database).run(task_id, None, BEGIN)
    await bench.scheduler.settle(BEGIN + HOUR)
    task = await bench.task(task_id)
    assert (task["runs"], task["skipped"]) == (1, 1)
    await bench.database.close()


async def test_what_comes_while_a_schedule_is_suspended_is_neither_run_nor_counted(
    tmp_path: Path,
) -> None:
    bench = await opened(tmp_path)
    task_id = await bench.submit(cron_expression="0 * * * *")
    schedule_actions = ScheduleActions(bench.database)
    await schedule_actions.suspend(task_id, BEGIN)
    assert await bench.schedules.next_fire_at() is None
    await bench.scheduler.settle(BEGIN + 30 * HOUR)
    await schedule_actions.resume(task_id, BEGIN + 30 * HOUR)
    task = await bench.task(task_id)
    assert (task["runs"], task["missed"], task["skipped"]) == (0, 0, 0)
    assert task["next_fire_at"] == "2026-10-22T19:00:00.000000Z"
    await bench.scheduler.settle(BEGIN + 31 * HOUR)
    assert (await bench.task(task_id))["runs"] == 1
    await bench.database.close()


async def test_what_was_decided_before_it_was_suspended_is_not_done_after(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    task_id = await bench.submit(cron_expression="0 * * * *")
    (due,) = await bench.schedules.due(BEGIN + HOUR)
    await ScheduleActions(bench.database).suspend(task_id, BEGIN + HOUR)
    decision = bench.decide(due, BEGIN + HOUR)
    assert not await bench.schedules.settle(due, decision, BEGIN + HOUR)
    assert await bench.runs(task_id) == []
    await bench.database.close()


async def test_a_start_that_went_by_while_it_was_suspended_is_not_made_up_for(
    tmp_path: Path,
) -> None:
    bench = await opened(tmp_path)
    task_id = await bench.submit(start_after=(BEGIN + HOUR).isoformat())
    schedule_actions = ScheduleActions(bench.database)
    await schedule_actions.suspend(task_id, BEGIN)
    with pytest.raises(ScheduleUnusable, match="Its time, 2026-10-21 13:00 UTC, passed while"):
        await schedule_actions.resume(task_id, BEGIN + 2 * HOUR)
    await change(bench, task_id, BEGIN + 2 * HOUR, start_after=BEGIN + 3 * HOUR)
    await schedule_actions.resume(task_id, BEGIN + 2 * HOUR)
    await bench.scheduler.settle(BEGIN + 3 * HOUR)
    assert (await bench.task(task_id))["state"] == "COMPLETE"
    assert len(await bench.runs(task_id)) == 1
    await bench.database.close()


ACTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["settle", "settle", "settle", "suspend", "resume", "change", "run", "end"]
        ),
        st.integers(-40, 200),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=at_length(10, 500), deadline=None)
@given(ACTS)
@example([("settle", 20), ("suspend", -1), ("resume", 2)])
async def test_whatever_is_done_a_time_has_one_run_at_most_and_none_while_suspended(
    acts: list[tuple[str, int]],
) -> None:
    with TemporaryDirectory() as folder:
        bench = await opened(Path(folder))
        schedule_actions = ScheduleActions(bench.database)
        task_id = await bench.submit(cron_expression="*/20 * * * *")
        now, held_since = BEGIN, None
        held: list[tuple[datetime, datetime]] = []
        made_before = set[str]()
        """Runs that were there when it was suspended: the clock may have been put back since."""
        for number, (act, minutes) in enumerate(acts):
            now += minutes * MINUTE
            if act == "suspend":
                await bench.scheduler.settle(now)
                await schedule_actions.suspend(task_id, now)
                held_since = held_since or now
                made_before |= {run["id"] for run in await bench.runs(task_id)}
            elif act == "resume":
                await schedule_actions.resume(task_id, now)
                held += [(held_since, now)] if held_since else []
                held_since = None
            elif act == "change":
                await bench.scheduler.settle(now)
                expression = f"*/{10 + number % 3 * 5} * * * *"
                await change(bench, task_id, now, cron_expression=expression)
            elif act == "run":
                await schedule_actions.run(task_id, f"key {number}", now)
            elif act == "end":
                await bench.end_runs(now)
            await bench.scheduler.settle(now)
        task, runs = await bench.task(task_id), await bench.runs(task_id)
        assert (task["state"], task["error_message"]) == ("TASK", None)
        times = [
            datetime.fromisoformat(run["scheduled_for"]) for run in runs if run["scheduled_for"]
        ]
        assert len(set(times)) == len(times)
        assert len(runs) == task["runs"]
        made = [
            run["created_at"]
            for run in runs
            if run["scheduled_for"] and run["id"] not in made_before
        ]
        for since, until in held:
            assert not any(stamp(since) < at < stamp(until) for at in made if since < until)
        await bench.database.close()
