"""Parsing of the exceptions in printed tracebacks, including their chain of causes."""

import re
from collections.abc import Sequence
from typing import NamedTuple

HEAD = re.compile(
    r"(?:  \+ Exception Group |╭─{1,200} )?Traceback \(most recent call last\)(?::| ─*╮)\s*$"
)
"""First line of a traceback, as printed by Python, or by Rich in a box; not one inside JSON."""
NAME = r"(?:[A-Za-z_$][\w$]*\.)*[A-Za-z_$][\w$]*"
FINAL = re.compile(rf"({NAME}(?:\({NAME}\))?)(?::(?:\s+(.*))?)?$", re.DOTALL)
"""The last line of a traceback: the exception and its message."""
_LOG_LEVELS = frozenset({"ERROR", "WARNING", "INFO", "DEBUG", "CRITICAL", "FATAL", "WARN"})
"""Log levels, which look like an exception name before a colon."""
CHAIN = re.compile(
    r"\s*(?:\| )?(?:During handling of the above|(The above exception was the direct cause))"
)
INDENTS = frozenset(" \t│╭╰")
SYNTAX_FILE = re.compile(r"\s*File \"([^\"]+)\", line (\d+)\s*$")
"""Location line of a syntax error. Unlike other `File` lines it names no function."""
SYNTAX = re.compile(r"(?:SyntaxError|IndentationError|TabError)(?:: |$)")

_WRAPPER_NAMES = frozenset(
    {"ChildFailedError", "SystemExit", "KeyboardInterrupt", "CalledProcessError", "Exit",
     "ProcessExitedException", "ProcessRaisedException", "RayTaskError", "_RemoteTraceback",
     "RemoteTraceback", "RemoteError", "BrokenProcessPool", "TerminatedWorkerError"}
)  # fmt: skip
"""Exceptions that only report that something else failed."""
_EXIT_CODE = re.compile(r"(?i)\bexit (?:code|status)\b|\bexitcode\b")
"""Exit status of another process in a message, e.g. DataChain's message about a UDF worker."""
_EMBEDDING = re.compile(
    r"Original Traceback|-- Process \d+ terminated|\"\"\"|.{0,80}(?:Remote|remote|worker|original)"
    r".{0,40}[Tt]raceback"
)
_CONTINUATION = re.compile(r"\[SQL: |\[parameters: |\(Background on this error|\t|  \S|- \S|\* \S")
_COUNTED = re.compile(r"\s*\((\d+) sub-exceptions?\)$")
_OMITTED = re.compile(r"[\s|]*and (\d+) more exceptions?$")
_SECTION = re.compile(r"[\s|+-]*-{3,} (?:\d+|\.\.\.) -{3,}")
_GROUP_DRAWING = re.compile(r"\s*[|+] ?")
_DIGITS = re.compile(r"\d+")
_MAX_BLANKS = 3
_SEPARATORS = frozenset({"", '"""'})
"""Separator lines between chained exceptions; one from another process is in triple quotes."""
_MAX_JOINED = 3
"""Maximum number of message lines joined into the reason."""
_PARAGRAPH = re.compile(
    r"Failed validating |On instance|Mismatched elements|Traceback of TorchScript"
)
_MAX_PARAGRAPH_LINES = 30
"""Maximum number of lines of a message with several paragraphs."""
_NEXT_RECORD = re.compile(
    r"\[?\d{4}-\d\d-\d\d[T ]|\[?\d\d:\d\d:\d\d|[A-Z]{4,8}:|[IWEF]\d{4} |={10}"
)
"""Start of a new log record, or of a launcher's summary."""
_OUTER_LENGTH = 240


class ParsedException(NamedTuple):
    """An exception parsed from a printed traceback."""

    text: str
    """Class name with its module, and message, on one line. Untrusted."""
    end: int
    """Index of the line after its last line."""
    cause: "ParsedException | None" = None
    """The exception it was raised from, or the one from another process embedded in its message."""

    @property
    def name(self) -> str:
        """Class name without its module."""
        return self.text.partition(":")[0].partition("(")[0].rpartition(".")[2]

    @property
    def is_wrapper(self) -> bool:
        """Whether it only reports that something else failed."""
        return self.name in _WRAPPER_NAMES or _EXIT_CODE.search(self.text) is not None

    @property
    def innermost(self) -> "ParsedException":
        """The first exception in the chain of causes."""
        found = self
        while found.cause is not None:
            found = found.cause
        return found

    @property
    def reason(self) -> str:
        """The root cause, followed by the exception it was raised as, on one line."""
        first = self.innermost
        if first is self or self.is_wrapper or _is_same(self.text, first.text):
            return first.text
        outer = self.text.rstrip(": ")
        outer = outer if len(outer) <= _OUTER_LENGTH else outer[: _OUTER_LENGTH - 1] + "…"
        return f"{first.text} (raised as {outer})"


