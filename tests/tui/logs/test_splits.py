"""Levels, errors and progress of a log do not depend on how it is split into pieces."""

import asyncio
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_tui.presentation.logs.levels import LogLevel
from studio_tui.presentation.logs.live_rows import final_lines
from studio_tui.presentation.logs.progress import latest_progress
from studio_tui.presentation.logs.search import error_units, level_starts
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.matches import LineMatches
from tests.presentation.logs.test_levels import LINES, PROSE
from tests.presentation.logs.test_live_rows import DOCKER, rich, tqdm
from tests.presentation.logs.test_tracebacks import CAUSE, CHAINED, PANIC, PLAIN, interleaved
from tests.soak import at_length

BAR = " 37%|###7      | {0}/100 [00:12<00:20,  3.1it/s]"
INPUTS = [
    "\n".join(text for text, _ in LINES).encode(),
    "\n".join([*PROSE, PLAIN, CHAINED, PANIC, *interleaved(PLAIN, CAUSE)]).encode(),
    "".join(f"\r{BAR.format(n)}" for n in range(9)).encode() + b"\n" + PLAIN.encode(),
    "".join(f"\x1b[2K\x1b[1G{BAR.format(n)}" for n in range(9)).encode() + b"\r\x1b[KERROR x\n",
    tqdm(*[(row, BAR.format(step)) for step in range(6) for row in range(3)]) + b"\nERROR x\n",
    rich([[BAR.format(step), "b"] for step in range(5)], {3: "ERROR between"}) + b"after\n",
    DOCKER + b"ERROR x\n",
]


def all_matches(matches: LineMatches) -> list[int]:
    asyncio.run(matches.search(0))
    starts, start = [], matches.next(0)
    while start is not None:
        starts.append(start)
        start = matches.next(start + 1)
    return starts


@pytest.mark.parametrize("data", INPUTS)
@settings(deadline=None, max_examples=at_length(5, 150))
@given(cuts=st.lists(st.floats(0, 1), max_size=6))
def test_levels_errors_and_progress_are_the_same_for_every_split(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, cuts: list[float]
) -> None:
    store = LogStore.create(tmp_path_factory.mktemp("split"))
    problems = LineMatches(
        store, partial(level_starts, LogLevel.WARNING), within=final_lines, ahead=16_384
    )
    cut_offsets = sorted({0, len(data), *(int(cut * len(data)) for cut in cuts)})
    progress = None
    for begin, end in pairwise(cut_offsets):
        store.append(data[begin:end])
        progress = latest_progress(b"\n" + data[:end], progress)
        all_matches(problems)
    expected = set(level_starts(LogLevel.WARNING, data)) & set(final_lines(data))
    assert all_matches(problems) == sorted(expected)
    assert store.read(0, store.size) == data
    assert progress == latest_progress(b"\n" + data)
    store.close()


@pytest.mark.parametrize("data", INPUTS)
def test_a_log_that_is_cut_anywhere_raises_no_error(data: bytes) -> None:
    for cut in range(0, len(data), at_length(101, 7)):
        for part in (data[:cut], data[cut:]):
            error_units(part, level_starts(LogLevel.WARNING, part))
            final_lines(part)
            latest_progress(part)
