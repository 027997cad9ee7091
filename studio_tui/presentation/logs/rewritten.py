"""Splits a line that was overwritten into its states.

A line is overwritten from its start after a carriage return, `CSI G` or `CSI 2K`. After backspaces,
`CSI n D` or `CSI n G`, a line is overwritten from the new place of the cursor. The text before the
cursor is kept in the next state.
"""

import re
from typing import NamedTuple

_RETURNS = re.compile(rb"\r|\x1b\[(?:2K|[01]?G)")
"""Sequences after which a line is overwritten from its start."""
_PARTIAL = re.compile(rb"\x08|\x1b\[\d*D|\x1b\[(?:[2-9]|\d\d+)G")
"""Moves of the cursor that can stop before they reach the start of a line."""
_MOVES = re.compile(
    rb"(?P<start>\r|\x1b\[(?:2K|[01]?G))|(?P<back>\x08+)|\x1b\[(?:(?P<left>\d*)D|(?P<column>\d+)G)"
)
"""A sequence as in `_RETURNS` or `_PARTIAL`; several backspaces are one match."""
_SHOWN = re.compile(r"((?:\x1b\[[0-?]*[ -/]*[@-~])*)([^\x1b]|\x1b(?!\[))", re.DOTALL)
"""A character with the escape sequences before it."""
_INVISIBLE = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x1f]")
"""An escape sequence or a control character."""
_LARGEST = 9999
"""Maximum number of cells that `CSI n D` moves the cursor."""
_BUDGET = 2_000_000
"""Maximum number of characters copied per line; beyond it, each move leads to the line's start."""


class States(NamedTuple):
    """Successive states of a line."""

    newest: bytes
    """The last non-empty state, without movements of the cursor; empty if all states are empty."""
    earlier: tuple[bytes, ...]
    """The earlier non-empty states, in order."""


def is_rewritten(raw: bytes) -> bool:
    """Whether any of the lines is overwritten; a carriage return at its end does not count."""
    if b"\r" in raw:
        bare = raw.replace(b"\r\n", b"\n") if b"\r\n" in raw else raw
        if b"\r" in bare.rstrip(b"\r"):
            return True
    if b"\x08" in raw:
        return True
    return b"\x1b" in raw and bool(_RETURNS.search(raw) or _PARTIAL.search(raw))


def states(raw: bytes) -> States:
    """Return the states of a line; a line that was never overwritten has one state."""
    raw = raw.rstrip(b"\r")
    if b"\x1b" not in raw and b"\x08" not in raw:
        non_empty = [state for state in raw.split(b"\r") if state.strip()] or [raw]
        return States(non_empty.pop(), tuple(non_empty))
    all_states = _states_with_partial_moves(raw) if _PARTIAL.search(raw) else _RETURNS.split(raw)
    while len(all_states) > 1 and not _has_text(all_states[-1]):
        all_states.pop()
    return States(all_states[-1], tuple(state for state in all_states[:-1] if _has_text(state)))


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


def _states_with_partial_moves(raw: bytes) -> list[bytes]:
    """Return the states of a line with moves that can stop before they reach its start."""
    all_states: list[bytes] = []
    cells: list[str] = []
    end = copied = 0
    length_after_move = -1
    for move in _MOVES.finditer(raw):
        cells += _cells(raw[end : move.start()])
        end = move.end()
        column = _cells_kept(move, len(cells))
        if column < len(cells):
            copied += len(cells)
            all_states.append("".join(cells).encode("utf-8", "surrogateescape"))
            del cells[column if copied < _BUDGET else 0 :]
            length_after_move = len(cells)
    cells += _cells(raw[end:])
    if len(cells) != length_after_move or not all_states:
        all_states.append("".join(cells).encode("utf-8", "surrogateescape"))
    return all_states


def _cells_kept(move: re.Match[bytes], length: int) -> int:
    """Return how many of `length` cells are kept after a movement: those before the cursor.

    The result can exceed `length`, if the cursor moves to the right.
    """
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
