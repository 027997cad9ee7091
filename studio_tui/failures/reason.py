"""Why a program failed, found at the end of its output: its failure, or else its last message.

A failure is the reason only if it is followed by nothing but failures of the same kind, or by the
closing messages of programs and launchers. A failure that was caught and logged is followed by
output of the program continuing.
"""

import json
import re
from collections.abc import Iterator, Sequence
from enum import Enum, auto
from typing import NamedTuple

from studio_tui.failures import other_programs
from studio_tui.failures.exceptions import HEAD, ParsedException, read_syntax_error, read_traceback
from studio_tui.failures.json_messages import message_in
from studio_tui.failures.origins import STAMP, is_boxed, split_origin
from studio_tui.failures.printed_lines import (
    bare,
    is_bar,
    is_closing,
    is_epilogue,
    is_frame,
    is_hint,
)

_LINES = 4000
"""Number of lines at the end of the output that are examined."""
_MANY_LINES = 30
"""Number of lines after a failure from which the program is considered to have continued."""
_SIGNS = re.compile(
    r"Traceback \(most recent call last\)|panicked at |panic: |fatal error: |Root Cause \(first"
    r"|terminate called| in [\d.]+s|error: (?:could not compile|aborting)|  File \""
    r"|\b(?:[A-Z]\w*)?(?:Error|Exception)\b|Fatal Python error|^\s*× \w"
)
_ASIDE = re.compile(
    r"Exception in thread |Exception ignored (?:in|on)|Error in atexit|Error in sys\.excepthook"
    r"|(?:Task|Future) exception was never retrieved|Exception in callback|Exception ignored while"
)
"""Precedes an exception that ends only a thread, or nothing at all."""
_ASYNCIO_CONTEXT = re.compile(
    r"(?:future|task|handle|transport|protocol|source_traceback|server): "
)
"""Printed by asyncio between that line and the traceback (`call_exception_handler`)."""
_GRAVE = "error|err|warning|warn|critical|fatal|severe|exception"
_RECORD = re.compile(
    rf"{STAMP}.{{0,80}}?\b(?i:{_GRAVE})\b|.{{0,40}}\b(?:ERROR|WARNING|WARN|CRITICAL|FATAL)\b"
    rf"|[EWF]\d{{4}} |.{{0,80}}\b(?i:level|severity)\W{{1,4}}(?i:{_GRAVE})\b"
)
"""Log record of an error, which has its traceback below."""
_MILD = re.compile(
    r".{0,80}?\b(?:DEBUG|INFO|NOTICE|SUCCESS|debug|info)\b(?![\w/.])|I\d{4} \d\d:|\[I \d"
)
_WENT_ON = re.compile(
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
"""Start of an error message of a command-line tool."""
_CROSSED = re.compile(r"\s*[✖✗❌] \S")
_EMBEDDED = "Traceback (most recent call last):\n"
_EMBEDDED_IN_JSON = "Traceback (most recent call last):\\n"


class _Kind(Enum):
    """The effect of a failure on the program that printed it."""

    ENDING = auto()
    ASIDE = auto()
    WRAPPER = auto()


class _Failure(NamedTuple):
    reason: str
    start: int
    end: int
    kind: _Kind = _Kind.ENDING
    is_announced: bool = False
    """Whether a logger wrote it."""
    is_certain: bool = False
    """Whether a program prints this only at its very end, so that it has not been handled."""
    is_python: bool = False
    origin: str = ""


class Ending(NamedTuple):
    """How a program ended, according to its output. Untrusted."""

    failure: str
    """The failure that ended it; empty if the output has none."""
    last: str
    """The last message, unless `failure` includes it; empty if there is none."""
    has_gone_on: bool = False
    """Whether the output has a failure that was handled, with `last` printed after it."""


def ending(lines: Sequence[str], code: int = 1) -> Ending:
    """Return how the program ended, from output lines without colours and its exit code `code`."""
    lines = lines[-_LINES:]
    failures = sorted(_failures(lines), key=lambda failure: (failure.end, failure.start))
    last = last_words(lines)
    chosen = _choose(failures, lines)
    if chosen is None:
        error = _error_before_advice(lines, last)
        says_all = bool(error) and (is_closing(last) or error.endswith(last))
        return Ending(error, "" if says_all else last)
    after = _own_words(lines[max(failure.end for failure in failures) :])
    if not after or (chosen.is_certain and not _has_gone_on(after)):
        return Ending(chosen.reason, "")
    # Python exits with code 1, and no other, for an uncaught exception.
    is_caught = (
        chosen.is_announced or chosen.kind is _Kind.ASIDE or (chosen.is_python and code != 1)
    )
    if is_caught or _has_gone_on(after):
        if _ends_without_reason(lines) and len(after) <= _MANY_LINES:
            return Ending(chosen.reason, "")
        return Ending("", last, has_gone_on=True)
    return Ending(chosen.reason, last)


def failure_in(text: str) -> str | None:
    """Return the exception in a text that contains a traceback, e.g. a JSON field."""
    found = ending(text.split("\n"))
    return found.failure or None


# --- what failed -------------------------------------------------------------------------------


def _failures(lines: Sequence[str]) -> Iterator[_Failure]:
    """Yield all failures, parsing each origin by itself because their lines may be interleaved."""
    streams: dict[str, tuple[list[int], list[str]]] = {}
    signs: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        origin, body = split_origin(line)
        numbers, bodies = streams.setdefault(origin, ([], []))
        if _SIGNS.search(body):
            signs.setdefault(origin, []).append(len(numbers))
        numbers.append(number)
        bodies.append(body)
    by_origin: dict[str, list[_Failure]] = {}
    for origin, places in signs.items():
        numbers, bodies = streams[origin]
        found = by_origin[origin] = list(_of_stream(bodies, places, by_origin))
        for failure in found:
            end = numbers[failure.end - 1] + 1 if failure.end else 0
            yield failure._replace(start=numbers[failure.start], end=end, origin=origin)


def _of_stream(
    bodies: Sequence[str], places: Sequence[int], others: dict[str, list[_Failure]]
) -> Iterator[_Failure]:
    read_to = 0
    failures: list[_Failure] = []

    def of_rank(rank: str, local: str) -> str | None:
        return _of_rank(rank, local, others, failures)

    for at in places:
        if at < read_to:
            continue
        failure = _failure_at(bodies, at)
        if failure is None and (summary := other_programs.torchrun_summary(bodies, at, of_rank)):
            failure = _Failure(summary.reason, at, summary.end, is_certain=True)
        if failure is not None:
            read_to = failure.end
            failures.append(failure)
            yield failure


def _failure_at(bodies: Sequence[str], at: int) -> _Failure | None:
    line = bodies[at]
    if HEAD.search(line):
        raised = read_traceback(bodies, at)
        return _of_exception(bodies, at, raised) if raised else None
    if _EMBEDDED_IN_JSON in line and (embedded := _of_json(line.strip())):
        return _Failure(embedded, at, at + 1, is_announced=True, is_python=True)
    if raised := read_syntax_error(bodies, at):
        return _Failure(raised.reason, at, raised.end, is_certain=True)
    for read in (
        other_programs.rust_panic,
        other_programs.go_panic,
        other_programs.cpp_exception,
        other_programs.fatal_python_error,
        other_programs.java_exception,
        other_programs.node_error,
    ):
        if failure := read(bodies, at):
            return _Failure(failure.reason, at, failure.end)
    for read in (
        other_programs.pytest_summary,
        other_programs.compiler_error,
        other_programs.resolver_error,
    ):
        if failure := read(bodies, at):
            return _Failure(failure.reason, at, failure.end, is_certain=True)
    return None


def _of_exception(bodies: Sequence[str], at: int, raised: ParsedException) -> _Failure:
    head = HEAD.search(bodies[at])
    before = bodies[at][: head.start()] if head else ""
    near = (bodies[number] for number in range(at - 1, max(-1, at - 5), -1))
    above = next((line for line in near if line.strip() and not _ASYNCIO_CONTEXT.match(line)), "")
    if _ASIDE.match(above) or _ASIDE.match(before):
        kind = _Kind.ASIDE
    elif raised.is_wrapper and raised.cause is None:
        kind = _Kind.WRAPPER
    else:
        kind = _Kind.ENDING
    is_announced = bool(_RECORD.match(above)) or bool(before.strip(" +|"))
    return _Failure(raised.reason, at, raised.end, kind, is_announced, is_python=True)


def _of_rank(
    rank: str, local: str, others: dict[str, list[_Failure]], own: Sequence[_Failure]
) -> str | None:
    """Return the exception printed by a worker, found by its rank or its local rank."""
    for number, words in ((rank, ("rank",)), (local, ("default", "trainer", "local_rank"))):
        for origin, failures in others.items():
            digits = "".join(filter(str.isdecimal, origin))
            if failures and digits == number and any(word in origin for word in words):
                return failures[-1].reason
    if not any(failures for origin, failures in others.items() if origin and failures):
        first = next((each for each in own if each.kind is _Kind.ENDING), None)
        return first.reason if first else None
    return None


def _choose(failures: Sequence[_Failure], lines: Sequence[str]) -> _Failure | None:
    """Return the failure that ended the program."""
    wrapper = failures[-1] if failures and failures[-1].kind is _Kind.WRAPPER else None
    for kind in (_Kind.ENDING, _Kind.WRAPPER, _Kind.ASIDE):
        of_kind = [failure for failure in failures if failure.kind is kind]
        if wrapper is not None and kind is _Kind.ENDING:
            # A failure handled long before is not the one that the wrapper reports.
            of_kind = [
                failure
                for failure in of_kind
                if not _has_gone_on(_own_words(lines[failure.end : wrapper.start]))
            ]
        if of_kind:
            certain = [failure for failure in of_kind if failure.is_certain]
            return (certain or of_kind)[-1]
    return None


# --- what follows --------------------------------------------------------------------------------


def _own_words(lines: Sequence[str]) -> list[str]:
    """Return the lines after a failure that are not part of its epilogue."""
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


def _has_gone_on(words: Sequence[str]) -> bool:
    """Whether the lines after a failure show that the program continued."""
    return len(words) > _MANY_LINES or any(
        _WENT_ON.search(text) or (_MILD.match(text) and not is_closing(text)) for text in words
    )


def _error_before_advice(lines: Sequence[str], last: str) -> str:
    """Return the error of a tool that prints advice after it; empty if `last` is the error."""
    near = [split_origin(line)[1] for line in lines[-_MANY_LINES:]]
    near = [line for line in near if not is_epilogue(line) and not is_hint(bare(line))]
    words = [bare(line) for line in near]
    ends_without = _ends_without_reason(lines)
    for number in range(len(words) - 1, -1, -1):
        text = words[number]
        is_record = ends_without and _RECORD.match(text) and not _MILD.match(text)
        if is_record or _ERROR.match(text) or _CROSSED.match(near[number]):
            after = words[number + 1 :]
            if text == last or not any(after) or (_has_gone_on(after) and not ends_without):
                return ""
            return f"{text} {after[0]}" if text[-1] == ":" and after[0] else text
    return ""


def _ends_without_reason(lines: Sequence[str]) -> bool:
    """Whether the last message cannot be the reason: a mild record, or a closing message."""
    last = last_words(lines)
    return bool(_MILD.match(last)) or is_closing(last)


def last_words(lines: Sequence[str]) -> str:
    """Return the last message of a program: no rule, no frame, and a bar only if nothing else."""
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
            return _in_box(lines, number) if is_boxed(body) else _of_json(text) or text
    return epilogue or bar


def _in_box(lines: Sequence[str], at: int) -> str:
    """Return the lines of the box that ends at line index `at`, joined into one."""
    first = at
    while first > 0 and is_boxed(lines[first - 1]):
        first -= 1
    return " ".join(filter(None, (bare(line) for line in lines[first : at + 1])))


def _of_json(text: str) -> str | None:
    """Return the message of a line that is a JSON object, or the exception in one of its fields."""
    if not text.startswith("{") or not text.endswith("}"):
        return None
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    for value in fields.values():
        if isinstance(value, str) and _EMBEDDED in value and (found := failure_in(value)):
            return found
    message = message_in(fields)
    return " ".join(message[1].split()) if message else None
