"""The maximum length of a job's error message."""

MESSAGE_LIMIT = 2000
"""Maximum characters of a job's error message."""
_WORD_LIMIT = 1200
"""A word of more characters is cut itself, rather than left out."""


def cut_message(message: str) -> str:
    """Return a message, cut between two words if it is longer than `MESSAGE_LIMIT` characters.

    If a secret were cut in half, it would not be recognized and redacted.
    """
    if len(message) <= MESSAGE_LIMIT:
        return message
    whole = message[: MESSAGE_LIMIT - 1]
    return whole[: whole.rfind(" ", MESSAGE_LIMIT - _WORD_LIMIT) + 1 or MESSAGE_LIMIT] + "…"
