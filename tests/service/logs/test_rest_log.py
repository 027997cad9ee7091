"""A whole log in one response, compared piece by piece while others write to the stored one."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from studio_tui.api.client import StudioClient
from studio_tui.api.log_body import LogBody
from studio_tui.api.log_stream import LogMessage, RawText
from studio_tui.errors import TransportError
from studio_tui.service.logs import rest_log
from studio_tui.service.logs.assembler import LogAssembler
from studio_tui.service.logs.doubts import NO_REPLAY
from studio_tui.service.logs.message_index import MessageIndex
from studio_tui.service.logs.rest_log import RestLog
from studio_tui.service.logs.store.log_store import LogStore


def line(number: int) -> bytes:
    """Return a line of 16 bytes."""
    return b"%015d\n" % number


STEP = 4096
"""Bytes compared at once in these tests."""

WHOLE = b"".join(map(line, range(32 * STEP // 16)))


class OneAnswer(StudioClient):
    """Studio's REST, which answers with the rest of a log at once."""

    def __init__(self) -> None:
        """Connect to nothing."""

    async def job_logs(self, job_id: str, *, offset: int = 0, etag: str | None = None) -> LogBody:
        assert job_id == "7"
        assert etag is None
        return LogBody(WHOLE[offset:], offset, len(WHOLE), None)


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_log, "COMPARED", STEP)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    store = LogStore.create(tmp_path)
    yield store
    store.close()


async def each_turn(act: Callable[[], None]) -> None:
    while True:
        act()
        await asyncio.sleep(0)


async def test_others_have_their_turn_while_a_long_answer_is_compared(store: LogStore) -> None:
    sizes = {0}
    others = asyncio.create_task(each_turn(lambda: sizes.add(store.size)))
    assert await RestLog(OneAnswer(), "7", store).read() == (len(WHOLE), len(WHOLE))
    others.cancel()
    steps = sorted(sizes | {len(WHOLE)})
    assert max(later - one for one, later in pairwise(steps)) <= 2 * STEP
    assert store.path.read_bytes() == WHOLE


@pytest.mark.parametrize("is_final", [False, True])
async def test_pieces_that_arrive_during_a_long_comparison_are_stored_once(
    store: LogStore, tmp_path: Path, is_final: bool
) -> None:
    index = MessageIndex(tmp_path)
    merge = LogAssembler(store, index)
    merge.note_connection()
    numbers = iter([0, 1, 3, 2, 4, 5, 8, 6, 7, *range(9, 100)])

    def bring() -> None:
        for number in numbers:
            merge.add([LogMessage(number, RawText(line(number).decode()))])
            return

    bring()
    others = asyncio.create_task(each_turn(bring))
    rest = RestLog(OneAnswer(), "7", store)
    await rest.read(is_final=is_final)
    others.cancel()
    for _ in range(100):
        bring()
    await rest.read(is_final=is_final)
    assert store.path.read_bytes() == WHOLE
    index.close()


async def test_a_store_that_another_changes_between_is_compared_again(store: LogStore) -> None:
    store.append(line(0))
    cuts = 0

    def cut() -> None:
        nonlocal cuts
        if cuts < 3 and store.size > STEP:
            cuts += 1
            store.cut(80)

    others = asyncio.create_task(each_turn(cut))
    await RestLog(OneAnswer(), "7", store).read()
    others.cancel()
    assert cuts == 3
    assert store.path.read_bytes() == WHOLE


class CutAnswers(StudioClient):
    """Studio's REST, of whose first answers only so many bytes arrive, as if they were whole."""

    def __init__(self, *lengths: int) -> None:
        self.lengths = list(lengths)
        self.log = WHOLE[:1600]

    async def job_logs(self, job_id: str, *, offset: int = 0, etag: str | None = None) -> LogBody:
        assert job_id == "7"
        total = len(self.log)
        if etag is not None:
            return LogBody(b"", offset, None, etag, unchanged=True)
        data = self.log[offset:]
        if self.lengths:
            data = data[: self.lengths.pop(0)]
        if offset == 0:
            total = len(data)
        return LogBody(data, offset, total, "same", more=offset + len(data) < total)


@pytest.mark.parametrize("known", [0, 160])
async def test_the_etag_of_a_cut_answer_does_not_hide_what_was_cut_off(
    store: LogStore, known: int
) -> None:
    store.append(WHOLE[:known])
    rest = RestLog(CutAnswers(80), "7", store)
    await rest.read(is_final=True)
    assert await rest.read(is_final=True) == (1600, 1600)
    assert store.path.read_bytes() == WHOLE[:1600]


async def test_an_answer_without_what_it_promises_is_none(store: LogStore) -> None:
    store.append(WHOLE[:16] * 300)
    source = CutAnswers(0)
    source.log = WHOLE[:16] * 400
    with pytest.raises(TransportError, match="ends before the log does"):
        await RestLog(source, "7", store).read()


async def test_a_cut_answer_takes_no_marks_away(store: LogStore) -> None:
    store.append(WHOLE[:160] + WHOLE[320:1600])
    store.mark(160, NO_REPLAY)
    rest = RestLog(CutAnswers(80), "7", store)
    await rest.read(is_final=True)
    await rest.read(is_final=True)
    assert [mark.offset for mark in store.marks] == [160]
    await rest.read(is_final=True)
    assert store.marks == ()
    assert store.path.read_bytes() == WHOLE[:1600]


async def test_a_whole_that_is_cut_is_asked_on_from_where_it_was_cut(store: LogStore) -> None:
    store.append(WHOLE[:800])
    store.mark(160, NO_REPLAY)
    rest = RestLog(CutAnswers(80), "7", store)
    await rest.read(is_final=True)
    assert await rest.read(is_final=True) == (1600, 1600)
    assert store.marks == ()


async def test_a_character_spoiled_long_ago_is_fixed_at_the_end(store: LogStore) -> None:
    spoiled = "00000000000000\ufffd\n"
    source = CutAnswers()
    source.log = WHOLE[:16000]
    store.append(spoiled.encode() + WHOLE[16:16000])
    rest = RestLog(source, "7", store)
    rest.note_spoiled([LogMessage(1, RawText(spoiled))])
    await rest.read()
    assert store.size == 16002
    await rest.read(is_final=True)
    assert store.path.read_bytes() == source.log


@pytest.mark.parametrize("length", [0, 80, 800])
async def test_answers_cut_in_the_same_way_do_not_agree_on_less_than_is_here(
    store: LogStore, length: int
) -> None:
    source = CutAnswers(100_000, *[length] * 4)
    source.log = WHOLE[:16000]
    store.append(WHOLE[:160] + WHOLE[320:16000])
    rest = RestLog(source, "7", store)
    while not rest.is_settled:
        await rest.read(is_final=True)
    assert store.path.read_bytes() == source.log
    assert not rest.differs


async def test_what_differed_once_differs_until_a_whole_answer_says_otherwise(
    store: LogStore,
) -> None:
    source = CutAnswers(100_000, *[0] * 10)
    source.log = WHOLE[:16000]
    store.append(WHOLE[:160] + WHOLE[320:16000])
    rest = RestLog(source, "7", store)
    while not rest.is_settled:
        await rest.read(is_final=True)
    assert rest.differs
