"""Endpoints for `studio-tui local`, in addition to Studio's own API."""

from fastapi import APIRouter, Response
from starlette.responses import JSONResponse

from studio_tui.local.server.endpoint import JOB_ENDS
from studio_tui.local.server.studio import Studio


def job_end_router(studio: Studio) -> APIRouter:
    """Return the endpoints, which are not part of the API."""
    router = APIRouter(include_in_schema=False)

    @router.get(JOB_ENDS)
    async def job_ends() -> Response:
        return JSONResponse((await studio.jobs.ends()).to_json())

    return router
