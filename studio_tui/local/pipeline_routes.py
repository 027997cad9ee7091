"""The endpoints of pipelines, true to what is known: no job's datasets, so no pipeline.

Lineage is what a pipeline is planned from. This version of the local Studio records none, so every
dataset is unknown to it and every pipeline's name too.
"""

from typing import Annotated

from fastapi import APIRouter, Body, Query, Response

from studio_tui.api import routes
from studio_tui.api.models import (
    PipelineInput,
    PipelineState,
    RemoveJobFromPipelineInput,
    TriggerPipelineInput,
)
from studio_tui.local import answers
from studio_tui.local.answers import answer
from studio_tui.local.job_routes import LIST_LIMIT, check_team
from studio_tui.local.refusals import InvalidFields, Refusal
from studio_tui.local.strict_json import StrictRoute

_STATES = tuple(state for state in PipelineState if state is not PipelineState.UNKNOWN)


def pipeline_router() -> APIRouter:
    """Return the endpoints of pipelines."""
    router = APIRouter(route_class=StrictRoute)

    @router.post(routes.TRIGGER_PIPELINE.path, response_model=answers.PipelineOutput)
    async def trigger_pipeline(body: TriggerPipelineInput) -> Response:
        check_team(body.team_name)
        if not body.datasets or not all(name.strip() for name in body.datasets):
            raise InvalidFields([("datasets", "datasets must name at least one dataset")])
        names = ", ".join(body.datasets)
        raise Refusal(404, f"No job of this local Studio is known to have made {names}.")

    @router.get(routes.PIPELINE_STATUS.path, response_model=answers.JobPipelineOutput)
    async def pipeline_status(
        team_name: str, name: str | None = None, pipeline_id: str | None = None
    ) -> Response:
        check_team(team_name)
        raise _unknown(name, pipeline_id)

    @router.post(routes.PAUSE_PIPELINE.path, response_model=answers.PipelineOutput)
    async def pause_pipeline(body: PipelineInput) -> Response:
        check_team(body.team_name)
        raise _unknown(body.name, body.pipeline_id)

    @router.post(routes.RESUME_PIPELINE.path, response_model=answers.PipelineOutput)
    async def resume_pipeline(body: PipelineInput) -> Response:
        check_team(body.team_name)
        raise _unknown(body.name, body.pipeline_id)

    @router.post(routes.REMOVE_JOB_FROM_PIPELINE.path, response_model=answers.PipelineOutput)
    async def remove_job_from_pipeline(body: RemoveJobFromPipelineInput) -> Response:
        check_team(body.team_name)
        raise _unknown(body.name, body.pipeline_id)

    @router.get(routes.LIST_PIPELINES.path, response_model=list[answers.JobPipelineOutput])
    async def list_pipelines(
        team_name: str,
        status: Annotated[list[str] | None, Query()] = None,
        statuses: Annotated[list[str] | None, Body()] = None,
        search: str | None = None,  # noqa: ARG001 (part of the interface)
        limit: Annotated[int, Query(ge=1, le=LIST_LIMIT)] = 20,  # noqa: ARG001
    ) -> Response:
        check_team(team_name)
        # The document shows the filter as a body, the published client sends it in the query.
        for word in (*(status or ()), *(statuses or ())):
            if word.upper() not in _STATES:
                known = ", ".join(_STATES)
                raise InvalidFields([("status", f"status must be one of {known}")])
        return answer([])

    return router


def _unknown(name: str | None, pipeline_id: str | None) -> Refusal:
    wanted = pipeline_id or name
    if wanted is None:
        return InvalidFields([("name", "name or pipeline_id must say which pipeline")])
    return Refusal(404, f"There is no pipeline {wanted}.")
