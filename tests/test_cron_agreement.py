"""Description, preview, the local Studio and croniter agree on when an expression fires.

All times are in UTC; `test_cron` tests changes of the clocks.
"""

from datetime import UTC, datetime, timedelta

import pytest
from croniter import croniter
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_tui.cron import CronError, check, field_values, fire_times
from studio_tui.local.db.schedules import DueSchedule, decide
from studio_tui.local.db.times import stamp
from studio_tui.presentation.schedules.cron_words import describe_expression, other_readings
from tests.soak import at_length


@st.composite
def typed_fields(draw: st.DrawFn, first: int, last: int, names: tuple[str, ...] = ()) -> str:
    """Draw a field as people type it: lists of stars, values, ranges, names and steps."""

    def value() -> str:
        number = draw(st.integers(first, last))
        has_name = draw(st.booleans()) and bool(names)
        return names[(number - first) % len(names)] if has_name else str(number)

    parts = []
    for _ in range(draw(st.integers(1, 3))):
        low = draw(st.integers(first, last - 1))
        high = draw(st.integers(low + 1, last))
        step = draw(st.integers(1, high - low))
        parts.append(
            draw(
                st.sampled_from(
                    [
                        "*",
                        f"*/{draw(st.integers(1, last - first))}",
                        value(),
                        f"{low}-{high}",
                        f"{first}-{last}",
                        f"{low}-{high}/{step}",
                        f"{low}/{step}",
                    ]
                )
            )
        )
    return ",".join(parts)


DAY_NAMES = ("sun", "MON", "Tue", "wed", "thu", "fri", "sat")
MONTH_NAMES = ("jan", "FEB", "Mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
EXPRESSIONS = st.tuples(
    st.just("*") | typed_fields(0, 59),
    st.just("*") | typed_fields(0, 23),
    st.just("*") | typed_fields(1, 31),
    st.just("*") | typed_fields(1, 12, MONTH_NAMES),
    st.just("*") | typed_fields(0, 6, DAY_NAMES) | typed_fields(0, 7),
).map(" ".join)


@settings(max_examples=at_length(70, 20_000))
@given(EXPRESSIONS, st.integers(0, 4 * 366 * 24 * 3600))
def test_description_preview_local_studio_and_croniter_agree_on_any_expression(
    expression: str, start: int
) -> None:
    after = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=start)
    try:
        check(expression)
    except CronError:
        return
    iterator = croniter(expression, after.replace(tzinfo=None), ret_type=datetime)
    expected = [iterator.get_next().replace(tzinfo=UTC) for _ in range(5)]
    assert list(fire_times(expression, after, count=5)) == expected
    due = DueSchedule("1", expression, "UTC", stamp(expected[0]))
    decision = decide(due, expected[0] + timedelta(seconds=1))
    assert (decision.run_for, decision.next_fire_at) == (expected[0], expected[1])
    assert decision.missed == 0
    values_by_field = field_values(expression)
    minutes, hours, days, months, weekdays = values_by_field
    for moment in expected:
        assert minutes is None or moment.minute in minutes
        assert hours is None or moment.hour in hours
        assert months is None or moment.month in months
        matching_days = [
            value in values
            for value, values in ((moment.day, days), (moment.isoweekday() % 7, weekdays))
            if values is not None
        ]
        assert not matching_days or any(matching_days)
    # The description depends only on these values, so writing them out gives the same description.
    if days is None or weekdays is None:
        rewritten = " ".join(
            "*" if values is None else ",".join(map(str, sorted(values)))
            for values in values_by_field
        )
        assert list(fire_times(rewritten, after, count=5)) == expected
        assert describe_expression(rewritten) == describe_expression(expression)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("0 0 1-31 * 1", "every day at 00:00 UTC"),
        ("0 0 */1 * 1", "every day at 00:00 UTC"),
        ("0 0 1,15 * 0-6", "every day at 00:00 UTC"),
        ("0 0 1-31 * */2", "every Tuesday, Thursday, Saturday and Sunday at 00:00 UTC"),
        ("0 0 *,13 * 5", "every Friday at 00:00 UTC"),
        ("0 0 * * 5/2", "every Friday at 00:00 UTC"),
        ("30 6 1-31 2 1", "every day in February at 06:30 UTC"),
        ("*/10 0-23 * * *", "every 10 minutes"),
    ],
)
def test_the_description_combines_both_day_fields(expression: str, words: str) -> None:
    assert describe_expression(expression) == words


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("0 0 13 * 5", "either of them is enough here; some other crons require both."),
        ("0 0 1-31 * 1", "either of them is enough here; some other crons require both."),
        (
            "0 0 */2 * 1",
            "either of them is enough here; because of */2, many other crons require both.",
        ),
        (
            "0 0 1-7 * */3",
            "either of them is enough here; because of */3, many other crons require both.",
        ),
        (
            "0 0 */2 * 0-6",
            "only the day of the month counts here; because of */2, many other crons require both.",
        ),
    ],
)
def test_an_expression_that_crons_interpret_differently_has_a_note(
    expression: str, words: str
) -> None:
    assert other_readings(expression) == (f"Both day fields are given: {words}",)


@pytest.mark.parametrize(
    "expression",
    ["0 0 * * 1", "0 0 13 * *", "0 0 */2 * *", "@weekly", "0 0 *,9 * 1", "*/7 * * * *"],
)
def test_an_expression_that_crons_interpret_alike_has_no_note(expression: str) -> None:
    assert other_readings(expression) == ()
