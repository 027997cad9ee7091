"""Validation rules shared by the job form and the local Studio.

Error messages are clauses without a full stop, to be appended to the name of the field.
"""

import re
from enum import StrEnum

NAMES_OF_UNNAMED = {"PYTHON": "query.py", "SHELL": "query.sh"}
"""The names that jobs without a name get, by type of query; unlike other names, they tell nothing
about the query."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST_ENTRY = 128 * 1024 - 1
"""Bytes of the longest `NAME=VALUE` that Linux passes to a process: MAX_ARG_STRLEN minus a NUL."""

_SCP_HOST = re.compile(r"[^/@]+@[^/:]+:")
"""User and host of a repository in the syntax of scp, such as `git@github.com:`."""
_JOB_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


class VariableFault(StrEnum):
    """Reason why an entry `NAME=VALUE` is invalid in an environment."""

    NAME = "name"
    LENGTH = "length"
    NUL = "nul"


def is_variable(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def variable_fault(name: str, entry: str) -> VariableFault | None:
    """Return the fault of the variable `name`, whose `entry` is `NAME=VALUE`; `None` if valid."""
    if not is_variable(name):
        return VariableFault.NAME
    if len(entry.encode("utf-8", "replace")) > _LONGEST_ENTRY:
        return VariableFault.LENGTH
    return VariableFault.NUL if "\0" in entry else None


def split_repository(repository: str) -> tuple[str, str | None]:
    """Split `URL@REVISION` into its URL and its revision, which is `None` if missing.

    The revision can contain slashes. An `@` before the host begins no revision.
    """
    scheme, slashes, location = repository.rpartition("://")
    if slashes:
        host_end = location.find("/")
    else:
        scp_host = _SCP_HOST.match(location)
        host_end = scp_host.end() if scp_host else 0
    at_sign = location.rfind("@", max(0, host_end))
    if host_end < 0 or at_sign < 0:
        return repository, None
    return scheme + slashes + location[:at_sign], location[at_sign + 1 :] or None


def repository_fault(repository: str) -> str | None:
    """Return why a repository is invalid for git, as a clause; `None` if it is valid."""
    if re.search(r"\s", repository) or not repository.isprintable() or repository.startswith("-"):
        return "must be a URL, or URL@REVISION, without blanks"
    _url, revision = split_repository(repository)
    if revision and revision.startswith("-"):
        return "has a revision that begins with a dash, which git would take for an option"
    return None


def is_job_id(text: str) -> bool:
    return _JOB_ID.fullmatch(text) is not None
