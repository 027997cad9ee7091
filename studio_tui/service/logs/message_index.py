"""Positions of websocket messages in the spool; stored on disk, since a log has millions.

Records are sorted by id, which is also the order of their offsets. The place of a record is its
index in this order, from 0.
"""

import os
import tempfile
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from operator import attrgetter, lt
from pathlib import Path
from typing import NamedTuple

from studio_tui.api.log_stream import LogMessage
from studio_tui.errors import SpoolError
from studio_tui.paths import private_dir

BLOCK = 4096
"""Records per block. In memory are the last block, the one read last, and each block's first id."""

_FIELDS = 3
_BLOCK_FIELDS = BLOCK * _FIELDS
_BYTES = _BLOCK_FIELDS * 8


class MessageRecord(NamedTuple):
    """A message in the spool."""

    id: int
    offset: int
    """Offset of its first byte in the spool."""
    length: int
    """Bytes."""

    @property
    def end(self) -> int:
        """Offset after its last byte."""
        return self.offset + self.length


class MessageIndex:
    """A sorted list of records in an unnamed file; fast at its end and when read in order."""

    def __init__(self, directory: Path) -> None:
        """Create an empty index.

        Raises:
            SpoolError: the file cannot be created.
        """
        try:
            self._file = tempfile.TemporaryFile(dir=private_dir(directory), buffering=0)  # noqa: SIM115
        except OSError as error:
            raise SpoolError(f"No log can be stored in {directory}: {error.strerror}.") from error
        self._first_ids = array("q")
        """The first id of every full block; full blocks are in the file."""
        self._last = array("q")
        """The fields of the records after the full blocks."""
        self._read: tuple[int, array[int]] = (-1, array("q"))
        """The full block read last, after its number."""
        self._found = -1
        """The place found last; in a replay, the record after it is looked up next."""

    def close(self) -> None:
        """Close the file, which deletes it, as it has no name."""
        self._file.close()

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return len(self._first_ids) * _BYTES

    def __len__(self) -> int:
        return len(self._first_ids) * BLOCK + len(self._last) // _FIELDS

    def __getitem__(self, place: int) -> MessageRecord:
        block, inside = divmod(place, BLOCK)
        fields = self._last if block == len(self._first_ids) else self._block(block)
        at = inside * _FIELDS
        return MessageRecord(fields[at], fields[at + 1], fields[at + 2])

    @property
    def last(self) -> MessageRecord | None:
        """The record with the greatest id; `None` if there is none."""
        return self[len(self) - 1] if len(self) else None

    def append(self, record: MessageRecord) -> None:
        """Add a record whose id and offset are the greatest.

        Raises:
            SpoolError: the disk is full.
        """
        self.extend(array("q", record))

    def extend(self, fields: "array[int]") -> None:
        """Add records, given as the id, offset and length of the first, of the second, and so on.

        Their ids and offsets are greater than those in the index, and ascending.

        Raises:
            SpoolError: the disk is full.
        """
        while len(self._last) + len(fields) >= _BLOCK_FIELDS:
            room = _BLOCK_FIELDS - len(self._last)
            self._last.extend(fields[:room])
            fields = fields[room:]
            try:
                os.pwrite(self._file.fileno(), self._last.tobytes(), len(self._first_ids) * _BYTES)
            except OSError as error:
                raise SpoolError(f"The log cannot be stored on disk: {error.strerror}.") from error
            self._first_ids.append(self._last[0])
            self._last = array("q")
        self._last.extend(fields)

    def fields(self, place: int, count: int) -> "array[int]":
        """Return the fields of at most `count` records from `place` on, as for `extend`."""
        fields = array("q")
        while count > 0 and place < len(self):
            block, inside = divmod(place, BLOCK)
            source = self._last if block == len(self._first_ids) else self._block(block)
            fields.extend(source[inside * _FIELDS : (inside + count) * _FIELDS])
            taken = min(count, BLOCK - inside)
            place, count = place + taken, count - taken
        return fields

    def place_of(self, message_id: int) -> int:
        """Return the place of the record with an id, or the place it would have."""
        following = self._found + 1
        if following < len(self) and self[following].id == message_id:
            self._found = following
            return following
        block = max(0, bisect_right(self._first_ids, message_id) - 1)
        if block + 1 == len(self._first_ids) and self._last and message_id >= self._last[0]:
            block += 1
        fields = self._last if block == len(self._first_ids) else self._block(block)
        places = range(len(fields) // _FIELDS)
        self._found = block * BLOCK + bisect_left(
            places, message_id, key=lambda at: fields[at * _FIELDS]
        )
        return self._found

    def place_at(self, offset: int, *, since: int = 0) -> int:
        """Return the place of the first record, from place `since` on, at an offset or after it."""
        return bisect_left(range(len(self)), offset, lo=since, key=lambda at: self[at].offset)

    def remove(self, place: int, end: int) -> None:
        """Remove the records from `place` to before `end`; offsets stay as they are.

        Raises:
            SpoolError: the disk is full.
        """
        later = self.fields(end, len(self) - end)
        self.cut(place)
        self.extend(later)

    def cut(self, place: int) -> None:
        """Remove the records from `place` on."""
        block, inside = divmod(place, BLOCK)
        if block < len(self._first_ids):
            self._last = array("q", self._block(block))
            del self._first_ids[block:]
            self._read = (-1, array("q"))
        del self._last[inside * _FIELDS :]

    def insert(self, place: int, fields: "array[int]", *, over: int = 0) -> None:
        """Insert records before the one at `place`, or replace it if `over`, its length, is given.

        `fields` is in the format of `extend`; the offsets of later records are adjusted.

        Raises:
            SpoolError: the disk is full.
        """
        moved = sum(fields[2::_FIELDS]) - over
        following = place + (over > 0)
        later = self.fields(following, len(self) - following)
        offsets = later[1::_FIELDS]
        later[1::_FIELDS] = array("q", [offset + moved for offset in offsets])
        self.cut(place)
        self.extend(fields)
        self.extend(later)

    def _block(self, number: int) -> "array[int]":
        if self._read[0] != number:
            fields = array("q")
            fields.frombytes(os.pread(self._file.fileno(), _BYTES, number * _BYTES))
            self._read = (number, fields)
        return self._read[1]


_ID, _TEXT = attrgetter("id"), attrgetter("text")


class PieceBatch(NamedTuple):
    """The pieces of a frame, encoded in one go: one by one they would take ten times as long."""

    ids: list[int]
    lengths: list[int]
    """Bytes of each piece."""
    raw: bytes
    is_ordered: bool
    """Whether there are pieces, in ascending order of id."""

    @classmethod
    def of(cls, pieces: Sequence[LogMessage]) -> "PieceBatch":
        ids, texts = list(map(_ID, pieces)), list(map(_TEXT, pieces))
        lengths = list(map(len, texts))
        raw = "".join(texts).encode("utf-8", "surrogatepass")
        if len(raw) != sum(lengths):
            lengths = [len(text.encode("utf-8", "surrogatepass")) for text in texts]
        is_ordered = bool(ids) and all(map(lt, ids, ids[1:]))
        return cls(ids, lengths, raw, is_ordered)

    def jump_from(self, last: MessageRecord) -> int | None:
        """Return the first id higher than the text before it accounts for; `None` if there is none.

        Whatever ids count, they grow by at most twice the bytes, if pieces are not empty.
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
        """Return the index entries of these pieces, stored contiguously from `offset` on."""
        fields = array("q", bytes(8 * _FIELDS * len(self.ids)))
        offsets = accumulate(self.lengths[:-1], initial=offset)
        for column, values in enumerate((self.ids, offsets, self.lengths)):
            fields[column::_FIELDS] = array("q", values)
        return fields
