"""The time of a line is its timestamp, in any format, and never a time within its message."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.logs.timestamps import Life, TimestampContext, read_time
from studio_tui.presentation.logs.zones import Zones
from tests.waiting import no_hang

BERLIN = ZoneInfo("Europe/Berlin")
SECOND = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
WITH_MILLISECONDS = SECOND.replace(microsecond=678_000)
EPOCH = int(SECOND.timestamp())
LIFE = Life(SECOND - timedelta(hours=4), SECOND + timedelta(hours=1))

TIMES = [
    ("2026-01-02T03:04:05Z msg", SECOND),
    ("2026-01-02 03:04:05 msg", SECOND),
    ("2026-01-02 03:04:05", SECOND),
    ("2026-01-02 03:04:05,678 - name - ERROR - msg", WITH_MILLISECONDS),
    ("2026-01-02T03:04:05.678Z ERROR x", WITH_MILLISECONDS),
    ("2026-01-02T03:04:05.678901234Z stderr F x", SECOND.replace(microsecond=678_901)),
    ("2026-01-02T05:04:05.678+02:00 x", WITH_MILLISECONDS),
    ("2026-01-02T05:04:05.678+0200 x", WITH_MILLISECONDS),
    ("2026-01-01 22:04:05 -0500 x", SECOND),
    ("2026-01-02 03:04:05.678 UTC [123] ERROR:  x", WITH_MILLISECONDS),
    ("2026-01-02 03:04:05.678 | INFO     | m:f:1 - x", WITH_MILLISECONDS),
    ("[2026-01-02 03:04:05] x", SECOND),
    ("[2026-01-02 03:04:05,678: ERROR/MainProcess] x", WITH_MILLISECONDS),
    ("[2026-01-02, 03:04:05 UTC] {x.py:1} INFO - x", SECOND),
    ("[2026-01-02T03:04:05Z ERROR m] x", SECOND),
    ("2026/01/02 03:04:05 [error] 1#0: x", SECOND),
    ("26/01/02 03:04:05 ERROR Executor: x", SECOND),
    ("6/01/02 03:04:05 x", SECOND.replace(year=2006)),
    ("[E 260102 03:04:05 web:1] x", SECOND),
    ("[E 2026-01-02 03:04:05.678 ServerApp] x", WITH_MILLISECONDS),
    ('127.0.0.1 - - [02/Jan/2026:03:04:05 +0000] "GET / HTTP/1.1" 200 1', SECOND),
    ("[02/Jan/2026:03:04:05 +0000] x", SECOND),
    ("[Fri Jan 02 03:04:05.678 2026] [core:error] x", WITH_MILLISECONDS),
    ("Fri Jan  2 03:04:05 2026 x", SECOND),
    ("INFO 2026-01-02 03:04:05,678 x", WITH_MILLISECONDS),
    ("(train pid=12, ip=10.0.0.1) 2026-01-02 03:04:05,678 ERROR x", WITH_MILLISECONDS),
    ("[rank0]: 2026-01-02 03:04:05 x", SECOND),
    ("web_1  | 2026-01-02 03:04:05 x", SECOND),
    ('time="2026-01-02T03:04:05Z" level=error msg=x', SECOND),
    ("E, [2026-01-02T03:04:05.678 #123] ERROR -- : x", WITH_MILLISECONDS),
    ("2026-01-02 03:04:60 leap", SECOND.replace(second=59)),
    (f"{EPOCH} x", SECOND),
    (f"{EPOCH}.678 x", WITH_MILLISECONDS),
    (f"{EPOCH}678 x", WITH_MILLISECONDS),
    (f"[{EPOCH}.678] x", WITH_MILLISECONDS),
    (f"ts={EPOCH}.678 level=info", WITH_MILLISECONDS),
    (f'{{"ts":{EPOCH}.678,"level":"info"}}', WITH_MILLISECONDS),
    (f'{{"level":30,"time":{EPOCH}678,"msg":"x"}}', WITH_MILLISECONDS),
    (f'{{"timestamp": "{EPOCH}"}}', SECOND),
    ('{"message": "x", "@timestamp": "2026-01-02T03:04:05.678Z"}', WITH_MILLISECONDS),
    (
        '{"asctime": "2026-01-02 03:04:05,678", "message": "at 2020-01-01 00:00:00"}',
        WITH_MILLISECONDS,
    ),
    ('{"time": null, "timestamp": "2026-01-02T03:04:05Z"}', SECOND),
]

WITHOUT_A_DATE = [
    ("Jan  2 03:04:05 host app[1]: x", SECOND),
    ("Dec 31 23:59:59 host x", datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ("<34>Jan  2 03:04:05 host x", SECOND),
    ("01-02 03:04:05.678  123  456 E Tag: x", WITH_MILLISECONDS),
    ("E0102 03:04:05.678 140 file.cc:1] x", WITH_MILLISECONDS),
    ("[rank0]:[W0102 03:04:05.678 x.cpp:1] x", WITH_MILLISECONDS),
    ("03:04:05 x", SECOND),
    ("03:04:05.678 [main] INFO x", WITH_MILLISECONDS),
    ("[03:04:05 ERR] x", SECOND),
    ("23:59:59 x", datetime(2026, 1, 1, 23, 59, 59, tzinfo=UTC)),
]

WITHOUT_A_TIME = [
    "", "plain", "Started at 2026-01-02 03:04:05", "the data of 2026-01-02 03:04:05 is old",
    "took 03:04:05", "2026-02-30 03:04:05 x", "2026-01-02 25:04:05 x", "2026-01-02", "12:34",
    "9999999999 x", "123 x", "1767323045a x", "1.5 x", "fe80::03:04:05:06 x", "00:11:22:33:44:55 x",
    "x" * 100 + " 2026-01-02 03:04:05", '{"timeout": 1767323045}', '{"time": 12}',
    '{"msg": "2026-01-02 03:04:05"}', "0000-00-00 00:00:00 x", "٢٠٢٦-01-02 03:04:05 x",
    "Step 1767323045 x",
]  # fmt: skip


def time_of(text: str, zone: tzinfo, life: Life | None = None) -> datetime | None:
    """Return the time of a line, written on a machine in `zone`."""
    return read_time(text, TimestampContext(Zones(zone, zone), life))


@pytest.mark.parametrize(("text", "moment"), TIMES)
def test_the_time_of_a_line_is_its_timestamp(text: str, moment: datetime) -> None:
    parsed = time_of(text, UTC)
    assert parsed == moment
    assert parsed.tzinfo is UTC


@pytest.mark.parametrize(("text", "moment"), WITHOUT_A_DATE)
def test_a_time_without_a_date_is_the_one_closest_to_the_life_of_the_job(
    text: str, moment: datetime
) -> None:
    assert time_of(text, UTC, LIFE) == moment
    assert time_of(text, UTC) is None


@pytest.mark.parametrize("text", WITHOUT_A_TIME)
def test_a_line_without_a_timestamp_has_no_time(text: str) -> None:
    assert time_of(text, UTC, LIFE) is None


def test_a_time_without_an_offset_is_in_the_given_zone() -> None:
    assert time_of("2026-01-02 04:04:05 x", BERLIN) == SECOND
    assert time_of("2026-07-02 05:04:05 x", BERLIN) == SECOND.replace(month=7)
    assert time_of("04:04:05 x", BERLIN, LIFE) == SECOND
    assert time_of("2026-01-02 03:04:05Z x", BERLIN) == SECOND


@given(st.text(), st.datetimes(timezones=st.just(UTC)))
def test_no_text_makes_the_parser_of_times_fail(text: str, moment: datetime) -> None:
    time_of(text, UTC, Life(moment, moment))


@given(
    st.datetimes(timezones=st.just(UTC)),
    st.datetimes(timezones=st.just(UTC)),
    st.sampled_from(["%H:%M:%S", "%b %d %H:%M:%S", "%m-%d %H:%M:%S", "E%m%d %H:%M:%S"]),
    st.sampled_from([timezone.max, timezone.min, BERLIN]),
)
def test_times_at_the_limits_of_the_calendar_raise_no_error(
    moment: datetime, begin: datetime, time_format: str, zone: timezone
) -> None:
    for text in (
        moment.strftime(time_format),
        moment.isoformat(),
        moment.replace(tzinfo=None).isoformat(),
    ):
        parsed = time_of(text, zone, Life(begin, begin))
        assert parsed is None or parsed.tzinfo is UTC


@given(st.datetimes().filter(lambda moment: moment.year >= 1000), st.sampled_from("T "))
def test_iso_times_are_parsed_back(moment: datetime, separator: str) -> None:
    aware = moment.replace(tzinfo=UTC)
    assert time_of(f"{moment.isoformat(separator)} x", UTC) == aware
    assert time_of(f"{aware.isoformat(separator)} x", BERLIN) == aware


@pytest.mark.parametrize("text", ["1" * 16_384, '{"time":' * 2000, " 12:" * 4000, "a a " * 4000])
def test_a_hostile_line_is_parsed_without_hanging(text: str) -> None:
    with no_hang("the time of a line"):
        for _ in range(100):
            time_of(text, UTC, LIFE)
