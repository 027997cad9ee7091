"""What a job is made from, once its request was checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from studio_tui.api.models import QueryType
from studio_tui.local.db import schedules


class Earlier(NamedTuple):
    """A run whose checkpoints a later one may use."""

    job_id: str
    run_group: str


@dataclass(frozen=True)
class NewJob:
    """A checked request for a job."""

    id: str
    name: str
    query: str
    query_type: QueryType
    environment: Mapping[str, str]
    workers: int
    priority: int
    cluster: str
    python_version: str | None
    requirements: str | None
    repository: str | None
    uploads: tuple[int, ...]
    rerun_from: str | None
    run_group: str
    ignore_checkpoints: bool
    created_by: str
    idempotency_key: str | None
    request_digest: str
    schedule: schedules.NewSchedule | None
    """`None` for a job that runs as soon as it can."""
