"""The local Studio as an ASGI application: access control, routes, error bodies, OpenAPI."""

from fastapi import FastAPI
from starlette.types import ASGIApp

import studio_tui
from studio_tui.local.http import errors
from studio_tui.local.http.auth_middleware import AuthMiddleware
from studio_tui.local.http.cluster_routes import cluster_router
from studio_tui.local.http.dataset_routes import dataset_router
from studio_tui.local.http.job_routes import job_router
from studio_tui.local.http.log_routes import log_router
from studio_tui.local.http.page.routes import page_router
from studio_tui.local.http.pipeline_routes import pipeline_router
from studio_tui.local.http.responses import ErrorBody
from studio_tui.local.http.schedule_routes import schedule_router
from studio_tui.local.server.studio import Studio

PREFIX = "/api"

ROUTERS = (
    job_router,
    cluster_router,
    pipeline_router,
    schedule_router,
    dataset_router,
    log_router,
)


def create_app(studio: Studio, port: int) -> ASGIApp:
    """Return the application for `port`; the caller runs dispatcher and scheduler."""
    api = FastAPI(
        title="Studio REST API (local)",
        version=studio_tui.__version__,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses={status: {"model": ErrorBody} for status in ("4XX", "5XX", 422)},
    )
    errors.install_error_handlers(api)
    for router in ROUTERS:
        api.include_router(router(studio), prefix=PREFIX)
    studio.pages.serve_at(f"http://127.0.0.1:{port}")
    api.include_router(page_router(studio))
    return AuthMiddleware(api, port=port, token=studio.token, instance=studio.instance)
