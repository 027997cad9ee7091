import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.form.fields import FIELDS
from studio_tui.presentation.schedules.start_times import (
    EXAMPLES,
    StartTimeError,
    describe_time,
    in_both_zones,
    parse_start_time,
    span,
)
from studio_tui.text import safe_line

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
"""A Tuesday, 11:00 in Berlin."""


def local(text: str) -> datetime:
    """Return a time in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tomorrow 3pm", "2026-03-04 15:00"),
        ("  Tomorrow   at 3 PM ", "2026-03-04 15:00"),
        ("today 17:00", "2026-03-03 17:00"),
        ("tomorrow", "2026-03-04 00:00"),
        ("12am", "2026-03-04 00:00"),
        ("12:30pm", "2026-03-03 12:30"),
        ("at 09:00", "2026-03-04 09:00"),
        ("11:00", "2026-03-04 11:00"),
        ("15:30", "2026-03-03 15:30"),
        ("monday 9am", "2026-03-09 09:00"),
        ("on fri at 14:00", "2026-03-06 14:00"),
        ("tuesday 15:00", "2026-03-03 15:00"),
        ("tuesday 9am", "2026-03-10 09:00"),
        ("tuesday", "2026-03-10 00:00"),
        ("2026-03-04 10:00", "2026-03-04 10:00"),
        ("2026-3-4, 9am", "2026-03-04 09:00"),
        ("2026-03-04", "2026-03-04 00:00"),
        ("2026-03-04T10:00:30", "2026-03-04 10:00:30"),
        ("2026-03-04T10:00:00.250000", "2026-03-04 10:00"),
        ("2026-03-04 10:00Z", "2026-03-04 11:00"),
        ("2026-03-04 10:00 utc", "2026-03-04 11:00"),
        ("2026-03-04T10:00:00-05:00", "2026-03-04 16:00"),
        ("2026-03-04 10:00-12:00", "2026-03-04 23:00"),
        ("2026-03-04 10:00+14:00", "2026-03-03 21:00"),
        ("tomorrow 3pm UTC", "2026-03-04 16:00"),
        ("in 2 hours", "2026-03-03 13:00"),
        ("2 hours", "2026-03-03 13:00"),
        ("in 2h", "2026-03-03 13:00"),
        ("+10m", "2026-03-03 11:10"),
        ("in an hour", "2026-03-03 12:00"),
        ("in 90 min", "2026-03-03 12:30"),
        ("in a week", "2026-03-10 11:00"),
        ("in 3 days", "2026-03-06 11:00"),
    ],
)
def test_a_start_time_in_words_is_parsed(text: str, expected: str) -> None:
    assert parse_start_time(text, NOW, BERLIN) == local(expected)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (" ", f"It is empty; type {EXAMPLES}."),
        *(
            (text, f"“{text}” is not understood; type {EXAMPLES}.")
            for text in (
                *("teatime", "tomorrw 3pm", "now", "2 hours ago", "32 March", "13/14/2027", "in"),
                *("at 9", "13", "tomorrow 3", "monday monday", "3pm 4pm", "tomorrow in 2 hours"),
                *("in 2 minutes 3pm", "in 2 hours at 9am", "in 1 h 2 h", "in -2 hours", "٣pm"),
                *("next week", "tomorrow 3pm tomorrow", "in 1.5 months", "in 1/2 hour", "utc"),
            )
        ),
        ("2026-02-30 10:00", "There is no 2026-02-30; type the date as `2030-03-04`."),
        ("2026-13-01 10:00", "There is no 2026-13-01; type the date as `2030-03-04`."),
        ("tomorrow 25:00", "There is no 25:00; the clock goes from 00:00 to 23:59."),
        ("13pm", "There is no 13pm; am and pm go with 1 to 12."),
        ("yesterday 11:00", "That was 1 d ago; type `tomorrow 11:00`."),
        ("today 10:40", "That was 20 min ago; type `tomorrow 10:40`."),
        ("2026-03-03 09:40Z", "That was 20 min ago; type `tomorrow 10:40`."),
        ("2026-03-03", "That was 11 h ago; type `tomorrow 00:00`."),
        ("in 0 minutes", f"That is now; type {EXAMPLES}."),
        ("1999-01-01 10:00", "That was 9923 d 1 h ago; type `tomorrow 10:00`."),
        ("0001-01-01", "1 is more than 10 years away; check the year."),
        ("9999-12-31 23:59", "9999 is more than 10 years away; check the year."),
        ("in 999999 weeks", "“in 999999 weeks” is too far away."),
        *(
            (f"10:00 {offset}", f"There is no offset {offset}; they go from -12:00 to +14:00.")
            for offset in ("+15:00", "+14:01", "-12:01", "-13:30", "+05:60")
        ),
        (
            "2026-03-29 02:30",
            (
                "There is no 02:30 on 2026-03-29 in Europe/Berlin, because the clocks go"
                " forward then; type `2026-03-29 03:30`."
            ),
        ),
        (
            "2026-10-25 02:30",
            (
                "There are two times 02:30 on 2026-10-25 in Europe/Berlin, because the clocks go"
                " back then; type `2026-10-25 02:30+02:00` or `2026-10-25 02:30+01:00`."
            ),
        ),
    ],
)
def test_an_invalid_start_time_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(StartTimeError) as refusal:
        parse_start_time(text, NOW, BERLIN)
    assert str(refusal.value) == sentence


def test_the_suggested_times_are_still_to_come() -> None:
    now = datetime(2029, 1, 1, tzinfo=UTC)
    for typed in [*re.findall(r"`([^`]+)`", EXAMPLES), *FIELDS["start_after"].example]:
        assert parse_start_time(typed, now, BERLIN) > now


def test_hours_are_elapsed_time_and_days_are_calendar_days_when_the_clocks_change() -> None:
    evening = local("2026-03-28 20:00")
    assert parse_start_time("in 24 hours", evening, BERLIN) == local("2026-03-29 21:00")
    assert parse_start_time("in 1 day", evening, BERLIN) == local("2026-03-29 20:00")


@pytest.mark.parametrize("text", ["2026-10-25 02:30+02:00", "2026-10-25 02:30+01:00"])
def test_an_offset_selects_one_of_two_equal_local_times(text: str) -> None:
    assert parse_start_time(text, NOW, BERLIN) == datetime.fromisoformat(text)


WORDS = (
    *("tomorrow", "today", "monday", "in", "at", "on", "3pm", "25:00", "12:30"),
    *("2", "31", "hours", "day", "+", "2027", "2026-02-29", "+01:00", "utc", "and", "a", "ago"),
)


def time_or_error(text: str, now: datetime, zone: tzinfo) -> datetime | str:
    """Return the parsed start time, or the error message about it."""
    try:
        return parse_start_time(text, now, zone)
    except StartTimeError as refusal:
        return str(refusal)


@given(
    st.text(max_size=40) | st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join),
    st.integers(1_577_836_800, 3_786_912_000).map(lambda at: datetime.fromtimestamp(at, UTC)),
    st.sampled_from([UTC, BERLIN, ZoneInfo("America/St_Johns"), timezone(timedelta(hours=14))]),
)
def test_any_text_is_a_later_time_or_an_error_whose_suggestion_has_another_result(
    text: str, now: datetime, zone: tzinfo
) -> None:
    parsed = time_or_error(text, now, zone)
    if isinstance(parsed, datetime):
        assert parsed > now
        assert parsed.tzinfo is UTC
        assert describe_time(parsed, now, zone)
        return
    assert safe_line(parsed) == parsed
    for suggested in re.findall(r"did you mean `([^`]+)`|type `([^`]+)`\.$", parsed):
        assert time_or_error("".join(suggested), now, zone) != parsed


def test_a_time_is_shown_in_both_time_zones_and_relative_to_now() -> None:
    assert describe_time(local("2026-03-04 15:00"), NOW, BERLIN) == (
        "Wed 4 Mar 2026 15:00 CET · 14:00 UTC · in 1 d 4 h"
    )
    assert in_both_zones(local("2026-03-04 00:30"), BERLIN) == (
        "Wed 4 Mar 2026 00:30 CET · Tue 3 Mar 2026 23:30 UTC"
    )


@pytest.mark.parametrize("zone", ["UTC", "Etc/UTC", "Zulu", "Universal"])
def test_a_time_is_shown_once_if_the_local_time_zone_is_utc(zone: str) -> None:
    moment = datetime(2026, 3, 4, 3, 0, tzinfo=UTC)
    assert in_both_zones(moment, ZoneInfo(zone)) == "Wed 4 Mar 2026 03:00 UTC"
    assert describe_time(moment, NOW, UTC) == "Wed 4 Mar 2026 03:00 UTC · in 17 h"
    assert in_both_zones(moment, ZoneInfo("Africa/Accra")) == "Wed 4 Mar 2026 03:00 GMT · 03:00 UTC"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (40, "40 s"),
        (60, "1 min"),
        (7980, "2 h 13 min"),
        (7200, "2 h"),
        (86_400 + 59, "1 d"),
        (3 * 86_400 + 7200, "3 d 2 h"),
    ],
)
def test_a_time_span_is_shown_in_its_largest_units(seconds: int, words: str) -> None:
    assert span(timedelta(seconds=seconds)) == words
