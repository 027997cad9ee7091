import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui import clock
from studio_tui.presentation.form.draft import Draft, FormContext
from studio_tui.presentation.form.job_request import request
from studio_tui.tui.form.validation import check_draft

SetZone = Callable[[str], None]


@pytest.fixture
def set_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[SetZone]:
    """Return a function that sets the time zone of this process; restore it after the test."""

    def change(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield change
    monkeypatch.undo()
    time.tzset()


def test_zone_returns_the_named_time_zone_of_the_machine(set_zone: SetZone) -> None:
    set_zone("Europe/Berlin")
    assert clock.zone() == ZoneInfo("Europe/Berlin")
    set_zone("America/New_York")
    assert clock.zone() == ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("name", "hours"), [("XYZ-3", 3), ("<+0330>-3:30", 3.5), ("Mars/Olympus", 0)]
)
def test_a_zone_without_a_known_name_has_the_current_offset(
    set_zone: SetZone, name: str, hours: float
) -> None:
    set_zone(name)
    offset = timedelta(hours=hours)
    assert datetime(2026, 3, 1, tzinfo=UTC).astimezone(clock.zone()).utcoffset() == offset


@pytest.mark.parametrize("rules", ["CET-1CEST,M3.5.0,M10.5.0/3", "<+0330>-3:30", "XYZ-3", "X"])
def test_a_form_is_validated_in_a_time_zone_without_a_name(set_zone: SetZone, rules: str) -> None:
    set_zone(rules)
    draft = Draft(query="pass", start_after="2031-07-01 15:00")
    checked = check_draft(draft, FormContext("mine", clock.now(), clock.zone(), None))
    assert checked.problems == ()
    expected = datetime(2031, 7, 1, 15, tzinfo=clock.zone())
    assert request(draft, checked.context).start_after == expected


@given(st.text(st.sampled_from("CETS-1,M3.5/:J<+>0\n\0é"), max_size=24))
def test_any_text_in_tz_gives_a_zone(rules: str) -> None:
    with mock.patch.dict(os.environ, {"TZ": rules.replace("\0", "")}):
        assert clock.zone() is not None


@pytest.mark.parametrize(("now", "seconds"), [(600.0, 3.0), (601.0, 2.0), (602.75, 0.25)])
def test_until_multiple_returns_the_seconds_to_the_next_multiple(
    monkeypatch: pytest.MonkeyPatch, now: float, seconds: float
) -> None:
    monkeypatch.setattr(clock, "monotonic", lambda: now)
    assert clock.until_multiple(3.0) == seconds
