"""`RestLog` compares long or cut answers with a stored log to which other tasks write."""

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
from tests.service.logs.stored import stored_bytes


def line(number: int) -> bytes:
    """Return a line of 16 bytes."""
    return b"%015d\n" % number


STEP = 4096
"""Bytes compared at once in these tests."""

WHOLE = b"".join(map(line, range(32 * STEP // 16)))


class OneAnswer(StudioClient):
    """Studio's REST, which answers with the whole rest of a log."""

    def __init__(self) -> None:
        """Connect to nothing."""

    async def job_logs(self, job_id: str, *, offset: int = 0, etag: str | None = None) -> LogBody:
        assert job_id == "7"
        assert etag is None
        return LogBody(WHOLE[offset:], offset, len(WHOLE), None)


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_log, "_BYTES_AT_ONCE", STEP)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    store = LogStore.create(tmp_path)
    yield store
    store.close()


async def call_repeatedly(act: Callable[[], None]) -> None:
    """Call `act` in each round of the event loop."""
    while True:
        act()
        await asyncio.sleep(0)


async def test_other_tasks_run_while_a_long_answer_is_compared(store: LogStore) -> None:
    sizes = {0}
    other_task = asyncio.create_task(call_repeatedly(lambda: sizes.add(store.size)))
    assert await RestLog(OneAnswer(), "7", store).read() == (len(WHOLE), len(WHOLE))
    other_task.cancel()
    steps = sorted(sizes | {len(WHOLE)})
    assert max(later - earlier for earlier, later in pairwise(steps)) <= 2 * STEP
    assert stored_bytes(store) == WHOLE


@pytest.mark.parametrize("is_final", [False, True])
async def test_pieces_that_arrive_during_a_long_comparison_are_stored_once(
    store: LogStore, tmp_path: Path, is_final: bool
) -> None:
    index = MessageIndex(tmp_path)
    assembler = LogAssembler(store, index)
    assembler.note_connection()
    numbers = iter([0, 1, 3, 2, 4, 5, 8, 6, 7, *range(9, 100)])

    def add_next_piece() -> None:
        number = next(numbers, None)
        if number is not None:
            assembler.add([LogMessage(number, RawText(line(number).decode()))])

    add_next_piece()
    other_task = asyncio.create_task(call_repeatedly(add_next_piece))
    reader = RestLog(OneAnswer(), "7", store)
    await reader.read(is_final=is_final)
    other_task.cancel()
    for _ in range(100):
        add_next_piece()
    await reader.read(is_final=is_final)
    assert stored_bytes(store) == WHOLE
    index.close()


async def test_a_store_that_changes_during_a_comparison_is_compared_again(store: LogStore) -> None:
    store.append(line(0))
    cuts = 0

    def cut() -> None:
        nonlocal cuts
        if cuts < 3 and store.size > STEP:
            cuts += 1
            store.cut(80)

    other_task = asyncio.create_task(call_repeatedly(cut))
    await RestLog(OneAnswer(), "7", store).read()
    other_task.cancel()
    assert cuts == 3
    assert stored_bytes(store) == WHOLE


class CutAnswers(StudioClient):
    """Studio's REST, whose first answers are cut to `lengths` as if they were complete."""

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


@pytest.mark.parametrize("stored", [0, 160])
async def test_the_etag_of_a_cut_answer_does_not_hide_the_missing_bytes(
    store: LogStore, stored: int
) -> None:
    store.append(WHOLE[:stored])
    reader = RestLog(CutAnswers(80), "7", store)
    await reader.read(is_final=True)
    assert await reader.read(is_final=True) == (1600, 1600)
    assert stored_bytes(store) == WHOLE[:1600]


async def test_an_answer_that_is_shorter_than_it_declares_is_an_error(store: LogStore) -> None:
    store.append(WHOLE[:16] * 300)
    studio = CutAnswers(0)
    studio.log = WHOLE[:16] * 400
    with pytest.raises(TransportError, match="ends before the log does"):
        await RestLog(studio, "7", store).read()


async def test_a_cut_answer_removes_no_marks(store: LogStore) -> None:
    store.append(WHOLE[:160] + WHOLE[320:1600])
    store.mark(160, NO_REPLAY)
    reader = RestLog(CutAnswers(80), "7", store)
    await reader.read(is_final=True)
    await reader.read(is_final=True)
    assert [mark.offset for mark in store.marks] == [160]
    await reader.read(is_final=True)
    assert store.marks == ()
    assert stored_bytes(store) == WHOLE[:1600]


async def test_a_cut_answer_with_the_whole_log_is_continued_where_it_was_cut(
    store: LogStore,
) -> None:
    store.append(WHOLE[:800])
    store.mark(160, NO_REPLAY)
    reader = RestLog(CutAnswers(80), "7", store)
    await reader.read(is_final=True)
    assert await reader.read(is_final=True) == (1600, 1600)
    assert store.marks == ()


async def test_a_final_answer_fixes_an_invalid_character_far_from_the_end(store: LogStore) -> None:
    spoiled = "00000000000000\ufffd\n"
    studio = CutAnswers()
    studio.log = WHOLE[:16000]
    store.append(spoiled.encode() + WHOLE[16:16000])
    reader = RestLog(studio, "7", store)
    reader.note_replacements([LogMessage(1, RawText(spoiled))])
    await reader.read()
    assert store.size == 16002
    await reader.read(is_final=True)
    assert stored_bytes(store) == studio.log


@pytest.mark.parametrize("length", [0, 80, 800])
async def test_equal_answers_that_are_shorter_than_the_store_are_not_accepted(
    store: LogStore, length: int
) -> None:
    studio = CutAnswers(100_000, *[length] * 4)
    studio.log = WHOLE[:16000]
    store.append(WHOLE[:160] + WHOLE[320:16000])
    reader = RestLog(studio, "7", store)
    while not reader.is_settled:
        await reader.read(is_final=True)
    assert stored_bytes(store) == studio.log
    assert not reader.differs


async def test_a_difference_is_reported_until_a_complete_answer_shows_none(
    store: LogStore,
) -> None:
    studio = CutAnswers(100_000, *[0] * 10)
    studio.log = WHOLE[:16000]
    store.append(WHOLE[:160] + WHOLE[320:16000])
    reader = RestLog(studio, "7", store)
    while not reader.is_settled:
        await reader.read(is_final=True)
    assert reader.differs
