"""Ambiguous timestamps of a log are resolved to the times that are closest to the job's life."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.logs.line_clock import LineClock
from studio_tui.presentation.logs.lines import styled_line
from studio_tui.presentation.logs.timestamps import Life, TimestampContext, read_time
from studio_tui.presentation.logs.zones import Zones

BERLIN = ZoneInfo("Europe/Berlin")
BEGIN = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
LIFE = Life(BEGIN, BEGIN + timedelta(hours=6))


class GrowingLog:
    """A log in memory."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = data
        self.version = 0

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length]


def times(
    log: str, life: Life = LIFE, zone: tzinfo = UTC, local_zone: tzinfo = BERLIN
) -> list[datetime | None]:
    """Return the times of the lines of a log."""
    data = log.encode()
    line_clock = LineClock(GrowingLog(data), lambda: Zones(zone, local_zone), lambda: life)
    return [time_of_line(line_clock, line) for line in data.splitlines()]


def time_of_line(line_clock: LineClock, line: bytes) -> datetime | None:
    return line_clock.time(styled_line(line).text)


def clock_times(log: str, life: Life = LIFE, local_zone: tzinfo = BERLIN) -> list[str]:
    """Return the time of day of each line, which is on the day of the job; `-` if it has none."""
    parsed = times(log, life, local_zone=local_zone)
    assert all(moment is None or moment.date() == life.begin.date() for moment in parsed), parsed
    return [f"{moment:%H:%M:%S}" if moment else "-" for moment in parsed]


# The order of day, month and year

RICH = """\
[10/05/26 08:00:00] INFO     loading model                            train.py:10
                    INFO     same second, so no time                  train.py:11
[10/05/26 08:01:00] WARNING  cache is cold                            train.py:12
[10/05/26 08:02:00] ERROR    shard 7 cannot be read                   train.py:13
"""
ORDERS = [
    (RICH, "08:00:00 - 08:01:00 08:02:00"),
    ("10/05/2026 08:00:00 - INFO - __main__ -   ***** Running *****\n", "08:00:00"),
    ("05/10/2026 08:00:00 INFO x\n05/10/2026 08:00:01 INFO y\n", "08:00:00 08:00:01"),
    ("05-10-2026 08:00:00.123 [main] INFO x\n", "08:00:00"),
    ("10-05-2026 08:00:00 x\n", "08:00:00"),
    ("26/10/05 08:00:00 INFO SparkContext: Running Spark version 3.5.1\n", "08:00:00"),
    ("26/10/05 08:00:00 WARN Utils: x\n[10/05/26 08:00:01] INFO rich\n", "08:00:00 08:00:01"),
    ("05.10.2026 08:00:00 x\n5.10.2026, 08:00:01 x\n05.10.26 08:00:02 x\n",
     "08:00:00 08:00:01 08:00:02"),
    ("10/5/2026, 8:00:00 AM x\n10/5/26, 8:00:01\u202fAM x\n", "08:00:00 08:00:01"),
    ("2026.10.05 08:00:00 x\n2026/10/5 08:00:01 x\n20261005 08:00:02 x\n",
     "08:00:00 08:00:01 08:00:02"),
    ("05 Oct 2026 08:00:00.123 * Ready\n1:M 05 Oct 08:00:01.123 # x\n", "08:00:00 08:00:01"),
    ("Monday, 05-Oct-26 08:00:00 UTC x\n05-OCT-2026 08:00:01 x\n", "08:00:00 08:00:01"),
    ("Oct 05, 2026 8:00:00 AM org.foo.Bar main\nINFO: x\n", "08:00:00 -"),
    ("[I 261005 08:00:00 web:2064] 200 GET /\n", "08:00:00"),
    ("[E 051026 08:00:01 x]\n", "08:00:01"),
    ("10-05 08:00:00.123  1  2 I x: y\n", "08:00:00"),
    ("05-10 08:00:01 x\n[05/10 08:00:02] y\n", "08:00:01 08:00:02"),
    ("2026-10-05_08:00:00 backup begins\n02/Jan/2026 x\n", "08:00:00 -"),
]  # fmt: skip


@pytest.mark.parametrize(("log", "clocks"), ORDERS)
def test_a_date_is_parsed_in_the_order_that_is_closest_to_the_job(log: str, clocks: str) -> None:
    assert " ".join(clock_times(log)) == clocks


LONG = Life(datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 12, 20, tzinfo=UTC))


