"""What the local Studio does with schedules beyond the document, for clients that know it by name.

None of it is in the OpenAPI description, which equals the document.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Annotated

from fastapi import APIRouter, Header, Response

from studio_tui import clock
from studio_tui.api import routes
from studio_tui.api.models import ChangeScheduleInput, ScheduleInput
from studio_tui.local.db.database import StorageFull
from studio_tui.local.db.jobs import KeyReused
from studio_tui.local.db.schedule_steering import ScheduleOver
from studio_tui.local.http.errors import InvalidFields, Refusal
from studio_tui.local.http.job_routes import check_team, job_answer
from studio_tui.local.http.strict_json import StrictRoute
from studio_tui.local.http.validation import check_key, read_schedule
from studio_tui.local.server.studio import Studio


def schedule_router(studio: Studio) -> APIRouter:
    """Return the endpoints of schedules."""
    router = APIRouter(route_class=StrictRoute, include_in_schema=False)

    @router.post(routes.CHANGE_SCHEDULE.path)
    async def change_schedule(job_id: str, body: ChangeScheduleInput) -> Response:
        check_team(body.team_name)
        now = clock.now()
        schedule = read_schedule(body, now)
        if schedule is None:
            clause = "cron_expression or start_after must say when it runs"
            raise InvalidFields([("cron_expression", clause)])
        # What was due by the old times is decided by them.
        await studio.scheduler.settle(now)
        with _refusing(job_id):
            await studio.steering.change(job_id, schedule)
        studio.scheduler.wake()
        return await job_answer(studio, job_id)

    @router.post(routes.SUSPEND_SCHEDULE.path)
    async def suspend_schedule(job_id: str, body: ScheduleInput) -> Response:
        check_team(body.team_name)
        now = clock.now()
        with suppress(StorageFull):  # what has to stop does so without room on the disk
            await studio.scheduler.settle(now)
        with _refusing(job_id):
            await studio.steering.suspend(job_id, now)
        return await job_answer(studio, job_id)

    @router.post(routes.RESUME_SCHEDULE.path)
    async def resume_schedule(job_id: str, body: ScheduleInput) -> Response:
        check_team(body.team_name)
        with _refusing(job_id):
            await studio.steering.resume(job_id, clock.now())
        studio.scheduler.wake()
        return await job_answer(studio, job_id)

    @router.post(routes.RUN_SCHEDULE.path)
    async def run_schedule(
        job_id: str, body: ScheduleInput, idempotency_key: Annotated[str | None, Header()] = None
    ) -> Response:
        check_team(body.team_name)
        check_key(idempotency_key)
        try:
            with _refusing(job_id):
                run_id = await studio.steering.run(job_id, idempotency_key, clock.now())
        except KeyReused as error:
            clause = "Idempotency-Key was used for another request"
            raise InvalidFields([("Idempotency-Key", clause)]) from error
        studio.dispatcher.wake()
        return await job_answer(studio, run_id)

    return router


@contextmanager
def _refusing(job_id: str) -> Iterator[None]:
    """Answer 404 where there is no such schedule, 409 where it cannot be changed now."""
    try:
        yield
    except LookupError as error:
        raise Refusal(404, f"There is no job {job_id}.") from error
    except ScheduleOver as error:
        raise Refusal(409, str(error)) from error
