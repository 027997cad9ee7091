"""The endpoints of schedules, which are not in the API document."""

import uuid
from dataclasses import replace

from fastapi import APIRouter, Response

from studio_tui import clock
from studio_tui.api import routes
from studio_tui.api.local_models import ChangeScheduleInput, ScheduleInput, SchedulePipelineInput
from studio_tui.api.models import QueryType
from studio_tui.job_rules import NAME_LIMIT, PRIORITIES
from studio_tui.local.db import jobs, new_pipeline, schedule_actions, schedule_pipelines
from studio_tui.local.db.new_job import NewJob
from studio_tui.local.db.times import stamp
from studio_tui.local.http.job_output import job_answer
from studio_tui.local.http.pipeline_output import pipeline_answer
from studio_tui.local.http.request_rules import CurrentStudio, IdempotencyKey, check_team
from studio_tui.local.http.strict_json import StrictRoute
from studio_tui.local.http.validation import (
    digest,
    read_datasets,
    read_environment,
    read_schedule,
)
from studio_tui.local.server.studio import Studio

router = APIRouter(route_class=StrictRoute, include_in_schema=False)


@router.post(routes.CHANGE_SCHEDULE.path)
async def change_schedule(
    studio: CurrentStudio, job_id: str, body: ChangeScheduleInput
) -> Response:
    check_team(body.team_name)
    now = clock.now()
    schedule = read_schedule(body, now)
    # First, the past fire times of the unchanged schedule are settled.
    await studio.scheduler.settle(now)
    await studio.database.write(schedule_actions.change, job_id, schedule)
    studio.scheduler.wake()
    return await job_answer(studio, job_id)


@router.post(routes.SUSPEND_SCHEDULE.path)
async def suspend_schedule(studio: CurrentStudio, job_id: str, body: ScheduleInput) -> Response:
    check_team(body.team_name)
    now = clock.now()
    await studio.scheduler.settle(now)
    await studio.database.write(schedule_actions.suspend, job_id, stamp(now))
    return await job_answer(studio, job_id)


@router.post(routes.RESUME_SCHEDULE.path)
async def resume_schedule(studio: CurrentStudio, job_id: str, body: ScheduleInput) -> Response:
    check_team(body.team_name)
    await studio.database.write(schedule_actions.resume, job_id, clock.now())
    studio.scheduler.wake()
    return await job_answer(studio, job_id)


@router.post(routes.RUN_SCHEDULE.path)
async def run_schedule(
    studio: CurrentStudio, job_id: str, body: ScheduleInput, key: IdempotencyKey = None
) -> Response:
    check_team(body.team_name)
    run_id = await studio.database.write(schedule_actions.run, job_id, key, stamp(clock.now()))
    studio.dispatcher.wake()
    return await job_answer(studio, run_id)


@router.post(routes.SCHEDULE_PIPELINE.path)
async def schedule_pipeline(
    studio: CurrentStudio, body: SchedulePipelineInput, key: IdempotencyKey = None
) -> Response:
    check_team(body.team_name)
    job_row = await studio.database.read(jobs.find_by_key, key, digest(body))
    if job_row is None:
        await studio.reread_clusters()
        datasets = read_datasets(body.datasets)
        job = _new_task(studio, body, datasets, key)
        metastore = await studio.runner.read_metastore()
        # A dataset that cannot be rebuilt now is refused.
        await studio.database.write(new_pipeline.plan_datasets, datasets, metastore)
        job_row = await studio.database.write(jobs.create, job, clock.now())
    studio.scheduler.wake()
    return await job_answer(studio, job_row["id"])


@router.post(routes.TRIGGER_SCHEDULE.path)
async def trigger_schedule(
    studio: CurrentStudio, job_id: str, body: ScheduleInput, key: IdempotencyKey = None
) -> Response:
    check_team(body.team_name)
    metastore = await studio.runner.read_metastore()
    pipeline = await studio.database.write(
        schedule_pipelines.trigger_by_hand,
        job_id,
        key,
        metastore,
        stamp(clock.now()),
    )
    studio.dispatcher.wake()
    return pipeline_answer(pipeline)


def _new_task(
    studio: Studio, body: SchedulePipelineInput, datasets: tuple[str, ...], key: str | None
) -> NewJob:
    schedule = read_schedule(body, clock.now())
    job_id = str(uuid.uuid4())
    return NewJob(
        id=job_id,
        name=f"pipeline of {', '.join(datasets)}"[:NAME_LIMIT],
        query="",
        query_type=QueryType.SHELL,
        environment=read_environment(body.environment or ""),
        workers=1,
        priority=PRIORITIES[-1],
        cluster=studio.clusters.default.name,
        run_group=job_id,
        created_by=studio.user,
        idempotency_key=key,
        request_digest=digest(body),
        schedule=replace(schedule, datasets=datasets),
    )
