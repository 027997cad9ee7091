"""Parsing of the exceptions in printed tracebacks, including their chain of causes."""

import re
from collections.abc import Sequence

from studio_tui.failures.parsed_exception import ParsedException

HEAD = re.compile(
    r"(?:  \+ Exception Group |╭─{1,200} )?Traceback \(most recent call last\)(?::| ─*╮)\s*$"
)
"""First line of a traceback, printed by Python or in a box by Rich, but not inside JSON."""
NAME = r"(?:[A-Za-z_$][\w$]*\.)*[A-Za-z_$][\w$]*"
_FINAL = re.compile(rf"({NAME}(?:\({NAME}\))?)(?::(?:\s+(.*))?)?$", re.DOTALL)
"""The line below the frames: the exception (group 1) and the start of its message (group 2)."""
_LOG_LEVELS = frozenset({"ERROR", "WARNING", "INFO", "DEBUG", "CRITICAL", "FATAL", "WARN"})
"""Log levels; before a colon, they look like the name of an exception."""
_CHAIN = re.compile(
    r"\s*(?:\| )?(?:During handling of the above|(The above exception was the direct cause))"
)
"""The line between two tracebacks; group 1 if the first exception is the cause of the second."""
_INDENTS = frozenset(" \t│╭╰")
"""Characters with which the lines of frames begin, also in the box of Rich."""
SYNTAX_FILE = re.compile(r"\s*File \"([^\"]+)\", line (\d+)\s*$")
"""Location line of a syntax error. Unlike other `File` lines it names no function."""
_FRAME = re.compile(r"File \"(?:[^\"]*/)?([^\"/]+)\", line (\d+), in (.+)")
_SYNTAX = re.compile(r"(?:SyntaxError|IndentationError|TabError)(?:: |$)")

_EMBEDDING = re.compile(
    r"Original Traceback|-- Process \d+ terminated|\"\"\"|.{0,80}(?:Remote|remote|worker|original)"
    r".{0,40}[Tt]raceback"
)
"""A line in a message that announces another traceback, such as that of a worker."""
_DEEPEST = 8
"""Maximum depth of exceptions inside the messages of others."""
_CONTINUATION = re.compile(r"\[SQL: |\[parameters: |\(Background on this error|\t|  \S|- \S|\* \S")
"""A line that belongs to the message above it."""
_COUNTED = re.compile(r"\s*\((\d+) sub-exceptions?\)$")
"""End of the line that names an exception group: the number of its exceptions."""
_OMITTED = re.compile(r"[\s|]*and (\d+) more exceptions?$")
_SECTION = re.compile(r"[\s|+-]*-{3,} (?:\d+|\.\.\.) -{3,}")
"""The line before an exception in a group: `+---------------- 2 ----------------`."""
_GROUP_DRAWING = re.compile(r"^\s*[|+] ?")
_DIGITS = re.compile(r"\d+")
_MAX_BLANKS = 3
_SEPARATORS = frozenset({"", '"""'})
"""Triple quotes enclose the traceback of another process."""
_MAX_JOINED = 3
"""Maximum message lines joined into the reason."""
_NEXT_RECORD = re.compile(
    r"\[?\d{4}-\d\d-\d\d[T ]|\[?\d\d:\d\d:\d\d|[A-Z]{4,8}:|[IWEF]\d{4} |={10}"
)


class _Prefix:
    """The prefix that a logger or a launcher repeats on each line, such as `[rank3]: `."""

    def __init__(self, first: str, column: int) -> None:
        """Take the first `column` characters of the first line as the prefix."""
        self._column = column
        self._shape = _DIGITS.sub("0", first[:column])

    def body(self, line: str) -> str:
        """Return a line without the prefix; return it unchanged if it begins with another text.

        Digits in the prefix may differ from line to line.
        """
        if self._column and _DIGITS.sub("0", line[: self._column]) == self._shape:
            return line[self._column :]
        return line


def _is_final(body: str) -> bool:
    """Whether a line can be the last line of a traceback rather than a log record."""
    final = _FINAL.match(body)
    return final is not None and (final[1] not in _LOG_LEVELS or not final[2])


