"""Factory of jobs as sent by Studio."""

from datetime import UTC, datetime, timedelta
from typing import Any

from studio_tui.api.models import Job
from studio_tui.presentation.cells import Cell
from studio_tui.presentation.jobs.rows import JobRow, cells
from studio_tui.presentation.jobs.waiting import Surroundings, why_waiting

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def job(number: int = 1, status: str = "COMPLETE", **fields: Any) -> Job:
    """Return a job created `number` minutes before noon; if it has ended, it ran for a minute."""
    created = NOON - timedelta(minutes=number)
    sent: dict[str, Any] = {
        "id": f"{number:08}-6276-4993-bfeb-53cbbbba6f08",
        "status": status,
        "name": f"job_{number}.py",
        "created_at": created.isoformat(),
        "started_at": (created + timedelta(seconds=5)).isoformat(),
        "created_by": "ann",
        "query": "print(1)",
        "query_type": "PYTHON",
        "workers": 1,
    }
    if status in {"COMPLETE", "FAILED", "CANCELED"}:
        sent["finished_at"] = (created + timedelta(seconds=65)).isoformat()
    return Job.model_validate({**sent, **fields})


def row_of(shown: Job, now: datetime = NOON, *others: Any, **fields: Any) -> tuple[Cell, ...]:
    """Return the cells of a job's row; the other arguments are those of `JobRow`."""
    return cells(JobRow(shown, now, *others, **fields))


def waiting_reason(waiting: Job, surroundings: Surroundings) -> str:
    """Return why a job waits, as a clause; empty if it does not or the reason is unknown."""
    wait = why_waiting(waiting, surroundings)
    return wait.words if wait is not None else ""
