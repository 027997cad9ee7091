"""Names of datasets as they are typed: which are meant, which are known, what is wrong with them.

A name is `[@]namespace.project.name[@version]`; what is missing is Studio's default.
"""

import re
from collections.abc import Iterable

from studio_tui.presentation.problems import Problem, quoted, unsendable

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


def matching(word: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return the names that a word may be the beginning of, or a part; likely ones first."""
    wanted = word.lower()
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
