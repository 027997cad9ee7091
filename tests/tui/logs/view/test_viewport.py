"""The visible rows of a log are found once, until something changes."""

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


class Counted(LogWindow):
    """A window that counts how often it asks for the rows of a line."""

    def __init__(self, store: LogStore) -> None:
        self.asked = 0
        super().__init__(store, self._count)

    def _count(self, start: int) -> int:
        self.asked += 1
        return max(1, len(self._store.marks_of(start)) + 1)


def anew(window: LogWindow, store: LogStore) -> Counted:
    """Return a window that remembers nothing, of the same shape."""
    other = Counted(store)
    other.height, other.shape = window.height, window.shape
    return other


@pytest.mark.parametrize("seed", range(1, 6))
def test_what_is_remembered_is_what_would_be_found(store: LogStore, seed: int) -> None:
    chance, window = random.Random(seed), Counted(store)
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
                other = anew(window, store)
                other.to_end()
                assert window.top == other.top
            case _:
                window.move(chance.randint(-6, 6))
        window.settle()
        other = anew(window, store)
        other.top = window.top
        assert window.rows() == other.rows()


def test_the_first_and_the_last_screenful_are_found_once(store: LogStore) -> None:
    store.append(b"".join(b"line %d\n" % number for number in range(1000)))
    window = Counted(store)
    window.height = 40

    def there_and_back() -> tuple[list[Row], list[Row]]:
        window.to_end()
        last = window.rows()
        window.to_start()
        return last, window.rows()

    before = there_and_back()
    asked, window.asked = window.asked, 0
    assert there_and_back() == before
    assert [len(rows) for rows in before] == [40, 40]
    assert window.asked <= 2 < asked
