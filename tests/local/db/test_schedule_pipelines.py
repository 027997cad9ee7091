"""Schedules that trigger a pipeline at each fire time."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from studio_tui.api.local_models import ChangeScheduleInput
from studio_tui.api.states import JobState
from studio_tui.local.db import jobs, pipelines, schedule_actions, schedule_pipelines, schedules
from studio_tui.local.db.database import Database
from studio_tui.local.db.jobs import ENDED, JobEnd, KeyReused, WrongState
from studio_tui.local.db.pipelines import PipelineRows
from studio_tui.local.db.planning import UnknownDataset
from studio_tui.local.db.schedule_pipelines import make_pipeline
from studio_tui.local.db.schedules import decide
from studio_tui.local.db.times import stamp
from studio_tui.local.dispatch.scheduler import Scheduler
from studio_tui.local.http.validation import read_schedule
from studio_tui.local.run.metastore import Metastore
from studio_tui.local.run.runner import RunLineage
from studio_tui.local.shim.lineage_file import ReportedDataset
from tests.local.db.job_bench import JobBench
from tests.local.db.schedule_bench import NoDatachain

NOON = datetime(2026, 11, 25, 12, 0, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Bench(JobBench):
    """A database with a dataset `thumbs`, made by a job, and a schedule that rebuilds it hourly."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.task_id = ""
        """The id of the schedule."""
        self.scheduler = Scheduler(database, NoDatachain(), lambda: None)

    @classmethod
    async def open(cls, folder: Path, *datasets: str) -> "Bench":
        """Open the database; the schedule rebuilds `datasets` if any are given."""
        bench = cls(await Database.open(folder / "studio.db"))
        maker = await bench.submit()
        run_lineage = RunLineage((ReportedDataset("local.local.thumbs", None, ()),))
        ending = JobEnd(JobState.COMPLETE, NOON, NOON, exit_code=0)
        assert await bench.database.write(jobs.end, maker, [*JobState], ending, run_lineage)
        bench.task_id = await bench.submit(datasets=datasets or ("thumbs",))
        return bench

    async def submit(self, datasets: tuple[str, ...] | None = None, **times: Any) -> str:
        times |= {"cron_expression": "0 * * * *"} if datasets else {}
        return await self.create(NOON, datasets=datasets, environment="A=1", **times)

    async def trigger(self, job_id: str, key: str, now: datetime = NOON) -> PipelineRows:
        """Trigger the pipeline of a schedule by hand."""
        return await self.database.write(
            schedule_pipelines.trigger_by_hand, job_id, key, Metastore(), stamp(now)
        )

    async def all_pipelines(self) -> list[PipelineRows]:
        return await self.database.read(pipelines.list_pipelines, None, None, 100)

    async def schedule_row(self) -> dict[str, Any]:
        (row,) = await self.database.read(jobs.list_jobs, None, self.task_id, 1)
        return {**dict(row), "recent": json.loads(row["recent"])}

    async def end_jobs(self) -> None:
        for row in await self.database.read(jobs.list_jobs, [JobState.CREATED], None, 100):
            ending = JobEnd(JobState.COMPLETE, NOON, NOON, exit_code=0)
            await self.database.write(jobs.end, row["id"], [JobState.CREATED], ending)


async def test_a_fire_time_triggers_a_pipeline_that_the_schedule_lists(
    tmp_path: Path,
) -> None:
    bench = await Bench.open(tmp_path)
    await bench.scheduler.settle(NOON + HOUR)
    ((pipeline, runs, _),) = await bench.all_pipelines()
    assert (pipeline["state"], pipeline["triggered_from"]) == ("RUNNING", "thumbs")
    assert pipeline["scheduled_by"] == bench.task_id
    (run,) = runs
    assert json.loads(
        (await bench.database.read(jobs.full_row, run["created_job_id"]))["environment"]
    ) == {"A": "1"}
    row = await bench.schedule_row()
    assert (row["state"], row["runs"]) == ("TASK", 1)
    (recent,) = row["recent"]
    assert (recent["kind"], recent["name"], recent["status"]) == (
        "pipeline",
        pipeline["name"],
        "RUNNING",
    )
    await bench.end_jobs()
    assert (await bench.schedule_row())["recent"][0]["status"] == "COMPLETED"
    await bench.database.close()


async def test_a_fire_time_during_the_previous_pipeline_is_skipped(
    tmp_path: Path,
) -> None:
    bench = await Bench.open(tmp_path)
    for hours in (1, 2):
        await bench.scheduler.settle(NOON + hours * HOUR)
    row = await bench.schedule_row()
    assert ([run["kind"] for run in row["recent"]], row["skipped"]) == (["pipeline"], 1)
    await bench.end_jobs()
    await bench.scheduler.settle(NOON + 5 * HOUR)
    row = await bench.schedule_row()
    assert (row["runs"], row["skipped"], row["missed"]) == (2, 1, 2)
    await bench.database.close()