@pytest.mark.parametrize(
    ("date_format", "life"),
    [
        ("%d/%m/%y %H:%M:%S x\n", LONG),
        ("%m/%d/%Y %H:%M:%S x\n", LONG),
        ("%d-%m-%Y %H:%M:%S x\n", LONG),
        ("[%m/%d/%y %H:%M:%S] x\n", LONG),
        ("%y/%m/%d %H:%M:%S x\n", Life(datetime(2003, 2, 1, tzinfo=UTC), LONG.end)),
        # No date is within the job's life, but in one order the dates are closer to it.
        ("%d/%m/%y %H:%M:%S x\n", Life(LONG.end + timedelta(days=9), LONG.end + timedelta(30))),
        ("[%m/%d/%y %H:%M:%S] x\n", Life(LONG.end + timedelta(9), LONG.end + timedelta(30))),
    ],
)
def test_all_dates_of_a_log_are_parsed_in_the_same_order(date_format: str, life: Life) -> None:
    """The log has dates that alone could be two different days of the job's life."""
    moments = [datetime(2026, 2, 27, 12, 0, 1, tzinfo=UTC) + timedelta(days=n) for n in range(290)]
    moments = [life.begin + timedelta(hours=1), *moments] if life.begin < moments[0] else moments
    assert times("".join(moment.strftime(date_format) for moment in moments), life) == moments


def test_old_dates_at_the_beginning_of_a_log_do_not_change_its_order() -> None:
    head = "03/04/05 00:00:00 is when the series begins\n" * 3
    assert [*map(str, clock_times(head.replace("03/04/05", "none") + RICH))][3:] == [
        "08:00:00", "-", "08:01:00", "08:02:00",
    ]  # fmt: skip
    assert times(head + RICH)[3] == BEGIN


# AM and PM


@pytest.mark.parametrize(
    ("line", "clock"),
    [
        ("2026-10-05 11:58:00 AM INFO export: page 1", "11:58:00"),
        ("2026-10-05 12:00:30 PM INFO export: page 3", "12:00:30"),
        ("2026-10-05 01:20:00 PM INFO export: page 4", "13:20:00"),
        ("2026-10-05 12:10:00 AM x", "00:10:00"),
        ("10/5/2026 1:20:00 pm x", "13:20:00"),
        ("2026-10-05 01:20:00.123 PM x", "13:20:00"),
        ("2026-10-05 01:20:00 p.m. x", "13:20:00"),
        ("2026-10-05 01:20:00 P. M. x", "13:20:00"),
        ("2026-10-05 01:20:00PM x", "13:20:00"),
        ("Oct 5, 2026, 1:20:00 PM x", "13:20:00"),
        ("Mon Oct  5 01:20:00 PM UTC 2026", "13:20:00"),
        ("[09:20:00 AM] INFO x", "09:20:00"),
        ("1:20:00 PM x", "13:20:00"),
        ("10/05/2026 1:20 PM x", "13:20:00"),
        ("9:20AM INF starting", "09:20:00"),
        ("10:05 am", "10:05:00"),
        ("10:05 of 12:00", "-"),
        ("2026-10-05 13:20:00 PM x", "13:20:00"),
        ("2026-10-05 13:20:00 AM x", "-"),
        ("2026-10-05 08:00:00 AMQP x", "08:00:00"),
        ("2026-10-05 08:00:00 pmemd x", "08:00:00"),
    ],
)
def test_am_and_pm_are_parsed(line: str, clock: str) -> None:
    assert clock_times(line) == [clock]


# Zones


