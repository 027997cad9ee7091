"""Why a program failed, according to the end of its output: a failure, or else the last message.

A failure, such as a traceback, is the reason unless the program has probably handled it. This is
assumed if more than closing messages follow it, and one of these conditions holds:

- A logger wrote the failure.
- The failure ended only a thread.
- The failure does not fit the exit code.
- The later lines show that the program continued.
"""

import json
import re
from collections.abc import Iterator, Sequence
from enum import Enum, auto
from functools import partial
from typing import NamedTuple

from studio_tui.failures import other_programs
from studio_tui.failures.exceptions import HEAD, read_syntax_error, read_traceback
from studio_tui.failures.json_messages import message_in
from studio_tui.failures.origins import STAMP, by_origin, is_boxed, split_origin
from studio_tui.failures.parsed_exception import ParsedException
from studio_tui.failures.printed_lines import (
    bare,
    is_bar,
    is_closing,
    is_epilogue,
    is_frame,
    is_hint,
)

_MAX_LINES = 4000
"""Lines at the end of the output that are searched."""
_MANY_LINES = 30
"""More lines than this after a failure show that the program continued."""
_SIGNS = re.compile(
    r"Traceback \(most recent call last\)|panicked at |panic: |fatal error: |Root Cause \(first"
    r"|terminate called| in [\d.]+s|error: (?:could not compile|aborting)|  File \""
    r"|\b(?:[A-Z]\w*)?(?:Error|Exception)\b|Fatal Python error|^\s*× \w"
)
"""Part of a line that can begin a failure; only such lines are parsed further, to save time."""
_ASIDE = re.compile(
    r"Exception in thread |Exception ignored (?:in|on)|Error in atexit|Error in sys\.excepthook"
    r"|(?:Task|Future) exception was never retrieved|Exception in callback|Exception ignored while"
)
"""Words before an exception that ended only a thread, or nothing at all."""
_ASYNCIO_CONTEXT = re.compile(
    r"(?:future|task|handle|transport|protocol|source_traceback|server): "
)
"""A line that asyncio prints between an `_ASIDE` and its traceback (`call_exception_handler`)."""
_SEVERE = "error|err|warning|warn|critical|fatal|severe|exception"
_SEVERE_RECORD = re.compile(
    rf"{STAMP}.{{0,80}}?\b(?i:{_SEVERE})\b|.{{0,40}}\b(?:ERROR|WARNING|WARN|CRITICAL|FATAL)\b"
    rf"|[EWF]\d{{4}} |.{{0,80}}\b(?i:level|severity)\W{{1,4}}(?i:{_SEVERE})\b"
)
"""Log record of an error or a warning. A traceback below it was logged, not uncaught."""
_HARMLESS_RECORD = re.compile(
    r".{0,80}?\b(?:DEBUG|INFO|NOTICE|SUCCESS|debug|info)\b(?![\w/.])|I\d{4} \d\d:|\[I \d"
)
_CONTINUED = re.compile(
    r"(?i)\b(?:retry|retries|retrying|try(?:ing)? (?:again|the next|another|next)|attempt(?:ing)?"
    r"|skip(?:s|ped|ping)?|continu(?:e|es|ed|ing)|going on|fall(?:ing|s)? back|fallback"
    r"|ignor(?:ed|ing)|next|resum(?:ed|ing)|recover(?:ed|ing)|using .{1,40} instead|answered"
    r"|succeeded|proceed(?:s|ing)?)\b"
)
_ERROR = re.compile(
    r"(?:fatal|error|ERROR|Error|FATAL|FAILURE|E)(?:\[\w+\])?: \S|CMake Error at |ERROR ~ "
    r"|(?:\w+\.)*[A-Z]\w*(?:Error|Exception): \S|\S+:\d+(?::\d+)?: (?:fatal )?(?i:error): "
    r"|(?!\w+: ERROR:root)[\w.+-]+: (?:fatal )?(?i:error): \S|Error in rule "
    r"|slurmstepd: error: |Execution failed for task |npm (?:ERR!|error) E[A-Z]{3,} \S"
    r"|[\w./+-]+: (?:error \w+ing |.*: (?:No such file or directory|Permission denied"
    r"|No space left on device|Operation not permitted|Connection (?:refused|timed out)))"
)
_CROSSED = re.compile(r"\s*[✖✗❌] \S")


_PARSERS = (
    (read_syntax_error, True),
    (other_programs.rust_panic, False),
    (other_programs.go_panic, False),
    (other_programs.cpp_exception, False),
    (other_programs.fatal_python_error, False),
    (other_programs.java_exception, False),
    (other_programs.node_error, False),
    (other_programs.pytest_summary, True),
    (other_programs.rust_compiler_error, True),
    (other_programs.resolver_error, True),
)
"""Parsers, each with the value of `_Failure.is_certain` for the failures that it returns."""


class _Kind(Enum):
    """The effect of a failure on the program that printed it."""

    ENDING = auto()
    """It ended the program, unless the program handled it."""
    ASIDE = auto()
    """It ended only a thread, or nothing."""
    WRAPPER = auto()
    """It only reports that something else failed."""


