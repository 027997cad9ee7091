"""Serves the pages of jobs, each under its own key; `AuthMiddleware` checks host and origin."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import HTMLResponse, JSONResponse

from studio_tui.local.db.jobs import list_jobs
from studio_tui.local.db.pipelines import find_by_job
from studio_tui.local.http.errors import Refusal
from studio_tui.local.http.log_routes import log_answer
from studio_tui.local.http.page import view
from studio_tui.local.http.page.keys import PAGES_PATH
from studio_tui.local.http.request_rules import CurrentStudio
from studio_tui.local.http.transcript import Transcript

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


router = APIRouter(include_in_schema=False, prefix=f"{PAGES_PATH}/{{job_id}}/{{key}}")


async def _open(job_id: str, key: str, studio: CurrentStudio) -> sqlite3.Row:
    rows = (
        await studio.database.read(list_jobs, None, job_id, 1)
        if studio.page_keys.is_valid(job_id, key)
        else []
    )
    if not rows:
        raise Refusal(
            404,
            "There is no such page. The URL of a page is valid until the server stops:"
            " open the page again from the dashboard.",
        )
    return rows[0]


OpenedJob = Annotated[sqlite3.Row, Depends(_open)]
"""The job of a page; the key in the page's URL is valid."""


@router.get("/")
async def page(studio: CurrentStudio, job: OpenedJob) -> Response:
    pipeline = await studio.database.read(find_by_job, job["id"])
    return HTMLResponse(view.page(job, pipeline, studio.page_keys), headers=HEADERS)


@router.get("/state")
async def state(studio: CurrentStudio, job: OpenedJob) -> Response:
    pipeline = await studio.database.read(find_by_job, job["id"])
    parts = view.parts(job, pipeline, studio.page_keys)
    return JSONResponse({"status": job["state"], "parts": parts}, headers=HEADERS)


@router.get("/log")
async def log(studio: CurrentStudio, job: OpenedJob, request: Request) -> Response:
    transcript = await asyncio.to_thread(Transcript, studio.runner.output(job["id"]))
    answer = log_answer(transcript, request)
    answer.headers.update(HEADERS)
    return answer


@router.get("/{name}", dependencies=[Depends(_open)])
async def static(name: str) -> Response:
    if name not in _STATIC:
        raise Refusal(404, "There is no such page.")
    content = await asyncio.to_thread(Path(__file__).with_name(name).read_bytes)
    return Response(content, media_type=_STATIC[name], headers=HEADERS)