@pytest.mark.parametrize(
    ("line", "clock"),
    [
        ("2026-10-05 08:00:00 EST worker: one", "13:00:00"),
        ("2026-10-05 13:00:15 UTC server: x", "13:00:15"),
        ("2026-10-05 04:00:00 EDT x", "08:00:00"),
        ("2026-10-05 02:00:00 CST x", "08:00:00"),
        ("2026-10-05 01:00:00 PDT x", "08:00:00"),
        ("2026-10-05 08:00:00 UT x", "08:00:00"),
        ("2026-10-05 10:00:00 CEST x", "08:00:00"),
        ("2026-10-05 09:00:00,123 CET x", "08:00:00"),
        ("2026-10-05 10:00:00 GMT+0200 x", "08:00:00"),
        ("2026-10-05 10:00:00 UTC+02:00 x", "08:00:00"),
        ("2026-10-05 10:00:00 UTC+2 x", "08:00:00"),
        ("2026-10-05 03:00:00 GMT-5 x", "08:00:00"),
        ("2026-10-05 10:00:00+02 x", "08:00:00"),
        ("2026-10-05 05:00:00.123 -03 [77] LOG:  x", "08:00:00"),
        ("2026-10-05 08:00:00 +0000 UTC m=+0.01 x", "08:00:00"),
        ("[2026-10-05 10:00:00 CEST] x", "08:00:00"),
        ("2026-10-05 10:00:00 (CEST) x", "08:00:00"),
        ("2026-10-05T10:00:00+02:00[Europe/Berlin] x", "08:00:00"),
        ("2026-10-05 17:00:00 Asia/Tokyo x", "08:00:00"),
        ("Mon Oct 05 2026 10:00:00 GMT+0200 (Central European Summer Time) x", "08:00:00"),
        ("Mon Oct  5 10:00:00 CEST 2026", "08:00:00"),
        ("Mon Oct  5 10:00:00 AM CEST 2026", "08:00:00"),
        ("Mon, 05 Oct 2026 04:00:00 EDT x", "08:00:00"),
        ('{"time": "2026-10-05 04:00:00 EDT", "msg": "x"}', "08:00:00"),
        ("08:00:00 UTC x", "08:00:00"),
        ("04:00:00 EDT x", "08:00:00"),
        # Words that are not time zones.
        ("2026-10-05 08:00:00 INFO x", "08:00:00"),
        ("2026-10-05 08:00:00 MAIN x", "08:00:00"),
        ("2026-10-05 08:00:00 [HTTP] x", "08:00:00"),
        ("2026-10-05 08:00:00 Foo/Bar x", "08:00:00"),
        ("2026-10-05 08:00:00 -10% x", "08:00:00"),
        # Abbreviations of several time zones.
        ("2026-10-05 13:30:00 IST x", "-"),
        ("2026-10-05 08:00:00 BST x", "-"),
        ("2026-10-05 17:00:00 JST x", "-"),
        ("Mon Oct  5 10:00:00 MSK 2026", "-"),
        ("2026-10-05 05:00:00 BRT x", "-"),
        ("2026-10-05 08:00:00 +9900 x", "-"),
    ],
)
def test_a_zone_is_parsed_if_it_is_unambiguous(line: str, clock: str) -> None:
    assert clock_times(line) == [clock]


@pytest.mark.parametrize(
    ("place", "line", "clock"),
    [
        ("Asia/Kolkata", "2026-10-05 13:30:00 IST x", "08:00:00"),
        ("Europe/London", "2026-10-05 09:00:00 BST x", "08:00:00"),
        ("Asia/Tokyo", "Mon Oct  5 17:00:00 JST 2026", "08:00:00"),
        ("Europe/Moscow", "2026-10-05 11:00:00 MSK x", "08:00:00"),
        ("Asia/Shanghai", "2026-10-05 16:30:00 CST x", "08:30:00"),
        ("Asia/Shanghai", "2026-10-05 02:30:00 CST x", "08:30:00"),
        ("America/Chicago", "2026-10-05 03:30:00 CDT x", "08:30:00"),
    ],
)
def test_abbreviations_of_the_local_time_zone_are_parsed(place: str, line: str, clock: str) -> None:
    assert clock_times(line, local_zone=ZoneInfo(place)) == [clock]


def test_a_time_without_an_offset_has_the_offset_of_the_zone_on_its_date() -> None:
    winter = Life(datetime(2026, 1, 5, 8, tzinfo=UTC), datetime(2026, 1, 5, 9, tzinfo=UTC))
    assert times("2026-01-05 09:30:00 x", winter, BERLIN)[0] == winter.begin + timedelta(minutes=30)
    assert times("2026-10-05 10:30:00 x", LIFE, BERLIN)[0] == BEGIN + timedelta(minutes=30)


# Numbers

EPOCH = int(BEGIN.timestamp())


