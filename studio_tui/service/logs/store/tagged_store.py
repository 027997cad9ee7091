"""The store of a merged log. Each line begins with a tag that identifies the log it is from.

As this program adds a tag to each line, no log text can forge one. Lines are read without them.
"""

from collections.abc import Iterable, Sequence

from studio_tui.service.logs.store.log_store import LogLine, LogStore
from studio_tui.service.logs.store.matches import Find

TAG_LENGTH = 4
"""Bytes of a tag: three hexadecimal digits and a bar."""
TAG_COUNT = 16**3
"""Numbers that a tag can hold."""


def tag_of(number: int) -> bytes:
    """Return the tag of a number from 0 to `TAG_COUNT - 1`."""
    return b"%03x|" % number


def number_in(line: bytes) -> int:
    """Return the number in the tag at the beginning of a line."""
    return int(line[: TAG_LENGTH - 1], 16)


def finder_of_tags(numbers: Iterable[int]) -> Find:
    """Return a function that finds the tagged lines with one of these numbers."""
    tags = frozenset(map(tag_of, numbers))

    def find(lines: bytes) -> Sequence[int]:
        starts = []
        start = 0
        for line in lines.split(b"\n"):
            if line[:TAG_LENGTH] in tags:
                starts.append(start)
            start += len(line) + 1
        return starts

    return find


class TaggedStore(LogStore):
    """A store whose lines begin with tags."""

    tag_length = TAG_LENGTH

    @property
    def text_size(self) -> int:
        """Bytes of the lines without their tags."""
        return self.size - TAG_LENGTH * self.lines

    def line_at(self, start: int) -> LogLine:
        """Return the line that begins at byte `start`, without its tag."""
        line = super().line_at(start)
        return line._replace(length=line.length - TAG_LENGTH, head=line.head[TAG_LENGTH:])

    def number_at(self, start: int) -> int | None:
        """Return the number in the tag of the line at `start`; `None` at the end of the log."""
        tag = self.read(start, TAG_LENGTH)
        return number_in(tag) if len(tag) == TAG_LENGTH else None

    def become(self, other: "TaggedStore") -> None:
        """Take over the files of another store, which must not be used or closed after that."""
        self._spool.close()
        self._spool, self._index, self._marks = other._spool, other._index, other._marks
        self.arrivals = other.arrivals
        self._note_change(0)
        self._watchers.notify()
