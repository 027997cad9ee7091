"""Each byte keeps its second of arrival, despite insertions before it and cuts after it."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.service.logs.store.arrivals import Arrivals
from studio_tui.service.logs.store.log_store import LogStore

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_all_bytes_that_arrive_within_a_second_share_one_entry() -> None:
    arrivals = Arrivals()
    for number in range(10_000):
        with arrivals.live(START + timedelta(milliseconds=number)):
            arrivals.note(number * 100)
    assert len(arrivals._offsets) == 10
    assert arrivals.at(0) == START
    assert arrivals.at(999 * 100) == START
    assert arrivals.at(1000 * 100) == START + timedelta(seconds=1)
    assert arrivals.at(10**9) == START + timedelta(seconds=9)


def test_an_empty_log_has_no_arrival_time() -> None:
    assert Arrivals().at(0) is None


@pytest.mark.parametrize("seed", range(20))
def test_a_store_keeps_the_arrival_second_of_every_byte(tmp_path: Path, seed: int) -> None:
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
                replaced = min(chance.randrange(3), len(truth) - place)
                store.insert(place, added, replaced_length=replaced)
                truth[place : place + replaced] = [None] * len(added)
            case "cut" if place > len(truth) - 5:
                store.cut(place)
                del truth[place:]
        assert [store.arrivals.at(offset) for offset in range(store.size)] == truth
    store.close()


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 3)), max_size=20),
    st.integers(0, 60),
    st.integers(0, 60),
    st.lists(st.tuples(st.integers(1, 5), st.integers(4, 6)), max_size=20),
)
def test_bytes_that_are_not_live_have_no_time_even_if_they_arrive_later(
    before: list[tuple[int, int]], first: int, length: int, after: list[tuple[int, int]]
) -> None:
    arrivals = Arrivals()
    truth: list[datetime | None] = []

    def receive(parts: list[tuple[int, int]], not_live_until: int) -> None:
        for count, second in parts:
            moment = START + timedelta(seconds=second) if second else None
            with arrivals.live(moment):
                arrivals.note(len(truth))
            # A part that begins among the bytes that are not live has no time at all.
            truth.extend([None if len(truth) < not_live_until else moment] * count)

    receive(before, 0)
    offset = min(first, len(truth))
    end = offset + length
    live_times = [moment for moment in truth[offset:end] if moment is not None]
    assert arrivals.mark_not_live(offset, end, len(truth)) == bool(live_times)
    truth[offset:end] = [None] * len(truth[offset:end])
    receive(after, end)
    assert [arrivals.at(at) for at in range(len(truth))] == truth