@pytest.mark.parametrize(
    ("line", "clock"),
    [
        (f"{EPOCH} x", "08:00:00"),
        (f"[{EPOCH}.5] x", "08:00:00"),
        (f"{EPOCH}123 x", "08:00:00"),
        (f"ts={EPOCH + 3600}.5 level=info", "09:00:00"),
        (f'{{"ts": {EPOCH}.5, "msg": "x"}}', "08:00:00"),
        (f"{EPOCH - 8 * 3600} x", "00:00:00"),
        ("1073741824 bytes (1.1 GB, 1.0 GiB) copied, 2.1 s, 511 MB/s", "-"),
        ("1235814400 parameters, of which 1100048384 can be trained", "-"),
        ("1610612736 /data/shard-0001.tar", "-"),
        (f"{EPOCH - 2 * 86_400} rows", "-"),
        (f"{EPOCH + 3 * 86_400}: the next", "-"),
        ("1500000000000 bytes", "-"),
        ('{"time": 1073741824, "msg": "copied"}', "-"),
        ("ts=1200000000 of 1300000000", "-"),
    ],
)
def test_a_number_is_a_timestamp_only_if_it_is_close_to_the_jobs_life(
    line: str, clock: str
) -> None:
    assert clock_times(line) == [clock]


# Times of day alone


@pytest.mark.parametrize(
    ("line", "clock"),
    [
        ("08:00:00 x", "08:00:00"),
        ("07:59:30 x", "07:59:30"),
        ("14:00:30.123 x", "14:00:30"),
        ("[13:59:59] x", "13:59:59"),
        ("[00:00:01] reading index", "-"),
        ("[00:00:12] [#######>--------------------------------] 18/100", "-"),
        ("[00:01:12] done", "-"),
        ("07:58:00 x", "-"),
        ("14:02:00 x", "-"),
        ("23:59:59 x", "-"),
        ("8:00:00 of work", "-"),
        ("0:08:00 elapsed", "-"),
    ],
)
def test_a_time_of_day_is_a_timestamp_only_within_the_jobs_life(line: str, clock: str) -> None:
    assert clock_times(line) == [clock]


def test_times_of_day_before_and_after_midnight_have_the_right_dates() -> None:
    begin = datetime(2026, 10, 5, 23, 59, 30, tzinfo=UTC)
    life = Life(begin, begin + timedelta(minutes=2))
    assert times("[23:59:45] a\n[00:00:01] b\n[00:01:12] c\n[00:09:00] d\n", life) == [
        begin + timedelta(seconds=15),
        begin + timedelta(seconds=31),
        begin + timedelta(seconds=102),
        None,
    ]


def test_the_date_of_a_time_of_day_in_a_job_of_many_days_is_that_of_its_arrival() -> None:
    life = Life(BEGIN, BEGIN + timedelta(days=5))
    line_clock = LineClock(GrowingLog(), Zones, lambda: life)
    arrival = BEGIN + timedelta(days=3, hours=1)
    assert line_clock.time("09:00:00 x") is None
    assert line_clock.time("09:00:00 x", arrival) == arrival
    assert line_clock.time("08:59:50 x", arrival) == arrival - timedelta(seconds=10)
    assert line_clock.time("[00:00:12] x", arrival) is None


def test_no_line_has_a_time_after_its_arrival() -> None:
    line_clock = LineClock(GrowingLog(), Zones, lambda: LIFE)
    arrival = BEGIN + timedelta(hours=1)
    assert line_clock.time("08:30:00 x", arrival) == BEGIN + timedelta(minutes=30)
    assert line_clock.time("12:30:00 elapsed", arrival) is None
    assert line_clock.time("12:30:00 x") == BEGIN + timedelta(hours=4, minutes=30)


# Properties of any log

LINES = st.sampled_from(
    [line for log, _ in ORDERS for line in log.splitlines()]
    + [
        "1073741824 bytes",
        f"{EPOCH} x",
        "[00:00:01] reading",
        "08:00:00 bare",
        "2026-10-05 08:00:00 EST worker",
        "03/04/05 00:00:00 old",
        "31/12/25 00:00:00 old",
        "x" * 9000,
        "[10/05/26 08:00:00] " + "y" * 9000,
        "no time at all",
        "",
        "\x1b[2m10/05/2026 08:00:00\x1b[0m styled",
        "  1%|          | 1/100\r10/05/2026 08:00:00 after a bar",
    ]
)


