"""Sanitizing of Studio's messages: safe to draw, with secrets redacted.

Control characters are removed before redaction, as an invisible character inside a secret would
hide it. A message is cut after redaction, as half a secret does not look like one.
"""

from studio_tui.log import redact
from studio_tui.text import LINE_LIMIT, safe_block, safe_line

LONGEST = 16 * 1024
"""Characters of a message that are kept: redacting 1 MiB can block the event loop for a second."""

MARGIN = 4096
"""Characters after the kept ones that are redacted with them, as a secret may extend into these."""


def message_line(words: str) -> str:
    """Return a message as one line."""
    return safe_line(_redact_beginning(words, LINE_LIMIT))


def message_block(words: str) -> str:
    """Return a message as lines; of a longer one, about the first `LONGEST` characters."""
    return _redact_beginning(words, LONGEST)


def _redact_beginning(words: str, length: int) -> str:
    most = length + MARGIN
    # `text` can be longer than these words, because a tab becomes four spaces.
    text = safe_block(words[:most])
    redacted = redact(text[:most], spare_words=True)
    return redacted if max(len(words), len(text)) <= most else f"{redacted[:-MARGIN]}…"
