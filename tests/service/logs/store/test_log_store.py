"""The spool contains exactly the bytes written, in any order of writes, and reads few blocks."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_tui.errors import SpoolError
from studio_tui.service.logs.store import spool
from studio_tui.service.logs.store.line_index import BLOCK
from studio_tui.service.logs.store.log_store import LINE_LIMIT, LogStore
from studio_tui.service.logs.store.spool import Spool
from tests import needs
from tests.service.logs.blocking_reads import counting_reads
from tests.service.logs.stored import stored_bytes
from tests.soak import at_length

PIECES = st.sampled_from(
    [b"", b"\n", b"a", b"ab\n", b"\n\n", b"x" * (BLOCK - 1), b"y" * BLOCK, b"z" * 99 + b"\n"]
) | st.binary(max_size=40)

CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["append", "append", "append", "insert", "cut"]), PIECES, st.floats(0, 1)
    ),
    max_size=12,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    store = LogStore.create(tmp_path)
    yield store
    store.close()


def lines_of(data: bytes) -> list[bytes]:
    """Split bytes into lines as `LogStore` does: a newline at the end begins no further line."""
    lines = data.split(b"\n")
    return lines[:-1] if lines[-1] == b"" else lines


def starts_of(data: bytes) -> list[int]:
    starts = [0] + [at + 1 for at, byte in enumerate(data) if byte == 0x0A]
    return [start for start in starts if start < len(data)]


@settings(deadline=None, max_examples=at_length(20, 600))
@given(CHANGES)
def test_the_lines_match_the_bytes_after_any_changes(
    changes: list[tuple[str, bytes, float]],
) -> None:
    store = LogStore.create(Path(tempfile.gettempdir()))
    expected = b""
    try:
        for change, piece, where in changes:
            offset = int(len(expected) * where)
            if change == "append":
                store.append(piece)
                expected += piece
            elif change == "insert":
                store.insert(offset, piece)
                expected = expected[:offset] + piece + expected[offset:]
            else:
                store.cut(offset)
                expected = expected[:offset]
            starts = starts_of(expected)
            assert store.number_of(store.last_start()) == max(0, len(starts) - 1)
        assert stored_bytes(store) == expected
        assert store.size == len(expected)
        assert_lines(store, expected)
    finally:
        store.close()


def assert_lines(store: LogStore, expected: bytes) -> None:
    lines, starts = lines_of(expected), starts_of(expected)
    assert store.lines == len(lines)
    for number, (line, start) in enumerate(zip(lines, starts, strict=True)):
        assert store.start_of(number) == start
        assert store.number_of(start) == number
        row = store.row(start)
        assert row.line == store.line_at(start)
        assert (row.end, row.number, row.marks) == (start + len(line), number, ())
        assert store.line_at(start).length == len(line)
        assert store.line_at(start).head == line[:LINE_LIMIT]
        assert store.line_start(start + len(line)) == start
        assert store.previous_start(start) == (starts[number - 1] if number else None)
        assert store.next_start(start) == (starts[number + 1] if number + 1 < len(starts) else None)
    assert store.last_start() == (starts[-1] if starts else 0)
    for number, start in reversed([*enumerate(starts)]):
        assert store.number_of(start) == number


@settings(deadline=None, max_examples=at_length(15, 400))
@given(st.lists(PIECES, max_size=8))
def test_an_opened_file_has_the_same_lines_before_and_after_it_is_indexed(
    pieces: list[bytes],
) -> None:
    expected = b"".join(pieces)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "job.log")
        path.write_bytes(expected)
        store = LogStore.open(path)
        starts = starts_of(expected)
        walked = []
        start: int | None = store.last_start() if expected else None
        while start is not None:
            walked.append(start)
            start = store.previous_start(start)
        assert walked == starts[::-1]
        asyncio.run(store.index())
        assert store.is_indexed
        assert_lines(store, expected)
        store.close()
        assert path.read_bytes() == expected


def test_the_tail_of_a_million_lines_is_found_in_a_few_reads(tmp_path: Path) -> None:
    path = tmp_path / "big.log"
    with path.open("wb") as file:
        file.writelines(b"line %07d of the log of a job\n" % n for n in range(1_000_000))
    store = LogStore.open(path)
    with counting_reads() as reads:
        start: int | None = store.last_start()
        for _ in range(60):
            assert start is not None
            store.line_at(start)
            start = store.previous_start(start)
    assert len(reads) <= 2
    asyncio.run(store.index())
    assert store.lines == 1_000_000
    with counting_reads() as reads:
        assert store.line_at(store.start_of(500_000)).head == b"line 0500000 of the log of a job"
        assert store.number_of(store.start_of(999_999)) == 999_999
    assert len(reads) <= 2
    store.close()


def test_only_the_head_and_the_tail_of_a_huge_line_are_read(store: LogStore) -> None:
    store.append(b"first\n" + b"h" * LINE_LIMIT)
    for _ in range(80):
        store.append(b"." * BLOCK)
    store.append(b"t" * LINE_LIMIT + b"\nlast\n")
    start = store.start_of(1)
    with counting_reads() as reads:
        line = store.line_at(start)
        assert line.length == 82 * BLOCK
        assert (line.head, line.tail) == (b"h" * LINE_LIMIT, b"t" * LINE_LIMIT)
        assert store.previous_start(store.last_start()) == start
    assert len(reads) <= 6


def test_a_mark_is_above_the_line_that_contains_its_offset_and_moves_with_it(
    store: LogStore,
) -> None:
    store.append(b"one\ntwo\n")
    store.mark(4, "a gap")
    store.mark(4, "a gap")
    assert [mark.text for mark in store.marks_of(4)] == ["a gap"]
    assert store.row(4).marks == store.marks_of(4)
    assert store.marks_of(0) == ()
    store.insert(0, b"zero\n")
    assert [mark.offset for mark in store.marks_of(9)] == [9]
    store.cut(5)
    assert store.marks == ()


def test_a_mark_at_the_end_has_a_row_of_its_own_until_a_line_is_added(store: LogStore) -> None:
    store.append(b"one\n")
    assert store.next_start(0) is None
    store.mark(4, "a gap")
    assert store.next_start(0) == store.last_start() == 4
    assert store.line_at(4).length == 0
    store.append(b"two\n")
    assert store.last_start() == 4
    assert store.next_start(4) is None
    store.unmark(store.marks[0])
    assert store.marks == ()


def test_a_watcher_is_notified_of_every_change_until_it_unsubscribes(store: LogStore) -> None:
    sizes: list[int] = []
    unsubscribe = store.watch(lambda: sizes.append(store.size))
    store.append(b"one\n")
    store.insert(0, b"zero\n")
    store.cut(5)
    unsubscribe()
    store.append(b"unseen\n")
    assert sizes == [4, 9, 5]


def test_the_version_changes_only_when_shown_bytes_do(store: LogStore) -> None:
    store.append(b"one\n")
    store.append(b"two\n")
    assert store.version == 0
    store.insert(4, b"between\n")
    assert store.version == 1


async def test_the_file_of_a_log_is_private_and_has_a_name_once_it_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    store = LogStore.create(folder)
    store.append(b"one\n")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [*folder.iterdir()] == []
    await store.keep(folder / "a.log", lambda: False)
    assert [*folder.iterdir()] == []
    await store.keep(folder / "a.log", lambda: True)
    assert [*folder.iterdir()] == [store.path] == [folder / "a.log"]
    assert (folder / "a.log").stat().st_mode & 0o777 == 0o600
    assert (folder / "a.log").read_bytes() == stored_bytes(store) == b"one\n"
    await store.make_writable()
    store.append(b"two\n")
    assert (store.path, stored_bytes(store)) == (None, b"one\ntwo\n")
    assert (folder / "a.log").read_bytes() == b"one\n"
    store.close()
    store.close()


async def test_a_log_that_changes_while_it_is_copied_is_not_kept(store: LogStore) -> None:
    store.append(b"one\n")
    keeping = asyncio.ensure_future(store.keep(store.folder / "a.log", lambda: True))
    await asyncio.sleep(0)
    store.append(b"two\n")
    await keeping
    assert store.path is None
    assert [*store.folder.iterdir()] == []


@needs.linux("only it has /dev/full")
def test_writing_to_a_full_disk_is_an_error_and_adds_nothing() -> None:
    store = LogStore(Spool(Path("/dev"), os.open("/dev/full", os.O_RDWR)))
    with pytest.raises(SpoolError, match="No space left on device"):
        store.append(b"lost\n")
    assert store.size == 0
    store.close()


@needs.linux("only it has /dev/full")
def test_a_copy_that_the_disk_has_no_room_for_is_an_error_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.log"
    path.write_bytes(b"line\n" * 10)
    store = LogStore.open(path)
    with Path("/dev/full").open("w+b") as full:
        monkeypatch.setattr(spool, "_nameless_file", lambda _: full)
        with pytest.raises(SpoolError, match="No space left on device"):
            asyncio.run(store.make_writable())
    assert (store.path, stored_bytes(store)) == (path, b"line\n" * 10)
    store.close()


async def test_reading_an_opened_file_that_is_truncated_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "kept.log"
    path.write_bytes(b"line\n" * 10)
    for act in (LogStore.index, LogStore.make_writable):
        store = LogStore.open(path)
        os.truncate(path, 5 if act is LogStore.index else 0)
        with pytest.raises(SpoolError, match="truncated"):
            await asyncio.wait_for(act(store), 15)
        store.close()
        path.write_bytes(b"line\n" * 10)


def test_opening_a_missing_file_is_an_error_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(SpoolError, match="cannot be read: No such file"):
        LogStore.open(tmp_path / "none.log")


async def test_a_store_that_is_closed_during_a_read_keeps_its_file_until_the_read_ends(
    store: LogStore,
) -> None:
    store.append(b"x" * 1_000_000)
    reading = asyncio.ensure_future(store.read_in_thread(0, 1_000_000, bytes))
    await asyncio.sleep(0)
    store.close()
    assert len(await reading) == 1_000_000
    with pytest.raises(SpoolError, match="closed"):
        await store.read_in_thread(0, 1, bytes)
