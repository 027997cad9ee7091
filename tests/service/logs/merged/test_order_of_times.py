"""Merged lines of several jobs are in order of time, whatever the format of their timestamps."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.logs.line_clock import LineClock
from studio_tui.presentation.logs.timestamps import Life
from studio_tui.presentation.logs.zones import Zones
from studio_tui.service.logs.merged.merged_log import MergedLog
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.tagged_store import TAG_LENGTH, TaggedStore
from tests.service.polling.virtual_time import run

BEGIN = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
LIFE = Life(BEGIN, BEGIN + timedelta(hours=6))

PAIRS = [
    (
        (
            "[10/05/26 08:00:00] INFO     1\n                    INFO     1 too\n"
            "[10/05/26 08:01:00] WARNING  3\n[10/05/26 08:02:00] ERROR    5\n"
        ),
        "2026-10-05 08:00:30 INFO 2\n2026-10-05 08:01:30 INFO 4\n2026-10-05 08:02:30 INFO 6\n",
    ),
    (
        "2026-10-05 11:58:00 AM 1\n2026-10-05 12:00:30 PM 3\n2026-10-05 01:20:00 PM 5\n",
        "2026-10-05 11:58:30 2\n2026-10-05 13:19:00 4\n2026-10-05 13:21:00 6\n",
    ),
    (
        "05/10/2026 08:00:00 - 1\n05/10/2026 08:01:00 - 3\n05/10/2026 08:02:00 - 5\n",
        "26/10/05 08:00:30 INFO 2\n26/10/05 08:01:30 INFO 4\n26/10/05 08:02:30 INFO 6\n",
    ),
    (
        (
            "2026-10-05 08:00:00 1\n1073741824 bytes copied 1\n2026-10-05 08:02:00 3\n"
            "1610612736 /data 3\n2026-10-05 08:03:00 5\n"
        ),
        "08:01:00 2\n[00:00:01] elapsed 2\n08:02:30 4\n08:04:00 6\n",
    ),
    (
        "2026-10-05 04:00:00 EDT 1\n2026-10-05 04:01:00 EDT 3\n",
        "2026-10-05 10:00:30 CEST 2\n2026-10-05 10:01:30 GMT+0200 4\n",
    ),
]


def merged_digits(folder: Path, logs: tuple[str, ...], cuts: list[int]) -> str:
    """Merge logs that grow in steps; return the last digit of each merged line.

    After each step, each log has as many lines as the next of the sorted `cuts`; at last, all.
    """

    async def merge() -> bytes:
        stores = [LogStore.create(folder) for _ in logs]
        log = MergedLog(lambda: TaggedStore.create(folder))
        over = [False]
        for number, store in enumerate(stores):
            times = LineClock(store, lambda: Zones(UTC, ZoneInfo("Europe/Berlin")), lambda: LIFE)

            def time_of(line: bytes, times: LineClock = times) -> float | None:
                return times.seconds(line, LIFE.end)

            log.join(
                store,
                f"job {number}",
                is_over=lambda: over[0],
                begins_at=BEGIN.timestamp(),
                time_of=time_of,
            )
        running = asyncio.create_task(log.run())
        for cut in [*sorted(cuts), 100]:
            for store, text in zip(stores, logs, strict=True):
                if added := "".join(text.splitlines(keepends=True)[:cut]).encode()[store.size :]:
                    store.append(added)
            await asyncio.sleep(5)
        over[0] = True
        log.poke()
        await asyncio.sleep(30)
        running.cancel()
        lines = log.store.read(0, log.store.size)
        log.close()
        for store in stores:
            store.close()
        return lines

    lines = run(merge()).decode().splitlines()
    return "".join(next(c for c in line[TAG_LENGTH:][::-1] if c.isdigit()) for line in lines)


@pytest.mark.parametrize("logs", PAIRS)
def test_lines_with_different_timestamp_formats_are_in_order(
    tmp_path: Path, logs: tuple[str, str]
) -> None:
    digits = merged_digits(tmp_path, logs, [])
    assert digits == "".join(sorted(digits))


@given(st.sampled_from(PAIRS), st.lists(st.integers(0, 5), max_size=4))
def test_lines_are_in_order_however_the_logs_grow(
    tmp_path_factory: pytest.TempPathFactory, logs: tuple[str, str], cuts: list[int]
) -> None:
    digits = merged_digits(tmp_path_factory.mktemp("logs"), logs, cuts)
    assert digits == "".join(sorted(digits))
