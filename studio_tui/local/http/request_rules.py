"""Rules that the requests of several endpoints have in common."""

from typing import Annotated

from fastapi import Depends, Header
from starlette.requests import HTTPConnection

from studio_tui import clock
from studio_tui.api.models import JobInput
from studio_tui.local.config.team import TEAM
from studio_tui.local.db.jobs import checkpoint_source
from studio_tui.local.http.errors import KEY_HEADER, Refusal
from studio_tui.local.http.validation import RequestContext, upload_ids
from studio_tui.local.server.studio import Studio


async def _studio_of(connection: HTTPConnection) -> Studio:
    studio: Studio = connection.app.state.studio
    return studio


CurrentStudio = Annotated[Studio, Depends(_studio_of)]
"""The local Studio that answers a request."""

IdempotencyKey = Annotated[str | None, Header(alias=KEY_HEADER, min_length=1, max_length=255)]

LIST_LIMIT = 100_000


def check_team(team_name: str | None = None) -> None:
    """Raise 403, as hosted Studio does, unless a request is for the only team or for none."""
    if team_name is not None and team_name != TEAM:
        raise Refusal(403, f"Not authorized for the team {team_name}; the only one is {TEAM}.")


async def request_context(studio: Studio, body: JobInput) -> RequestContext:
    """Return what a job request is validated against, with the newest cluster file."""
    await studio.reread_clusters()
    return RequestContext(
        studio.clusters,
        await studio.uploads.find(upload_ids(body)),
        await studio.database.read(checkpoint_source, body.rerun_from_job_id or ""),
        studio.user,
        clock.now(),
    )
