"""Parsing, validation and completion of dataset names.

A name is `[@]namespace.project.name[@version]`; missing parts have defaults in Studio.
"""

import re
from collections.abc import Iterable

from studio_tui.presentation.form.problems import Problem, quoted, unsendable_problems

LOCAL_PREFIX = "local.local."
"""Namespace and project of all datasets in the local Studio, where names can omit them."""


_NAME = re.compile(r"@?[^\s@,]+(@[^\s@,]+)?")


def datasets_in(text: str) -> tuple[str, ...]:
    """Return the names in a text, separated by blanks or commas, without duplicates."""
    return tuple(dict.fromkeys(name for name in re.split(r"[\s,]+", text) if name))


def dataset_problems(text: str, *, is_required: bool) -> tuple[Problem, ...]:
    """Return the problems of the names in a text; no names are a problem only if `is_required`."""
    if problems := unsendable_problems("datasets", text):
        return problems
    names = datasets_in(text)
    if not names:
        return (Problem("datasets", "Name a dataset to rebuild."),) if is_required else ()
    return tuple(
        Problem("datasets", f"{quoted(name)} is not namespace.project.name@version.")
        for name in names
        if not _NAME.fullmatch(name)
    )


def short_name(name: str) -> str:
    """Return a name without leading `@`, and without the local Studio's namespace and project."""
    return name.removeprefix("@").removeprefix(LOCAL_PREFIX)


def target_key(target: str) -> frozenset[str]:
    """Return a key that is equal for targets that rebuild the same datasets.

    Versions are ignored, because a rebuild always creates a new version.
    """
    return frozenset(_without_version(name) for name in datasets_in(target)) or frozenset((target,))


def _without_version(name: str) -> str:
    return short_name(name).partition("@")[0]


def matching_names(word: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return the names that start with or contain a word, best matches first; case is ignored."""
    lowered_word = word.lower()

    def rank(name: str) -> int:
        if name.lower().startswith(lowered_word):
            return 0
        parts = name.lower().lstrip("@").split(".")
        return 1 if any(part.startswith(lowered_word) for part in parts) else 2

    return tuple(sorted((name for name in names if lowered_word in name.lower()), key=rank))
