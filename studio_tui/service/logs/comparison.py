"""Compares the bytes of a whole log, as REST and archives send them, with those stored."""

from bisect import bisect_left

from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.text import incomplete_bytes

COMPARED = 256 * 1024
"""Maximum number of bytes compared at once, which takes half a millisecond."""


class Comparison:
    """Compares the incoming bytes of a whole log with the store, and appends what is new.

    Bytes that are not UTF-8 may be in the store as they are or, since the websocket cannot send
    them, as replacement characters; a comparison that `mends` restores the original bytes.
    """

    def __init__(self, store: LogStore, *, offset: int = 0, mends: bool = False) -> None:
        """Initialise; `offset` is that of the first incoming byte, in the log and in the store."""
        self.is_whole = offset == 0
        """Whether the whole log is compared, not only its end."""
        self.mends = mends
        """Whether the incoming bytes replace stored ones that differ."""
        self.received = offset
        """Bytes of the whole log received, as Studio counts them."""
        self.differs = False
        """Whether a difference was found; nothing is added after that."""
        self.end = offset
        """Offset in the store after the compared bytes."""
        self._store = store
        self._held = b""
        """An incomplete character at the end of the received bytes."""

    @classmethod
    def of_end(cls, store: LogStore, *, overlap: int) -> "Comparison":
        """Return a comparison from the start of a line, at least `overlap` bytes before the end."""
        return cls(store, offset=store.line_start(max(0, store.size - overlap)))

    @property
    def has_proved_end(self) -> bool:
        """Whether the incoming bytes end as the stored ones do."""
        return not self.differs and not self._held and self.end >= self._store.size

    @property
    def has_proved_whole(self) -> bool:
        """Whether everything stored equals the incoming bytes."""
        return self.is_whole and self.has_proved_end

    def add(self, data: bytes) -> None:
        """Compare the next bytes.

        Raises:
            SpoolError: writing to the disk failed.
        """
        self.received += len(data)
        data, self._held = self._held + data, b""
        at = 0
        while at < len(data) and not self.differs:
            part = data[at : at + COMPARED]
            at += len(part)
            if not self.mends and (count := incomplete_bytes(part)):
                part = part[:-count]
                at -= count
                if at + count == len(data):
                    self._held = data[at:]
                    at = len(data)
            self._compare(part)

    def finish(self) -> None:
        """Compare the held bytes too, as the log ends within a character.

        Raises:
            SpoolError: writing to the disk failed.
        """
        held, self._held = self._held, b""
        if held and not self.differs:
            self._compare(held)

    def _compare(self, raw: bytes) -> None:
        here = self._store.read(self.end, len(raw))
        if not raw.startswith(here):
            if self.mends:
                here = here[: _common(raw, here)]
                self._mend(self.end + len(here))
            else:
                raw = raw.decode("utf-8", "replace").encode()
                here = self._store.read(self.end, len(raw))
                if not raw.startswith(here):
                    self.differs = True
                    return
        if len(raw) > len(here):
            self._store.append(raw[len(here) :])
        self.end += len(raw)

    def _mend(self, offset: int) -> None:
        """Drop the stored bytes from `offset` on, and the marks of what was missing there."""
        self._store.cut(offset)
        for mark in self._store.marks:
            if mark.offset == offset:
                self._store.unmark(mark)


def _common(one: bytes, other: bytes) -> int:
    """Return the length of the common prefix."""
    lengths = range(1, min(len(one), len(other)) + 1)
    return bisect_left(lengths, True, key=lambda length: one[:length] != other[:length])
