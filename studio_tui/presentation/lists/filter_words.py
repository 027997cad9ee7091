"""A typed filter as its terms: blanks part them, quotes keep blanks, `or` parts alternatives."""

import re
from collections.abc import Iterator
from typing import NamedTuple

OR = "or"

_TERM = re.compile(
    r"(?P<sign>!*)(?P<field>(?:[A-Za-z_]+[=~<>])?)"
    r"(?P<quote>\"(?P<value>(?:[^\"\\]|\\.)*)(?P<end>\"?))?(?P<rest>\S*)",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\([\"\\])")


class Typed(NamedTuple):
    """One term as it was typed."""

    raw: str
    """With its quotes, as a filter that is shown or kept has it."""
    sign: str
    """The exclamation marks before it."""
    text: str
    """The rest, without quotes."""
    is_word: bool
    """Whether it is a word to look for, whatever stands in it, as it is in quotes."""
    is_closed: bool = True
    """Whether its quotes are."""

    @property
    def is_or(self) -> bool:
        """Whether it parts alternatives; within quotes it is a word."""
        return self.raw.lower() == OR


def typed(text: str) -> Iterator[Typed]:
    """Yield the terms of a filter. A quote counts where a term or its value begins."""
    for found in _TERM.finditer(text):
        if not found[0]:
            continue
        value = _ESCAPED.sub(r"\1", found["value"] or "")
        yield Typed(
            found[0],
            found["sign"],
            found["field"] + value + found["rest"],
            is_word=found["quote"] is not None and not found["field"],
            is_closed=found["end"] != "",
        )


def quoted(value: str) -> str:
    """Return a value as it is typed: in quotes where it could be taken for something else."""
    if value and not any(c.isspace() for c in value) and not value.startswith('"'):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
