"""Client methods for the endpoints that only the local Studio has."""

from collections.abc import Iterable
from datetime import datetime

from studio_tui.api import answers, routes
from studio_tui.api.connection import Connection
from studio_tui.api.listed_datasets import ListedDataset, ListedDatasets
from studio_tui.api.models import Job, Pipeline, PipelineOutput, RemoveJobFromPipelineInput
from studio_tui.api.own_inputs import (
    ChangeScheduleInput,
    RerunInput,
    RerunJob,
    ScheduleInput,
    SchedulePipelineInput,
)
from studio_tui.api.write_responses import accepted, created, optional_answer, raise_without_details


class OwnRoutes:
    """One coroutine per endpoint; they raise what those of `StudioClient` raise."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def change_schedule(
        self,
        job_id: str,
        *,
        cron_expression: str | None = None,
        start_after: datetime | None = None,
        time_zone: str | None = None,
    ) -> Job | None:
        """Change the times of a schedule. Return it if the response includes it."""
        body = ChangeScheduleInput(
            team_name=self._connection.team,
            cron_expression=cron_expression,
            start_after=start_after,
            time_zone=time_zone,
        )
        return optional_answer(
            Job, await self._connection.write(routes.CHANGE_SCHEDULE, body, job_id)
        )

    async def run_schedule(self, job_id: str, *, idempotency_key: str) -> Job:
        """Run a schedule once outside its timetable; equal keys create only one run."""
        body, headers = (
            ScheduleInput(team_name=self._connection.team),
            {"Idempotency-Key": idempotency_key},
        )
        answer = await self._connection.write(routes.RUN_SCHEDULE, body, job_id, headers=headers)
        return created(Job, answer)

    async def suspend_schedule(self, job_id: str) -> Job | None:
        """Suspend a schedule until it is resumed. Return it if the response includes it."""
        body = ScheduleInput(team_name=self._connection.team)
        return optional_answer(
            Job, await self._connection.write(routes.SUSPEND_SCHEDULE, body, job_id)
        )

    async def resume_schedule(self, job_id: str) -> Job | None:
        """Resume a suspended schedule. Return it if the response includes it."""
        body = ScheduleInput(team_name=self._connection.team)
        return optional_answer(
            Job, await self._connection.write(routes.RESUME_SCHEDULE, body, job_id)
        )

    async def rerun_jobs(
        self, jobs: Iterable[RerunJob], *, idempotency_key: str | None = None
    ) -> Pipeline | None:
        """Rerun jobs, dependencies first; return `None`, creating nothing, if there are none."""
        body = RerunInput(team_name=self._connection.team, jobs=tuple(jobs))
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        answer = await self._connection.write(routes.RERUN_JOBS, body, headers=headers)
        return accepted(created(PipelineOutput, answer))

    async def schedule_pipeline(
        self,
        datasets: tuple[str, ...],
        *,
        environment: str | None = None,
        cron_expression: str | None = None,
        start_after: datetime | None = None,
        idempotency_key: str,
    ) -> Job:
        """Create a schedule that triggers a pipeline; equal keys create only one."""
        body = SchedulePipelineInput(
            team_name=self._connection.team,
            datasets=datasets,
            environment=environment,
            cron_expression=cron_expression,
            start_after=start_after,
        )
        headers = {"Idempotency-Key": idempotency_key}
        return created(
            Job, await self._connection.write(routes.SCHEDULE_PIPELINE, body, headers=headers)
        )

    async def trigger_schedule(self, job_id: str, *, idempotency_key: str) -> Pipeline:
        """Trigger the pipeline of a schedule now; equal keys create only one pipeline."""
        body, headers = (
            ScheduleInput(team_name=self._connection.team),
            {"Idempotency-Key": idempotency_key},
        )
        answer = await self._connection.write(
            routes.TRIGGER_SCHEDULE, body, job_id, headers=headers
        )
        return accepted(created(PipelineOutput, answer)) or raise_without_details()

    async def restore_job(self, job_id: str, *, pipeline_id: str) -> Pipeline | None:
        """Restore a removed job, which pauses the pipeline. Return the pipeline if included."""
        body = RemoveJobFromPipelineInput(
            team_name=self._connection.team, pipeline_id=pipeline_id, job_id=job_id
        )
        return accepted(
            optional_answer(PipelineOutput, await self._connection.write(routes.RESTORE_JOB, body))
        )

    async def datasets(self) -> tuple[ListedDataset, ...]:
        """Return all datasets, sorted by name."""
        answer = await self._connection.request(routes.DATASETS)
        return answers.model(ListedDatasets, answer.body).datasets
