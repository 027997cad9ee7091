"""Checks of the fields of the job form, and values that are derived from several fields.

The checks of fields that name files are in `file_checks`.

Input that Studio is known to reject is an error. The input of a warning is probably a mistake, was
not checked, or is rejected only by some versions of Studio.
"""

import re
import unicodedata
from collections.abc import Callable, Container
from pathlib import PurePath

from studio_tui.addresses import has_login
from studio_tui.api.models import Cluster, QueryType
from studio_tui.job_rules import (
    NAME_LIMIT,
    PYTHON_VERSION,
    is_job_id,
    repository_fault,
    split_repository,
)
from studio_tui.presentation.form.draft import Draft, FileState, FormContext
from studio_tui.presentation.form.file_checks import QUERY_LIMIT
from studio_tui.presentation.form.line_checks import (
    LOGIN_IS_SEEN,
    environment_problems,
    requirement_problems,
)
from studio_tui.presentation.form.problems import (
    FieldProblems,
    Problem,
    did_you_mean,
    quoted,
    warning,
)
from studio_tui.presentation.format import join_names, plural, size
from studio_tui.presentation.jobs.waiting import takes_no_jobs
from studio_tui.presentation.schedules.explanations import explain_expression, explain_single_time

REQUEST_LIMIT = 1024 * 1024
"""Maximum size in bytes of a request: the limit of the local Studio, assumed for all."""

PYTHON_VERSIONS = ("3.10", "3.11", "3.12", "3.13")
"""Versions that Studio's documentation names."""

_CONTROL = frozenset({"Cc", "Zl", "Zp"})
"""Unicode categories of control characters and line breaks."""
_MOST_WORKERS = 2**31 - 1
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,12}")
_SCP = re.compile(r"[\w.-]+@[\w.-]+:[^\s/].*")
"""An address such as `git@github.com:user/project`."""
_NAMES_SHOWN = 5


Check = Callable[[Draft, FormContext], FieldProblems]


def query_type(draft: Draft) -> QueryType:
    """Return the chosen type, else the one implied by the query file or, without a file, the name.

    As for the DataChain CLI, a file is PYTHON if its name ends in `.py`, else SHELL. The name of a
    job, which the CLI does not accept, implies SHELL only if it ends in `.sh`.
    """
    chosen = draft.query_type.strip().upper()
    if chosen in QueryType.__members__:
        return QueryType(chosen)
    file, name = draft.query_file.strip(), draft.query_name.strip()
    is_shell = not file.endswith(".py") if file else name.endswith(".sh")
    return QueryType.SHELL if is_shell else QueryType.PYTHON


def job_name(draft: Draft) -> str | None:
    """Return the job's name: as typed, else the name of the query's file; `None` without both."""
    return draft.query_name.strip() or PurePath(draft.query_file.strip()).name or None


def query_text(draft: Draft, context: FormContext) -> str:
    """Return the text of the query file, or the typed query if no file is given.

    The typed query is also returned until the file has been read. If the file could not be read,
    the text is empty.
    """
    facts = context.files.get(draft.query_file) if draft.query_file.strip() else None
    return facts.text or "" if facts else draft.query


def typed_cluster_id(draft: Draft, _context: FormContext) -> int | str | None:
    """Return the typed id: a number, as in the API document, or text; `None` if empty.

    A number with a leading zero, or with more than 15 digits, is text.
    """
    typed = draft.compute_cluster_id.strip()
    return int(typed) if re.fullmatch(r"0|[1-9][0-9]{0,14}", typed) else typed or None


def query(draft: Draft, _context: FormContext) -> str:
    if draft.query_file.strip():
        return ""
    if not draft.query.strip():
        return "There is no query; type one, or name its file."
    length = len(draft.query.encode())
    if length <= QUERY_LIMIT:
        return ""
    return f"The query is {size(length)}; Studio accepts at most {size(QUERY_LIMIT)}."


def query_type_problems(draft: Draft, _context: FormContext) -> str:
    typed = draft.query_type.strip()
    if not typed or typed.upper() in QueryType.__members__:
        return ""
    return f"A query is PYTHON or SHELL; {quoted(typed)} is neither."


