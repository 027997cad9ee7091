"""Each byte keeps the second in which it came, whatever is put before it or cut off after it."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from studio_tui.service.logs.store.arrivals import Arrivals
from studio_tui.service.logs.store.log_store import LogStore

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_second_takes_one_entry_however_much_comes_in_it() -> None:
    arrivals = Arrivals()
    for number in range(10_000):
        with arrivals.live(START + timedelta(milliseconds=number)):
            arrivals.note(number * 100)
    assert len(arrivals._offsets) == 10
    assert arrivals.at(0) == START
    assert arrivals.at(999 * 100) == START
    assert arrivals.at(1000 * 100) == START + timedelta(seconds=1)
    assert arrivals.at(10**9) == START + timedelta(seconds=9)


def test_of_an_empty_log_nothing_is_known() -> None:
    assert Arrivals().at(0) is None


@pytest.mark.parametrize("seed", range(20))
def test_a_store_keeps_the_second_of_every_byte(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    store = LogStore.create(tmp_path)
    truth: list[datetime | None] = []
    now = START
    for _ in range(200):
        now += timedelta(seconds=chance.choice((0, 0, 1, 60)))
        moment = chance.choice((now, None))
        added = b"x" * chance.randrange(1, 5)
        place = chance.randrange(len(truth) + 1)
        match chance.choice(("append", "append", "append", "insert", "cut")):
            case "append":
                with store.arrivals.live(moment):
                    store.append(added)
                truth += [moment] * len(added)
            case "insert":
                with store.arrivals.live(moment):
                    store.insert(place, added)
                truth[place:place] = [None] * len(added)
            case "cut" if place > len(truth) - 5:
                store.cut(place)
                del truth[place:]
        assert [store.arrival_of(offset) for offset in range(store.size)] == truth
    store.close()


def test_what_replaces_a_piece_leaves_the_rest_its_time() -> None:
    arrivals = Arrivals()
    for offset, moment in (
        (0, START),
        (10, START + timedelta(seconds=1)),
        (20, START + timedelta(seconds=2)),
    ):
        with arrivals.live(moment):
            arrivals.note(offset)
    arrivals.shift(10, -4)
    assert [arrivals.at(offset) for offset in (9, 10, 15, 16)] == [
        START,
        START + timedelta(seconds=1),
        START + timedelta(seconds=1),
        START + timedelta(seconds=2),
    ]
