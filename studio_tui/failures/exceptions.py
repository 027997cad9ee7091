"""The exceptions in printed tracebacks, each with what caused it."""

import re
from collections.abc import Sequence
from typing import NamedTuple

HEAD = re.compile(
    r"(?:  \+ Exception Group |╭─{1,200} )?Traceback \(most recent call last\)(?::| ─*╮)\s*$"
)
"""As Python writes it, and Rich in its box; within JSON or a `repr` it is no head."""
NAME = r"(?:[A-Za-z_$][\w$]*\.)*[A-Za-z_$][\w$]*"
FINAL = re.compile(rf"({NAME}(?:\({NAME}\))?)(?::(?:\s+(.*))?)?$", re.DOTALL)
"""The last line of a traceback: the exception and its message."""
LOUD = frozenset({"ERROR", "WARNING", "INFO", "DEBUG", "CRITICAL", "FATAL", "WARN"})
"""Words before a colon that are no exceptions."""
CHAIN = re.compile(
    r"\s*(?:\| )?(?:During handling of the above|(The above exception was the direct cause))"
)
INDENTS = frozenset(" \t│╭╰")
SYNTAX_FILE = re.compile(r"\s*File \"([^\"]+)\", line (\d+)\s*$")
"""Where a syntax error is; every other line of a file names a function too."""
SYNTAX = re.compile(r"(?:SyntaxError|IndentationError|TabError)(?:: |$)")

_WRAPPERS = frozenset(
    {"ChildFailedError", "SystemExit", "KeyboardInterrupt", "CalledProcessError", "Exit",
     "ProcessExitedException", "ProcessRaisedException", "RayTaskError", "_RemoteTraceback",
     "RemoteTraceback", "RemoteError", "BrokenProcessPool", "TerminatedWorkerError"}
)  # fmt: skip
"""What only says that something else failed."""
_EXIT_CODE = re.compile(r"(?i)\bexit (?:code|status)\b|\bexitcode\b")
"""In a message: how another process ended, as DataChain says of the one that runs a UDF."""
_EMBEDDING = re.compile(
    r"Original Traceback|-- Process \d+ terminated|\"\"\"|.{0,80}(?:Remote|remote|worker|original)"
    r".{0,40}[Tt]raceback"
)
_GOES_ON = re.compile(r"\[SQL: |\[parameters: |\(Background on this error|\t|  \S|- \S|\* \S")
_COUNTED = re.compile(r"\s*\((\d+) sub-exceptions?\)$")
_MORE = re.compile(r"[\s|]*and (\d+) more exceptions?$")
_SECTION = re.compile(r"[\s|+-]*-{3,} (?:\d+|\.\.\.) -{3,}")
_GROUP_DRAWING = re.compile(r"\s*[|+] ?")
_DIGITS = re.compile(r"\d+")
_BLANKS = 3
_NOTHING = frozenset({"", '"""'})
"""Lines between the exceptions of a chain; one from another process stands in quotes."""
_JOINED = 3
"""Lines of a message that are told at most."""
_PARAGRAPH = re.compile(
    r"Failed validating |On instance|Mismatched elements|Traceback of TorchScript"
)
_PARAGRAPHS = 30
"""Lines that a message of several paragraphs has at most."""
_RECORDED = re.compile(r"\[?\d{4}-\d\d-\d\d[T ]|\[?\d\d:\d\d:\d\d|[A-Z]{4,8}:|[IWEF]\d{4} |={10}")
"""How the next line of a logger begins, and the summary of a launcher."""
_OUTER_LENGTH = 240


class Raised(NamedTuple):
    """An exception as it was printed."""

    text: str
    """Its class with the module, and its message, on one line: untrusted."""
    end: int
    """The number of the line after its last."""
    cause: "Raised | None" = None
    """What it was raised from, or what it brings from another process."""

    @property
    def name(self) -> str:
        """The class without its module."""
        return self.text.partition(":")[0].partition("(")[0].rpartition(".")[2]

    @property
    def is_wrapper(self) -> bool:
        """Whether it only says that something else failed."""
        return self.name in _WRAPPERS or _EXIT_CODE.search(self.text) is not None

    @property
    def innermost(self) -> "Raised":
        """What it all began with."""
        found = self
        while found.cause is not None:
            found = found.cause
        return found

    @property
    def reason(self) -> str:
        """What it all began with, and what became of it, on one line."""
        first = self.innermost
        if first is self or self.is_wrapper or _says(self.text, first.text):
            return first.text
        outer = self.text.rstrip(": ")
        outer = outer if len(outer) <= _OUTER_LENGTH else outer[: _OUTER_LENGTH - 1] + "…"
        return f"{first.text} (raised as {outer})"


