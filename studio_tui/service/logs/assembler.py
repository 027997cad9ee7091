"""Puts arriving pieces of a log in order: each byte once, or a mark where some may be missing.

A piece is the text of a `LogMessage`; a websocket frame has several. Ids increase along the log.
They identify repeated pieces, and the places of late ones. If an id jumps, pieces may be missing
before it, or the id is wrong. A later frame that continues from the jump confirms it. If a piece
that belongs before the jump arrives before such a frame, a jump that is large or far from the end
is removed, with the pieces after it. If a known id comes with other text, the log has started over:
a new epoch begins.
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
from studio_tui.service.logs.message_index import MessageBatch, MessageIndex, MessageRecord
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.marks import Mark

WINDOW = 256 * 1024
"""Bytes at the end of the log into which a late piece can still be inserted."""

WINDOW_PIECES = 16 * 1024
"""Pieces at the end of the log among which a late one can still be inserted."""

JUMP = 2 * LARGEST_FRAME
"""Ids grow by less than this in one lost frame, whether they count pieces, bytes or half bytes."""

NEW_EPOCH = "The log starts over here."
TOO_LATE = "Output arrived too late to be shown in its place."
OMITTED_OUTPUT = "Output that does not belong to this log was left out."
UNREADABLE = "Lines may be missing here: Studio sent data that cannot be read."
DIFFERS = "The log that Studio stores differs from what was received live."

_OF_LOCAL_STUDIO = b"[local Studio: "
"""The beginning of a line that a local Studio adds, also in place of dropped output."""

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}".encode()


class LogAssembler:
    """Merges the pieces of one log into its store, which may have bytes from other sources.

    If the disk fails, methods raise a `SpoolError`.
    """

    def __init__(self, store: LogStore, index: MessageIndex) -> None:
        self._store = store
        self._index = index
        self.padding = 0
        """Bytes of line breaks added before marks; some may be cut again."""
        self._floor = 0
        """Offset after the last mark that was set at the end."""
        self._is_continuing = False
        """Whether the next piece directly follows the last one of this connection."""
        self._has_skipped = False
        """Whether this connection had an unreadable frame, and no new piece since."""
        self._position: int | None = None
        """The highest id of a piece from this connection."""
        self._doubts = Doubts(store, index)
        self._epoch: int | None = None
        """Offset of the epoch that began on this connection."""
        self._jump: int | None = None
        """The id of a piece that jumped, until a later frame confirms it."""
        self._has_jumped = False
        self._earlier_size = store.size
        """Bytes that were in the store at the start; 0 after the first piece was stored."""
        self._kept_end = store.size
        """Offset up to which no piece has contradicted the bytes from the start."""
        self._uncompared_size = 0
        """Bytes from the start that no piece was compared with; pieces are stored after them."""

    @property
    def is_behind(self) -> bool:
        """Whether this connection has not repeated all known pieces yet."""
        last = self._index.last
        return last is not None and (self._position is None or self._position < last.id)

    @property
    def is_doubted(self) -> bool:
        """Whether pieces may be missing, misplaced, or not from this log."""
        return self._has_jumped or any(mark.text == TOO_LATE for mark in self._store.marks)

    @property
    def end(self) -> int:
        """Offset after all pieces; bytes beyond it came by REST only, or were stored earlier."""
        last = self._index.last
        return max(last.end, self._floor) if last else self._floor

    @property
    def kept_end(self) -> int:
        """Offset after all pieces, and after the earlier bytes that none has contradicted."""
        return max(self.end, min(self._kept_end, self._store.size))

    def note_connection(self) -> None:
        """Note that pieces come over a new connection from now on."""
        self._skip()
        self._has_skipped = False
        self._position = None
        self._epoch = None

    def note_caught_up(self) -> None:
        """Note that this connection has brought all known pieces in the form of an archive."""
        self._position = last.id if (last := self._index.last) else None

    def note_frame(self, frame: LogFrame) -> bool:
        """Note a frame; return whether an unreadable one, now or before, may have new pieces."""
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
        self._is_continuing = False
        self._doubts.interrupt()

    def add(self, pieces: Sequence[LogMessage]) -> bool:
        """Merge the pieces of one frame; return whether that has changed the store."""
        state_before = (self._store.size, self._store.version)
        last = self._index.last
        batch = MessageBatch.of(pieces)
        earlier_jump = self._jump
        is_appended = self._append_next(batch, earlier_jump)
        if not is_appended and last is not None and self._is_stored_at_end(batch, last):
            self._note_jump(batch.jump_from(last), earlier_jump)
            self._index.extend(batch.fields(self.end))
        elif not is_appended and not self._is_repeat(batch):
            placed = 0
            while placed < len(pieces):
                placed += self._place(pieces, placed, earlier_jump)
                self._is_continuing = True
                # Once the first piece of a connection is placed, the others usually follow on it.
                if placed == 1 and self._append_next(MessageBatch.of(pieces[1:]), earlier_jump):
                    break
        if pieces:
            self._is_continuing = True
            self._has_skipped &= self._index.last == last
            self._position = max(self._position or 0, pieces[-1].id)
        return (self._store.size, self._store.version) != state_before

    def _append_next(self, batch: MessageBatch, earlier_jump: int | None) -> bool:
        last = self._index.last
        if (
            not self._is_continuing
            or self._doubts
            or last is None
            or last.end != self._store.size
            or not batch.is_ordered
            or batch.ids[0] <= last.id
        ):
            return False
        self._note_jump(batch.jump_from(last), earlier_jump)
        self._index.extend(batch.fields(self._store.size))
        self._store.append(batch.raw)
        return True

    def _is_stored_at_end(self, batch: MessageBatch, last: MessageRecord) -> bool:
        return (
            self._is_continuing
            and not self._doubts
            and batch.is_ordered
            and batch.ids[0] > last.id
            and len(batch.raw) <= min(WINDOW, self._store.size - self.end)
            and self._store.read(self.end, len(batch.raw)) == batch.raw
        )

    def _is_repeat(self, batch: MessageBatch) -> bool:
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
        """Set a mark at the end for an unreadable frame."""
        # Bytes from REST only may be before or after that frame; they are received again.
        if self._store.size > self.end:
            self._store.cut(self.end)
        self.mark_end(UNREADABLE)

    def mark_end(self, text: str) -> None:
        """Set a mark at the end, starting a new line for it if needed."""
        store = self._store
        if store.ends_within_line:
            store.append(b"\n")
            self.padding += 1
        store.mark(store.size, text)
        self._floor = store.size

    def _note_jump(self, jump: int | None, earlier_jump: int | None) -> None:
        """Note a jump in the current frame; without one, confirm the jump of an earlier frame."""
        if jump is not None:
            self._has_jumped = True
            self._jump = self._jump or jump
        elif self._jump == earlier_jump:
            self._jump = None

    def _place(self, pieces: Sequence[LogMessage], at: int, earlier_jump: int | None) -> int:
        """Store or compare the piece at `at`, and late ones right after it; return how many."""
        piece_id = pieces[at].id
        raw = pieces[at].text.encode("utf-8", "surrogatepass")
        self._doubts.note_replay(piece_id)
        if piece_id == FIRST_ID and self._uncompared_size:
            self._compare_again()
        last = self._index.last
        if last is None or piece_id > last.id:
            jump = MessageBatch.of(pieces[at : at + 1]).jump_from(last or MessageRecord(0, 0, 0))
            self._note_jump(jump, earlier_jump)
            self._place_last(piece_id, raw)
            return 1
        place = self._index.place_of(piece_id)
        old = self._index[place]
        if old.id == self._jump != piece_id and self._is_refuted(place):
            self._remove_jump(place, piece_id)
            self._place_last(piece_id, raw)
            return 1
        if old.id != piece_id:
            end = at + 1
            while end < len(pieces) and pieces[end - 1].id < pieces[end].id < old.id:
                end += 1
            self._place_late(place, MessageBatch.of(pieces[at:end]))
            return end - at
        stored = self._store.read(old.offset, old.length)
        if not _are_same(stored, raw):
            self._begin_epoch(place, pieces[at])
        elif stored.count(_REPLACEMENT) > raw.count(_REPLACEMENT) and not self._is_far(old.offset):
            self._insert(place, old.offset, MessageBatch.of(pieces[at : at + 1]), old.length)
        return 1

    def _place_last(self, piece_id: int, raw: bytes) -> None:
        """Store a piece after all others, except for those of its bytes that are there already."""
        if self._index.last is None:
            self._keep_earlier_bytes(piece_id)
        store, end = self._store, self.end
        stored = store.read(end, len(raw))
        if stored != raw[: len(stored)]:
            store.cut(end)
            self._kept_end = min(self._kept_end, end)
            stored = b""
        if not stored and not self._is_continuing:
            self._doubts.note_gap(end, piece_id)
        store.append(raw[len(stored) :])
        self._index.append(MessageRecord(piece_id, end, len(raw)))

    def _keep_earlier_bytes(self, piece_id: int) -> None:
        """Set a mark after the earlier bytes if this piece is not the first of the log."""
        earlier_size, self._earlier_size = min(self._earlier_size, self._store.size), 0
        if earlier_size and piece_id > FIRST_ID:
            self._store.cut(earlier_size)
            self.mark_end(NO_REPLAY)
            self._uncompared_size = earlier_size

    def _compare_again(self) -> None:
        """Forget all pieces, as they come again from the first on, and can now be compared."""
        self._store.cut(self._uncompared_size)
        self._store.unmark(Mark(self._uncompared_size, NO_REPLAY))
        self._index.cut(0)
        self._doubts.clear()
        self._epoch = self._jump = None
        self._floor = self._uncompared_size = 0

    def _is_refuted(self, place: int) -> bool:
        """Whether a piece that belongs before the jump at `place` shows that the jump is wrong."""
        jump = self._index[place]
        before = self._index[place - 1].id if place else 0
        return jump.id - before > JUMP or self._is_far(jump.offset)

    def _remove_jump(self, place: int, piece_id: int) -> None:
        """Remove a wrong jump and what follows it, which is received again; set a mark."""
        jump = self._index[place]
        self._index.cut(place)
        self._store.cut(jump.offset)
        self._store.mark(jump.offset, OMITTED_OUTPUT)
        self._floor = min(self._floor, jump.offset)
        if self._epoch is not None and self._epoch > jump.offset:
            self._epoch = None
        self._doubts.note_replacement(jump.id, piece_id)
        self._jump = self._position = None

    def _place_late(self, place: int, late: MessageBatch) -> None:
        """Insert late pieces before the one at `place`; if that is far from the end, set a mark."""
        following = self._index[place]
        if place and _stands_for_stored(late.raw, self._index[place - 1], following):
            return
        if self._is_far(following.offset):
            self._store.mark(following.offset, TOO_LATE)
        else:
            self._insert(place, following.offset, late)

    def _is_far(self, offset: int) -> bool:
        """Whether so much follows an offset that moving the bytes would take long."""
        outside = len(self._index) - WINDOW_PIECES
        return self._store.size - offset > WINDOW or (
            outside > 0 and self._index[outside - 1].offset >= offset
        )

    def _insert(
        self, place: int, offset: int, late: MessageBatch, replaced_length: int = 0
    ) -> None:
        """Insert pieces before the one at `place`, or replace it if `replaced_length` is given.

        Bytes from REST only are dropped: they follow a log without these pieces.
        """
        if self._store.size > self.end:
            self._store.cut(self.end)
        self._store.insert(offset, late.raw, replaced_length=replaced_length)
        self._index.insert(place, late.fields(offset), replaced_length=replaced_length)
        if self._floor > offset:
            self._floor += len(late.raw) - replaced_length
        if self._epoch is not None and self._epoch > offset:
            self._epoch += len(late.raw) - replaced_length

    def _begin_epoch(self, place: int, piece: LogMessage) -> None:
        """Store a piece with a known id and other text, as the log has started over.

        It begins a new epoch, or is inserted at the start of the one that began on this connection.
        """
        index, epoch, batch = self._index, self._epoch, MessageBatch.of([piece])
        if epoch is None or self._is_far(epoch) or index[place].offset >= epoch:
            index.cut(place)
            self.mark_end(NEW_EPOCH)
            self._epoch = self._store.size
            index.extend(batch.fields(self._epoch))
            self._store.append(batch.raw)
            return
        index.remove(place, index.place_at(epoch, since=place))
        self._insert(place, epoch, batch)


def _stands_for_stored(raw: bytes, before: MessageRecord, following: MessageRecord) -> bool:
    """Whether a late piece takes the place of output that only this store still has.

    A local Studio has dropped that output. Its ids are twice the offsets of its pieces, plus 1.
    """
    is_adjacent = following.id - before.id == 2 * before.length
    return is_adjacent and raw.startswith(_OF_LOCAL_STUDIO)


def _are_same(stored: bytes, raw: bytes) -> bool:
    """Whether two pieces are equal, apart from characters replaced in transit."""
    if stored == raw:
        return True
    if _REPLACEMENT in raw:
        stored, raw = raw, stored
    if _REPLACEMENT not in stored:
        return False
    parts = (re.escape(part) for part in re.split(b"(?:%s)+" % _REPLACEMENT, stored))
    return re.fullmatch(b".{0,64}?".join(parts), raw, re.DOTALL) is not None
