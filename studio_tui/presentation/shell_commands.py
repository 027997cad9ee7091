"""Commands for a POSIX shell, safe to draw and to copy. The token is never in them."""

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from studio_tui.text import safe_block, safe_line

_REPLACED = "# Characters that cannot be printed are replaced here: insert them."
_NOT_PRINTABLE_ASCII = re.compile(r"[^\n -~]")
"""A character that may have to be escaped."""


def command(*parts: str | list[str]) -> str:
    """Return a command with a line for each part that is not empty.

    The words of a list are quoted; a `str` is inserted as it is. If a word has characters that
    cannot be printed, they are replaced, and a comment before the command says so.
    """
    words = [word for part in parts if not isinstance(part, str) for word in part]
    lines = " \\\n  ".join(
        part if isinstance(part, str) else " ".join(shlex.quote(safe_block(word)) for word in part)
        for part in parts
        if part
    )
    return lines if all(safe_block(word) == word for word in words) else f"{_REPLACED}\n{lines}"


def curl(url: str, *, method: str = "POST", path: str = "", body: str = "") -> str:
    """Return the command for a request that uploads the file at `path`, or sends a JSON body."""
    path_in_form = path.replace("\\", "\\\\").replace('"', '\\"')
    sent = command(
        ["curl", "--fail-with-body", url],
        '--header "Authorization: Bearer $DATACHAIN_STUDIO_TOKEN"',
        ["--request", method] if method != ("POST" if path or body else "GET") else "",
        ["--form", f'file=@"{path_in_form}"'] if path else "",
        "--header 'Content-Type: application/json'" if body else "",
        "--data-binary @- <<'JSON'" if body else "",
    )
    # Every line of the body starts with a brace or a space, so no line can end the heredoc.
    return f"{sent}\n{body}\nJSON" if body else sent


def json_text(fields: Mapping[str, Any]) -> str:
    """Return a JSON object on several lines; characters that cannot be drawn are escaped."""
    text = json.dumps(fields, indent=2, ensure_ascii=False)
    return _NOT_PRINTABLE_ASCII.sub(lambda match: _json_character(match[0]), text)


def _json_character(character: str) -> str:
    return character if safe_line(character) == character else json.dumps(character)[1:-1]
