"""The lines of a log that match a condition: counted block by block in a thread.

Memory holds four bytes for every 64 KiB of the log, however many lines match. What a screen needs
at once is searched in the few visible blocks, whether they were counted or not.
"""

from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TypeVar, cast

from studio_tui.service.logs.store.line_index import BLOCK
from studio_tui.service.logs.store.log_store import LINE_LIMIT, LogStore

T = TypeVar("T")

Find = Callable[[bytes], Sequence[int]]
"""Returns the starts of the matching lines, in order, in a buffer of whole lines.

It is called in a thread, and for a block or two on the event loop.
"""

SLICE = 64
"""Blocks that are searched by one call to a thread, which takes as long as searching ten."""
_AT_ONCE = 4
"""Unknown blocks searched on the event loop, at most: about a millisecond."""
_KEPT = 64
"""Blocks whose matches are cached."""
_UNKNOWN = -1
_ANSWERS = 8
"""Number of cached answers."""
_EXACT_BLOCKS = 64
"""Number of blocks up to which scroll bar marks are per line, not per block."""


class LineMatches:
    """The lines of a growing log that match a condition, searched from any place."""

    total: int
    """Lines found so far."""

    def __init__(
        self,
        store: LogStore,
        find: Find,
        *,
        negated: bool = False,
        within: Find | None = None,
        ahead: int = 0,
    ) -> None:
        """Initialise with the condition; `negated` selects the lines that do not match.

        `find` gets lines without the tags that a store may put before them. `within` gets tagged
        lines, with about `ahead` bytes of what follows, and only lines that match both conditions
        are included.
        """
        self.total = 0
        self._store = store
        self._find = find
        self._negated = negated
        self._within = within
        self._ahead = ahead
        self._counts = array("i")
        self._unknown = 0
        self._edition = 0
        """Incremented whenever more becomes known."""
        self._answers: dict[object, tuple[int, object]] = {}
        self._size = 0
        self._version = store.version
        self._starts: OrderedDict[int, array[int]] = OrderedDict()
        self._wanted = (0, True)
        """Block to search next, and whether to go forwards from it."""

    # --- known matches ---------------------------------------------------------------------------

    @property
    def is_complete(self) -> bool:
        """Whether every line has been searched."""
        self._refresh()
        return self._unknown == 0

    def next(self, offset: int) -> int | None:
        """Return the start of the first known match that begins at or after `offset`."""
        self._refresh()
        first = offset // BLOCK
        for block in self._with_lines(range(first, len(self._counts))):
            starts = self._starts_of(block)
            place = bisect_left(starts, offset) if block == first else 0
            if place < len(starts):
                return starts[place]
        return None

    def previous(self, offset: int) -> int | None:
        """Return the start of the last known match that begins before `offset`."""
        self._refresh()
        first = min((offset - 1) // BLOCK, len(self._counts) - 1)
        for block in self._with_lines(range(first, -1, -1)):
            starts = self._starts_of(block)
            place = bisect_left(starts, offset)
            if place:
                return starts[place - 1]
        return None

    def _with_lines(self, blocks: range) -> Iterator[int]:
        """Yield the blocks with matches, as far as blocks are known or can be searched now."""
        at_once = _AT_ONCE
        for block in blocks:
            if self._counts[block] == _UNKNOWN:
                at_once -= 1
                if at_once < 0:
                    return
                self._note(block, len(self._starts_of(block)))
            if self._counts[block]:
                yield block

    def holds(self, start: int) -> bool:
        """Whether the line that begins at `start` matches."""
        return self.next(start) == start

    def rank(self, start: int) -> int:
        """Return the number of known matches that begin before `start`."""
        self._refresh()
        return self._once(("rank", start), lambda: self._rank(start))

    def _rank(self, start: int) -> int:
        block = start // BLOCK
        before = sum(count for count in self._counts[:block] if count > 0)
        within = bisect_left(self._starts_of(block), start) if block < len(self._counts) else 0
        return before + within

    def occupied_parts(self, parts: int) -> frozenset[int]:
        """Return which of `parts` equal parts of the log have known matches."""
        self._refresh()
        if not self.total or not parts:
            return frozenset()
        return self._once(("occupied_parts", parts), lambda: self._places(parts))

    def _places(self, parts: int) -> frozenset[int]:
        blocks = [block for block, count in enumerate(self._counts) if count > 0]
        if len(self._counts) > _EXACT_BLOCKS:
            offsets: Iterable[int] = (block * BLOCK for block in blocks)
        else:
            offsets = (start for block in blocks for start in self._starts_of(block))
        return frozenset(offset * parts // self._size for offset in offsets)

    def _once(self, question: object, answer: Callable[[], T]) -> T:
        """Return an answer, cached until more becomes known."""
        cached = self._answers.get(question)
        if cached is None or cached[0] != self._edition:
            cached = self._answers[question] = (self._edition, answer())
            while len(self._answers) > _ANSWERS:
                del self._answers[next(iter(self._answers))]
        return cast(T, cached[1])

    async def nearest(self, offset: int, *, backwards: bool) -> int | None:
        """Return the first match from `offset` on, or the last before it, once that is certain.

        Raises:
            SpoolError: the log cannot be read back, or was closed.
        """
        while True:
            start = self.previous(offset) if backwards else self.next(offset)
            if self._is_certain(offset, start, backwards=backwards):
                return start
            self._wanted = (max(0, offset - backwards) // BLOCK, not backwards)
            await self.search_next()

    def _is_certain(self, offset: int, start: int | None, *, backwards: bool) -> bool:
        if not self._unknown:
            return True
        if backwards:
            between = self._counts[(start or 0) // BLOCK : (offset + BLOCK - 1) // BLOCK]
        else:
            end = len(self._counts) if start is None else start // BLOCK + 1
            between = self._counts[offset // BLOCK : end]
        return _UNKNOWN not in between

    # --- searching -------------------------------------------------------------------------------

    async def search(self, offset: int) -> None:
        """Search the log until all of it is known, starting around an offset.

        Raises:
            SpoolError: the log cannot be read back, or was closed.
        """
        self._wanted = (offset // BLOCK, True)
        while not self._store.is_closed and not self.is_complete:
            await self.search_next()

    async def search_next(self, most: int = SLICE) -> None:
        """Search the next unknown blocks, at most `most`.

        Raises:
            SpoolError: the log cannot be read back, or was closed.
        """
        self._refresh()
        blocks = self._next_blocks(most)
        if not blocks:
            return
        begin = max(0, blocks.start * BLOCK - 1)
        length = blocks.stop * BLOCK - begin + LINE_LIMIT
        size, version = self._store.size, self._store.version

        def count(data: bytes) -> list[int]:
            counts = [0] * len(blocks)
            for start in self._starts_in(data, blocks, size):
                counts[start // BLOCK - blocks.start] += 1
            return counts

        counts = await self._store.examine(begin, length, count)
        changed = self._store.changed_since(version)
        is_same = self._store.size == size and changed >= size
        settled = min(self._store.line_start(size), changed)
        self._refresh()
        for block, found in zip(blocks, counts, strict=True):
            if self._is_open(block) and (is_same or block < settled // BLOCK):
                self._note(block, found)

    def _note(self, block: int, count: int) -> None:
        self._edition += 1
        self._counts[block] = count
        self._unknown -= 1
        self.total += count

    def _next_blocks(self, most: int) -> range:
        """Return the next unknown blocks from the wanted place on."""
        if not self._unknown:
            return range(0)
        wanted, onwards = self._wanted
        place = min(wanted, len(self._counts) - 1)
        after = next((at for at in range(place, len(self._counts)) if self._is_open(at)), None)
        before = next((at for at in range(place, -1, -1) if self._is_open(at)), None)
        if before is None or (onwards and after is not None):
            first, step = after or 0, 1
        else:
            first, step = before, -1
        last = first
        while abs(last - first) < most - 1 and self._is_open(last + step):
            last += step
        self._wanted = (last, onwards)
        return range(min(first, last), max(first, last) + 1)

    def _is_open(self, block: int) -> bool:
        return 0 <= block < len(self._counts) and self._counts[block] == _UNKNOWN

    def _starts_of(self, block: int) -> "array[int]":
        """Return the matches of one block, searched on the event loop if they are not cached."""
        starts = self._starts.get(block)
        if starts is None:
            begin = max(0, block * BLOCK - 1)
            data = self._store.read(begin, (block + 1) * BLOCK - begin + LINE_LIMIT)
            starts = array("Q", self._starts_in(data, range(block, block + 1), self._store.size))
            self._starts[block] = starts
            if len(self._starts) > _KEPT:
                self._starts.popitem(last=False)
        self._starts.move_to_end(block)
        return starts

    def _starts_in(self, data: bytes, blocks: range, size: int) -> Sequence[int]:
        """Return the matches that begin in `blocks`; `data` begins at the byte before them."""
        base = max(0, blocks.start * BLOCK - 1)
        first = data.find(b"\n") + 1 if base else 0
        room = min(blocks.stop * BLOCK, size) - base
        if (base and not first) or first >= room:
            return ()
        end = data.find(b"\n", room - 1) + 1
        lines = data[first : end or len(data)]
        seen, starts = _searched_parts(lines, base + first)
        offsets = _untagged(self._find, seen, self._store.tag)
        if self._negated:
            offsets = _others(seen, offsets)
        if self._within is not None:
            following = data[end : end + self._ahead] if end else b""
            inside = set(self._within(seen + following))
            offsets = [start for start in offsets if start in inside]
        if starts is not None:
            offsets = [starts[start] for start in offsets]
        return [base + first + start for start in offsets]

    # --- growth ----------------------------------------------------------------------------------

    def _refresh(self) -> None:
        """Account for bytes added or changed since the last call."""
        store = self._store
        if store.version != self._version:
            changed = min(store.changed_since(self._version), self._size)
            self._forget(store.line_start(max(0, changed - self._ahead)) // BLOCK)
            self._version = store.version
        elif store.size > self._size:
            self._grow()

    def _grow(self) -> None:
        """Add new blocks; a long unfinished line is not searched again beyond what was seen."""
        last = len(self._counts) - 1
        block = self._store.line_start(self._size) // BLOCK
        seen = (block + 1) * BLOCK + LINE_LIMIT
        if block < last and self._size >= seen and self._counts[last] != _UNKNOWN:
            block = last
        self._forget(min(block, max(0, self._size - self._ahead) // BLOCK))

    def _forget(self, first: int) -> None:
        """Mark everything from block `first` on as unknown."""
        self._edition += 1
        for block, count in enumerate(self._counts[first:], first):
            self.total -= max(0, count)
            self._unknown -= count == _UNKNOWN
            self._starts.pop(block, None)
        del self._counts[first:]
        self._size = self._store.size
        added = (self._size + BLOCK - 1) // BLOCK - first
        self._counts.extend([_UNKNOWN] * added)
        self._unknown += max(0, added)
        if added <= _AT_ONCE:
            for block in range(first, len(self._counts)):
                self._note(block, len(self._starts_of(block)))


def _searched_parts(lines: bytes, offset: int) -> tuple[bytes, dict[int, int] | None]:
    """Return the searched parts of lines, and their original starts by their new starts.

    `lines` begin at byte `offset` of the log. The part of a line more than `LINE_LIMIT` beyond its
    block is left out, whichever blocks are read with it; if no line is so long, `lines` is returned
    with `None`.
    """
    if not _has_long_line(lines):
        return lines, None
    parts: list[bytes] = []
    starts: dict[int, int] = {}
    at = now = 0
    for line in lines.split(b"\n"):
        block_end = ((offset + at) // BLOCK + 1) * BLOCK
        part = line[: block_end + LINE_LIMIT - offset - at]
        starts[now] = at
        parts.append(part)
        at += len(line) + 1
        now += len(part) + 1
    return b"\n".join(parts), starts


def _has_long_line(lines: bytes) -> bool:
    """Whether a line may be longer than `LINE_LIMIT`; reads few bytes if none is."""
    at = 0
    while len(lines) - at > LINE_LIMIT:
        end = lines.rfind(b"\n", at, at + LINE_LIMIT + 1)
        if end < 0:
            return True
        at = end + 1
    return False


def _untagged(find: Find, lines: bytes, tag: int) -> Sequence[int]:
    """Match lines by their text after a tag of `tag` bytes."""
    if not tag:
        return find(lines)
    text = b"\n".join(line[tag:] for line in lines.split(b"\n"))
    starts: list[int] = []
    before = at = 0
    for start in find(text):
        before += text.count(b"\n", at, start)
        at = start
        starts.append(start + before * tag)
    return starts


def _others(lines: bytes, starts: Sequence[int]) -> list[int]:
    """Return the starts of the lines that are not in `starts`."""
    every = accumulate((len(line) + 1 for line in lines.split(b"\n")), initial=0)
    left = set(starts)
    return [start for start in every if start < len(lines) and start not in left]
