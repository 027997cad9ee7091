"""The offsets of a log's messages in its spool, kept on disk: a log can have millions of them.

Records are sorted by id, which is also the order of their offsets. The place of a record is its
number in this order, from 0.
"""

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate, compress
from operator import attrgetter, lt, sub
from pathlib import Path
from typing import NamedTuple

from studio_tui.api.log_stream import LogMessage
from studio_tui.service.logs.store.spool import Spool

_FIELDS = 3
_RECORD_BYTES = _FIELDS * 8
_NEAR = 64
"""Records before and after the expected place that are searched first, as messages may be mixed."""


class MessageRecord(NamedTuple):
    """A message in the spool."""

    id: int
    offset: int
    length: int

    @property
    def end(self) -> int:
        """Offset after its last byte."""
        return self.offset + self.length


class MessageIndex:
    """A sorted list of records in a file of its own; fast at its end and when read in order.

    If the disk fails, methods raise a `SpoolError`.
    """

    def __init__(self, folder: Path) -> None:
        self._spool = Spool.create(folder)
        self.last: MessageRecord | None = None
        """The record with the greatest id; `None` if there is none."""
        self._next_place = 0
        """The place after the records read last.

        When a new connection repeats the log, `place_of` usually returns it.
        """

    def close(self) -> None:
        """Close the file, which deletes it, as it has no name."""
        self._spool.close()

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._spool.size

    def __len__(self) -> int:
        return self._spool.size // _RECORD_BYTES

    def __getitem__(self, place: int) -> MessageRecord:
        return MessageRecord(*self.fields(place, 1))

    def append(self, record: MessageRecord) -> None:
        """Add a record whose id and offset are the greatest."""
        self.extend(array("q", record))

    def extend(self, fields: "array[int]") -> None:
        """Add records after all others: `fields` are the id, offset and length of each in turn."""
        remaining = memoryview(fields.tobytes())
        while remaining:
            remaining = remaining[self._spool.write(remaining) :]
        if fields:
            self.last = MessageRecord(*fields[-_FIELDS:])

    def fields(self, place: int, count: int) -> "array[int]":
        """Return the fields of up to `count` records from `place` on, in the format of `extend`."""
        fields = array("q")
        fields.frombytes(self._spool.read(place * _RECORD_BYTES, count * _RECORD_BYTES))
        self._next_place = place + count
        return fields

    def place_of(self, message_id: int) -> int:
        """Return the place of the first record with this id or a higher one."""
        expected = self._next_place
        if expected < len(self) and self[expected].id == message_id:
            return expected
        first = max(0, expected - _NEAR)
        ids = self.fields(first, 2 * _NEAR)[::_FIELDS]
        if ids and ids[0] < message_id <= ids[-1]:
            return first + bisect_left(ids, message_id)
        return bisect_left(range(len(self)), message_id, key=lambda at: self[at].id)

    def place_at(self, offset: int, *, since: int = 0) -> int:
        """Return the place, from `since` on, of the first record at `offset` or after it."""
        return bisect_left(range(len(self)), offset, lo=since, key=lambda at: self[at].offset)

    def remove(self, place: int, end: int) -> None:
        """Remove the records from `place` up to but not including `end`; offsets do not change."""
        later = self.fields(end, len(self) - end)
        self.cut(place)
        self.extend(later)

    def cut(self, place: int) -> None:
        """Remove the records from `place` on."""
        self._spool.cut(place * _RECORD_BYTES)
        self.last = self[place - 1] if place else None

    def insert(self, place: int, fields: "array[int]", *, replaced_length: int = 0) -> None:
        """Insert records before the one at `place`, or replace it if its length is given.

        The offsets of later records move.
        """
        moved = sum(fields[2::_FIELDS]) - replaced_length
        following = place + (replaced_length > 0)
        later = self.fields(following, len(self) - following)
        offsets = later[1::_FIELDS]
        later[1::_FIELDS] = array("q", [offset + moved for offset in offsets])
        self.cut(place)
        self.extend(fields)
        self.extend(later)


_ID, _TEXT = attrgetter("id"), attrgetter("text")


class MessageBatch(NamedTuple):
    """Several messages, encoded together: one by one they would take ten times as long."""

    ids: list[int]
    lengths: list[int]
    raw: bytes
    is_ordered: bool
    """Whether there are messages, and their ids ascend."""

    @classmethod
    def of(cls, messages: Sequence[LogMessage]) -> "MessageBatch":
        """Return the batch of some messages, in their order."""
        ids, texts = list(map(_ID, messages)), list(map(_TEXT, messages))
        lengths = list(map(len, texts))
        raw = "".join(texts).encode("utf-8", "surrogatepass")
        if len(raw) != sum(lengths):
            lengths = [len(text.encode("utf-8", "surrogatepass")) for text in texts]
        is_ordered = bool(ids) and all(map(lt, ids, ids[1:]))
        return cls(ids, lengths, raw, is_ordered)

    def jump_from(self, last: MessageRecord) -> int | None:
        """Return the first id that has jumped, so that messages may be missing before it.

        Return `None` if no id has. `last` is the record before the batch. It is not documented what
        ids count, so the limit is generous: an id has jumped if it exceeds the previous id by more
        than twice the bytes of the previous message, plus 2.
        """
        limits = [2 * (length + 1) for length in (last.length, *self.lengths)]
        growths = map(sub, self.ids, (last.id, *self.ids))
        has_jumped = map(lt, limits, growths)
        return next(compress(self.ids, has_jumped), None)

    def fields(self, offset: int) -> "array[int]":
        """Return the records of these messages, stored one after the other from `offset` on."""
        fields = array("q", bytes(8 * _FIELDS * len(self.ids)))
        offsets = accumulate(self.lengths[:-1], initial=offset)
        for column, values in enumerate((self.ids, offsets, self.lengths)):
            fields[column::_FIELDS] = array("q", values)
        return fields
