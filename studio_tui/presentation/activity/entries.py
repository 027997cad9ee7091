"""Entries of the activity list: requests, and commands that were not sent."""

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
"""Number of characters shown of an id."""


class ActivityState(StrEnum):
    """Outcome of a request or command."""

    DONE = "DONE"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    """It may or may not have taken effect."""
    UNDONE = "UNDONE"
    """Undone by the user before it was sent."""
    LOST = "LOST"
    """Never sent, because the dashboard ended first."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One request, several equal ones in a row, or a command that was not sent."""

    id: str
    state: ActivityState
    at: datetime
    """Start time of the first request."""
    last_at: datetime
    words: str = ""
    """Description of a command that was not sent; safe to draw."""
    method: str = ""
    path: str = ""
    """Path below `/api`, with its query."""
    outcome: str = ""
    """The status code, an exception's class name, or `canceled`."""
    reason: str = ""
    """Why it failed; a sentence, safe to draw."""
    count: int = 1
    ms: float = 0.0
    """Mean duration in milliseconds."""
    most_ms: float = 0.0
    """Longest duration in milliseconds."""
    changes: bool = False
    """Whether the request changes something in Studio."""
    body: str = ""
    """JSON body, with secrets redacted."""

    @property
    def is_command(self) -> bool:
        """Whether it changes something in Studio, or would have."""
        return self.changes or not self.method

    @property
    def answer(self) -> str:
        """The outcome in words: a status code, or why there is none."""
        if not self.outcome or self.outcome.isdecimal():
            return self.outcome
        return _NO_ANSWER.get(self.outcome, "failed")

    @property
    def why(self) -> str:
        """Why it failed, or what a status means that looks like a failure; safe to draw."""
        return self.reason or _NOTHING_NEW.get(self.outcome, "")

    @property
    def fields(self) -> Mapping[str, Any]:
        """Fields of the JSON body; empty if there is none."""
        try:
            found = json.loads(self.body) if self.body else {}
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def query(self) -> Mapping[str, str]:
        """Query parameters."""
        parts = parse_qs(self.path.partition("?")[2], keep_blank_values=True)
        return {name: values[0] for name, values in parts.items()}


_NO_ANSWER = {
    "NotSent": "not sent",
    "OutcomeUnknown": "unknown",
    "RequestTimedOut": "timed out",
    "TransportError": "no answer",
    "ProtocolError": "not usable",
    "AnswerTooLarge": "too large",
    "BrokenAnswer": "broken off",
    "AuthenticationError": "token refused",
    "canceled": "not awaited",
}
"""Words for the errors of requests without a status; any other is `failed`."""

_NOTHING_NEW = {"304": "unchanged", "416": "nothing new"}
"""What the answers mean to a request for what has been added since the last one."""

_WORDS: tuple[tuple[Route, str], ...] = (
    (routes.CREATE_JOB, "create job {query_name}"),
    (routes.CANCEL_JOB, "cancel job {id}"),
    (routes.JOB_LOGS, "read the log of job {id}"),
    (routes.UPLOAD_FILE, "upload a file"),
    (routes.LIST_JOBS, "list jobs {which}"),
    (routes.LIST_CLUSTERS, "list clusters"),
    (routes.TRIGGER_PIPELINE, "trigger a pipeline"),
    (routes.PIPELINE_STATUS, "get pipeline {pipeline}"),
    (routes.PAUSE_PIPELINE, "pause pipeline {pipeline}"),
    (routes.RESUME_PIPELINE, "resume pipeline {pipeline}"),
    (routes.REMOVE_JOB_FROM_PIPELINE, "remove a job from pipeline {pipeline}"),
    (routes.LIST_PIPELINES, "list pipelines"),
    (routes.JOB_DATASET_VERSIONS, "list the datasets of a job"),
    (routes.CHANGE_SCHEDULE, "change schedule {id}"),
    (routes.RUN_SCHEDULE, "run schedule {id} now"),
    (routes.TRIGGER_SCHEDULE, "run schedule {id} now"),
    (routes.SUSPEND_SCHEDULE, "suspend schedule {id}"),
    (routes.RESUME_SCHEDULE, "resume schedule {id}"),
    (routes.RERUN_JOBS, "run jobs again in their order"),
    (routes.SCHEDULE_PIPELINE, "schedule a pipeline"),
    (routes.RESTORE_JOB, "restore a job in pipeline {pipeline}"),
    (routes.DATASETS, "list datasets"),
    (routes.REFRESH_PIPELINE, "rebuild datasets"),
)


def _pattern(route: Route) -> re.Pattern[str]:
    parts = re.split(r"\{\w+\}", route.path)
    return re.compile(r"(?P<id>[^/]+)".join(map(re.escape, parts)))


_PATTERNS = tuple((route, _pattern(route), words) for route, words in _WORDS)


def route_of(entry: Entry) -> tuple[Route, str, str] | None:
    """Return the route, the id in the path and the description; `None` if no route matches."""
    path = entry.path.partition("?")[0]
    for route, pattern, words in _PATTERNS:
        if route.method == entry.method and (found := pattern.fullmatch(path)):
            return route, unquote(found.groupdict().get("id") or ""), words
    return None


def words_of(entry: Entry) -> str:
    """Return a description of the entry, safe to draw."""
    if entry.words:
        return entry.words
    found = route_of(entry)
    if found is None:
        return safe_line(f"{entry.method} {entry.path}")
    _, item_id, words = found
    fields, query = entry.fields, entry.query
    which = query.get("job_id", "")[:SHORT_ID] or query.get("status", "").lower()
    pipeline = fields.get("pipeline_id") or query.get("pipeline_id") or query.get("name") or ""
    values = {
        "id": item_id[:SHORT_ID],
        "query_name": str(fields.get("query_name") or ""),
        "which": which,
        "pipeline": str(fields.get("name") or "") or str(pipeline)[:SHORT_ID],
    }
    return safe_line(words.format_map(values).strip())
