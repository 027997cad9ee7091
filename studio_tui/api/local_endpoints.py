"""Client methods for the endpoints that only the local Studio has."""

from collections.abc import Iterable

from studio_tui.api import answers, routes
from studio_tui.api.connection import StudioConnection
from studio_tui.api.exchange import Answer
from studio_tui.api.local_models import (
    ChangeScheduleInput,
    ListedDataset,
    ListedDatasets,
    NewPipelineSchedule,
    RerunInput,
    RerunJob,
    ScheduleInput,
    SchedulePipelineInput,
    ScheduleTimes,
)
from studio_tui.api.models import Job, Pipeline, PipelineOutput, RemoveJobFromPipelineInput
from studio_tui.api.routes import Route


class LocalEndpoints:
    """One coroutine per endpoint; they raise the same errors as those of `StudioClient`."""

    def __init__(self, connection: StudioConnection) -> None:
        self._connection = connection

    async def change_schedule(self, job_id: str, times: ScheduleTimes) -> Job | None:
        """Change the times of a schedule; return it, if the response includes it."""
        body = ChangeScheduleInput(team_name=self._connection.team, **dict(times))
        answer = await self._connection.write(routes.CHANGE_SCHEDULE, body, job_id)
        return answers.parse_optional(Job, answer)

    async def run_schedule(self, job_id: str, *, idempotency_key: str) -> Job:
        """Run a schedule once outside its timetable; equal keys create only one run."""
        return answers.parse_created(
            Job, await self._send_action(routes.RUN_SCHEDULE, job_id, idempotency_key)
        )

    async def suspend_schedule(self, job_id: str) -> Job | None:
        """Suspend a schedule until it is resumed; return it, if the response includes it."""
        return answers.parse_optional(Job, await self._send_action(routes.SUSPEND_SCHEDULE, job_id))

    async def resume_schedule(self, job_id: str) -> Job | None:
        """Resume a suspended schedule; return it, if the response includes it."""
        return answers.parse_optional(Job, await self._send_action(routes.RESUME_SCHEDULE, job_id))

    async def rerun_jobs(
        self, jobs: Iterable[RerunJob], *, idempotency_key: str | None = None
    ) -> Pipeline | None:
        """Create a pipeline that reruns jobs; return `None` if none of them depends on another."""
        body = RerunInput(team_name=self._connection.team, jobs=tuple(jobs))
        answer = await self._connection.write(routes.RERUN_JOBS, body, key=idempotency_key)
        return answers.pipeline_in(answers.parse_created(PipelineOutput, answer))

    async def schedule_pipeline(
        self, schedule: NewPipelineSchedule, *, idempotency_key: str
    ) -> Job:
        """Create a schedule that triggers a pipeline; equal keys create only one."""
        body = SchedulePipelineInput(team_name=self._connection.team, **dict(schedule))
        answer = await self._connection.write(routes.SCHEDULE_PIPELINE, body, key=idempotency_key)
        return answers.parse_created(Job, answer)

    async def trigger_schedule(self, job_id: str, *, idempotency_key: str) -> Pipeline:
        """Trigger the pipeline of a schedule now; equal keys create only one pipeline."""
        return answers.parse_created_pipeline(
            await self._send_action(routes.TRIGGER_SCHEDULE, job_id, idempotency_key)
        )

    async def restore_job(self, job_id: str, *, pipeline_id: str) -> Pipeline | None:
        """Restore a removed job; return its pipeline, if the response includes it."""
        body = RemoveJobFromPipelineInput(
            team_name=self._connection.team, pipeline_id=pipeline_id, job_id=job_id
        )
        answer = await self._connection.write(routes.RESTORE_JOB, body)
        return answers.pipeline_in(answers.parse_optional(PipelineOutput, answer))

    async def datasets(self) -> tuple[ListedDataset, ...]:
        """Return all datasets, sorted by name."""
        answer = await self._connection.request(routes.DATASETS)
        return answers.parse_model(ListedDatasets, answer.body).datasets

    async def _send_action(self, route: Route, job_id: str, key: str | None = None) -> Answer:
        body = ScheduleInput(team_name=self._connection.team)
        return await self._connection.write(route, body, job_id, key=key)
