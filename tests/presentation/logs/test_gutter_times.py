from datetime import UTC, datetime, timedelta, timezone

import pytest

from studio_tui.presentation.choices import next_choice
from studio_tui.presentation.logs.gutter_times import (
    DATED_WIDTH,
    WIDTH,
    GutterTimeError,
    StampForm,
    read_moment,
    stamp,
)

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
CURRENT_LINE = NOON - timedelta(hours=5)


def test_the_forms_of_times_are_chosen_in_turn() -> None:
    stamp_form, forms = StampForm.OFF, []
    for _ in range(4):
        stamp_form = next_choice(stamp_form)
        forms.append(stamp_form)
    assert forms == [StampForm.LOCAL, StampForm.UTC, StampForm.ELAPSED, StampForm.OFF]


@pytest.mark.parametrize(
    ("after", "shown"),
    [
        (timedelta(0), "+0:00"),
        (timedelta(minutes=61, seconds=5), "+1:01:05"),
        (timedelta(days=3, hours=2), "+74:00:00"),
        (timedelta(seconds=-5), "-0:05"),
        (timedelta(days=99), "+99d 00:00"),
        (timedelta(days=-9999, hours=1), "-9998d"),
    ],
)
def test_elapsed_time_counts_from_the_zero_time(after: timedelta, shown: str) -> None:
    assert stamp(NOON + after, StampForm.ELAPSED, zero_time=NOON) == shown


def test_a_stamp_fits_its_column_and_has_a_tilde_if_the_line_has_no_time() -> None:
    moment = NOON.astimezone(timezone(timedelta(hours=5)))
    assert stamp(moment, StampForm.UTC, zero_time=None) == "12:00:00"
    assert stamp(moment, StampForm.UTC, zero_time=None, is_own=False) == "~12:00:00"
    dated = stamp(moment, StampForm.UTC, zero_time=None, is_own=False, dated=True)
    assert dated == "~03-04 12:00:00"
    assert len(dated) < DATED_WIDTH
    assert len(stamp(moment, StampForm.UTC, zero_time=None, is_own=False)) < WIDTH
    assert stamp(None, StampForm.UTC, zero_time=None) == ""
    assert stamp(moment, StampForm.ELAPSED, zero_time=None) == ""


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("11:30", NOON - timedelta(minutes=30)),
        ("12:30", NOON - timedelta(hours=23, minutes=30)),
        ("11:30:15", NOON - timedelta(minutes=29, seconds=45)),
        ("10m", NOON - timedelta(minutes=10)),
        ("-10m", CURRENT_LINE - timedelta(minutes=10)),
        ("+ 5 min", CURRENT_LINE + timedelta(minutes=5)),
        ("90s", NOON - timedelta(seconds=90)),
        ("2h", NOON - timedelta(hours=2)),
        ("2026-03-04 10:00", NOON - timedelta(hours=2)),
        ("2026-03-04T10:00:00+02:00", NOON - timedelta(hours=4)),
    ],
)
def test_typed_times_are_parsed(typed: str, moment: datetime) -> None:
    assert read_moment(typed, now=NOON, here=CURRENT_LINE, end=None) == moment


@pytest.mark.parametrize("typed", ["soon", "25:00", "11:61", "", "10", "2026-13-01", "-999999d"])
def test_text_that_is_not_a_time_is_an_error(typed: str) -> None:
    with pytest.raises(GutterTimeError, match="is not a time; type 14:05"):
        read_moment(typed, now=NOON, here=None, end=None)
