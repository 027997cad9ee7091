"""Runs the dashboard with the page of a pipeline, which a Studio in memory returns."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from textual.pilot import Pilot

from studio_tui.api.client import StudioClient
from studio_tui.api.models import DatasetVersion, Job, Pipeline
from studio_tui.api.pages import ResultPage
from studio_tui.errors import StudioError
from studio_tui.service.session import SessionOptions, StudioSession
from studio_tui.tui.app import StudioApp
from studio_tui.tui.connected import Connected
from studio_tui.tui.messages import OpenPipeline
from studio_tui.tui.pipelines.graph.memory import DagPlace, Mode
from studio_tui.tui.pipelines.graph.screen import PipelineScreen
from studio_tui.tui.theme import DARK
from tests.driving import driving
from tests.presentation.pipelines.sample import sixteen
from tests.scenes import NOON, FixedStudio
from tests.tui.dashboards import until

STARTS_AND_DURATIONS = {
    "ingest_raw": (5, 41),
    "ingest_labels": (5, 12),
    "clean_labels": (25, 63),
    "index": (55, 125),
    "dedupe": (185, 372),
    "thumbs": (565, 210),
    "embed": (565, 598),
}
"""By the name of a job: when it started, in seconds after its creation, and how long it ran."""


class DagStudio(FixedStudio):
    """Answers about one pipeline and its jobs, and records the requests that change something."""

    def __init__(self, pipeline: Pipeline | None = None) -> None:
        super().__init__(becomes_unreachable=False, has_pipeline_runs=False)
        self.error: StudioError | None = None
        """Raised instead of returning the pipeline, if it is set."""
        self.dataset_error: StudioError | None = None
        """Raised instead of returning the datasets of a job, if it is set."""
        self.dataset_requests: list[str] = []
        """The jobs whose datasets were requested."""
        self.requests: list[tuple[str, str]] = []
        """Requests in order: `pause`, `resume`, `remove` or `cancel`, and an id."""
        self.set_pipeline(pipeline or sixteen())

    def set_pipeline(self, pipeline: Pipeline) -> None:
        """Replace the pipeline and its runs."""
        self.current_pipeline = pipeline
        self.runs = jobs_of(pipeline)

    async def pipeline(self, **_: object) -> Pipeline:
        """Return the pipeline."""
        if self.error is not None:
            raise self.error
        return self.current_pipeline.model_copy()

    async def pipelines(self, **_: object) -> ResultPage[Pipeline]:
        """Return the pipeline as the only one."""
        return ResultPage((self.current_pipeline,))

    async def jobs(
        self, *, limit: int = 100, status: str | None = None, **_: object
    ) -> ResultPage[Job]:
        """Return the runs."""
        return ResultPage(() if status == "TASK" else self.runs[:limit])

    async def job(self, job_id: str) -> Job | None:
        """Return one of the runs."""
        return next((job for job in self.runs if job.id == job_id), None)

    async def job_dataset_versions(self, job_id: str) -> tuple[DatasetVersion, ...]:
        """Return one dataset, named after the job."""
        self.dataset_requests.append(job_id)
        if self.dataset_error is not None:
            raise self.dataset_error
        name = job_id.removeprefix("run-")
        return (DatasetVersion(dataset_name=f"local.local.{name}", version="1.0.3"),)

    async def pause_pipeline(self, *, pipeline_id: str | None = None) -> None:
        """Pause the pipeline."""
        self.requests.append(("pause", pipeline_id or ""))
        self.current_pipeline = self.current_pipeline.model_copy(update={"status": "PAUSED"})

    async def resume_pipeline(self, *, pipeline_id: str | None = None) -> None:
        """Resume the pipeline."""
        self.requests.append(("resume", pipeline_id or ""))
        self.current_pipeline = self.current_pipeline.model_copy(update={"status": "RUNNING"})

    async def remove_job(self, job_id: str, *, pipeline_id: str | None = None) -> None:  # noqa: ARG002
        """Remove a job; its children then wait for its parents."""
        self.requests.append(("remove", job_id))
        (removed,) = (run for run in self.current_pipeline.job_runs if run.job_id == job_id)

        def without_removed(parents: tuple[str, ...]) -> tuple[str, ...]:
            if job_id not in parents:
                return parents
            place = parents.index(job_id)
            return (*parents[:place], *removed.parent_job_ids, *parents[place + 1 :])

        job_runs = tuple(
            run.model_copy(update={"parent_job_ids": without_removed(run.parent_job_ids)})
            for run in self.current_pipeline.job_runs
            if run is not removed
        )
        self.current_pipeline = self.current_pipeline.model_copy(update={"job_runs": job_runs})

    async def cancel_job(self, job_id: str) -> None:
        """Record that a run was canceled, without changing the pipeline."""
        self.requests.append(("cancel", job_id))


def jobs_of(pipeline: Pipeline) -> tuple[Job, ...]:
    """Return the runs of a pipeline, with the times in `STARTS_AND_DURATIONS` if they started."""
    return tuple(_job(run) for run in pipeline.job_runs if run.created_job_id)


def _job(run: Any) -> Job:
    created = NOON - timedelta(minutes=20)
    sent: dict[str, Any] = {
        "id": run.created_job_id,
        "status": run.status,
        "name": run.name,
        "created_at": created.isoformat(),
        "created_by": "ann",
        "query": "import datachain as dc",
        "team": "vision",
        "workers": 2,
        "compute_cluster_name": "gpu-a10",
    }
    if run.name in STARTS_AND_DURATIONS and run.status in {"COMPLETE", "FAILED", "RUNNING"}:
        start, duration = STARTS_AND_DURATIONS[run.name]
        started = created + timedelta(seconds=start)
        sent["started_at"] = started.isoformat()
        if run.status != "RUNNING":
            sent["finished_at"] = (started + timedelta(seconds=duration)).isoformat()
    if run.status == "FAILED":
        sent |= {"exit_code": 1, "error_message": "OutOfMemoryError: CUDA out of memory"}
    return Job.model_validate(sent)


def session_on(studio: DagStudio, folder: Path) -> StudioSession:
    """Return a session on a Studio in memory."""
    return StudioSession(
        cast(StudioClient, studio), "vision", folder / "spool", SessionOptions(is_local=True)
    )


@asynccontextmanager
async def pipeline_dashboard(
    studio: DagStudio,
    folder: Path,
    *,
    size: tuple[int, int] = (120, 40),
    read_only: bool = False,
    loaded: bool = True,
    frames: bool = False,
) -> AsyncIterator[Pilot[int]]:
    """Run the dashboard with the page of the pipeline, and wait until it is loaded, if `loaded`.

    With `frames` each frame is drawn, which clicks need.
    """
    session = session_on(studio, folder)

    def connect(_: object) -> Connected:
        return Connected(
            session,
            "vision@test",
            "vision",
            folder / "view.json",
            read_only=read_only,
        )

    app = StudioApp(connect, theme=DARK.name, waiting_for="Connecting…")
    async with driving(app, size=size, frames=frames, notifications=True) as pilot:
        await until(pilot, lambda: session.jobs.snapshot.value is not None)
        app.post_message(OpenPipeline(studio.current_pipeline.pipeline_id))
        await until(pilot, lambda: isinstance(app.screen, PipelineScreen))
        if loaded:
            await until(pilot, lambda: screen_of(pilot).state.is_loaded)
            await pilot.pause()
        yield pilot


async def show_on_new_page(
    pilot: Pilot[int],
    studio: DagStudio,
    pipeline: Pipeline | None = None,
    *,
    size: tuple[int, int] = (120, 40),
) -> None:
    """Show another pipeline on a new page, to which no place of an earlier page applies."""
    app = pilot.app
    if app.size != size:
        await pilot.resize_terminal(*size)
    pages = [page for page in app.screen_stack if isinstance(page, PipelineScreen)]
    studio.error = None
    studio.requests.clear()
    pipeline_id = f"{len(pages):08x}"
    # Without a place of its own, the page would begin in the mode of the last saved place.
    pages[-1].state._memory.note(pipeline_id, DagPlace(mode=Mode.TREE))
    studio.set_pipeline((pipeline or sixteen()).model_copy(update={"pipeline_id": pipeline_id}))
    pages[-1].session.jobs.poke()
    app.clear_notifications()
    app.post_message(OpenPipeline(pipeline_id))

    def is_shown() -> bool:
        page = app.screen
        return isinstance(page, PipelineScreen) and page.state.pipeline_id == pipeline_id

    await until(pilot, is_shown)
    await until(pilot, lambda: screen_of(pilot).state.is_loaded)
    await pilot.pause()


def screen_of(pilot: Pilot[int]) -> PipelineScreen:
    """Return the screen of the pipeline."""
    screen = pilot.app.screen
    assert isinstance(screen, PipelineScreen)
    return screen


async def press(pilot: Pilot[int], keys: Iterable[str]) -> None:
    """Press keys one after the other, and wait until a graph is laid out, which a thread may do."""
    for key in keys:
        await pilot.press(key)
    screen = pilot.app.screen
    if (
        isinstance(screen, PipelineScreen)
        and screen.state.is_loaded
        and screen.state.view.mode is Mode.GRAPH
    ):
        await until(pilot, lambda: screen.views.drawing.canvas is not None)
    await pilot.pause()


async def go_to(pilot: Pilot[int], name: str) -> None:
    """Move the cursor to a job, as a search does."""
    screen_of(pilot).cursor.go(name)
    await press(pilot, ())
    await until(pilot, lambda: screen_of(pilot).cursor.here() == name)


async def refresh(pilot: Pilot[int], studio: DagStudio, pipeline: Pipeline) -> None:
    """Replace the pipeline on Studio, and wait until the page shows the new one."""
    screen = screen_of(pilot)
    studio.set_pipeline(pipeline.model_copy(update={"pipeline_id": screen.state.pipeline_id}))
    screen.source.poke()
    await until(
        pilot,
        lambda: (
            screen.state.is_loaded
            and screen.state.loaded.pipeline.job_runs == pipeline.job_runs
            and screen.state.loaded.pipeline.status == pipeline.status
        ),
    )
    await pilot.pause()
