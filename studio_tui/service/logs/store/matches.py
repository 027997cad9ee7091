"""The lines of a log that match a condition: counted block by block in a thread.

Memory holds four bytes for every block of 64 KiB: the number of its matches. If a screen needs
their places, a few blocks are searched again on the event loop.
"""

from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, TypeVar, cast

from studio_tui.service.logs.store.line_index import BLOCK
from studio_tui.service.logs.store.log_store import LINE_LIMIT, LogStore

T = TypeVar("T")

Find = Callable[[bytes], Sequence[int]]
"""Returns the starts of matching lines among whole lines; called in a thread or on the event loop.
"""

SLICE = 64
"""Maximum blocks searched by one call of a thread. The call alone costs as much as ten blocks."""
_SEARCHED_AT_ONCE = 4
"""Maximum unknown blocks searched on the event loop at once; they take about a millisecond."""
_CACHED_BLOCKS = 64
_UNKNOWN = -1
_CACHED_ANSWERS = 8
_EXACT_BLOCKS = 64
"""Maximum blocks of a log of which a scroll bar shows the matching lines, not whole blocks."""


class LineMatches:
    """The lines of a growing log that match a condition, searched from any place.

    Methods that read raise a `SpoolError` if the log cannot be read back, or was closed.
    """

    def __init__(
        self,
        store: LogStore,
        find: Find,
        *,
        negated: bool = False,
        within: Find | None = None,
        ahead: int = 0,
    ) -> None:
        """Initialize; lines that `find` returns match, or with `negated` all others.

        `find` is called with lines without their tags. If `within` is given, a line matches only if
        that returns it as well. `within` is called with tagged lines, and up to `ahead` bytes after
        them on which its result may depend.
        """
        self.total = 0
        """Number of known matches."""
        self.has_cut_lines = False
        """Whether a line was too long to be searched to its end."""
        self._store = store
        self._find = find
        self._negated = negated
        self._within = within
        self._ahead = ahead
        self._counts = array("i")
        """Matches in each block, or `_UNKNOWN`."""
        self._unknown_count = 0
        self._answers: dict[object, Any] = {}
        """Some answers, cached until a count changes."""
        self._size = 0
        self._version = store.version
        self._starts: OrderedDict[int, array[int]] = OrderedDict()
        """Starts of the matches of some blocks."""
        self._next_search = (0, True)
        """Block to search next, and whether to go forwards from it."""

    # --- known matches ---------------------------------------------------------------------------

    @property
    def is_complete(self) -> bool:
        """Whether every line has been searched."""
        self._refresh()
        return self._unknown_count == 0

    def next(self, offset: int) -> int | None:
        """Return the start of the first known match that begins at or after `offset`."""
        self._refresh()
        first = offset // BLOCK
        for block in self._blocks_with_matches(range(first, len(self._counts))):
            starts = self._starts_of(block)
            place = bisect_left(starts, offset) if block == first else 0
            if place < len(starts):
                return starts[place]
        return None

    def previous(self, offset: int) -> int | None:
        """Return the start of the last known match that begins before `offset`."""
        self._refresh()
        first = min((offset - 1) // BLOCK, len(self._counts) - 1)
        for block in self._blocks_with_matches(range(first, -1, -1)):
            starts = self._starts_of(block)
            place = bisect_left(starts, offset)
            if place:
                return starts[place - 1]
        return None

    def _blocks_with_matches(self, blocks: range) -> Iterator[int]:
        """Yield the blocks with matches, until too many unknown ones would have to be searched."""
        searches_left = _SEARCHED_AT_ONCE
        for block in blocks:
            if self._counts[block] == _UNKNOWN:
                searches_left -= 1
                if searches_left < 0:
                    return
                self._set_count(block, len(self._starts_of(block)))
            if self._counts[block]:
                yield block

    def __contains__(self, start: int) -> bool:
        """Whether a line that begins at `start` matches."""
        return self.next(start) == start

    def count_before(self, start: int) -> int:
        """Return the number of known matches that begin before `start`."""
        self._refresh()
        return self._cached(("rank", start), lambda: self._rank(start))

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
        return self._cached(("occupied_parts", parts), lambda: self._find_occupied(parts))

    def _find_occupied(self, parts: int) -> frozenset[int]:
        blocks = [block for block, count in enumerate(self._counts) if count > 0]
        if len(self._counts) > _EXACT_BLOCKS:
            offsets: Iterable[int] = (block * BLOCK for block in blocks)
        else:
            offsets = (start for block in blocks for start in self._starts_of(block))
        return frozenset(offset * parts // self._size for offset in offsets)

    def _cached(self, key: object, compute: Callable[[], T]) -> T:
        """Return what `compute` returns, cached until a count changes."""
        if key not in self._answers:
            answer = compute()
            if len(self._answers) == _CACHED_ANSWERS:
                self._answers.clear()
            self._answers[key] = answer
        return cast(T, self._answers[key])

    async def nearest(self, offset: int, *, backwards: bool) -> int | None:
        """Return the first match from `offset` on, or the last before it, searching as needed."""
        while True:
            start = self.previous(offset) if backwards else self.next(offset)
            if self._is_certain(offset, start, backwards=backwards):
                return start
            self._next_search = (max(0, offset - backwards) // BLOCK, not backwards)
            await self.search_next()

    def _is_certain(self, offset: int, start: int | None, *, backwards: bool) -> bool:
        if not self._unknown_count:
            return True
        if backwards:
            between = self._counts[(start or 0) // BLOCK : (offset + BLOCK - 1) // BLOCK]
        else:
            end = len(self._counts) if start is None else start // BLOCK + 1
            between = self._counts[offset // BLOCK : end]
        return _UNKNOWN not in between

    # --- searching -------------------------------------------------------------------------------

    async def search(self, offset: int) -> None:
        """Search the whole log, beginning at the block of `offset`."""
        self._next_search = (offset // BLOCK, True)
        while not self._store.is_closed and not self.is_complete:
            await self.search_next()

    async def search_next(self, limit: int = SLICE) -> None:
        """Search up to `limit` unknown blocks in a thread: those that are needed next."""
        self._refresh()
        blocks = self._next_blocks(limit)
        if not blocks:
            return
        begin = max(0, blocks.start * BLOCK - 1)
        length = blocks.stop * BLOCK - begin + LINE_LIMIT
        size, version = self._store.size, self._store.version

        def count_matches(data: bytes) -> list[int]:
            counts = [0] * len(blocks)
            for start in self._starts_in(data, blocks, size):
                counts[start // BLOCK - blocks.start] += 1
            return counts

        counts = await self._store.read_in_thread(begin, length, count_matches)
        # While the thread was searching, bytes may have changed, or an unfinished line may have
        # grown: the counts of these blocks may be wrong.
        changed = self._store.changed_since(version)
        is_same = self._store.size == size and changed >= size
        settled = min(self._store.line_start(size), changed)
        self._refresh()
        for block, count in zip(blocks, counts, strict=True):
            if self._is_unknown(block) and (is_same or block < settled // BLOCK):
                self._set_count(block, count)

    def _set_count(self, block: int, count: int) -> None:
        self._answers.clear()
        self._counts[block] = count
        self._unknown_count -= 1
        self.total += count

    def _next_blocks(self, limit: int) -> range:
        """Return up to `limit` adjacent unknown blocks, the nearest in the direction wanted."""
        if not self._unknown_count:
            return range(0)
        first_choice, forwards = self._next_search
        place = min(first_choice, len(self._counts) - 1)
        after = next(filter(self._is_unknown, range(place, len(self._counts))), None)
        before = next(filter(self._is_unknown, range(place, -1, -1)), None)
        if before is None or (forwards and after is not None):
            first, step = after or 0, 1
        else:
            first, step = before, -1
        last = first
        while abs(last - first) < limit - 1 and self._is_unknown(last + step):
            last += step
        self._next_search = (last, forwards)
        return range(min(first, last), max(first, last) + 1)

    def _is_unknown(self, block: int) -> bool:
        return 0 <= block < len(self._counts) and self._counts[block] == _UNKNOWN

    def _starts_of(self, block: int) -> "array[int]":
        """Return the starts of a block's matches, searched on the event loop if not cached."""
        starts = self._starts.get(block)
        if starts is None:
            begin = max(0, block * BLOCK - 1)
            data = self._store.read(begin, (block + 1) * BLOCK - begin + LINE_LIMIT)
            starts = array("Q", self._starts_in(data, range(block, block + 1), self._store.size))
            self._starts[block] = starts
            if len(self._starts) > _CACHED_BLOCKS:
                self._starts.popitem(last=False)
        self._starts.move_to_end(block)
        return starts

    def _starts_in(self, data: bytes, blocks: range, size: int) -> Sequence[int]:
        """Return the starts of matches in `blocks`; `data` begins with the byte before these."""
        base = max(0, blocks.start * BLOCK - 1)
        first = data.find(b"\n") + 1 if base else 0
        room = min(blocks.stop * BLOCK, size) - base
        if (base and not first) or first >= room:
            return ()
        end = data.find(b"\n", room - 1) + 1
        lines = data[first : end or len(data)]
        searched, original_starts = _searched_parts(lines, base + first)
        if len(searched) < len(lines) or (not end and base + len(data) < size):
            self.has_cut_lines = True
        offsets = _find_in_text(self._find, searched, self._store.tag_length)
        if self._negated:
            offsets = _unmatched(searched, offsets)
        if self._within is not None:
            following = data[end : end + self._ahead] if end else b""
            also_matching = set(self._within(searched + following))
            offsets = [start for start in offsets if start in also_matching]
        if original_starts is not None:
            offsets = [original_starts[start] for start in offsets]
        return [base + first + start for start in offsets]

    # --- growth ----------------------------------------------------------------------------------

    def _refresh(self) -> None:
        """Mark blocks as unknown that have been added or have changed since the last call."""
        store = self._store
        if store.version != self._version:
            changed = min(store.changed_since(self._version), self._size)
            self._forget(store.line_start(max(0, changed - self._ahead)) // BLOCK)
            self._version = store.version
        elif store.size > self._size:
            self._grow()

    def _grow(self) -> None:
        """Add new blocks; the block of the line that was unfinished until now becomes unknown.

        If that line is so long that its searched part has not grown, its block stays known.
        """
        last = len(self._counts) - 1
        block = self._store.line_start(self._size) // BLOCK
        searched = (block + 1) * BLOCK + LINE_LIMIT
        if block < last and self._size >= searched and self._counts[last] != _UNKNOWN:
            block = last
        self._forget(min(block, max(0, self._size - self._ahead) // BLOCK))

    def _forget(self, first: int) -> None:
        """Mark all blocks from `first` on as unknown; if they are few, search them at once."""
        self._answers.clear()
        self.has_cut_lines &= first > 0
        for block, count in enumerate(self._counts[first:], first):
            self.total -= max(0, count)
            self._unknown_count -= count == _UNKNOWN
            self._starts.pop(block, None)
        del self._counts[first:]
        self._size = self._store.size
        added = (self._size + BLOCK - 1) // BLOCK - first
        self._counts.extend([_UNKNOWN] * added)
        self._unknown_count += max(0, added)
        if added <= _SEARCHED_AT_ONCE:
            for block in range(first, len(self._counts)):
                self._set_count(block, len(self._starts_of(block)))


def _searched_parts(lines: bytes, offset: int) -> tuple[bytes, dict[int, int] | None]:
    """Return the parts of lines that are searched, and the start of each part's line in `lines`.

    The starts are by the start of the part in what is returned.

    `lines` begin at byte `offset` of the log. Of each line, what is more than `LINE_LIMIT` after
    the end of its block is left out, so that the result does not depend on which blocks are read
    together. If no line is so long, `lines` and `None` are returned.
    """
    if not _has_long_line(lines):
        return lines, None
    parts: list[bytes] = []
    original_starts: dict[int, int] = {}
    line_start = part_start = 0
    for line in lines.split(b"\n"):
        block_end = ((offset + line_start) // BLOCK + 1) * BLOCK
        part = line[: block_end + LINE_LIMIT - offset - line_start]
        original_starts[part_start] = line_start
        parts.append(part)
        line_start += len(line) + 1
        part_start += len(part) + 1
    return b"\n".join(parts), original_starts


def _has_long_line(lines: bytes) -> bool:
    """Whether a line may be longer than `LINE_LIMIT`; reads few bytes if none is."""
    at = 0
    while len(lines) - at > LINE_LIMIT:
        end = lines.rfind(b"\n", at, at + LINE_LIMIT + 1)
        if end < 0:
            return True
        at = end + 1
    return False


def _find_in_text(find: Find, lines: bytes, tag_length: int) -> Sequence[int]:
    """Return the starts of the lines whose text, after their tag, matches."""
    if not tag_length:
        return find(lines)
    text = b"\n".join(line[tag_length:] for line in lines.split(b"\n"))
    starts: list[int] = []
    newlines = counted = 0
    for start in find(text):
        newlines += text.count(b"\n", counted, start)
        counted = start
        # A tag was removed from each line before this one.
        starts.append(start + newlines * tag_length)
    return starts


def _unmatched(lines: bytes, starts: Sequence[int]) -> list[int]:
    all_starts = accumulate((len(line) + 1 for line in lines.split(b"\n")), initial=0)
    matching = set(starts)
    return [start for start in all_starts if start < len(lines) and start not in matching]
