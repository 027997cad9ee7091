"""Splits a line that was overwritten into its states.

A line is overwritten from the place to which a carriage return, backspaces, `CSI n D` or `CSI n G`
move the cursor: the new text replaces the line from there to its end. `CSI 2K`, which erases the
line, is treated as if it also moved the cursor to the start.
"""

import re
from typing import NamedTuple

from studio_tui.presentation.logs.widths import cells, is_narrow, width

_RETURNS = re.compile(rb"\r|\x1b\[(?:0*2K|0*1?G)")
"""Sequences after which a line is overwritten from its start."""
_PARTIAL = re.compile(rb"\x08|\x1b\[(?:\d*D|0*(?:[2-9]|[1-9]\d+)G)")
"""Moves of the cursor that can stop before they reach the start of a line."""
_MOVES = re.compile(
    r"(?P<start>\r|\x1b\[0*2K)|(?P<back>\x08+)|\x1b\[(?:(?P<left>\d*)D|(?P<column>\d*)G)"
)
"""A move of the cursor; several backspaces are one match."""
_ESCAPE = r"\x1b\[[0-?]*[ -/]*[@-~]"
_CELL = re.compile(rf"(?:{_ESCAPE})*+.", re.DOTALL)
"""A character with the escape sequences before it."""
_INVISIBLE = re.compile(rf"{_ESCAPE}|[\x00-\x1f]")
_INVISIBLE_BYTES = re.compile(_INVISIBLE.pattern.encode())
_MOVEMENT_LIMIT = 9999
_BUDGET = 500_000
"""Characters in the states of a line beyond which each move empties the line, to bound the time."""


class States(NamedTuple):
    newest: bytes
    """The last non-empty state, without movements of the cursor; empty if there is none."""
    earlier: tuple[bytes, ...]
    """The states before it, without empty ones."""


def is_rewritten(raw: bytes) -> bool:
    """Whether a line in `raw` is overwritten; a carriage return at its end does not count."""
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
    parts = _states_with_cuts(raw) if _PARTIAL.search(raw) else _RETURNS.split(raw)
    all_states = [state for state in parts if _has_text(state)]
    return States(all_states.pop(), tuple(all_states)) if all_states else States(b"", ())


def states_of_end(raw: bytes) -> States:
    """Return the states in the last part of a line; the first state may have begun before it."""
    first = _RETURNS.search(raw)
    if first is None:
        return states(raw)
    begun = raw[: first.start()]
    newest, earlier = states(raw[first.start() :])
    return States(newest, (begun, *earlier)) if newest else States(begun, ())


def last_state(raw: bytes) -> bytes:
    """Return the visible state of a line; usually the line itself."""
    raw = raw.rstrip(b"\r")
    if b"\x1b" not in raw and b"\x08" not in raw:
        last = raw.rpartition(b"\r")[2]
        if last.strip():
            return last
    return states(raw).newest if is_rewritten(raw) else raw


def last_states(lines: bytes) -> bytes:
    """Return lines with only their visible states; the number of lines does not change."""
    if not is_rewritten(lines):
        return lines
    return b"\n".join(
        last_state(line) if is_rewritten(line) else line for line in lines.split(b"\n")
    )


def _has_text(state: bytes) -> bool:
    bare = _INVISIBLE_BYTES.sub(b"", state) if b"\x1b" in state else state
    return bool(bare.strip())


def _states_with_cuts(raw: bytes) -> list[bytes]:
    """Return the states of a line that was not only overwritten from its start."""
    all_states: list[str] = []
    text = raw.decode("utf-8", "surrogateescape")
    state = ""
    column = end = copied = 0
    for move in [*_MOVES.finditer(text), None]:
        written = text[end : move.start() if move else None]
        if _INVISIBLE.sub("", written):
            kept = _up_to(state, column) if copied < _BUDGET else ""
            if kept != state:
                all_states.append(state)
                copied += len(state)
            state = kept + written
            column = _width(state)
        if move:
            end = move.end()
            column = _column_after(move, column)
    return [each.encode("utf-8", "surrogateescape") for each in [*all_states, state]]


def _width(text: str) -> int:
    return width(_INVISIBLE.sub("", text))


def _up_to(text: str, columns: int) -> str:
    """Return the characters in the first cells of a text, with the escape sequences between."""
    if "\x1b" not in text and is_narrow(text):
        return text[:columns]
    taken = 0
    for cell in _CELL.finditer(text):
        taken += cells(cell[0][-1])
        if taken > columns:
            return text[: cell.start()]
    return text


def _column_after(move: re.Match[str], column: int) -> int:
    if move["start"] is not None:
        return 0
    if move["column"] is not None:
        return movement(move["column"].encode()) - 1
    count = len(move["back"]) if move["back"] else movement(move["left"].encode())
    return max(0, column - count)


def movement(parameter: bytes) -> int:
    """Return the parameter of a movement, up to `_MOVEMENT_LIMIT`; nothing and 0 stand for 1."""
    digits = parameter.lstrip(b"0")
    return _MOVEMENT_LIMIT if len(digits) > 4 else int(digits or b"1")
