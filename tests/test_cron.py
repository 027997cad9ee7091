from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_tui.cron import (
    ALIASES,
    CronError,
    check,
    field_values,
    fire_times,
    iterate_fire_times,
    next_fire,
)
from tests.soak import at_length

BERLIN = ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # its clocks change by half an hour
ZONES = [
    BERLIN,
    LORD_HOWE,
    ZoneInfo("America/New_York"),
    ZoneInfo("America/Havana"),  # its clocks change at midnight
    ZoneInfo("Asia/Kathmandu"),
]


@pytest.mark.parametrize(
    "expression",
    [
        "* * * * *",
        "0 0 * * *",
        "  0\t0 *  * * ",
        "*/15 * * * *",
        "5/20 * * * *",
        "0,30 9-17 * * 1-5",
        "0 9 * * mon-fri",
        "0 9 * JAN,Jul Sun",
        "0 0 * * 7",
        "0 0 * * 0-7",
        "0 0 * * fri-sun",
        "0 0 29 2 *",
        "0 0 30 2 1",
        "0 0 31 4,5 *",
        "1-59/2 * * * *",
        "*,5 * * * *",
        "0 0 30 2 0-6",
        "0 0 * * 5/2",
        *ALIASES,
        "@Daily",
    ],
)
def test_a_valid_expression_is_accepted_and_fires(expression: str) -> None:
    check(expression)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert now < next_fire(expression, now) < now + timedelta(days=3 * 366)


@pytest.mark.parametrize(
    ("expression", "clause"),
    [
        ("x", "there is 1 field, not 5"),
        ("", "it is empty: type five fields, minute, hour"),
        ("not a cron", "there are 3 fields, not 5: minute, hour"),
        ("0 9 *", "there are 3 fields, not 5"),
        ("daily", "there is 1 field, not 5"),
        ("run it every single day", "minute: 'run' is not 0 to 59"),
        ("0 0 * * monday", "day of week: 'monday' is not 0 to 7"),
        ("0 0 * * * *", "6 fields, not 5: seconds and years are not supported"),
        ("0 0 * * * * 2030", "7 fields, not 5: seconds"),
        ("* " * 600, "at most 1000 characters"),
        ("60 * * * *", "minute: 60 is not 0 to 59"),
        ("* 24 * * *", "hour: 24 is not 0 to 23"),
        ("* * 0 * *", "day of month: 0 is not 1 to 31"),
        ("* * * 13 *", "month: 13 is not 1 to 12"),
        ("* * * * 8", "day of week: 8 is not 0 to 7"),
        ("0-60 * * * *", "minute: 60 is not"),
        ("5-1 * * * *", "5-1 runs backwards"),
        ("* * * * fri-mon", "fri-mon runs backwards"),
        ("* * * nov-feb *", "nov-feb runs backwards"),
        ("5-5 * * * *", "5-5 is one value; write 5"),
        ("* * * * sun-sun", "sun-sun is one value"),
        ("*/0 * * * *", "a step of 0"),
        ("*/60 * * * *", "a step of 60 exceeds the range 0 to 59"),
        ("10-20/15 * * * *", "a step of 15 exceeds the range 10 to 20"),
        ("*/x * * * *", "the step 'x' is not a number"),
        ("R * * * *", "minute: 'R' is not 0 to 59"),
        ("R(0-10) * * * *", "minute: 'R(0-10)' is not *, a value"),
        ("H * * * *", "minute: 'H' is not 0 to 59"),
        ("* * L * *", "day of month: 'L' is not 1 to 31"),
        ("* * * * 5L", "day of week: '5L' is not 0 to 7"),
        ("* * 15W * *", "day of month: '15W' is not 1 to 31"),
        ("* * * * 5#2", "day of week: '5#2' is not *, a value"),
        ("* * ? * *", "day of month: '?' is not *, a value"),
        ("* * * foo *", "month: 'foo' is not 1 to 12 or jan, feb"),
        ("mon * * * *", "minute: 'mon' is not 0 to 59"),
        ("1,,2 * * * *", "minute: '' is not"),
        ("*-5 * * * *", "'*-5' is not"),
        ("-5 * * * *", "'-5' is not"),
        ("+5 * * * *", "'+5' is not"),
        ("1.5 * * * *", "'1.5' is not"),
        ("² * * * *", "minute: '²' is not"),
        ("٣ * * * *", "minute: '٣' is not"),
        ("0 0 30 2 *", "it never fires: there is no day 30 in Feb"),
        ("0 0 31 2,4,6 *", "it never fires: there is no day 31 in Feb, Apr, Jun"),
        ("0 0 30 2 *,1", "it never fires"),
        ("* * * * 6/1", "day of week: '6/1' is one value; write 6"),
        ("* * * * 7/2", "a step of 2 exceeds the range 7"),
        ("@reboot", "'@reboot' is not one of @midnight"),
        ("@every 5m", "'@every 5m' is not one of @midnight"),
        ("@", "'@' is not one of"),
        ("\x1b]52;c;aGk=\x07 * * * *", r"'\x1b]52;c;aGk=\x07' is not"),
    ],
)
def test_an_unusable_expression_is_refused_with_the_reason(expression: str, clause: str) -> None:
    with pytest.raises(CronError) as refusal:
        check(expression)
    assert clause in str(refusal.value)
    assert str(refusal.value).isprintable()
    with pytest.raises(CronError):
        next_fire(expression, datetime(2026, 1, 1, tzinfo=UTC))


