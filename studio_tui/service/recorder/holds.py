"""Commands that waited to be sent, and what became of them: sent, taken back, or lost."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from studio_tui.redaction import without_secrets
from studio_tui.service.recorder.database import Database

LONGEST = timedelta(hours=1)
"""After which nothing can be waiting any more, whatever process has its number now."""


class HoldState(StrEnum):
    """What became of a command that waited."""

    HELD = "held"
    SENT = "sent"
    UNDONE = "undone"
    LOST = "lost"
    """The dashboard ended before, so it was not sent."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A command that waits, or waited, to be sent."""

    id: str
    words: str
    """What it does, such as `cancelling 3 jobs`; safe to draw."""
    at: datetime
    until: datetime
    """When it is sent unless it is taken back."""
    state: HoldState = HoldState.HELD


class Holds:
    """The commands of all dashboards of a profile that wait; asks the disk."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, hold: Hold) -> bool:
        """Remember a command that waits; return whether that was done."""
        words = without_secrets(hold.words)
        times = hold.at.timestamp(), hold.until.timestamp()
        row = (hold.id, *times, os.getpid(), words, hold.state)
        return self._database.write(
            lambda connection: connection.execute(
                "INSERT OR REPLACE INTO held VALUES (?, ?, ?, ?, ?, ?)", row
            )
        )

    def settle(self, hold_id: str, state: HoldState) -> bool:
        """Remember what became of it; return whether that was done."""
        return self._database.write(
            lambda connection: connection.execute(
                "UPDATE held SET state = ? WHERE id = ?", (state, hold_id)
            )
        )

    def lost(self, now: datetime) -> Sequence[Hold]:
        """Return what waited as its dashboard ended, and so was not sent; each is told once."""
        rows = self._database.rows(
            "SELECT id, words, at, until, state, pid FROM held WHERE state = ?", HoldState.HELD
        )
        lost = [
            hold
            for *row, pid in rows
            if (hold := _hold(row)).until + LONGEST < now or not _is_another_alive(pid)
        ]
        # What cannot be marked now is told again, which is better than never.
        for hold in lost:
            self.settle(hold.id, HoldState.LOST)
        return lost

    def past(self, count: int) -> Sequence[Hold]:
        """Return what was taken back or lost, the newest first."""
        rows = self._database.rows(
            "SELECT id, words, at, until, state FROM held WHERE state IN (?, ?)"
            " ORDER BY at DESC LIMIT ?",
            *(HoldState.UNDONE, HoldState.LOST, count),
        )
        return [_hold(row) for row in rows]


def _hold(row: Sequence[object]) -> Hold:
    hold_id, words, at, until, state = row
    begun, ends = (datetime.fromtimestamp(float(str(each)), UTC) for each in (at, until))
    return Hold(str(hold_id), str(words), begun, ends, HoldState(str(state)))


def _is_another_alive(pid: int) -> bool:
    """Whether another process than this one has that number."""
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
