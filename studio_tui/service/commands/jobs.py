"""Commands on jobs: each is one request, and its outcome is never guessed.

A command is sent once. If no answer arrives, it raises `OutcomeUnknown`, and the caller reads the
job again before reporting anything. Jobs are created by `JobCreator`.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from studio_tui.api.client import StudioClient
from studio_tui.api.label import variables
from studio_tui.api.models import Job, JobInput, JobRequest, QueryType
from studio_tui.api.states import JobState
from studio_tui.errors import InvalidRequest, NotSent, OutcomeUnknown, RateLimited, StudioError
from studio_tui.service.commands.attempts import RESTS, send_with_retries
from studio_tui.service.commands.submitted import Submitted

LONGEST_REST = 30.0
"""Longest wait, in seconds, that Studio may ask for before a command is given up."""


class JobCommands:
    """Commands to Studio; after each one the lists are refreshed at once."""

    def __init__(
        self,
        client: StudioClient,
        changed: Callable[[], None],
        *,
        canceling: Callable[[str], AbstractContextManager[object]] = nullcontext,
        rests: tuple[float, ...] = RESTS,
    ) -> None:
        """Initialise; `changed` is called when jobs may have changed, `rests` are retry delays.

        `canceling` is entered with the id of a job while its cancellation is requested.
        """
        self._client = client
        self._changed = changed
        self._canceling = canceling
        self._rests = rests

    async def cancel(self, job_id: str) -> None:
        """Cancel a job.

        Canceling is idempotent, so if the outcome is unknown, the job is read again, and the
        request repeated once if it still runs. A request that had no effect, because it did not
        arrive or came too early, is retried a few times.

        Raises:
            StudioError: the job was not canceled, or it is not known whether it was.
        """
        try:
            with self._canceling(job_id):
                try:
                    await self._send_cancel(job_id)
                except OutcomeUnknown as unknown:
                    if await self._is_still_cancelable(job_id, unknown):
                        await self._cancel_again(job_id)
        finally:
            self._changed()

    async def _cancel_again(self, job_id: str) -> None:
        """Repeat a request; if it is refused because the job is already canceled, it succeeded."""
        try:
            await self._send_cancel(job_id)
        except OutcomeUnknown as unknown:
            if await self._is_still_cancelable(job_id, unknown):
                raise
        except InvalidRequest as refused:
            job = await self._client.job(job_id)
            if job is None or job.state is not JobState.CANCELED:
                raise refused from None

    async def _send_cancel(self, job_id: str) -> None:
        """Request cancellation; retry as long as the request cannot have had an effect."""
        await send_with_retries(
            lambda: self._client.cancel_job(job_id),
            self._rests,
            after=(NotSent, RateLimited),
            longest=LONGEST_REST,
        )

    async def _is_still_cancelable(self, job_id: str, unknown: OutcomeUnknown) -> bool:
        """Return whether the job still runs; if that is unknown, raise `unknown`."""
        try:
            job = await self._client.job(job_id)
        except StudioError:
            raise unknown from None
        if job is None:
            raise unknown
        return job.state.is_cancelable


def repeat_of(job: Job, team: str, submitted: Submitted | None = None) -> JobInput:
    """Return the input that repeats `job` once, from the data that Studio sends.

    What Studio does not send is taken from `submitted`, if known; else it is left at its default.

    Raises:
        InvalidRequest: the known data of the job are not enough to repeat it.
    """
    if job.query is None:
        raise InvalidRequest(400, "This job's query is not known here, so it cannot be run again.")
    environment = {name: value.get_secret_value() for name, value in variables(job).items()}
    for name, value in environment.items():
        if "\n" in value or "\r" in value:
            raise InvalidRequest(
                400,
                f"The environment variable {name} has a line break in its value, which the API "
                "does not accept. Submit the job from its script instead.",
            )
    unsent = submitted or Submitted()
    has_cluster = job.compute_cluster_name or job.compute_cluster_id
    where: Job | Submitted = job if has_cluster else unsent
    by_id = None if where.compute_cluster_name else _cluster_id(where.compute_cluster_id)
    return JobRequest(
        query=job.query.text,
        query_type=job.query_type or QueryType.PYTHON,
        team_name=team,
        environment="\n".join(f"{name}={value}" for name, value in environment.items()) or None,
        workers=job.workers or None,
        query_name=job.name,
        python_version=job.python_version,
        requirements=job.requirements.text if job.requirements else None,
        repository=job.repository.text if job.repository else None,
        files=tuple(file.id for file in unsent.files) or None,
        priority=unsent.priority,
        compute_cluster_name=where.compute_cluster_name,
        compute_cluster_id=by_id,
        credentials_name=unsent.credentials_name,
        **(unsent.model_extra or {}),
    )


def _cluster_id(cluster_id: str | int | None) -> str | int | None:
    """Return a cluster's id as the API expects it: its document has a number there."""
    return int(cluster_id) if isinstance(cluster_id, str) and cluster_id.isdecimal() else cluster_id


def failure_message(error: StudioError) -> str:
    """Return the message for a failed command, which says so if the outcome is unknown."""
    if isinstance(error, OutcomeUnknown):
        return f"No answer from Studio; it may or may not have been done: {error}"
    return str(error)


def rescheduled(
    task: Job, repeat: JobInput, *, cron_expression: str | None, start_after: datetime | None
) -> JobInput:
    """Return the input of a schedule with other times; `repeat` repeats `task` once."""
    zone = task.schedule.time_zone if task.schedule and cron_expression else None
    times = {
        "cron_expression": cron_expression,
        "start_after": start_after,
        "time_zone": zone if zone != "UTC" else None,
    }
    return repeat.model_copy(update=times)
