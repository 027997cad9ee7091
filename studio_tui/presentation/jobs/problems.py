"""Problems of form fields, each a sentence that includes what to do."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from enum import StrEnum
from typing import NamedTuple

from studio_tui.addresses import without_logins
from studio_tui.text import safe_line

_SHOWN = 40
_SURROGATE = re.compile("[\ud800-\udfff]")


class Level(StrEnum):
    """Whether a problem prevents the form from being sent."""

    ERROR = "error"
    WARNING = "warning"


class Problem(NamedTuple):
    """One problem of one field."""

    field: str
    """Field name of `Draft`."""
    sentence: str
    """Safe to draw."""
    level: Level = Level.ERROR


Found = str | tuple[Problem, ...]
"""The problems of one field: the sentence of an error, or any problems; empty for none."""


def warning(field: str, sentence: str) -> Problem:
    """Return a problem that does not prevent the form from being sent."""
    return Problem(field, sentence, Level.WARNING)


def quoted(text: str) -> str:
    """Return untrusted text in quotation marks: shortened, safe, with logins in URLs masked."""
    shown = safe_line(without_logins(text.strip(), "…"))
    return f"“{shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + '…'}”"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean “gpu”?` if a word is similar to a known one, else an empty string."""
    names = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), list(names), 3)
    return f"; did you mean {' or '.join(quoted(names[each]) for each in near)}?" if near else ""


def unsendable(field: str, text: str) -> tuple[Problem, ...]:
    """Return the problem of text that cannot be sent in any field."""
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        return (Problem(field, f"Line {line} contains a NUL character, which cannot be sent."),)
    half = _SURROGATE.search(text)
    if half:
        line = text[: half.start()].count("\n") + 1
        return (Problem(field, f"Line {line} contains half a character, which cannot be sent."),)
    return ()
