"""Parsing of the date before a time of day, in the formats found in logs."""

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAMES = (
    "Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    "|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?"
)
DATE_LENGTH_LIMIT = 26
"""Maximum characters of a date and the separator after it."""

DATE = re.compile(
    r"(?<!\d)(?:"
    r"(?P<iso>\d{4}(?P<mark>[-/.])\d{1,2}(?P=mark)\d{1,2})"
    r"|(?P<compact>(?:19|20)\d{6})"
    r"|(?<![./-])(?P<numeric>\d\d?(?P<slash>[/-])\d\d?(?P=slash)(?:\d{4}|\d\d)"
    r"|\d\d?\.\d\d?\.\d{4}|\d\d\.\d\d\.\d\d)"
    rf"|(?P<day_first>\d\d?[/ .-]{{1,2}}(?i:{_MONTH_NAMES})\.?(?:[/ ,-]{{1,2}}(?:\d{{4}}|\d\d))?)"
    rf"|(?P<month_first>\b(?i:{_MONTH_NAMES})\.?\ {{1,2}}\d\d?(?:(?:,\ ?|\ )\d{{4}})?)"
    r"|(?P<short>\d{6})"
    r"|(?<![^\s\[(])(?P<yearless>\d\d[-/]\d\d)"
    r"|(?<=[IWEFDC])(?P<letter>\d{4})"
    r")(?:T|_|:|,?\ {1,2}|\ -\ )$",
    re.ASCII | re.VERBOSE,
)
"""A date and the separator before the time of day; `lastgroup` is the date's format."""
_NUMBER = re.compile(r"\d+", re.ASCII)
_WORD = re.compile(r"[A-Za-z]{3}")


class Order(StrEnum):
    YEAR_FIRST = "ymd"
    MONTH_FIRST = "mdy"
    DAY_FIRST = "dmy"


class DateShape(NamedTuple):
    """How a date is written, apart from its numbers.

    All dates of one shape in a log are assumed to have the same order.
    """

    mark: str
    """Separator of the numbers; empty in `261130`."""
    year_digits: int
    """0 if the date has no year."""
    is_bracketed: bool
    """Whether the date directly follows `[` or `(`."""


class Day(NamedTuple):
    """A day as written; it may not exist, such as 31 February."""

    year: int
    month: int
    day: int


def shape_of(date_format: str, date: str, *, is_bracketed: bool) -> DateShape | None:
    """Return the shape of a date; `date_format` is the name of its group in `DATE`.

    `None` if dates of this format have only one order.
    """
    if date_format == "numeric":
        mark = next(mark for mark in "/.-" if mark in date)
        return DateShape(mark, len(date.rpartition(mark)[2]), is_bracketed)
    if date_format == "short":
        return DateShape("", 2, is_bracketed)
    return DateShape(date[2], 0, is_bracketed) if date_format == "yearless" else None


def orders(shape: DateShape) -> tuple[Order, ...]:
    """Return the possible orders of a shape, the most common first."""
    if shape.year_digits == 2 and shape.mark != ".":
        return Order.YEAR_FIRST, Order.MONTH_FIRST, Order.DAY_FIRST
    if shape.mark != ".":
        return Order.MONTH_FIRST, Order.DAY_FIRST
    year_first = (Order.YEAR_FIRST,) if shape.year_digits == 2 else ()
    return Order.DAY_FIRST, Order.MONTH_FIRST, *year_first


def days(
    date_format: str, date: str, later_year: str, years: Sequence[int], order: Order
) -> Iterator[Day]:
    """Yield the days that a date may denote; `date_format` is as in `shape_of`.

    `order` is `YEAR_FIRST` for a date that has no shape. `later_year` is the year that is written
    after the time of day, or empty. If no year is written, there is a day for each of `years`.
    """
    if date_format in {"iso", "numeric"}:
        yield _day_in_order(_NUMBER.findall(date), order)
    elif date_format in {"compact", "short"}:
        yield _day_in_order((date[:-4], date[-4:-2], date[-2:]), order)
    else:
        written_year, month, day = _year_month_day(date_format, date, order)
        year = written_year or int(later_year or 0)
        yield from (Day(each, month, day) for each in ((year,) if year else years))


def _day_in_order(numbers: Sequence[str], order: Order) -> Day:
    year, month, day = (numbers[order.index(part)] for part in "ymd")
    return Day(int(year) + (2000 if len(year) <= 2 else 0), int(month), int(day))


def _year_month_day(date_format: str, date: str, order: Order) -> tuple[int | None, int, int]:
    if date_format == "letter":
        return None, int(date[:2]), int(date[2:])
    numbers = [int(number) for number in _NUMBER.findall(date)]
    if date_format == "yearless":
        month, day = reversed(numbers) if order is Order.DAY_FIRST else numbers
        return None, month, day
    month_name = _WORD.search(date)
    month = _MONTHS.index(month_name[0].lower()) + 1 if month_name else 0
    year = numbers[1] if len(numbers) > 1 else None
    return (2000 + year if year is not None and year < 100 else year), month, numbers[0]
