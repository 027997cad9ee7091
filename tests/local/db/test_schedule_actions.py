"""The fire times of a schedule that is changed, suspended or run by hand.

The clock may be set back or forward in between.
"""

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from studio_tui.api.local_models import ChangeScheduleInput
from studio_tui.local.db import schedule_actions, schedules
from studio_tui.local.db.jobs import WrongState
from studio_tui.local.db.schedule_runs import make_run
from studio_tui.local.db.schedules import decide
from studio_tui.local.db.times import from_stamp, stamp
from studio_tui.local.http.validation import read_schedule
from tests.local.db.schedule_bench import BEGIN, HOUR, MINUTE, Bench, open_bench
from tests.soak import at_length


async def change(bench: Bench, job_id: str, now: datetime, **times: object) -> None:
    schedule = read_schedule(ChangeScheduleInput(team_name="local", **times), now)
    await bench.database.write(schedule_actions.change, job_id, schedule)


async def test_a_changed_schedule_keeps_its_runs_and_counts(tmp_path: Path) -> None:
    bench = await open_bench(tmp_path)
    task_id = await bench.submit(cron_expression="0 * * * *")
    for hours in (1, 2, 5):
        await bench.scheduler.settle(BEGIN + hours * HOUR)
    before = await bench.task(task_id)
    await change(bench, task_id, BEGIN + 5 * HOUR, cron_expression="30 * * * *")
    after = await bench.task(task_id)
    for name in ("id", "runs", "missed", "skipped", "recent", "created_at"):
        assert after[name] == before[name], name
    assert after["next_fire_at"] == "2026-10-21T17:30:00.000000Z"
    await bench.end_runs(BEGIN + 5 * HOUR)
    await bench.scheduler.settle(BEGIN + 6 * HOUR)
    assert (await bench.runs(task_id))[-1]["scheduled_for"] == "2026-10-21T17:30:00.000000Z"
    await bench.database.close()


@pytest.mark.parametrize("expression", ["0 * * * *", "*/30 * * * *"])
async def test_a_schedule_changed_after_the_clock_was_set_back_repeats_no_fire_time(
    tmp_path: Path, expression: str
) -> None:
    bench = await open_bench(tmp_path)
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


async def test_a_changed_schedule_runs_again_if_its_start_time_is_that_of_a_run(
    tmp_path: Path,
) -> None:
    bench = await open_bench(tmp_path)
    task_id = await bench.submit(cron_expression="0 * * * *")
    await bench.scheduler.settle(BEGIN + HOUR)
    await bench.end_runs(BEGIN + HOUR)
    (run,) = await bench.runs(task_id)
    await change(bench, task_id, BEGIN, start_after=datetime.fromisoformat(run["scheduled_for"]))
    await bench.scheduler.settle(BEGIN + HOUR)
    task = await bench.task(task_id)
    assert (task["state"], task["runs"]) == ("COMPLETE", 2)
    await bench.database.close()


async def test_a_decision_from_before_a_change_of_the_schedule_has_no_effect(
    tmp_path: Path,
) -> None:
    bench = await open_bench(tmp_path)
    task_id = await bench.submit(cron_expression="0 * * * *")
    (due,) = await bench.database.read(schedules.select_due, BEGIN + HOUR)
    decision = decide(due, BEGIN + HOUR)
    await change(bench, task_id, BEGIN, cron_expression="0 13 * * *")
    assert (await bench.task(task_id))["next_fire_at"] == due.fire_at
    assert not await bench.database.write(schedules.settle, due, decision, BEGIN + HOUR, make_run)
    assert (await bench.task(task_id))["next_fire_at"] == due.fire_at
    await bench.database.close()


async def test_a_manual_run_replaces_no_fire_time(tmp_path: Path) -> None:
    bench = await open_bench(tmp_path)
    task_id = await bench.submit(cron_expression="0 * * * *")
    fire_time = from_stamp((await bench.task(task_id))["next_fire_at"])
    for key in ("a", "b"):
        await bench.database.write(schedule_actions.run, task_id, key, stamp(fire_time))
        await bench.end_runs(fire_time)
    await bench.scheduler.settle(fire_time)
    await bench.end_runs(fire_time)
    task = await bench.task(task_id)
    assert (task["state"], task["runs"], task["skipped"]) == ("TASK", 3, 0)
    assert [run["scheduled_for"] is None for run in await bench.runs(task_id)] == [
        False,
        True,
        True,
    ]
    await bench.database.close()


async def test_a_fire_time_during_a_manual_run_is_skipped(tmp_path: Path) -> None:
    bench = await open_bench(tmp_path)
    task_id = await bench.submit(cron_expression="0 * * * *")
    await bench.database.write(schedule_actions.run, task_id, None, stamp(BEGIN))
    await bench.scheduler.settle(BEGIN + HOUR)
    task = await bench.task(task_id)
    assert (task["runs"], task["skipped"]) == (1, 1)
    await bench.database.close()


