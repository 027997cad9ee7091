"""The gaps of a log: places where lines may be missing because the connection was lost.

Each gap has a mark until a later connection repeats the pieces before and after it.
"""

from dataclasses import dataclass

from studio_tui.service.logs.message_index import MessageIndex
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.marks import Mark

NO_REPLAY = "Lines may be missing here: the connection broke and Studio did not repeat them."
NO_BEGINNING = "Lines may be missing before this: Studio did not send the first ones."

FIRST_ID = 1


@dataclass(slots=True)
class _Doubt:
    before: int
    """Id of the piece before the gap; 0 at the beginning of the log."""
    after: int
    """Id of the piece after the gap."""
    is_passed: bool = False
    """Whether this connection has repeated the piece before the gap."""


class Doubts:
    """Marks the gaps of one log until a connection has repeated them."""

    def __init__(self, store: LogStore, index: MessageIndex) -> None:
        self._store = store
        self._index = index
        self._open: list[_Doubt] = []

    def __bool__(self) -> bool:
        return bool(self._open)

    def interrupt(self) -> None:
        """Note that pieces may have been lost, so that each gap must be repeated from its start."""
        for doubt in self._open:
            doubt.is_passed = False

    def note_gap(self, end: int, piece_id: int) -> None:
        """Mark the gap before piece `piece_id`, which is stored from offset `end` on.

        There is no gap before the first piece of a log, or before a piece that is the first to
        arrive if text was stored earlier.
        """
        last = self._index.last
        if last is not None:
            self._store.mark(end, NO_REPLAY)
            self._open.append(_Doubt(last.id, piece_id))
        elif piece_id > FIRST_ID and not self._store.size:
            self._store.mark(0, NO_BEGINNING)
            self._open.append(_Doubt(0, piece_id))

    def note_replay(self, piece_id: int) -> None:
        """Note that a piece was received; remove the marks of gaps that have been repeated."""
        for doubt in tuple(self._open):
            if piece_id == (doubt.before or FIRST_ID):
                doubt.is_passed = True
            elif doubt.is_passed and piece_id >= doubt.after:
                self._store.unmark(self._mark_of(doubt))
                self._open.remove(doubt)

    def note_replacement(self, first: int, piece_id: int) -> None:
        """Note that piece `piece_id` replaces all pieces from id `first` on."""
        for doubt in self._open:
            doubt.after = piece_id if doubt.after >= first else doubt.after

    def clear(self) -> None:
        """Forget all gaps; their marks stay."""
        self._open.clear()

    def _mark_of(self, doubt: _Doubt) -> Mark:
        before = self._index[self._index.place_of(doubt.before)]
        return Mark(before.end, NO_REPLAY) if doubt.before else Mark(0, NO_BEGINNING)
