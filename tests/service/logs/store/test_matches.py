"""The lines that meet a condition, compared with a check of every line."""

import asyncio
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from studio_tui.service.logs.store import matches
from studio_tui.service.logs.store.line_index import BLOCK
from studio_tui.service.logs.store.log_store import LINE_LIMIT, LogStore
from studio_tui.service.logs.store.matches import LineMatches
from studio_tui.service.logs.store.tagged_store import (
    TAG_LENGTH,
    TaggedStore,
    finder_of_tags,
    tag_of,
)
from tests.soak import at_length
from tests.waiting import within_reason


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    store = LogStore.create(tmp_path)
    yield store
    store.close()


def with_x(lines: bytes) -> list[int]:
    found, start = [], 0
    for line in lines.splitlines(keepends=True):
        if b"x" in line:
            found.append(start)
        start += len(line)
    return found


def expected(data: bytes, *, negated: bool = False) -> list[int]:
    """Of a line, what lies more than `LINE_LIMIT` beyond its block is not looked at."""
    found, start = [], 0
    for line in data.split(b"\n"):
        seen = line[: (start // BLOCK + 1) * BLOCK + LINE_LIMIT - start]
        if start < len(data) and (b"x" in seen) != negated:
            found.append(start)
        start += len(line) + 1
    return found


def onwards(hits: LineMatches) -> list[int]:
    found, at = [], hits.next(0)
    while at is not None:
        found.append(at)
        at = hits.next(at + 1)
    return found


def backwards(hits: LineMatches, size: int) -> list[int]:
    found, at = [], hits.previous(size + 1)
    while at is not None:
        found.append(at)
        at = hits.previous(at)
    return found[::-1]


LINE = st.tuples(
    st.sampled_from([b"", b"x", b"a", b"axb"]), st.sampled_from([0, 3, 40_000, 70_000])
)
CHANGE = st.one_of(
    st.tuples(st.just("append"), st.lists(LINE, max_size=4), st.booleans()),
    st.tuples(st.just("insert"), st.integers(0, 4), st.just(False)),
    st.tuples(st.just("cut"), st.integers(0, 4), st.just(False)),
    st.tuples(st.just("look"), st.integers(0, 4), st.just(False)),
)


@settings(deadline=None, max_examples=at_length(20, 600))
@given(changes=st.lists(CHANGE, min_size=1, max_size=8), negated=st.booleans())
@example(
    # A line of 110,000 bytes is changed where it is no longer looked at.
    changes=[
        ("append", [(b"", 0), (b"", 70_000), (b"", 0), (b"", 40_000)], True),
        ("append", [(b"", 70_000), (b"", 70_000), (b"", 0), (b"", 40_000)], True),
        ("append", [(b"", 70_000), (b"", 40_000)], True),
        ("insert", 3, False),
        ("look", 0, False),
    ],
    negated=True,
)
def test_the_lines_are_those_of_the_bytes_whatever_happens_to_the_log(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, object, bool]], negated: bool
) -> None:
    store = LogStore.create(tmp_path_factory.mktemp("hits"))
    data = b""
    hits = LineMatches(store, with_x, negated=negated)
    for kind, what, is_open in changes:
        if kind == "append":
            assert isinstance(what, list)
            added = b"".join(mark + b"-" * length + b"\n" for mark, length in what)
            added = added[:-1] if is_open else added
            data += added
            store.append(added)
        elif kind == "look":
            asyncio.run(hits.search(len(data) * int(str(what)) // 4))
        else:
            offset = len(data) * int(str(what)) // 4
            data = data[:offset] + (b"x\n" + data[offset:] if kind == "insert" else b"")
            store.insert(offset, b"x\n") if kind == "insert" else store.cut(offset)
        assert set(onwards(hits)) <= set(expected(data, negated=negated))
    asyncio.run(hits.search(len(data) // 2))
    wanted = expected(data, negated=negated)
    assert onwards(hits) == wanted
    assert backwards(hits, len(data)) == wanted
    assert hits.total == len(wanted)
    assert [hits.count_before(start) for start in wanted] == list(range(len(wanted)))
    assert all(hits.matches(start) for start in wanted)
    store.close()


def test_a_search_ends_where_the_last_line_is_still_being_written(store: LogStore) -> None:
    store.append((b"." * 99 + b"\n") * (6 * BLOCK // 100) + b"epoch 3: 41%")
    hits = LineMatches(store, with_x)
    asyncio.run(within_reason(hits.search(0), "lines are searched again and again"))
    assert hits.is_complete
    assert hits.total == 0
    store.append(b" x")
    asyncio.run(within_reason(hits.search(0), "lines are searched again and again"))
    assert hits.total == 1


def test_the_nearest_match_is_awaited_across_unsearched_blocks(store: LogStore) -> None:
    filler = b"." * 99 + b"\n"
    count = 40 * BLOCK // len(filler)
    store.append(b"x first\n" + filler * count + b"x middle\n" + filler * count + b"x last\n")
    hits = LineMatches(store, with_x)
    middle = len(b"x first\n") + count * len(filler)
    last = store.last_start()
    assert hits.next(1) is None  # not known yet, and not looked for at once
    assert asyncio.run(hits.nearest(1, backwards=False)) == middle
    assert not hits.is_complete
    assert asyncio.run(hits.nearest(last, backwards=True)) == middle
    assert asyncio.run(hits.nearest(middle + 1, backwards=False)) == last
    assert asyncio.run(hits.nearest(0, backwards=True)) is None
    assert asyncio.run(hits.nearest(last + 1, backwards=False)) is None


def test_a_search_ends_with_every_line_known_though_the_log_grows_meanwhile(
    store: LogStore,
) -> None:
    store.append(b"x\n" * 200_000)
    hits = LineMatches(store, with_x)

    async def grow() -> None:
        searching = asyncio.create_task(hits.search(0))
        for _ in range(50):
            store.append(b"x\n" * 5_000)
            await asyncio.sleep(0)
        await searching
        await hits.search(0)

    asyncio.run(grow())
    assert hits.total == 450_000


@pytest.mark.parametrize("left", [0, 1, BLOCK, 2 * BLOCK + 7])
async def test_a_log_that_gets_shorter_while_it_is_searched_is_searched_again(
    store: LogStore, left: int
) -> None:
    store.append(b"x\n" * 4 * BLOCK)
    hits = LineMatches(store, with_x)
    searching = asyncio.ensure_future(hits.search_next())
    await asyncio.sleep(0)  # to where it waits for the thread
    store.cut(left)
    await searching
    await hits.search(0)
    assert hits.is_complete
    assert onwards(hits) == expected(store.read(0, store.size))


def test_searched_blocks_are_not_searched_again_when_the_log_grows(store: LogStore) -> None:
    store.append((b"." * 99 + b"\n") * (20 * BLOCK // 100))
    looked = 0

    def find(lines: bytes) -> list[int]:
        nonlocal looked
        looked += len(lines)
        return with_x(lines)

    hits = LineMatches(store, find)
    asyncio.run(hits.search(0))
    before = looked
    store.append(b"x\n")
    assert hits.next(0) == store.size - 2
    assert looked - before <= 2 * BLOCK


def test_a_long_unfinished_line_is_not_searched_again_as_it_grows(
    store: LogStore,
) -> None:
    looked: list[int] = []

    def find(lines: bytes) -> list[int]:
        looked.append(len(lines))
        return with_x(lines)

    store.append(b"x\n" + b"\ry" * 300_000)
    hits = LineMatches(store, find)
    asyncio.run(hits.search(0))
    looked.clear()
    for _ in range(50):
        store.append(b"\ry" * 40)
        assert onwards(hits) == [0]
    assert sum(looked) <= 2 * BLOCK
    store.append(b"\nx\n")
    asyncio.run(hits.search(0))
    assert onwards(hits) == [0, store.size - 2]


def test_later_lines_may_decide_whether_a_line_matches(store: LogStore) -> None:
    def unless_undone(lines: bytes) -> list[int]:
        return [] if b"undo" in lines else list(range(0, len(lines), 2))

    store.append(b"x\n" * (BLOCK // 2 - 8))
    hits = LineMatches(store, with_x, within=unless_undone, ahead=64)
    assert len(onwards(hits)) == BLOCK // 2 - 8
    store.append(b"y\n" * 10 + b"undo\n")
    assert onwards(hits) == []


def test_the_parts_of_the_log_with_matches_are_known_for_a_scroll_bar(store: LogStore) -> None:
    store.append(b"x\n" + b".\n" * 97 + b"x\n.\n")
    hits = LineMatches(store, with_x)
    assert hits.occupied_parts(10) == {0, 9}
    with mock.patch.object(matches, "_EXACT_BLOCKS", 0):
        assert LineMatches(store, with_x).occupied_parts(10) == {0}
    store.append(b".\n" * 10 * BLOCK)
    asyncio.run(hits.search(0))
    assert hits.occupied_parts(10) == {0}


@given(st.lists(st.tuples(st.integers(0, 3), LINE), max_size=12), st.booleans())
@settings(max_examples=at_length(20, 600), deadline=None)
def test_tags_are_no_part_of_the_text_and_lines_can_be_chosen_by_them(
    pieces: list[tuple[int, tuple[bytes, int]]], negated: bool
) -> None:
    lines = [(tag, kind + b"." * length) for tag, (kind, length) in pieces]
    whole = b"".join(tag_of(tag) + line + b"\n" for tag, line in lines)

    def begins_with_x(text: bytes) -> list[int]:
        assert b"|" not in text
        return [m.start() for m in re.finditer(rb"^x", text, re.MULTILINE)]

    wanted, start = [], 0
    for tag, line in lines:
        if tag == 1 and line.startswith(b"x") != negated:
            wanted.append(start)
        start += TAG_LENGTH + len(line) + 1
    with tempfile.TemporaryDirectory() as folder:
        store = TaggedStore.create(Path(folder))
        store.append(whole)
        hits = LineMatches(store, begins_with_x, negated=negated, within=finder_of_tags([1, 9]))
        asyncio.run(hits.search(0))
        assert onwards(hits) == wanted
        assert hits.total == len(wanted)
        store.close()


def test_a_line_is_read_without_its_tag(tmp_path: Path) -> None:
    store = TaggedStore.create(tmp_path)
    store.append(tag_of(4095) + b"text\n" + tag_of(7) + b"\n")
    assert store.line_at(0) == (0, 4, b"text", b"")
    assert store.line_at(9) == (9, 0, b"", b"")
    assert [store.number_at(start) for start in (0, 9, store.size)] == [4095, 7, None]
    store.close()


async def test_a_store_with_replaced_content_is_searched_again(tmp_path: Path) -> None:
    store, other = TaggedStore.create(tmp_path), TaggedStore.create(tmp_path)
    store.append(tag_of(1) + b"x\n")
    other.append(tag_of(2) + b"a\n" + tag_of(1) + b"x\n")
    other.mark(0, "Something is missing.")
    hits = LineMatches(store, with_x)
    await hits.search(0)
    assert onwards(hits) == [0]
    path = store.path
    store.become(other)
    assert onwards(hits) == [6]
    assert store.marks[0].text == "Something is missing."
    assert not path.exists()
    store.close()
    assert not store.path.exists()
