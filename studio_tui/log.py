"""The program's own log: a rotating file without secrets, never the terminal.

Code that obtains a secret calls `register_secret`, so that the secret is redacted in all later
records and crash reports. Other secrets are recognized by their form.
"""

import logging
import logging.handlers
import os
import re
import traceback
from functools import lru_cache
from pathlib import Path
from typing import IO

from studio_tui.paths import create_private_dir
from studio_tui.redaction import REDACTED, without_secrets

FILE_NAME = "studio-tui.log"
FILE_BYTES = 1024 * 1024
"""Maximum bytes of the log file; before it would exceed them, it is rotated."""
OLD_FILES = 2

SHORTEST_SECRET = 4
"""Redacting shorter texts would garble the log."""

_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"

_PLAIN_WORD = re.compile(r"[A-Za-z]?[a-z]{1,15}")
"""A word that is possibly part of a message, with at most the first letter in upper case."""

_secrets: set[str] = set()

logger = logging.getLogger(__name__)


def register_secret(secret: str) -> None:
    """Redact `secret`, however it is quoted, in all later log records and crash reports."""
    if len(secret) >= SHORTEST_SECRET:
        _secrets.add(secret)


def redact(text: str, *, spare_words: bool = False) -> str:
    """Return `text` with registered secrets and all else that looks like a secret redacted.

    With `spare_words`, a secret that is a plain word, such as the token `wrong`, is not redacted:
    no Studio issues such tokens, and a message without the word would be incomprehensible.
    """
    # Longest first, as a secret may contain another one.
    for secret in sorted(_secrets, key=len, reverse=True):
        if not (spare_words and _PLAIN_WORD.fullmatch(secret)):
            text = _pattern(secret).sub(REDACTED, text)
    return without_secrets(text)


@lru_cache(maxsize=32)
def _pattern(secret: str) -> re.Pattern[str]:
    """Match a secret with any of its characters percent-encoded, or escaped by backslashes."""
    return re.compile("".join(map(_any_form, secret)))


def _any_form(character: str) -> str:
    encoded = "".join(f"%(?i:{byte:02x})" for byte in character.encode("utf-8", "surrogatepass"))
    backslashes = "" if character.isalnum() else r"\\{0,4}"
    return f"(?:{backslashes}{re.escape(character)}|{encoded})"


class _RedactingFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class _PrivateFile(logging.handlers.RotatingFileHandler):
    def _open(self) -> IO[str]:  # type: ignore[override] # the base class says TextIOWrapper
        # Without O_NONBLOCK, opening a pipe at this path would block.
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK | os.O_NOFOLLOW
        descriptor = os.open(self.baseFilename, flags, 0o600)
        os.fchmod(descriptor, 0o600)
        return os.fdopen(descriptor, self.mode, encoding="utf-8", errors="backslashreplace")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (as in the base class)
        """Drop the record: the base class would print it, with its arguments, over the screen."""


def configure(log_dir: Path) -> Path:
    """Write the program's log to a file in `log_dir`, and return the path of the file.

    A second call closes the file of the first. Of libraries, only warnings and errors are logged,
    as their other records contain requests and headers.

    Raises:
        OSError: the file cannot be written.
    """
    path = create_private_dir(log_dir) / FILE_NAME
    handler = _PrivateFile(path, maxBytes=FILE_BYTES, backupCount=OLD_FILES, encoding="utf-8")
    handler.setFormatter(_RedactingFormatter(_FORMAT))
    root = logging.getLogger()
    for earlier in [each for each in root.handlers if isinstance(each, _PrivateFile)]:
        root.removeHandler(earlier)
        earlier.close()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("studio_tui").setLevel(logging.INFO)
    return path


def crash_report(error: BaseException) -> str:
    """Return the traceback of `error` and its causes, without variable values and secrets."""
    return redact("".join(traceback.TracebackException.from_exception(error).format()))