def _says(text: str, other: str) -> bool:
    """Whether two texts are of one exception, with or without its module."""
    return text == other or text.endswith("." + other) or other.endswith("." + text)


class Prefix:
    """What a logger or a launcher wrote before each line, like before the first."""

    def __init__(self, first: str, column: int) -> None:
        self._column = column
        self._shape = _DIGITS.sub("0", first[:column])

    def body(self, line: str) -> str:
        """Return the line without its prefix, if it has one of the same form."""
        if self._column and _DIGITS.sub("0", line[: self._column]) == self._shape:
            return line[self._column :]
        return line


def is_final(body: str) -> bool:
    """Whether a line can be the last of a traceback, and is not another's."""
    final = FINAL.match(body)
    return final is not None and (final[1] not in LOUD or not final[2])


def read_traceback(lines: Sequence[str], at: int) -> Raised | None:
    """Return the exception of the traceback whose first line is number `at`, with its chain.

    `None` when it was cut off.
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


def read_syntax_error(lines: Sequence[str], at: int) -> Raised | None:
    """Return the syntax error of a script, whose file is named in line `at`."""
    place = SYNTAX_FILE.match(lines[at])
    if place is None:
        return None
    for number in range(at + 1, min(at + 5, len(lines))):
        if SYNTAX.match(lines[number]):
            file = place[1].rpartition("/")[2]
            return Raised(f"{lines[number]} ({file}, line {place[2]})", number + 1)
        if lines[number][:1] not in INDENTS:
            return None
    return None


def _skip_blanks(lines: Sequence[str], at: int) -> int:
    end = min(len(lines), at + _BLANKS)
    while at < end and lines[at].strip() in _NOTHING:
        at += 1
    return at


def _read_one(lines: Sequence[str], at: int) -> Raised | None:
    """Read one traceback, with what is embedded in its message."""
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
    raised = _with_message(lines, end, prefix)
    return raised._replace(text=raised.text + syntax) if syntax else raised


def _end_of_frames(lines: Sequence[str], at: int, prefix: Prefix) -> int:
    """Return the number of the first line that is no frame; blanks part those of loguru."""
    blanks = 0
    for number in range(at, len(lines)):
        body = prefix.body(lines[number])
        if not body.strip():
            blanks += 1
            if blanks > _BLANKS:
                return number
        elif body[0] in INDENTS or body.startswith("> File "):
            blanks = 0
        else:
            return number
    return len(lines)


def _syntax_place(lines: Sequence[str], end: int, prefix: Prefix) -> str:
    """Return where a syntax error is that was raised by an import; empty for other exceptions."""
    if not SYNTAX.match(prefix.body(lines[end])):
        return ""
    for number in range(end - 1, max(-1, end - 5), -1):
        if place := SYNTAX_FILE.match(prefix.body(lines[number])):
            return f" ({place[1].rpartition('/')[2]}, line {place[2]})"
    return ""


def _with_message(lines: Sequence[str], at: int, prefix: Prefix) -> Raised:
    """Read an exception from its last line on: its message, and what its message embeds."""
    text = prefix.body(lines[at])
    embedded = _embedded(lines, at, prefix)
    if embedded is not None:
        return Raised(text, embedded.end, embedded)
    end = at + 1
    joined = 1
    place = end
    if text.rstrip().endswith(":"):
        # Its message begins with a line break.
        place = _skip_blanks(lines, place)
    while place < len(lines):
        body = prefix.body(lines[place])
        is_more = _GOES_ON.match(body) or (text.endswith(":") and joined == 1)
        if not body.strip() or _begins_anew(body) or not _goes_on(text, is_more):
            break
        if joined < _JOINED:
            text = _join(text, body)
        joined += 1
        place += 1
        end = place
    if prefix.body(lines[at]).rstrip().endswith(":") or _has_paragraphs(lines, end, prefix):
        end = _end_of_paragraphs(lines, end, prefix)
    return Raised(text.rstrip(), end)


def _begins_anew(body: str) -> bool:
    """Whether a line after a message can be no part of it."""
    return bool(HEAD.search(body) or CHAIN.match(body) or _RECORDED.match(body))


def _has_paragraphs(lines: Sequence[str], at: int, prefix: Prefix) -> bool:
    """Whether a message goes on after an empty line."""
    below = _skip_blanks(lines, at)
    return at < below < len(lines) and bool(_PARAGRAPH.match(prefix.body(lines[below])))


def _end_of_paragraphs(lines: Sequence[str], at: int, prefix: Prefix) -> int:
    """Return the number of the line after a message that began with a line break."""
    end = at
    for number in range(at, min(len(lines), at + _PARAGRAPHS)):
        body = prefix.body(lines[number])
        if _begins_anew(body):
            break
        if body.strip():
            end = number + 1
    return end


_VALIDATION = re.compile(r".*\b\d+ validation errors? for \S+")


def _goes_on(text: str, is_more: object) -> bool:
    return bool(is_more) or _VALIDATION.match(text) is not None


def _join(text: str, line: str) -> str:
    """Return one line of two."""
    is_below = line.startswith("  ") and _VALIDATION.match(text) is not None
    line = line.strip()
    if is_below:
        return f"{text}: {line}"
    if text.endswith(":"):
        return f"{text} {line}"
    return f"{text} {line}" if text.endswith((".", ",", ";")) else f"{text}; {line}"


def _embedded(lines: Sequence[str], at: int, prefix: Prefix) -> Raised | None:
    """Return the exception that the message of another brings along, from a worker say."""
    text = prefix.body(lines[at])
    name = text.partition(":")[0].partition("(")[0].rpartition(".")[2]
    if name == "RayTaskError":
        end = _end_of_frames(lines, at + 1, prefix)
        if at + 1 < end < len(lines) and is_final(prefix.body(lines[end])):
            return _with_message(lines, end, prefix)
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


def _read_body(lines: Sequence[str], at: int, prefix: Prefix) -> Raised | None:
    """Read a traceback among lines that have the prefix of another's."""
    bodies = [prefix.body(line) for line in lines[at:]]
    head = HEAD.search(bodies[0])
    bodies[0] = "Traceback (most recent call last):" if head else bodies[0]
    found = read_traceback(bodies, 0)
    if found is None:
        return None
    end = found.end + at
    if end < len(lines) and prefix.body(lines[end]).strip() == '"""':
        end += 1
    return found._replace(end=end)


