"""Names of datasets as they are typed: which are meant, which are known, what is wrong with them.

A name is `[@]namespace.project.name[@version]`; what is missing is Studio's default.
"""

import fnmatch
import re
from collections.abc import Iterable
from typing import NamedTuple

from studio_tui.api.listed_datasets import ListedDataset
from studio_tui.presentation.jobs.problems import Problem, meant, quoted, unsendable, warning

LOCAL_PLACE = "local.local."
"""Namespace and project of the local Studio, which a name need not have there."""


class KnownDatasets(NamedTuple):
    """The names that can be offered."""

    names: tuple[str, ...]
    is_all: bool
    """Whether Studio has said of all its newest jobs what they have made."""
    listed: tuple[ListedDataset, ...] = ()
    """All datasets, where Studio lists them."""

    @property
    def outdated(self) -> tuple[str, ...]:
        """The names of those that are out of date."""
        return tuple(short_name(each.name) for each in self.listed if each.newer)


_NAME = re.compile(r"@?[^\s@,]+(@[^\s@,]+)?")


def datasets_in(text: str) -> tuple[str, ...]:
    """Return the names in a text, divided by blanks or commas, each once."""
    return tuple(dict.fromkeys(name for name in re.split(r"[\s,]+", text) if name))


def dataset_problems(text: str, *, is_sent: bool) -> tuple[Problem, ...]:
    """Return what is wrong with the names; that there is none counts once they are to be sent."""
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
    """Return a name as short as the local Studio takes it: without its namespace and project."""
    return name.removeprefix("@").removeprefix(LOCAL_PLACE)


def target_key(target: str) -> frozenset[str]:
    """Return what is the same for targets that rebuild the same datasets, however written.

    A version names what is to be rebuilt as the name alone does: a new version is made.
    """
    return frozenset(_bare(name) for name in datasets_in(target)) or frozenset((target,))


def unknown_datasets(
    text: str, known: Iterable[str], *, is_certain: bool = False
) -> tuple[Problem, ...]:
    """Return a warning that names all datasets in a text that are not known, and what may be meant.

    Where no dataset at all is known there is none. It `is_certain` that Studio knows no other ones
    where it lists them.
    """
    strange = _strange(text, known)
    if not strange:
        return ()
    said = ", ".join(
        f"{quoted(name)} ({hint})" if hint else quoted(name) for name, hint in strange.items()
    )
    if is_certain:
        return (warning("datasets", f"There is no dataset {said}."),)
    return (warning("datasets", f"Not known here: {said}. Studio may know more."),)


def refused_names(sentence: str, text: str, known: Iterable[str]) -> Problem:
    """Return what Studio says of names that it refused, with what may be meant by each."""
    hints = [f"{quoted(name)}: {hint}" for name, hint in _strange(text, known).items() if hint]
    return Problem("datasets", " ".join((sentence, *hints)))


def _strange(text: str, known: Iterable[str]) -> dict[str, str]:
    """Return the names in a text that are not known, each with a question what may be meant.

    Where no dataset at all is known nobody can tell.
    """
    names = {_bare(name): name for name in known}
    if not names:
        return {}
    return {
        name: meant(_bare(name), names).removeprefix("; ")
        for name in datasets_in(text)
        if _bare(name) not in names
    }


def _bare(name: str) -> str:
    return short_name(name).partition("@")[0]


def version_notes(text: str) -> tuple[str, ...]:
    """Return what naming a version does, where one is named: it is never made over."""
    named = [name for name in datasets_in(text) if "@" in name.removeprefix("@")]
    if not named:
        return ()
    return (
        (
            f"{quoted(named[0])} is rebuilt as a new version, from what that version was made"
            " from; the one named stays as it is."
        ),
    )


def _ends(name: str) -> tuple[str, ...]:
    """Return a name without an @, and what is left without its namespace, and its project."""
    parts = name.lstrip("@").split(".")
    return tuple(".".join(parts[start:]) for start in range(len(parts)))


def matching(word: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return the names that a word may be the beginning of, or a part; likely ones first.

    A word with `*`, `?` or `[` stands for the names that it fits as a whole, with place or without.
    """
    wanted = word.lower()
    if any(sign in wanted for sign in "*?["):
        pattern = re.compile(fnmatch.translate(wanted))
        return tuple(name for name in names if any(map(pattern.match, _ends(name.lower()))))
    begun, bare, within = [], [], []
    for name in names:
        low = name.lower()
        if low.startswith(wanted):
            begun.append(name)
        elif any(part.startswith(wanted) for part in low.lstrip("@").split(".")):
            bare.append(name)
        elif wanted in low:
            within.append(name)
    return (*begun, *bare, *within)
