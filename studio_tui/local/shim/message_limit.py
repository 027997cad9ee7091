"""The limit of a job's error message."""

MESSAGE_LIMIT = 2000
"""Maximum characters of a job's error message."""
_WORD_LIMIT = 1200
"""Maximum characters of a word that is left out where a message is cut."""


def cut_message(message: str) -> str:
    """Return a message, cut between two words if it is longer than `MESSAGE_LIMIT` characters.

    Half a secret would not be recognized as one, and would be shown.
    """
    if len(message) <= MESSAGE_LIMIT:
        return message
    whole = message[: MESSAGE_LIMIT - 1]
    return whole[: whole.rfind(" ", MESSAGE_LIMIT - _WORD_LIMIT) + 1 or MESSAGE_LIMIT] + "…"
