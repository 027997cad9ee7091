"""What Studio says in words: safe to draw, and without secrets that it or a job let slip.

Made safe first, as a mark that is not drawn would hide a secret; blotted out before it is cut, as
half a secret has another shape.
"""

from studio_tui.log import redacted
from studio_tui.text import safe_block, safe_line


def message_line(words: str) -> str:
    """Return a message as one line."""
    return safe_line(redacted(safe_block(words), spare_words=True))


def message_block(words: str) -> str:
    """Return a message as lines."""
    return redacted(safe_block(words), spare_words=True)
