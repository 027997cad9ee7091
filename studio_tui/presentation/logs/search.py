"""Search in the bytes of a log, limited to text that is visible.

Words are literal; after `~` the rest is a regular expression. Case is ignored unless there are
capital letters.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from studio_tui.presentation.logs.level_scan import candidates
from studio_tui.presentation.logs.levels import LogLevel
from studio_tui.presentation.logs.line_levels import SIZE_LIMIT, level_of
from studio_tui.presentation.logs.lines import CHARACTER_LIMIT, styled_line, without_escapes
from studio_tui.presentation.logs.rewritten import is_rewritten, last_state, last_states
from studio_tui.presentation.logs.tracebacks import level_below, message_below

if TYPE_CHECKING:
    from regex import Pattern

REGEX_SIGN = "~"
"""Prefix of a regular expression, as in list filters."""

_LIKE_EXPRESSION = re.compile(r"\\[bdswBDSW]|\.[*+?]|\[[^\]]+\][*+?]|\w\|\w|^\^|\$$")
"""Characters that are rarely meant literally."""
_SPANS = 500
"""Maximum number of matches returned for a line."""
_CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]")
_HEAD = 4096
"""Number of bytes of a line that are searched for its level."""
_BELOW = 20
"""Maximum number of lines of a message below the line that announces it."""
_LARGE = 256 * 1024
_TIMEOUT_LARGE = 2.0
"""Timeout in seconds for large data, which is searched in a thread."""
_TIMEOUT = 0.02
"""Timeout in seconds for a block or a line, which delays the screen."""


class SearchPatternError(Exception):
    """The search text is invalid; the message explains why."""


class SearchPattern:
    """A search for words or a regular expression; never empty, within one line."""

    def __init__(self, typed: str) -> None:
        """Compile the search text.

        Raises:
            SearchPatternError: it is not a regular expression, or it matches the empty string.
        """
        import regex  # noqa: PLC0415 (20 ms, not needed to open a log)

        self.typed = typed
        words = typed.removeprefix(REGEX_SIGN)
        is_regex = words != typed
        self.is_like_expression = not is_regex and bool(_LIKE_EXPRESSION.search(words))
        """Whether these are words that look as if they were meant as a regular expression."""
        self._has_no_timeout = not is_regex
        """Searching words takes linear time, so it has no timeout."""
        source = words if is_regex else regex.escape(words, special_only=True)
        flags = regex.MULTILINE | (regex.IGNORECASE if _is_lower(words, is_regex) else 0)
        try:
            self._text: Pattern[str] = regex.compile(source, flags)
            self._bytes: Pattern[bytes] | None = (
                regex.compile(source.encode(), flags) if source.isascii() else None
            )
        except regex.error as error:
            reason = str(error).partition(" at position")[0]
            raise SearchPatternError(
                f"{words} is not a valid regular expression: {reason}."
            ) from error
        if not words or self._text.search("") is not None:
            raise SearchPatternError("That matches every line; type something more specific.")
        self.beyond = 0
        """Number of lines in which it occurs only beyond the part that is shown."""
        self.problem = ""
        """An error message once the expression was too slow; from then on it finds nothing."""

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the ranges of matches in the safe text of a line."""
        spans: list[tuple[int, int]] = []
        try:
            for match in self._text.finditer(text, timeout=self._timeout(len(text))):
                if match.end() > match.start():
                    spans.append(match.span())
                if len(spans) == _SPANS:
                    break
        except TimeoutError:
            self._give_up()
        return spans

    def _timeout(self, length: int) -> float | None:
        """Return the timeout in seconds for searching a text of `length`; `None` for no timeout."""
        if self._has_no_timeout:
            return None
        return _TIMEOUT_LARGE if length > _LARGE else _TIMEOUT

    def shows(self, text: str) -> bool:
        """Whether the safe text of a line matches."""
        return bool(self.spans(text))

    def starts(self, lines: bytes) -> Sequence[int]:
        """Return the start offsets of matching lines; `lines` are complete and untrusted."""
        if self.problem:
            return ()
        shown = last_states(lines)
        clean = without_escapes(shown) if b"\x1b" in shown else shown
        try:
            if self._bytes is not None and clean.isascii():
                if clean is lines and b"\r" not in lines:
                    return self._in_plain(self._bytes, lines)
                return self._verified(lines, self._numbers(self._bytes, clean, b"\n"))
            text = clean.decode("utf-8", "replace")
            return self._verified(lines, self._numbers(self._text, text, "\n"))
        except TimeoutError:
            self._give_up()
            return ()

    def _in_plain(self, pattern: "Pattern[bytes]", lines: bytes) -> list[int]:
        """Search lines that are displayed unchanged."""
        starts = []
        at, end = 0, len(lines)
        timeout = self._timeout(end)
        while match := pattern.search(lines, at, concurrent=True, timeout=timeout):
            start = lines.rfind(b"\n", 0, match.start()) + 1
            at = lines.find(b"\n", match.start()) + 1
            if match.start() - start >= CHARACTER_LIMIT:
                self.beyond += 1
            elif self._is_shown(lines[start : at - 1 if at else end]):
                starts.append(start)
            if not at:
                break
        return starts

    def _numbers(self, pattern: Any, text: Any, newline: Any) -> list[int]:
        """Return the indexes of matching lines in `text`, from 0."""
        numbers = []
        at = number = 0
        timeout = self._timeout(len(text))
        while match := pattern.search(text, at, concurrent=True, timeout=timeout):
            number += text.count(newline, at, match.start())
            numbers.append(number)
            at = text.find(newline, match.start()) + 1
            number += 1
            if not at:
                break
        return numbers

    def _verified(self, lines: bytes, numbers: Sequence[int]) -> list[int]:
        """Return the start offsets of those of the lines that match as displayed."""
        if not numbers:
            return []
        raw = lines.split(b"\n")
        starts = list(accumulate((len(line) + 1 for line in raw), initial=0))
        return [
            starts[number]
            for number in numbers
            if (_is_plain(raw[number]) and self._is_shown(raw[number]))
            or self.shows(styled_line(raw[number]).text)
        ]

    def _is_shown(self, line: bytes) -> bool:
        """Whether a matching line also matches as displayed: a tab is drawn as blanks."""
        return _CONTROL.search(line) is None or self.shows(styled_line(line).text)

    def _give_up(self) -> None:
        self.problem = f"{self.typed} takes too long to search for; try a simpler expression."


