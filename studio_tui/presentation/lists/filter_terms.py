"""The filter language of the lists: words and `field=value` terms, all of which must hold.

train                 the words stand somewhere in the row
status=failed         status is one of: status=failed,canceled; or active, finished, problem
by=ann  name=emb  id=497   the field holds the text
name~^eval_\\d+        the field matches the regular expression
age<2h  age>3d        younger or older; s, m, h, d, w
!by=ann  !train       the opposite of any term
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar

from studio_tui.presentation.format import seconds_between
from studio_tui.presentation.lists.kinds import Kind

T = TypeVar("T")
Test = Callable[[T, str, datetime], bool]
"""Whether a row, with its haystack, passes at a moment."""

_TERM = re.compile(r"(?P<field>[A-Za-z_]+)(?P<operator>[=~<>])(?P<value>.*)", re.DOTALL)
_AGE = re.compile(r"(?P<number>\d{1,6})(?P<unit>[smhdw])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


class FilterError(ValueError):
    """The filter cannot be understood; the sentence says which term and what would do."""


class Terms(Generic[T]):
    """A parsed filter of rows of one kind."""

    def __init__(self, text: str, kind: Kind[T]) -> None:
        """Parse `text`.

        Raises:
            FilterError: a term cannot be understood.
        """
        self.text = " ".join(text.split())
        self._kind = kind
        self._tests = tuple(_parse(term, kind) for term in self.text.split())

    def __bool__(self) -> bool:
        return bool(self._tests)

    def passes(self, row: T, straw: str, now: datetime) -> bool:
        """Whether `row`, whose haystack is `straw`, passes every term."""
        return all(test(row, straw, now) for test in self._tests)

    def matches(self, row: T, now: datetime) -> bool:
        """Whether `row` passes; for one row, where no haystack is kept."""
        return self.passes(row, self._kind.haystack(row), now)


def _parse(term: str, kind: Kind[T]) -> Test[T]:
    if term.startswith("!") and len(term) > 1:
        inner = _parse(term[1:], kind)
        return lambda row, straw, now: not inner(row, straw, now)
    parts = _TERM.fullmatch(term)
    if parts is None:
        word = term.lower()
        return lambda row, straw, now: word in straw
    field, operator, value = parts["field"].lower(), parts["operator"], parts["value"]
    if field == "status" and operator == "=":
        return _status(value, kind)
    if field == "age" and operator in "<>" and kind.made_at is not None:
        return _age(term, operator, value, kind.made_at)
    if field in kind.fields and operator == "=":
        wanted, read = value.lower(), kind.fields[field]
        return lambda row, straw, now: wanted in read(row).lower()
    if field in kind.fields and operator == "~":
        return _pattern(value, kind.fields[field])
    ages = () if kind.made_at is None else ("age<",)
    known = ", ".join(("status=", *ages, *(f"{name}=" for name in kind.fields)))
    raise FilterError(f"“{term}” is not understood. Use words, or one of {known}")


def _status(value: str, kind: Kind[T]) -> Test[T]:
    states: set[object] = set()
    words = [word for word in value.lower().split(",") if word]
    for word in words:
        group = kind.groups.get(word)
        begun = [state for state in kind.states if state.lower().startswith(word)]
        if group is None and not begun:
            known = ", ".join((*kind.groups, *(state.lower() for state in kind.states)))
            raise FilterError(f"“{word}” is no status. Statuses are {known}")
        states.update(group if group is not None else begun)
    if not words:
        return lambda row, straw, now: True
    state_of = kind.state
    return lambda row, straw, now: state_of(row) in states


def _age(term: str, operator: str, value: str, made_at: Callable[[T], datetime | None]) -> Test[T]:
    parts = _AGE.fullmatch(value)
    if parts is None:
        raise FilterError(f"“{term}” needs a span such as 30m, 2h, 3d or 1w")
    limit = int(parts["number"]) * _UNITS[parts["unit"]]

    def test(row: T, straw: str, now: datetime) -> bool:  # noqa: ARG001 (the form of a Test)
        old = seconds_between(made_at(row), now)
        return old is not None and (old < limit if operator == "<" else old > limit)

    return test


def _pattern(value: str, read: Callable[[T], str]) -> Test[T]:
    try:
        pattern = re.compile(value, re.IGNORECASE)
    except re.error as error:
        raise FilterError(f"“{value}” is no regular expression: {error}") from error
    return lambda row, straw, now: pattern.search(read(row)) is not None