def query_name(draft: Draft, _context: FormContext) -> str:
    name = draft.query_name.strip()
    if len(name) > NAME_LIMIT:
        return f"The name has {len(name)} characters; Studio accepts at most {NAME_LIMIT}."
    return _control_problem(name)


def _control_problem(name: str) -> str:
    if any(unicodedata.category(character) in _CONTROL for character in name):
        return "The name contains a control character or a line break; remove it."
    return ""


def environment(draft: Draft, _context: FormContext) -> FieldProblems:
    return environment_problems(draft.environment)


def requirements(draft: Draft, _context: FormContext) -> FieldProblems:
    return requirement_problems(draft.requirements)


def workers(draft: Draft, context: FormContext) -> FieldProblems:
    typed = draft.workers.strip()
    if not typed:
        return ()
    number = int(typed) if _WHOLE_NUMBER.fullmatch(typed) else None
    if number is None or number < 1:
        return f"Workers must be a whole number from 1 up; {quoted(typed)} is not. Type 1 or more."
    if number > _MOST_WORKERS:
        return f"{number} is more workers than any cluster has."
    cluster = chosen_cluster(draft, context)
    most = cluster.max_workers if cluster else None
    if cluster is None or most is None or number <= most:
        return ()
    sentence = f"{quoted(cluster.name or cluster.id)} has at most {plural(most, 'worker')};"
    if context.is_local:
        return f"{sentence} {number} is refused. Type {most} or less."
    return (
        warning("workers", f"{sentence} Studio may refuse {number}, or leave the job waiting."),
    )


def whole_number(field: str, allowed: Container[int], rule: str, advice: str) -> Check:
    """Return a check that a field is empty or has one of the allowed numbers.

    `rule` is a clause about the allowed numbers, and `advice` a sentence that says what to type.
    """

    def check(draft: Draft, _context: FormContext) -> str:
        typed = draft.value(field, "").strip()
        if not typed or (_WHOLE_NUMBER.fullmatch(typed) and int(typed) in allowed):
            return ""
        return f"{rule}; {quoted(typed)} is not. {advice}"

    return check


def credentials_name(draft: Draft, context: FormContext) -> FieldProblems:
    typed = draft.value("credentials_name", "").strip()
    if typed and context.is_local:
        return "The local Studio stores no credentials; pass them in the field environment."
    return _control_problem(typed)


def python_version(draft: Draft, context: FormContext) -> FieldProblems:
    typed = draft.python_version.strip()
    if not typed:
        return ()
    if not PYTHON_VERSION.fullmatch(typed):
        return f"{quoted(typed)} is not a Python 3 version; type one such as {PYTHON_VERSIONS[-2]}."
    if typed not in PYTHON_VERSIONS and not context.is_local:
        versions = ", ".join(PYTHON_VERSIONS)
        sentence = f"Studio is known to support {versions}; it may refuse {typed}."
        return (warning("python_version", sentence),)
    return ()


def repository(draft: Draft, context: FormContext) -> FieldProblems:
    typed = draft.repository.strip()
    if not typed:
        return ()
    if fault := repository_fault(typed):
        return f"The repository {fault}."
    if typed.endswith("@"):
        return "There is no revision after the @; type one, or remove the @."
    scheme, slashes, location = typed.partition("://")
    if slashes:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme) or not location.strip("/"):
            return f"{quoted(typed)} is not a URL; type it as https://HOST/USER/REPOSITORY."
        return (warning("repository", f"The URL {LOGIN_IS_SEEN}"),) if has_login(typed) else ()
    if _SCP.fullmatch(typed):
        return ()
    if typed.startswith(("/", ".", "~")):
        if not context.is_local:
            sentence = "This is a path, which only a Studio on this machine can clone."
            return (warning("repository", sentence),)
        return _local_repository_problems(typed, context)
    return f"{quoted(typed)} is not a URL; type https:// before it."


def _local_repository_problems(typed: str, context: FormContext) -> FieldProblems:
    if not typed.startswith("/"):
        return "git runs in the folder of the job; type an absolute path, which begins with /."
    path, _revision = split_repository(typed)
    facts = context.files.get(path)
    if facts is None or facts.state is FileState.FOLDER:
        return ()
    if facts.state is FileState.MISSING:
        return f"There is no folder {quoted(path)}; check the path."
    # It may be a bundle, which git clones too.
    return (warning("repository", f"{quoted(path)} is not a folder; git may refuse it."),)


