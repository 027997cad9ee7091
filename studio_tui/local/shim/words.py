"""Says in a sentence why a command failed, from its exit code and the end of its output.

The sentences contain text of the job.
"""

import re
from typing import TYPE_CHECKING

from studio_tui.failures.exit_codes import ABORTED, CRASHES, exit_code_words, signal_of

if TYPE_CHECKING:
    from studio_tui.failures.reason import Ending

TIMED_OUT = 124
"""The exit code of `timeout` (GNU coreutils) after its limit."""
MESSAGE_LIMIT = 2000
"""Maximum characters of a sentence."""
_WORD_LIMIT = 1200
"""Maximum characters of a word that is left out where a sentence is cut."""

_FRAMES = "×╰─▶│├┬ \t"
"""Characters that uv draws around its messages."""
_REASON = re.compile(r"error:|fatal:|No solution found")
_REASON_WORD = re.compile(r"^(?:error|fatal): ")
_CAUSE = re.compile(r":? (?:cause|Caused by): ")

_UNREACHED = re.compile(
    r"dns error|client error \(Connect\)|operation timed out|connection refused"
    r"|network is unreachable",
    re.IGNORECASE,
)
"""Finds messages of uv about a server that it could not reach."""


def explain_exit(code: int, output: str = "", program: str = "The query") -> str:
    """Return why `program` ended with exit code `code`, which is not 0.

    The sentence names a signal, after a crash with the exception at the end of `output`. After any
    other exit code, it has the exception or, without one, the meaning of the exit code, and the
    last output if that says more.
    """
    sentence = f"{program} ended with {exit_code_words(code)}"
    if (number := signal_of(code)) is not None:
        ending = _ending(output, code)
        failure = ending.failure if number in CRASHES else ""
        reason = failure or (ending.last_message if number == ABORTED else "")
        return cut_sentence(f"{sentence}; its last output: {reason}") if reason else f"{sentence}."
    ending = _ending(output, code)
    last = f"; its last output: {ending.last_message}" if ending.last_message else ""
    if ending.failure:
        return cut_sentence(f"{ending.failure.rstrip('.:') if last else ending.failure}{last}")
    if code == TIMED_OUT:
        sentence += ": the limit of `timeout` was reached"
    return cut_sentence(f"{sentence}{last}") if last else f"{sentence}."


def explain_setup_exit(program: str, code: int, output: str) -> str:
    """Return why uv or git, called `program`, ended with exit code `code`, which is not 0."""
    reason = explain_setup_failure(output) if signal_of(code) is None else None
    return reason or explain_exit(code, output, program)


def explain_setup_failure(output: str) -> str | None:
    """Return the reason that uv or git printed for a failure; without one, the last line."""
    from studio_tui.failures.printed_lines import printed_lines  # noqa: PLC0415 (as in _ending)

    stripped = (line.strip(_FRAMES) for line in printed_lines(output))
    lines = [line for line in stripped if line]
    reason_starts = [index for index, line in enumerate(lines) if _REASON.match(line)]
    reason = " ".join(lines[reason_starts[-1] :] if reason_starts else lines[-1:])
    return cut_sentence(_CAUSE.sub(": ", _REASON_WORD.sub("", reason))) or None


def is_connection_failure(output: str) -> bool:
    """Whether uv could not connect to a server; with `--offline` it may succeed from its cache."""
    from studio_tui.failures.printed_lines import printed_lines  # noqa: PLC0415 (as in _ending)

    return any(map(_UNREACHED.search, printed_lines(output)))


def _ending(output: str, code: int) -> "Ending":
    # An import at the top would delay every job by 10 ms, even jobs that do not fail.
    from studio_tui.failures.printed_lines import printed_lines  # noqa: PLC0415
    from studio_tui.failures.reason import ending  # noqa: PLC0415

    return ending(printed_lines(output), code)


def cut_sentence(sentence: str) -> str:
    """Return a sentence, cut between two words if it is longer than `MESSAGE_LIMIT` characters.

    Half a secret would not be recognized as one, and would be shown.
    """
    if len(sentence) <= MESSAGE_LIMIT:
        return sentence
    whole = sentence[: MESSAGE_LIMIT - 1]
    return whole[: whole.rfind(" ", MESSAGE_LIMIT - _WORD_LIMIT) + 1 or MESSAGE_LIMIT] + "…"
