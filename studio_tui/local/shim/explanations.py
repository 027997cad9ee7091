"""Says in a sentence why a command failed, from its exit code and the end of its output.

The sentences contain text of the job. The shim imports this module only for jobs that need it, as
that takes 10 ms.
"""

import re

from studio_tui.failures.exit_codes import ABORTED, CRASHES, exit_code_words, signal_of
from studio_tui.failures.printed_lines import printed_lines
from studio_tui.failures.reason import ending

_FRAMES = "×╰─▶│├┬ \t"
"""Characters that uv draws around its messages."""
_REASON = re.compile(r"error:|fatal:|No solution found")
_REASON_WORD = re.compile(r"^(?:error|fatal): ", re.IGNORECASE)
_UNREADABLE_REPOSITORY = "fatal: Could not read from remote repository."
"""git prints the reason, which is ssh's, the host's or its own, before this line."""
_CLONING = "Cloning into"
_CAUSE = re.compile(r":? (?:cause|Caused by): ")

_UNREACHED = re.compile(
    r"dns error|client error \(Connect\)|operation timed out|connection refused"
    r"|network is unreachable",
    re.IGNORECASE,
)
"""Finds messages of uv about a server that it could not reach."""


def explain_exit(code: int, output: str = "", program: str = "The query") -> str:
    """Return why `program` ended with exit code `code`, which is not 0.

    If the code stands for a signal, the sentence names the signal. After a crash it has the failure
    in `output` too or, after an abort without a failure, the last message.

    Otherwise the sentence is the failure in `output` or, without one, names the exit code. The last
    message is added if it says more.
    """
    sentence = f"{program} ended with {exit_code_words(code)}"
    end = ending(printed_lines(output), code)
    if (number := signal_of(code)) is not None:
        failure = end.failure if number in CRASHES else ""
        reason = failure or (end.last_message if number == ABORTED else "")
        return f"{sentence}; its last output: {reason}" if reason else f"{sentence}."
    last = f"; its last output: {end.last_message}" if end.last_message else ""
    if end.failure:
        return f"{end.failure.rstrip('.:') if last else end.failure}{last}"
    return f"{sentence}{last}" if last else f"{sentence}."


def explain_setup_exit(program: str, code: int, output: str) -> str:
    """Return why uv or git, called `program`, ended with exit code `code`, which is not 0."""
    reason = explain_setup_failure(output) if signal_of(code) is None else None
    return reason or explain_exit(code, output, program)


def explain_setup_failure(output: str) -> str | None:
    """Return the reason that uv or git printed, else the last line; `None` without output."""
    stripped = (line.strip(_FRAMES) for line in printed_lines(output))
    lines = [line for line in stripped if line]
    reason_starts = [index for index, line in enumerate(lines) if _REASON.match(line)]
    reason_lines = lines[reason_starts[-1] :] if reason_starts else lines[-1:]
    if _UNREADABLE_REPOSITORY in reason_lines:
        before = lines[: lines.index(_UNREADABLE_REPOSITORY)]
        if before and not before[-1].startswith(_CLONING):
            reason_lines = before[-1:]
    reason = " ".join(reason_lines)
    return _CAUSE.sub(": ", _REASON_WORD.sub("", reason)) or None


def is_connection_failure(output: str) -> bool:
    """Whether uv could not connect to a server; with `--offline` it may succeed from its cache."""
    return any(map(_UNREACHED.search, printed_lines(output)))
