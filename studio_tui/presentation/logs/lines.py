"""The bytes of a log line as text that is safe to draw, with the colours it asked for.

Of a terminal's control language only SGR is heard: colours, bold, dim, italic, underline, strike
and reverse. Complete sequences of every other kind are dropped, what remains of broken ones is made
visible. Each line begins plain, so that any line can be drawn without those above it.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from studio_tui.presentation.logs.rewritten import is_rewritten, states
from studio_tui.text import safe_block

CHARACTER_LIMIT = 16_384
"""Characters of a line that are drawn."""

TAB = 8
"""Characters from one tab stop to the next."""

Colour = int | tuple[int, int, int]
"""A number of the 256-colour palette (0 to 15 are the terminal's own), or red, green, blue."""

_COMMAND = re.compile(
    r"(?:\x1b\[|\x9b)(?P<csi>[0-?]*[ -/]*)(?P<final>[@-~])"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-OQ-WYZ\\`-~]"
)
_COMMAND_BYTES = re.compile(
    rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)"
    rb"|\x1b[ -/]*[0-OQ-WYZ\\`-~]"
)
_OTHERS = re.compile(rb"[^A-Za-z]+")
_COMPARED = 400
"""Bytes of a state in which its words stand."""
_SURROGATE_PAIR = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")


class Pen(NamedTuple):
    """How a stretch of text is drawn, in the log's own terms."""

    foreground: Colour | None = None
    background: Colour | None = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    strike: bool = False
    reverse: bool = False


PLAIN = Pen()


class Span(NamedTuple):
    """A stretch of a line drawn with one pen other than `PLAIN`."""

    start: int
    end: int
    pen: Pen


class StyledLine(NamedTuple):
    """A line that is safe to draw."""

    text: str
    """No control, format or bidirectional character; at most `CHARACTER_LIMIT` characters."""
    spans: tuple[Span, ...]
    """In order, without overlap."""
    omitted: int
    """Bytes of what is to be shown that are not in `text`; 0 nearly always."""
    updates: int
    """Earlier states of the line that were written over."""
    has_more: bool = False
    """Whether there are more of these, in bytes that were not read."""
    is_alike: bool = True
    """Whether the state before said the same but for numbers and drawings, as those of a bar do."""


def styled_line(head: bytes, *, tail: bytes = b"", length: int | None = None) -> StyledLine:
    """Return a line as it is shown.

    Of a line that was written over that is its last state with any text: a progress bar is one
    line. `head` is the line or, when it has more than `len(head)` bytes, the beginning of its
    `length` bytes; `tail` is then their end.
    """
    total = len(head) if length is None else length
    if tail and total == len(head) + len(tail):
        head, tail = head + tail, b""
    raw, updates, is_alike = _newest(head, tail)
    omitted = 0 if updates and tail else total - len(head)
    text, spans = _interpret(_decode(raw, is_cut=omitted > 0))
    if len(text) > CHARACTER_LIMIT:
        omitted += len(text[CHARACTER_LIMIT:].encode("utf-8", "replace"))
        text = text[:CHARACTER_LIMIT]
        spans = [
            Span(span.start, min(span.end, CHARACTER_LIMIT), span.pen)
            for span in spans
            if span.start < CHARACTER_LIMIT
        ]
    has_more = updates > 0 and total > len(head) + len(tail)
    return StyledLine(text, tuple(spans), omitted, updates, has_more, is_alike)


def plain(lines: bytes) -> bytes:
    """Return many lines without complete escape sequences, for looking for something in them."""
    return _COMMAND_BYTES.sub(b"", lines)


def _newest(head: bytes, tail: bytes) -> tuple[bytes, int, bool]:
    """Return what was written last over a line, after how many states, and if they are alike."""
    end = tail or head
    if not is_rewritten(end):
        return (head if tail else head.rstrip(b"\r")), 0, True
    newest, earlier = states(end)
    if not earlier:
        return (head if tail else newest), 0, True
    # Of what lies between head and tail nothing was read.
    before = len(states(head).earlier) if tail else 0
    return newest, len(earlier) + before, _words(newest) == _words(earlier[-1])


