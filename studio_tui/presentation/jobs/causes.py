"""Extracts the cause from an error message of a job, as one short line."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from studio_tui.api.models import Job
from studio_tui.api.states import CANCELED_STATES, JobState
from studio_tui.failures.exit_codes import exit_code_words
from studio_tui.presentation.logs.levels import LogLevel
from studio_tui.presentation.logs.line_levels import level_of
from studio_tui.presentation.logs.signatures import shortened, signature

_TRACEBACK = "Traceback (most recent call last)"
_CUT = "traceback cut off after:"
_DRAWN = " \t│|+"
"""Characters to the left of the frames of a traceback."""
_ESCAPED_HEAD = f"{_TRACEBACK}:\\n"
_REMNANT = re.compile(
    r"(?P<prefix>.{0,80}?)  File \".{1,300}\", line \d+|.{0,300}, line \d+, in [\w<>]+$"
    r"|.{0,30}call last\):$"
)
"""The first line of a traceback whose beginning is cut off."""
_ENDING = re.compile(
    r"(?<=\s)(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt|Exit)(?:: \S.*|\s*$)"
)
"""The exception at the end of a traceback that is printed on a single line."""

_SUBJECT = (
    r"(?:the |your |this )?(?:user |python |shell )?(?:query|job|script|process|command|run|task)"
)
_EXIT = re.compile(
    rf"{_SUBJECT}(?: script| process)?\b[^:;\n]{{0,60}}?"
    r"\b(?:ended|failed|exited|finished|terminated|stopped|died|returned)\b"
    r"(?:[^:;.\n]{0,40}?\b(?P<code>(?:code|status)\s*:?\s*-?\d+))?"
    r"(?:\s\([^()\n]{1,60}\))?"
    r"(?P<rest>\s*[:;,.–—-]\s*.*|\s*)$",
    re.IGNORECASE | re.DOTALL,
)
"""A statement that says only that a job failed, and perhaps its exit code.

`rest` is the text after it, which may have the cause.
"""
_SIGNAL = re.compile(
    rf"{_SUBJECT}(?: script| process)?\b[^:;.\n]{{0,40}}?\b(?P<signal>signal \d+(?: \(\w+\))?)"
    r"(?:[\s.]*$|;\s*(?=its last output:))",
    re.IGNORECASE,
)
"""A statement that says only which signal ended a job."""
_LEAD = re.compile(
    r"[\s:;,.–—-]*(?:(?P<output>(?:(?:it |its )?last (?:said|words|line|output)|output))"
    r"|stderr|error|reason|cause)\s*:\s+|[\s:;,.–—-]+",
    re.IGNORECASE,
)
"""Text between a statement and the cause.