async def test_a_scheduled_pipeline_that_cannot_be_planned_fails_with_the_reason(
    tmp_path: Path,
) -> None:
    bench = await Bench.open(tmp_path, "nothing")
    for hours in (1, 2):
        await bench.scheduler.settle(NOON + hours * HOUR)
    first, _ = await bench.all_pipelines()
    assert (first.pipeline["state"], first.runs) == ("FAILED", [])
    row = await bench.schedule_row()
    assert (row["state"], row["runs"], row["skipped"]) == ("TASK", 2, 0)
    assert "No dataset nothing is known" in row["recent"][0]["error_message"]
    await bench.database.close()


async def test_a_manual_trigger_makes_one_pipeline_per_key_and_raises_errors(
    tmp_path: Path,
) -> None:
    bench = await Bench.open(tmp_path)
    first = await bench.trigger(bench.task_id, "a")
    again = await bench.trigger(bench.task_id, "a", NOON + HOUR)
    assert first.pipeline["id"] == again.pipeline["id"]
    (recent,) = (await bench.schedule_row())["recent"]
    assert (recent["by_hand"], recent["scheduled_for"]) == (True, None)
    job = await bench.submit(cron_expression="0 * * * *")
    with pytest.raises(WrongState, match="This schedule runs a job"):
        await bench.trigger(job, "b")
    with pytest.raises(WrongState, match="triggers a pipeline"):
        await bench.database.write(schedule_actions.run, bench.task_id, "c", stamp(NOON))
    other = await bench.submit(datasets=("nothing",))
    with pytest.raises(UnknownDataset):
        await bench.trigger(other, "d")
    with pytest.raises(KeyReused):
        await bench.trigger(other, "a")
    await bench.database.write(
        jobs.end, bench.task_id, [JobState.TASK], JobEnd(JobState.CANCELED, NOON)
    )
    with pytest.raises(WrongState):
        await bench.trigger(bench.task_id, "e")
    assert len(await bench.all_pipelines()) == 1
    await bench.database.close()


async def test_a_changed_and_suspended_schedule_keeps_its_pipelines_and_datasets(
    tmp_path: Path,
) -> None:
    bench = await Bench.open(tmp_path)
    await bench.scheduler.settle(NOON + HOUR)
    await bench.database.write(schedule_actions.suspend, bench.task_id, stamp(NOON + HOUR))
    await bench.end_jobs()
    await bench.scheduler.settle(NOON + 3 * HOUR)
    times = ChangeScheduleInput(team_name="local", cron_expression="30 * * * *")
    schedule = read_schedule(times, NOON + 3 * HOUR)
    await bench.database.write(schedule_actions.change, bench.task_id, schedule)
    await bench.database.write(schedule_actions.resume, bench.task_id, NOON + 3 * HOUR)
    await bench.scheduler.settle(NOON + 4 * HOUR)
    row = await bench.schedule_row()
    assert (row["runs"], row["missed"], row["skipped"]) == (2, 0, 0)
    assert json.loads(row["datasets"]) == ["thumbs"]
    await bench.database.close()


@pytest.mark.parametrize("statements", range(12))
async def test_a_server_killed_at_any_statement_makes_one_pipeline_per_fire_time(
    tmp_path: Path, statements: int
) -> None:
    bench = await Bench.open(tmp_path)
    now = NOON + HOUR
    (due,) = await bench.database.read(schedules.select_due, now)

    class Killed(BaseException):
        """Raised where the test pretends that the process is killed."""

    def make_until_killed(connection: Any, job_id: str, fire_at: str, now: str) -> None:
        statements_left = statements

        class KilledConnection:
            def __getattr__(self, name: str) -> Any:
                def call(*arguments: Any) -> Any:
                    nonlocal statements_left
                    statements_left -= 1
                    if statements_left < 0:
                        raise Killed
                    return getattr(connection, name)(*arguments)

                return call

        stand_in: Any = KilledConnection()
        make_pipeline(stand_in, job_id, fire_at, now, Metastore())
        raise Killed

    with pytest.raises(Killed):
        await bench.database.write(schedules.settle, due, decide(due, now), now, make_until_killed)
    assert await bench.all_pipelines() == []
    for _ in range(2):
        await bench.scheduler.settle(now)
    assert len(await bench.all_pipelines()) == 1
    (due_again,) = await bench.database.read(schedules.select_due, now + HOUR)
    assert due_again.fire_at > due.fire_at
    assert (await bench.schedule_row())["state"] not in ENDED
    await bench.database.close()
