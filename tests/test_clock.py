import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from studio_tui import clock

SetZone = Callable[[str], None]


@pytest.fixture
def set_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[SetZone]:
    """Give this process another time zone, and its own back at the end."""

    def change(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield change
    monkeypatch.undo()
    time.tzset()


def test_the_zone_of_this_machine_knows_its_changes_of_the_clocks(set_zone: SetZone) -> None:
    set_zone("Europe/Berlin")
    assert clock.zone() == ZoneInfo("Europe/Berlin")
    set_zone("America/New_York")
    assert clock.zone() == ZoneInfo("America/New_York")


@pytest.mark.parametrize("rules", ["XYZ-3", "Mars/Olympus"])
def test_a_zone_without_a_known_name_has_the_offset_of_now(set_zone: SetZone, rules: str) -> None:
    set_zone(rules)
    offset = timedelta(hours=3) if rules == "XYZ-3" else timedelta(0)
    assert datetime(2026, 3, 1, tzinfo=UTC).astimezone(clock.zone()).utcoffset() == offset