def _words(state: bytes) -> bytes:
    """Return the letters of a state, those of its colours left out."""
    return _OTHERS.sub(b"", _COMMAND_BYTES.sub(b"", state[:_COMPARED]))


def _decode(raw: bytes, *, is_cut: bool) -> str:
    """Read UTF-8; what is none becomes replacement characters, halves of a pair become one."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        whole = _SURROGATE_PAIR.sub(_join_halves, raw)
        text = whole.decode("utf-8", "replace")
        return text.removesuffix("\N{REPLACEMENT CHARACTER}") if is_cut else text


def _join_halves(pair: re.Match[bytes]) -> bytes:
    """Return the character of two surrogates that were encoded each for itself."""
    halves = pair[0].decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass")
    return halves.decode("utf-16").encode()


def _interpret(text: str) -> tuple[str, list[Span]]:
    if text.isascii() and text.isprintable():
        return text, []
    canvas = _Canvas()
    pen = PLAIN
    end = 0
    for command in _COMMAND.finditer(text):
        canvas.draw(text[end : command.start()], pen)
        end = command.end()
        if command["final"] == "m":
            pen = _select(pen, command["csi"])
    canvas.draw(text[end:], pen)
    return "".join(canvas.pieces), canvas.spans


class _Canvas:
    """What is drawn of a line so far."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.spans: list[Span] = []
        self.length = 0

    def draw(self, piece: str, pen: Pen) -> None:
        """Add the text between two commands."""
        if "\t" in piece:
            room = " " * (self.length % TAB)
            piece = (room + piece).expandtabs(TAB)[len(room) :]
        drawn = safe_block(piece).replace("\n", "␊")
        if not drawn:
            return
        start, end = self.length, self.length + len(drawn)
        self.pieces.append(drawn)
        self.length = end
        if pen == PLAIN:
            return
        last = self.spans[-1] if self.spans else None
        if last and last.end == start and last.pen == pen:
            self.spans[-1] = last._replace(end=end)
        else:
            self.spans.append(Span(start, end, pen))


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


@lru_cache(maxsize=1024)
def _select(pen: Pen, parameters: str) -> Pen:
    """Return the pen after an SGR sequence (ECMA-48, 8.3.117); what is unknown changes nothing.

    Colons group sub-parameters of one code (ITU-T T.416), as in `38:2::255:0:0` and `4:3`.
    """
    if parameters.strip("0123456789;:"):
        return pen
    codes = [_numbers(part) for part in parameters.split(";")]
    while codes:
        code, *rest = codes.pop(0)
        if code == 0:
            pen = PLAIN
        elif code in {38, 48, 58}:
            if not rest:
                rest = _take_colour(codes)
            if code != 58 and (colour := _colour(rest)) is not None:
                pen = _paint(pen, code == 38, colour)
        elif code in {39, 49}:
            pen = _paint(pen, code == 39, None)
        elif 30 <= code <= 37 or 90 <= code <= 97:
            pen = _paint(pen, True, code - 30 if code < 90 else code - 82)
        elif 40 <= code <= 47 or 100 <= code <= 107:
            pen = _paint(pen, False, code - 40 if code < 100 else code - 92)
        elif code == 4 and rest[:1] == [0]:
            pen = pen._replace(underline=False)
        elif code in _SWITCHES:
            pen = pen._replace(**_SWITCHES[code])
    return pen


def _numbers(part: str) -> list[int]:
    return [int(digits[:4]) if digits else 0 for digits in part.split(":")]


def _take_colour(codes: list[list[int]]) -> list[int]:
    """Take from the following codes those that belong to a colour: `5;n` or `2;r;g;b`."""
    count = {5: 2, 2: 4}.get(codes[0][0], 1) if codes else 0
    taken = [code[0] for code in codes[:count]]
    del codes[:count]
    return taken


def _colour(parts: list[int]) -> Colour | None:
    match parts:
        case [5, number] if number < 256:
            return number
        case [2, red, green, blue] | [2, _, red, green, blue, *_] if max(red, green, blue) < 256:
            return red, green, blue
    return None


def _paint(pen: Pen, is_foreground: bool, colour: Colour | None) -> Pen:
    return pen._replace(foreground=colour) if is_foreground else pen._replace(background=colour)
