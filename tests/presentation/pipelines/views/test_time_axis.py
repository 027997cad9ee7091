"""The axis of the timeline has labels at round times in the user's time zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.pipelines.views.timeline import axis

_NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "labels"),
    [
        (20, ["12:00:00", "12:00:05", "12:00:10", "12:00:15"]),
        (600, ["12:00", "12:02", "12:04", "12:06", "12:08"]),
        (86400, ["12:00", "18:00", "03-02", "06:00"]),
        (20 * 86400, ["03-02", "03-09", "03-16"]),
        (3000 * 86400, []),
    ],
)
def test_labels_are_at_round_times_and_not_too_close(seconds: float, labels: list[str]) -> None:
    assert axis(_NOON, seconds, 46, UTC).split() == labels


def test_labels_are_in_the_time_zone_of_the_user() -> None:
    assert axis(_NOON, 600, 46, ZoneInfo("Asia/Kathmandu")).split()[0] == "17:46"
    evening_before = datetime(2026, 3, 28, 23, tzinfo=UTC)  # at 1:00 UTC, clocks are put forward
    line = axis(evening_before, 4 * 3600, 40, ZoneInfo("Europe/Berlin"))
    assert line == "03-29     01:00     03:00     04:00"


def test_labels_are_omitted_where_a_time_is_out_of_range() -> None:
    assert axis(datetime.min.replace(tzinfo=UTC), 60, 40, ZoneInfo("America/New_York")) == ""
    late = datetime.max.replace(tzinfo=UTC) - timedelta(seconds=30)
    assert len(axis(late, 60, 40, UTC)) < 40


@given(st.floats(1, 4e9), st.integers(2, 200), st.datetimes(timezones=st.just(UTC)))
def test_labels_never_touch(seconds: float, width: int, start: datetime) -> None:
    line = axis(start, seconds, width, UTC)
    assert len(line) <= width
    for label in line.split():
        assert len(label) in {5, 8}