def chosen_cluster(draft: Draft, context: FormContext) -> Cluster | None:
    """Return the cluster with the typed name or id, or the default one if both are empty.

    `None` if there is no such cluster, or if the clusters are not loaded yet.
    """
    name, cluster_id = draft.compute_cluster_name.strip(), draft.compute_cluster_id.strip()
    for cluster in context.clusters or ():
        if cluster_id or name:
            if cluster.id == cluster_id or (name and cluster.name == name):
                return cluster
        elif cluster.default:
            return cluster
    return None


def cluster_name(draft: Draft, context: FormContext) -> FieldProblems:
    name = draft.compute_cluster_name.strip()
    if not name:
        default = None if draft.compute_cluster_id.strip() else chosen_cluster(draft, context)
        return () if default is None else _closed_problem(default.name or default.id, default)
    if context.clusters is None:
        return _not_checked_yet("compute_cluster_name")
    chosen = next((cluster for cluster in context.clusters if cluster.name == name), None)
    if chosen is not None:
        return _closed_problem(name, chosen)
    if any(cluster.id == name for cluster in context.clusters):
        return f"{quoted(name)} is the id of a cluster; move it to the field for the id."
    names = tuple(cluster.name for cluster in context.clusters if cluster.name)
    return f"{quoted(name)} is not a cluster{_suggestion(name, names)}"


def cluster_id(draft: Draft, context: FormContext) -> FieldProblems:
    typed = draft.compute_cluster_id.strip()
    if not typed:
        return ()
    if draft.compute_cluster_name.strip():
        return "Give the name or the id of a cluster, not both; clear one of them."
    if context.clusters is None:
        return _not_checked_yet("compute_cluster_id")
    chosen = chosen_cluster(draft, context)
    if chosen is not None:
        return _closed_problem(typed, chosen)
    ids = tuple(cluster.id for cluster in context.clusters)
    return f"{quoted(typed)} is not a cluster id{_suggestion(typed, ids)}"


def _not_checked_yet(field: str) -> tuple[Problem, ...]:
    return (warning(field, "The clusters are not loaded, so this is not checked."),)


def _closed_problem(name: str, cluster: Cluster) -> str:
    if not takes_no_jobs(cluster):
        return ""
    status = cluster.status or "INACTIVE"
    return f"{quoted(name)} is {status} and accepts no jobs; name another."


def _suggestion(typed: str, names: tuple[str, ...]) -> str:
    """Return the end of a sentence: `; did you mean “gpu”?`, else `; there are “cpu”, “gpu”.`"""
    if not names:
        return "; there are none."
    are = "are" if len(names) > 1 else "is only"
    listed = f"; there {are} {join_names([*map(quoted, names)], _NAMES_SHOWN)}."
    return did_you_mean(typed, names) or listed


def start(draft: Draft, context: FormContext) -> str:
    typed = draft.start_after.strip()
    explained = explain_single_time(typed, context.now, context.zone)
    return "" if not typed or explained.is_good else explained.lines[0]


def cron_expression(draft: Draft, context: FormContext) -> str:
    typed = draft.cron_expression.strip()
    if not typed:
        return ""
    explained = explain_expression(typed, None, context.now, context.zone)
    return "" if explained.is_good else explained.lines[0]


def job_to_continue(draft: Draft, context: FormContext) -> FieldProblems:
    job_id = draft.rerun_from_job_id.strip()
    if job_id and not is_job_id(job_id):
        return f"{quoted(job_id)} is not the id of a job; copy one with `c` from the list of jobs."
    if job_id and draft.reset:
        sentence = "The checkpoints of that job are ignored, so everything is computed again."
        return (warning("rerun_from_job_id", sentence),)
    if job_id and not context.is_origin_known:
        unknown = "No job known here has this id."
        sentence = f"{unknown} If Studio has none either, everything is computed again."
        return (warning("rerun_from_job_id", sentence),)
    return ()
