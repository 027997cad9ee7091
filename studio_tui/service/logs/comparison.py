"""Compares the bytes of a log that REST or an archive sends with the stored bytes."""

from bisect import bisect_left

from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.text import incomplete_bytes


class Comparison:
    """Compares the incoming bytes of a log with the stored ones, and appends what follows these.

    The websocket cannot send bytes that are not UTF-8, so they may be stored as replacement
    characters. These count as equal, unless the comparison `mends`: then, from the first difference
    on, the incoming bytes replace the stored ones.
    If the disk fails, all methods raise a `SpoolError`.
    """

    def __init__(self, store: LogStore, *, offset: int = 0, mends: bool = False) -> None:
        """Initialize; `offset` is where the first incoming byte is in the log and in the store."""
        self.is_whole = offset == 0
        self.mends = mends
        self.received = offset
        """Offset in the log after the received bytes, as Studio counts."""
        self.differs = False
        """Whether a difference was found; bytes that follow are ignored."""
        self.end = offset
        """Offset in the store after the compared bytes."""
        self._store = store
        self._incomplete = b""

    @property
    def has_proved_end(self) -> bool:
        """Whether the incoming bytes equal the stored ones, up to the end of the store."""
        return not self.differs and not self._incomplete and self.end >= self._store.size

    @property
    def has_proved_whole(self) -> bool:
        """Whether everything stored equals the incoming bytes."""
        return self.is_whole and self.has_proved_end

    def add(self, data: bytes) -> None:
        """Compare the next bytes: at most a megabyte, which takes a millisecond."""
        self.received += len(data)
        if self.differs:
            return
        data = self._incomplete + data
        # A character is compared as a whole, as it may be stored as a replacement character.
        end = len(data) - (0 if self.mends else incomplete_bytes(data))
        self._incomplete = data[end:]
        self._compare(data[:end])

    def finish(self) -> None:
        """Compare the bytes of an incomplete character, as nothing follows."""
        incomplete, self._incomplete = self._incomplete, b""
        if incomplete and not self.differs:
            self._compare(incomplete)

    def _compare(self, raw: bytes) -> None:
        stored = self._store.read(self.end, len(raw))
        if not raw.startswith(stored):
            if self.mends:
                stored = stored[: _common_length(raw, stored)]
                self._mend(self.end + len(stored))
            else:
                raw = raw.decode("utf-8", "replace").encode()
                stored = self._store.read(self.end, len(raw))
                if not raw.startswith(stored):
                    self.differs = True
                    return
        if len(raw) > len(stored):
            self._store.append(raw[len(stored) :])
        self.end += len(raw)

    def _mend(self, offset: int) -> None:
        """Drop the stored bytes from `offset` on, and the marks there."""
        self._store.cut(offset)
        for mark in self._store.marks:
            if mark.offset == offset:
                self._store.unmark(mark)


def _common_length(one: bytes, other: bytes) -> int:
    lengths = range(1, min(len(one), len(other)) + 1)
    return bisect_left(lengths, True, key=lambda length: one[:length] != other[:length])
