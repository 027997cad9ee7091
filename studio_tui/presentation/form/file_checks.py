"""Checks the files of a job's form by facts that others gather: nothing is read here."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath

from studio_tui.presentation.format import size
from studio_tui.presentation.jobs.problems import Problem, quoted, unsendable, warning

QUERY_LIMIT = 1024 * 1024
"""Bytes of a query; the local Studio takes no larger request."""

UPLOAD_LIMIT = 256 * 1024 * 1024
"""Bytes of an upload that the local Studio takes, a little form around the file included."""

_FORM_BYTES = 4096


class FileState(StrEnum):
    """What stands at a path."""

    FILE = "file"
    MISSING = "missing"
    FOLDER = "folder"
    UNREADABLE = "unreadable"
    OTHER = "other"
    """A socket, a device and the like."""


@dataclass(frozen=True)
class FileFacts:
    """What was found at a path."""

    state: FileState
    size: int = 0
    """Bytes."""
    text: str | None = None
    """What the file holds, where it was read as a query and is UTF-8."""
    bad_byte: int | None = None
    """Where a file that was read as a query stops being UTF-8."""


def query_file_problems(path: str, facts: FileFacts | None) -> tuple[Problem, ...]:
    """Return what keeps the file at `path` from being a query; `None`: nothing is known yet."""
    field = "query_file"
    sentence = _sentence(path, facts)
    if not sentence and facts is not None:
        if facts.size > QUERY_LIMIT:
            limit = size(QUERY_LIMIT)
            sentence = f"{quoted(path)} is {size(facts.size)}; a query may have {limit}."
        elif facts.bad_byte is not None:
            where = f"from byte {facts.bad_byte} on"
            sentence = f"{quoted(path)} is not UTF-8 text {where}; save it as UTF-8."
        elif facts.text is None:
            sentence = f"{quoted(path)} is still being read."
        elif not facts.text.strip():
            sentence = f"{quoted(path)} is empty; a job needs a query."
        else:
            return unsendable(field, facts.text)
    return (Problem(field, sentence),)


def upload_problems(paths: tuple[str, ...], facts: Mapping[str, FileFacts]) -> tuple[Problem, ...]:
    """Return what keeps files from being uploaded and put beside one job."""
    problems: list[Problem] = []
    names: dict[str, str] = {}
    for path in dict.fromkeys(paths):
        if not path.strip():
            problems.append(Problem("files", "A file has no path; type one, or take it out."))
            continue
        found = facts.get(path)
        sentence = _sentence(path, found)
        if found and found.state is FileState.MISSING and "," in path:
            sentence = f"There is no file {quoted(path)}; one path a line."
        if not sentence and found and found.size > UPLOAD_LIMIT - _FORM_BYTES:
            limit = f"a file may have {size(UPLOAD_LIMIT)}"
            sentence = f"{quoted(path)} is {size(found.size)}; {limit}. Let the job fetch it."
        if sentence:
            problems.append(Problem("files", sentence))
        name = PurePath(path).name
        other = names.setdefault(name, path)
        if other != path:
            both = f"{quoted(other)} and {quoted(path)}"
            said = f"{both} would both be {quoted(name)} beside the job; rename one."
            problems.append(Problem("files", said))
        elif paths.count(path) > 1:
            problems.append(warning("files", f"{quoted(path)} is there twice; once is enough."))
    return tuple(problems)


def _sentence(path: str, facts: FileFacts | None) -> str:
    if facts is None:
        return f"{quoted(path)} is still being looked at."
    return {
        FileState.FILE: "",
        FileState.MISSING: f"There is no file {quoted(path)}; check the path.",
        FileState.FOLDER: f"{quoted(path)} is a folder; name a file in it.",
        FileState.UNREADABLE: f"{quoted(path)} cannot be read; check its permissions.",
        FileState.OTHER: f"{quoted(path)} is not a regular file; name one that is.",
    }[facts.state]
