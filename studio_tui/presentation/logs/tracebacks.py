"""Which lines make one failure, and in one short line why it failed.

A traceback is one unit with the line that announced it, its frames, its message and the exceptions
it is chained to, whatever a logger or a launcher wrote before each of its lines.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum, auto

from studio_tui.presentation.logs.json_lines import json_line
from studio_tui.presentation.logs.levels import Level, level_of
from studio_tui.text import safe_line

LINE_LIMIT = 2000
"""Lines that a unit has at most; what is longer is several."""

SIGNATURE_LIMIT = 200
"""Characters of a signature."""

_HEAD = re.compile(
    r"(?:  \+ Exception Group |╭─{1,200} )?Traceback \(most recent call last\)(?::| ─*╮)\s*$"
)
"""As Python writes it, and Rich in its box; within JSON or a `repr` it is no head."""
_EMBEDDED = "Traceback (most recent call last):\n"
_INDENTS = frozenset(" \t│╭╰")
_CHAIN = re.compile(r"\s*(?:\| )?(?:During handling of the above|The above exception was the dir)")
_NAME = r"(?:[A-Za-z_$][\w$]*\.)*[A-Za-z_$][\w$]*"
_FINAL = re.compile(rf"({_NAME})(?::(?:\s+(.*))?)?$", re.DOTALL)
_JAVA = re.compile(r"\s+at \S|\s*\.\.\. \d+ (?:more|common)|\s*(?:Caused by|Suppressed): ")
_THROWN = re.compile(rf"(?:Exception in thread \"[^\"]*\" |\s*Caused by: )({_NAME})(?:: (.*))?$")
_GO = re.compile(r"goroutine \d+ \[|exit status \d|\[signal |created by |[\w./*()]+\(.*\)$")
_GOES_ON = re.compile(
    r"CUDA kernel errors might|For debugging consider|Compile with `TORCH|Last error:|nccl\w+Error:"
    r"|note: run with `RUST_BACK|stack backtrace:|\d+ \| |Exception raised from |frame #\d+:"
)
_IN_GROUP = re.compile(r"\s+\| (?=\S)")
_DIGITS = re.compile(r"\d+")
_WRAPPERS = frozenset(
    {"ChildFailedError", "SystemExit", "KeyboardInterrupt", "CalledProcessError", "Exit",
     "ProcessExitedException", "RayTaskError"}
)  # fmt: skip
"""What only says that something else failed."""
_MESSAGE = re.compile(
    r".{0,160}?\b(?:ERROR|ERRO|ERR|CRITICAL|CRIT|FATAL|FATA|SEVERE|PANIC)\b!?"
    r"(?:/[\w-]+|\[\d+\])?[\s\])|:>*-]*(?:\[[\w.-]+\]\s)*"
    r"(?:[\w.:<>]+ [-|] |[\w./-]+:\d+(?: --|\]|:)? |(?<=:)[\w.]+:(?=\S))?"
    r"|.{0,40}?\b[EF]\d{4} [\d:.]+\s+\d+ \S+\]\s"
)

_LOGFMT = re.compile(r"\b(?:msg|message)=\"((?:[^\"\\]|\\.)*)\"")


class _Place(Enum):
    """Where in a unit a line stands."""

    MESSAGE = auto()
    FRAMES = auto()
    GROUP = auto()
    RAISED = auto()
    CHAINED = auto()
    GO = auto()


class _Prefix:
    """What a logger or a launcher wrote before each line, like before the first."""

    def __init__(self, first: str, column: int) -> None:
        self._column = column
        self._shape = _DIGITS.sub("0", first[:column])

    def body(self, line: str) -> str:
        """Return the line without its prefix, if it has one of the same form."""
        if self._column and _DIGITS.sub("0", line[: self._column]) == self._shape:
            return line[self._column :]
        return line


def unit_length(lines: Iterable[str]) -> int:
    """Return how many lines, of those from one that begins an error on, belong to it.

    It reads at most `LINE_LIMIT` lines and few beyond the unit; 0 only of no lines.
    """
    source = iter(lines)
    first = next(source, None)
    if first is None:
        return 0
    head = _HEAD.search(first)
    prefix = _Prefix(first, head.start() if head else _indent(first))
    place = _place_after(head)
    length = 1
    pending = 0
    for line in _some(source):
        body = prefix.body(line)
        if not body.strip():
            pending += 1
            if pending > 2:
                break
            continue
        head = _HEAD.search(line)
        announced = place is _Place.MESSAGE and length == 1 and not pending and _HEAD.match(body)
        if head and (announced or place is _Place.CHAINED):
            prefix, place = _Prefix(line, head.start()), _place_after(head)
        elif head and place is not _Place.GROUP:
            break
        else:
            next_place = _next_place(place, body, pending)
            if next_place is None:
                break
            place = next_place
        length += pending + 1
        pending = 0
    return length


def _some(source: Iterator[str]) -> Iterator[str]:
    for _ in range(LINE_LIMIT - 1):
        line = next(source, None)
        if line is None:
            return
        yield line


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _place_after(head: re.Match[str] | None) -> _Place:
    if head is None:
        return _Place.MESSAGE
    return _Place.GROUP if "Group" in head[0] else _Place.FRAMES


def _next_place(place: _Place, body: str, pending: int) -> _Place | None:
    """Return the place of a line after one at `place`, `None` when it is of no unit or another."""
    if place in {_Place.RAISED, _Place.GROUP} and _CHAIN.match(body):
        return _Place.GROUP if place is _Place.GROUP and body[0] == " " else _Place.CHAINED
    is_indented = body[0] in _INDENTS
    if place in {_Place.FRAMES, _Place.CHAINED}:
        if is_indented:
            return place
        if place is _Place.FRAMES and _is_final(body):
            return _Place.RAISED
        return None
    if place is _Place.GROUP:
        return place if is_indented else None
    if place is _Place.GO:
        if body.startswith("exit status"):
            return _Place.RAISED
        return place if is_indented or _GO.match(body) else None
    if _GO.match(body) and place is _Place.MESSAGE:
        return _Place.GO
    if pending:
        return None
    if _JAVA.match(body) or _GOES_ON.match(body):
        return place
    if is_indented and level_of(body) is None:
        return place
    if place is _Place.MESSAGE and _EXCEPTION.match(body):
        return _Place.RAISED
    return None


_EXCEPTION = re.compile(rf"(?:[\w$]+\.)+[\w$]*(?:Error|Exception)(?:: |$)|{_NAME}Exception: ")


def _is_final(body: str) -> bool:
    """Say whether a line can be the last of a traceback, and is not another's."""
    final = _FINAL.match(body)
    return final is not None and (final[1] not in _LOUD or not final[2])


