"""The window remembers the visible rows of a log until something changes."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.tui.logs.view.viewport import LogWindow, Row


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    store = LogStore.create(tmp_path)
    yield store
    store.close()


class CountingWindow(LogWindow):
    """A window that counts how often it determines the number of rows of a line."""

    def __init__(self, store: LogStore) -> None:
        self.count_calls = 0
        super().__init__(store, self._count)

    def _count(self, start: int) -> int:
        self.count_calls += 1
        return max(1, len(self._store.marks_of(start)) + 1)


def new_window(window: LogWindow, store: LogStore) -> CountingWindow:
    """Return a window of the same size and shape that has remembered nothing."""
    fresh = CountingWindow(store)
    fresh.height, fresh.shape = window.height, window.shape
    return fresh


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_remembered_rows_are_those_that_a_new_window_finds(store: LogStore, seed: int) -> None:
    chance, window = random.Random(seed), CountingWindow(store)
    window.height = 5
    for number in range(400):
        match chance.randrange(7):
            case 0:
                store.append(b"line %d\n" % number * chance.randint(1, 4))
            case 1:
                store.mark(chance.randint(0, store.size), "a gap")
            case 2:
                window.height = chance.randint(3, 6)
            case 3:
                window.to_start()
            case 4:
                window.to_end()
                fresh = new_window(window, store)
                fresh.to_end()
                assert window.top == fresh.top
            case _:
                window.move(chance.randint(-6, 6))
        window.settle()
        fresh = new_window(window, store)
        fresh.top = window.top
        assert window.rows() == fresh.rows()


def test_the_first_and_the_last_screenful_are_determined_once(store: LogStore) -> None:
    store.append(b"".join(b"line %d\n" % number for number in range(1000)))
    window = CountingWindow(store)
    window.height = 40

    def go_to_end_and_start() -> tuple[list[Row], list[Row]]:
        window.to_end()
        last = window.rows()
        window.to_start()
        return last, window.rows()

    before = go_to_end_and_start()
    calls_before, window.count_calls = window.count_calls, 0
    assert go_to_end_and_start() == before
    assert [len(rows) for rows in before] == [40, 40]
    assert window.count_calls <= 2 < calls_before
