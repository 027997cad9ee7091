"""Decorations of a printed line: the prefix that names its origin, a progress bar, and a box."""

import re
from collections.abc import Iterable

from studio_tui.failures.printed_lines import is_bar

STAMP = (
    r"\[?(?:\d{4}[-/]\d\d[-/]\d\d[T ,]\s?)?\d\d:\d\d:\d\d(?:[.,]\d+)?"
    r"(?:Z|\s?UTC|\s?[+-]\d\d:?\d\d)?\]?:?\s+"
)
"""Timestamp before a line, as written by containers and loggers."""

ORIGIN = (
    r"\[(?:(?:local_|global_)?rank|default|trainer|worker|gpu|node|host|proc(?:ess)?|task|actor"
    r"|shard|pod|replica|job)\s?[:=/_-]?\s?[\w./-]{0,60}\]:?\s?"
    r"|\[\d{1,5}(?:,\d{1,5})?\](?:<std(?:err|out)>:?|:)\s?"
    r"|\((?=[^()]{0,80}(?:pid=|ip=|raylet|autoscaler|gcs_server|driver|rank|worker|node)"
    r")[^()]{1,80}\)\s?"
    r"|(?=[\w./-]{0,40}[A-Za-z])[\w./-]{1,40}\s{1,24}\|\s"
    r"|\d{1,4}:\s(?=\S)"
)
"""Origin prefix written by a launcher: `[rank3]: `, `(raylet) `, `web_1  | `, `3: `."""

_ORIGIN = re.compile(rf"(?:{STAMP})?({ORIGIN})")
_ORIGIN_STARTS = frozenset("[(0123456789")
"""First characters of a prefix, except a name before a bar: `web_1  | `."""

TRACEBACK = "Traceback (most recent call last)"


def split_origin(line: str) -> tuple[str, str]:
    """Return the origin of a line, empty if it has none, and the rest `without_progress_bar`."""
    if line[:1] in _ORIGIN_STARTS or "|" in line[:66]:
        origin = _ORIGIN.match(line)
        if origin:
            return origin[1].strip(), without_progress_bar(line[origin.end() :])
    return "", without_progress_bar(line)


def by_origin(lines: Iterable[str]) -> dict[str, tuple[list[int], list[str]]]:
    """Return the lines of each origin: their indices, and the rest of each as in `split_origin`."""
    streams: dict[str, tuple[list[int], list[str]]] = {}
    for number, line in enumerate(lines):
        origin, body = split_origin(line)
        numbers, bodies = streams.setdefault(origin, ([], []))
        numbers.append(number)
        bodies.append(body)
    return streams


def without_progress_bar(body: str) -> str:
    """Return a line without its beginning if that is a progress bar before a traceback."""
    start = body.find(TRACEBACK)
    return body[start:] if start > 0 and is_bar(body[:start]) else body


def is_boxed(line: str) -> bool:
    """Whether a line is text inside a drawn box."""
    text = line.strip()
    return len(text) > 1 and text[0] in "│┃║" and text[-1] in "│┃║"
