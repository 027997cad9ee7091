"""A session follows pipelines of a real local Studio."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from studio_tui.api.client import StudioClient
from studio_tui.api.states import PipelineState
from studio_tui.service.commands.trigger_pipeline import Triggered, TriggerRequest
from studio_tui.service.polling.pipeline_watch import PipelineDetail, PipelineWatch
from studio_tui.service.session import SessionOptions, StudioSession
from tests.local.http.test_pipeline_routes import make_dataset, make_diamond
from tests.waiting import HANG

if TYPE_CHECKING:
    from tests.studios import ThreadStudio


@asynccontextmanager
async def session_of(studio: "ThreadStudio", folder: Path) -> AsyncIterator[StudioSession]:
    settings = studio.settings()
    async with StudioClient(settings) as client:
        session = StudioSession(client, studio.team, folder / "logs", SessionOptions(is_local=True))
        running = asyncio.create_task(session.run())
        try:
            yield session
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def until(
    watch: PipelineWatch, condition: Callable[[PipelineDetail], bool]
) -> PipelineDetail:
    """Wait until the watched pipeline fulfils a condition; return it."""
    changed = asyncio.Event()
    leave = watch.subscribe(lambda _: changed.set())
    try:
        async with asyncio.timeout(HANG):
            while (detail := watch.snapshot.value) is None or not condition(detail):
                await changed.wait()
                changed.clear()
            return detail
    finally:
        leave()


async def trigger(session: StudioSession, *datasets: str, review: bool = False) -> PipelineWatch:
    outcome = await session.commands.pipeline_trigger.trigger(
        TriggerRequest(datasets, review=review), ()
    )
    assert isinstance(outcome, Triggered)
    return session.pipeline(outcome.pipeline.pipeline_id)


async def test_a_watch_shows_a_completed_pipeline_with_all_jobs_and_their_times(
    studio: "ThreadStudio", tmp_path: Path
) -> None:
    await asyncio.to_thread(make_diamond, studio)
    async with session_of(studio, tmp_path) as session:
        watch = await trigger(session, "join")
        detail = await until(
            watch,
            lambda detail: (
                detail.pipeline.state is PipelineState.COMPLETED
                and all(job.finished_at for job in detail.jobs.values())
            ),
        )
        runs = {run.created_job_id or "" for run in detail.pipeline.job_runs}
        assert detail.jobs.keys() == runs
        assert len(runs) == 4
        assert session.known_items.jobs(runs).keys() == runs


async def test_a_watch_shows_that_a_pipeline_is_paused_loses_a_job_and_completes(
    studio: "ThreadStudio", tmp_path: Path
) -> None:
    await asyncio.to_thread(make_diamond, studio)
    async with session_of(studio, tmp_path) as session:
        watch = await trigger(session, "join", review=True)
        detail = await until(watch, lambda detail: len(detail.pipeline.job_runs) == 4)
        assert detail.pipeline.state is PipelineState.PAUSED
        removed = next(run for run in detail.pipeline.job_runs if run.name == "tokens.py")
        assert await session.commands.pipelines.remove_job(detail.pipeline, removed.job_id)
        detail = await until(watch, lambda detail: len(detail.pipeline.job_runs) == 3)
        assert await session.commands.pipelines.resume(detail.pipeline)
        await until(watch, lambda detail: detail.pipeline.state is PipelineState.COMPLETED)


async def test_a_job_that_is_in_no_list_is_found_by_its_id(
    studio: "ThreadStudio", tmp_path: Path
) -> None:
    job_id = await asyncio.to_thread(make_dataset, studio, "first")
    async with session_of(studio, tmp_path) as session:
        assert session.known_items.jobs([job_id]) == {}
        found = await session.known_items.find_jobs([job_id, "no-such-job"])
        assert [job.id for job in found] == [job_id]
