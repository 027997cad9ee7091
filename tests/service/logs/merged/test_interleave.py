import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from studio_tui.service.logs.merged.cursor import MergedSource
from studio_tui.service.logs.merged.interleave import Interleaver
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.tagged_store import TaggedStore

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def test_a_merged_line_keeps_its_arrival_time(tmp_path: Path) -> None:
    stores = [LogStore.create(tmp_path) for _ in range(2)]
    stores[0].append(b"replayed\n")
    for number, seconds, text in ((0, 1, b"a\n"), (1, 2, b"b\n"), (0, 3, b"c\n")):
        with stores[number].arrivals.live(NOON + timedelta(seconds=seconds)):
            stores[number].append(text)
    merged = TaggedStore.create(tmp_path)
    sources = [
        MergedSource(number, f"job {number}", store, lambda: True, 0.0, lambda _line: None)
        for number, store in enumerate(stores)
    ]
    interleaver = Interleaver(merged, sources)
    interleaver.make_all_due()
    asyncio.run(interleaver.merge())
    shown: list[tuple[bytes, datetime | None]] = []
    start: int | None = 0
    while start is not None and start < merged.size:
        shown.append((merged.line_at(start).head, merged.arrivals.at(start)))
        start = merged.next_start(start)
    assert shown == [
        (b"replayed", None),
        (b"a", NOON + timedelta(seconds=1)),
        (b"b", NOON + timedelta(seconds=2)),
        (b"c", NOON + timedelta(seconds=3)),
    ]
    for store in (merged, *stores):
        store.close()
