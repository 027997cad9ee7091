"""The local Studio as an ASGI application: access control, routes, error bodies, OpenAPI."""

from fastapi import FastAPI
from starlette.types import ASGIApp

import studio_tui
from studio_tui.local.http import (
    cluster_routes,
    dataset_routes,
    errors,
    job_routes,
    log_routes,
    pipeline_routes,
    schedule_routes,
)
from studio_tui.local.http.auth_middleware import AuthMiddleware
from studio_tui.local.http.errors import ErrorBody
from studio_tui.local.http.page import routes as page_routes
from studio_tui.local.server.studio import Studio

PREFIX = "/api"

ROUTES = (
    job_routes,
    cluster_routes,
    pipeline_routes,
    schedule_routes,
    dataset_routes,
    log_routes,
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
    api.state.studio = studio
    for module in ROUTES:
        api.include_router(module.router, prefix=PREFIX)
    studio.page_keys.set_base_url(f"http://127.0.0.1:{port}")
    api.include_router(page_routes.router)
    return AuthMiddleware(api, port=port, token=studio.token, instance=studio.instance)
