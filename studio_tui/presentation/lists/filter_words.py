"""Splits a filter into terms: separated by blanks, with quotes, and `or` between alternatives."""

import re
from collections.abc import Iterator
from typing import NamedTuple

OR = "or"
ALTERNATIVES = f" {OR} "
"""The text between alternatives."""

_TERM = re.compile(
    r"(?P<sign>!*)(?:(?P<field>[A-Za-z_]+)(?P<operator>!?==|!?[=~]|[<>]))?"
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
    raw: str
    """The whole term as typed, with its quotes."""
    sign: str
    """The exclamation marks at its beginning."""
    field: str
    """Empty for a word, such as `train` or `is:failed`."""
    operator: str
    """Such as `=` or `!=`, after `field`."""
    value: str
    """The rest, without quotes and, in a comparison, without blanks."""
    is_quoted: bool
    """Whether the value begins with a quote."""
    is_closed: bool = True
    """Whether its quotes are closed, or it has none."""

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
            sign, field, operator, *span = spaced.groups()
            yield TypedTerm(spaced[0], sign, field, operator, "".join(span), is_quoted=False)
            continue
        match = _TERM.match(text, position)
        if match is None or not match[0]:
            return
        position = match.end()
        value = _ESCAPED.sub(r"\1", match["value"] or "")
        yield TypedTerm(
            match[0],
            match["sign"],
            match["field"] or "",
            match["operator"] or "",
            value + match["rest"],
            is_quoted=match["quote"] is not None,
            is_closed=match["end"] != "",
        )


def quote_value(value: str) -> str:
    """Return a value as it must be typed: in quotes if it needs them to be parsed as it is."""
    has_separator = any(character.isspace() or character == "," for character in value)
    if value and not has_separator and not value.startswith(('"', "=")):
        return value
    return in_quotes(value)


def in_quotes(text: str) -> str:
    """Return the term that stands for `text` as it is."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
