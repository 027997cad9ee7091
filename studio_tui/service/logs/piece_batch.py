"""The pieces of one frame of a log, as bytes and as entries of the index of messages."""

from array import array
from collections.abc import Sequence
from itertools import accumulate
from operator import attrgetter, lt
from typing import NamedTuple

from studio_tui.api.log_stream import LogMessage
from studio_tui.service.logs.message_index import MessageRecord

_ID, _TEXT = attrgetter("id"), attrgetter("text")
_FIELDS = len(MessageRecord._fields)


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
