"""Search in the bytes of a log, limited to text that is visible."""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Any

from studio_tui.failures.origins import by_origin
from studio_tui.presentation.logs.level_scan import candidate_lines
from studio_tui.presentation.logs.levels import LogLevel
from studio_tui.presentation.logs.line_levels import JSON_LIMIT, level_of
from studio_tui.presentation.logs.lines import CHARACTER_LIMIT, styled_line, without_escapes
from studio_tui.presentation.logs.rewritten import is_rewritten, last_state, last_states
from studio_tui.presentation.logs.tracebacks import (
    FRAME_LINES,
    has_message_below,
    inherited_level,
    is_traceback_header,
)

if TYPE_CHECKING:
    from regex import Pattern

REGEX_SIGN = "~"
"""Prefix of a regular expression, as in list filters."""

_LIKE_EXPRESSION = re.compile(r"\\[bdswBDSW]|\.[*+?]|\[[^\]]+\][*+?]|\w\|\w|^\^|\$$")
"""Parts of regular expressions that are rarely meant literally."""
_SPANS = 500
_CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]")
_HEAD = 4096
"""Bytes of a line that are searched for its level, unless it begins like JSON."""
_BELOW = 20
"""Maximum lines of a message below the line that announces it."""
_LARGE = 256 * 1024
_TIMEOUT_LARGE = 2.0
"""Seconds to search for one match in large data, in a thread."""
_TIMEOUT = 0.02
"""Seconds to search in other data, such as a line, during which the screen waits."""


class SearchPatternError(Exception):
    """The search text is invalid; the message explains why."""


