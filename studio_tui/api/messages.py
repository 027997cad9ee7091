"""Sanitizing of Studio's messages: safe to draw, with secrets redacted.

Control characters are removed before redaction, as an invisible character inside a secret would
hide it. A line is cut after redaction, as half a secret does not look like one.
"""

from studio_tui.log import redact
from studio_tui.text import safe_block, safe_line


def message_line(words: str) -> str:
    """Return a message as one line."""
    return safe_line(redact(safe_block(words), spare_words=True))


def message_block(words: str) -> str:
    """Return a message as lines."""
    return redact(safe_block(words), spare_words=True)