def _is_same(text: str, other: str) -> bool:
    """Whether two texts describe the same exception, with or without its module."""
    return text == other or text.endswith("." + other) or other.endswith("." + text)


class Prefix:
    """The prefix that a logger or a launcher wrote on the first line and repeats on each line."""

    def __init__(self, first: str, column: int) -> None:
        self._column = column
        self._shape = _DIGITS.sub("0", first[:column])

    def body(self, line: str) -> str:
        """Return the line without its prefix, if that has the same form as the first line's."""
        if self._column and _DIGITS.sub("0", line[: self._column]) == self._shape:
            return line[self._column :]
        return line


def is_final(body: str) -> bool:
    """Whether a line can be the last line of a traceback rather than a log record."""
    final = FINAL.match(body)
    return final is not None and (final[1] not in _LOG_LEVELS or not final[2])


def read_traceback(lines: Sequence[str], at: int) -> ParsedException | None:
    """Return the exception whose traceback starts at line index `at`, with its chain.

    Returns `None` when the traceback is cut off.
    """
    raised = _read_one(lines, at)
    while raised is not None:
        place = _skip_blanks(lines, raised.end)
        chained = CHAIN.match(lines[place]) if place < len(lines) else None
        head = _skip_blanks(lines, place + 1)
        if chained is None or head >= len(lines) or not HEAD.search(lines[head]):
            return raised
        following = _read_one(lines, head)
        if following is None:
            return raised
        if (chained[1] or following.is_wrapper) and following.cause is None:
            following = following._replace(cause=raised)
        raised = following
    return raised


def read_syntax_error(lines: Sequence[str], at: int) -> ParsedException | None:
    """Return the syntax error of a script whose file is named on line `at`."""
    place = SYNTAX_FILE.match(lines[at])
    if place is None:
        return None
    for number in range(at + 1, min(at + 5, len(lines))):
        if SYNTAX.match(lines[number]):
            file = place[1].rpartition("/")[2]
            return ParsedException(f"{lines[number]} ({file}, line {place[2]})", number + 1)
        if lines[number][:1] not in INDENTS:
            return None
    return None


def _skip_blanks(lines: Sequence[str], at: int) -> int:
    end = min(len(lines), at + _MAX_BLANKS)
    while at < end and lines[at].strip() in _SEPARATORS:
        at += 1
    return at


def _read_one(lines: Sequence[str], at: int) -> ParsedException | None:
    """Parse one traceback, including any traceback embedded in its message."""
    head = HEAD.search(lines[at])
    if head is None:
        return None
    if "Exception Group" in head[0]:
        return _read_group(lines, at, Prefix(lines[at], head.start()))
    prefix = Prefix(lines[at], head.start())
    end = _end_of_frames(lines, at + 1, prefix)
    if end >= len(lines) or not is_final(prefix.body(lines[end])):
        return None
    syntax = _syntax_place(lines, end, prefix)
    raised = _read_message(lines, end, prefix)
    return raised._replace(text=raised.text + syntax) if syntax else raised


def _end_of_frames(lines: Sequence[str], at: int, prefix: Prefix) -> int:
    """Return the index of the first line after the frames; loguru puts blanks between frames."""
    blanks = 0
    for number in range(at, len(lines)):
        body = prefix.body(lines[number])
        if not body.strip():
            blanks += 1
            if blanks > _MAX_BLANKS:
                return number
        elif body[0] in INDENTS or body.startswith("> File "):
            blanks = 0
        else:
            return number
    return len(lines)


def _syntax_place(lines: Sequence[str], end: int, prefix: Prefix) -> str:
    """Return the location of a syntax error raised by an import; empty for other exceptions."""
    if not SYNTAX.match(prefix.body(lines[end])):
        return ""
    for number in range(end - 1, max(-1, end - 5), -1):
        if place := SYNTAX_FILE.match(prefix.body(lines[number])):
            return f" ({place[1].rpartition('/')[2]}, line {place[2]})"
    return ""


def _read_message(lines: Sequence[str], at: int, prefix: Prefix) -> ParsedException:
    """Parse an exception from its last line on: its message, and any exception embedded in it."""
    text = prefix.body(lines[at])
    embedded = _embedded(lines, at, prefix)
    if embedded is not None:
        return ParsedException(text, embedded.end, embedded)
    end = at + 1
    joined = 1
    place = end
    if text.rstrip().endswith(":"):
        # The message starts with a line break.
        place = _skip_blanks(lines, place)
    while place < len(lines):
        body = prefix.body(lines[place])
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
        place += 1
        end = place
    if prefix.body(lines[at]).rstrip().endswith(":") or _has_paragraphs(lines, end, prefix):
        end = _end_of_paragraphs(lines, end, prefix)
    return ParsedException(text.rstrip(), end)


def _starts_something_else(body: str) -> bool:
    """Whether a line after a message starts something else."""
    return bool(HEAD.search(body) or CHAIN.match(body) or _NEXT_RECORD.match(body))