@given(st.text(st.characters(), max_size=40) | st.from_regex(r"(\S{1,6} ){4}\S{1,6}"))
def test_any_text_is_accepted_or_refused_with_a_printable_message(text: str) -> None:
    refusal = ""
    try:
        check(text)
    except CronError as error:
        refusal = str(error)
    else:
        next_fire(text, datetime(2026, 1, 1, tzinfo=UTC))
    assert not refusal or refusal.isprintable()


@st.composite
def fields(draw: st.DrawFn, first: int, last: int) -> tuple[str, frozenset[int]]:
    """Draw a field as text, and the values that it selects."""
    kind = draw(st.sampled_from(["*", "*", "step", "values", "range", "stepped range"]))
    if kind == "*":
        return "*", frozenset(range(first, last + 1))
    if kind == "step":
        step = draw(st.integers(1, last - first))
        return f"*/{step}", frozenset(range(first, last + 1, step))
    if kind == "values":
        values = draw(st.lists(st.integers(first, last), min_size=1, max_size=4))
        return ",".join(map(str, values)), frozenset(values)
    begin = draw(st.integers(first, last - 1))
    end = draw(st.integers(begin + 1, last))
    if kind == "range":
        return f"{begin}-{end}", frozenset(range(begin, end + 1))
    step = draw(st.integers(1, end - begin))
    return f"{begin}-{end}/{step}", frozenset(range(begin, end + 1, step))


@st.composite
def expressions(draw: st.DrawFn) -> tuple[str, list[frozenset[int]]]:
    """Draw an expression and the values of its fields; most expressions fire every few days."""
    parts = [
        draw(fields(0, 59)),
        draw(fields(0, 23)),
        draw(st.just(("*", frozenset(range(1, 32)))) | fields(1, 31)),
        ("*", frozenset(range(1, 13))),
        draw(st.just(("*", frozenset(range(7)))) | fields(0, 6)),
    ]
    return " ".join(text for text, _ in parts), [values for _, values in parts]


def is_unrestricted(field: str, other_field: str, values: frozenset[int], count: int) -> bool:
    """Whether a day field does not restrict the days; `count` is the number of its possible values.

    It contains a bare star, or it selects all values while the other day field contains a star.
    """
    return "*" in field.split(",") or (len(values) == count and "*" in other_field)


def matches(expression: str, local: datetime, values: list[frozenset[int]]) -> bool:
    """Whether an expression fires at a local time; `values` are those of its five fields."""
    minute, hour, days, months, weekdays = values
    if local.minute not in minute or local.hour not in hour or local.month not in months:
        return False
    of_month, of_week = local.day in days, local.isoweekday() % 7 in weekdays
    _, _, day_field, _, weekday_field = expression.split()
    if is_unrestricted(day_field, weekday_field, days, 31) or is_unrestricted(
        weekday_field, day_field, weekdays, 7
    ):
        return of_month and of_week
    return of_month or of_week  # crontab(5): one of them is enough when both are restricted


