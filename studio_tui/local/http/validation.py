"""Validates requests for jobs, pipelines and schedules; invalid ones raise `InvalidFields`."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from studio_tui import cron
from studio_tui.api.fields import Sent
from studio_tui.api.local_models import ChangeScheduleInput, SchedulePipelineInput
from studio_tui.api.models import JobInput
from studio_tui.job_rules import (
    NAME_LIMIT,
    NAMES_OF_UNNAMED,
    PRIORITIES,
    PYTHON_VERSION,
    environment_lines,
    is_job_id,
    repository_fault,
)
from studio_tui.local.config.clusters import Cluster, Clusters
from studio_tui.local.db.new_job import CheckpointSource, NewJob, NewSchedule
from studio_tui.local.db.schedules import MAX_DELAY
from studio_tui.local.db.times import time_zone
from studio_tui.local.http.errors import FieldProblem, InvalidFields
from studio_tui.local.http.uploads import StoredFile

_YEARS = range(2000, 3000)


@dataclass(frozen=True)
class RequestContext:
    """What a request is validated against."""

    clusters: Clusters
    uploads: dict[int, StoredFile]
    checkpoint_source: CheckpointSource | None
    """The run whose checkpoints the new job uses; `None` if no job of this server is named.

    The published client may name a job on another server, which is ignored.
    """
    user: str
    now: datetime
    """Aware."""


class _Problems:
    def __init__(self) -> None:
        self.found: list[FieldProblem] = []

    def add(self, field: str, text: str) -> None:
        """Add a problem; its clause is the field's name, followed by `text`."""
        self.found.append(FieldProblem(field, f"{field}{text}"))

    def check(self) -> None:
        if self.found:
            raise InvalidFields(self.found)


def upload_ids(request: JobInput) -> list[int]:
    """Return the upload ids in `files` of a request, without the entries that cannot be ids."""
    return [int(text) for text in request.files or () if _is_upload_id(text)]


def digest(request: Sent) -> str:
    """Return the SHA-256 of a request."""
    return hashlib.sha256(request.model_dump_json().encode()).hexdigest()


def read_environment(text: str) -> dict[str, str]:
    """Return the variables in the `environment` of a request; refuse invalid lines."""
    problems = _Problems()
    variables = _parse_environment(text, problems)
    problems.check()
    return variables


