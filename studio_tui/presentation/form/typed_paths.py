"""Parses paths as terminals and shells write them: quoted, escaped, or as a URL."""

import re
import shlex
from urllib.parse import unquote, urlsplit

_ESCAPED = re.compile(r"\\([\s'\"\\()\[\]{}&;|<>*?$`!#~])")
"""A character that a shell needs escaped, after a backslash."""


def as_path(typed: str) -> str:
    """Return the path that a terminal inserted for a dropped file; any other text unchanged."""
    text = typed.strip()
    if text.lower().startswith("file://"):
        # `file://localhost/a` means `/a`: the host is always this machine.
        return unquote(urlsplit(text.replace("?", "%3F").replace("#", "%23")).path)
    if text[:1] not in {"'", '"'} and not _ESCAPED.search(text):
        return typed
    try:
        words = shlex.split(text)
    except ValueError:
        # An unclosed quote: still being typed, or part of the name.
        return typed
    return words[0] if len(words) == 1 else typed
