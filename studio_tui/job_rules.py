"""Validation rules shared by the job form and the local Studio.

Error messages are clauses without a full stop, to be appended to the name of the field.
"""

import re
from collections.abc import Iterator

NAMES_OF_UNNAMED = {"PYTHON": "query.py", "SHELL": "query.sh"}
"""The names that jobs without a name get, by type of query; unlike other names, they tell nothing
about the query."""

NAME_LIMIT = 1000
"""Maximum number of characters of a job's name."""

PRIORITIES = range(6)
"""0 runs first; 5 is the default."""

PYTHON_VERSION = re.compile(r"3\.[0-9]{1,2}(?:\.[0-9]{1,2})?")

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST_ENTRY = 128 * 1024 - 1
"""Bytes of the longest `NAME=VALUE` that Linux passes to a process: MAX_ARG_STRLEN minus a NUL."""

_SCP_HOST = re.compile(r"[^/@]+@[^/:]+:")
"""User and host of a repository in the syntax of scp, such as `git@github.com:`."""
_JOB_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


def environment_lines(text: str) -> Iterator[tuple[int, str, str, str]]:
    """Yield each line that is neither empty nor a comment: its number, name, value and fault.

    The fault is a clause that quotes nothing; it is empty if the line is valid. The name of a line
    without an equals sign is all of it.
    """
    for number, line in enumerate(text.split("\n"), 1):
        entry = line.strip()
        if entry and not entry.startswith("#"):
            name, equals, value = entry.removeprefix("export ").partition("=")
            name, value = name.strip(), value.strip()
            fault = _variable_fault(name, entry) if equals else "must be NAME=VALUE"
            yield number, name, value, fault


def _variable_fault(name: str, entry: str) -> str:
    if not _NAME.fullmatch(name):
        return "has no valid name before the equals sign: letters, digits and _, no digit first"
    if len(entry.encode("utf-8", "replace")) > _LONGEST_ENTRY:
        return "is longer than 128 KiB, which cannot be passed to a program"
    return "contains a NUL character, which cannot be passed to a program" if "\0" in entry else ""


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
