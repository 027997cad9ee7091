"""Checks of the fields that name files, with facts that were read from the disk."""

from pathlib import PurePath

from studio_tui.presentation.form.draft import Draft, FileFacts, FileState, FormContext
from studio_tui.presentation.form.problems import (
    FieldProblems,
    Problem,
    quoted,
    unsendable_problems,
    warning,
)
from studio_tui.presentation.format import size

QUERY_LIMIT = 1024 * 1024
"""Maximum size of a query in bytes; the local Studio accepts no larger request."""

UPLOAD_LIMIT = 256 * 1024 * 1024
"""Maximum size in bytes of the request that uploads a file: the local Studio's, assumed for all."""

_MULTIPART_BYTES = 4096
"""Room in this request for the multipart headers around the contents of the file."""


def query_file(draft: Draft, context: FormContext) -> FieldProblems:
    path = draft.query_file
    if not path.strip():
        return ()
    facts = context.files.get(path)
    sentence = _state_problem(path, facts)
    if not sentence and facts is not None:
        if facts.size > QUERY_LIMIT:
            limit = size(QUERY_LIMIT)
            sentence = (
                f"{quoted(path)} is too large for a query: {size(facts.size)}, at most {limit}."
            )
        elif facts.bad_byte is not None:
            place = f"from byte {facts.bad_byte} on"
            sentence = f"{quoted(path)} is not UTF-8 text {place}; save it as UTF-8."
        elif facts.text is None:
            sentence = f"{quoted(path)} is still being read."
        elif not facts.text.strip():
            sentence = f"{quoted(path)} is empty; a job needs a query."
        else:
            return unsendable_problems("query_file", facts.text)
    return sentence


def files(draft: Draft, context: FormContext) -> FieldProblems:
    problems: list[Problem] = []
    path_of_name: dict[str, str] = {}
    for path in dict.fromkeys(draft.files):
        if not path.strip():
            problems.append(Problem("files", "A file has no path; type one, or remove it."))
            continue
        file = context.files.get(path)
        sentence = _state_problem(path, file)
        if file and file.state is FileState.MISSING and "," in path:
            sentence = f"There is no file {quoted(path)}; write one path per line."
        if not sentence and file and file.size > UPLOAD_LIMIT - _MULTIPART_BYTES:
            sizes = f"{size(file.size)}, at most {size(UPLOAD_LIMIT)}"
            sentence = f"{quoted(path)} is too large: {sizes}. Let the job fetch it."
        if sentence:
            problems.append(Problem("files", sentence))
        name = PurePath(path).name
        earlier_path = path_of_name.setdefault(name, path)
        if earlier_path != path:
            paths_of_name = f"{quoted(earlier_path)} and {quoted(path)}"
            sentence = f"{paths_of_name} would both be {quoted(name)} beside the query; rename one."
            problems.append(Problem("files", sentence))
        elif draft.files.count(path) > 1:
            problems.append(
                warning("files", f"{quoted(path)} is listed more than once; list it once.")
            )
    return tuple(problems)


def _state_problem(path: str, facts: FileFacts | None) -> str:
    if facts is None:
        return f"{quoted(path)} is still being checked."
    return {
        FileState.FILE: "",
        FileState.MISSING: f"There is no file {quoted(path)}; check the path.",
        FileState.FOLDER: f"{quoted(path)} is a folder; name a file in it.",
        FileState.UNREADABLE: f"{quoted(path)} cannot be read; check its permissions.",
        FileState.OTHER: f"{quoted(path)} is not a regular file; name one that is.",
    }[facts.state]
