"""The filter language of the lists: words and `field=value` terms.

A row must pass all terms or, if the filter has `or`, all terms of at least one alternative.

train                 the search text of the row contains the word
is:failed             the state, or several: is:failed,canceled; or active, finished, problem
status=failed         the same; in both, the beginning of a state is enough
by=ann  name=emb  id=497   the field contains the text
name==embed           the field is the text
id=497,a2e  name==a,b      the field contains, or is, one of the texts
name~^eval_\\d+        the field contains a match of the regular expression
age<2h  run>1m30s     younger or older, shorter or longer; ms, s, m, h, d, w
!by=ann  !train       negation of any term
by!=ann  status!=failed,canceled  name!~^eval   the same as !by=ann and so on
"out of memory"  name="a, b"   in quotes, blanks and commas are text, and \\" is a quote
train and by=ann           the same as train by=ann; in quotes, "and" is a word
train or by=ann age<1h     either train, or both by=ann and age<1h; in quotes, "or" is a word
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar

from studio_tui.presentation.form.problems import did_you_mean
from studio_tui.presentation.lists.filter_words import (
    ALTERNATIVES,
    TypedTerm,
    in_quotes,
    split_terms,
)
from studio_tui.presentation.lists.kinds import Kind

T = TypeVar("T")
Rows = list[tuple[str, T]]
"""Rows with their ids."""
Test = Callable[[Rows[T], Mapping[str, str], datetime], Rows[T]]
"""The test of one term: returns the rows that pass, given the haystacks and the current time.

