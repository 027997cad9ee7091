"""Signatures: the reasons for failures in one line, by which equal failures are grouped."""

import re
from collections.abc import Sequence

from studio_tui.presentation.logs.json_lines import json_line
from studio_tui.presentation.logs.levels import LogLevel
from studio_tui.presentation.logs.line_levels import level_of
from studio_tui.text import safe_line

SIGNATURE_LIMIT = 200

_PREFIX = re.compile(
    r".{0,160}?\b(?:ERROR|ERRO|ERR|CRITICAL|CRIT|FATAL|FATA|SEVERE|PANIC)\b!?"
    r"(?:/[\w-]+|\[\d+\])?[\s\])|:>*-]*(?:\[[\w.-]+\]\s)*"
    r"(?:[\w.:<>]+ [-|] |[\w./-]+:\d+(?: --|\]|:)? |(?<=:)[\w.]+:(?=\S))?"
    r"|.{0,40}?\b[EF]\d{4} [\d:.]+\s+\d+ \S+\]\s"
)
"""What loggers write before a message: time, level, logger."""

_MODULES = re.compile(
    r"(?:^|(?<=\(raised as )|(?<=\(caused by )|(?<=\(in )|(?<= in ))(?:[A-Za-z_$][\w$]*\.)+"
    r"(?=[A-Z_$][\w$]*(?:[:;)(]|$))"
)
"""The modules before the name of an exception."""
_EXCEPTION = re.compile(r"(?:[A-Za-z_$][\w$]*\.)*[A-Z_$][\w$]*(?:Error|Exception|Interrupt)\b")
_LOGFMT = re.compile(r"\b(?:msg|message)=\"((?:[^\"\\]|\\.)*)\"")
"""A message in logfmt, as in `msg="disk full"`."""


def signature(lines: Sequence[str]) -> str | None:
    """Return the reason for a failure in one short safe line; `None` if the lines have none.

    If the program handled the failure and went on, the result is the program's last message.
    """
    from studio_tui.failures.reason import ending  # noqa: PLC0415 (the import takes 10 ms)

    end_of_log = ending(lines)
    if end_of_log.failure:
        is_exception = _EXCEPTION.match(end_of_log.failure)
        text = end_of_log.failure if is_exception else _without_prefix(end_of_log.failure)
        return shortened(_MODULES.sub("", text))
    if end_of_log.has_continued and end_of_log.last_message:
        return shortened(_without_prefix(end_of_log.last_message))
    error = next(
        (line for line in reversed(lines) if (level_of(line) or 0) >= LogLevel.ERROR), None
    )
    return None if error is None else shortened(_without_prefix(error))


def _without_prefix(line: str) -> str:
    if parsed := json_line(line):
        return parsed.message or line
    if field := _LOGFMT.search(line):
        return field[1]
    prefix = _PREFIX.match(line)
    message = line[prefix.end() :] if prefix else line
    return _MODULES.sub("", message).strip() or line


def shortened(text: str) -> str:
    """Return untrusted text as one safe line of at most `SIGNATURE_LIMIT` characters."""
    text = " ".join(safe_line(text).split())
    return text if len(text) <= SIGNATURE_LIMIT else text[: SIGNATURE_LIMIT - 1] + "…"


_VARIABLE = re.compile(
    r"(?P<path>\b[a-z][a-z0-9+]{1,9}://[^\s'\"<>()]+|(?<![\w/<])(?:[A-Za-z]:\\|~?/)"
    r"[\w.@+~=%-]+(?:[\\/][\w.@+~=%-]+)+[\\/]?)"
    r"|(?P<hex>\b0x[0-9a-fA-F]+\b|\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"
    r"|\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,}\b)"
    r"|(?P<n>(?<![A-Za-z_<\d])\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?)"
)


def normalize(text: str) -> str:
    """Return a signature with its variable parts replaced.

    Paths and URLs become `<path>`, hexadecimal numbers and ids `<hex>`, other numbers `<n>`.
    """
    return _VARIABLE.sub(lambda variable: f"<{variable.lastgroup}>", text)