class _Failure(NamedTuple):
    reason: str
    """On one line. Untrusted."""
    start: int
    end: int
    """Index after its last line."""
    kind: _Kind = _Kind.ENDING
    is_logged: bool = False
    """Whether a logger wrote it, so that the program has probably caught it."""
    is_certain: bool = False
    """Whether programs print it only when they end, so it is rarely handled."""
    is_python: bool = False


class Ending(NamedTuple):
    """How a program ended, according to its output. Untrusted."""

    failure: str
    """What ended the program; empty if nothing was found, or the program handled it."""
    last_message: str
    """Empty if there is none, or if it would add nothing to `failure`."""
    has_continued: bool = False
    """Whether the program handled a failure and then printed `last_message`."""


def ending(lines: Sequence[str], code: int = 1) -> Ending:
    """Return how a program ended, judging by its exit code and the lines of its output.

    The lines have no escape sequences, like those of `printed_lines`.
    """
    lines = lines[-_MAX_LINES:]
    failures = sorted(_failures(lines), key=lambda failure: (failure.end, failure.start))
    last = _last_message(lines)
    chosen = _choose(failures, lines)
    if chosen is None:
        error = _error_before_advice(lines, last)
        includes_last = bool(error) and (is_closing(last) or error.endswith(last))
        return Ending(error, "" if includes_last else last)
    after = _lines_of_program(lines[max(failure.end for failure in failures) :])
    if not after or (chosen.is_certain and not _has_continued(after)):
        return Ending(chosen.reason, "")
    # Python exits with code 1 for an uncaught exception, except KeyboardInterrupt.
    is_caught = chosen.is_logged or chosen.kind is _Kind.ASIDE or (chosen.is_python and code != 1)
    if is_caught or _has_continued(after):
        if _ends_without_reason(lines) and len(after) <= _MANY_LINES:
            return Ending(chosen.reason, "")
        return Ending("", last, has_continued=True)
    return Ending(chosen.reason, last)


# --- failures ----------------------------------------------------------------------------------


def _failures(lines: Sequence[str]) -> Iterator[_Failure]:
    """Yield all failures; the lines of each origin, such as a process, are parsed by themselves."""
    streams = by_origin(lines)
    # For each origin, the indices within its stream of lines that may begin a failure.
    signs = {
        origin: starts
        for origin, (_, bodies) in streams.items()
        if (starts := [place for place, body in enumerate(bodies) if _SIGNS.search(body)])
    }
    parsed: dict[str, list[_Failure]] = {}
    # A summary of torchrun comes after the failures that it is about.
    for origin in sorted(signs, key=lambda origin: streams[origin][0][signs[origin][0]]):
        numbers, bodies = streams[origin]
        parsed[origin] = list(_failures_in_stream(bodies, signs[origin], parsed))
        for failure in parsed[origin]:
            end = numbers[failure.end - 1] + 1
            yield failure._replace(start=numbers[failure.start], end=end)


def _failures_in_stream(
    bodies: Sequence[str], starts: Sequence[int], others: dict[str, list[_Failure]]
) -> Iterator[_Failure]:
    """Yield the failures of one origin; `others` has those of the origins parsed before."""
    parsed_to = 0
    failures: list[_Failure] = []
    exception_of_rank = partial(_exception_of_rank, others, failures)
    for start in starts:
        if start < parsed_to:
            continue
        failure = failure_at(bodies, start)
        if failure is None and (
            summary := other_programs.torchrun_summary(bodies, start, exception_of_rank)
        ):
            failure = _Failure(summary.reason, start, summary.end, is_certain=True)
        if failure is not None:
            parsed_to = failure.end
            failures.append(failure)
            yield failure


def failure_at(bodies: Sequence[str], start: int) -> _Failure | None:
    """Return the failure whose first line is at `start`, in lines of one origin; else `None`."""
    line = bodies[start]
    if HEAD.search(line):
        raised = read_traceback(bodies, start)
        return _failure_of_exception(bodies, start, raised) if raised else None
    for read, is_certain in _PARSERS:
        if failure := read(bodies, start):
            return _Failure(failure.reason, start, failure.end, is_certain=is_certain)
    return None


def _failure_of_exception(bodies: Sequence[str], start: int, raised: ParsedException) -> _Failure:
    head = HEAD.search(bodies[start])
    before = bodies[start][: head.start()] if head else ""
    near = (bodies[number] for number in range(start - 1, max(-1, start - 5), -1))
    # The line that announces the exception.
    above = next((line for line in near if line.strip() and not _ASYNCIO_CONTEXT.match(line)), "")
    if _ASIDE.match(above) or _ASIDE.match(before):
        kind = _Kind.ASIDE
    elif raised.is_wrapper and raised.cause is None:
        kind = _Kind.WRAPPER
    else:
        kind = _Kind.ENDING
    is_logged = bool(_SEVERE_RECORD.match(above)) or bool(before.strip(" +|"))
    return _Failure(raised.reason, start, raised.end, kind, is_logged, is_python=True)


