from datetime import UTC, datetime, timedelta

import pytest

from studio_tui.presentation.format import (
    UNKNOWN,
    age,
    clock_time,
    duration,
    join_names,
    local_time,
    plural,
    seconds_between,
    shorter_durations,
    size,
)
from tests.jobs import NOON


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, UNKNOWN),
        (0, "0:00"),
        (7.9, "0:07"),
        (725, "12:05"),
        (3600, "1:00:00"),
        (11_049, "3:04:09"),
        (99 * 3600, "99:00:00"),
        (183_840 * 2, "4d 06:08"),
    ],
)
def test_a_duration_is_formatted_like_a_clock(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "forms"),
    [
        (3599, ()),
        (10 * 3600 + 359, ("10h 05m", "10h")),
        (99 * 3600, ("99h 00m", "99h")),
        (12 * 86_400 + 3 * 3600 + 3599, ("12d 3h", "12d")),
        (10_000 * 86_400, ("10000d 0h", "10000d")),
    ],
)
def test_a_long_duration_has_shorter_forms(seconds: float, forms: tuple[str, ...]) -> None:
    assert shorter_durations(seconds) == forms


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ("", ""),
        ("a b c", "a, b, c"),
        ("a b c d e", "a, b, c and 2 more"),
        ("b a b", "2 × b, a"),
        ("a b a c d d", "2 × a, b, c and 2 more"),
    ],
)
def test_equal_names_are_counted(names: str, text: str) -> None:
    assert join_names(names.split()) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, UNKNOWN),
        (0.5, "now"),
        (1, "1s"),
        (59.9, "59s"),
        (60, "1m"),
        (3599, "59m"),
        (3600, "1h"),
        (47 * 3600, "47h"),
        (48 * 3600, "2d"),
        (729 * 86400, "729d"),
        (730 * 86400, "2y"),
        (8000 * 365 * 86400, "8000y"),
    ],
)
def test_an_age_is_formatted_in_one_unit(seconds: float | None, text: str) -> None:
    assert age(seconds) == text


def test_the_seconds_between_two_times_are_never_negative() -> None:
    assert seconds_between(NOON, NOON - timedelta(seconds=3)) == 0
    assert seconds_between(NOON, NOON + timedelta(seconds=3)) == 3
    assert seconds_between(None, NOON) is None
    assert seconds_between(NOON, None) is None


@pytest.mark.parametrize(
    "moment", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)]
)
def test_a_local_time_can_be_at_either_end_of_the_calendar(moment: datetime) -> None:
    assert int(local_time(moment).split("-")[0]) == moment.year


def test_a_clock_time_of_another_day_includes_the_date() -> None:
    assert len(clock_time(NOON, NOON)) == len("12:00")
    assert clock_time(NOON, NOON + timedelta(days=2)).startswith("2026-03-0")


@pytest.mark.parametrize(
    ("byte_count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (5 << 20, "5.0 MiB"), (3 << 40, "3.0 TiB")],
)
def test_a_size_is_formatted_in_the_largest_unit_that_fits(byte_count: int, text: str) -> None:
    assert size(byte_count) == text


def test_a_noun_is_singular_only_for_a_count_of_one() -> None:
    assert [plural(n, "job") for n in (0, 1, 2)] == ["0 jobs", "1 job", "2 jobs"]
