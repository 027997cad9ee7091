"""Checks the form of a job, field by field, and makes the request it asks for.

What a server is known to refuse is an error; what some server may refuse is a warning, which keeps
nothing from being sent. Files are judged by facts that others gather, so nothing is read here.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from pathlib import PurePath

from studio_tui import cron
from studio_tui.addresses import has_login, without_logins
from studio_tui.api.models import Cluster, JobInput, QueryType
from studio_tui.job_rules import is_job_id, repository_fault
from studio_tui.presentation.form.cluster_checks import (
    chosen_cluster,
    cluster_id_problems,
    cluster_name_problems,
)
from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.form.file_checks import (
    QUERY_LIMIT,
    FileFacts,
    query_file_problems,
    upload_problems,
)
from studio_tui.presentation.form.line_checks import (
    LOGIN_IS_SEEN,
    environment_problems,
    requirement_problems,
)
from studio_tui.presentation.format import size
from studio_tui.presentation.jobs.problems import Level, Problem, quoted, unsendable, warning
from studio_tui.presentation.schedules.start_times import StartTimeError, resolve

REQUEST_LIMIT = 1024 * 1024
"""Bytes of a whole request that the local Studio takes."""

PRIORITIES = {
    0: "first",
    1: "after 0",
    2: "after 0 and 1",
    3: "after 0 to 2",
    4: "after 0 to 3",
    5: "last, the default",
}
"""When a job of each priority runs."""

PYTHON_VERSIONS = ("3.10", "3.11", "3.12", "3.13")
"""Those that the documentation names."""

_LINE_ENDING = frozenset({"Cc", "Zl", "Zp"})
_NAME_LIMIT = 1000
_LARGEST_NUMBER = 2**31 - 1
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,12}")
_PYTHON_VERSION = re.compile(r"3\.[0-9]{1,2}(?:\.[0-9]{1,2})?")
_SCP = re.compile(r"[\w.-]+@[\w.-]+:[^\s/].*")


@dataclass(frozen=True)
class Surroundings:
    """What a form is checked against."""

    team: str
    now: datetime
    zone: tzinfo
    """The user's own, for times without another."""
    clusters: tuple[Cluster, ...] | None
    """`None`: not known yet."""
    files: Mapping[str, FileFacts]
    """Facts by path, as typed."""
    uploads: Mapping[str, str] = field(default_factory=dict)
    """Safe names of uploads that are known, by id."""
    lost_values: Collection[str] = ()
    """Names of variables whose values were not kept on disk."""


def check(draft: Draft, around: Surroundings) -> tuple[Problem, ...]:
    """Return all problems of a form, in the order of its fields."""
    found = [problem for name in CHECKS for problem in check_field(name, draft, around)]
    if all(problem.level is Level.WARNING for problem in found):
        length = len(_wish(draft, around, ()).model_dump_json().encode())
        if length > REQUEST_LIMIT:
            said = f"The whole request is {size(length)}; Studio takes {size(REQUEST_LIMIT)}."
            found.append(Problem("query", f"{said} Shorten the longest field."))
    return tuple(found)


def check_field(name: str, draft: Draft, around: Surroundings) -> tuple[Problem, ...]:
    """Return the problems of one field, for checking while it is typed."""
    typed = getattr(draft, name)
    for text in (typed,) if isinstance(typed, str) else typed if isinstance(typed, tuple) else ():
        if problems := unsendable(name, text):
            return problems
    return CHECKS[name](draft, around)


def request(draft: Draft, around: Surroundings, uploads: Collection[str] = ()) -> JobInput:
    """Return the request that a form asks for; `uploads` are the ids its files were given.

    Raises:
        ValueError: the form has errors; see `check`.
    """
    errors = [problem for problem in check(draft, around) if problem.level is Level.ERROR]
    if errors:
        raise ValueError(errors[0].sentence)
    return _wish(draft, around, uploads)


def has_windows_line_ends(draft: Draft, around: Surroundings) -> bool:
    """Return whether a shell script has line ends that a shell takes for part of its commands."""
    facts = around.files.get(draft.query_file) if draft.query_file.strip() else None
    text = (facts.text or "") if facts else draft.query
    return query_type(draft) is QueryType.SHELL and "\r\n" in text


def with_unix_line_ends(draft: Draft, around: Surroundings) -> tuple[Draft, Surroundings]:
    """Return a form, and the text of its file, with the line ends that a shell understands."""
    facts = around.files.get(draft.query_file)
    if facts is not None and facts.text is not None:
        unix = replace(facts, text=facts.text.replace("\r\n", "\n"))
        around = replace(around, files={**around.files, draft.query_file: unix})
    return replace(draft, query=draft.query.replace("\r\n", "\n")), around


def query_type(draft: Draft) -> QueryType:
    """Return the type that was chosen, else that by the ending of the file, else of the name."""
    chosen = draft.query_type.strip().upper()
    if chosen in QueryType.__members__:
        return QueryType(chosen)
    name = draft.query_file.strip() or draft.query_name.strip()
    return QueryType.SHELL if name and not name.endswith(".py") else QueryType.PYTHON


