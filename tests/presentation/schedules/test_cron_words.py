from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.cron import CronError, field_values, fire_times
from studio_tui.presentation.schedules.cron_words import describe_expression


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("* * * * *", "every minute"),
        ("*/15 * * * *", "every 15 minutes"),
        ("0,30 * * * *", "every 30 minutes"),
        ("@hourly", "every hour"),
        ("5 * * * *", "every hour at minute 5"),
        ("5,20 * * * *", "every hour at minutes 5 and 20"),
        ("*/7 * * * *", "every hour at minutes 0 to 56 in steps of 7"),
        ("0 */6 * * *", "every 6 hours from 00:00 UTC"),
        ("30 */6 * * *", "every day at 00:30, 06:30, 12:30 and 18:30 UTC"),
        ("0 9-17 * * 1-5", "every weekday at minute 0 of the hours 9 to 17 UTC"),
        ("*/20 9-17 * * *", "every day at minutes 0 to 40 in steps of 20 of the hours 9 to 17 UTC"),
        ("* 9 * * *", "every minute of the hour 9 UTC"),
        ("@daily", "every day at 00:00 UTC"),
        ("@weekly", "every Sunday at 00:00 UTC"),
        ("@monthly", "at 00:00 UTC on the 1st of the month"),
        ("@yearly", "at 00:00 UTC on the 1st of January"),
        ("0 9 * * mon-fri", "every weekday at 09:00 UTC"),
        ("0 9,17 * * sat,sun", "every Saturday and Sunday at 09:00 and 17:00 UTC"),
        ("30 2 1 * *", "at 02:30 UTC on the 1st of the month"),
        (
            "30 2 2,3,11-13,22 * *",
            "at 02:30 UTC on the 2nd, 3rd, 11th, 12th, 13th and 22nd of the month",
        ),
        ("0 0 13 * 5", "at 00:00 UTC on the 13th of the month, and every Friday"),
        ("0 0 13 1 5", "at 00:00 UTC on the 13th of January, and every Friday in January"),
        ("0 9 * 6,7 *", "every day in June and July at 09:00 UTC"),
        ("*/5 * * * 1", "every 5 minutes, every Monday"),
        ("*/5 * 1 * *", "every 5 minutes, on the 1st of the month"),
    ],
)
def test_a_cron_expression_is_described_in_words(expression: str, words: str) -> None:
    assert describe_expression(expression) == words


def test_an_invalid_expression_is_refused() -> None:
    with pytest.raises(CronError):
        describe_expression("0 25 * * *")


def field(first: int, last: int) -> st.SearchStrategy[str]:
    """Make a field of a cron expression, of any kind, with values in a range."""
    values = st.lists(st.integers(first, last).map(str), min_size=1, max_size=6).map(",".join)
    steps = st.sampled_from([2, 3, 4, 5, 6]).map("*/{}".format)
    return st.just("*") | values | steps


EXPRESSIONS = st.tuples(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6)).map(
    " ".join
)


@given(EXPRESSIONS, st.integers(0, 4), st.data())
def test_expressions_with_different_values_in_a_field_have_different_words(
    expression: str, index: int, data: st.DataObject
) -> None:
    fields = expression.split()
    fields[index] = data.draw(EXPRESSIONS).split()[index]
    other = " ".join(fields)
    assert (describe_expression(expression) == describe_expression(other)) == (
        field_values(expression) == field_values(other)
    )


@given(st.sets(st.integers(0, 59), min_size=1, max_size=2), st.integers(0, 23))
def test_the_described_times_are_the_fire_times(minutes: set[int], hour: int) -> None:
    expression = f"{','.join(map(str, minutes))} {hour} * * *"
    fires = fire_times(
        expression, datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC), count=len(minutes)
    )
    times = " and ".join(f"{moment:%H:%M}" for moment in fires)
    assert describe_expression(expression) == f"every day at {times} UTC"


def test_the_description_names_the_time_zone_of_the_schedule() -> None:
    assert describe_expression("0 9 * * *", "CET") == "every day at 09:00 CET"