def _exception_of_rank(
    others: dict[str, list[_Failure]], own: Sequence[_Failure], rank: str, local: str
) -> str | None:
    """Return the exception that a worker printed with its rank or local rank as origin.

    `others` has the failures of the origins parsed before, `own` those of the current one. If none
    of `others` has an origin, the first of `own` that may have ended the program is returned.
    """
    for number, words in ((rank, ("rank",)), (local, ("default", "trainer", "local_rank"))):
        for origin, failures in others.items():
            digits = "".join(filter(str.isdecimal, origin))
            if failures and digits == number and any(word in origin for word in words):
                return failures[-1].reason
    if not any(failures for origin, failures in others.items() if origin):
        first = next((each for each in own if each.kind is _Kind.ENDING), None)
        return first.reason if first else None
    return None


def _choose(failures: Sequence[_Failure], lines: Sequence[str]) -> _Failure | None:
    wrapper = failures[-1] if failures and failures[-1].kind is _Kind.WRAPPER else None
    for kind in (_Kind.ENDING, _Kind.WRAPPER, _Kind.ASIDE):
        of_kind = [failure for failure in failures if failure.kind is kind]
        if wrapper is not None and kind is _Kind.ENDING:
            # A failure after which the program continued is not the one that the wrapper reports.
            of_kind = [
                failure
                for failure in of_kind
                if not _has_continued(_lines_of_program(lines[failure.end : wrapper.start]))
            ]
        if of_kind:
            certain = [failure for failure in of_kind if failure.is_certain]
            return (certain or of_kind)[-1]
    return None


# --- output after a failure ----------------------------------------------------------------------


def _lines_of_program(lines: Sequence[str]) -> list[str]:
    """Return the lines of the program itself, undecorated.

    None are returned if they are few, and all are closing messages or progress bars.
    """
    words = []
    for line in lines:
        body = split_origin(line)[1]
        text = bare(body)
        if not text or is_frame(body) or is_hint(text) or is_epilogue(body) or _ASIDE.match(text):
            continue
        words.append(text)
    if all(is_closing(text) or is_bar(text) for text in words) and len(words) < _MANY_LINES:
        return []
    return words


def _has_continued(words: Sequence[str]) -> bool:
    """Whether the lines after a failure show that the program continued."""
    return len(words) > _MANY_LINES or any(
        _CONTINUED.search(text) or (_HARMLESS_RECORD.match(text) and not is_closing(text))
        for text in words
    )


def _error_before_advice(lines: Sequence[str], last: str) -> str:
    """Return the error of a tool that prints advice after it, within the last `_MANY_LINES` lines.

    Empty if there is none, if it is `last`, or if the program continued after it.
    """
    near = [split_origin(line)[1] for line in lines[-_MANY_LINES:]]
    near = [line for line in near if not is_epilogue(line) and not is_hint(bare(line))]
    texts = [bare(line) for line in near]
    ends_without_reason = _ends_without_reason(lines)
    for number in range(len(texts) - 1, -1, -1):
        text = texts[number]
        is_severe = _SEVERE_RECORD.match(text) and not _HARMLESS_RECORD.match(text)
        is_record = ends_without_reason and is_severe
        if is_record or _ERROR.match(text) or _CROSSED.match(near[number]):
            after = texts[number + 1 :]
            has_continued = _has_continued(after) and not ends_without_reason
            if text == last or not any(after) or has_continued:
                return ""
            # An error that ends with a colon continues on the next line.
            return f"{text} {after[0]}" if text[-1] == ":" and after[0] else text
    return ""


def _ends_without_reason(lines: Sequence[str]) -> bool:
    """Whether the last message cannot be the reason."""
    last = _last_message(lines)
    return bool(_HARMLESS_RECORD.match(last)) or is_closing(last)


def _last_message(lines: Sequence[str]) -> str:
    """Return the last message of a program; empty if it printed nothing.

    An epilogue counts only if there is no other message, a progress bar if there is nothing else.
    """
    bar = epilogue = ""
    for number in range(len(lines) - 1, -1, -1):
        body = split_origin(lines[number])[1]
        text = bare(body)
        if not text or is_frame(body) or is_hint(text):
            continue
        if is_bar(text):
            bar = bar or text
        elif is_epilogue(body):
            epilogue = epilogue or text
        else:
            return _in_box(lines, number) if is_boxed(body) else _message_in_json(text) or text
    return epilogue or bar


def _in_box(lines: Sequence[str], last: int) -> str:
    first = last
    while first > 0 and is_boxed(lines[first - 1]):
        first -= 1
    return " ".join(filter(None, (bare(line) for line in lines[first : last + 1])))


def _message_in_json(text: str) -> str | None:
    """Return the message of a JSON object, or `None`."""
    if not text.startswith("{") or not text.endswith("}"):
        return None
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    message = message_in(fields)
    return " ".join(message[1].split()) if message else None
