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
from studio_tui.api.label import without_label
from studio_tui.api.routes import Route
from studio_tui.api.states import JobState
from studio_tui.presentation.format import SHORT_ID, join_names
from studio_tui.text import safe_line


class ActivityState(StrEnum):
    DONE = "DONE"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    """The request may or may not have taken effect."""
    UNDONE = "UNDONE"
    LOST = "LOST"
    """Never sent, because the dashboard ended first."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A request, several equal requests in a row, or a command that was not sent."""

    id: str
    state: ActivityState
    started_at: datetime
    """When the first request was sent, or when the user gave the command that was not sent."""
    last_started_at: datetime
    words: str = ""
    """Description of a command that was not sent, safe to draw; else empty."""
    method: str = ""
    """Empty for a command that was not sent."""
    path: str = ""
    """Below `/api`, with its query."""
    outcome: str = ""
    """The status code, the class name of an exception, or `canceled`."""
    why_failed: str = ""
    """Why the last request failed: a sentence that is safe to draw, or empty."""
    made: str = ""
    """Id in the answer, safe to draw: of what the request created, or of the item it changed."""
    count: int = 1
    mean_ms: float = 0.0
    longest_ms: float = 0.0
    changes: bool = False
    """Whether the request changes something in Studio."""
    body: str = ""
    """JSON, with secrets redacted."""
    name: str = ""
    """Name of the job or pipeline that the entry is about, safe to draw; empty if unknown."""

    @property
    def is_command(self) -> bool:
        """Whether it changes something in Studio, or would have if it had been sent."""
        return self.changes or not self.method

    @property
    def answer(self) -> str:
        """The status code, or why there is none: `timed out`."""
        if not self.outcome or self.outcome.isdecimal():
            return self.outcome
        return _NO_ANSWER.get(self.outcome, "failed")

    @property
    def is_polling(self) -> bool:
        """Whether it is several equal requests that only read."""
        return self.count > 1 and not self.changes

    @property
    def fields(self) -> Mapping[str, Any]:
        """The fields of the JSON body without a job's label; empty if the body is no object."""
        try:
            parsed = json.loads(self.body) if self.body else {}
        except ValueError:
            return {}
        if not isinstance(parsed, dict):
            return {}
        environment = parsed.get("environment")
        if isinstance(environment, str):
            parsed["environment"] = without_label(environment)
            if not parsed["environment"]:
                del parsed["environment"]
        return parsed

    @property
    def query(self) -> Mapping[str, str]:
        """The query parameters; of several with the same name, the first."""
        parts = parse_qs(self.path.partition("?")[2], keep_blank_values=True)
        return {name: values[0] for name, values in parts.items()}


_NO_ANSWER = {
    "NotSent": "not sent",
    "NoFreeConnection": "not sent",
    "OutcomeUnknown": "unknown",
    "RequestTimedOut": "timed out",
    "TransportError": "no answer",
    "ProtocolError": "not usable",
    "AnswerTooLarge": "too large",
    "BrokenAnswer": "broken off",
    "AuthenticationError": "token refused",
    "canceled": "not awaited",
}
"""Why a request has no status, by its `outcome`; `failed` for any other outcome."""

_DESCRIPTIONS: tuple[tuple[Route, str], ...] = (
    (routes.CREATE_JOB, "create job {query_name}{made}"),
    (routes.CANCEL_JOB, "cancel {job}"),
    (routes.JOB_LOGS, "read log of job {job}"),
    (routes.UPLOAD_FILE, "upload {file}"),
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
    (routes.RUN_SCHEDULE, "run schedule {job} now{made}"),
    (routes.TRIGGER_SCHEDULE, "run schedule {job} now{made}"),
    (routes.SUSPEND_SCHEDULE, "suspend schedule {job}"),
    (routes.RESUME_SCHEDULE, "resume schedule {job}"),
    (routes.RERUN_JOBS, "run {jobs} again, in order if one depends on another{made}"),
    (routes.SCHEDULE_PIPELINE, "schedule pipeline of {datasets}"),
    (routes.RESTORE_JOB, "restore job {job} in pipeline {pipeline}"),
    (routes.DATASETS, "list datasets"),
    (routes.REFRESH_PIPELINE, "rebuild datasets {datasets}"),
)


def _pattern(route: Route) -> re.Pattern[str]:
    parts = re.split(r"\{\w+\}", route.path)
    return re.compile(r"(?P<id>[^/]+)".join(map(re.escape, parts)))


_PATTERNS = tuple((route, _pattern(route), description) for route, description in _DESCRIPTIONS)


@lru_cache(maxsize=1024)
def route_of(entry: Entry) -> tuple[Route, str, str] | None:
    """Return the route, the id in the path or "", and the template for `words_of`.

    `None` for an unknown path, or if no request was sent.
    """
    path = entry.path.partition("?")[0]
    for route, pattern, description in _PATTERNS:
        if route.method == entry.method and (match := pattern.fullmatch(path)):
            return route, unquote(match.groupdict().get("id") or ""), description
    return None


class Subject(NamedTuple):
    """The job and the pipeline that a request is about; a text is empty if there is none."""

    job: str
    """Id of the job or schedule."""
    pipeline: str
    """Id or name of the pipeline."""


@lru_cache(maxsize=4096)
def subject_of(entry: Entry) -> Subject:
    match, fields, query = route_of(entry), entry.fields, entry.query
    id_in_path = match[1] if match else ""
    pipeline_in_body = str(fields.get("pipeline_id") or fields.get("name") or "")
    return Subject(
        job=id_in_path or str(fields.get("job_id") or "") or query.get("job_id", ""),
        pipeline=pipeline_in_body or query.get("pipeline_id", "") or query.get("name", ""),
    )


def words_of(entry: Entry) -> str:
    """Return a description of the entry, safe to draw."""
    if entry.words:
        return entry.words
    match = route_of(entry)
    if match is None:
        return safe_line(f"{entry.method} {entry.path}")
    route, _, description = match
    fields, subject = entry.fields, subject_of(entry)
    if route is routes.LIST_JOBS and subject.job:
        description = "get job {job}"
    elif route is routes.LIST_JOBS and entry.query.get("status") == JobState.TASK:
        description = "list schedules"
    datasets, reruns = fields.get("datasets"), fields.get("jobs")
    # If a request is about a job and a pipeline, `entry.name` is the name of the job.
    pipeline = "" if subject.job else entry.name
    values = {
        "job": _name_and_id(subject.job, entry.name),
        "made": f" ({entry.made[:SHORT_ID]})" if entry.made else "",
        "file": str(fields.get("file") or "a file"),
        "query_name": str(fields.get("query_name") or ""),
        "state": entry.query.get("status", "").lower(),
        "pipeline": pipeline or str(fields.get("name") or "") or subject.pipeline[:SHORT_ID],
        "datasets": ", ".join(map(str, datasets)) if isinstance(datasets, list) else "",
        # A long list was left out when the request was recorded.
        "jobs": join_names(list(map(_rerun_name, reruns))) if isinstance(reruns, list) else "jobs",
    }
    # Without datasets, `trigger pipeline of ` would end with the preposition.
    return safe_line(description.format_map(values).strip().removesuffix(" of"))


def _rerun_name(rerun: Any) -> str:
    job = rerun.get("job") if isinstance(rerun, dict) else None
    name = job.get("query_name") if isinstance(job, dict) else None
    return str(name or "a job")


def _name_and_id(item_id: str, name: str) -> str:
    short_id = item_id[:SHORT_ID]
    return f"{name} ({short_id})" if name else short_id