class SearchPattern:
    """A search for a text, or after `~` for a regular expression; capitals make case matter."""

    def __init__(self, typed: str) -> None:
        """Compile the search text.

        Raises:
            SearchPatternError: it is empty, matches an empty text, or is no regular expression.
        """
        import regex  # noqa: PLC0415 (the import takes 20 ms, and opening a log does not need it)

        self.typed = typed
        words = typed.removeprefix(REGEX_SIGN)
        is_regex = words != typed
        self.is_like_expression = not is_regex and bool(_LIKE_EXPRESSION.search(words))
        """Whether a literal text looks as if it was meant as a regular expression."""
        self._has_no_timeout = not is_regex
        """A literal text is found in linear time."""
        source = words if is_regex else regex.escape(words, special_only=True)
        flags = regex.MULTILINE | (regex.IGNORECASE if _has_no_capitals(words, is_regex) else 0)
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
            raise SearchPatternError(
                "That matches even an empty line; type something more specific."
            )
        self.hidden_match_count = 0
        """Number of lines found that match only beyond the characters that are shown."""
        self.problem = ""
        """Why nothing is found any more, as the expression was too slow; else empty."""

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the first `_SPANS` non-empty matches in a safe text, with exclusive ends."""
        spans: list[tuple[int, int]] = []
        if self.problem:
            return spans
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
        if self._has_no_timeout:
            return None
        return _TIMEOUT_LARGE if length > _LARGE else _TIMEOUT

    def matches(self, text: str) -> bool:
        """Whether the safe text of a line matches."""
        return bool(self.spans(text))

    def starts(self, lines: bytes) -> Sequence[int]:
        """Return the start offsets of matching lines; `lines` are complete and untrusted."""
        if self.problem:
            return ()
        visible = last_states(lines)
        clean = without_escapes(visible) if b"\x1b" in visible else visible
        try:
            if self._bytes is not None and clean.isascii():
                if clean is lines and b"\r" not in lines:
                    return self._search_plain(self._bytes, lines)
                return self._verify(lines, self._matching_indexes(self._bytes, clean, b"\n"))
            text = clean.decode("utf-8", "replace")
            return self._verify(lines, self._matching_indexes(self._text, text, "\n"))
        except TimeoutError:
            self._give_up()
            return ()

    def _search_plain(self, pattern: "Pattern[bytes]", lines: bytes) -> list[int]:
        starts = []
        next_line, length = 0, len(lines)
        timeout = self._timeout(length)
        while match := pattern.search(lines, next_line, concurrent=True, timeout=timeout):
            start = lines.rfind(b"\n", 0, match.start()) + 1
            next_line = lines.find(b"\n", match.start()) + 1
            if match.start() - start >= CHARACTER_LIMIT:
                self.hidden_match_count += 1
            elif self._matches_as_shown(lines[start : next_line - 1 if next_line else length]):
                starts.append(start)
            if not next_line:
                break
        return starts

    def _matching_indexes(self, pattern: Any, text: Any, newline: Any) -> list[int]:
        indexes = []
        next_line = index = 0
        timeout = self._timeout(len(text))
        while match := pattern.search(text, next_line, concurrent=True, timeout=timeout):
            index += text.count(newline, next_line, match.start())
            indexes.append(index)
            next_line = text.find(newline, match.start()) + 1
            index += 1
            if not next_line:
                break
        return indexes

    def _verify(self, lines: bytes, indexes: Sequence[int]) -> list[int]:
        """Return the start offsets of the lines at `indexes` that also match as shown."""
        if not indexes:
            return []
        raw = lines.split(b"\n")
        starts = list(accumulate((len(line) + 1 for line in raw), initial=0))
        shown = []
        for index in indexes:
            line = raw[index]
            is_shown = _is_plain(line) and self._matches_as_shown(line)
            if not is_shown:
                styled = styled_line(line)
                is_shown = self.matches(styled.text)
                self.hidden_match_count += bool(styled.omitted and not is_shown)
            if is_shown:
                shown.append(starts[index])
        return shown

    def _matches_as_shown(self, line: bytes) -> bool:
        """Whether a line whose bytes match also matches as shown, with tabs as blanks."""
        return _CONTROL.search(line) is None or self.matches(styled_line(line).text)

    def _give_up(self) -> None:
        self.problem = f"{self.typed} takes too long to search for; try a simpler expression."


def level_starts(least: LogLevel, lines: bytes) -> Sequence[int]:
    """Return the starts of lines of a level or above, and of the messages that belong to them."""
    starts: list[int] = []
    for start in candidate_lines(lines, least):
        if starts and start <= starts[-1]:
            continue
        text = _head_at(lines, start)
        level = level_of(text)
        if level is not None and level >= least:
            starts.append(start)
            # A panic, or the top of a box drawn by rich.
            if has_message_below(text) or "╭" in text:
                starts += _message_lines(lines, start, text)
            elif is_traceback_header(text):
                starts += _exception_message(lines, start)
    return starts


def error_units(lines: bytes, errors: Collection[int], tag_length: int = 0) -> list[list[int]]:
    """Group the starts of lines with errors by the unit that they are in.

    A unit is one error with its message, or a failure such as a traceback, together with the line
    directly above that announces it. Its lines are of one origin; lines of others may be between
    them. `errors` that are no starts of lines, as the log has changed, are left out. The first
    `tag_length` bytes of each line are no text.
    """
    from studio_tui.failures.reason import failure_at  # noqa: PLC0415 (the import takes 10 ms)

    all_lines = lines.split(b"\n")
    starts = list(accumulate((len(line) + 1 for line in all_lines), initial=0))
    units: list[list[int]] = []
    for numbers, bodies in by_origin(_shown_head(line[tag_length:]) for line in all_lines).values():
        unit: list[int] = []
        end, is_failure = 0, False  # the end of the unit, and whether it is a failure
        for place, number in enumerate(numbers):
            if starts[number] not in errors:
                continue
            if place >= end:
                failure = failure_at(bodies, place)
                # A line without a level is an error only as the message of an error above.
                is_message = failure is None and level_of(bodies[place]) is None
                is_announced = failure is not None and place == end and not is_failure
                if not (unit and (is_message or is_announced)):
                    units.append(unit := [])
                end, is_failure = (failure.end, True) if failure else (place + 1, False)
            unit.append(starts[number])
    return units


def _exception_message(lines: bytes, start: int) -> Iterator[int]:
    for below in islice(_starts_below(lines, start), FRAME_LINES):
        first = lines[below : below + 1]
        if first not in {b" ", b"\t"}:
            # A traceback that is cut off may be followed by a line of a lower level.
            level = level_of(_head_at(lines, below)) or LogLevel.ERROR
            if first != b"\n" and level > LogLevel.INFO:
                yield below
            return


def _message_lines(lines: bytes, start: int, text: str) -> Iterator[int]:
    for below in islice(_starts_below(lines, start), _BELOW):
        if inherited_level(_head_at(lines, below), [text]) is None:
            return
        yield below
        if has_message_below(text):
            return


def _starts_below(lines: bytes, start: int) -> Iterator[int]:
    while 0 < (start := lines.find(b"\n", start) + 1) < len(lines):
        yield start


def _head_at(lines: bytes, start: int) -> str:
    end = lines.find(b"\n", start)
    return _shown_head(lines[start : end if end >= 0 else len(lines)])


def _shown_head(line: bytes) -> str:
    """Return a line as shown, cut after the part that determines its level."""
    line = last_state(line)
    is_json = line[:1] == b"{" and len(line) <= JSON_LIMIT
    return styled_line(line if is_json else line[:_HEAD]).text


def _is_plain(line: bytes) -> bool:
    return len(line) <= CHARACTER_LIMIT and b"\x1b" not in line and not is_rewritten(line)


def _has_no_capitals(words: str, is_regex: bool) -> bool:
    r"""Whether a text has no capital letters, apart from escapes such as `\S` in an expression."""
    if not is_regex:
        return words == words.lower()
    letters = (c for before, c in zip(" " + words, words, strict=False) if before != "\\")
    return all(c == c.lower() for c in letters)
