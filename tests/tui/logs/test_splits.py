"""The same is found in a log, however it is split into pieces."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_tui.presentation.logs.levels import LogLevel
from studio_tui.presentation.logs.lines import styled_line
from studio_tui.presentation.logs.live_rows import final_lines
from studio_tui.presentation.logs.progress import latest_progress
from studio_tui.presentation.logs.search import LevelPattern
from studio_tui.presentation.logs.tracebacks import unit_lines
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.matches import LineMatches
from tests.presentation.logs.test_levels import LINES, PROSE
from tests.presentation.logs.test_live_rows import DOCKER, rich, tqdm
from tests.presentation.logs.test_tracebacks import CAUSE, CHAINED, PANIC, PLAIN, mixed
from tests.soak import at_length

BAR = " 37%|###7      | {0}/100 [00:12<00:20,  3.1it/s]"
INPUTS = [
    "\n".join(text for text, _ in LINES).encode(),
    "\n".join([*PROSE, PLAIN, CHAINED, PANIC, *mixed(PLAIN, CAUSE)]).encode(),
    "".join(f"\r{BAR.format(n)}" for n in range(9)).encode() + b"\n" + PLAIN.encode(),
    "".join(f"\x1b[2K\x1b[1G{BAR.format(n)}" for n in range(9)).encode() + b"\r\x1b[KERROR x\n",
    tqdm(*[(row, BAR.format(step)) for step in range(6) for row in range(3)]) + b"\nERROR x\n",
    rich([[BAR.format(step), "b"] for step in range(5)], {3: "ERROR between"}) + b"after\n",
    DOCKER + b"ERROR x\n",
]


def found(hits: LineMatches) -> list[int]:
    asyncio.run(hits.search(0))
    starts, at = [], hits.next(0)
    while at is not None:
        starts.append(at)
        at = hits.next(at + 1)
    return starts


def units(data: bytes, starts: list[int]) -> list[list[int]]:
    """Return which lines belong to the error that begins at each start."""
    return [
        unit_lines(styled_line(line).text for line in data[start:].split(b"\n")) for start in starts
    ]


@pytest.mark.parametrize("data", INPUTS)
@settings(deadline=None, max_examples=at_length(5, 150))
@given(cuts=st.lists(st.floats(0, 1), max_size=6))
def test_levels_units_and_progress_are_the_same_on_every_split(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, cuts: list[float]
) -> None:
    store = LogStore.create(tmp_path_factory.mktemp("split"))
    problems = LineMatches(
        store, LevelPattern(LogLevel.WARNING).starts, within=final_lines, ahead=16_384
    )
    places = sorted({0, len(data), *(int(cut * len(data)) for cut in cuts)})
    known = None
    for begin, end in pairwise(places):
        store.append(data[begin:end])
        known = latest_progress(b"\n" + data[:end], known)
        found(problems)
    whole = set(LevelPattern(LogLevel.WARNING).starts(data)) & set(final_lines(data))
    assert found(problems) == sorted(whole)
    assert units(store.read(0, store.size), found(problems)) == units(data, sorted(whole))
    assert known == latest_progress(b"\n" + data)
    store.close()


@pytest.mark.parametrize("data", INPUTS)
def test_nothing_fails_where_a_log_is_cut(data: bytes) -> None:
    for cut in range(0, len(data), at_length(101, 7)):
        for part in (data[:cut], data[cut:]):
            LevelPattern(LogLevel.WARNING).starts(part)
            final_lines(part)
            latest_progress(part)
