"""Extracts the cause from an error message of a job, as one short line."""

import re
from functools import lru_cache

from studio_tui.api.models import Job
from studio_tui.api.states import CANCELED_STATES, JobState
from studio_tui.failures.exit_codes import exit_code_words
from studio_tui.presentation.logs.signatures import shortened, signature

_TRACEBACK = "Traceback (most recent call last)"
_ENDED = re.compile(
    r"(?:the |your |this )?(?:user |python |shell )?(?:query|job|script|process|command|run|task)"
    r"\b[^:;\n]{0,60}?\b(?:ended|failed|exited|finished|terminated|stopped|died|returned|killed)\b"
    r"(?:[^:;.\n]{0,40}?\b(?:(?:code|status)\s*:?\s*(?P<code>-?\d{1,9})\b|(?P<signal>signal \d+)))?"
    r"(?:\s\([^()\n]{1,60}\))?"
    r"(?:\s*[:;.–—-]\s*(?P<output>(?:(?:it |its )?last )?(?:said|words|line|output)\s*:\s*)?"
    r"(?P<rest>.*)|\s*)$",
    re.IGNORECASE | re.DOTALL,
)
"""A statement that a job ended.

`rest` is the text after the statement. If `output` has matched, `rest` is the last output of a
program, which may be no error.
"""
_EXCEPTION = re.compile(
    r"(?:^|(?<=[:;(>] ))(?:[A-Za-z_]\w*\.)*"
    r"(?P<name>[A-Z]\w*(?:Error|Exception|Interrupt|Exit|Warning))(?:\([\w.]*\))?(?=: |$)"
)
"""The name of an exception at the start or after punctuation, and before a colon or the end."""
_STOPPED = re.compile(r"KeyboardInterrupt|(?:terminated|killed|interrupted)\W*$", re.IGNORECASE)
"""A cause that says only that a process was stopped."""


@lru_cache(maxsize=4096)
def cause(message: str) -> str:
    """Return the cause in an error message as one safe line; empty if the message is empty.

    It is the error of a traceback, else the last `_EXCEPTION` in the first line, else that line. If
    that line says that the job ended, what follows this statement counts instead or, if nothing
    does, how the job ended. A program's last output is quoted, and followed by how it ended.
    """
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    if not lines:
        return ""
    if _TRACEBACK in message:
        reason = signature([line for line in message.splitlines() if line.strip()])
        if reason and _TRACEBACK not in reason:
            return reason
    text, ending = lines[0], ""
    if ended := _ENDED.match(text):
        ending = exit_code_words(int(ended["code"])) if ended["code"] else ended["signal"] or ""
        text = ended["rest"] or (lines[1] if len(lines) > 1 else ending) or text
    if names := [match.start("name") for match in _EXCEPTION.finditer(text)]:
        text = text[names[-1] :]
    elif ended and ended["output"] and text != ending:
        text = f"“{text}”, {ending}" if ending else f"“{text}”"
    return shortened(text) or shortened(lines[0])


def own_error(message: str | None, state: JobState) -> str:
    """Return the error message of a job in `state`; empty if it has no error of its own.

    An error that only says how a canceled job's processes ended is not the job's own.
    """
    if not message or state not in CANCELED_STATES:
        return message or ""
    first, _, further = message.strip().partition("\n")
    ended = _ENDED.match(first.strip())
    if ended and (ended["output"] or not (ended["rest"] or further.strip())):
        return ""
    return "" if _STOPPED.match(cause(message)) else message


def cause_of(job: Job) -> str:
    """Return the cause of a job's own error as one safe line; empty if it has none."""
    return cause(own_error(job.error_message, job.state))
