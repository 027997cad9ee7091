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

from studio_tui.service.logs.store import matches as matches_module
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
from tests.waiting import await_with_limit


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    store = LogStore.create(tmp_path)
    yield store
    store.close()


def find_lines_with_x(lines: bytes) -> list[int]:
    """Return the starts of the lines that contain an x."""
    starts, start = [], 0
    for line in lines.splitlines(keepends=True):
        if b"x" in line:
            starts.append(start)
        start += len(line)
    return starts


def expected(data: bytes, *, negated: bool = False) -> list[int]:
    """Return the starts of the lines that contain an x; if `negated`, of those without an x.

    The part of a line more than `LINE_LIMIT` bytes beyond its block is not searched.
    """
    starts, start = [], 0
    for line in data.split(b"\n"):
        searched = line[: (start // BLOCK + 1) * BLOCK + LINE_LIMIT - start]
        if start < len(data) and (b"x" in searched) != negated:
            starts.append(start)
        start += len(line) + 1
    return starts


def forwards(matches: LineMatches) -> list[int]:
    """Return all matches, found from the start of the log to its end."""
    starts, start = [], matches.next(0)
    while start is not None:
        starts.append(start)
        start = matches.next(start + 1)
    return starts


def backwards(matches: LineMatches, size: int) -> list[int]:
    """Return all matches in their order, found from the end of the log to its start."""
    starts, start = [], matches.previous(size + 1)
    while start is not None:
        starts.append(start)
        start = matches.previous(start)
    return starts[::-1]


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
    # A line of 110,000 bytes is changed in a part that is not searched.
    changes=[
        ("append", [(b"", 0), (b"", 70_000), (b"", 0), (b"", 40_000)], True),
        ("append", [(b"", 70_000), (b"", 70_000), (b"", 0), (b"", 40_000)], True),
        ("append", [(b"", 70_000), (b"", 40_000)], True),
        ("insert", 3, False),
        ("look", 0, False),
    ],
    negated=True,
)
def test_the_matches_are_those_of_the_bytes_after_any_changes(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, object, bool]], negated: bool
) -> None:
    store = LogStore.create(tmp_path_factory.mktemp("matches"))
    data = b""
    matches = LineMatches(store, find_lines_with_x, negated=negated)
    for kind, what, is_open in changes:
        if kind == "append":
            assert isinstance(what, list)
            added = b"".join(mark + b"-" * length + b"\n" for mark, length in what)
            added = added[:-1] if is_open else added
            data += added
            store.append(added)
        elif kind == "look":
            asyncio.run(matches.search(len(data) * int(str(what)) // 4))
        else:
            offset = len(data) * int(str(what)) // 4
            data = data[:offset] + (b"x\n" + data[offset:] if kind == "insert" else b"")
            store.insert(offset, b"x\n") if kind == "insert" else store.cut(offset)
        assert set(forwards(matches)) <= set(expected(data, negated=negated))
    asyncio.run(matches.search(len(data) // 2))
    expected_starts = expected(data, negated=negated)
    assert forwards(matches) == expected_starts
    assert backwards(matches, len(data)) == expected_starts
    assert matches.total == len(expected_starts)
    assert [matches.count_before(start) for start in expected_starts] == list(
        range(len(expected_starts))
    )
    assert all(start in matches for start in expected_starts)
    store.close()


def test_a_search_ends_although_the_last_line_is_unfinished(store: LogStore) -> None:
    store.append((b"." * 99 + b"\n") * (6 * BLOCK // 100) + b"epoch 3: 41%")
    matches = LineMatches(store, find_lines_with_x)
    asyncio.run(await_with_limit(matches.search(0), "lines are searched again and again"))
    assert matches.is_complete
    assert matches.total == 0
    store.append(b" x")
    asyncio.run(await_with_limit(matches.search(0), "lines are searched again and again"))
    assert matches.total == 1


def test_the_nearest_match_is_found_across_unsearched_blocks(store: LogStore) -> None:
    filler = b"." * 99 + b"\n"
    count = 40 * BLOCK // len(filler)
    store.append(b"x first\n" + filler * count + b"x middle\n" + filler * count + b"x last\n")
    matches = LineMatches(store, find_lines_with_x)
    middle = len(b"x first\n") + count * len(filler)
    last = store.last_start()
    assert matches.next(1) is None  # the block with the next match has not been searched yet
    assert asyncio.run(matches.nearest(1, backwards=False)) == middle
    assert not matches.is_complete
    assert asyncio.run(matches.nearest(last, backwards=True)) == middle
    assert asyncio.run(matches.nearest(middle + 1, backwards=False)) == last
    assert asyncio.run(matches.nearest(0, backwards=True)) is None
    assert asyncio.run(matches.nearest(last + 1, backwards=False)) is None


def test_a_search_finds_every_match_although_the_log_grows_meanwhile(
    store: LogStore,
) -> None:
    store.append(b"x\n" * 200_000)
    matches = LineMatches(store, find_lines_with_x)

    async def grow() -> None:
        searching = asyncio.create_task(matches.search(0))
        for _ in range(50):
            store.append(b"x\n" * 5_000)
            await asyncio.sleep(0)
        await searching
        await matches.search(0)

    asyncio.run(grow())
    assert matches.total == 450_000


@pytest.mark.parametrize("remaining", [0, 1, BLOCK, 2 * BLOCK + 7])
async def test_a_log_that_gets_shorter_while_it_is_searched_is_searched_again(
    store: LogStore, remaining: int
) -> None:
    store.append(b"x\n" * 4 * BLOCK)
    matches = LineMatches(store, find_lines_with_x)
    searching = asyncio.ensure_future(matches.search_next())
    await asyncio.sleep(0)  # the search now waits for its thread
    store.cut(remaining)
    await searching
    await matches.search(0)
    assert matches.is_complete
    assert forwards(matches) == expected(store.read(0, store.size))


def test_searched_blocks_are_not_searched_again_when_the_log_grows(store: LogStore) -> None:
    store.append((b"." * 99 + b"\n") * (20 * BLOCK // 100))
    searched = 0

    def find(lines: bytes) -> list[int]:
        nonlocal searched
        searched += len(lines)
        return find_lines_with_x(lines)

    matches = LineMatches(store, find)
    asyncio.run(matches.search(0))
    before = searched
    store.append(b"x\n")
    assert matches.next(0) == store.size - 2
    assert searched - before <= 2 * BLOCK


def test_a_long_unfinished_line_is_not_searched_again_as_it_grows(
    store: LogStore,
) -> None:
    searched: list[int] = []

    def find(lines: bytes) -> list[int]:
        searched.append(len(lines))
        return find_lines_with_x(lines)

    store.append(b"x\n" + b"\ry" * 300_000)
    matches = LineMatches(store, find)
    asyncio.run(matches.search(0))
    searched.clear()
    for _ in range(50):
        store.append(b"\ry" * 40)
        assert forwards(matches) == [0]
    assert sum(searched) <= 2 * BLOCK
    store.append(b"\nx\n")
    asyncio.run(matches.search(0))
    assert forwards(matches) == [0, store.size - 2]


def test_later_lines_may_decide_whether_a_line_matches(store: LogStore) -> None:
    def unless_undone(lines: bytes) -> list[int]:
        return [] if b"undo" in lines else list(range(0, len(lines), 2))

    store.append(b"x\n" * (BLOCK // 2 - 8))
    matches = LineMatches(store, find_lines_with_x, within=unless_undone, ahead=64)
    assert len(forwards(matches)) == BLOCK // 2 - 8
    store.append(b"y\n" * 10 + b"undo\n")
    assert forwards(matches) == []


def test_a_log_that_starts_over_has_no_line_that_was_too_long_before(store: LogStore) -> None:
    store.append(b"x" * 4 * BLOCK + b"\n")
    matches = LineMatches(store, find_lines_with_x)
    asyncio.run(matches.search(0))
    assert matches.has_cut_lines
    store.cut(0)
    store.append(b"x\n")
    assert forwards(matches) == [0]
    assert not matches.has_cut_lines


def test_the_parts_of_the_log_with_matches_are_reported_for_a_scroll_bar(store: LogStore) -> None:
    store.append(b"x\n" + b".\n" * 97 + b"x\n.\n")
    matches = LineMatches(store, find_lines_with_x)
    assert matches.occupied_parts(10) == {0, 9}
    with mock.patch.object(matches_module, "_EXACT_BLOCKS", 0):
        assert LineMatches(store, find_lines_with_x).occupied_parts(10) == {0}
    store.append(b".\n" * 10 * BLOCK)
    asyncio.run(matches.search(0))
    assert matches.occupied_parts(10) == {0}


@given(st.lists(st.tuples(st.integers(0, 3), LINE), max_size=12), st.booleans())
@settings(max_examples=at_length(20, 600), deadline=None)
def test_matches_ignore_tags_in_the_text_and_can_be_limited_to_some_tags(
    pieces: list[tuple[int, tuple[bytes, int]]], negated: bool
) -> None:
    lines = [(tag, kind + b"." * length) for tag, (kind, length) in pieces]
    data = b"".join(tag_of(tag) + line + b"\n" for tag, line in lines)

    def begins_with_x(text: bytes) -> list[int]:
        assert b"|" not in text
        return [m.start() for m in re.finditer(rb"^x", text, re.MULTILINE)]

    expected_starts, start = [], 0
    for tag, line in lines:
        if tag == 1 and line.startswith(b"x") != negated:
            expected_starts.append(start)
        start += TAG_LENGTH + len(line) + 1
    with tempfile.TemporaryDirectory() as folder:
        store = TaggedStore.create(Path(folder))
        store.append(data)
        matches = LineMatches(store, begins_with_x, negated=negated, within=finder_of_tags([1, 9]))
        asyncio.run(matches.search(0))
        assert forwards(matches) == expected_starts
        assert matches.total == len(expected_starts)
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
    matches = LineMatches(store, find_lines_with_x)
    await matches.search(0)
    assert forwards(matches) == [0]
    store.become(other)
    assert forwards(matches) == [6]
    assert store.marks[0].text == "Something is missing."
    store.close()
