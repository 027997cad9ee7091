"""The endpoints of jobs, their files and clusters."""

import json
import sqlite3
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response

from studio_tui import clock
from studio_tui.api import routes
from studio_tui.api.models import FINISHED_STATES, JobCancelInput, JobInput, JobState
from studio_tui.local.config.team import TEAM
from studio_tui.local.db.jobs import ENDED, KeyReused
from studio_tui.local.http import responses
from studio_tui.local.http.cluster_responses import cluster_responses
from studio_tui.local.http.errors import InvalidFields, Refusal
from studio_tui.local.http.responses import ListCache, answer, write_list
from studio_tui.local.http.strict_json import StrictRoute
from studio_tui.local.http.validation import RequestContext, check, digest, upload_numbers
from studio_tui.local.server.studio import Studio

LIST_LIMIT = 100_000

_STEP_LABELS = {
    "waiting": "Waiting in queue",
    "downloading_files": "Downloading files",
    "virtualenv": "Preparing environment",
    "running_query": "Running query",
}

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


def job_router(studio: Studio) -> APIRouter:
    """Return the endpoints of jobs."""
    router = APIRouter(route_class=StrictRoute)
    lists = ListCache()

    @router.get(routes.LIST_JOBS.path, response_model=list[responses.JobOutput])
    async def list_jobs(
        team_name: str,
        status: str | None = None,
        job_id: str | None = None,
        limit: Annotated[int, Query(ge=1, le=LIST_LIMIT)] = 20,
    ) -> Response:
        check_team(team_name)
        states = None if status is None else _states(status)

        async def ask() -> bytes:
            rows = await studio.jobs.listed(states=states, job_id=job_id, limit=limit)
            return await write_list(rows, lambda row: _job(studio, row))

        # The revision is read first: a change in between makes the body seem older than it is.
        question = (states, job_id, limit, studio.cluster_file.version)
        body = await lists.body(question, studio.jobs.revision, ask)
        return Response(body, media_type="application/json")

    @router.post(routes.CREATE_JOB.path, response_model=responses.JobOutput)
    async def create_job(
        body: JobInput, idempotency_key: Annotated[str | None, Header()] = None
    ) -> Response:
        check_team(body.team_name)
        try:
            # Before all checks, as an accepted request may be invalid today: its time has passed.
            row = await studio.jobs.made_before(idempotency_key or "", digest(body))
            if row is not None:
                return answer(_job(studio, row))
            job = check(body, idempotency_key, await surroundings(studio, body))
            row = await studio.jobs.create(job, clock.now())
        except KeyReused as error:
            clause = "Idempotency-Key was used for another request"
            raise InvalidFields([("Idempotency-Key", clause)]) from error
        # Once the job is on disk nothing may fail: the published client repeats a POST after a 5xx.
        studio.dispatcher.wake()
        studio.scheduler.wake()
        return answer(_job(studio, row))

    @router.post(routes.CANCEL_JOB.path, response_model=responses.ActionFeedback)
    async def cancel_job(job_id: str, body: JobCancelInput) -> Response:
        check_team(body.team_name)
        state = await studio.dispatcher.cancel(job_id)
        if state is None:
            raise Refusal(404, f"There is no job {job_id}.")
        if state in ENDED:
            raise Refusal(409, f"The job has ended already: it is {state}.")
        return answer(responses.ActionFeedback("Successfully canceled"))

    @router.post(
        routes.UPLOAD_FILE.path,
        response_model=responses.UploadFileOutput,
        openapi_extra=_UPLOAD_FORM,
    )
    async def upload_file(request: Request, team_name: str) -> Response:
        check_team(team_name)
        return answer(await studio.uploads.receive(request))

    @router.get(routes.LIST_CLUSTERS.path, response_model=list[responses.ComputeClusterOutput])
    async def list_clusters(team_name: str | None = None) -> Response:
        check_team(team_name)
        await studio.look_at_clusters()
        busy, problem = await studio.jobs.busy_workers(), studio.cluster_file.problem
        return answer(cluster_responses(studio.clusters, busy, problem))

    # Not in the document, so not in the OpenAPI description, which equals it.
    @router.get(routes.JOB_DATASET_VERSIONS.path, include_in_schema=False)
    async def job_dataset_versions(job_id: str, team_name: str) -> Response:
        check_team(team_name)
        if await studio.jobs.state(job_id) is None:
            raise Refusal(404, f"There is no job {job_id}.")
        made = await studio.jobs.dataset_versions(job_id)
        return answer(
            responses.DatasetVersions(
                [responses.DatasetVersion(name.dataset, name.version or "") for name in made]
            )
        )

    return router


