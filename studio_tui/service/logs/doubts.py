"""The places of a log where something may be missing, as a connection began after them.

Each has a mark, which goes when a connection has replayed the log from one side of it to the other.
"""

from dataclasses import dataclass

from studio_tui.service.logs.message_index import MessageIndex
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.marks import Mark

NO_REPLAY = "Lines may be missing here: the connection broke and Studio did not repeat them."
NO_BEGINNING = "Lines may be missing before this: Studio did not begin at the first."

FIRST_ID = 1
"""The id of a log's first piece."""


@dataclass(slots=True)
class _Doubt:
    """One place where something may be missing."""

    before: int
    """The known id before it; 0 at the beginning of the log."""
    after: int
    """The id after it."""
    is_passed: bool = False
    """Whether this connection has replayed the piece before it."""


class Doubts:
    """Marks the places of one log where something may be missing, and removes the marks again."""

    def __init__(self, store: LogStore, index: MessageIndex) -> None:
        self._store = store
        self._index = index
        self._open: list[_Doubt] = []

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._open)

    def interrupt(self) -> None:
        """Note that what comes next may not follow on what came before it."""
        for doubt in self._open:
            doubt.is_passed = False

    def note(self, end: int, number: int) -> None:
        """Mark the place where a piece neither follows on the stored ones nor begins the log."""
        last = self._index.last
        if last is not None:
            self._store.mark(end, NO_REPLAY)
            self._open.append(_Doubt(last.id, number))
        elif number > FIRST_ID and not self._store.size:
            self._store.mark(0, NO_BEGINNING)
            self._open.append(_Doubt(0, number))

    def note_replay(self, number: int) -> None:
        """Note that a piece came; remove the marks of places that are covered from end to end."""
        for doubt in tuple(self._open):
            if number == (doubt.before or FIRST_ID):
                doubt.is_passed = True
            elif doubt.is_passed and number >= doubt.after:
                self._store.unmark(self._mark_of(doubt))
                self._open.remove(doubt)

    def note_replacement(self, false: int, number: int) -> None:
        """Note that piece `number` takes the place of all from the id `false` on."""
        for doubt in self._open:
            doubt.after = number if doubt.after >= false else doubt.after

    def clear(self) -> None:
        """Forget all of them; their marks stay."""
        self._open.clear()

    def _mark_of(self, doubt: _Doubt) -> Mark:
        before = self._index[self._index.place_of(doubt.before)]
        return Mark(before.end, NO_REPLAY) if doubt.before else Mark(0, NO_BEGINNING)
