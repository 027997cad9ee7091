"""The whole program shows a log exactly despite random faults, which a seed determines."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from studio_tui.api.log_stream import LogMessage
from studio_tui.service.logs import connection
from studio_tui.service.logs.assembler import LogAssembler
from studio_tui.service.logs.state import UNCHECKED
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.tui.logs.log_screen import LogScreen
from tests.chaos import Chaos
from tests.fault_proxy import FaultProxy
from tests.service.logs.stored import stored_bytes
from tests.soak import SOAK, at_length
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, screen_text, until
from tests.tui.logs.log_proof import ShownRow, counting_program, line, problems_of, read_rows

SEEDS = range(1, at_length(2, 21))
COUNT = 50_000 if SOAK else 3000
MOVES = {"pageup": False, "up": False, "home": False, "end": True}
"""Keys, and whether the view follows the log after them."""


@pytest.fixture(autouse=True)
def short_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Treat a connection as dead after less than a second of silence."""
    monkeypatch.setattr(connection, "SILENCE", 0.7)


async def read_along(pilot: Dashboard, screen: LogScreen, seed: int) -> None:
    """Press random keys until the log is complete; reconnect at once while it is disconnected."""
    chance = random.Random(seed)
    for _ in range(3000):
        text = screen_text(pilot)
        if "✓ whole log" in text or UNCHECKED in text:
            return
        if "disconnected" in text or "offline" in text:
            await pilot.press("ctrl+r")
        key = chance.choice(list(MOVES))
        has_lines = screen.view.store is not None and screen.view.store.size > 0
        await pilot.press(key)
        # A log without lines is followed whatever its reader presses.
        assert screen.view.following is MOVES[key] or not has_lines
        await pilot.pause(0.05)
    pytest.fail("the log never became complete; the screen shows:\n" + screen_text(pilot))


def gate_in(folder: Path, *, is_open: bool) -> Path:
    """Return the file for which a counting program waits; create it if `is_open`."""
    folder.mkdir(exist_ok=True)
    file = folder / "gate"
    if is_open:
        file.touch()
    return file


async def follow_through(
    studio: ThreadStudio, folder: Path, chaos: Chaos, *, seed: int, count: int = COUNT
) -> list[ShownRow]:
    """Run a job, follow its log through random faults to its end, and return the shown rows."""
    gate = gate_in(folder, is_open=chaos.repeats)
    job = studio.submit(counting_program(count, gate, within_lines=chaos.repeats))
    studio.wait_for_state(job["id"], "RUNNING")
    async with (
        FaultProxy.in_front_of(studio.url) as proxy,
        dashboard(studio, folder, url=proxy.url) as pilot,
    ):
        proxy.plan, proxy.next_stream_fault = chaos, chaos.stream_fault
        await pilot.press("l")
        await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen))
        screen = pilot.app.screen
        assert isinstance(screen, LogScreen)
        # Without replays, the job must not print before its log can be received.
        await until(pilot, lambda: chaos.has_streamed)
        gate.touch()
        await read_along(pilot, screen, seed)
        rows = await read_rows(pilot, screen.view)
        spooled = stored_bytes(screen._store).decode()
    assert chaos.occurred
    assert [row.text for row in rows if not row.is_mark] == spooled.splitlines()
    return rows


@pytest.mark.parametrize("seed", SEEDS)
async def test_each_line_is_shown_once_and_in_order_despite_random_faults(
    shared_studio: ThreadStudio, tmp_path: Path, seed: int
) -> None:
    rows = await follow_through(shared_studio, tmp_path, Chaos(seed), seed=seed)
    assert problems_of(rows, COUNT) == []


@pytest.mark.parametrize("seed", SEEDS)
async def test_replays_complete_a_log_that_rest_does_not_serve(
    shared_studio: ThreadStudio, tmp_path: Path, seed: int
) -> None:
    rows = await follow_through(shared_studio, tmp_path, Chaos(seed, has_rest=False), seed=seed)
    assert problems_of(rows, COUNT) == []


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_permanent_gap_has_a_mark_exactly_where_lines_are_missing(
    shared_studio: ThreadStudio, tmp_path: Path, seed: int
) -> None:
    chaos = Chaos(seed, has_rest=False, repeats=False)
    rows = await follow_through(shared_studio, tmp_path, chaos, seed=seed)
    assert problems_of(rows, COUNT) == []
    assert any(row.is_mark for row in rows)