def expected_fire_times(
    expression: str, values: list[frozenset[int]], after: datetime, zone: tzinfo, minutes: int
) -> Iterator[datetime]:
    """Yield the fire times in the `minutes` after `after`, by checking each minute.

    With fixed hours, each time of day fires once, even if its hour is repeated; those of an
    omitted hour fire together, once, after it.
    """
    has_fixed_hours = len(values[1]) < 24
    last = after.astimezone(zone).replace(tzinfo=None)
    for number in range(1, minutes + 1):
        moment = after + timedelta(minutes=number)
        local = moment.astimezone(zone).replace(tzinfo=None)
        if not has_fixed_hours:
            if matches(expression, local, values):
                yield moment
            continue
        passed = int((local - last) / timedelta(minutes=1))  # not positive in a repeated hour
        local_minutes = (last + timedelta(minutes=each) for each in range(1, passed + 1))
        if any(matches(expression, minute, values) for minute in local_minutes):
            yield moment
        last = max(last, local)


@settings(max_examples=at_length(10, 600))
@given(expressions(), st.integers(0, 3 * 366 * 24 * 60))
def test_fire_times_match_a_check_of_every_minute(
    expression: tuple[str, list[frozenset[int]]], start: int
) -> None:
    text, values = expression
    after = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=start)
    expected = list(expected_fire_times(text, values, after, UTC, 3 * 24 * 60))
    assert list(fire_times(text, after, count=len(expected))) == expected
    next_time = next_fire(text, expected[-1] if expected else after)
    assert next_time > after + timedelta(days=3)


CLOCK_CHANGES = [
    (BERLIN, datetime(2026, 3, 28, 12, tzinfo=UTC)),
    (BERLIN, datetime(2026, 10, 24, 12, tzinfo=UTC)),
    (LORD_HOWE, datetime(2026, 4, 4, 3, tzinfo=UTC)),
    (LORD_HOWE, datetime(2026, 10, 3, 3, tzinfo=UTC)),
    (ZoneInfo("America/Havana"), datetime(2026, 3, 7, 17, tzinfo=UTC)),
    (ZoneInfo("America/Havana"), datetime(2026, 10, 31, 17, tzinfo=UTC)),
    (ZoneInfo("Pacific/Apia"), datetime(2011, 12, 29, 22, tzinfo=UTC)),  # a whole day was omitted
]
"""Time zones, and times about half a day before their clocks change."""


@settings(max_examples=at_length(20, 1500))
@given(expressions(), st.sampled_from(CLOCK_CHANGES))
def test_fire_times_match_a_check_of_every_minute_when_clocks_change(
    expression: tuple[str, list[frozenset[int]]], change: tuple[tzinfo, datetime]
) -> None:
    text, values = expression
    zone, after = change
    expected = list(expected_fire_times(text, values, after, zone, 2 * 24 * 60))
    assert list(fire_times(text, after, zone, count=len(expected))) == expected
    next_time = next_fire(text, expected[-1] if expected else after, zone)
    assert next_time > after + timedelta(days=2)


@settings(max_examples=at_length(20, 600))
@given(expressions(), st.sampled_from(CLOCK_CHANGES), st.integers(0, 2 * 24 * 3600))
def test_the_next_fire_time_does_not_depend_on_where_the_search_starts(
    expression: tuple[str, list[frozenset[int]]], change: tuple[tzinfo, datetime], seconds: int
) -> None:
    text, _values = expression
    zone, start = change
    after = start + timedelta(seconds=seconds)
    first = next_fire(text, after, zone)
    all_times = iterate_fire_times(text, start, zone)
    assert first == next(moment for moment in all_times if moment > after)


def local_times(moments: tuple[datetime, ...], zone: tzinfo) -> list[str]:
    """Return the day, time and zone of each moment, e.g. `25 02:30 CEST`."""
    return [f"{moment.astimezone(zone):%d %H:%M %Z}" for moment in moments]


