"""A log is shown exactly despite all faults: the whole program against seeded chaos."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from studio_tui.api.log_stream import LogMessage
from studio_tui.service.logs import connection_time
from studio_tui.service.logs.assembler import LogAssembler
from studio_tui.service.logs.state import UNCHECKED
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.tui.logs.log_screen import LogScreen
from tests.chaos import Chaos
from tests.fault_proxy import FaultProxy
from tests.soak import SOAK, at_length
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, screen_text, until
from tests.tui.logs.log_proof import Shown, counting, line, shown, violations

SEEDS = range(1, at_length(2, 21))
COUNT = 50_000 if SOAK else 3000
MOVES = {"pageup": False, "up": False, "home": False, "end": True}
"""Keys, and whether the view follows the log after them."""


@pytest.fixture(autouse=True)
def quick_to_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take less than a second of silence for the death of a connection."""
    monkeypatch.setattr(connection_time, "SILENCE", 0.7)


async def read_along(pilot: Dashboard, screen: LogScreen, seed: int) -> None:
    """Look around in the log until it is whole; ask again where there is a wait."""
    chance = random.Random(seed)
    for _ in range(3000):
        text = screen_text(pilot)
        if "✓ whole log" in text or UNCHECKED in text:
            return
        if "disconnected" in text or "offline" in text:
            await pilot.press("ctrl+r")
        key = chance.choice(list(MOVES))
        await pilot.press(key)
        assert screen.view.following is MOVES[key]
        await pilot.pause(0.05)
    pytest.fail("the log never was whole; on the screen was:\n" + screen_text(pilot))


def gate(folder: Path, *, is_open: bool) -> Path:
    """Return the file with which a job of `counting` begins; it exists if `is_open`."""
    folder.mkdir(exist_ok=True)
    file = folder / "begins"
    if is_open:
        file.touch()
    return file


async def followed(
    studio: ThreadStudio, folder: Path, chaos: Chaos, *, seed: int, count: int = COUNT
) -> list[Shown]:
    """Run a job, follow its log through chaos to its end, and return what is shown then."""
    begins_with = gate(folder, is_open=chaos.repeats)
    job = studio.submit(counting(count, begins_with, within_lines=chaos.repeats))
    studio.until(job["id"], "RUNNING")
    async with (
        FaultProxy.before(studio.url) as proxy,
        dashboard(studio, folder, url=proxy.url) as pilot,
    ):
        proxy.plan = chaos
        await pilot.press("l")
        await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen))
        screen = pilot.app.screen
        assert isinstance(screen, LogScreen)
        # What is never repeated must not be over before it can be received.
        await until(pilot, lambda: chaos.has_streamed)
        begins_with.touch()
        await read_along(pilot, screen, seed)
        rows = await shown(pilot, screen.view)
        spooled = screen._store.path.read_text()
    assert chaos.met
    assert [row.text for row in rows if not row.is_mark] == spooled.splitlines()
    return rows


@pytest.mark.parametrize("seed", SEEDS)
async def test_each_line_is_shown_once_and_in_order_after_any_chaos(
    shared_studio: ThreadStudio, tmp_path: Path, seed: int
) -> None:
    rows = await followed(shared_studio, tmp_path, Chaos(seed), seed=seed)
    assert violations(rows, COUNT) == []


@pytest.mark.parametrize("seed", SEEDS)
async def test_replays_alone_make_a_log_whole_where_studio_has_none_over_rest(
    shared_studio: ThreadStudio, tmp_path: Path, seed: int
) -> None:
    rows = await followed(shared_studio, tmp_path, Chaos(seed, has_rest=False), seed=seed)
    assert violations(rows, COUNT) == []


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_gap_that_stays_has_its_mark_exactly_where_it_is(
    shared_studio: ThreadStudio, tmp_path: Path, seed: int
) -> None:
    chaos = Chaos(seed, has_rest=False, repeats=False)
    rows = await followed(shared_studio, tmp_path, chaos, seed=seed)
    assert violations(rows, COUNT) == []
    assert any(row.is_mark for row in rows)


def leave_out(*_anything: object) -> None:
    """Do nothing of what is asked."""


def add_only_greater_ids(merge: LogAssembler, pieces: Sequence[LogMessage]) -> bool:
    """Add pieces by the published client's rule: nothing that is not above the last id."""
    merge._has_pieces = True
    for piece in pieces:
        last = merge._index.last
        if last is None or piece.id > last.id:
            merge._place_last(piece.id, piece.text.encode())
    return True


def add_all(merge: LogAssembler, pieces: Sequence[LogMessage]) -> bool:
    """Add pieces as they come, replays too."""
    merge._store.append(b"".join(piece.text.encode() for piece in pieces))
    return True


class Break(NamedTuple):
    """A way to break the merge, and a chaos that shows it."""

    owner: type
    name: str
    broken: Callable[..., object]
    repeats: bool = True


BREAKS = {
    "late pieces": Break(LogAssembler, "_place_late", leave_out),
    "the official rule": Break(LogAssembler, "add", add_only_greater_ids),
    "no rule": Break(LogAssembler, "add", add_all),
    "marks": Break(LogStore, "mark", leave_out, repeats=False),
}


@pytest.mark.parametrize("how", at_length(("the official rule", "marks"), tuple(BREAKS)))
async def test_a_merge_that_is_broken_on_purpose_is_found_out(
    shared_studio: ThreadStudio,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    owner, name, broken, repeats = BREAKS[how]
    monkeypatch.setattr(owner, name, broken)
    for seed in range(1, 11):
        chaos = Chaos(seed, has_rest=False, repeats=repeats, spoils=1.0)
        rows = await followed(shared_studio, tmp_path / str(seed), chaos, seed=seed, count=1000)
        if violations(rows, 1000):
            return
    pytest.fail("no seed found it")


def all_shown(count: int) -> list[Shown]:
    return [Shown(line(number)) for number in range(count)]


MARK = Shown("Something is missing.", is_mark=True)


def test_all_lines_once_and_in_order_are_no_violation() -> None:
    assert violations(all_shown(20), 20) == []


def test_a_missing_range_under_a_mark_is_no_violation() -> None:
    rows = all_shown(20)
    assert violations([MARK, *rows[2:5], MARK, *rows[9:16], MARK], 20) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows[:4] + rows[3:], ["3 comes again or too late"]),
        (
            lambda rows: [*rows[:3], rows[4], rows[3], *rows[5:]],
            ["3 to 3 are missing without a mark", "3 comes again or too late"],
        ),
        (lambda rows: rows[:3] + rows[7:], ["3 to 6 are missing without a mark"]),
        (lambda rows: rows[:15], ["15 and on are missing"]),
        (
            lambda rows: [*rows[:3], rows[7], MARK, *rows[8:]],
            [
                "3 to 6 are missing without a mark",
                "a mark stands before 8, where nothing is missing",
            ],
        ),
        (
            lambda rows: [*rows[:3], MARK, *rows[3:]],
            ["a mark stands before 3, where nothing is missing"],
        ),
        (lambda rows: [*rows, MARK], ["the end has a mark, but is there"]),
        (
            lambda rows: [*rows[:7], Shown("seq=000007 \ufffd😀"), *rows[8:]],
            ["'seq=000007 \ufffd😀' was never printed", "7 to 7 are missing without a mark"],
        ),
    ],
    ids=["doubled", "swapped", "lost", "end", "misplaced", "needless", "needless-end", "spoiled"],
)
def test_each_kind_of_violation_is_found(
    change: Callable[[list[Shown]], list[Shown]], said: list[str]
) -> None:
    assert violations(change(all_shown(20)), 20) == said
