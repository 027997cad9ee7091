"""The endpoints of jobs and of the files that are uploaded for them."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from studio_tui import clock
from studio_tui.api import routes
from studio_tui.api.models import (
    ActionFeedback,
    JobCancelInput,
    JobInput,
    JobOutput,
    UploadFileOutput,
)
from studio_tui.api.states import FINISHED_STATES, JobState
from studio_tui.local.db import jobs
from studio_tui.local.db.jobs import ENDED, UnknownJob
from studio_tui.local.http.errors import FieldProblem, InvalidFields, Refusal
from studio_tui.local.http.job_output import job_output
from studio_tui.local.http.request_rules import (
    LIST_LIMIT,
    CurrentStudio,
    IdempotencyKey,
    check_team,
    request_context,
)
from studio_tui.local.http.responses import answer, write_list
from studio_tui.local.http.strict_json import StrictRoute
from studio_tui.local.http.validation import digest, validate_job

_STATUSES = tuple(state for state in JobState if state is not JobState.UNKNOWN)
_STATUS_GROUPS = {
    "ACTIVE": frozenset(_STATUSES) - FINISHED_STATES,
    "INACTIVE": FINISHED_STATES,
}

_UPLOAD_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}

router = APIRouter(route_class=StrictRoute)


@router.get(routes.LIST_JOBS.path, response_model=list[JobOutput])
async def list_jobs(
    studio: CurrentStudio,
    team_name: str,
    status: str | None = None,
    job_id: str | None = None,
    limit: Annotated[int, Query(ge=1, le=LIST_LIMIT)] = 20,
) -> Response:
    check_team(team_name)
    states = None if status is None else _states(status)

    async def make_body() -> bytes:
        rows = await studio.database.read(jobs.list_jobs, states, job_id, limit)
        return await write_list(rows, lambda row: job_output(studio, row))

    # The revision is read before the rows. If they change in between, the body is newer than the
    # revision says, and the next request makes it again.
    query = (states, job_id, limit, studio.clusters)
    body = await studio.job_lists.body(query, studio.database.revision, make_body)
    return Response(body, media_type="application/json")


@router.post(routes.CREATE_JOB.path, response_model=JobOutput)
async def create_job(studio: CurrentStudio, body: JobInput, key: IdempotencyKey = None) -> Response:
    check_team(body.team_name)
    # Before all checks: a request that was accepted may be invalid now, as its start time has
    # passed.
    row = await studio.database.read(jobs.find_by_key, key, digest(body))
    if row is not None:
        return answer(job_output(studio, row))
    job = validate_job(body, key, await request_context(studio, body))
    row = await studio.database.write(jobs.create, job, clock.now())
    # After the job is on disk nothing may fail, as the published client repeats a POST after a 5xx.
    studio.dispatcher.wake()
    studio.scheduler.wake()
    return answer(job_output(studio, row))


@router.post(routes.CANCEL_JOB.path, response_model=ActionFeedback)
async def cancel_job(studio: CurrentStudio, job_id: str, body: JobCancelInput) -> Response:
    check_team(body.team_name)
    state = await studio.dispatcher.cancel(job_id)
    if state is None:
        raise UnknownJob(job_id)
    if state in ENDED:
        raise Refusal(409, f"The job has ended already: it is {state}.")
    return answer({"message": "Successfully canceled"})


@router.post(
    routes.UPLOAD_FILE.path,
    response_model=UploadFileOutput,
    openapi_extra=_UPLOAD_FORM,
)
async def upload_file(studio: CurrentStudio, request: Request, team_name: str) -> Response:
    check_team(team_name)
    return answer(await studio.uploads.receive(request))


def _states(status: str) -> frozenset[JobState]:
    name = status.upper()
    if name in _STATUS_GROUPS:
        return _STATUS_GROUPS[name]
    if name in _STATUSES:
        return frozenset({JobState(name)})
    choices = ", ".join([*_STATUSES, *_STATUS_GROUPS])
    raise InvalidFields([FieldProblem("status", f"status must be one of {choices}", "query")])
