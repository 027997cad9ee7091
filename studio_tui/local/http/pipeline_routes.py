"""The endpoints of pipelines."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Body, Query, Response

from studio_tui import clock
from studio_tui.api import routes
from studio_tui.api.fields import Texts
from studio_tui.api.local_models import RerunInput
from studio_tui.api.models import (
    JobPipelineOutput,
    PipelineInput,
    PipelineOutput,
    RemoveJobFromPipelineInput,
    TriggerPipelineInput,
)
from studio_tui.api.states import PipelineState
from studio_tui.local.db import new_pipeline, pipeline_removals, pipelines
from studio_tui.local.db.new_job import NewJob
from studio_tui.local.db.new_pipeline import NewPipeline, NewRerun
from studio_tui.local.db.pipelines import PipelineRows
from studio_tui.local.db.times import stamp
from studio_tui.local.http.errors import FieldProblem, InvalidFields, Refusal
from studio_tui.local.http.pipeline_output import pipeline_answer, pipeline_output
from studio_tui.local.http.request_rules import (
    LIST_LIMIT,
    CurrentStudio,
    IdempotencyKey,
    check_team,
    request_context,
)
from studio_tui.local.http.responses import answer, write_list
from studio_tui.local.http.strict_json import StrictRoute
from studio_tui.local.http.validation import (
    digest,
    read_datasets,
    read_environment,
    validate_job,
)
from studio_tui.local.server.studio import Studio

_STATES = tuple(state for state in PipelineState if state is not PipelineState.UNKNOWN)

router = APIRouter(route_class=StrictRoute)


@router.get(routes.PIPELINE_STATUS.path, response_model=JobPipelineOutput)
async def pipeline_status(
    studio: CurrentStudio, team_name: str, name: str | None = None, pipeline_id: str | None = None
) -> Response:
    check_team(team_name)
    return answer(pipeline_output(await _find(studio, name, pipeline_id, "query")))


@router.get(routes.LIST_PIPELINES.path, response_model=list[JobPipelineOutput])
async def list_pipelines(
    studio: CurrentStudio,
    team_name: str,
    *,
    status: Annotated[list[str] | None, Query()] = None,
    statuses: Annotated[Texts | None, Body()] = None,
    search: str | None = None,
    limit: Annotated[int, Query(ge=1, le=LIST_LIMIT)] = 20,
) -> Response:
    check_team(team_name)
    # The API document has the filter in the body; the published client sends it in the query.
    states = _states(status or (), "query") | _states(statuses or (), "body")
    rows = await studio.database.read(pipelines.list_pipelines, states or None, search, limit)
    return Response(await write_list(rows, pipeline_output), media_type="application/json")


@router.post(routes.TRIGGER_PIPELINE.path, response_model=PipelineOutput)
async def trigger_pipeline(
    studio: CurrentStudio, body: TriggerPipelineInput, key: IdempotencyKey = None
) -> Response:
    return await _trigger(studio, body, key)


# Not in the API document, so not in the OpenAPI description either.
@router.post(routes.REFRESH_PIPELINE.path, include_in_schema=False)
async def refresh_pipeline(
    studio: CurrentStudio, body: TriggerPipelineInput, key: IdempotencyKey = None
) -> Response:
    return await _trigger(studio, body, key, is_refresh=True)


async def _trigger(
    studio: Studio, body: TriggerPipelineInput, key: str | None, *, is_refresh: bool = False
) -> Response:
    check_team(body.team_name)
    request = NewPipeline(
        datasets=read_datasets(body.datasets),
        environment=read_environment(body.environment or ""),
        is_paused=bool(body.review),
        idempotency_key=key,
        # Another digest, so that a refresh with the key of an equal trigger is refused.
        request_digest=f"{'refresh ' if is_refresh else ''}{digest(body)}",
        is_refresh=is_refresh,
    )
    metastore = await studio.runner.read_metastore()
    now = stamp(clock.now())
    pipeline = await studio.database.write(new_pipeline.trigger, request, metastore, now)
    # Once the pipeline is on disk, nothing must fail: the published client repeats a POST after a
    # 5xx.
    studio.dispatcher.wake()
    return pipeline_answer(pipeline)


@router.post(routes.RERUN_JOBS.path, include_in_schema=False)
async def rerun_jobs(
    studio: CurrentStudio, body: RerunInput, key: IdempotencyKey = None
) -> Response:
    check_team(body.team_name)
    jobs: dict[str, NewJob] = {}
    for each in body.jobs:
        check_team(each.job.team_name)
        if each.job_id in jobs:
            raise InvalidFields([FieldProblem("jobs", f"jobs names {each.job_id} twice")])
        if each.job.cron_expression is not None or each.job.start_after is not None:
            clause = f"jobs: {each.job_id} cannot have a start time or a cron expression"
            raise InvalidFields([FieldProblem("jobs", clause)])
        jobs[each.job_id] = validate_job(each.job, None, await request_context(studio, each.job))
    request = NewRerun(jobs, key, digest(body))
    metastore = await studio.runner.read_metastore()
    now = stamp(clock.now())
    rows = await studio.database.write(new_pipeline.rerun, request, metastore, now)
    studio.dispatcher.wake()
    pipeline = None if rows is None else pipeline_output(rows)
    return answer({"ok": True, "pipeline": pipeline})


async def _pipeline_of(
    studio: Studio, body: PipelineInput | RemoveJobFromPipelineInput
) -> sqlite3.Row:
    check_team(body.team_name)
    return (await _find(studio, body.name, body.pipeline_id, "body")).pipeline


@router.post(routes.PAUSE_PIPELINE.path, response_model=PipelineOutput)
async def pause_pipeline(studio: CurrentStudio, body: PipelineInput) -> Response:
    pipeline = await _pipeline_of(studio, body)
    now = stamp(clock.now())
    paused = await studio.database.write(pipelines.pause, pipeline["id"], now)
    return pipeline_answer(paused)


@router.post(routes.RESUME_PIPELINE.path, response_model=PipelineOutput)
async def resume_pipeline(studio: CurrentStudio, body: PipelineInput) -> Response:
    pipeline = await _pipeline_of(studio, body)
    now = stamp(clock.now())
    resumed = await studio.database.write(pipelines.resume, pipeline["id"], now)
    studio.dispatcher.wake()
    return pipeline_answer(resumed)


@router.post(routes.REMOVE_JOB_FROM_PIPELINE.path, response_model=PipelineOutput)
async def remove_job_from_pipeline(
    studio: CurrentStudio, body: RemoveJobFromPipelineInput
) -> Response:
    return await _change_job(
        studio, body, pipeline_removals.remove_job, "The pipeline {pipeline} has no job {job}."
    )


@router.post(routes.RESTORE_JOB.path, include_in_schema=False)
async def restore_job(studio: CurrentStudio, body: RemoveJobFromPipelineInput) -> Response:
    missing = "No job {job} was removed from the pipeline {pipeline}."
    return await _change_job(studio, body, pipeline_removals.restore_job, missing)


async def _change_job(
    studio: Studio,
    body: RemoveJobFromPipelineInput,
    change: Callable[[sqlite3.Connection, str, str, str], PipelineRows | None],
    missing: str,
) -> Response:
    pipeline = await _pipeline_of(studio, body)
    changed = await studio.database.write(change, pipeline["id"], body.job_id, stamp(clock.now()))
    if changed is None:
        raise Refusal(404, missing.format(pipeline=pipeline["name"], job=body.job_id))
    return pipeline_answer(changed)


async def _find(
    studio: Studio, name: str | None, pipeline_id: str | None, part: str
) -> PipelineRows:
    if name is None and pipeline_id is None:
        raise InvalidFields([FieldProblem("name", "name or pipeline_id is required", part)])
    rows = await studio.database.read(pipelines.find, pipeline_id, name)
    if rows is None:
        raise Refusal(404, f"There is no pipeline {pipeline_id or name}.")
    return rows


def _states(statuses: Sequence[str], part: str) -> frozenset[str]:
    states = frozenset(status.upper() for status in statuses)
    if not states <= {*_STATES}:
        choices = ", ".join(_STATES)
        raise InvalidFields([FieldProblem("status", f"status must be one of {choices}", part)])
    return states
