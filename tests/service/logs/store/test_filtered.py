import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio_tui.service.logs.store.filtered import FilteredLines
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.matches import LineMatches


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    store = LogStore.create(tmp_path)
    yield store
    store.close()


def even(lines: bytes) -> list[int]:
    """The lines that begin with an even digit; each has two bytes."""
    return [at for at in range(0, len(lines), 2) if lines[at] in b"02468"]


def walk(lines: FilteredLines) -> list[int]:
    found: list[int] = []
    at = lines.next_start(-1)
    while at is not None:
        found.append(at)
        at = lines.next_start(at)
    return found


def test_only_the_lines_chosen_are_gone_through_either_way(store: LogStore) -> None:
    store.append(b"0\n1\n2\n3\n4\n")
    lines = FilteredLines(store, LineMatches(store, even))
    assert walk(lines) == [0, 4, 8]
    assert lines.last_start() == 8
    assert [lines.previous_start(at) for at in (8, 4, 0)] == [4, 0, None]
    assert [lines.nearest(at) for at in (0, 2, 4, 9)] == [0, 4, 4, 8]


def test_a_mark_is_never_left_out(store: LogStore) -> None:
    store.append(b"0\n1\n2\n3\n")
    store.mark(2, "Something is missing here.")
    store.mark(store.size, "And here.")
    lines = FilteredLines(store, LineMatches(store, even))
    assert walk(lines) == [0, 2, 4, 8]
    assert lines.last_start() == 8
    assert lines.previous_start(4) == 2


def test_lines_that_do_not_fulfil_the_condition_can_be_chosen(store: LogStore) -> None:
    store.append(b"0\n1\n2\n3\n")
    lines = FilteredLines(store, LineMatches(store, even, negated=True))
    assert walk(lines) == [2, 6]
    assert lines.is_whole


def test_nothing_chosen_is_nothing_to_go_through(store: LogStore) -> None:
    store.append(b"1\n3\n")
    lines = FilteredLines(store, LineMatches(store, even))
    assert (lines.last_start(), lines.nearest(0), walk(lines)) == (0, None, [])
    asyncio.run(lines.hits.search(0))