def job_name(draft: Draft) -> str | None:
    """Return the job's name: as typed, else that of the query's file."""
    return draft.query_name.strip() or PurePath(draft.query_file.strip()).name or None


def _wish(draft: Draft, around: Surroundings, uploads: Collection[str]) -> JobInput:
    facts = around.files.get(draft.query_file) if draft.query_file.strip() else None
    cron_expression = draft.cron_expression.strip() or None
    start = draft.start_after.strip()
    start_after = resolve(start, around.now, around.zone) if start else None
    cluster_id = draft.compute_cluster_id.strip()
    is_number = re.fullmatch(r"0|[1-9][0-9]{0,14}", cluster_id) is not None
    return JobInput(
        query=facts.text or "" if facts else draft.query,
        query_type=query_type(draft),
        team_name=around.team,
        environment=draft.environment if draft.environment.strip() else None,
        workers=_number(draft.workers),
        query_name=job_name(draft),
        files=(*draft.uploads, *uploads) or None,
        python_version=draft.python_version.strip() or None,
        requirements=draft.requirements if draft.requirements.strip() else None,
        repository=draft.repository.strip() or None,
        priority=_number(draft.priority),
        compute_cluster_name=draft.compute_cluster_name.strip() or None,
        # The API document has a number here, newer Studios a text.
        compute_cluster_id=int(cluster_id) if is_number else cluster_id or None,
        # The published client sends the present with a cron that has no start.
        start_after=around.now if cron_expression and start_after is None else start_after,
        cron_expression=cron_expression,
        credentials_name=draft.credentials_name.strip() or None,
        rerun_from_job_id=draft.rerun_from_job_id.strip() or None,
        reset=draft.reset or None,
    )


def _number(text: str) -> int | None:
    return int(text) if text.strip() else None


def _query(draft: Draft, _around: Surroundings) -> tuple[Problem, ...]:
    if draft.query_file.strip():
        return ()
    if not draft.query.strip():
        return (Problem("query", "There is no query; type one, or name its file."),)
    length = len(draft.query.encode())
    if length <= QUERY_LIMIT:
        return ()
    said = f"The query is {size(length)}; Studio takes one of at most {size(QUERY_LIMIT)}."
    return (Problem("query", said),)


def _query_file(draft: Draft, around: Surroundings) -> tuple[Problem, ...]:
    path = draft.query_file
    return query_file_problems(path, around.files.get(path)) if path.strip() else ()


def _query_type(draft: Draft, _around: Surroundings) -> tuple[Problem, ...]:
    typed = draft.query_type.strip()
    if not typed or typed.upper() in QueryType.__members__:
        return ()
    return (Problem("query_type", f"A query is PYTHON or SHELL; {quoted(typed)} is neither."),)


def _query_name(draft: Draft, _around: Surroundings) -> tuple[Problem, ...]:
    name = draft.query_name.strip()
    if len(name) > _NAME_LIMIT:
        said = f"The name has {len(name)} characters; Studio takes {_NAME_LIMIT}."
        return (Problem("query_name", said),)
    return _one_line("query_name", "The name", name)


def _one_line(field: str, what: str, text: str) -> tuple[Problem, ...]:
    if any(unicodedata.category(character) in _LINE_ENDING for character in text):
        return (Problem(field, f"{what} holds a control character or a line break; take it out."),)
    return ()


def _environment(draft: Draft, around: Surroundings) -> tuple[Problem, ...]:
    return environment_problems(draft.environment, around.lost_values)


def _requirements(draft: Draft, _around: Surroundings) -> tuple[Problem, ...]:
    has_files = bool(draft.repository.strip() or draft.files or draft.uploads)
    return requirement_problems(draft.requirements, has_files=has_files)


def _workers(draft: Draft, around: Surroundings) -> tuple[Problem, ...]:
    typed = draft.workers.strip()
    if not typed:
        return ()
    number = int(typed) if _WHOLE_NUMBER.fullmatch(typed) else None
    if number is None or number < 1:
        said = f"Workers must be a whole number from 1 up; {quoted(typed)} is not. Type 1 or more."
        return (Problem("workers", said),)
    if number > _LARGEST_NUMBER:
        return (Problem("workers", f"{number} is more workers than any cluster has."),)
    name, cluster_id = draft.compute_cluster_name.strip(), draft.compute_cluster_id.strip()
    cluster = chosen_cluster(name, cluster_id, around.clusters)
    most = cluster.max_workers if cluster else None
    if cluster is None or most is None or number <= most:
        return ()
    said = f"{quoted(cluster.name or cluster.id)} has at most {most} workers; Studio may refuse"
    return (warning("workers", f"{said} {number}, or let the job wait."),)


