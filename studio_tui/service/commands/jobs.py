"""Cancels jobs, and makes the requests that repeat them; `JobCreator` creates jobs."""

from datetime import datetime

from studio_tui.api.client import StudioClient
from studio_tui.api.label import user_variables
from studio_tui.api.models import Job, JobInput, JobRequest, QueryType
from studio_tui.api.states import JobState
from studio_tui.errors import InvalidRequest, NotSent, OutcomeUnknown, RateLimited, StudioError
from studio_tui.service.commands.retries import REFUSALS, send_with_retries, still_unknown
from studio_tui.service.commands.submitted import Submitted

LONGEST_PAUSE = 30.0
"""Maximum seconds for which a command waits if Studio asks for it."""


async def cancel_job(client: StudioClient, job_id: str) -> None:
    """Cancel a job; a request that had no effect is repeated, as canceling is idempotent.

    Raises:
        StudioError: the job was not canceled, or it is not known whether it was.
    """

    async def send() -> bool:
        await client.cancel_job(job_id)
        return True

    async def look_up(error: StudioError) -> bool | None:
        try:
            job = await client.job(job_id)
        except StudioError:
            job = None
        if job is None:
            raise still_unknown(error) from None
        # If Studio refuses because the job is already canceled, that counts as success.
        is_refused = isinstance(error, REFUSALS)
        is_done = job.state is JobState.CANCELED or not (is_refused or job.state.is_cancelable)
        return is_done or None

    await send_with_retries(
        send,
        retried_errors=(NotSent, RateLimited, OutcomeUnknown),
        longest_rest=LONGEST_PAUSE,
        look_up=look_up,
    )


def repeat_of(job: Job, team: str, submitted: Submitted | None = None) -> JobInput:
    """Return the request that runs `job` again once.

    Settings that Studio does not send are taken from `submitted`.

    Raises:
        InvalidRequest: the query is not known, or a value of the environment has a line break,
            which the API does not accept.
    """
    if job.query is None:
        raise InvalidRequest(400, "This job's query is not known here, so it cannot be run again.")
    environment = {name: value.get_secret_value() for name, value in user_variables(job).items()}
    for name, value in environment.items():
        if "\n" in value or "\r" in value:
            raise InvalidRequest(
                400,
                f"The environment variable {name} has a line break in its value, which the API "
                "does not accept. Submit the job from its script instead.",
            )
    recorded = submitted or Submitted()
    has_cluster = job.compute_cluster_name or job.compute_cluster_id
    source: Job | Submitted = job if has_cluster else recorded
    cluster_name = source.compute_cluster_name
    # Studio accepts the name or the id, not both.
    cluster_id = None if cluster_name else _as_number(source.compute_cluster_id)
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
        files=tuple(file.id for file in recorded.files) or None,
        priority=recorded.priority,
        compute_cluster_name=cluster_name,
        compute_cluster_id=cluster_id,
        credentials_name=recorded.credentials_name,
        **(recorded.model_extra or {}),
    )


def _as_number(cluster_id: str | int | None) -> str | int | None:
    return int(cluster_id) if isinstance(cluster_id, str) and cluster_id.isdecimal() else cluster_id


def failure_message(error: StudioError) -> str:
    """Return the message for a failed command; it says whether the outcome is unknown."""
    if isinstance(error, OutcomeUnknown):
        return f"It may or may not have been done: {error}"
    return str(error)


def schedule_request(
    task: Job, repeat: JobInput, *, cron_expression: str | None, start_after: datetime | None
) -> JobInput:
    """Return the request for a schedule like `task`; `repeat` is the request for one run of it."""
    zone = task.schedule.time_zone if task.schedule and cron_expression else None
    times = {
        "cron_expression": cron_expression,
        "start_after": start_after,
        "time_zone": zone if zone != "UTC" else None,
    }
    return repeat.model_copy(update=times)
