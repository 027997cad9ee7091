"""Entries of the activity list: requests, and commands that were not sent."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote

from studio_tui.api import routes
from studio_tui.api.routes import Route
from studio_tui.text import safe_line

SHORT_ID = 8
"""Number of characters shown of an id."""


class ActivityState(StrEnum):
    """Outcome of a request or command."""

    DONE = "DONE"
    EMPTY = "EMPTY"
    """Answered that there is nothing, or nothing new since the last request."""
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    """It may or may not have taken effect."""
    UNDONE = "UNDONE"
    """Undone by the user before it was sent."""
    LOST = "LOST"
    """Never sent, because the dashboard ended first."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One request, several equal ones in a row, or a command that was not sent.

    The attempts of a command are one entry, with the outcome of the last.
    """

    id: str
    state: ActivityState
    at: datetime
    """Start time of the first request."""
    last_at: datetime
    """Start time of the last request."""
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
    name: str = ""
    """Name of the job or pipeline that it is about; safe to draw, empty if unknown."""
    attempts: str = ""
    """The outcomes of several attempts, in words; empty if there was one."""

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
        return self.reason or NOTHING_NEW.get(self.outcome, "")

    @property
    def is_polling(self) -> bool:
        """Whether it is several equal requests, which may go on for an hour."""
        return self.count > 1 and not self.changes

    @property
    def fields(self) -> Mapping[str, Any]:
        """Fields of the JSON body; empty if there is none."""
        return _fields(self.body)

    @property
    def query(self) -> Mapping[str, str]:
        """Query parameters."""
        return _query(self.path)


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

NOTHING_NEW = {"304": "unchanged", "416": "nothing new"}
"""By status: what the answers mean to a request for what has been added since the last one."""

_WORDS: tuple[tuple[Route, str], ...] = (
    (routes.CREATE_JOB, "create job {query_name}"),
    (routes.CANCEL_JOB, "cancel job {job}"),
    (routes.JOB_LOGS, "read log of job {job}"),
    (routes.UPLOAD_FILE, "upload a file"),
    (routes.LIST_JOBS, "list jobs {state}"),
    (routes.LIST_CLUSTERS, "list clusters"),
    (routes.TRIGGER_PIPELINE, "trigger pipeline of {datasets}"),
    (routes.PIPELINE_STATUS, "get pipeline {pipeline}"),
    (routes.PAUSE_PIPELINE, "pause pipeline {pipeline}"),
    (routes.RESUME_PIPELINE, "resume pipeline {pipeline}"),
    (routes.REMOVE_JOB_FROM_PIPELINE, "remove job {job} from pipeline {pipeline}"),
    (routes.LIST_PIPELINES, "list pipelines"),
    (routes.JOB_DATASET_VERSIONS, "list datasets of job {job}"),
    (routes.CHANGE_SCHEDULE, "change schedule {job}"),
    (routes.RUN_SCHEDULE, "run schedule {job} now"),
    (routes.TRIGGER_SCHEDULE, "run schedule {job} now"),
    (routes.SUSPEND_SCHEDULE, "suspend schedule {job}"),
    (routes.RESUME_SCHEDULE, "resume schedule {job}"),
    (routes.RERUN_JOBS, "run jobs again in their order"),
    (routes.SCHEDULE_PIPELINE, "schedule pipeline of {datasets}"),
    (routes.RESTORE_JOB, "restore job {job} in pipeline {pipeline}"),
    (routes.DATASETS, "list datasets"),
    (routes.REFRESH_PIPELINE, "rebuild datasets {datasets}"),
)


def _pattern(route: Route) -> re.Pattern[str]:
    parts = re.split(r"\{\w+\}", route.path)
    return re.compile(r"(?P<id>[^/]+)".join(map(re.escape, parts)))


_PATTERNS = tuple((route, _pattern(route), words) for route, words in _WORDS)


_GET_JOB = "get job {job}"
"""Instead of listing jobs, if the query has the id of one."""


def route_of(entry: Entry) -> tuple[Route, str, str] | None:
    """Return the route, the id in the path and the description; `None` if no route matches."""
    return _matching(entry.method, entry.path.partition("?")[0])


@lru_cache(maxsize=1024)
def _matching(method: str, path: str) -> tuple[Route, str, str] | None:
    for route, pattern, words in _PATTERNS:
        if route.method == method and (found := pattern.fullmatch(path)):
            return route, unquote(found.groupdict().get("id") or ""), words
    return None


class Subject(NamedTuple):
    """The ids of the items that a request is about; each is empty for none."""

    job: str
    """Id of a job or a schedule."""
    pipeline: str
    """Id of a pipeline, or its name."""


def subject_of(entry: Entry) -> Subject:
    """Return the items that a request is about."""
    return _subject(entry.method, entry.path, entry.body)


@lru_cache(maxsize=4096)
def _subject(method: str, path: str, body: str) -> Subject:
    found = _matching(method, path.partition("?")[0])
    fields, query = _fields(body), _query(path)
    of_path = found[1] if found else ""
    of_body = fields.get("pipeline_id") or fields.get("name")
    return Subject(
        job=of_path or str(fields.get("job_id") or "") or query.get("job_id", ""),
        pipeline=str(of_body or "") or query.get("pipeline_id", "") or query.get("name", ""),
    )


def _fields(body: str) -> Mapping[str, Any]:
    try:
        found = json.loads(body) if body else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _query(path: str) -> Mapping[str, str]:
    parts = parse_qs(path.partition("?")[2], keep_blank_values=True)
    return {name: values[0] for name, values in parts.items()}


def words_of(entry: Entry) -> str:
    """Return a description of the entry, safe to draw."""
    if entry.words:
        return entry.words
    found = route_of(entry)
    if found is None:
        return safe_line(f"{entry.method} {entry.path}")
    route, _, words = found
    fields, subject = entry.fields, subject_of(entry)
    if route is routes.LIST_JOBS and subject.job:
        words = _GET_JOB
    datasets = fields.get("datasets")
    pipeline = "" if subject.job else entry.name
    values = {
        "job": _named(subject.job, entry.name),
        "query_name": str(fields.get("query_name") or ""),
        "state": entry.query.get("status", "").lower(),
        "pipeline": pipeline or str(fields.get("name") or "") or subject.pipeline[:SHORT_ID],
        "datasets": ", ".join(map(str, datasets)) if isinstance(datasets, list) else "",
    }
    return safe_line(words.format_map(values).strip().removesuffix(" of"))


def _named(item_id: str, name: str) -> str:
    short = item_id[:SHORT_ID]
    return f"{name} ({short})" if name else short