def test_a_fixed_time_fires_once_when_its_hour_is_repeated() -> None:
    moments = fire_times("30 2 * * *", datetime(2026, 10, 24, 12, tzinfo=UTC), BERLIN, count=2)
    assert local_times(moments, BERLIN) == ["25 02:30 CEST", "26 02:30 CET"]


def test_a_fixed_time_in_an_omitted_hour_fires_after_that_hour() -> None:
    moments = fire_times("*/20 2 * * *", datetime(2026, 3, 28, 12, tzinfo=UTC), BERLIN, count=2)
    assert local_times(moments, BERLIN) == ["29 03:00 CEST", "30 02:00 CEST"]


def test_an_interval_of_half_an_hour_is_kept_when_clocks_change() -> None:
    for start in (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 24, 23, tzinfo=UTC)):
        moments = fire_times("*/30 * * * *", start, BERLIN, count=8)
        assert moments == tuple(start + timedelta(minutes=30 * n) for n in range(1, 9))


@pytest.mark.parametrize("zone", ZONES)
def test_fire_times_increase_over_years_in_any_zone(zone: tzinfo) -> None:
    for expression in ("0 0 * * *", "30 2 1-7 * sun", "0 * 1 * *"):
        moments = fire_times(expression, datetime(2026, 1, 1, tzinfo=UTC), zone, count=400)
        assert list(moments) == sorted(set(moments))
        assert all(moment.tzinfo is UTC for moment in moments)


def test_fire_times_end_with_the_year_9999() -> None:
    late = datetime(9999, 12, 31, 23, 58, tzinfo=UTC)
    for expression in ("* * * * *", "0 0 1 1 *", "59 23 * * *"):
        for zone in (UTC, BERLIN):
            assert len(list(iterate_fire_times(expression, late, zone))) <= 1


def test_equivalent_expressions_have_equal_field_values() -> None:
    half_hours = frozenset({0, 30})
    weekdays = frozenset({1, 2, 3, 4, 5})
    assert field_values("*/30 0-23 * jan-dec mon-fri") == (half_hours, None, None, None, weekdays)
    assert field_values("0,30 * *,4 * 1-5") == field_values("*/30 0-23 * jan-dec mon-fri")
    assert field_values("@weekly")[4] == frozenset({0}) == field_values("0 0 * * 7")[4]


@pytest.mark.parametrize(
    ("expression", "days"),
    [
        ("0 0 1-31 * 1", "Thu Fri Sat Sun Mon Tue Wed"),
        ("0 0 */1 * 1", "Thu Fri Sat Sun Mon Tue Wed"),
        ("0 0 13 * 0-6", "Thu Fri Sat Sun Mon Tue Wed"),
        ("0 0 1-7 * sun-sat", "Thu Fri Sat Sun Mon Tue Wed"),
        ("0 0 1-31/2 * 0-7", "Thu Fri Sat Sun Mon Tue Wed"),
        ("0 0 1,2,3-31 * fri", "Thu Fri Sat Sun Mon Tue Wed"),
        ("0 0 *,9 * 1", "Mon Mon"),
        ("0 0 1-31 * *", "Thu Fri Sat Sun Mon Tue Wed"),
        ("0 0 1-31 * */2", "Thu Sat Sun Tue Thu"),
        ("0 0 */2 * 0-6", "Thu Sat Mon Wed Fri"),
        ("0 0 * * 5/2", "Fri Fri"),
        ("0 0 * * 1/3", "Thu Mon Thu"),
        ("0 0 * * */5", "Fri Sun Fri"),
        ("0 0 * * 5-7/2", "Fri Sun Fri"),
        ("0 0 1-7 * 1", "Thu Fri Sat Sun Mon Tue Wed Mon"),
    ],
)
def test_the_two_day_fields_together_determine_the_days(expression: str, days: str) -> None:
    wednesday = datetime(2025, 12, 31, 12, tzinfo=UTC)
    names = days.split()
    moments = fire_times(expression, wednesday, count=len(names))
    assert [f"{moment:%a}" for moment in moments] == names