def read_datasets(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of datasets, stripped and each once; there must be one, and none empty."""
    if not names or not all(name.strip() for name in names):
        clause = "datasets must name at least one dataset, and no name may be empty"
        raise InvalidFields([FieldProblem("datasets", clause)])
    return tuple(dict.fromkeys(name.strip() for name in names))


Timed = JobInput | ChangeScheduleInput | SchedulePipelineInput


def read_schedule(request: Timed, now: datetime) -> NewSchedule:
    """Return when a request is to run; refuse one that does not say when."""
    problems = _Problems()
    schedule = _parse_schedule(request, now, problems)
    problems.check()
    if schedule is None:
        clause = "cron_expression or start_after is required"
        raise InvalidFields([FieldProblem("cron_expression", clause)])
    return schedule


def validate_job(request: JobInput, key: str | None, context: RequestContext) -> NewJob:
    """Return the job that a request asks for; an error has all problems."""
    problems = _Problems()
    cluster = _find_cluster(request, context.clusters, problems)
    _check_text(request, problems)
    _check_numbers(request, cluster, problems)
    _check_files(request, context.uploads, problems)
    environment = _parse_environment(request.environment or "", problems)
    schedule = _parse_schedule(request, context.now, problems)
    problems.check()
    job_id = str(uuid.uuid4())
    return NewJob(
        id=job_id,
        name=request.query_name or NAMES_OF_UNNAMED[request.query_type],
        query=request.query,
        query_type=request.query_type,
        environment=environment,
        workers=request.workers or 1,
        priority=PRIORITIES[-1] if request.priority is None else request.priority,
        cluster=cluster.name,
        python_version=request.python_version,
        requirements=request.requirements or None,
        repository=request.repository or None,
        uploads=tuple(dict.fromkeys(upload_ids(request))),
        rerun_from=context.checkpoint_source.job_id if context.checkpoint_source else None,
        run_group=context.checkpoint_source.run_group if context.checkpoint_source else job_id,
        ignore_checkpoints=bool(request.reset),
        created_by=context.user,
        idempotency_key=key,
        request_digest=digest(request),
        schedule=schedule,
    )


def _find_cluster(request: JobInput, clusters: Clusters, problems: _Problems) -> Cluster:
    """Return the cluster of a request; the default if it names none, or an unknown one, or two."""
    name, cluster_id = request.compute_cluster_name, request.compute_cluster_id
    if name is not None and cluster_id is not None:
        problems.add("compute_cluster_name", " and compute_cluster_id cannot both be given")
        return clusters.default
    if name is not None:
        field, cluster = "compute_cluster_name", clusters.by_name(name)
    elif cluster_id is not None:
        field, cluster = "compute_cluster_id", clusters.by_id(str(cluster_id))
    else:
        field, cluster = "compute_cluster_name", clusters.default
    if cluster is None:
        numbered = enumerate(clusters.all, 1)
        choices = ", ".join(f"{cluster.name} ({number})" for number, cluster in numbered)
        problems.add(field, f" is not one of the clusters: {choices}")
        return clusters.default
    if not cluster.active:
        problems.add(field, f": the cluster {cluster.name} is inactive")
    return cluster


def _check_text(request: JobInput, problems: _Problems) -> None:
    if not request.query.strip():
        problems.add("query", " is empty")
    if len(request.query_name or "") > NAME_LIMIT:
        problems.add("query_name", f" is longer than {NAME_LIMIT} characters")
    version = request.python_version
    if version is not None and not PYTHON_VERSION.fullmatch(version):
        problems.add("python_version", " must be like 3.12 or 3.12.4")
    if fault := repository_fault(request.repository or ""):
        problems.add("repository", f" {fault}")
    if request.rerun_from_job_id and not is_job_id(request.rerun_from_job_id):
        problems.add("rerun_from_job_id", " must be the id of a job")
    if "\0" in (request.requirements or ""):
        problems.add("requirements", " contains a NUL character")
    if request.credentials_name is not None:
        advice = "pass them to the job in environment"
        problems.add("credentials_name", f": the local Studio stores no credentials; {advice}")


def _check_numbers(request: JobInput, cluster: Cluster, problems: _Problems) -> None:
    if request.workers is not None and not 1 <= request.workers <= cluster.max_workers:
        problems.add(
            "workers", f" must be 1 to {cluster.max_workers} on the cluster {cluster.name}"
        )
    if request.priority is not None and request.priority not in PRIORITIES:
        problems.add("priority", f" must be {PRIORITIES[0]} (first) to {PRIORITIES[-1]} (last)")


def _check_files(request: JobInput, uploads: dict[int, StoredFile], problems: _Problems) -> None:
    owners: dict[str, int] = {}
    for text in request.files or ():
        upload = uploads.get(int(text)) if _is_upload_id(text) else None
        if upload is None:
            problems.add("files", f": there is no upload {text[:40]!r}")
            continue
        other = owners.setdefault(upload.basename, upload.id)
        if other != upload.id:
            both = f"{other} and {upload.id}"
            problems.add("files", f": the uploads {both} are both named {upload.basename}")


def _parse_schedule(request: Timed, now: datetime, problems: _Problems) -> NewSchedule | None:
    """Return when to run; `None` for as soon as possible, or if `problems` is not empty.

    The expression and a naive `start_after` are in the zone that the request names. Without one,
    the expression is in UTC, but a naive `start_after` is in the zone of this machine: the
    published client does not send the zone of its user.

    With an expression, a past `start_after` means from now on: the published client sends the time
    of the request.
    """
    expression, start = request.cron_expression, request.start_after
    name = request.time_zone or "UTC"
    zone = time_zone(name)
    if zone is None:
        problems.add("time_zone", " must be a name such as Europe/Berlin")
    if start is not None and start.year not in _YEARS:
        problems.add("start_after", f" must be in the years {_YEARS[0]} to {_YEARS[-1]}")
    elif start is not None:
        if start.tzinfo is None and request.time_zone:
            start = start.replace(tzinfo=zone)
        start = start.astimezone(UTC)
        if expression is None and now - start > MAX_DELAY:
            hint = "; leave it out to run now" if isinstance(request, JobInput) else ""
            problems.add("start_after", f" is more than an hour ago{hint}")
    if expression is not None:
        try:
            cron.check(expression)
        except cron.CronError as error:
            problems.add("cron_expression", f": {error}")
    if problems.found or zone is None:
        return None
    if expression is not None:
        earliest = max(now, start or now)
        first = cron.next_fire(expression, earliest - timedelta.resolution, zone)
    elif start is not None:
        first = start
    else:
        return None
    return NewSchedule(expression, start, name, first)


def _is_upload_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 15


def _parse_environment(text: str, problems: _Problems) -> dict[str, str]:
    """Parse lines of `NAME=VALUE`, of which the last counts for each name.

    Empty lines and comments (`#`) are skipped; a leading `export ` and a pair of quotes around the
    value are removed.
    """
    variables: dict[str, str] = {}
    for number, name, value, fault in environment_lines(text):
        if fault:
            problems.add("environment", f", line {number} {fault}")
        else:
            variables[name] = _unquote(value)
    return variables


def _unquote(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value