# --- groups ----------------------------------------------------------------------------------


def _read_group(lines: Sequence[str], at: int, prefix: Prefix) -> Raised | None:
    """Read an exception group: its cause is its first exception, its text says how many."""
    end = at + 1
    while end < len(lines):
        body = prefix.body(lines[end])
        if not body.strip() or (body[0] not in " +"):
            break
        end += 1
    bodies = [prefix.body(line) for line in lines[at + 1 : end]]
    head = next((_undrawn(body) for body in bodies if _is_group_final(body)), None)
    leaves, more = _leaves(bodies)
    if head is None or not leaves:
        return None
    counted = _COUNTED.search(head)
    count = max(len(leaves) + more, int(counted[1]) if counted else 0)
    title = _COUNTED.sub("", head)
    place = f"the first of {count} in {title}" if count > 1 else f"in {title}"
    return Raised(f"{leaves[0]} ({place})", end)


def _undrawn(body: str) -> str:
    drawn = _GROUP_DRAWING.match(body)
    return body[drawn.end() :] if drawn else body


def _is_group_final(body: str) -> bool:
    return _COUNTED.search(body) is not None and is_final(_undrawn(body))


def _leaves(bodies: Sequence[str]) -> tuple[list[str], int]:
    """Return the exceptions of a group, those of groups within it too, and how many are not told.

    Of a chain it is the cause.
    """
    leaves: list[str] = []
    more = 0
    is_open = False
    is_caused = is_chained = False
    for body in bodies:
        if told := _MORE.match(body):
            more += int(told[1])
        if _SECTION.match(body):
            # An exception that was never raised has no traceback.
            is_open, is_caused, is_chained = True, False, False
            continue
        text = _undrawn(body)
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