@given(st.lists(LINES, min_size=1, max_size=12), st.lists(st.integers(0, 400), max_size=12))
def test_times_do_not_depend_on_how_the_log_grows(lines: list[str], cuts: list[int]) -> None:
    data = "".join(line + "\n" for line in lines).encode()
    expected = times(data.decode())
    log = GrowingLog()
    line_clock = LineClock(log, lambda: Zones(UTC, BERLIN), lambda: LIFE)
    for cut in sorted(cuts):
        log.data = data[:cut]
        for line in log.data.split(b"\n"):
            time_of_line(line_clock, line)
    log.data = data
    assert [time_of_line(line_clock, line) for line in data.splitlines()] == expected


def test_a_long_line_does_not_change_the_times_of_later_lines() -> None:
    log = (
        "05/10/2026 08:00:00 x\n03/04/05 00:00:00 old\n"
        + "x" * 9000
        + "\n26/10/05 08:00:00 spark\n"
    )
    growing_log = GrowingLog()
    line_clock = LineClock(growing_log, lambda: Zones(UTC, BERLIN), lambda: LIFE)
    growing_log.data = log.encode()[:22]
    time_of_line(line_clock, growing_log.data)
    growing_log.data = log.encode()
    assert [time_of_line(line_clock, line) for line in growing_log.data.splitlines()] == times(log)


ANY = st.datetimes(timezones=st.just(UTC))


@given(
    st.text() | LINES | st.from_regex(r"[\[(]?\d{1,4}([-/.])\d\d?\1\d{1,4} \d\d?:\d\d:\d\d.{0,9}"),
    st.tuples(ANY, ANY).map(sorted).map(lambda both: Life(*both)),
    st.sampled_from([UTC, BERLIN, timezone.max, timezone.min]),
    st.none() | ANY,
)
def test_any_text_has_a_time_in_utc_or_none_whatever_the_life(
    text: str, life: Life, zone: tzinfo, arrival: datetime | None
) -> None:
    line_clock = LineClock(
        GrowingLog(f"{text}\n".encode()), lambda: Zones(zone, zone), lambda: life
    )
    parsed = line_clock.time(text, arrival)
    assert parsed is None or parsed.tzinfo is UTC
    assert line_clock.seconds(text.encode(), life.end) is None or parsed is not None


@given(st.datetimes(BEGIN.replace(tzinfo=None), LIFE.end.replace(tzinfo=None)))
def test_timestamps_in_every_format_within_the_jobs_life_are_parsed_back(moment: datetime) -> None:
    aware = moment.replace(tzinfo=UTC, microsecond=0)
    for date_format in (
        "[%m/%d/%y %H:%M:%S]", "%d/%m/%Y %H:%M:%S", "%y/%m/%d %H:%M:%S", "%d.%m.%Y %H:%M:%S",
        "%Y-%m-%d %I:%M:%S %p", "%m/%d/%Y, %I:%M:%S %p", "%b %d, %Y %I:%M:%S %p",
        "%a %b %d %H:%M:%S UTC %Y", "%H:%M:%S", "[%I:%M:%S %p]", "%d-%b-%Y %H:%M:%S", "%s",
    ):  # fmt: skip
        line = (moment if date_format != "%s" else aware).strftime(date_format)
        line = str(int(aware.timestamp())) if date_format == "%s" else line
        assert times(f"{line} x\n") == [aware]


def test_without_a_life_a_time_without_a_date_is_unknown() -> None:
    line_clock = LineClock()
    assert line_clock.time("10/05/2026 08:00:00 x") == BEGIN
    assert line_clock.time("08:00:00 x") is None
    assert read_time("10/05/2026 08:00:00 x", TimestampContext()) == BEGIN


def test_seconds_ignores_a_time_in_the_future() -> None:
    line_clock = LineClock(GrowingLog(), Zones, lambda: LIFE)
    assert line_clock.seconds(b"2026-10-05 08:00:00 x", LIFE.end) == EPOCH
    assert line_clock.seconds(b"2027-10-05 08:00:00 x", LIFE.end) is None
    assert line_clock.seconds(b"no time", LIFE.end) is None


def test_a_log_that_starts_over_may_have_another_order_of_dates() -> None:
    log = GrowingLog(b"05/10/2026 08:00:00 x\n")
    line_clock = LineClock(log, Zones, lambda: LONG)
    parsed = line_clock.time("05/10/2026 08:00:00 x")
    assert parsed == datetime(2026, 5, 10, 8, tzinfo=UTC)
    log.data, log.version = b"27/03/2026 08:00:00 x\n", 1
    parsed = line_clock.time("05/10/2026 08:00:00 x")
    assert parsed == datetime(2026, 10, 5, 8, tzinfo=UTC)