def read_traceback(lines: Sequence[str], start: int, depth: int = 0) -> ParsedException | None:
    """Return the last exception of the chain of tracebacks that starts at `start`, or `None`.

    `depth` is the number of exceptions whose messages contain the chain.
    """
    raised = _read_one(lines, start, depth)
    first = HEAD.search(lines[start])
    prefix = _Prefix(lines[start], first.start() if first else 0)
    while raised is not None:
        index = _skip_blanks(lines, raised.end, prefix)
        chained = _CHAIN.match(prefix.body(lines[index])) if index < len(lines) else None
        head = _skip_blanks(lines, index + 1, prefix)
        if chained is None or not all(map(HEAD.search, lines[head : head + 1])):
            return raised
        following = _read_one(lines, head, depth)
        if following is None:
            return _cut_exception(lines, head, raised)
        if (chained[1] or following.is_wrapper) and following.cause is None:
            following = following._replace(cause=raised)
        raised = following
    return raised


def _cut_exception(lines: Sequence[str], start: int, before: ParsedException) -> ParsedException:
    """Return what is known of the exception whose traceback starts at `start`, if it is cut off.

    If it is complete but cannot be read, return the exception `before` it in the chain.
    """
    if _end_of_frames(lines, start + 1, _Prefix("", 0)) < len(lines):
        return before
    frames = [frame for line in lines[start:] if (frame := _FRAME.search(line))]
    place = " in {2} ({0}, line {1})".format(*frames[-1].groups()) if frames else ""
    text = f"exception{place}, whose traceback is cut off (after {before.reason})"
    return ParsedException(text, len(lines))


def read_syntax_error(lines: Sequence[str], start: int) -> ParsedException | None:
    """Return the syntax error of a script whose file is named on the line at `start`, or `None`."""
    location = SYNTAX_FILE.match(lines[start])
    if location is None:
        return None
    for number in range(start + 1, min(start + 5, len(lines))):
        if _SYNTAX.match(lines[number]):
            file = location[1].rpartition("/")[2]
            return ParsedException(f"{lines[number]} ({file}, line {location[2]})", number + 1)
        if lines[number][:1] not in _INDENTS:
            return None
    return None


def _skip_blanks(lines: Sequence[str], start: int, prefix: _Prefix) -> int:
    """Return the index after at most `_MAX_BLANKS` separators from `start` on."""
    for index in range(start, min(len(lines), start + _MAX_BLANKS)):
        if prefix.body(lines[index]).strip() not in _SEPARATORS:
            return index
    return min(len(lines), start + _MAX_BLANKS)


def _read_one(lines: Sequence[str], start: int, depth: int) -> ParsedException | None:
    head = HEAD.search(lines[start]) if start < len(lines) else None
    if head is None:
        return None
    if "Exception Group" in head[0]:
        return _read_group(lines, start, _Prefix(lines[start], head.start()))
    prefix = _Prefix(lines[start], head.start())
    end = _end_of_frames(lines, start + 1, prefix)
    if end >= len(lines) or not _is_final(prefix.body(lines[end])):
        return None
    raised = _read_message(lines, end, prefix, depth)
    return raised._replace(text=raised.text + _syntax_location(lines, end, prefix))


def _end_of_frames(lines: Sequence[str], start: int, prefix: _Prefix) -> int:
    # loguru prints empty lines between frames.
    blanks = 0
    for number in range(start, len(lines)):
        body = prefix.body(lines[number])
        if not body.strip():
            blanks += 1
            if blanks > _MAX_BLANKS:
                return number
        elif body[0] in _INDENTS or body.startswith("> File "):
            blanks = 0
        else:
            return number
    return len(lines)


def _syntax_location(lines: Sequence[str], end: int, prefix: _Prefix) -> str:
    """Return the location of the syntax error on line `end`; empty if there is none."""
    if not _SYNTAX.match(prefix.body(lines[end])):
        return ""
    for number in range(end - 1, max(-1, end - 5), -1):
        if location := SYNTAX_FILE.match(prefix.body(lines[number])):
            return f" ({location[1].rpartition('/')[2]}, line {location[2]})"
    return ""


def _read_message(lines: Sequence[str], start: int, prefix: _Prefix, depth: int) -> ParsedException:
    """Parse an exception whose name is on line `start`, and one embedded in its message."""
    text = prefix.body(lines[start])
    embedded = _embedded_exception(lines, start, prefix, depth + 1)
    if embedded is not None:
        return ParsedException(text, embedded.end, embedded, embeds_cause=True)
    end = index = start + 1
    joined = 1
    if text.rstrip().endswith(":"):
        # The message starts with a line break.
        index = _skip_blanks(lines, index, prefix)
    while index < len(lines):
        body = prefix.body(lines[index])
        is_more = (
            _CONTINUATION.match(body)
            or (text.endswith(":") and joined == 1)
            or _VALIDATION.match(text)
        )
        if not body.strip() or _starts_something_else(body) or not is_more:
            break
        if joined < _MAX_JOINED:
            text = _join(text, body)
        joined += 1
        index += 1
        end = index
    return ParsedException(text.rstrip(), end)


