"""The gaps of a log: places where lines may be missing because the connection was lost.

Each gap has a mark. It is removed when a later connection replays the log across the gap.
"""

from dataclasses import dataclass

from studio_tui.service.logs.message_index import MessageIndex
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.marks import Mark

NO_REPLAY = "Lines may be missing here: the connection broke and Studio did not repeat them."
NO_BEGINNING = "Lines may be missing before this: Studio did not send the first ones."

FIRST_ID = 1
"""The id of a log's first piece."""


@dataclass(slots=True)
class _Doubt:
    """One gap."""

    before: int
    """Id of the piece before it; 0 at the beginning of the log."""
    after: int
    """Id of the piece after it."""
    is_passed: bool = False
    """Whether this connection has replayed the piece before it."""


class Doubts:
    """Marks the possible gaps of one log, and removes the marks of those that are filled."""

    def __init__(self, store: LogStore, index: MessageIndex) -> None:
        self._store = store
        self._index = index
        self._open: list[_Doubt] = []

    def __bool__(self) -> bool:
        """Whether there are gaps."""
        return bool(self._open)

    def interrupt(self) -> None:
        """Note that the connection was lost, so that replaying starts again."""
        for doubt in self._open:
            doubt.is_passed = False

    def note(self, end: int, number: int) -> None:
        """Mark the gap before a piece that neither follows the stored ones nor begins the log."""
        last = self._index.last
        if last is not None:
            self._store.mark(end, NO_REPLAY)
            self._open.append(_Doubt(last.id, number))
        elif number > FIRST_ID and not self._store.size:
            self._store.mark(0, NO_BEGINNING)
            self._open.append(_Doubt(0, number))

    def note_replay(self, number: int) -> None:
        """Note that a piece came; remove the marks of gaps that are replayed from end to end."""
        for doubt in tuple(self._open):
            if number == (doubt.before or FIRST_ID):
                doubt.is_passed = True
            elif doubt.is_passed and number >= doubt.after:
                self._store.unmark(self._mark_of(doubt))
                self._open.remove(doubt)

    def note_replacement(self, first: int, number: int) -> None:
        """Note that piece `number` takes the place of all pieces from the id `first` on."""
        for doubt in self._open:
            doubt.after = number if doubt.after >= first else doubt.after

    def clear(self) -> None:
        """Forget all of them; their marks stay."""
        self._open.clear()

    def _mark_of(self, doubt: _Doubt) -> Mark:
        before = self._index[self._index.place_of(doubt.before)]
        return Mark(before.end, NO_REPLAY) if doubt.before else Mark(0, NO_BEGINNING)
