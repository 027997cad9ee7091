"""A cron expression or a single time, distinguished while it is typed."""

from datetime import UTC, datetime

import pytest

from studio_tui.presentation.schedules.explanations import explain_time_or_expression

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("0 3 * * *", "every day at 03:00 UTC"),
        ("@daily", "every day at 00:00 UTC"),
        ("0 3 1 1 1", "at 03:00 UTC"),
        ("tomorrow 15:00", "Mon 2 Mar 2026 15:00 UTC"),
        ("in 3 days at 9am", "Wed 4 Mar 2026 09:00 UTC"),
    ],
)
def test_a_valid_time_is_explained_in_words(typed: str, words: str) -> None:
    told = explain_time_or_expression(typed, NOW, UTC)
    assert told.is_good
    assert words in " ".join(told.lines)
    assert (told.moment is None) == (typed[0] in "0@")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("0 99 * * *", "Hour: 99 is not 0 to 23."),
        ("* * *", "3 fields, not five"),
        ("@soon", "@"),
        ("yesterday 10:00", "past"),
        ("whenever", "whenever"),
    ],
)
def test_what_means_nothing_says_why(typed: str, words: str) -> None:
    told = explain_time_or_expression(typed, NOW, UTC)
    assert (told.is_good, told.moment) == (False, None)
    assert words in told.lines[0]