def _starts_something_else(body: str) -> bool:
    return bool(HEAD.search(body) or _CHAIN.match(body) or _NEXT_RECORD.match(body))


_VALIDATION = re.compile(r".*\b\d+ validation errors? for \S+")


def _join(text: str, line: str) -> str:
    is_below = line.startswith("  ") and _VALIDATION.match(text) is not None
    line = line.strip()
    if is_below:
        return f"{text}: {line}"
    if text.endswith(":"):
        return f"{text} {line}"
    return f"{text} {line}" if text.endswith((".", ",", ";")) else f"{text}; {line}"


def _embedded_exception(
    lines: Sequence[str], start: int, prefix: _Prefix, depth: int
) -> ParsedException | None:
    """Return the exception that the message of the exception on line `start` contains."""
    if depth > _DEEPEST:
        return None
    text = prefix.body(lines[start])
    name = text.partition(":")[0].partition("(")[0].rpartition(".")[2]
    if name == "RayTaskError":
        end = _end_of_frames(lines, start + 1, prefix)
        if start + 1 < end < len(lines) and _is_final(prefix.body(lines[end])):
            return _read_message(lines, end, prefix, depth)
        return None
    is_announced = False
    for index in range(start + 1, min(len(lines), start + 5)):
        body = prefix.body(lines[index])
        if _EMBEDDING.match(body):
            is_announced = True
        head = HEAD.search(body)
        if head and is_announced:
            return _read_embedded(lines, index, prefix, depth)
        if body.strip() and not is_announced:
            return None
    return None


def _read_embedded(
    lines: Sequence[str], start: int, prefix: _Prefix, depth: int
) -> ParsedException | None:
    below = [prefix.body(line) for line in lines[start + 1 :]]
    bodies = ["Traceback (most recent call last):", *below]
    embedded = read_traceback(bodies, 0, depth)
    if embedded is None:
        return None
    end = embedded.end + start
    if end < len(lines) and prefix.body(lines[end]).strip() == '"""':
        end += 1
    return embedded._replace(end=end)


def _read_group(lines: Sequence[str], start: int, prefix: _Prefix) -> ParsedException | None:
    """Parse a group; its text is like `ValueError: bad (the first of 3 in ExceptionGroup: x)`."""
    end = start + 1
    while end < len(lines):
        body = prefix.body(lines[end])
        if not body.strip() or (body[0] not in " +"):
            break
        end += 1
    bodies = [prefix.body(line) for line in lines[start + 1 : end]]
    texts = map(_without_drawing, bodies)
    final = next((text for text in texts if _COUNTED.search(text) and _is_final(text)), None)
    leaves, omitted = _leaves(bodies)
    if final is None or not leaves:
        return None
    stated_count = _COUNTED.search(final)
    count = max(len(leaves) + omitted, int(stated_count[1]) if stated_count else 0)
    title = _COUNTED.sub("", final)
    position = f"the first of {count} in {title}" if count > 1 else f"in {title}"
    return ParsedException(f"{leaves[0]} ({position})", end)


def _without_drawing(body: str) -> str:
    return _GROUP_DRAWING.sub("", body)


def _leaves(bodies: Sequence[str]) -> tuple[list[str], int]:
    """Return the exceptions of a group and its inner groups, and the number of omitted ones."""
    leaves: list[str] = []
    omitted = 0
    # Whether an exception has begun whose last line has not been reached.
    is_open = False
    # Whether another exception precedes the open one in its chain.
    is_chained = False
    for body in bodies:
        if omission := _OMITTED.match(body):
            omitted += int(omission[1])
        if _SECTION.match(body):
            # An exception that was never raised has no traceback.
            is_open, is_chained = True, False
            continue
        text = _without_drawing(body)
        if _CHAIN.match(text):
            is_chained = True
        elif HEAD.search(text):
            is_open = True
        elif is_open and text[:1] not in _INDENTS and _is_final(text):
            is_open = False
            if _COUNTED.search(text):
                continue
            if is_chained and leaves:
                leaves[-1] = text
            else:
                leaves.append(text)
            is_chained = False
    return leaves, omitted