_LOUD = frozenset({"ERROR", "WARNING", "INFO", "DEBUG", "CRITICAL", "FATAL", "WARN"})


def signature(lines: Sequence[str]) -> str | None:
    """Return in one short safe line why it failed, `None` when the lines do not say.

    That is the last exception of the last traceback that is more than the news of another's
    failure, else the message of the last line that is an error.
    """
    raised: list[str] = []
    error: str | None = None
    prefix: _Prefix | None = None
    for line in lines:
        head = _HEAD.search(line)
        if head and not (prefix and _IN_GROUP.match(prefix.body(line))):
            prefix = _Prefix(line, head.start())
        elif thrown := _THROWN.match(line):
            raised.append(_named(thrown[1], thrown[2]))
        elif prefix is not None:
            body = prefix.body(line)
            is_inner = _IN_GROUP.match(body)
            if is_inner:
                body = body[is_inner.end() :]
            if not body.strip() or body[0] in _INDENTS:
                continue
            if not is_inner:
                prefix = None
            if (final := _FINAL.match(body)) and final[1] not in _LOUD:
                raised.append(_named(final[1], final[2]))
        elif (level_of(line) or 0) >= Level.ERROR:
            error = line
    for text in reversed(raised):
        if text.split(":")[0] not in _WRAPPERS:
            return _short(text)
    if error is not None:
        return _short(_message(error))
    return _short(raised[-1]) if raised else None


def _named(name: str, message: str | None) -> str:
    """Return an exception without the module of its class."""
    name = name.rpartition(".")[2]
    return f"{name}: {message}" if message and message.strip() else name


def _message(line: str) -> str:
    """Return an error's line without time, level and logger."""
    if parsed := json_line(line):
        for _, value in parsed.rest:
            if isinstance(value, str) and _EMBEDDED in value:
                return signature(value.split("\n")) or parsed.message
        return parsed.message or line
    if quoted := _LOGFMT.search(line):
        return quoted[1]
    message = _MESSAGE.match(line)
    rest = line[message.end() :] if message else line
    thrown = _EXCEPTION.match(rest) and _FINAL.match(rest)
    return _named(thrown[1], thrown[2]) if thrown else rest.strip() or line


def _short(text: str) -> str:
    text = " ".join(safe_line(text).split())
    return text if len(text) <= SIGNATURE_LIMIT else text[: SIGNATURE_LIMIT - 1] + "…"


_VARIABLE = re.compile(
    r"(?P<path>\b[a-z][a-z0-9+]{1,9}://[^\s'\"<>()]+|(?<![\w/<])(?:[A-Za-z]:\\|~?/)"
    r"[\w.@+~=%-]+(?:[\\/][\w.@+~=%-]+)+[\\/]?)"
    r"|(?P<hex>\b0x[0-9a-fA-F]+\b|\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"
    r"|\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,}\b)"
    r"|(?P<n>(?<![A-Za-z_<\d])\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?)"
)


def normalised(text: str) -> str:
    """Return a signature without what differs between equal failures: numbers, ids and paths."""
    return _VARIABLE.sub(lambda variable: f"<{variable.lastgroup}>", text)
