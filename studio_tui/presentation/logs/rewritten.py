"""Splits a line that was overwritten into its states.

A line is overwritten after a carriage return, `CSI G`, `CSI 2K`, or `CSI n D` and backspaces that
reach its start; those that do not reach it keep the text before the cursor.
"""

import re
from typing import NamedTuple

_RETURNS = re.compile(rb"\r|\x1b\[(?:2K|[01]?G)")
_PARTIAL = re.compile(rb"\x08|\x1b\[\d*D|\x1b\[(?:[2-9]|\d\d+)G")
_MOVES = re.compile(
    rb"(?P<start>\r|\x1b\[(?:2K|[01]?G))|(?P<back>\x08+)|\x1b\[(?:(?P<left>\d*)D|(?P<column>\d+)G)"
)
_SHOWN = re.compile(r"((?:\x1b\[[0-?]*[ -/]*[@-~])*)([^\x1b]|\x1b(?!\[))", re.DOTALL)
_INVISIBLE = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x1f]")
_LARGEST = 9999
_BUDGET = 2_000_000
"""Maximum number of characters copied per line; then partial moves count as full ones."""


class States(NamedTuple):
    """Successive states of a line."""

    newest: bytes
    """The last non-empty state, without the movements."""
    earlier: tuple[bytes, ...]
    """The earlier non-empty states, in order."""


def is_rewritten(raw: bytes) -> bool:
    """Whether any of the lines moves the cursor back."""
    if b"\r" in raw:
        bare = raw.replace(b"\r\n", b"\n") if b"\r\n" in raw else raw
        if b"\r" in bare.rstrip(b"\r"):
            return True
    if b"\x08" in raw:
        return True
    return b"\x1b" in raw and bool(_RETURNS.search(raw) or _PARTIAL.search(raw))


def states(raw: bytes) -> States:
    """Return the states of a line; only one if it was never rewritten."""
    raw = raw.rstrip(b"\r")
    if b"\x1b" not in raw and b"\x08" not in raw:
        shown = [state for state in raw.split(b"\r") if state.strip()] or [raw]
        return States(shown.pop(), tuple(shown))
    every = _walked(raw) if _PARTIAL.search(raw) else _RETURNS.split(raw)
    while len(every) > 1 and not _has_text(every[-1]):
        every.pop()
    return States(every[-1], tuple(state for state in every[:-1] if _has_text(state)))


def last_state(raw: bytes) -> bytes:
    """Return the visible state of a line; usually the line itself."""
    raw = raw.rstrip(b"\r")
    if b"\x08" not in raw and b"\x1b" not in raw:
        newest = raw[raw.rfind(b"\r") + 1 :]
        return newest if newest.strip() else states(raw).newest
    return states(raw).newest if is_rewritten(raw) else raw


def last_states(lines: bytes) -> bytes:
    """Return lines with only their visible states; the number of lines does not change."""
    if not is_rewritten(lines):
        return lines
    return b"\n".join(
        last_state(line) if is_rewritten(line) else line for line in lines.split(b"\n")
    )


def _has_text(state: bytes) -> bool:
    return bool(_INVISIBLE.sub(b"", state).strip()) if b"\x1b" in state else bool(state.strip())


def _walked(raw: bytes) -> list[bytes]:
    """Return the states of a line with movements that go back only partially."""
    every: list[bytes] = []
    cells: list[str] = []
    at = budget = 0
    length = -1
    for move in _MOVES.finditer(raw):
        cells += _cells(raw[at : move.start()])
        at = move.end()
        column = _column(move, len(cells))
        if column < len(cells):
            budget += len(cells)
            every.append("".join(cells).encode("utf-8", "surrogateescape"))
            del cells[column if budget < _BUDGET else 0 :]
            length = len(cells)
    cells += _cells(raw[at:])
    if len(cells) != length or not every:
        every.append("".join(cells).encode("utf-8", "surrogateescape"))
    return every


def _column(move: re.Match[bytes], length: int) -> int:
    """Return the number of cells before the cursor after a movement."""
    if move["start"] is not None:
        return 0
    if move["column"] is not None:
        return int(move["column"][:4]) - 1
    if move["back"] is not None:
        return max(0, length - len(move["back"]))
    return max(0, length - min(int(move["left"][:4] or b"1"), _LARGEST))


def _cells(raw: bytes) -> list[str]:
    """Return the characters of a text, each with the escape sequences before it."""
    text = raw.decode("utf-8", "surrogateescape")
    if "\x1b" not in text:
        return list(text)
    cells = [shown[0] for shown in _SHOWN.finditer(text)]
    end = sum(map(len, cells))
    if end < len(text):
        cells = [*cells[:-1], (cells[-1] if cells else "") + text[end:]]
    return cells
