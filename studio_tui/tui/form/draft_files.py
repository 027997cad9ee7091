"""Reads the files and folders that a form names, which is slow: call it in a thread."""

import os
import stat
from pathlib import Path

from studio_tui.job_rules import split_repository
from studio_tui.presentation.form.context import FileFacts, FileState
from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.form.file_checks import QUERY_LIMIT


def facts_of(draft: Draft) -> dict[str, FileFacts]:
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


def candidates(typed: str) -> list[str]:
    """Return the names with which a path can be completed, sorted; folders end in `/`."""
    folder, _, prefix = typed.rpartition("/")
    folder_path = path_of(f"{folder}/") if folder or typed.startswith("/") else Path()
    try:
        with os.scandir(folder_path) as entries:
            return sorted(
                f"{entry.name}/" if entry.is_dir() else entry.name
                for entry in entries
                if entry.name.startswith(prefix) and (prefix or not entry.name.startswith("."))
            )
    except (OSError, ValueError):
        return []


def complete_path(typed: str, names: list[str] | None = None) -> str | None:
    """Return a path completed as far as all its candidates agree; `None` if they add nothing.

    `names` are the candidates if they are known already.
    """
    prefix = typed.rpartition("/")[2]
    names = candidates(typed) if names is None else names
    common = os.path.commonprefix(names)  # noqa: RUF071 (compares characters, not folders)
    completed = common if common.isprintable() else ""
    return typed + completed[len(prefix) :] if len(completed) > len(prefix) else None
