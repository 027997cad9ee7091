"""What a job's fields may hold, for the form that asks for a job and the local Studio that runs it.

Neither takes what the other refuses. Clauses go on after the field's name, without a full stop.
"""

import re
from enum import StrEnum

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ENTRY_BYTES = 128 * 1024 - 1
"""Linux takes no longer entry of an environment (MAX_ARG_STRLEN)."""

_SCP_HOST = re.compile(r"[^/@]+@[^/:]+:")
_JOB_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


class VariableFault(StrEnum):
    """Why an entry `NAME=VALUE` cannot be part of an environment."""

    NAME = "name"
    LENGTH = "length"
    NUL = "nul"


def is_variable(name: str) -> bool:
    """Tell whether a text can be the name of a variable."""
    return _NAME.fullmatch(name) is not None


def variable_fault(name: str, entry: str) -> VariableFault | None:
    """Return what is wrong with a variable of that name, written as `entry`."""
    if not is_variable(name):
        return VariableFault.NAME
    if len(entry.encode("utf-8", "replace")) > _ENTRY_BYTES:
        return VariableFault.LENGTH
    return VariableFault.NUL if "\0" in entry else None


def split_repository(repository: str) -> tuple[str, str | None]:
    """Divide `URL@REVISION` into its parts; the revision may hold slashes and may be missing."""
    scheme, slashes, rest = repository.rpartition("://")
    if slashes:
        host_end = rest.find("/")
    else:
        scp = _SCP_HOST.match(rest)
        host_end = scp.end() if scp else 0
    at = rest.rfind("@", max(0, host_end))
    if host_end < 0 or at < 0:
        return repository, None
    return scheme + slashes + rest[:at], rest[at + 1 :] or None


def repository_fault(repository: str) -> str | None:
    """Return why git cannot be given a repository, as a clause; `None` if it can."""
    if re.search(r"\s", repository) or not repository.isprintable() or repository.startswith("-"):
        return "must be a URL, or URL@REVISION, without blanks"
    _url, revision = split_repository(repository)
    if revision and revision.startswith("-"):
        return "has a revision that begins with a dash, which git would take for an option"
    return None


def is_job_id(text: str) -> bool:
    """Tell whether a text can be the id of a job, whichever Studio made it."""
    return _JOB_ID.fullmatch(text) is not None
