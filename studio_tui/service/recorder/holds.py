"""Commands that wait before they are sent, and their outcomes: sent, undone, or lost."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from studio_tui.redaction import without_secrets
from studio_tui.service.recorder.database import RecorderFile

LOST_AFTER = timedelta(hours=1)
"""A command that is still held this long after it was due counts as lost.

This holds even if a process has its pid, as the system may have reused the pid by then.
"""


class HoldState(StrEnum):
    """The state of a command that waits, or its outcome."""

    HELD = "held"
    SENT = "sent"
    UNDONE = "undone"
    LOST = "lost"
    """The dashboard ended before it was sent."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A command that waits, or waited, before it is sent."""

    id: str
    words: str
    """Such as `canceling 3 jobs`; safe to draw."""
    at: datetime
    until: datetime
    state: HoldState = HoldState.HELD

    def remaining_seconds(self, now: datetime) -> int:
        """Return the seconds until the command is sent, at least 1."""
        return max(1, round((self.until - now).total_seconds()))


class Holds:
    """The waiting commands of all dashboards of a profile; all methods block on the disk."""

    def __init__(self, database: RecorderFile) -> None:
        self._database = database

    def note(self, hold: Hold) -> bool:
        """Record a waiting command; return whether that succeeded."""
        words = without_secrets(hold.words)
        times = hold.at.timestamp(), hold.until.timestamp()
        row = (hold.id, *times, os.getpid(), words, hold.state)
        return self._database.write(
            lambda connection: connection.execute(
                "INSERT OR REPLACE INTO held VALUES (?, ?, ?, ?, ?, ?)", row
            )
        )

    def settle(self, hold_id: str, state: HoldState) -> bool:
        """Record the outcome of a command; return whether that succeeded."""
        return self._database.write(
            lambda connection: connection.execute(
                "UPDATE held SET state = ? WHERE id = ?", (state, hold_id)
            )
        )

    def mark_lost(self, now: datetime) -> Sequence[Hold]:
        """Record as lost, and return, the commands whose dashboard ended before they were sent.

        Call it before this dashboard holds a command: then a held command with the same pid is from
        an earlier dashboard.
        """
        rows = self._database.rows(
            "SELECT id, words, at, until, state, pid FROM held WHERE state = ?", HoldState.HELD
        )
        lost = [
            hold
            for *row, pid in rows
            if (hold := _hold(row)).until + LOST_AFTER < now or not _is_another_alive(pid)
        ]
        # If this fails, the next start returns the commands again, which is better than never.
        for hold in lost:
            self.settle(hold.id, HoldState.LOST)
        return lost

    def past(self, count: int) -> Sequence[Hold]:
        """Return the newest undone and lost commands, up to `count`, newest first."""
        rows = self._database.rows(
            "SELECT id, words, at, until, state FROM held WHERE state IN (?, ?)"
            " ORDER BY at DESC LIMIT ?",
            *(HoldState.UNDONE, HoldState.LOST, count),
        )
        return [_hold(row) for row in rows]


def _hold(row: Sequence[Any]) -> Hold:
    hold_id, words, at, until, state = row
    begun, ends = (datetime.fromtimestamp(each, UTC) for each in (at, until))
    return Hold(hold_id, words, begun, ends, HoldState(state))


def _is_another_alive(pid: int) -> bool:
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
