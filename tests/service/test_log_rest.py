"""A whole log in one answer: held against what is here in turns, whatever else changes it."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from studio_tui.api.log_body import LogBody
from studio_tui.api.log_stream import LogMessage, RawText
from studio_tui.service.log_ledger import MessageLedger
from studio_tui.service.log_merge import COMPARED, LogMerge
from studio_tui.service.log_rest import RestLog
from studio_tui.service.log_store import LogStore

LINES = [b"%015d\n" % number for number in range(32 * COMPARED // 16)]
WHOLE = b"".join(LINES)


class OneAnswer:
    """Studio's REST, which answers with the rest of a log at once."""

    async def job_logs(self, job_id: str, *, offset: int = 0, etag: str | None = None) -> LogBody:
        assert job_id == "7"
        assert etag is None
        return LogBody(WHOLE[offset:], offset, len(WHOLE), None)


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
    assert max(later - one for one, later in pairwise(steps)) <= 2 * COMPARED
    assert store.path.read_bytes() == WHOLE


@pytest.mark.parametrize("is_final", [False, True])
async def test_pieces_that_come_while_a_long_answer_is_compared_stand_once(
    store: LogStore, tmp_path: Path, is_final: bool
) -> None:
    ledger = MessageLedger(tmp_path)
    merge = LogMerge(store, ledger)
    merge.connected()
    numbers = iter([0, 1, 3, 2, 4, 5, 8, 6, 7, *range(9, 100)])

    def bring() -> None:
        for number in numbers:
            merge.add([LogMessage(number, RawText(LINES[number].decode()))])
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
    ledger.close()


async def test_a_store_that_another_changes_between_is_compared_anew(store: LogStore) -> None:
    store.append(LINES[0])
    cuts = 0

    def cut() -> None:
        nonlocal cuts
        if cuts < 3 and store.size > COMPARED:
            cuts += 1
            store.cut(80)

    others = asyncio.create_task(each_turn(cut))
    await RestLog(OneAnswer(), "7", store).read()
    others.cancel()
    assert cuts == 3
    assert store.path.read_bytes() == WHOLE
