"""Parsing, validation and completion of dataset names.

A name is `[@]namespace.project.name[@version]`; missing parts have defaults in Studio.
"""

import fnmatch
import re
from collections.abc import Iterable
from typing import NamedTuple

from studio_tui.api.listed_datasets import ListedDataset
from studio_tui.presentation.jobs.problems import Problem, did_you_mean, quoted, unsendable, warning

LOCAL_PLACE = "local.local."
"""Namespace and project of the local Studio, which may be omitted there."""


class KnownDatasets(NamedTuple):
    """Dataset names for completion."""

    names: tuple[str, ...]
    is_all: bool
    """Whether the datasets of all recent jobs have been loaded."""
    listed: tuple[ListedDataset, ...] = ()
    """All datasets, if Studio lists them."""

    @property
    def outdated(self) -> tuple[str, ...]:
        """The names of outdated datasets."""
        return tuple(short_name(each.name) for each in self.listed if each.newer)


_NAME = re.compile(r"@?[^\s@,]+(@[^\s@,]+)?")


def datasets_in(text: str) -> tuple[str, ...]:
    """Return the names in a text, separated by blanks or commas, without duplicates."""
    return tuple(dict.fromkeys(name for name in re.split(r"[\s,]+", text) if name))


def dataset_problems(text: str, *, is_sent: bool) -> tuple[Problem, ...]:
    """Return the problems of the names; an empty text is a problem only if `is_sent`."""
    if problems := unsendable("datasets", text):
        return problems
    names = datasets_in(text)
    if not names:
        return (Problem("datasets", "Name a dataset to rebuild."),) if is_sent else ()
    return tuple(
        Problem("datasets", f"{quoted(name)} is not namespace.project.name@version.")
        for name in names
        if not _NAME.fullmatch(name)
    )


def short_name(name: str) -> str:
    """Return a name without the local Studio's namespace and project."""
    return name.removeprefix("@").removeprefix(LOCAL_PLACE)


def target_key(target: str) -> frozenset[str]:
    """Return a key that is equal for targets that rebuild the same datasets, however written.

    Versions are ignored, because a rebuild always creates a new version.
    """
    return frozenset(_bare(name) for name in datasets_in(target)) or frozenset((target,))


def unknown_datasets(
    text: str, known: Iterable[str], *, is_certain: bool = False
) -> tuple[Problem, ...]:
    """Return a warning with all unknown datasets in a text, and suggestions.

    There is none if no dataset at all is known. `is_certain` means that Studio lists all datasets,
    so others do not exist.
    """
    unknown = _unknown_names(text, known)
    if not unknown:
        return ()
    names = ", ".join(
        f"{quoted(name)} ({hint})" if hint else quoted(name) for name, hint in unknown.items()
    )
    if is_certain:
        return (warning("datasets", f"There is no dataset {names}."),)
    return (warning("datasets", f"Not known here: {names}. Studio may know more."),)


def refused_names(sentence: str, text: str, known: Iterable[str]) -> Problem:
    """Return the problem of names that Studio rejected, with suggestions."""
    hints = [
        f"{quoted(name)}: {hint}" for name, hint in _unknown_names(text, known).items() if hint
    ]
    return Problem("datasets", " ".join((sentence, *hints)))


def _unknown_names(text: str, known: Iterable[str]) -> dict[str, str]:
    """Return the unknown names in a text, each with a suggestion.

    Empty if no dataset at all is known.
    """
    names = {_bare(name): name for name in known}
    if not names:
        return {}
    return {
        name: did_you_mean(_bare(name), names).removeprefix("; ")
        for name in datasets_in(text)
        if _bare(name) not in names
    }


def _bare(name: str) -> str:
    return short_name(name).partition("@")[0]


def version_notes(text: str) -> tuple[str, ...]:
    """Return a note about names with a version: the version is not overwritten."""
    named = [name for name in datasets_in(text) if "@" in name.removeprefix("@")]
    if not named:
        return ()
    return (
        (
            f"{quoted(named[0])} is rebuilt as a new version from the same sources;"
            " the named version is kept."
        ),
    )


def _suffixes(name: str) -> tuple[str, ...]:
    """Return a name without `@`, then without its namespace, then without its project."""
    parts = name.lstrip("@").split(".")
    return tuple(".".join(parts[start:]) for start in range(len(parts)))


def matching(word: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return the names that start with or contain a word, best matches first.

    A word with `*`, `?` or `[` is a pattern for whole names, with or without namespace and project.
    """
    lowered = word.lower()
    if any(sign in lowered for sign in "*?["):
        pattern = re.compile(fnmatch.translate(lowered))
        return tuple(name for name in names if any(map(pattern.match, _suffixes(name.lower()))))
    starting, part_starting, containing = [], [], []
    for name in names:
        low = name.lower()
        if low.startswith(lowered):
            starting.append(name)
        elif any(part.startswith(lowered) for part in low.lstrip("@").split(".")):
            part_starting.append(name)
        elif lowered in low:
            containing.append(name)
    return (*starting, *part_starting, *containing)
