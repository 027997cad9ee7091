"""Looks for words in a log slice by slice, in a thread, so that nobody waits for it."""

import asyncio

from studio_tui.service.log_store import LogStore

_SLICE = 1024 * 1024


async def find_line(
    store: LogStore, needle: bytes, offset: int, *, ignore_case: bool, backwards: bool
) -> int | None:
    """Return the start of the nearest line with `needle`, which holds no newline.

    Forwards that is the first occurrence at or after `offset`, backwards the last one that begins
    before it. Case is ignored for ASCII letters. `None` means that there is none.

    Raises:
        SpoolError: the log cannot be read back, or was closed.
    """
    if not needle:
        return None
    wanted = needle.lower() if ignore_case else needle
    overlap = len(needle) - 1
    start, end = (max(0, offset - _SLICE), offset) if backwards else (offset, offset + _SLICE)
    while start < end and start < store.size:
        data = await store.examine(start, end - start + overlap, bytes)
        found = await asyncio.to_thread(_find, data, wanted, ignore_case, backwards)
        if found >= 0:
            return store.line_start(start + found)
        if backwards:
            start, end = max(0, start - _SLICE), start
        else:
            start, end = end, end + _SLICE
    return None


def _find(data: bytes, needle: bytes, ignore_case: bool, backwards: bool) -> int:
    text = data.lower() if ignore_case else data
    return text.rfind(needle) if backwards else text.find(needle)
