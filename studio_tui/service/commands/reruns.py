"""Runs several jobs again in the order of their dependencies; for the local Studio only."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from studio_tui.api.client import StudioClient
from studio_tui.api.local_models import RerunJob
from studio_tui.api.models import JobInput, Pipeline
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.commands.retries import KeyedRequests
from studio_tui.service.commands.submitted import Submitted
from studio_tui.service.commands.uploads import Uploads


class OrderedReruns:
    """Runs jobs again as a pipeline, and records in the history how its jobs were submitted."""

    def __init__(
        self,
        client: StudioClient,
        history: JobHistory,
        *,
        on_created: Callable[[Pipeline, Mapping[str, Submitted]], None] = lambda *_: None,
    ) -> None:
        """Initialize; `on_created` is called with a new pipeline and its submissions by job id."""
        self._client = client
        self._history = history
        self._on_created = on_created
        self._requests = KeyedRequests()
        self._uploads = Uploads(client)

    async def run(
        self, inputs: Mapping[str, JobInput], files: Sequence[Path] = ()
    ) -> Pipeline | None:
        """Run jobs again; `inputs` are their requests, by the id of the job that each repeats.

        `files` are added to each of the jobs. Returns `None`, without creating anything, if none of
        the jobs depends on another.

        Raises:
            StudioError: nothing was created, or it is not known whether the pipeline was.
        """
        uploaded = await self._uploads.upload(files, lambda _path, _sent, _size: None)
        new_ids = tuple(file.id for file in uploaded)
        jobs = {
            job_id: job.model_copy(update={"files": (*(job.files or ()), *new_ids) or None})
            for job_id, job in inputs.items()
        }
        reruns = [RerunJob(job_id=job_id, job=job) for job_id, job in jobs.items()]
        pipeline = await self._requests.send(
            "\n".join(f"{rerun.job_id} {rerun.job.model_dump_json()}" for rerun in reruns),
            lambda key: self._client.local.rerun_jobs(reruns, idempotency_key=key),
        )
        if pipeline is not None:
            file_ids = {file_id for job in jobs.values() for file_id in job.files or ()}
            known_files = await asyncio.to_thread(self._history.uploaded_files, file_ids)
            known_files |= {file.id: file for file in uploaded}
            submissions = {
                run.created_job_id: Submitted.of(jobs[run.job_id], known_files)
                for run in pipeline.job_runs
                if run.created_job_id and run.job_id in jobs
            }
            for job_id, submitted in submissions.items():
                await asyncio.to_thread(self._history.note_submitted, job_id, submitted)
            self._on_created(pipeline, submissions)
        return pipeline