def _priority(draft: Draft, _around: Surroundings) -> tuple[Problem, ...]:
    typed = draft.priority.strip()
    if not typed or (_WHOLE_NUMBER.fullmatch(typed) and int(typed) in PRIORITIES):
        return ()
    said = f"Priority is 0 (first) to 5 (last, the usual); {quoted(typed)} is not. Type 0 to 5."
    return (Problem("priority", said),)


def _python_version(draft: Draft, _around: Surroundings) -> tuple[Problem, ...]:
    typed = draft.python_version.strip()
    if not typed:
        return ()
    if not _PYTHON_VERSION.fullmatch(typed):
        inside = re.search(r"(?<![0-9.])3[.,][0-9]{1,2}(?![0-9])", typed)
        better = inside[0].replace(",", ".") if inside else PYTHON_VERSIONS[-2]
        said = f"{quoted(typed)} is no version of Python 3; type {better}."
        return (Problem("python_version", said),)
    if typed not in PYTHON_VERSIONS:
        known = ", ".join(PYTHON_VERSIONS)
        return (warning("python_version", f"Studio names {known}; it may refuse {typed}."),)
    return ()


def _repository(draft: Draft, _around: Surroundings) -> tuple[Problem, ...]:
    typed = draft.repository.strip()
    field = "repository"
    if not typed:
        return ()
    if fault := repository_fault(typed):
        return (Problem(field, f"The repository {fault}."),)
    if typed.endswith("@"):
        return (Problem(field, "There is no revision after the @; type one, or take the @ out."),)
    scheme, slashes, rest = typed.partition("://")
    if slashes:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme) or not rest.strip("/"):
            said = f"{quoted(typed)} is no URL; type it as https://HOST/USER/REPOSITORY."
            return (Problem(field, said),)
        return (warning(field, f"The URL {LOGIN_IS_SEEN}"),) if has_login(typed) else ()
    if _SCP.fullmatch(typed):
        return ()
    if typed.startswith(("/", ".", "~")):
        return (warning(field, "This is a path, which only a Studio on this machine can clone."),)
    whole = without_logins(f"https://{re.sub(r'^/+', '', typed)}", "…")
    said = f"{quoted(typed)} is no URL; type it as {whole[:68]}."
    return (Problem(field, said),)


def _files(draft: Draft, around: Surroundings) -> tuple[Problem, ...]:
    return upload_problems(draft.files, around.files)


def _cluster_name(draft: Draft, around: Surroundings) -> tuple[Problem, ...]:
    return cluster_name_problems(draft.compute_cluster_name.strip(), around.clusters)


def _cluster_id(draft: Draft, around: Surroundings) -> tuple[Problem, ...]:
    name = draft.compute_cluster_name.strip()
    return cluster_id_problems(draft.compute_cluster_id.strip(), name, around.clusters)


def _credentials(draft: Draft, _around: Surroundings) -> tuple[Problem, ...]:
    return _one_line("credentials_name", "The name", draft.credentials_name.strip())


def _start(draft: Draft, around: Surroundings) -> tuple[Problem, ...]:
    typed = draft.start_after.strip()
    if not typed:
        return ()
    try:
        resolve(typed, around.now, around.zone)
    except StartTimeError as error:
        return (Problem("start_after", str(error)),)
    return ()


def _cron(draft: Draft, _around: Surroundings) -> tuple[Problem, ...]:
    typed = draft.cron_expression.strip()
    if not typed:
        return ()
    try:
        cron.check(typed)
    except cron.CronError as error:
        clause = str(error)
        return (Problem("cron_expression", f"{clause[0].upper()}{clause[1:]}."),)
    return ()


def _uploads(draft: Draft, _around: Surroundings) -> tuple[Problem, ...]:
    if all(number.strip() for number in draft.uploads):
        return ()
    return (Problem("uploads", "An uploaded file has no id; take it out."),)


def _resumed(draft: Draft, _around: Surroundings) -> tuple[Problem, ...]:
    job_id = draft.rerun_from_job_id.strip()
    if job_id and not is_job_id(job_id):
        said = f"{quoted(job_id)} is not the id of a job; copy one with `c` from the list of jobs."
        return (Problem("rerun_from_job_id", said),)
    if job_id and draft.reset:
        said = (
            "The checkpoints of the job that is resumed are ignored, so everything is done again."
        )
        return (warning("rerun_from_job_id", said),)
    return ()


CHECKS: Mapping[str, Callable[[Draft, Surroundings], tuple[Problem, ...]]] = {
    "query": _query,
    "query_file": _query_file,
    "query_type": _query_type,
    "query_name": _query_name,
    "environment": _environment,
    "workers": _workers,
    "python_version": _python_version,
    "requirements": _requirements,
    "repository": _repository,
    "files": _files,
    "uploads": _uploads,
    "priority": _priority,
    "compute_cluster_name": _cluster_name,
    "compute_cluster_id": _cluster_id,
    "credentials_name": _credentials,
    "start_after": _start,
    "cron_expression": _cron,
    "rerun_from_job_id": _resumed,
}
"""What checks each field, in the order of the form."""
