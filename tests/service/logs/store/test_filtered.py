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


def starts_of_even_lines(lines: bytes) -> list[int]:
    """Return the starts of the lines that begin with an even digit; each line has two bytes."""
    return [start for start in range(0, len(lines), 2) if lines[start] in b"02468"]


def all_starts(lines: FilteredLines) -> list[int]:
    starts: list[int] = []
    start = lines.next_start(-1)
    while start is not None:
        starts.append(start)
        start = lines.next_start(start)
    return starts


def test_only_matching_lines_are_visited_in_both_directions(store: LogStore) -> None:
    store.append(b"0\n1\n2\n3\n4\n")
    lines = FilteredLines(store, LineMatches(store, starts_of_even_lines))
    assert all_starts(lines) == [0, 4, 8]
    assert lines.last_start() == 8
    assert [lines.previous_start(at) for at in (8, 4, 0)] == [4, 0, None]
    assert [lines.nearest(at) for at in (0, 2, 4, 9)] == [0, 4, 4, 8]


def test_a_filter_never_leaves_out_a_marked_line(store: LogStore) -> None:
    store.append(b"0\n1\n2\n3\n")
    store.mark(2, "Something is missing here.")
    store.mark(store.size, "And here.")
    lines = FilteredLines(store, LineMatches(store, starts_of_even_lines))
    assert all_starts(lines) == [0, 2, 4, 8]
    assert lines.last_start() == 8
    assert lines.previous_start(4) == 2


def test_a_negated_filter_has_the_lines_that_do_not_match(store: LogStore) -> None:
    store.append(b"0\n1\n2\n3\n")
    lines = FilteredLines(store, LineMatches(store, starts_of_even_lines, negated=True))
    assert all_starts(lines) == [2, 6]
    assert lines.matches.is_complete


def test_a_filter_without_matches_has_no_lines(store: LogStore) -> None:
    store.append(b"1\n3\n")
    lines = FilteredLines(store, LineMatches(store, starts_of_even_lines))
    assert (lines.last_start(), lines.nearest(0), all_starts(lines)) == (0, None, [])
    asyncio.run(lines.matches.search(0))
