"""What a job was submitted with that Studio does not send back; no secret, query or environment."""

from collections.abc import Mapping
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from studio_tui.api.fields import Line
from studio_tui.api.models import JobInput


class OfSchedule(JobInput):
    """A request of which it is remembered here, and not sent, what it has to do with a schedule."""

    run_of: str | None = Field(default=None, exclude=True)
    replaces: str | None = Field(default=None, exclude=True)

    @classmethod
    def of(cls, wish: JobInput, *, run_of: str | None = None, replaces: str | None = None) -> Self:
        """Return the request of a job that is a run by hand, or takes a schedule's place."""
        return cls(**dict(wish), run_of=run_of, replaces=replaces)


class SentFile(BaseModel):
    """A file that was uploaded, and from where."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    id: str
    """That Studio gave the upload."""
    label: Line | None = None
    """Its name; `None` when all that is known is the id."""
    size: int | None = None
    """Bytes."""
    path: Line | None = None
    """Where it came from on this machine, safe to draw."""


class Submitted(BaseModel):
    """The untold parts of a job; `None` means that they were left to Studio's default."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    priority: int | None = None
    files: tuple[SentFile, ...] = ()
    credentials_name: str | None = None
    compute_cluster_name: str | None = None
    compute_cluster_id: str | int | None = None
    start_after: datetime | None = None
    cron_expression: str | None = None
    time_zone: str | None = None
    """That the expression is meant in; `None` for UTC."""
    rerun_from_job_id: str | None = None
    reset: bool | None = None
    run_of: str | None = None
    """The schedule of which it is a run by hand."""
    replaces: str | None = None
    """The schedule in whose place it was made."""

    @classmethod
    def of(cls, request: JobInput, files: Mapping[str, SentFile]) -> Self:
        """Return what there is to remember of a request; `files` are those known, by their ids."""
        sent = tuple(files.get(each) or SentFile(id=each) for each in request.files or ())
        same = {name: getattr(request, name, None) for name in cls.model_fields if name != "files"}
        return cls(files=sent, **same)

    def to_json(self) -> str:
        """Return it as JSON of one line that `model_validate_json` reads."""
        return self.model_dump_json(exclude_none=True)
