"""Finds the sentence that says why a command failed, in its exit code and the end of its output.

The sentences hold text of the job, so they are untrusted.
"""

import re
import signal

MESSAGE_LIMIT = 2000
"""Characters of the longest sentence."""

_TRACEBACK = "Traceback (most recent call last):"
_ERROR_LINE = re.compile(r"(?:\w+\.)*\w*(?:Error|Exception|Interrupt)(?:: |$)")
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_FRAMES = "×╰─▶│├┬ \t"
_REASON = re.compile(r"error:|fatal:|No solution found")
_REASON_WORD = re.compile(r"^(?:error|fatal): ")
_CAUSE = re.compile(r":? (?:cause|Caused by): ")
_UNREACHED = re.compile(
    r"dns error|client error \(Connect\)|operation timed out|connection refused"
    r"|network is unreachable",
    re.IGNORECASE,
)
_OWN_LINE = "[local Studio: "


def exit_words(code: int, output: str = "") -> str:
    """Return a sentence for exit code `code`, with the last line of `output` if there is one."""
    if code > 128 and code - 128 in set(signal.Signals):
        name = signal.Signals(code - 128).name
        return f"The query was ended by signal {code - 128} ({name})."
    last = next((line for line in reversed(_lines(output)) if line.strip()), "")
    if not last:
        return f"The query ended with exit code {code}."
    return bounded(f"The query ended with exit code {code}; it last said: {last.strip()}")


def python_words(output: str) -> str | None:
    """Return the first line of the exception that ended a Python program, `None` if none did."""
    lines = _lines(output)
    last = next((i for i in reversed(range(len(lines))) if lines[i].strip() == _TRACEBACK), None)
    if last is not None:
        for line in lines[last + 1 :]:
            if line and not line[0].isspace():
                return bounded(line)
    # A syntax error of the script itself has no header; a group has its frames drawn.
    for line in reversed(lines):
        bare = line.lstrip("+| ")
        if _ERROR_LINE.match(bare):
            return bounded(bare)
    return None


def resolver_words(output: str) -> str | None:
    """Return what uv or git gave as the reason, as one line; `None` when they said nothing."""
    lines = [line.strip(_FRAMES) for line in _lines(output) if line.strip(_FRAMES)]
    starts = [i for i, line in enumerate(lines) if _REASON.match(line)]
    reason = " ".join(lines[starts[-1] :] if starts else lines[-1:])
    return bounded(_CAUSE.sub(": ", _REASON_WORD.sub("", reason))) or None


def is_unreached(output: str) -> bool:
    """Whether uv gave up because it could not connect, so that its cache is all there is."""
    return _UNREACHED.search(_ESCAPE.sub("", output)) is not None


def _lines(output: str) -> list[str]:
    text = _ESCAPE.sub("", output).replace("\r", "\n")
    return [line.rstrip() for line in text.split("\n") if not line.startswith(_OWN_LINE)]


def bounded(sentence: str) -> str:
    """Return a sentence that is not too long to be kept."""
    return sentence if len(sentence) <= MESSAGE_LIMIT else sentence[: MESSAGE_LIMIT - 1] + "…"
