"""The endpoint that receives files for jobs."""

from typing import Any

from fastapi import APIRouter, Request, Response

from studio_tui.api import routes
from studio_tui.local.http import responses
from studio_tui.local.http.request_rules import check_team
from studio_tui.local.http.responses import answer
from studio_tui.local.http.strict_json import StrictRoute
from studio_tui.local.server.studio import Studio

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


def upload_router(studio: Studio) -> APIRouter:
    """Return a router with the endpoint."""
    router = APIRouter(route_class=StrictRoute)

    @router.post(
        routes.UPLOAD_FILE.path,
        response_model=responses.UploadFileOutput,
        openapi_extra=_UPLOAD_FORM,
    )
    async def upload_file(request: Request, team_name: str) -> Response:
        check_team(team_name)
        return answer(await studio.uploads.receive(request))

    return router