async def test_fire_times_of_a_suspended_schedule_are_neither_run_nor_counted(
    tmp_path: Path,
) -> None:
    bench = await open_bench(tmp_path)
    task_id = await bench.submit(cron_expression="0 * * * *")
    await bench.database.write(schedule_actions.suspend, task_id, stamp(BEGIN))
    assert await bench.database.read(schedules.next_fire_at) is None
    await bench.scheduler.settle(BEGIN + 30 * HOUR)
    await bench.database.write(schedule_actions.resume, task_id, BEGIN + 30 * HOUR)
    task = await bench.task(task_id)
    assert (task["runs"], task["missed"], task["skipped"]) == (0, 0, 0)
    assert task["next_fire_at"] == "2026-10-22T19:00:00.000000Z"
    await bench.scheduler.settle(BEGIN + 31 * HOUR)
    assert (await bench.task(task_id))["runs"] == 1
    await bench.database.close()


async def test_a_decision_about_a_schedule_that_was_suspended_has_no_effect(tmp_path: Path) -> None:
    bench = await open_bench(tmp_path)
    task_id = await bench.submit(cron_expression="0 * * * *")
    (due,) = await bench.database.read(schedules.select_due, BEGIN + HOUR)
    await bench.database.write(schedule_actions.suspend, task_id, stamp(BEGIN + HOUR))
    decision = decide(due, BEGIN + HOUR)
    assert not await bench.database.write(schedules.settle, due, decision, BEGIN + HOUR, make_run)
    assert await bench.runs(task_id) == []
    await bench.database.close()


async def test_a_schedule_whose_only_start_passed_while_suspended_cannot_be_resumed(
    tmp_path: Path,
) -> None:
    bench = await open_bench(tmp_path)
    task_id = await bench.submit(start_after=(BEGIN + HOUR).isoformat())
    await bench.database.write(schedule_actions.suspend, task_id, stamp(BEGIN))
    with pytest.raises(WrongState, match="Its time, 2026-10-21 13:00 UTC, passed while"):
        await bench.database.write(schedule_actions.resume, task_id, BEGIN + 2 * HOUR)
    await change(bench, task_id, BEGIN + 2 * HOUR, start_after=BEGIN + 3 * HOUR)
    await bench.database.write(schedule_actions.resume, task_id, BEGIN + 2 * HOUR)
    await bench.scheduler.settle(BEGIN + 3 * HOUR)
    assert (await bench.task(task_id))["state"] == "COMPLETE"
    assert len(await bench.runs(task_id)) == 1
    await bench.database.close()


ACTIONS = st.lists(
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
@given(ACTIONS)
@example([("settle", 20), ("suspend", -1), ("resume", 2)])
async def test_any_actions_make_one_run_per_fire_time_and_none_while_suspended(
    actions: list[tuple[str, int]],
) -> None:
    with TemporaryDirectory() as folder:
        bench = await open_bench(Path(folder))
        task_id = await bench.submit(cron_expression="*/20 * * * *")
        now, suspended_since = BEGIN, None
        suspensions: list[tuple[datetime, datetime]] = []
        ids_before_suspension = set[str]()
        """Runs made before the schedule was suspended.

        As the clock may be set back, their times may be within a suspension.
        """
        for number, (action, minutes) in enumerate(actions):
            now += minutes * MINUTE
            if action == "suspend":
                await bench.scheduler.settle(now)
                await bench.database.write(schedule_actions.suspend, task_id, stamp(now))
                suspended_since = suspended_since or now
                ids_before_suspension |= {run["id"] for run in await bench.runs(task_id)}
            elif action == "resume":
                await bench.database.write(schedule_actions.resume, task_id, now)
                suspensions += [(suspended_since, now)] if suspended_since else []
                suspended_since = None
            elif action == "change":
                await bench.scheduler.settle(now)
                expression = f"*/{10 + number % 3 * 5} * * * *"
                await change(bench, task_id, now, cron_expression=expression)
            elif action == "run":
                await bench.database.write(
                    schedule_actions.run, task_id, f"key {number}", stamp(now)
                )
            elif action == "end":
                await bench.end_runs(now)
            await bench.scheduler.settle(now)
        task, runs = await bench.task(task_id), await bench.runs(task_id)
        assert (task["state"], task["error_message"]) == ("TASK", None)
        times = [
            datetime.fromisoformat(run["scheduled_for"]) for run in runs if run["scheduled_for"]
        ]
        assert len(set(times)) == len(times)
        assert len(runs) == task["runs"]
        created = [
            run["created_at"]
            for run in runs
            if run["scheduled_for"] and run["id"] not in ids_before_suspension
        ]
        for start, end in suspensions:
            if start < end:
                assert not any(stamp(start) < moment < stamp(end) for moment in created)
        await bench.database.close()
