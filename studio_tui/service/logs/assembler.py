"""Puts arriving pieces of a log in their place: each byte once and in order, or a visible mark.

Pieces from the websocket carry ids, which identify replays and place late pieces. An id may jump,
as something may be missing, but later frames must continue from it; until then it is discarded if
pieces arrive that belong before it. Lines do not matter here: readers split the result into lines.
"""

import re
from collections.abc import Sequence

from studio_tui.api.log_stream import (
    LARGEST_FRAME,
    LogFrame,
    LogMessage,
    LogMessages,
    Unreadable,
)
from studio_tui.service.logs.doubts import FIRST_ID, NO_REPLAY, Doubts
from studio_tui.service.logs.message_index import MessageIndex, MessageRecord, PieceBatch
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.marks import Mark

WINDOW = 256 * 1024
"""Bytes at the end of the log into which a late piece can still be inserted."""

WINDOW_PIECES = 16 * 1024
"""Pieces at the end of the log among which a late one can still be inserted."""

JUMP = 2 * LARGEST_FRAME
"""A jump of ids that no lost frame explains, whether ids count pieces, bytes or half bytes."""

NEW_EPOCH = "The log starts over here."
TOO_LATE = "Output arrived too late to be shown in its place."
OMITTED_OUTPUT = "Output that does not belong to this log was left out."
UNREADABLE = "Lines may be missing here: Studio sent data that cannot be read."
DIFFERS = "The log that Studio stores differs from what was received live."

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}".encode()


