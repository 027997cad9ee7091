"""Problems of form fields."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from enum import StrEnum
from typing import NamedTuple

from studio_tui.addresses import without_logins
from studio_tui.text import safe_line

_LONGEST_QUOTE = 40
_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a UTF-16 pair, which UTF-8 cannot encode."""


class Level(StrEnum):
    """An error prevents the form from being sent; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class Problem(NamedTuple):
    """One problem of one field."""

    field: str
    sentence: str
    """Says what is wrong and what to do; safe to draw."""
    level: Level = Level.ERROR


FieldProblems = str | tuple[Problem, ...]
"""The problems of a field, empty if there are none; a `str` is the sentence of its only error."""


def warning(field: str, sentence: str) -> Problem:
    return Problem(field, sentence, Level.WARNING)


def quoted(text: str) -> str:
    """Return untrusted text in quotation marks: shortened, safe, with logins in URLs masked."""
    shown = safe_line(without_logins(text.strip(), "…"))
    return f"“{shown if len(shown) <= _LONGEST_QUOTE else shown[: _LONGEST_QUOTE - 1] + '…'}”"


def did_you_mean(typed: str, valid_words: Iterable[str]) -> str:
    """Return `; did you mean “gpu”?` if a valid word is similar, else an empty string.

    If valid words begin with what is typed, only these are similar.
    """
    words, begin = {word.lower(): word for word in valid_words}, typed.lower()
    longer = [word for word in words if begin and word.startswith(begin)]
    similar = [words[each] for each in (longer or get_close_matches(begin, words, 3))[:3]]
    return f"; did you mean {' or '.join(map(quoted, similar))}?" if similar else ""


def unsendable_problems(field: str, text: str) -> tuple[Problem, ...]:
    """Return the problem of a text that no field can send; empty if it can be sent."""
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        return (Problem(field, f"Line {line} contains a NUL character, which cannot be sent."),)
    if surrogate := _SURROGATE.search(text):
        line = text[: surrogate.start()].count("\n") + 1
        return (Problem(field, f"Line {line} contains half a character, which cannot be sent."),)
    return ()
