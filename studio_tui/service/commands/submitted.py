"""The parts of a job request that this program records, as Studio does not return them.

Secrets, the query and the environment are not recorded.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from studio_tui.api.fields import Line
from studio_tui.api.models import JobInput, JobRequest


class RelatedRequest(JobRequest):
    """A job request with its relation to a schedule or job, which is recorded but not sent."""

    run_of: str | None = Field(default=None, exclude=True)
    """Id of the schedule of which the job is a manual run."""
    replaces: str | None = Field(default=None, exclude=True)
    """Id of the schedule that the requested one replaces."""
    repeats: str | None = Field(default=None, exclude=True)
    """Id of the job that this one runs again from the start, unchanged or edited."""

    @classmethod
    def of(
        cls,
        job: JobInput,
        *,
        run_of: str | None = None,
        replaces: str | None = None,
        repeats: str | None = None,
    ) -> Self:
        """Return the request `job` with its relations; see the attributes of the same names."""
        relations = {"run_of": run_of, "replaces": replaces, "repeats": repeats}
        return cls(**{**dict(job), **relations})


def rerun_request(request: JobInput, job_id: str, *, from_checkpoints: bool) -> JobInput:
    """Return `request`, which repeats the job `job_id`, with a link to that job.

    If `from_checkpoints`, the new job continues that one instead of beginning from the start.
    """
    if from_checkpoints:
        return request.model_copy(update={"rerun_from_job_id": job_id})
    return RelatedRequest.of(request, repeats=job_id)


def edited_request(request: JobInput, original: JobInput, job_id: str) -> JobInput:
    """Return `request`, which was edited from `original`, with a link to the job `job_id`.

    `original` repeats that job unchanged. A run with another name is no repetition, and gets no
    link. A run from checkpoints has one already.
    """
    if request.rerun_from_job_id or request.query_name != original.query_name:
        return request
    return RelatedRequest.of(request, repeats=job_id)


class SentFile(BaseModel):
    """An uploaded file, with its path on this machine."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, defer_build=True)

    id: str
    label: Line | None = None
    """The file's name; `None` if only the id is known."""
    size: int | None = None
    path: Line | None = None
    """On this machine; `None` if unknown."""


class Submitted(BaseModel):
    """The parts of a job request that Studio does not return; `None` for those it lacks.

    Fields of the request that `JobInput` does not declare are extra attributes.
    """

    model_config = ConfigDict(
        frozen=True, hide_input_in_errors=True, extra="allow", defer_build=True
    )

    priority: int | None = None
    files: tuple[SentFile, ...] = ()
    credentials_name: str | None = None
    compute_cluster_name: str | None = None
    compute_cluster_id: str | int | None = None
    start_after: datetime | None = None
    cron_expression: str | None = None
    time_zone: str | None = None
    """Time zone of the cron expression; `None` for UTC."""
    rerun_from_job_id: str | None = None
    reset: bool | None = None
    run_of: str | None = None
    replaces: str | None = None
    repeats: str | None = None

    @classmethod
    def of(cls, request: JobInput, files: Mapping[str, SentFile]) -> Self:
        """Return the parts of a request to record; `files` are the known files by upload id."""
        sent_files = tuple(files.get(each) or SentFile(id=each) for each in request.files or ())
        other_names = cls.model_fields.keys() - {"files"}
        others = {name: getattr(request, name, None) for name in other_names}
        return cls(files=sent_files, **others, **(request.model_extra or {}))

    def to_json(self) -> str:
        """Return the parts as a single line of JSON that `model_validate_json` reads."""
        return self.model_dump_json(exclude_none=True)