It tests all rows in one call, because a call for each row would take longer.
"""

_IS = re.compile(r"is:(?P<value>[a-z_,]*)", re.IGNORECASE)
_SPAN = re.compile(r"(?:\d{1,6}(?:ms|[smhdw]))+")
_NUMBER_AND_UNIT = re.compile(r"(\d+)(ms|.)")
_LONELY_OR = "“or” belongs between two terms; in quotes it is a word"
_PARENTHESES = "parentheses do not group terms; in quotes they are part of a word"
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
"""In seconds."""


class _TermError(ValueError):
    """The message says why a term is invalid, and often what is valid."""


class Haystacks(dict[str, str]):
    """The texts of rows in which words are searched, by id; each is made when it is first read."""

    def __init__(self, text_of: Callable[[str], str]) -> None:
        super().__init__()
        self._text_of = text_of

    def __missing__(self, key: str) -> str:
        text = self[key] = self._text_of(key)
        return text


class Terms(Generic[T]):
    """A parsed filter of rows of one kind, without the terms that are invalid."""

    def __init__(self, text: str, kind: Kind[T]) -> None:
        alternatives = _alternatives(text)
        self.problem = _LONELY_OR if len(alternatives) > 1 and not all(alternatives) else ""
        """What is wrong with the last invalid term, or with an `or`; empty if nothing is."""
        self._tests: list[list[Test[T]]] = []
        filters = []
        for terms in alternatives:
            valid: list[str] = []
            tests: list[Test[T]] = []
            for term in terms:
                try:
                    test = _parse(term, kind)
                except _TermError as error:
                    self.problem = str(error)
                    continue
                # If the invalid `name<` is taken out of `train name< <5m`, the rest would be parsed
                # as the comparison `train < 5m`, so the word `<5m` gets quotes.
                begins_with_operator = bool(valid) and term.raw[0] in "<>"
                valid.append(in_quotes(term.raw) if begins_with_operator else term.raw)
                tests += [test] if test is not None else []
            if valid:
                filters.append(" ".join(valid))
                self._tests.append(tests)
        self.text = ALTERNATIVES.join(filters)
        """The filter without its invalid terms."""

    def __bool__(self) -> bool:
        return bool(self._tests)

    def passing_rows(
        self, rows: Iterable[tuple[str, T]], haystacks: Mapping[str, str], now: datetime
    ) -> Rows[T]:
        """Return the rows, with their ids, that pass all terms of at least one alternative."""
        # Each term tests only the rows that passed the terms before it, which are often few.
        all_rows = list(rows)
        passed = [_apply_tests(all_rows, tests, haystacks, now) for tests in self._tests]
        if len(passed) == 1:
            return passed[0]
        if not self._tests:
            return all_rows
        passing = {key for rows_of_alternative in passed for key, _ in rows_of_alternative}
        return [row for row in all_rows if row[0] in passing]


def _alternatives(text: str) -> list[list[TypedTerm]]:
    alternatives: list[list[TypedTerm]] = [[]]
    for term in split_terms(text):
        if term.is_or:
            alternatives.append([])
        else:
            alternatives[-1].append(term)
    return alternatives


def _apply_tests(
    rows: Rows[T], tests: Iterable[Test[T]], haystacks: Mapping[str, str], now: datetime
) -> Rows[T]:
    for test in tests:
        rows = test(rows, haystacks, now)
    return rows


def _parse(term: TypedTerm, kind: Kind[T]) -> Test[T] | None:
    """Return the test of a term; `None` if all rows pass: for `and`, or a text not typed yet."""
    if not term.is_closed:
        raise _TermError(f"“{term.raw}” has a quote that is not closed")
    if term.raw.lower() == "and":
        return None
    has_text = bool(term.field or term.value)
    if term.sign and (has_text or term.is_quoted):
        positive = _parse_positive(term, kind)
        return _negation(positive) if len(term.sign) % 2 else positive
    # Exclamation marks with nothing behind them are a word.
    return _parse_positive(term if has_text else term._replace(value=term.raw), kind)


def _parse_positive(term: TypedTerm, kind: Kind[T]) -> Test[T] | None:
    if term.field:
        test = _field_test(term, kind)
        return _negation(test) if term.operator.startswith("!") else test
    if not term.is_quoted:
        if match := _IS.fullmatch(term.value):
            return _status_test(match["value"], kind)
        if term.value.count("(") != term.value.count(")"):
            raise _TermError(f"“{term.raw}”: {_PARENTHESES}")
    return _word_test(term.value.lower())


def _field_test(term: TypedTerm, kind: Kind[T]) -> Test[T] | None:
    field, operator, value = term.field.lower(), term.operator.removeprefix("!"), term.value
    if field == "status" and operator in {"=", "=="}:
        return _status_test(value, kind)
    spans = kind.spans
    if field in spans and operator in "<>":
        return _span_test(term.raw, operator, value, spans[field])
    read = kind.fields.get(field)
    if read is not None and operator in {"=", "==", "~"}:
        if operator == "~":
            return _pattern_test(value, read) if value else None
        # In quotes, a comma is part of the text.
        parts = [value.lower()] if term.is_quoted else value.lower().split(",")
        texts = [part for part in parts if part]
        if not texts:
            return None
        if operator == "==":
            return _row_test(lambda row: read(row).lower() in texts)
        return _row_test(lambda row: any(map(read(row).lower().__contains__, texts)))
    raise _TermError(_why_no_test(term.raw, field, value, kind))


def _why_no_test(raw: str, field: str, value: str, kind: Kind[Any]) -> str:
    """Return why a term with a field is invalid: its operator, or else the field itself."""
    if field in kind.spans:
        return f"“{raw}” needs < or > and a time span, as in {field}<2h"
    if field == "status":
        return f"“{raw}” needs =, as in status={value}"
    if field in kind.fields:
        return f"“{raw}” needs =, == or ~, as in {field}={value}"
    spans, texts = (f"{name}<" for name in kind.spans), (f"{name}=" for name in kind.fields)
    fields = ", ".join(("status=", *spans, *texts))
    similar = did_you_mean(field, ("status", *kind.spans, *kind.fields))
    return f"“{field}” is not a field" + (similar or f"; use {fields}, or quotes for a word")


def _status_test(value: str, kind: Kind[T]) -> Test[T] | None:
    """Return the test of `is:` and `status=`; a row passes if one of the words in `value` fits.

    A word is a group of states, or the beginning of a state or of a condition.
    """
    states: set[object] = set()
    others: list[Callable[[T], bool]] = []
    words = [word for word in value.lower().split(",") if word]
    for word in words:
        if (group := kind.state_groups.get(word)) is not None:
            states.update(group)
            continue
        matching = [state for state in kind.states if state.lower().startswith(word)]
        conditions = [test for name, test in kind.conditions.items() if name.startswith(word)]
        if not matching and not conditions:
            all_words = f"; statuses are {', '.join(sorted(kind.words))}"
            more = did_you_mean(word, kind.words) or all_words
            raise _TermError(f"“{word}” is not a status{more}")
        states.update(matching)
        others.extend(conditions)
    if not words:
        return None
    state_of = kind.state
    if len(others) == 1 and not states:
        return _row_test(others[0])
    if others:
        return _row_test(lambda row: state_of(row) in states or any(test(row) for test in others))
    return lambda rows, haystacks, now: [each for each in rows if state_of(each[1]) in states]


def _span_test(
    term: str, operator: str, value: str, seconds: Callable[[T, datetime], float | None]
) -> Test[T]:
    if _SPAN.fullmatch(value) is None:
        raise _TermError(f"“{term}” needs a time span such as 30m, 2h, 3d or 80ms")
    limit = sum(int(number) * _UNITS[unit] for number, unit in _NUMBER_AND_UNIT.findall(value))

    def test(rows: Rows[T], haystacks: Mapping[str, str], now: datetime) -> Rows[T]:  # noqa: ARG001 (see `Test`)
        spans = [seconds(row, now) for _, row in rows]
        timed_rows = zip(rows, spans, strict=True)
        if operator == "<":
            return [each for each, span in timed_rows if span is not None and span < limit]
        return [each for each, span in timed_rows if span is not None and span > limit]

    return test


def _pattern_test(value: str, read: Callable[[T], str]) -> Test[T]:
    try:
        pattern = re.compile(value, re.IGNORECASE)
    except re.error as error:
        raise _TermError(f"“{value}” is not a valid regular expression: {error}") from error
    search = pattern.search
    return _row_test(lambda row: search(read(row)) is not None)


def _word_test(word: str) -> Test[T]:
    return lambda rows, haystacks, now: [each for each in rows if word in haystacks[each[0]]]


def _row_test(test: Callable[[T], bool]) -> Test[T]:
    return lambda rows, haystacks, now: [each for each in rows if test(each[1])]


def _negation(positive: Test[T] | None) -> Test[T] | None:
    if positive is None:
        return None

    def test(rows: Rows[T], haystacks: Mapping[str, str], now: datetime) -> Rows[T]:
        passing = {key for key, _ in positive(rows, haystacks, now)}
        return [each for each in rows if each[0] not in passing]

    return test
