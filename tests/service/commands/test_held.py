import asyncio
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from studio_tui.service.commands.held import HeldCommands
from studio_tui.service.recorder.database import RecorderFile
from studio_tui.service.recorder.holds import Holds, HoldState
from tests.jobs import NOON
from tests.waiting import HANG, until

LONG = 3600.0


@pytest.fixture
def holds(tmp_path: Path) -> Holds:
    return Holds(RecorderFile(tmp_path, "a place"))


def states(tmp_path: Path) -> list[tuple[str, str]]:
    rows = RecorderFile(tmp_path, "a place").rows(
        "SELECT words, state FROM held ORDER BY at, rowid"
    )
    return [(words, state) for words, state in rows]


async def test_a_command_is_sent_once_its_time_has_passed(holds: Holds, tmp_path: Path) -> None:
    held = HeldCommands(holds, 0.01)
    assert await held.may_be_sent("canceling 3 jobs")
    assert held.snapshot.value == ()
    assert states(tmp_path) == [("canceling 3 jobs", "sent")]


async def test_the_last_command_is_undone_first_and_nothing_of_it_is_sent(
    holds: Holds, tmp_path: Path
) -> None:
    held = HeldCommands(holds, LONG)
    waiting = []
    for words in ("canceling 3 jobs", "stopping rusty-vise"):
        waiting.append(asyncio.ensure_future(held.may_be_sent(words)))
        await until(lambda: len(states(tmp_path)) == len(waiting))
    assert held.undo() == "stopping rusty-vise"
    assert not await waiting[1]
    assert not waiting[0].done()
    assert held.undo() == "canceling 3 jobs"
    assert not await waiting[0]
    assert held.undo() is None
    assert {state for _, state in states(tmp_path)} == {"undone"}


async def test_without_seconds_nothing_waits_and_nothing_is_noted(
    holds: Holds, tmp_path: Path
) -> None:
    assert await HeldCommands(holds, 0).may_be_sent("canceling 3 jobs")
    assert states(tmp_path) == []


async def test_a_disk_that_takes_nothing_holds_no_command_back(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    held = HeldCommands(Holds(RecorderFile(tmp_path / "file", "a place")), 0.01)
    assert await held.may_be_sent("canceling 3 jobs")


async def test_held_commands_are_lost_when_the_program_ends_and_reported_once_by_the_next_run(
    holds: Holds, tmp_path: Path
) -> None:
    held = HeldCommands(holds, LONG)
    waiting = asyncio.ensure_future(held.may_be_sent("canceling 3 jobs"))
    await until(lambda: states(tmp_path))
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert states(tmp_path) == [("canceling 3 jobs", "held")]
    later = Holds(RecorderFile(tmp_path, "a place"))
    assert [hold.words for hold in later.mark_lost(NOON)] == ["canceling 3 jobs"]
    assert later.mark_lost(NOON) == []
    assert [(hold.words, hold.state) for hold in later.past(9)] == [
        ("canceling 3 jobs", HoldState.LOST)
    ]


@pytest.mark.starts_processes
def test_what_waits_in_another_dashboard_that_runs_is_not_lost(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from datetime import timedelta\n"
        "from studio_tui.service.recorder.database import RecorderFile\n"
        "from studio_tui.service.recorder.holds import Hold, Holds\n"
        "from tests.jobs import NOON\n"
        "hold = Hold('1', 'canceling 3 jobs', NOON, NOON + timedelta(seconds=5))\n"
        "Holds(RecorderFile(Path(sys.argv[1]), 'a place')).note(hold)\n"
        "print('noted', flush=True); sys.stdin.read()\n"
    )
    holds = Holds(RecorderFile(tmp_path, "a place"))
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