async def job_answer(studio: Studio, job_id: str) -> Response:
    """Return the answer about one existing job."""
    (row,) = await studio.jobs.listed(states=None, job_id=job_id, limit=1)
    return answer(_job(studio, row))


async def surroundings(studio: Studio, body: JobInput) -> RequestContext:
    """Return the context in which a request for a job is validated."""
    await studio.look_at_clusters()
    return RequestContext(
        studio.clusters,
        await studio.uploads.find(upload_numbers(body)),
        await studio.jobs.earlier(body.rerun_from_job_id or ""),
        studio.user,
        clock.now(),
    )


def check_team(team_name: str | None = None) -> None:
    """Refuse any team but the only one, as hosted Studio refuses foreign teams.

    Raises:
        Refusal: 403.
    """
    if team_name is not None and team_name != TEAM:
        raise Refusal(403, f"Not authorized for the team {team_name}; the only one is {TEAM}.")


def _states(status: str) -> frozenset[JobState]:
    word = status.upper()
    if word in _STATUS_GROUPS:
        return _STATUS_GROUPS[word]
    if word in _STATUSES:
        return frozenset({JobState(word)})
    known = ", ".join([*_STATUSES, *_STATUS_GROUPS])
    raise InvalidFields([("status", f"status must be one of {known}")])


def _job(studio: Studio, row: sqlite3.Row) -> responses.JobOutput:
    return responses.JobOutput(
        id=row["id"],
        url=studio.pages.url(row["id"]),
        status=row["state"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        finished_at=row["finished_at"],
        query=row["query"],
        query_type=row["query_type"],
        team=TEAM,
        name=row["name"],
        workers=row["workers"],
        python_version=row["python_version"],
        requirements=row["requirements"],
        repository=row["repository"],
        environment=json.loads(row["environment"]),
        exit_code=row["exit_code"],
        error_message=row["error_message"],
        started_at=row["started_at"],
        compute_cluster_id=studio.clusters.id_of(row["cluster"]),
        compute_cluster_name=row["cluster"],
        steps=_steps(row),
        schedule=_schedule(row),
        scheduled_by=row["scheduled_by"],
        scheduled_for=row["scheduled_for"],
        waits_for=_waits_for(studio, row),
        metrics=json.loads(row["metrics"]) if row["metrics"] else None,
    )


def _waits_for(studio: Studio, row: sqlite3.Row) -> str | None:
    if row["state"] != JobState.QUEUED:
        return None
    return studio.clusters.why_not(row["cluster"], row["workers"])


def _schedule(row: sqlite3.Row) -> responses.JobSchedule | None:
    if row["time_zone"] is None:
        return None
    goes_on = row["state"] == JobState.TASK and row["suspended_at"] is None
    return responses.JobSchedule(
        cron_expression=row["cron_expression"],
        start_after=row["start_after"],
        time_zone=row["time_zone"],
        next_run_at=row["next_fire_at"] if goes_on else None,
        runs=row["runs"],
        missed=row["missed"],
        skipped=row["skipped"],
        last_run_id=row["last_run_id"],
        recent=[responses.ScheduleRun(**run) for run in json.loads(row["recent"])],
        suspended_at=row["suspended_at"],
        datasets=None if row["datasets"] is None else json.loads(row["datasets"]),
    )


def _steps(row: sqlite3.Row) -> list[responses.JobStep]:
    steps = json.loads(row["steps"])
    is_held_back = row["state"] == JobState.PENDING
    if not steps and row["time_zone"] is None and not is_held_back:
        # Still waiting, or canceled while it was.
        steps = [
            {
                "name": "waiting",
                "started_at": row["released_at"] or row["created_at"],
                "finished_at": row["finished_at"],
            }
        ]
    return [
        responses.JobStep(label=_STEP_LABELS.get(step["name"], step["name"]), **step)
        for step in steps
    ]