class LogAssembler:
    """Merges pieces, snapshots and archives of one log into its store."""

    def __init__(self, store: LogStore, index: MessageIndex) -> None:
        self._store = store
        self._index = index
        self.padding = 0
        """Maximum number of bytes in the store that are our line breaks, not log text."""
        self._floor = 0
        """Offset after the last mark at the end; everything before it is final."""
        self._has_pieces = False
        """Whether the next piece follows on one from this connection."""
        self._has_skipped = False
        """Whether this connection had an unreadable frame, and nothing new since."""
        self._position: int | None = None
        self._doubts = Doubts(store, index)
        self._epoch: int | None = None
        """Offset at which the epoch begins that this connection has opened."""
        self._jump: int | None = None
        """The id of a jumping piece, while no later frame has continued from it."""
        self._has_jumped = False
        self._known_before = store.size
        """Bytes that are here from an earlier run; 0 once pieces were compared with them."""
        self._unproved = 0
        """The number of such bytes, if pieces followed that cannot be compared with them."""

    @property
    def is_behind(self) -> bool:
        """Whether this connection is still replaying known pieces."""
        last = self._index.last
        return last is not None and (self._position is None or self._position < last.id)

    @property
    def is_doubted(self) -> bool:
        """Whether something may be out of place, or not come from Studio."""
        return self._has_jumped or any(mark.text == TOO_LATE for mark in self._store.marks)

    @property
    def end(self) -> int:
        """Offset after all placed pieces; bytes beyond it came from REST only."""
        last = self._index.last
        return max(last.end, self._floor) if last else self._floor

    def note_connection(self) -> None:
        """Note that pieces come over a new connection from now on."""
        self._skip()
        self._has_skipped = False
        self._position = None
        self._epoch = None

    def caught_up(self) -> None:
        """Note that this connection has repeated all that is known, if not piece by piece."""
        last = self._index.last
        self._position = last.id if last else None

    def misses_before(self, frame: LogFrame) -> bool:
        """Whether something new is missing before what follows, as a frame was unreadable.

        While this connection is behind, an unreadable frame may reach beyond what is known: that
        shows only when something new arrives.
        """
        last = self._index.last
        match frame:
            case Unreadable() if self.is_behind:
                self._skip()
                self._has_skipped = True
            case Unreadable():
                return True
            case LogMessages(items):
                return self._has_skipped and last is not None and items[-1].id > last.id
        return False

    def _skip(self) -> None:
        """Allow the next piece not to follow on the last one."""
        self._has_pieces = False
        self._doubts.interrupt()

    def add(self, pieces: Sequence[LogMessage]) -> bool:
        """Merge the pieces of one frame; return whether any of them was new.

        Raises:
            SpoolError: writing to the disk failed.
        """
        before = (self._store.size, self._store.version)
        last = self._index.last
        batch = PieceBatch.of(pieces)
        earlier_jump = self._jump
        is_taken = self._append_next(batch, earlier_jump)
        if not is_taken and last is not None and self._is_here(batch, last):
            self._note_growth(batch.jump_from(last), earlier_jump)
            self._index.extend(batch.fields(self.end))
        elif not is_taken and not self._is_repeat(batch):
            placed = 0
            while placed < len(pieces):
                placed += self._place(pieces, placed, earlier_jump)
                self._has_pieces = True
                # All that follows on the first piece of a connection is taken at once.
                if placed == 1 and self._append_next(PieceBatch.of(pieces[1:]), earlier_jump):
                    break
        if pieces:
            self._has_pieces = True
            self._has_skipped &= self._index.last == last
            self._position = max(self._position or 0, pieces[-1].id)
        return (self._store.size, self._store.version) != before

    def _append_next(self, batch: PieceBatch, earlier_jump: int | None) -> bool:
        """Append a batch that follows on everything stored, with no open doubts."""
        last = self._index.last
        if (
            not self._has_pieces
            or self._doubts
            or last is None
            or last.end != self._store.size
            or not batch.is_ordered
            or batch.ids[0] <= last.id
        ):
            return False
        self._note_growth(batch.jump_from(last), earlier_jump)
        self._index.extend(batch.fields(self._store.size))
        self._store.append(batch.raw)
        return True

    def _is_here(self, batch: PieceBatch, last: MessageRecord) -> bool:
        """Whether the batch follows on all pieces, and its bytes are stored there already."""
        return (
            self._has_pieces
            and not self._doubts
            and batch.is_ordered
            and batch.ids[0] > last.id
            and len(batch.raw) <= min(WINDOW, self._store.size - self.end)
            and self._store.read(self.end, len(batch.raw)) == batch.raw
        )

    def _is_repeat(self, batch: PieceBatch) -> bool:
        """Whether the whole batch is stored already, piece by piece."""
        if self._doubts or not batch.is_ordered or len(batch.raw) > WINDOW:
            return False
        place = self._index.place_of(batch.ids[0])
        if place + len(batch.ids) > len(self._index):
            return False
        start = self._index[place].offset
        return (
            self._index.fields(place, len(batch.ids)) == batch.fields(start)
            and self._store.read(start, len(batch.raw)) == batch.raw
        )

    def mark_unreadable(self) -> None:
        """Set a mark at the end, as what followed was unreadable.

        Bytes from REST only are dropped: it is unknown which of them that was, and they come again.
        """
        if self._store.size > self.end:
            self._store.cut(self.end)
        self.mark_end(UNREADABLE)

    def mark_end(self, text: str) -> None:
        """Set a mark at the end, starting a new line for it if needed."""
        store = self._store
        if store.size and store.read(store.size - 1, 1) != b"\n":
            store.append(b"\n")
            self.padding += 1
        store.mark(store.size, text)
        self._floor = store.size

    def _note_growth(self, jump: int | None, earlier: int | None) -> None:
        """Note that an id jumped, or that ids went on from the last piece of an earlier frame."""
        if jump is not None:
            self._has_jumped = True
            self._jump = self._jump or jump
        elif self._jump == earlier:
            self._jump = None

    def _place(self, pieces: Sequence[LogMessage], at: int, earlier_jump: int | None) -> int:
        """Put a piece, and those after it that belong there too, in place; return their number."""
        number = pieces[at].id
        raw = pieces[at].text.encode("utf-8", "surrogatepass")
        self._doubts.note_replay(number)
        if number == FIRST_ID and self._unproved:
            self._compare_again()
        last = self._index.last
        if last is None or number > last.id:
            jump = PieceBatch.of(pieces[at : at + 1]).jump_from(last or MessageRecord(0, 0, 0))
            self._note_growth(jump, earlier_jump)
            self._place_last(number, raw)
            return 1
        place = self._index.place_of(number)
        old = self._index[place]
        if old.id == self._jump != number and self._is_refuted(place):
            self._remove_jump(place, number)
            self._place_last(number, raw)
            return 1
        if old.id != number:
            end = at + 1
            while end < len(pieces) and pieces[end - 1].id < pieces[end].id < old.id:
                end += 1
            self._place_late(place, PieceBatch.of(pieces[at:end]))
            return end - at
        stored = self._store.read(old.offset, old.length)
        if not _is_same(stored, raw):
            self._begin_epoch(place, pieces[at])
        elif stored.count(_REPLACEMENT) > raw.count(_REPLACEMENT) and not self._is_far(old.offset):
            self._insert(place, old.offset, PieceBatch.of(pieces[at : at + 1]), over=old.length)
        return 1

    def _place_last(self, number: int, raw: bytes) -> None:
        """Append a piece after all others, over what REST may have brought of it already."""
        if self._index.last is None:
            self._follow_known(number)
        store, end = self._store, self.end
        ahead = store.read(end, len(raw))
        if ahead != raw[: len(ahead)]:
            store.cut(end)
            ahead = b""
        if not ahead and not self._has_pieces:
            self._doubts.note(end, number)
        store.append(raw[len(ahead) :])
        self._index.append(MessageRecord(number, end, len(raw)))

    def _follow_known(self, number: int) -> None:
        """Keep what is here from an earlier run if the first piece is not the log's first.

        It cannot be compared then, so the piece follows after a mark.
        """
        known_before, self._known_before = min(self._known_before, self._store.size), 0
        if known_before and number > FIRST_ID:
            self._store.cut(known_before)
            self.mark_end(NO_REPLAY)
            self._unproved = known_before

    def _compare_again(self) -> None:
        """Forget the pieces, as all of them come again, to be compared with what is stored."""
        self._store.cut(self._unproved)
        self._store.unmark(Mark(self._unproved, NO_REPLAY))
        self._index.cut(0)
        self._doubts.clear()
        self._epoch = self._jump = None
        self._floor = self._unproved = 0

    def _is_refuted(self, place: int) -> bool:
        """Whether a piece that belongs before an unconfirmed jump of ids proves the jump wrong."""
        known = self._index[place]
        before = self._index[place - 1].id if place else 0
        return known.id - before > JUMP or self._is_far(known.offset)

    def _remove_jump(self, place: int, number: int) -> None:
        """Remove everything after a wrong jump, set a mark, and make room for piece `number`.

        Genuine pieces among the removed ones come again with a replay, or from REST.
        """
        false = self._index[place]
        self._index.cut(place)
        self._store.cut(false.offset)
        self._store.mark(false.offset, OMITTED_OUTPUT)
        self._floor = min(self._floor, false.offset)
        if self._epoch is not None and self._epoch > false.offset:
            self._epoch = None
        self._doubts.note_replacement(false.id, number)
        self._jump = self._position = None

    def _place_late(self, place: int, late: PieceBatch) -> None:
        """Insert pieces between others, unless that is too far from the end."""
        offset = self._index[place].offset
        if self._is_far(offset):
            self._store.mark(offset, TOO_LATE)
        else:
            self._insert(place, offset, late)

    def _is_far(self, offset: int) -> bool:
        """Whether so much follows an offset that moving it would take long."""
        after = len(self._index) - WINDOW_PIECES
        return self._store.size - offset > WINDOW or (
            after > 0 and self._index[after - 1].offset >= offset
        )

    def _insert(self, place: int, offset: int, late: PieceBatch, *, over: int = 0) -> None:
        """Insert pieces between others, or in place of one of `over` bytes.

        Bytes from REST only are dropped, as they were compared with a log without these pieces.
        """
        if self._store.size > self.end:
            self._store.cut(self.end)
        self._store.insert(offset, late.raw, over=over)
        self._index.insert(place, late.fields(offset), over=over)
        if self._floor > offset:
            self._floor += len(late.raw) - over
        if self._epoch is not None and self._epoch > offset:
            self._epoch += len(late.raw) - over

    def _begin_epoch(self, place: int, piece: LogMessage) -> None:
        """Put a known id with other text after a mark, or before the rest of its new epoch."""
        index, epoch, batch = self._index, self._epoch, PieceBatch.of([piece])
        if epoch is None or self._is_far(epoch) or index[place].offset >= epoch:
            index.cut(place)
            self.mark_end(NEW_EPOCH)
            self._epoch = self._store.size
            index.extend(batch.fields(self._epoch))
            self._store.append(batch.raw)
            return
        index.remove(place, index.place_at(epoch, since=place))
        self._insert(place, epoch, batch)


def _is_same(there: bytes, raw: bytes) -> bool:
    """Whether two pieces are equal, apart from characters replaced in transit."""
    if there == raw:
        return True
    if _REPLACEMENT in raw:
        there, raw = raw, there
    if _REPLACEMENT not in there:
        return False
    around = (re.escape(part) for part in re.split(b"(?:%s)+" % _REPLACEMENT, there))
    return re.fullmatch(b".{0,64}?".join(around), raw, re.DOTALL) is not None
