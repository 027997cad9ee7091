"""Validates a form, after reading the files that it names."""

import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from studio_tui.api.models import QueryType
from studio_tui.job_rules import split_repository
from studio_tui.presentation.form.checks import query_text, query_type
from studio_tui.presentation.form.draft import Draft, FileFacts, FileState, FormContext
from studio_tui.presentation.form.fields import FIELDS, default_words, hint
from studio_tui.presentation.form.file_checks import QUERY_LIMIT
from studio_tui.presentation.form.job_request import check
from studio_tui.presentation.form.problems import Level, Problem
from studio_tui.tui.form.code_area import Spans, colors


@dataclass(frozen=True)
class Checked:
    """The result of validating a draft."""

    draft: Draft
    context: FormContext
    problems: tuple[Problem, ...]
    notes: Mapping[str, tuple[str, ...]]
    """The lines of each field's note, by the field's name."""
    placeholders: Mapping[str, str]
    """The safe words shown while each field is empty, by the field's name."""
    query: str
    """The text of the query, typed or from a file."""
    colors: tuple[Spans, ...]
    """Of each line of the query; empty for a long query."""

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems other than warnings."""
        return tuple(problem for problem in self.problems if problem.level is Level.ERROR)


MessageUpdate = Callable[[Checked], str]
"""Returns the text of a message after a validation; empty if the message no longer applies."""


def check_draft(draft: Draft, context: FormContext) -> Checked:
    """Validate a form and the files that it names, which are read here: call it in a thread."""
    context = replace(context, files=_facts_of_files(draft))
    query = query_text(draft, context)
    language = "bash" if query_type(draft) is QueryType.SHELL else "python"
    notes = {name: hint(name, draft, context) for name in FIELDS}
    placeholders = {name: default_words(name, draft, context) for name in FIELDS}
    spans = colors(query, language)
    return Checked(draft, context, check(draft, context), notes, placeholders, query, spans)


def _facts_of_files(draft: Draft) -> dict[str, FileFacts]:
    """Return facts about the files and the repository of a form, by path as typed."""
    repository, _ = split_repository(draft.repository.strip())
    paths = (*draft.files, repository if repository.startswith("/") else "")
    facts = {path: _facts_of(path, read=False) for path in paths if path.strip()}
    if draft.query_file.strip():
        facts[draft.query_file] = _facts_of(draft.query_file, read=True)
    return facts


def path_of(typed: str) -> Path:
    """Return the path for a typed text; `~` is the user's home."""
    return Path(os.path.expanduser(typed.strip()))  # noqa: PTH111 (`Path.expanduser` raises for ~unknown)


def _facts_of(typed: str, *, read: bool) -> FileFacts:
    if "\0" in typed:
        return FileFacts(FileState.MISSING)
    path = path_of(typed)
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            return FileFacts(FileState.FOLDER)
        if not stat.S_ISREG(status.st_mode):
            return FileFacts(FileState.OTHER)
        with path.open("rb") as file:
            data = file.read(QUERY_LIMIT + 1) if read else b""
    except (FileNotFoundError, NotADirectoryError):
        return FileFacts(FileState.MISSING)
    except (OSError, UnicodeEncodeError):
        return FileFacts(FileState.UNREADABLE)
    if not read or len(data) > QUERY_LIMIT:
        return FileFacts(FileState.FILE, max(status.st_size, len(data)))
    try:
        return FileFacts(FileState.FILE, len(data), data.decode("utf-8"))
    except UnicodeDecodeError as error:
        return FileFacts(FileState.FILE, len(data), bad_byte=error.start)
