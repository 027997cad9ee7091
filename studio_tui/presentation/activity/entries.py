"""One thing that was asked of Studio, or that was not sent after all, in words."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, unquote

from studio_tui.api import routes
from studio_tui.api.routes import Route
from studio_tui.text import safe_line

SHORT_ID = 8
"""Characters of an id that are shown."""


class ActivityState(StrEnum):
    """How it ended."""

    DONE = "DONE"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    """Nobody can say whether it took effect."""
    UNDONE = "UNDONE"
    """It was taken back, and not sent."""
    LOST = "LOST"
    """The dashboard ended while it waited, so it was not sent."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A request that was sent, several equal ones in a row, or a command that was not sent."""

    id: str
    state: ActivityState
    at: datetime
    """When the first began."""
    last_at: datetime
    words: str = ""
    """What a command would have done that was not sent; safe to draw."""
    method: str = ""
    path: str = ""
    """Under `/api`, with its query."""
    outcome: str = ""
    count: int = 1
    ms: float = 0.0
    """Milliseconds, the mean of them."""
    most_ms: float = 0.0
    """Milliseconds of the longest."""
    changes: bool = False
    """Whether it asked Studio to change something."""
    body: str = ""
    """JSON that was sent with it, without secrets."""

    @property
    def is_command(self) -> bool:
        """Whether it asked Studio to change something, or would have."""
        return self.changes or not self.method

    @property
    def fields(self) -> Mapping[str, Any]:
        """What was sent with it."""
        try:
            found = json.loads(self.body) if self.body else {}
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def query(self) -> Mapping[str, str]:
        """What was asked for in the address."""
        parts = parse_qs(self.path.partition("?")[2], keep_blank_values=True)
        return {name: values[0] for name, values in parts.items()}


_WORDS: tuple[tuple[Route, str], ...] = (
    (routes.CREATE_JOB, "create job {query_name}"),
    (routes.CANCEL_JOB, "cancel job {id}"),
    (routes.JOB_LOGS, "read the log of job {id}"),
    (routes.UPLOAD_FILE, "upload a file"),
    (routes.LIST_JOBS, "list jobs {which}"),
    (routes.LIST_CLUSTERS, "list clusters"),
    (routes.TRIGGER_PIPELINE, "trigger a pipeline"),
    (routes.PIPELINE_STATUS, "look at a pipeline {pipeline}"),
    (routes.PAUSE_PIPELINE, "pause pipeline {pipeline}"),
    (routes.RESUME_PIPELINE, "resume pipeline {pipeline}"),
    (routes.REMOVE_JOB_FROM_PIPELINE, "take a job out of pipeline {pipeline}"),
    (routes.LIST_PIPELINES, "list pipelines"),
    (routes.JOB_DATASET_VERSIONS, "ask what datasets a job made"),
    (routes.CHANGE_SCHEDULE, "change schedule {id}"),
    (routes.RUN_SCHEDULE, "run schedule {id} now"),
    (routes.TRIGGER_SCHEDULE, "run schedule {id} now"),
    (routes.SUSPEND_SCHEDULE, "suspend schedule {id}"),
    (routes.RESUME_SCHEDULE, "resume schedule {id}"),
    (routes.RERUN_JOBS, "run jobs again in their order"),
    (routes.SCHEDULE_PIPELINE, "schedule a pipeline"),
    (routes.RESTORE_JOB, "put a job back into pipeline {pipeline}"),
    (routes.DATASETS, "list datasets"),
    (routes.REFRESH_PIPELINE, "rebuild datasets"),
)


def _pattern(route: Route) -> re.Pattern[str]:
    parts = re.split(r"\{\w+\}", route.path)
    return re.compile(r"(?P<id>[^/]+)".join(map(re.escape, parts)))


_PATTERNS = tuple((route, _pattern(route), words) for route, words in _WORDS)


def route_of(entry: Entry) -> tuple[Route, str, str] | None:
    """Return what was asked for, the id in its path, and its words; `None` for what is no route."""
    path = entry.path.partition("?")[0]
    for route, pattern, words in _PATTERNS:
        if route.method == entry.method and (found := pattern.fullmatch(path)):
            return route, unquote(found.groupdict().get("id") or ""), words
    return None


def words_of(entry: Entry) -> str:
    """Return what was asked for, in words that are safe to draw."""
    if entry.words:
        return entry.words
    found = route_of(entry)
    if found is None:
        return safe_line(f"{entry.method} {entry.path}")
    _, item_id, words = found
    fields, query = entry.fields, entry.query
    which = query.get("job_id", "")[:SHORT_ID] or query.get("status", "").lower()
    pipeline = fields.get("pipeline_id") or query.get("pipeline_id") or query.get("name") or ""
    told = {
        "id": item_id[:SHORT_ID],
        "query_name": str(fields.get("query_name") or ""),
        "which": which,
        "pipeline": str(fields.get("name") or "") or str(pipeline)[:SHORT_ID],
    }
    return safe_line(words.format_map(told).strip())
