"""Splits a filter into terms: separated by blanks, with quotes, and `or` between alternatives."""

import re
from collections.abc import Iterator
from typing import NamedTuple

OR = "or"
ALTERNATIVES = f" {OR} "
"""The text between alternatives."""

_TERM = re.compile(
    r"(?P<sign>!*)(?P<field>(?:[A-Za-z_]+(?:!?==|!?[=~]|[<>]))?)"
    r"(?P<quote>\"(?P<value>(?:[^\"\\]|\\.)*)(?P<end>\"?))?(?P<rest>\S*)",
    re.DOTALL,
)
"""One term; `quote` is the quoted part of the term, and `rest` the part after the quotes."""
_SPACED = re.compile(
    r"(?P<sign>!*)(?P<field>[A-Za-z_]+)\s*(?P<operator>[<>])\s*"
    r"(?P<longer>(?:\d+(?:ms|[smhdw]))*)(?P<number>\d+)\s*(?P<unit>ms|[smhdw])(?!\S)"
)
"""A comparison with a span, which may be typed with blanks: `took > 80 ms`, `age > 1h30m`."""
_ESCAPED = re.compile(r"\\([\"\\])")


class TypedTerm(NamedTuple):
    """One term."""

    raw: str
    """The whole term as typed, with its quotes."""
    sign: str
    """The exclamation marks at its beginning."""
    text: str
    """The term without `sign` and quotes; a comparison has no blanks: `age>1h`."""
    is_word: bool
    """Whether the term begins with a quote, so that it is a search word and has no field."""
    is_closed: bool = True
    """Whether its quotes are closed, or it has none."""
    head: str = ""
    """Field and operator, such as `name=`, if only the value is quoted; else empty.

    `text` alone does not show where the operator ends, as the value may begin with `=`.
    """

    @property
    def is_or(self) -> bool:
        """Whether the term is `or`, which separates alternatives; in quotes it is a word."""
        return self.raw.lower() == OR


def split_terms(text: str) -> Iterator[TypedTerm]:
    """Yield the terms of a filter. Quotes count only at the start of a term or its value."""
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        if spaced := _SPACED.match(text, position):
            position = spaced.end()
            sign, *parts = spaced.groups()
            yield TypedTerm(spaced[0], sign, "".join(parts), is_word=False)
            continue
        match = _TERM.match(text, position)
        if match is None or not match[0]:
            return
        position = match.end()
        value = _ESCAPED.sub(r"\1", match["value"] or "")
        yield TypedTerm(
            match[0],
            match["sign"],
            match["field"] + value + match["rest"],
            is_word=match["quote"] is not None and not match["field"],
            is_closed=match["end"] != "",
            head=match["field"] if match["quote"] is not None else "",
        )


def quote_value(value: str) -> str:
    """Return a value as it must be typed: in quotes if it would be parsed differently without."""
    has_separator = any(character.isspace() or character == "," for character in value)
    if value and not has_separator and not value.startswith(('"', "=")):
        return value
    return in_quotes(value)


def in_quotes(text: str) -> str:
    """Return the term that stands for `text` as it is."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
