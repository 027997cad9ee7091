"""Splits a filter into terms: separated by blanks, with quotes, and `or` between alternatives."""

import re
from collections.abc import Iterator
from typing import NamedTuple

OR = "or"
ALTERNATIVES = f" {OR} "
"""The text between alternatives."""

_TERM = re.compile(
    r"(?P<sign>!*)(?P<field>(?:[A-Za-z_]+(?:==|[=~<>]))?)"
    r"(?P<quote>\"(?P<value>(?:[^\"\\]|\\.)*)(?P<end>\"?))?(?P<rest>\S*)",
    re.DOTALL,
)
_SPACED = re.compile(
    r"(?P<sign>!*)(?P<field>[A-Za-z_]+)\s*(?P<operator>[<>])\s*"
    r"(?P<longer>(?:\d+(?:ms|[smhdw]))*)(?P<number>\d+)\s*(?P<unit>ms|[smhdw])(?!\S)"
)
"""A limit of a span that may be typed with blanks, as in `took > 80 ms` or `age > 1h30m`."""
_ESCAPED = re.compile(r"\\([\"\\])")


class TypedTerm(NamedTuple):
    """One term as typed."""

    raw: str
    """The whole term with its quotes, as shown and stored."""
    sign: str
    """The exclamation marks before it."""
    text: str
    """The rest, without quotes."""
    is_word: bool
    """Whether it is quoted, so that it is always a search word."""
    is_closed: bool = True
    """Whether its quotes are closed."""
    head: str = ""
    """Its field and operator if its value, which may begin like an operator, is quoted."""

    @property
    def is_or(self) -> bool:
        """Whether it separates alternatives; in quotes it is a word."""
        return self.raw.lower() == OR


def split_terms(text: str) -> Iterator[TypedTerm]:
    """Yield the terms of a filter. Quotes count only at the start of a term or its value."""
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        if spaced := _SPACED.match(text, at):
            at = spaced.end()
            sign, *parts = spaced.groups()
            yield TypedTerm(spaced[0], sign, "".join(parts), is_word=False)
            continue
        match = _TERM.match(text, at)
        if match is None or not match[0]:
            return
        at = match.end()
        value = _ESCAPED.sub(r"\1", match["value"] or "")
        yield TypedTerm(
            match[0],
            match["sign"],
            match["field"] + value + match["rest"],
            is_word=match["quote"] is not None and not match["field"],
            is_closed=match["end"] != "",
            head=match["field"] if match["quote"] is not None else "",
        )


def quoted(value: str) -> str:
    """Return a value as it must be typed: in quotes if it would be parsed otherwise."""
    if value and not any(c.isspace() for c in value) and not value.startswith(('"', "=")):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
