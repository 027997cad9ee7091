"""Splits a line that was overwritten into its states.

A line is overwritten from the place to which a carriage return, backspaces, `CSI n D` or `CSI n G`
move the cursor. As on a terminal, what the new text does not cover stays, unless `CSI K` erases it;
of a wide character that is half covered, a blank stays. `CSI 2K`, which erases the line, is treated
as if it also moved the cursor to the start.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from studio_tui.presentation.logs.widths import cells, is_narrow, width

_RETURNS = re.compile(rb"(\r|\x1b\[(?:0*2K|0*1?G))")
"""Sequences after which a line is overwritten from its start."""
_ERASURE = re.compile(rb"\x1b\[0*K")
_PARTIAL = re.compile(rb"\x08|\x1b\[(?:\d*D|0*(?:[2-9]|[1-9]\d+)G)")
"""Moves of the cursor that can stop before they reach the start of a line."""
_MOVES = re.compile(
    rb"(?P<start>\r|\x1b\[0*2K)|(?P<back>\x08+)"
    rb"|\x1b\[(?:(?P<left>\d*)D|(?P<column>\d*)G|(?P<erase>0*)K)"
)
"""A move of the cursor or an erasure; several backspaces are one match."""
_CELL = re.compile(r"((?:\x1b\[[0-?]*[ -/]*[@-~])*+)(.|\Z)", re.DOTALL)
"""A character with the escape sequences before it; at the end of a text, no character."""
_INVISIBLE = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x1f]")
_RESET = "\x1b[m"
_MOVEMENT_LIMIT = 9999
_BUDGET = 2_000_000
"""Cells in the states of a line beyond which each move empties the line, to bound the time."""


class States(NamedTuple):
    newest: bytes
    """The last non-empty state, without movements of the cursor; empty if there is none."""
    earlier: tuple[bytes, ...]
    """The states before it, without empty ones.

    If the cursor only went to the start of the line, each is just the text written then.
    """


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
    if b"\x1b" not in raw and b"\x08" not in raw:
        return States(_last_of_plain(raw), tuple(_non_empty(raw.split(b"\r"))[:-1]))
    if _PARTIAL.search(raw):
        all_states = _non_empty(_drawn_states(raw))
        return States(all_states.pop(), tuple(all_states)) if all_states else States(b"", ())
    parts = _RETURNS.split(raw)
    while len(parts) > 1 and not _has_text(parts[-1]):
        del parts[-2:]
    return States(_last_of_parts(parts), tuple(_non_empty(parts[:-1:2])))


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
    if b"\x08" not in raw and b"\x1b" not in raw:
        return _last_of_plain(raw)
    return states(raw).newest if is_rewritten(raw) else raw


def last_states(lines: bytes) -> bytes:
    """Return lines with only their visible states; the number of lines does not change."""
    if not is_rewritten(lines):
        return lines
    return b"\n".join(
        last_state(line) if is_rewritten(line) else line for line in lines.split(b"\n")
    )


def _non_empty(all_states: Iterable[bytes]) -> list[bytes]:
    return [state for state in all_states if _has_text(state)]


def _has_text(state: bytes) -> bool:
    return bool(_INVISIBLE.sub(b"", state).strip()) if b"\x1b" in state else bool(state.strip())


def _width(state: bytes) -> int:
    return width(_INVISIBLE.sub(b"", state).decode("utf-8", "replace"))


def _last_of_parts(parts: list[bytes]) -> bytes:
    """Return the last state, given texts and between them sequences of `_RETURNS`."""
    *before, following = parts
    visible = [following]
    covered = _width(following)
    for text, move in zip(before[-2::-2], before[::-2], strict=True):
        if move.endswith(b"K") or _ERASURE.match(following):
            break
        following = text
        if _width(text) > covered or _ERASURE.search(text):
            visible.append(text)
            covered = max(covered, _width(text))
    return visible[0] if len(visible) == 1 else _drawn_states(b"\r".join(reversed(visible)))[-1]


def _last_of_plain(raw: bytes) -> bytes:
    """Return the last state of a line without escape sequences and backspaces."""
    if b"\r" not in raw:
        return raw
    texts = raw.decode("utf-8", "surrogateescape").split("\r")
    while len(texts) > 1 and not texts[-1].strip():
        texts.pop()
    if not all(map(is_narrow, texts)):
        row = _Row()
        for text in texts:
            row.column = 0
            row.write(text.encode("utf-8", "surrogateescape"))
        return row.visible
    newest = shown = texts.pop()
    for text in reversed(texts):
        shown += text[len(shown) :]
    uncovered = shown[len(newest) :].rstrip()
    return (newest + uncovered).encode("utf-8", "surrogateescape")


def _drawn_states(raw: bytes) -> list[bytes]:
    """Return the states of a line as a terminal draws them, apart from colors."""
    all_states: list[bytes] = []
    row = _Row()
    end = copied = 0
    has_changed = False
    for move in _MOVES.finditer(raw):
        has_changed |= row.write(raw[end : move.start()])
        end = move.end()
        column = row.column_after(move)
        is_erased = column < len(row.cells) and move[0].endswith(b"K")
        if has_changed and (is_erased or column < row.column):
            all_states.append(row.text)
            copied += len(row.cells)
            has_changed = False
        row.column = column if copied < _BUDGET else 0
        if is_erased or copied >= _BUDGET:
            row.erase_from(row.column)
            has_changed |= is_erased and row.column > 0
    if row.write(raw[end:]) or has_changed:
        all_states.append(row.visible)
    return all_states


class _Row:
    """The cells of a terminal to which a line is written."""

    def __init__(self) -> None:
        self.cells: list[str] = []
        """Characters with the escape sequences around them; after a wide one, an empty cell."""
        self.column = 0
        """The cell that is written next, at most the number of cells."""
        self._escapes = ""
        """Escape sequences before the next character."""

    @property
    def text(self) -> bytes:
        return "".join(self.cells).encode("utf-8", "surrogateescape")

    @property
    def visible(self) -> bytes:
        """The text, without trailing blanks left over from a longer text."""
        return self.text.rstrip(b" ") if self.column < len(self.cells) else self.text

    def write(self, raw: bytes) -> bool:
        """Write over the cells from the cursor on; return whether the text has characters."""
        text = raw.decode("utf-8", "surrogateescape")
        last_escapes = ""
        if "\x1b" not in text:
            written = list(text)
        else:
            parts = _CELL.findall(text)
            written = [escapes + character for escapes, character in parts if character]
            last_escapes = "".join(escapes for escapes, character in parts if not character)
        if not written:
            self._escapes += last_escapes
            return False
        if not is_narrow(text):
            written = _in_cells(written)
        end = self.column + len(written)
        if (self._escapes or "\x1b" in text) and end < len(self.cells):
            written[-1 if written[-1] else -2] += _RESET
        written[0] = self._escapes + written[0]
        self._escapes = last_escapes
        self._cut_wide_character(self.column)
        self._cut_wide_character(end)
        self.cells[self.column : end] = written
        self.column = end
        return True

    def erase_from(self, column: int) -> None:
        self._cut_wide_character(column)
        del self.cells[column:]

    def _cut_wide_character(self, column: int) -> None:
        """If a wide character extends over both sides of `column`, put blanks in its place."""
        if 0 < column < len(self.cells) and not self.cells[column]:
            before, *after = (escapes for escapes, _ in _CELL.findall(self.cells[column - 1]))
            self.cells[column - 1 : column + 1] = [f"{before} {''.join(after)}", " "]

    def column_after(self, move: re.Match[bytes]) -> int:
        if move["start"] is not None:
            return 0
        if move["column"] is not None:
            return min(movement(move["column"]) - 1, len(self.cells))
        if move["erase"] is not None:
            return self.column
        return max(0, self.column - (len(move["back"] or b"") or movement(move["left"])))


def _in_cells(characters: Iterable[str]) -> list[str]:
    """Return the cells of characters, each with the escape sequences before it."""
    row: list[str] = []
    for character in characters:
        count = cells(character[-1])
        if count or not row:
            row += [character, ""][: count or 1]
        else:
            row[-1 if row[-1] else -2] += character
    return row


def movement(parameter: bytes) -> int:
    """Return the parameter of a movement, up to `_MOVEMENT_LIMIT`; nothing and 0 stand for 1."""
    digits = parameter.lstrip(b"0")
    return _MOVEMENT_LIMIT if len(digits) > 4 else int(digits or b"1")