def _has_paragraphs(lines: Sequence[str], at: int, prefix: Prefix) -> bool:
    """Whether a message continues after an empty line."""
    below = _skip_blanks(lines, at)
    return at < below < len(lines) and bool(_PARAGRAPH.match(prefix.body(lines[below])))


def _end_of_paragraphs(lines: Sequence[str], at: int, prefix: Prefix) -> int:
    """Return the index of the line after a message that started with a line break."""
    end = at
    for number in range(at, min(len(lines), at + _MAX_PARAGRAPH_LINES)):
        body = prefix.body(lines[number])
        if _starts_something_else(body):
            break
        if body.strip():
            end = number + 1
    return end


_VALIDATION = re.compile(r".*\b\d+ validation errors? for \S+")


def _join(text: str, line: str) -> str:
    """Join two lines of a message into one."""
    is_below = line.startswith("  ") and _VALIDATION.match(text) is not None
    line = line.strip()
    if is_below:
        return f"{text}: {line}"
    if text.endswith(":"):
        return f"{text} {line}"
    return f"{text} {line}" if text.endswith((".", ",", ";")) else f"{text}; {line}"


def _embedded(lines: Sequence[str], at: int, prefix: Prefix) -> ParsedException | None:
    """Return the exception embedded in the message of another, e.g. one from a worker."""
    text = prefix.body(lines[at])
    name = text.partition(":")[0].partition("(")[0].rpartition(".")[2]
    if name == "RayTaskError":
        end = _end_of_frames(lines, at + 1, prefix)
        if at + 1 < end < len(lines) and is_final(prefix.body(lines[end])):
            return _read_message(lines, end, prefix)
        return None
    place = at + 1
    is_announced = False
    for place in range(at + 1, min(len(lines), at + 5)):
        body = prefix.body(lines[place])
        if _EMBEDDING.match(body):
            is_announced = True
        head = HEAD.search(body)
        if head and is_announced:
            return _read_body(lines, place, prefix)
        if body.strip() and not is_announced:
            return None
    return None


def _read_body(lines: Sequence[str], at: int, prefix: Prefix) -> ParsedException | None:
    """Parse a traceback whose lines have the prefix of another traceback."""
    bodies = [prefix.body(line) for line in lines[at:]]
    head = HEAD.search(bodies[0])
    bodies[0] = "Traceback (most recent call last):" if head else bodies[0]
    traceback = read_traceback(bodies, 0)
    if traceback is None:
        return None
    end = traceback.end + at
    if end < len(lines) and prefix.body(lines[end]).strip() == '"""':
        end += 1
    return traceback._replace(end=end)


# --- groups ----------------------------------------------------------------------------------


def _read_group(lines: Sequence[str], at: int, prefix: Prefix) -> ParsedException | None:
    """Parse an exception group: its text has the first exception and the number of exceptions."""
    end = at + 1
    while end < len(lines):
        body = prefix.body(lines[end])
        if not body.strip() or (body[0] not in " +"):
            break
        end += 1
    bodies = [prefix.body(line) for line in lines[at + 1 : end]]
    head = next((_without_drawing(body) for body in bodies if _is_group_final(body)), None)
    leaves, more = _leaves(bodies)
    if head is None or not leaves:
        return None
    counted = _COUNTED.search(head)
    count = max(len(leaves) + more, int(counted[1]) if counted else 0)
    title = _COUNTED.sub("", head)
    place = f"the first of {count} in {title}" if count > 1 else f"in {title}"
    return ParsedException(f"{leaves[0]} ({place})", end)


def _without_drawing(body: str) -> str:
    drawn = _GROUP_DRAWING.match(body)
    return body[drawn.end() :] if drawn else body


def _is_group_final(body: str) -> bool:
    return _COUNTED.search(body) is not None and is_final(_without_drawing(body))


def _leaves(bodies: Sequence[str]) -> tuple[list[str], int]:
    """Return the exceptions of a group, including nested groups, and the number that were omitted.

    For a chain of exceptions, returns its cause.
    """
    leaves: list[str] = []
    more = 0
    is_open = False
    is_caused = is_chained = False
    for body in bodies:
        if more_match := _OMITTED.match(body):
            more += int(more_match[1])
        if _SECTION.match(body):
            # An exception that was never raised has no traceback.
            is_open, is_caused, is_chained = True, False, False
            continue
        text = _without_drawing(body)
        if chained := CHAIN.match(text):
            is_caused, is_chained = chained[1] is not None, True
        elif HEAD.search(text):
            is_open = True
        elif is_open and text[:1] not in INDENTS and is_final(text):
            is_open = False
            if _COUNTED.search(text):
                continue
            if is_chained and leaves:
                leaves[-1] = leaves[-1] if is_caused else text
            else:
                leaves.append(text)
            is_caused = is_chained = False
    return leaves, more