class LevelPattern:
    """A search for lines of a level or above."""

    def __init__(self, least: LogLevel) -> None:
        self._least = least

    def starts(self, lines: bytes) -> Sequence[int]:
        """Return the start offsets of such lines; `lines` are complete and untrusted."""
        starts: list[int] = []
        for start in candidates(lines, self._least):
            if starts and start <= starts[-1]:
                continue
            text = _head_at(lines, start)
            level = level_of(text)
            if level is not None and level >= self._least:
                starts.append(start)
                if message_below(text) or "╭" in text:
                    starts += _below(lines, start, text)
        return starts


def _below(lines: bytes, start: int, text: str) -> Iterator[int]:
    """Yield the start offsets of the message lines below a line that announces an error."""
    for _ in range(_BELOW):
        start = lines.find(b"\n", start) + 1
        if not 0 < start < len(lines):
            return
        below = _head_at(lines, start)
        if level_below(below, [text]) is None:
            return
        yield start
        if message_below(text):
            return


def _head_at(lines: bytes, start: int) -> str:
    """Return the line at an offset as displayed, limited to the part that determines its level."""
    end = lines.find(b"\n", start)
    line = last_state(lines[start : end if end >= 0 else len(lines)])
    is_json = line[:1] == b"{" and len(line) <= SIZE_LIMIT
    return styled_line(line if is_json else line[:_HEAD]).text


def _is_plain(line: bytes) -> bool:
    return len(line) <= CHARACTER_LIMIT and b"\x1b" not in line and not is_rewritten(line)


def _is_lower(words: str, is_regex: bool) -> bool:
    r"""Whether there are no capital letters; an escape such as `\S` does not count."""
    if not is_regex:
        return words == words.lower()
    letters = (c for before, c in zip(" " + words, words, strict=False) if before != "\\")
    return all(c == c.lower() for c in letters)
