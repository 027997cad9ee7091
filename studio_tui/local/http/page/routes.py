"""Serves the pages of jobs, each under its own key; `AuthMiddleware` checks host and origin."""

import asyncio
import sqlite3
from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse, JSONResponse

from studio_tui.local.db.jobs import list_jobs
from studio_tui.local.db.pipelines import find_by_job
from studio_tui.local.http.errors import Refusal
from studio_tui.local.http.log_routes import log_answer
from studio_tui.local.http.page import view
from studio_tui.local.http.page.keys import PAGES_PATH
from studio_tui.local.http.transcript import Transcript
from studio_tui.local.server.studio import Studio

HEADERS = {
    # Only script, style and data of this server; no images, frames, forms or base URL.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",  # the URL contains the key
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_STATIC = {"page.js": "text/javascript", "page.css": "text/css"}


def page_router(studio: Studio) -> APIRouter:
    """Return a router with the endpoints, which are read-only."""
    router = APIRouter(include_in_schema=False, prefix=f"{PAGES_PATH}/{{job_id}}/{{key}}")

    async def job(job_id: str, key: str) -> sqlite3.Row:
        rows = (
            await studio.database.read(list_jobs, None, job_id, 1)
            if studio.pages.opens(job_id, key)
            else []
        )
        if not rows:
            raise Refusal(
                404,
                "There is no such page. The URL of a page is valid until the server stops:"
                " open the page again from the dashboard.",
            )
        return rows[0]

    @router.get("/")
    async def page(job_id: str, key: str) -> Response:
        row = await job(job_id, key)
        pipeline = await studio.database.read(find_by_job, job_id)
        return HTMLResponse(view.page(row, pipeline, studio.pages), headers=HEADERS)

    @router.get("/state")
    async def state(job_id: str, key: str) -> Response:
        row = await job(job_id, key)
        pipeline = await studio.database.read(find_by_job, job_id)
        return JSONResponse(view.state(row, pipeline, studio.pages), headers=HEADERS)

    @router.get("/log")
    async def log(job_id: str, key: str, request: Request) -> Response:
        await job(job_id, key)
        transcript = await asyncio.to_thread(Transcript, studio.runner.output(job_id))
        answer = log_answer(transcript, request)
        answer.headers.update(HEADERS)
        return answer

    @router.get("/{name}")
    async def static(job_id: str, key: str, name: str) -> Response:
        await job(job_id, key)
        if name not in _STATIC:
            raise Refusal(404, "There is no such page.")
        content = await asyncio.to_thread(Path(__file__).with_name(name).read_bytes)
        return Response(content, media_type=_STATIC[name], headers=HEADERS)

    return router
