"""Finds the sentence that says why a command failed, in its exit code and the end of its output.

The sentences hold text of the job, so they are untrusted.
"""

import re
import signal

from studio_tui.failures.printed_lines import printed_lines
from studio_tui.failures.reason import ending

MESSAGE_LIMIT = 2000
"""Characters of the longest sentence."""

_FRAMES = "×╰─▶│├┬ \t"
_REASON = re.compile(r"error:|fatal:|No solution found")
_REASON_WORD = re.compile(r"^(?:error|fatal): ")
_CAUSE = re.compile(r":? (?:cause|Caused by): ")
_CRASHES = frozenset(
    {signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP}
)
"""Signals that a program's own fault sends, so that what it said belongs to it."""


def exit_words(code: int, output: str = "") -> str:
    """Return why a command ended with exit code `code`, never 0.

    That is the exception that ended it, else its code with what it said last.
    """
    number = code - 128
    if number > 0 and number in set(signal.Signals):
        sentence = f"The query was ended by signal {number} ({signal.Signals(number).name})."
        if number not in _CRASHES:
            return sentence
        found = ending(printed_lines(output), code)
        said = found.failure or found.last
        return _bounded(f"{sentence[:-1]}; it last said: {said}") if said else sentence
    found = ending(printed_lines(output), code)
    said = f"; it last said: {found.last}" if found.last else ""
    if found.failure:
        return _bounded(f"{found.failure}{said}")
    if said:
        return _bounded(f"The query ended with exit code {code}{said}")
    return f"The query ended with exit code {code}."


def resolver_words(output: str) -> str | None:
    """Return what uv or git gave as the reason, as one line; `None` when they said nothing."""
    stripped = (line.strip(_FRAMES) for line in printed_lines(output))
    lines = [line for line in stripped if line]
    starts = [i for i, line in enumerate(lines) if _REASON.match(line)]
    reason = " ".join(lines[starts[-1] :] if starts else lines[-1:])
    return _bounded(_CAUSE.sub(": ", _REASON_WORD.sub("", reason))) or None


def _bounded(sentence: str) -> str:
    return sentence if len(sentence) <= MESSAGE_LIMIT else sentence[: MESSAGE_LIMIT - 1] + "…"
