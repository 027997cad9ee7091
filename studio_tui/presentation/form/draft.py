"""Contents of the job form as typed: every field as text, valid or not."""

import json
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Self

from studio_tui.api.models import Job, JobInput


@dataclass(frozen=True)
class Draft:
    """Contents of the job form in the order of `FIELDS`; names match `JobInput` where applicable.

    It may contain secrets, so it is stored only in files that are private to the user.
    """

    query_file: str = ""
    """Path of the query's file; empty to use the text."""
    query: str = ""
    """Text of the query; ignored while `query_file` is set."""
    query_type: str = ""
    """If empty, determined by the file extension."""
    query_name: str = ""
    environment: str = field(default="", repr=False)
    workers: str = ""
    python_version: str = ""
    requirements: str = ""
    repository: str = ""
    files: tuple[str, ...] = ()
    """Paths of files to upload."""
    uploads: tuple[str, ...] = ()
    """Ids of files that are already uploaded."""
    priority: str = ""
    compute_cluster_name: str = ""
    compute_cluster_id: str = ""
    credentials_name: str = ""
    start_after: str = ""
    """In natural language, or an ISO 8601 time."""
    cron_expression: str = ""
    rerun_from_job_id: str = ""
    """The job whose checkpoints to reuse."""
    reset: bool = False
    """Whether to ignore checkpoints."""

    @classmethod
    def of(cls, job_input: JobInput, now: datetime) -> Self:
        """Return the form for a request; a start in the past is dropped if there is a cron."""
        start = job_input.start_after and _aware(job_input.start_after)
        if job_input.cron_expression and start is not None and start <= now:
            start = None
        typed = {
            each.name: _text(getattr(job_input, each.name))
            for each in fields(cls)
            if each.name in JobInput.model_fields
        }
        typed |= {"files": (), "uploads": job_input.files or (), "reset": bool(job_input.reset)}
        return cls(**{**typed, "start_after": start.isoformat() if start is not None else ""})

    def continuing(self, job_id: str) -> Self:
        """Return the form of a job that continues from another's checkpoints."""
        return replace(self, rerun_from_job_id=job_id, reset=False)

    def to_json(self) -> str:
        """Return the draft as JSON for `from_json`, in ASCII."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Parse a draft; unknown fields are ignored and missing or invalid ones are empty.

        Raises:
            ValueError: not a JSON object.
        """
        try:
            read = json.loads(text)
        except RecursionError as error:
            raise ValueError("it is nested too deeply") from error
        if not isinstance(read, dict):
            raise ValueError("it is not a JSON object")  # noqa: TRY004 (one error for the caller)
        empty = cls()
        known = {each.name for each in fields(cls)} & read.keys()
        return cls(**{name: _read(read[name], getattr(empty, name)) for name in known})


def fields_not_sent(job: Job, draft: Draft) -> tuple[str, ...]:
    """Return the fields that Studio does not send for `job` and that are empty in `draft`.

    They get the server's default, whatever the job had. The history of submitted jobs can fill in
    the draft.
    """
    never = ("files", "priority", "credentials_name", "start_after", "cron_expression")
    cluster = () if job.compute_cluster_name or job.compute_cluster_id else _CLUSTER
    has_value = {"files": bool(draft.files or draft.uploads)}
    if draft.compute_cluster_id:
        has_value["compute_cluster_name"] = True
    return tuple(
        name for name in (*never, *cluster) if not has_value.get(name, bool(getattr(draft, name)))
    )


def fields_from_history(job: Job) -> tuple[str, ...]:
    """Return the fields that a rerun of `job` gets only from the history of submitted jobs."""
    is_told = job.compute_cluster_name or job.compute_cluster_id
    cluster = () if is_told else ("compute_cluster_name", "compute_cluster_id")
    return ("uploads", "priority", "credentials_name", *cluster)


_CLUSTER = ("compute_cluster_name",)


def _aware(moment: datetime) -> datetime:
    """Interpret a time without a zone as UTC, as all times sent are in UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(value: object) -> Any:
    if isinstance(value, Enum):
        return value.value
    return "" if value is None else str(value)


def _read(value: Any, empty: str | bool | tuple[str, ...]) -> Any:
    """Return a value if it has the field's type, else the field's empty value."""
    if isinstance(empty, tuple):
        texts = value if isinstance(value, list) else []
        return tuple(text for text in texts if isinstance(text, str))
    return value if type(value) is type(empty) else empty