The group `output` matches if the last output of a program follows, which may be no error.
"""
_COMPLAINT = re.compile(
    r"(?<!\b0 )(?<!\bno )(?<!\bnone )\b(?:fail(?:ed|ure)|can ?not|can't|could(?: not|n't)"
    r"|unable to|invalid|no such|not found|(?:out of|no) (?:memory|space|room)"
    r"|(?:disk|device) (?:is )?full|exceeded|denied|forbidden|refused|timed out"
    r"|unreachable|missing|corrupt(?:ed)?|killed|aborted|bad)\b",
    re.IGNORECASE,
)
"""Words that show that a message is an error, though it has no word such as `error`."""
_EXCEPTION = re.compile(
    r"(?:^|(?<=[:;(>] ))(?:[A-Za-z_]\w*\.)*"
    r"(?P<name>[A-Z]\w*(?:Error|Exception|Interrupt|Exit|Warning))(?:\([\w.]*\))?(?=: |$)"
)
"""The name of an exception, such as `builtins.ValueError`, before a colon or the end."""
_PREFIX = re.compile(
    r"\[?(?:\d{2,4}[-/]\d\d[-/]\d\d[T ])?\d\d:\d\d:\d\d[\d.,]*(?:Z|[+-]\d\d:?\d\d)?\]?[\s|:-]*"
    r"(?:\{\S+\}[\s|:-]*|[\w.]+[\s|:-]+)?"
    r"(?:\[?(?:ERROR|ERR|WARN(?:ING)?|CRITICAL|FATAL|SEVERE|error)\b\]?[\s|:-]*)"
    r"(?:[\w.]+:[\w<>.]+:\d+[\s|:-]+|[\w.]+:\d+\]?[\s|:-]+)?"
    r"|\d\d:\d\d:\d\d\s{2,}|\S+\.(?:sh|bash): line \d+: |npm (?:ERR!|error) |\[ERROR\] |> "
)
"""The text that a logger, a shell or a tool prints before its message."""
_WRAPPERS = frozenset({"CalledProcessError", "ChildFailedError", "RayTaskError", "SystemExit"})
"""Exceptions that only report that something else failed."""
_PLAIN_EXIT = re.compile(r"exit code -?\d+")
"""An exit code that stands for no signal."""
_STOPPED = re.compile(r"KeyboardInterrupt|(?:terminated|killed|interrupted)\W*$", re.IGNORECASE)
"""A cause that is only that a process was stopped."""


@lru_cache(maxsize=4096)
def cause(message: str) -> str:
    """Return the cause in an error message as one safe line; empty if the message is empty.

    If the message ends with output that does not look like an error, the line is
    `“done”, exit code 3`, or `signal 9; last output: done`.
    """
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    if not lines:
        return ""
    if reason := _from_traceback(message):
        return reason
    text = lines[0]
    if statement := _statement(text):
        ending, following, is_output = statement
        if ending and following and is_output and not _is_error(following):
            if _PLAIN_EXIT.fullmatch(ending):
                return shortened(f"“{following}”, {ending}")
            return shortened(f"{ending}; last output: {following}")
        second_line = lines[1] if len(lines) > 1 else ""
        text = following or second_line or ending or text
    text = _PREFIX.sub("", text, count=1) if _PREFIX.match(text) else text
    return shortened(_from_exception(text) or text) or shortened(lines[0])


def _from_traceback(message: str) -> str:
    """Return the exception of a traceback; empty if the message has no traceback.

    If the exception is cut off, the result is the last line above it, and says so.
    """
    if _ESCAPED_HEAD in message:
        message = message.replace("\\n", "\n").replace('\\"', '"')
    lines = _with_head([line for line in message.splitlines() if line.strip()])
    head = next((number for number, line in enumerate(lines) if _TRACEBACK in line), None)
    if head is None:
        return ""
    reason = signature(lines)
    # If no exception is found, `signature` falls back to any line that looks like an error. The
    # head or a frame of the traceback is then no reason.
    if reason and _TRACEBACK not in reason and not reason.startswith('File "'):
        return reason
    prefix, _, beside = lines[head].partition(_TRACEBACK)
    _, is_joined, frame = beside.rpartition('File "')
    if is_joined:
        ending = _ENDING.search(frame)
        return shortened(ending[0] if ending else f'{_CUT} File "{frame}')
    bodies = [line.removeprefix(prefix) for line in lines[head + 1 :]]
    last = next((body.strip(_DRAWN) for body in reversed(bodies) if body[:1] in _DRAWN), "")
    return shortened(f"{_CUT} {last}") if last else ""


def _with_head(lines: Sequence[str]) -> Sequence[str]:
    """Return lines with the head that a cut-off traceback lacks.

    It is in place of the first, broken line of the traceback, or before its first line.
    """
    for number, line in enumerate(lines[:2]):
        remnant = _REMNANT.match(line)
        below = lines[number + 1] if number + 1 < len(lines) else ""
        if remnant and _TRACEBACK not in line:
            prefix = remnant["prefix"] or ""
            if below[len(prefix) :][:1].isspace():
                return [f"{prefix}{_TRACEBACK}:", *lines[number + 1 :]]
    if lines and lines[0][:2].isspace():
        ending = next((line for line in lines if not line[0].isspace()), "")
        if _EXCEPTION.match(ending):
            return [f"{_TRACEBACK}:", *lines]
    return lines


def own_error(message: str | None, state: JobState) -> str:
    """Return the error message of a job in `state`; empty if it has no error of its own.

    An error that only says how a canceled job's processes ended is not the job's own.
    """
    if not message or state not in CANCELED_STATES:
        return message or ""
    first, _, further = message.strip().partition("\n")
    statement = _statement(first.strip())
    if statement and (statement.is_output or not (statement.following or further.strip())):
        return ""
    return "" if _STOPPED.match(cause(message)) else message


def cause_of(job: Job) -> str:
    """Return the cause of a job's own error as one safe line; empty if it has none."""
    return cause(own_error(job.error_message, job.state))


class _Statement(NamedTuple):
    """A statement that says only that a job ended."""

    ending: str
    """The signal or the exit code, in words; empty if the statement has neither."""
    following: str
    is_output: bool
    """Whether `following` is the last output of a program, which may be no error."""


def _statement(line: str) -> _Statement | None:
    """Return the statement that a line starts with; `None` if it starts with none."""
    if signaled := _SIGNAL.match(line):
        ending, rest = signaled["signal"], line[signaled.end() :]
    elif exited := _EXIT.match(line):
        code, rest = re.sub(r"[^\d-]", "", exited["code"] or ""), exited["rest"]
        ending = exit_code_words(int(code)) if code else ""
    else:
        return None
    lead = _LEAD.match(rest)
    following = (rest[lead.end() :] if lead else rest).strip()
    return _Statement(ending, following, is_output=bool(lead and lead["output"]))


def _is_error(output: str) -> bool:
    level = level_of(output)
    return level >= LogLevel.ERROR if level is not None else bool(_COMPLAINT.search(output))


def _from_exception(text: str) -> str:
    """Return the part of a line that starts at the name of its exception; empty if it names none.

    Exceptions that only wrap another are skipped if there is another.
    """
    matches = list(_EXCEPTION.finditer(text))
    if not matches:
        return ""
    first = next((match for match in matches if match["name"] not in _WRAPPERS), matches[0])
    return text[first.start("name") :]
