"""A typed text is explained as a cron expression or as a single time, whichever it is."""

from datetime import UTC, datetime

import pytest

from studio_tui.presentation.schedules.explanations import (
    explain_expression,
    explain_time_or_expression,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("0 3 * * *", "every day at 03:00 UTC"),
        ("@daily", "every day at 00:00 UTC"),
        ("0 3 1 1 1", "at 03:00 UTC"),
        ("tomorrow 15:00", "Mon 2 Mar 2026 15:00 UTC"),
        ("2026-03-04 9am", "Wed 4 Mar 2026 09:00 UTC"),
    ],
)
def test_a_valid_time_or_expression_is_explained_in_words(typed: str, words: str) -> None:
    explanation = explain_time_or_expression(typed, NOW, UTC)
    assert explanation.is_good
    assert words in " ".join(explanation.lines)
    assert (explanation.moment is None) == (typed[0] in "0@")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("0 99 * * *", "Hour: 99 is not 0 to 23."),
        ("* * *", "3 fields, not 5"),
        ("@soon", "@"),
        ("yesterday 10:00", "ago; type `tomorrow 10:00`"),
        ("whenever", "whenever"),
    ],
)
def test_an_invalid_time_or_expression_has_a_reason(typed: str, words: str) -> None:
    explanation = explain_time_or_expression(typed, NOW, UTC)
    assert (explanation.is_good, explanation.moment) == (False, None)
    assert words in explanation.lines[0]


@pytest.mark.parametrize("typed", ["tomorrow 15:00", "in 2 hours", "2026-03-04"])
def test_a_single_time_instead_of_an_expression_is_refused_as_such(typed: str) -> None:
    explanation = explain_expression(typed, None, NOW, UTC)
    assert not explanation.is_good
    assert f"“{typed}” is a single time; type a cron expression" in explanation.lines[0]
