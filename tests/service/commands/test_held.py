import asyncio
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from studio_tui.errors import NotSent
from studio_tui.service.commands.held import HeldCommands
from studio_tui.service.recorder.database import RecorderFile
from studio_tui.service.recorder.holds import Holds, HoldState
from tests.jobs import NOON
from tests.waiting import HANG, until

PROFILE = "https://studio.example.com\nvision"
LONG_HOLD = 3600.0
"""Seconds for which a command is held: longer than any test."""


@pytest.fixture
def holds(tmp_path: Path) -> Holds:
    return Holds(RecorderFile(tmp_path, PROFILE))


def states(tmp_path: Path) -> list[tuple[str, str]]:
    """Return the words and the state of each recorded hold."""
    rows = RecorderFile(tmp_path, PROFILE).rows("SELECT words, state FROM held ORDER BY at, rowid")
    return list(rows)


async def test_a_command_may_be_sent_when_its_hold_has_ended(holds: Holds, tmp_path: Path) -> None:
    held = HeldCommands(holds, 0.01)
    assert await held.may_be_sent("canceling 3 jobs")
    assert held.snapshot.value == ()
    assert states(tmp_path) == [("canceling 3 jobs", "sent")]


async def test_the_last_held_command_is_undone_first_and_is_not_sent(
    holds: Holds, tmp_path: Path
) -> None:
    held = HeldCommands(holds, LONG_HOLD)
    decisions = []
    for words in ("canceling 3 jobs", "stopping rusty-vise"):
        decisions.append(asyncio.ensure_future(held.may_be_sent(words)))
        await until(lambda: len(states(tmp_path)) == len(decisions))
    assert held.undo() == "stopping rusty-vise"
    assert not await decisions[1]
    assert not decisions[0].done()
    assert held.undo() == "canceling 3 jobs"
    assert not await decisions[0]
    assert held.undo() is None
    assert {state for _, state in states(tmp_path)} == {"undone"}


async def test_a_command_is_refused_while_it_waits_for_one_of_the_same_items(holds: Holds) -> None:
    held = HeldCommands(holds, LONG_HOLD)

    async def hold(*targets: str) -> bool:
        return await held.may_be_sent(f"creating {len(targets)} jobs", frozenset(targets))

    first, other = asyncio.ensure_future(hold("one", "two")), asyncio.ensure_future(hold("three"))
    await until(lambda: len(held.snapshot.value or ()) == 2)
    with pytest.raises(NotSent, match="creating 2 jobs waits already"):
        await hold("two", "four")
    held.undo_all()
    assert not await first
    assert not await other
    again = asyncio.ensure_future(hold("one", "two"))
    await until(lambda: len(held.snapshot.value or ()) == 1)
    held.undo_all()
    assert not await again


async def test_a_hold_of_no_seconds_is_neither_waited_for_nor_recorded(
    holds: Holds, tmp_path: Path
) -> None:
    assert await HeldCommands(holds, 0).may_be_sent("canceling 3 jobs")
    assert states(tmp_path) == []


async def test_a_command_may_be_sent_although_its_hold_cannot_be_recorded(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    held = HeldCommands(Holds(RecorderFile(tmp_path / "file", PROFILE)), 0.01)
    assert await held.may_be_sent("canceling 3 jobs")


async def test_a_held_command_of_an_ended_program_is_reported_as_lost_once(
    holds: Holds, tmp_path: Path
) -> None:
    held = HeldCommands(holds, LONG_HOLD)
    decision = asyncio.ensure_future(held.may_be_sent("canceling 3 jobs"))
    await until(lambda: states(tmp_path))
    decision.cancel()
    await asyncio.gather(decision, return_exceptions=True)
    assert states(tmp_path) == [("canceling 3 jobs", "held")]
    later = Holds(RecorderFile(tmp_path, PROFILE))
    assert [hold.words for hold in later.mark_lost(NOON)] == ["canceling 3 jobs"]
    assert later.mark_lost(NOON) == []
    assert [(hold.words, hold.state) for hold in later.past(9)] == [
        ("canceling 3 jobs", HoldState.LOST)
    ]


@pytest.mark.starts_processes
def test_a_held_command_of_a_running_dashboard_is_not_lost(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from datetime import timedelta\n"
        "from studio_tui.service.recorder.database import RecorderFile\n"
        "from studio_tui.service.recorder.holds import Hold, Holds\n"
        "from tests.jobs import NOON\n"
        "from tests.service.commands.test_held import PROFILE\n"
        "hold = Hold('1', 'canceling 3 jobs', NOON, NOON + timedelta(seconds=5))\n"
        "Holds(RecorderFile(Path(sys.argv[1]), PROFILE)).note(hold)\n"
        "print('noted', flush=True); sys.stdin.read()\n"
    )
    holds = Holds(RecorderFile(tmp_path, PROFILE))
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=Path(__file__).parents[3],
        env=os.environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "noted\n"
        assert holds.mark_lost(NOON + timedelta(seconds=9)) == []
        other.kill()
        other.wait(HANG)
        assert [hold.words for hold in holds.mark_lost(NOON)] == ["canceling 3 jobs"]
