"""One-line failure reasons, and their normalization for grouping equal failures."""

import re
from collections.abc import Sequence

from studio_tui.presentation.logs.json_lines import json_line
from studio_tui.presentation.logs.levels import LogLevel
from studio_tui.presentation.logs.line_levels import level_of
from studio_tui.text import safe_line

SIGNATURE_LIMIT = 200
"""Maximum number of characters of a signature."""

_MESSAGE = re.compile(
    r".{0,160}?\b(?:ERROR|ERRO|ERR|CRITICAL|CRIT|FATAL|FATA|SEVERE|PANIC)\b!?"
    r"(?:/[\w-]+|\[\d+\])?[\s\])|:>*-]*(?:\[[\w.-]+\]\s)*"
    r"(?:[\w.:<>]+ [-|] |[\w./-]+:\d+(?: --|\]|:)? |(?<=:)[\w.]+:(?=\S))?"
    r"|.{0,40}?\b[EF]\d{4} [\d:.]+\s+\d+ \S+\]\s"
)

_MODULES = re.compile(
    r"(?:^|(?<=\(raised as )|(?<=\(in )|(?<= in ))(?:[A-Za-z_$][\w$]*\.)+"
    r"(?=[A-Z_$][\w$]*(?:[:;)(]|$))"
)
"""Module path before an exception class."""
_EXCEPTION = re.compile(r"(?:[A-Za-z_$][\w$]*\.)*[A-Z_$][\w$]*(?:Error|Exception|Interrupt)\b")
_LOGFMT = re.compile(r"\b(?:msg|message)=\"((?:[^\"\\]|\\.)*)\"")


def signature(lines: Sequence[str]) -> str | None:
    """Return the reason for a failure in one short safe line; `None` if the lines have none.

    That is the failure that ended the program; else its last message, if a failure was handled
    before; else the message of the last line at error level.
    """
    from studio_tui.failures.reason import ending  # noqa: PLC0415 (10 ms, not needed to open a log)

    found = ending(lines)
    if found.failure:
        is_exception = _EXCEPTION.match(found.failure)
        text = found.failure if is_exception else _message(found.failure)
        return _short(_MODULES.sub("", text))
    if found.has_gone_on and found.last:
        return _short(_message(found.last))
    error = next(
        (line for line in reversed(lines) if (level_of(line) or 0) >= LogLevel.ERROR), None
    )
    return None if error is None else _short(_message(error))


def _message(line: str) -> str:
    """Return an error line without time, level and logger."""
    if parsed := json_line(line):
        return parsed.message or line
    if quoted := _LOGFMT.search(line):
        return quoted[1]
    message = _MESSAGE.match(line)
    rest = line[message.end() :] if message else line
    return _MODULES.sub("", rest).strip() or line


def _short(text: str) -> str:
    text = " ".join(safe_line(text).split())
    return text if len(text) <= SIGNATURE_LIMIT else text[: SIGNATURE_LIMIT - 1] + "…"


_VARIABLE = re.compile(
    r"(?P<path>\b[a-z][a-z0-9+]{1,9}://[^\s'\"<>()]+|(?<![\w/<])(?:[A-Za-z]:\\|~?/)"
    r"[\w.@+~=%-]+(?:[\\/][\w.@+~=%-]+)+[\\/]?)"
    r"|(?P<hex>\b0x[0-9a-fA-F]+\b|\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"
    r"|\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,}\b)"
    r"|(?P<n>(?<![A-Za-z_<\d])\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?)"
)


def normalised(text: str) -> str:
    """Return a signature with numbers, ids and paths replaced by placeholders."""
    return _VARIABLE.sub(lambda variable: f"<{variable.lastgroup}>", text)
