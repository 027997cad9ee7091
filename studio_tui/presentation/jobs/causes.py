"""Extracts the cause from an error message of a job, as one short line."""

import re
from functools import lru_cache

from studio_tui.api.models import Job
from studio_tui.api.states import CANCELED_STATES, JobState
from studio_tui.failures.exit_codes import exit_code_words
from studio_tui.presentation.logs.levels import LogLevel
from studio_tui.presentation.logs.line_levels import level_of
from studio_tui.presentation.logs.signatures import SIGNATURE_LIMIT, signature
from studio_tui.text import safe_line

_TRACEBACK = "Traceback (most recent call last)"

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
"""A statement only that a job failed, and with which exit code; `rest` may have the cause."""
_SIGNAL = re.compile(
    rf"{_SUBJECT}(?: script| process)?\b[^:;.\n]{{0,40}}?\b(?P<signal>signal \d+(?: \(\w+\))?)"
    r"(?:[\s.]*$|;\s*(?=its last output:))",
    re.IGNORECASE,
)
"""A statement only that a job was ended by a signal, and by which."""
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
"""Words in error messages that have no word such as `error`."""
_EXCEPTION = re.compile(
    r"(?:^|(?<=[:;(>] ))(?:[A-Za-z_]\w*\.)*"
    r"(?P<name>[A-Z]\w*(?:Error|Exception|Interrupt|Exit|Warning))(?:\([\w.]*\))?(?=: |$)"
)
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


@lru_cache(maxsize=4096)
def cause(message: str) -> str:
    """Return the cause in an error message as one safe line; empty if the message is empty.

    The cause is a part of the message, in its words. If the message ends with output that does not
    look like an error, the line is `exit code 3; last output: done`.
    """
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    if not lines:
        return ""
    if _TRACEBACK in message and (raised := signature(message.splitlines())):
        return raised
    text = lines[0]
    if signaled := _SIGNAL.match(text):
        lead = _LEAD.match(text, signaled.end())
        text = text[lead.end() :] if lead else signaled["signal"]
    elif exited := _EXIT.match(text):
        rest = exited["rest"]
        lead = _LEAD.match(rest)
        following = (rest[lead.end() :] if lead else rest).strip()
        code = exited["code"] and _code_words(exited["code"])
        if code and following and lead and lead["output"] and not _is_error(following):
            return _short(f"{code}; last output: {following}")
        second_line = lines[1] if len(lines) > 1 else ""
        text = following or second_line or code or text
    text = _PREFIX.sub("", text, count=1) if _PREFIX.match(text) else text
    return _short(_from_exception(text) or text) or _short(lines[0])


def own_error(message: str | None, state: JobState) -> str:
    """Return the error message of a job in `state`; empty if it has none.

    A canceled job has none if its message says only how its processes ended, as that was asked for.
    """
    if not message or state not in CANCELED_STATES:
        return message or ""
    first = message.strip().partition("\n")[0]
    is_ending = _SIGNAL.match(first) or _EXIT.match(first)
    return "" if is_ending or cause(message).startswith("KeyboardInterrupt") else message


def cause_of(job: Job) -> str:
    """Return the cause of a job's own error as one safe line; empty if it has none."""
    return cause(own_error(job.error_message, job.state))


def _is_error(output: str) -> bool:
    """Whether a line of output reports an error."""
    level = level_of(output)
    return level >= LogLevel.ERROR if level is not None else bool(_COMPLAINT.search(output))


def _code_words(code: str) -> str:
    """Return `code 137` or `status: 1` in words, without the sum `128+9`."""
    return exit_code_words(int(re.sub(r"[^\d-]", "", code)), has_sum=False)


def _from_exception(text: str) -> str:
    """Return a line from the name of its exception on; empty if it names none.

    Exceptions that only wrap another are skipped if there is another.
    """
    matches = list(_EXCEPTION.finditer(text))
    if not matches:
        return ""
    first = next((match for match in matches if match["name"] not in _WRAPPERS), matches[0])
    return text[first.start("name") :]


def _short(text: str) -> str:
    text = " ".join(safe_line(text).split())
    return text if len(text) <= SIGNATURE_LIMIT else text[: SIGNATURE_LIMIT - 1] + "…"
