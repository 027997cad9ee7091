"""What a user has typed into the form of a job: every field as text, valid or not, nothing lost."""

import json
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Self

from studio_tui.api.models import Job, JobInput


@dataclass(frozen=True)
class Draft:
    """A form as it stands, in the order of `fields.FIELDS`, named as in `JobInput` where possible.

    It may hold secrets, so it is kept only in files that nobody else can read.
    """

    query_file: str = ""
    """Path of the query's file, empty for the text."""
    query: str = ""
    """The text of the query; does not count while `query_file` names one."""
    query_type: str = ""
    """Empty: by the ending of the name."""
    query_name: str = ""
    environment: str = field(default="", repr=False)
    workers: str = ""
    python_version: str = ""
    requirements: str = ""
    repository: str = ""
    files: tuple[str, ...] = ()
    """Paths of files that are still to be uploaded."""
    uploads: tuple[str, ...] = ()
    """Ids of files that Studio has already."""
    priority: str = ""
    compute_cluster_name: str = ""
    compute_cluster_id: str = ""
    credentials_name: str = ""
    start_after: str = ""
    """In natural words, or as an ISO time."""
    cron_expression: str = ""
    rerun_from_job_id: str = ""
    """The job whose checkpoints are to be reused."""
    reset: bool = False
    """Whether checkpoints are to be ignored."""

    @classmethod
    def of(cls, wish: JobInput, now: datetime) -> Self:
        """Return the form that asks for `wish`; a schedule that has begun goes on from now."""
        start = wish.start_after and _aware(wish.start_after)
        if wish.cron_expression and start is not None and start <= now:
            start = None
        typed = {
            each.name: _typed(getattr(wish, each.name))
            for each in fields(cls)
            if each.name in JobInput.model_fields
        }
        typed |= {"files": (), "uploads": wish.files or (), "reset": bool(wish.reset)}
        return cls(**{**typed, "start_after": start.isoformat() if start is not None else ""})

    def resuming(self, job_id: str) -> Self:
        """Return the form for going on from the checkpoints of a job."""
        return replace(self, rerun_from_job_id=job_id, reset=False)

    def to_json(self) -> str:
        """Return the draft as JSON that `from_json` reads; ASCII only, whatever was typed."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a draft. What another version wrote is taken as far as this one knows it.

        Raises:
            ValueError: it is not the JSON of a draft.
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


def not_told(job: Job, draft: Draft) -> tuple[str, ...]:
    """Return the fields that Studio does not send of `job` and that `draft` leaves empty.

    They get the server's default, whatever the job had. A history that knows them fills the draft.
    """
    never = ("files", "priority", "credentials_name", "start_after", "cron_expression")
    cluster = () if job.compute_cluster_name or job.compute_cluster_id else _CLUSTER
    given = {"files": bool(draft.files or draft.uploads)}
    if draft.compute_cluster_id:
        given["compute_cluster_name"] = True
    return tuple(
        name for name in (*never, *cluster) if not given.get(name, bool(getattr(draft, name)))
    )


def untold(job: Job) -> tuple[str, ...]:
    """Return the fields that a repeat of `job` has only if it is known how it was submitted."""
    is_told = job.compute_cluster_name or job.compute_cluster_id
    cluster = () if is_told else ("compute_cluster_name", "compute_cluster_id")
    return ("uploads", "priority", "credentials_name", *cluster)


_CLUSTER = ("compute_cluster_name",)


def _aware(moment: datetime) -> datetime:
    """Read a time without a zone as UTC, which is all that is ever sent."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _typed(value: object) -> Any:
    if isinstance(value, Enum):
        return value.value
    return "" if value is None else str(value)


def _read(value: Any, empty: str | bool | tuple[str, ...]) -> Any:
    """Return a value if it is of the field's kind, else what an empty form has there."""
    if isinstance(empty, tuple):
        texts = value if isinstance(value, list) else []
        return tuple(text for text in texts if isinstance(text, str))
    return value if type(value) is type(empty) else empty
