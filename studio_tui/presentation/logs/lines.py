"""Converts the bytes of a log line to text that is safe to draw, with its colors.

Escape sequences that overwrite a line have an effect (see `rewritten`), and so has SGR: colors,
bold, dim, italic, underline, strike and reverse. Other complete sequences are dropped, and
incomplete ones are made visible. Each line begins with plain attributes.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from studio_tui.presentation.logs.rewritten import States, is_rewritten, states, states_of_end
from studio_tui.presentation.logs.widths import width
from studio_tui.text import safe_block

CHARACTER_LIMIT = 16_384

TAB = 8
"""Cells between tab stops."""

PenColor = int | tuple[int, int, int]
"""Index of the 256-color palette (0 to 15 are the terminal's own), or red, green, blue."""

_COMMAND = re.compile(
    r"(?:\x1b\[|\x9b)(?P<csi>[0-?]*[ -/]*)(?P<final>[@-~])"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-OQ-WYZ\\`-~]"
)
"""A complete escape sequence; of a CSI sequence, the groups are its parameters and its `final`."""
_COMMAND_BYTES = re.compile(
    rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)"
    rb"|\x1b[ -/]*[0-OQ-WYZ\\`-~]"
)
"""The same in bytes, without 8-bit control characters."""
_NO_LETTERS = re.compile(rb"[^A-Za-z]+")
_COMPARED = 400
"""Bytes from the start of a state whose letters are compared."""
_SURROGATE_PAIR = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
"""One character that was written as two surrogates of three bytes each."""


class Pen(NamedTuple):
    """Text attributes set by SGR sequences."""

    foreground: PenColor | None = None
    background: PenColor | None = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    strike: bool = False
    reverse: bool = False


PLAIN = Pen()


class Span(NamedTuple):
    """Characters of a line from `start` to before `end`, with a pen other than `PLAIN`."""

    start: int
    end: int
    pen: Pen


class StyledLine(NamedTuple):
    """A line that is safe to draw."""

    text: str
    """No control, format or bidirectional characters; at most `CHARACTER_LIMIT` characters."""
    spans: tuple[Span, ...]
    omitted: int
    """Approximate bytes of the visible state that `text` lacks; 0 for most lines."""
    updates: int
    """Number of non-empty earlier states that were read."""
    has_more: bool = False
    """Whether the line was overwritten, and bytes in its middle were not read."""
    is_alike: bool = True
    """Whether the starts of the last two states have the same letters, as in a progress bar."""


def styled_line(head: bytes, *, tail: bytes = b"", length: int | None = None) -> StyledLine:
    """Convert a line, or the last non-empty state of an overwritten one.

    `head` is the whole line. If a line of `length` bytes was not read completely, `head` is its
    start, and `tail` is its end, or empty if the end was not read. If bytes between them are
    missing, nothing is shown of a tail that was not overwritten.
    """
    total = len(head) if length is None else length
    if tail and total == len(head) + len(tail):
        head, tail = head + tail, b""
    state = _newest_state(head, tail)
    omitted = 0 if state.is_of_tail else total - len(head)
    text, spans = _text_and_spans(_decode(state.raw, is_cut=omitted > 0))
    if len(text) > CHARACTER_LIMIT:
        omitted += len(text[CHARACTER_LIMIT:].encode("utf-8", "replace"))
        text = text[:CHARACTER_LIMIT]
        spans = [
            Span(span.start, min(span.end, CHARACTER_LIMIT), span.pen)
            for span in spans
            if span.start < CHARACTER_LIMIT
        ]
    earlier = state.earlier
    updates = len(earlier) + state.states_before
    has_more = updates > 0 and total > len(head) + len(tail)
    is_alike = not earlier or _letters(state.raw) == _letters(earlier[-1])
    return StyledLine(text, tuple(spans), omitted, updates, has_more, is_alike)


def without_escapes(lines: bytes) -> bytes:
    """Return lines without complete escape sequences."""
    return _COMMAND_BYTES.sub(b"", lines)


class _State(NamedTuple):
    raw: bytes
    earlier: tuple[bytes, ...] = ()
    states_before: int = 0
    """Number of earlier states in the head, if this is the state of the tail."""
    is_of_tail: bool = False


def _newest_state(head: bytes, tail: bytes) -> _State:
    """Return the last state of which the beginning was read."""
    of_head = States(head, ())
    if is_rewritten(head):
        of_head = states(head)
    elif not tail:
        return _State(head.rstrip(b"\r"))
    if is_rewritten(tail) and (of_tail := states_of_end(tail)).earlier:
        return _State(*of_tail, len(of_head.earlier), is_of_tail=True)
    return _State(*of_head)


def _letters(state: bytes) -> bytes:
    return _NO_LETTERS.sub(b"", _COMMAND_BYTES.sub(b"", state[:_COMPARED]))


