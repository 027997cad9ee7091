"""Puts what arrives of a log in its place: each byte once and in order, or a visible mark.

Pieces of the websocket carry ids: a replay is known by them, a late piece finds its place by them.
An id may leap, as something may be missing, but later frames must follow on it: until then it gives
way to what belongs before it. Lines play no part: they are cut from the ordered whole, by whoever
reads it.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import lt
from typing import NamedTuple

from studio_tui.api.log_stream import (
    LARGEST_FRAME,
    LogFrame,
    LogMessage,
    LogMessages,
    Unreadable,
)
from studio_tui.service.logs.message_index import MessageIndex, Record
from studio_tui.service.logs.store.log_store import LogStore, Mark

WINDOW = 256 * 1024
"""Bytes at the end of the log into which a late piece can still be put."""

WINDOW_PIECES = 16 * 1024
"""Pieces at the end of the log among which a late one can still be put."""

LEAP = 2 * LARGEST_FRAME
"""A leap of ids that no lost frame explains, where ids count pieces, bytes or half bytes."""

NEW_EPOCH = "The log starts over here."
TOO_LATE = "Something arrived too late to be shown in its place."
LEFT_OUT = "Something that does not belong here was left out."
NO_REPLAY = "Lines may be missing here: the connection broke and Studio did not repeat them."
NO_BEGINNING = "Lines may be missing before this: Studio did not begin at the first."
UNREADABLE = "Something is missing here: Studio sent what cannot be read."
DIFFERS = "The log that Studio keeps differs from what came live."

_FIRST_ID = 1
_FIELDS = len(Record._fields)
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}".encode()


class _Batch(NamedTuple):
    """The pieces of a frame, measured at once: one by one they would take ten times as long."""

    ids: list[int]
    lengths: list[int]
    """Bytes of each piece."""
    raw: bytes
    is_ordered: bool
    """Whether there are pieces and each id is above the one before."""

    @classmethod
    def of(cls, pieces: Sequence[LogMessage]) -> "_Batch":
        ids = [piece.id for piece in pieces]
        texts = [piece.text for piece in pieces]
        lengths = [len(text) for text in texts]
        raw = "".join(texts).encode("utf-8", "surrogatepass")
        if len(raw) != sum(lengths):
            lengths = [len(text.encode("utf-8", "surrogatepass")) for text in texts]
        is_ordered = bool(ids) and all(map(lt, ids, ids[1:]))
        return cls(ids, lengths, raw, is_ordered)

    def leaps_from(self, last: Record) -> int | None:
        """Return the first id above what the text before it accounts for; `None` if there is none.

        Whatever ids count, they grow by no more than twice the bytes, if pieces are not empty.
        """
        count = 2 * (last.length + len(self.raw) - self.lengths[-1] + len(self.ids))
        if self.ids[-1] - last.id <= count:
            return None
        for before, length, number in zip(
            (last.id, *self.ids), (last.length, *self.lengths), self.ids, strict=False
        ):
            if number - before > 2 * (length + 1):
                return number
        return None

    def fields(self, offset: int) -> "array[int]":
        """Return what the index says of these pieces if they stand in a row from `offset` on."""
        fields = array("q", bytes(8 * _FIELDS * len(self.ids)))
        offsets = accumulate(self.lengths[:-1], initial=offset)
        for column, values in enumerate((self.ids, offsets, self.lengths)):
            fields[column::_FIELDS] = array("q", values)
        return fields


@dataclass(slots=True)
class _Doubt:
    """A place where something may be missing, because a connection began after it."""

    before: int
    """The id known before it; 0 at the beginning of the log."""
    after: int
    """The id that came after it."""
    is_passed: bool = False
    """Whether this connection has repeated the piece before it."""


class LogAssembler:
    """Merges pieces, snapshots and archives of one log into its store."""

    def __init__(self, store: LogStore, index: MessageIndex) -> None:
        self._store = store
        self._index = index
        self.padding = 0
        """Line breaks of ours before marks: bytes that are here and not in the log, at the most."""
        self._floor = 0
        """Offset after the last mark at the end; what stands before it is settled."""
        self._has_pieces = False
        """Whether what comes next follows on what has come over this connection."""
        self._has_skipped = False
        """Whether this connection had something that could not be read, and nothing new since."""
        self._position: int | None = None
        self._doubts: list[_Doubt] = []
        self._epoch: int | None = None
        """Where the epoch begins that this connection has opened."""
        self._leap: int | None = None
        """The id of a piece above what accounts for it, while no later frame follows on it."""
        self._has_leapt = False

    @property
    def is_behind(self) -> bool:
        """Whether this connection still repeats what is known."""
        last = self._index.last
        return last is not None and (self._position is None or self._position < last.id)

    @property
    def is_doubted(self) -> bool:
        """Whether something came that may not be in its place, or not be Studio's."""
        return self._has_leapt or any(mark.text == TOO_LATE for mark in self._store.marks)

    @property
    def end(self) -> int:
        """Offset after all that has a place; beyond it is what only REST has brought so far."""
        last = self._index.last
        return max(last.end, self._floor) if last else self._floor

    def connected(self) -> None:
        """Say that pieces come over a new connection from now on."""
        self._skip()
        self._has_skipped = False
        self._position = None
        self._epoch = None

    def caught_up(self) -> None:
        """Say that this connection has repeated all that is known, if not piece by piece."""
        last = self._index.last
        self._position = last.id if last else None

    def misses_before(self, frame: LogFrame) -> bool:
        """Whether something new is missing before what follows, as it could not be read.

        What cannot be read while this connection is behind may reach beyond what is known: that
        shows as soon as something new comes.
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
        """Take what comes next for what need not follow on what is here."""
        self._has_pieces = False
        for doubt in self._doubts:
            doubt.is_passed = False

    def add(self, pieces: Sequence[LogMessage]) -> bool:
        """Merge the pieces of one frame; return whether anything new was among them.

        Raises:
            SpoolError: the disk does not take them.
        """
        before = (self._store.size, self._store.version)
        last = self._index.last
        batch = _Batch.of(pieces)
        earlier_leap = self._leap
        if last is not None and self._is_next(batch):
            self._note_growth(batch.leaps_from(last), earlier_leap)
            self._index.extend(batch.fields(self._store.size))
            self._store.append(batch.raw)
        elif not self._is_repeat(batch):
            placed = 0
            while placed < len(pieces):
                placed += self._place(pieces, placed, earlier_leap)
                self._has_pieces = True
        if pieces:
            self._has_pieces = True
            self._has_skipped &= self._index.last == last
            self._position = max(self._position or 0, pieces[-1].id)
        return (self._store.size, self._store.version) != before

    def _is_next(self, batch: "_Batch") -> bool:
        """Whether all of it comes after all that is here, with no question open."""
        last = self._index.last
        return (
            self._has_pieces
            and not self._doubts
            and last is not None
            and last.end == self._store.size
            and batch.is_ordered
            and batch.ids[0] > last.id
        )

    def _is_repeat(self, batch: "_Batch") -> bool:
        """Whether all of it stands here already, piece by piece."""
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
        """Set a mark after all that has come, as what followed could not be read.

        What only REST has brought goes: nobody can tell which of it that was, and it comes again.
        """
        if self._store.size > self.end:
            self._store.cut(self.end)
        self.mark_end(UNREADABLE)

    def mark_end(self, text: str) -> None:
        """Set a mark after all that has come, beginning a line for it if need be."""
        store = self._store
        if store.size and store.read(store.size - 1, 1) != b"\n":
            store.append(b"\n")
            self.padding += 1
        store.mark(store.size, text)
        self._floor = store.size

    def _note_growth(self, leap: int | None, earlier: int | None) -> None:
        """Note that ids have leapt to one, or have gone on from the last piece of another frame."""
        if leap is not None:
            self._has_leapt = True
            self._leap = self._leap or leap
        elif self._leap == earlier:
            self._leap = None

    def _place(self, pieces: Sequence[LogMessage], at: int, earlier_leap: int | None) -> int:
        """Put a piece where it belongs, with those after it that go there too; return how many."""
        number = pieces[at].id
        raw = pieces[at].text.encode("utf-8", "surrogatepass")
        self._weigh(number)
        last = self._index.last
        if last is None or number > last.id:
            leap = _Batch.of(pieces[at : at + 1]).leaps_from(last or Record(0, 0, 0))
            self._note_growth(leap, earlier_leap)
            self._place_last(number, raw)
            return 1
        place = self._index.place_of(number)
        known = self._index[place]
        if known.id == self._leap != number and self._is_refuted(place):
            self._take_out(place, number)
            self._place_last(number, raw)
            return 1
        if known.id != number:
            end = at + 1
            while end < len(pieces) and pieces[end - 1].id < pieces[end].id < known.id:
                end += 1
            self._place_late(place, _Batch.of(pieces[at:end]))
            return end - at
        there = self._store.read(known.offset, known.length)
        if not _is_same(there, raw):
            self._begin_epoch(place, pieces[at])
        elif there.count(_REPLACEMENT) > raw.count(_REPLACEMENT) and not self._is_far(known.offset):
            self._insert(place, known.offset, _Batch.of(pieces[at : at + 1]), over=known.length)
        return 1

    def _place_last(self, number: int, raw: bytes) -> None:
        """Put a piece after all others, over what REST may have brought of it already."""
        store, end = self._store, self.end
        ahead = store.read(end, len(raw))
        if ahead != raw[: len(ahead)]:
            store.cut(end)
            ahead = b""
        if not ahead and not self._has_pieces:
            self._doubt(end, number)
        store.append(raw[len(ahead) :])
        self._index.append(Record(number, end, len(raw)))

    def _doubt(self, end: int, number: int) -> None:
        """Mark where a piece does not follow on what is here, nor begins the log."""
        last = self._index.last
        if last is not None:
            self._store.mark(end, NO_REPLAY)
            self._doubts.append(_Doubt(last.id, number))
        elif number > _FIRST_ID and not self._store.size:
            self._store.mark(0, NO_BEGINNING)
            self._doubts.append(_Doubt(0, number))

    def _is_refuted(self, place: int) -> bool:
        """Whether a piece that belongs before an unconfirmed leap shows that it is a false one."""
        known = self._index[place]
        before = self._index[place - 1].id if place else 0
        return known.id - before > LEAP or self._is_far(known.offset)

    def _take_out(self, place: int, number: int) -> None:
        """Take out all from a false leap on, under a mark, as the piece of another id comes there.

        What this leaves out and was no forgery comes again with a replay, or from REST.
        """
        false = self._index[place]
        self._index.cut(place)
        self._store.cut(false.offset)
        self._store.mark(false.offset, LEFT_OUT)
        self._floor = min(self._floor, false.offset)
        if self._epoch is not None and self._epoch > false.offset:
            self._epoch = None
        for doubt in self._doubts:
            doubt.after = number if doubt.after >= false.id else doubt.after
        self._leap = self._position = None

    def _place_late(self, place: int, late: _Batch) -> None:
        """Put pieces between others, if they are not too far up."""
        offset = self._index[place].offset
        if self._is_far(offset):
            self._store.mark(offset, TOO_LATE)
        else:
            self._insert(place, offset, late)

    def _is_far(self, offset: int) -> bool:
        """Whether so much stands after an offset that moving it would take long."""
        after = len(self._index) - WINDOW_PIECES
        return self._store.size - offset > WINDOW or (
            after > 0 and self._index[after - 1].offset >= offset
        )

    def _insert(self, place: int, offset: int, late: _Batch, *, over: int = 0) -> None:
        """Put pieces between others, or in the place of one that takes `over` bytes.

        What only REST has brought goes, as it was held against a log without it.
        """
        if self._store.size > self.end:
            self._store.cut(self.end)
        self._store.insert(offset, late.raw, over=over)
        self._index.insert(place, late.fields(offset), over=over)
        if self._floor > offset:
            self._floor += len(late.raw) - over
        if self._epoch is not None and self._epoch > offset:
            self._epoch += len(late.raw) - over

    def _weigh(self, number: int) -> None:
        """Take back the marks of places that a replay has now gone over from end to end."""
        for doubt in tuple(self._doubts):
            if number == (doubt.before or _FIRST_ID):
                doubt.is_passed = True
            elif doubt.is_passed and number >= doubt.after:
                self._store.unmark(self._mark_of(doubt))
                self._doubts.remove(doubt)

    def _mark_of(self, doubt: _Doubt) -> Mark:
        before = self._index[self._index.place_of(doubt.before)]
        return Mark(before.end, NO_REPLAY) if doubt.before else Mark(0, NO_BEGINNING)

    def _begin_epoch(self, place: int, piece: LogMessage) -> None:
        """Set a known id with another text after a mark, or before the rest of its new epoch."""
        index, epoch, batch = self._index, self._epoch, _Batch.of([piece])
        if epoch is None or self._is_far(epoch) or index[place].offset >= epoch:
            index.cut(place)
            self.mark_end(NEW_EPOCH)
            self._epoch = self._store.size
            index.extend(batch.fields(self._epoch))
            self._store.append(batch.raw)
            return
        places = range(len(index))
        since = bisect_left(places, epoch, lo=place, key=lambda at: index[at].offset)
        later = index.fields(since, len(index) - since)
        index.cut(place)
        index.extend(later)
        self._insert(place, epoch, batch)


def _is_same(there: bytes, raw: bytes) -> bool:
    """Whether two pieces are one; characters spoiled on the way make no difference."""
    if there == raw:
        return True
    if _REPLACEMENT in raw:
        there, raw = raw, there
    if _REPLACEMENT not in there:
        return False
    around = (re.escape(part) for part in re.split(b"(?:%s)+" % _REPLACEMENT, there))
    return re.fullmatch(b".{0,64}?".join(around), raw, re.DOTALL) is not None
