"""The offsets of a log's messages in its spool, kept on disk: a log can have millions of them.

Records are sorted by id, which is also the order of their offsets. The place of a record is its
number in this order, from 0.
"""

import os
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate, compress
from operator import attrgetter, lt, sub
from pathlib import Path
from typing import NamedTuple

from studio_tui.api.log_stream import LogMessage
from studio_tui.service.logs.store.spool import NOT_STORED, UNREADABLE, disk_errors, nameless_file

BLOCK = 4096
"""Records of a full block."""

_FIELDS = 3
_BLOCK_FIELDS = BLOCK * _FIELDS
_BLOCK_BYTES = _BLOCK_FIELDS * 8


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
    """A sorted list of records in an unnamed file; fast at its end and when read in order.

    If the disk fails, methods raise a `SpoolError`.
    """

    def __init__(self, folder: Path) -> None:
        self._file = nameless_file(folder)
        self._first_ids = array("q")
        """First id of every full block; full blocks are in the file."""
        self._tail = array("q")
        """Fields of the records after the full blocks."""
        self._recently_read: tuple[int, array[int]] = (-1, array("q"))
        """Number and fields of the full block that was read last."""
        self._last_place = -1
        """The last result of `place_of`.

        When a new connection repeats the log, the next result is usually the place after it.
        """

    def close(self) -> None:
        """Close the file, which deletes it, as it has no name."""
        self._file.close()

    @property
    def size(self) -> int:
        """Bytes of the file that are in use."""
        return len(self._first_ids) * _BLOCK_BYTES

    def __len__(self) -> int:
        return len(self._first_ids) * BLOCK + len(self._tail) // _FIELDS

    def __getitem__(self, place: int) -> MessageRecord:
        block, inside = divmod(place, BLOCK)
        fields = self._block(block)
        at = inside * _FIELDS
        return MessageRecord(fields[at], fields[at + 1], fields[at + 2])

    @property
    def last(self) -> MessageRecord | None:
        """The record with the greatest id; `None` if there is none."""
        return self[len(self) - 1] if len(self) else None

    def append(self, record: MessageRecord) -> None:
        """Add a record whose id and offset are the greatest."""
        self.extend(array("q", record))

    def extend(self, fields: "array[int]") -> None:
        """Add records after all others: `fields` are the id, offset and length of each in turn."""
        while len(self._tail) + len(fields) >= _BLOCK_FIELDS:
            room = _BLOCK_FIELDS - len(self._tail)
            self._tail.extend(fields[:room])
            fields = fields[room:]
            with disk_errors(NOT_STORED):
                os.pwrite(self._file.fileno(), self._tail.tobytes(), self.size)
            self._first_ids.append(self._tail[0])
            self._tail = array("q")
        self._tail.extend(fields)

    def fields(self, place: int, count: int) -> "array[int]":
        """Return the fields of up to `count` records from `place` on, in the format of `extend`."""
        fields = array("q")
        while count > 0 and place < len(self):
            block, inside = divmod(place, BLOCK)
            fields.extend(self._block(block)[inside * _FIELDS : (inside + count) * _FIELDS])
            taken = min(count, BLOCK - inside)
            place, count = place + taken, count - taken
        return fields

    def place_of(self, message_id: int) -> int:
        """Return the place of the first record with this id or a higher one."""
        following = self._last_place + 1
        if following < len(self) and self[following].id == message_id:
            self._last_place = following
            return following
        block = max(0, bisect_right(self._first_ids, message_id) - 1)
        if block + 1 == len(self._first_ids) and self._tail and message_id >= self._tail[0]:
            block += 1
        fields = self._block(block)
        places = range(len(fields) // _FIELDS)
        self._last_place = block * BLOCK + bisect_left(
            places, message_id, key=lambda at: fields[at * _FIELDS]
        )
        return self._last_place

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
        block, inside = divmod(place, BLOCK)
        if block < len(self._first_ids):
            self._tail = array("q", self._block(block))
            del self._first_ids[block:]
            self._recently_read = (-1, array("q"))
        del self._tail[inside * _FIELDS :]

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

    def _block(self, number: int) -> "array[int]":
        """Return the fields of a block; those of the last block are `_tail`, which may change."""
        if number == len(self._first_ids):
            return self._tail
        if self._recently_read[0] != number:
            fields = array("q")
            with disk_errors(UNREADABLE):
                fields.frombytes(os.pread(self._file.fileno(), _BLOCK_BYTES, number * _BLOCK_BYTES))
            self._recently_read = (number, fields)
        return self._recently_read[1]


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