def do_nothing(*_anything: object) -> None:
    """Do nothing, instead of the replaced method."""


def add_only_greater_ids(merge: LogAssembler, pieces: Sequence[LogMessage]) -> bool:
    """Add only pieces whose id is above the last id, as the published client does."""
    merge._is_continuing = True
    for piece in pieces:
        last = merge._index.last
        if last is None or piece.id > last.id:
            merge._place_last(piece.id, piece.text.encode())
    return True


def add_all(merge: LogAssembler, pieces: Sequence[LogMessage]) -> bool:
    """Append all pieces, repeated ones too."""
    merge._store.append(b"".join(piece.text.encode() for piece in pieces))
    return True


class Break(NamedTuple):
    """A method of the program that is replaced by a broken one."""

    owner: type
    name: str
    broken: Callable[..., object]
    repeats: bool = True
    """Whether Studio repeats the log over a new connection while the break is tested."""


BREAKS = {
    "late pieces": Break(LogAssembler, "_place_late", do_nothing),
    "only greater ids": Break(LogAssembler, "add", add_only_greater_ids),
    "all pieces": Break(LogAssembler, "add", add_all),
    "marks": Break(LogStore, "mark", do_nothing, repeats=False),
}


@pytest.mark.parametrize("break_name", at_length(("only greater ids", "marks"), tuple(BREAKS)))
async def test_these_tests_detect_a_deliberately_broken_program(
    shared_studio: ThreadStudio,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    break_name: str,
) -> None:
    owner, name, broken, repeats = BREAKS[break_name]
    monkeypatch.setattr(owner, name, broken)
    for seed in range(1, 11):
        chaos = Chaos(seed, has_rest=False, repeats=repeats, spoiler_probability=1.0)
        rows = await follow_through(
            shared_studio, tmp_path / str(seed), chaos, seed=seed, count=1000
        )
        if problems_of(rows, 1000):
            return
    pytest.fail("no seed detected the break")


def all_shown(count: int) -> list[ShownRow]:
    return [ShownRow(line(number)) for number in range(count)]


MARK = ShownRow("Something is missing.", is_mark=True)


def test_all_lines_once_and_in_order_are_correct() -> None:
    assert problems_of(all_shown(20), 20) == []


def test_missing_lines_with_a_mark_are_correct() -> None:
    rows = all_shown(20)
    assert problems_of([MARK, *rows[2:5], MARK, *rows[9:16], MARK], 20) == []


@pytest.mark.parametrize(
    ("change", "problems"),
    [
        (lambda rows: rows[:4] + rows[3:], ["3 is repeated or too late"]),
        (
            lambda rows: [*rows[:3], rows[4], rows[3], *rows[5:]],
            ["3 to 3 are missing without a mark", "3 is repeated or too late"],
        ),
        (lambda rows: rows[:3] + rows[7:], ["3 to 6 are missing without a mark"]),
        (lambda rows: rows[:15], ["the lines from 15 on are missing"]),
        (
            lambda rows: [*rows[:3], rows[7], MARK, *rows[8:]],
            [
                "3 to 6 are missing without a mark",
                "a mark is before 8, where nothing is missing",
            ],
        ),
        (
            lambda rows: [*rows[:3], MARK, *rows[3:]],
            ["a mark is before 3, where nothing is missing"],
        ),
        (lambda rows: [*rows, MARK], ["a mark is at the end, where nothing is missing"]),
        (
            lambda rows: [*rows[:7], ShownRow("seq=000007 \ufffd😀"), *rows[8:]],
            ["'seq=000007 \ufffd😀' was never printed", "7 to 7 are missing without a mark"],
        ),
    ],
    ids=["doubled", "swapped", "lost", "end", "misplaced", "needless", "needless-end", "spoiled"],
)
def test_each_kind_of_wrong_rows_is_detected(
    change: Callable[[list[ShownRow]], list[ShownRow]], problems: list[str]
) -> None:
    assert problems_of(change(all_shown(20)), 20) == problems
