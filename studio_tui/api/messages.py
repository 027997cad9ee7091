"""Sanitizing of Studio's messages: safe to draw, with secrets redacted.

Control characters are removed before redaction, since an invisible character inside a secret would
hide it. A line is truncated to `LINE_LIMIT` after redaction, since half a secret does not look
like one.
"""

from studio_tui.log import redact
from studio_tui.text import safe_block, safe_line


def message_line(words: str) -> str:
    """Return a message as one line."""
    return safe_line(redact(safe_block(words), spare_words=True))


def message_block(words: str) -> str:
    """Return a message as lines."""
    return redact(safe_block(words), spare_words=True)