def _decode(raw: bytes, *, is_cut: bool) -> str:
    """Decode UTF-8; if the end is cut off (`is_cut`), an incomplete last character is left out."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        joined = _SURROGATE_PAIR.sub(_join_halves, raw)
        text = joined.decode("utf-8", "replace")
        return text.removesuffix("\N{REPLACEMENT CHARACTER}") if is_cut else text


def _join_halves(pair: re.Match[bytes]) -> bytes:
    halves = pair[0].decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass")
    return halves.decode("utf-16").encode()


def _text_and_spans(text: str) -> tuple[str, list[Span]]:
    if text.isascii() and text.isprintable():
        return text, []
    canvas = _Canvas()
    pen = PLAIN
    end = 0
    for command in _COMMAND.finditer(text):
        canvas.draw(text[end : command.start()], pen)
        end = command.end()
        if command["final"] == "m":
            pen = _pen_after(pen, command["csi"])
    canvas.draw(text[end:], pen)
    return "".join(canvas.pieces), canvas.spans


class _Canvas:
    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.spans: list[Span] = []
        self.length = 0
        self.cells = 0

    def draw(self, piece: str, pen: Pen) -> None:
        if "\t" in piece:
            piece = self._without_tabs(piece)
        drawn = safe_block(piece).replace("\n", "␊")
        if not drawn:
            return
        start, end = self.length, self.length + len(drawn)
        self.pieces.append(drawn)
        self.length = end
        self.cells += width(drawn)
        if pen == PLAIN:
            return
        last = self.spans[-1] if self.spans else None
        if last and last.end == start and last.pen == pen:
            self.spans[-1] = last._replace(end=end)
        else:
            self.spans.append(Span(start, end, pen))

    def _without_tabs(self, piece: str) -> str:
        """Return `piece` with blanks up to the tab stops, counted from the start of the line."""
        column = self.cells
        first, *others = piece.split("\t")
        expanded = first
        column += width(first)
        for part in others:
            blanks = TAB - column % TAB
            expanded += " " * blanks + part
            column += blanks + width(part)
        return expanded


_SWITCHES: dict[int, dict[str, bool]] = {
    1: {"bold": True},
    2: {"dim": True},
    3: {"italic": True},
    4: {"underline": True},
    7: {"reverse": True},
    9: {"strike": True},
    21: {"underline": True},
    22: {"bold": False, "dim": False},
    23: {"italic": False},
    24: {"underline": False},
    27: {"reverse": False},
    29: {"strike": False},
}
"""The attributes that an SGR code switches on or off."""


@lru_cache(maxsize=1024)
def _pen_after(pen: Pen, parameters: str) -> Pen:
    """Return the pen after an SGR sequence (ECMA-48, 8.3.117); unknown codes are ignored.

    Colons separate sub-parameters of one code (ITU-T T.416), as in `38:2::255:0:0` and `4:3`.
    """
    if parameters.strip("0123456789;:"):
        return pen
    codes = [_numbers(part) for part in parameters.split(";")]
    while codes:
        code, *sub_parameters = codes.pop(0)
        if code == 0:
            pen = PLAIN
        elif code in {38, 48, 58}:
            if not sub_parameters:
                sub_parameters = _pop_color(codes)
            # The color of an underline (58) is not drawn.
            if code != 58 and (color := _color(sub_parameters)) is not None:
                pen = _with_color(pen, code == 38, color)
        elif code in {39, 49}:
            pen = _with_color(pen, code == 39, None)
        elif 30 <= code <= 37 or 90 <= code <= 97:
            pen = _with_color(pen, True, code - 30 if code < 90 else code - 82)
        elif 40 <= code <= 47 or 100 <= code <= 107:
            pen = _with_color(pen, False, code - 40 if code < 100 else code - 92)
        elif code == 4 and sub_parameters[:1] == [0]:
            pen = pen._replace(underline=False)
        elif code in _SWITCHES:
            pen = pen._replace(**_SWITCHES[code])
    return pen


def _numbers(part: str) -> list[int]:
    return [int(digits.lstrip("0")[:4] or 0) for digits in part.split(":")]


def _pop_color(codes: list[list[int]]) -> list[int]:
    count = {5: 2, 2: 4}.get(codes[0][0], 1) if codes else 0
    color_codes = [code[0] for code in codes[:count]]
    del codes[:count]
    return color_codes


def _color(parts: list[int]) -> PenColor | None:
    match parts:
        case [5, number] if number < 256:
            return number
        case [2, red, green, blue] | [2, _, red, green, blue, *_] if max(red, green, blue) < 256:
            return red, green, blue
    return None


def _with_color(pen: Pen, is_foreground: bool, color: PenColor | None) -> Pen:
    return pen._replace(foreground=color) if is_foreground else pen._replace(background=color)
