"""Sample jobs that are offered in a new local Studio."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual.app import App

from studio_tui.api.models import JobInput, Pipeline
from studio_tui.api.states import JobState, PipelineState
from studio_tui.errors import StudioError
from studio_tui.presentation.format import plural
from studio_tui.service.commands.create_job import Created, JobRefused
from studio_tui.service.commands.trigger_pipeline import Triggered, TriggerRequest
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.jobs.create import create

STARTED = (
    "The sample pipeline is running. Press 2 and enter to see it; one of its jobs is going to fail."
)
FAILED = (
    "The sample pipeline failed. Press 2 and enter to see it:"
    " n goes to the failed job, l shows its log, e fixes it."
)


@dataclass(frozen=True)
class SampleJobs:
    """The sample jobs of a new local Studio, and a pipeline that rebuilds one of their datasets."""

    jobs: Sequence[tuple[JobInput, Sequence[Path]]]
    """The requests of the jobs to create, in this order, each with its files."""
    about: Sequence[str]
    """Lines that describe the jobs."""
    ask: bool
    """Whether to ask before running them."""
    target: str
    """The dataset that the pipeline rebuilds once the `makers` are complete."""
    makers: Collection[str]
    """Names of the jobs that must be complete before the pipeline is triggered."""


async def offer_samples(app: App[Any], session: StudioSession, samples: SampleJobs) -> None:
    """Run the samples if there are no jobs, and if the user agrees or need not be asked.

    Call from a worker.
    """
    if (await session.jobs.first_answer()).jobs:
        return
    question = Confirm(
        "This local Studio has no jobs yet. Run the sample jobs?",
        (
            "Small scripts that read the text of this machine's Python library,",
            "and write only into folders of their own:",
            "",
            *samples.about,
        ),
        yes="Run them",
        no="Not now",
        default_yes=True,
    )
    if samples.ask and not await app.push_screen_wait(question):
        return
    maker_ids = set()
    for request, files in samples.jobs:
        outcome = await create(app, session.commands.job_creator, request, files)
        if isinstance(outcome, JobRefused):
            app.notify(str(outcome.error), severity="error", markup=False)
        if not isinstance(outcome, Created):
            return
        if request.query_name in samples.makers:
            maker_ids.add(outcome.job.id)
    app.notify(f"Created: {plural(len(samples.jobs), 'sample job')}", markup=False)
    if await _wait_until_complete(session, maker_ids):
        await _trigger(app, session, samples)


async def _wait_until_complete(session: StudioSession, job_ids: Collection[str]) -> bool:
    """Wait until all jobs are complete, or one has ended otherwise; return whether all are."""

    def states() -> list[JobState]:
        return [job.state for job in session.known_items.jobs(job_ids).values()]

    def is_decided() -> bool:
        ended = [state for state in states() if state.is_finished]
        is_any_incomplete = any(state is not JobState.COMPLETE for state in ended)
        return is_any_incomplete or len(ended) == len(job_ids)

    await session.jobs.value_once(is_decided)
    return all(state is JobState.COMPLETE for state in states())


async def _trigger(app: App[Any], session: StudioSession, samples: SampleJobs) -> None:
    """Trigger the pipeline, which is made to fail; notify the user when it starts and fails."""
    try:
        request = TriggerRequest((samples.target,), review=False)
        outcome = await session.commands.pipeline_trigger.trigger(request, before=())
    except StudioError as error:
        app.notify(f"No sample pipeline: {error}", severity="warning", markup=False)
        return
    if isinstance(outcome, Triggered):
        app.notify(STARTED, timeout=20, markup=False)
        await session.pipelines.value_once(lambda: _has_failed(session, outcome.pipeline))
        app.notify(FAILED, timeout=20, markup=False)


def _has_failed(session: StudioSession, pipeline: Pipeline) -> bool:
    pipelines = session.pipelines.snapshot.value
    latest = pipelines.get(pipeline.pipeline_id) if pipelines else None
    return latest is not None and latest.state is PipelineState.FAILED
