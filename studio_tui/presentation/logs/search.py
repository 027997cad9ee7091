"""What a reader looks for in a log: found in its bytes, and only where it can be seen.

Words are taken as they are, and after `~` as a regular expression; capitals make either exact.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from studio_tui.presentation.logs.level_scan import candidates
from studio_tui.presentation.logs.levels import Level
from studio_tui.presentation.logs.line_levels import SIZE_LIMIT, level_of
from studio_tui.presentation.logs.lines import CHARACTER_LIMIT, plain, styled_line
from studio_tui.presentation.logs.rewritten import is_rewritten, last_state, last_states
from studio_tui.presentation.logs.tracebacks import level_below, message_below

if TYPE_CHECKING:
    from regex import Pattern

REGEX_SIGN = "~"
"""Before a regular expression, as in the filter of jobs."""

_SPANS = 500
"""Matches of one line that are told."""
_CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]")
_HEAD = 4096
"""Bytes of a line that tell how grave it is."""
_BELOW = 20
"""Lines of a message below the line that announces it, at most."""
_LARGE = 256 * 1024
_PATIENCE_LARGE = 2.0
"""Seconds for a slice of megabytes, in a thread."""
_PATIENCE = 0.02
"""Seconds for a block, or a line, while somebody waits for the screen."""


class WantedError(Exception):
    """What was typed cannot be looked for; the sentence says why."""


class Wanted:
    """Words or an expression to be found; never empty, on one line."""

    def __init__(self, typed: str) -> None:
        """Read what was typed.

        Raises:
            WantedError: it is not a valid regular expression, or it finds the empty text.
        """
        import regex  # noqa: PLC0415 (20 ms that opening a log need not wait for)

        self.typed = typed
        words = typed.removeprefix(REGEX_SIGN)
        is_regex = words != typed
        self._has_patience = not is_regex
        """Words are found in time in proportion to the text, so they are never given up."""
        source = words if is_regex else regex.escape(words, special_only=True)
        flags = regex.MULTILINE | (regex.IGNORECASE if _is_lower(words, is_regex) else 0)
        try:
            self._text: Pattern[str] = regex.compile(source, flags)
            self._bytes: Pattern[bytes] | None = (
                regex.compile(source.encode(), flags) if source.isascii() else None
            )
        except regex.error as error:
            raise WantedError(
                f"{words} is not a valid regular expression: {_reason(error)}."
            ) from error
        if not words or self._text.search("") is not None:
            raise WantedError("That matches everywhere; type something that a line contains.")
        self.beyond = 0
        """Lines that hold it only beyond what is shown of them."""
        self.problem = ""
        """A sentence once the expression proved too slow; it finds nothing from then on."""

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where it stands in the safe text of a line."""
        spans: list[tuple[int, int]] = []
        try:
            for match in self._text.finditer(text, timeout=self._patience(len(text))):
                if match.end() > match.start():
                    spans.append(match.span())
                if len(spans) == _SPANS:
                    break
        except TimeoutError:
            self._give_up()
        return spans

    def _patience(self, length: int) -> float | None:
        """Return the seconds after which an expression counts as too slow, by a text's length."""
        if self._has_patience:
            return None
        return _PATIENCE_LARGE if length > _LARGE else _PATIENCE

    def shows(self, text: str) -> bool:
        """Whether it stands in the safe text of a line."""
        return bool(self.spans(text))

    def starts(self, lines: bytes) -> Sequence[int]:
        """Return where the lines begin that show it; `lines` are whole, untrusted and many."""
        if self.problem:
            return ()
        shown = last_states(lines)
        clean = plain(shown) if b"\x1b" in shown else shown
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
        """Find lines that are shown as they are."""
        starts = []
        at, end = 0, len(lines)
        patience = self._patience(end)
        while match := pattern.search(lines, at, concurrent=True, timeout=patience):
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
        """Return the numbers of the lines of `text` that hold it, from 0."""
        numbers = []
        at = number = 0
        patience = self._patience(len(text))
        while match := pattern.search(text, at, concurrent=True, timeout=patience):
            number += text.count(newline, at, match.start())
            numbers.append(number)
            at = text.find(newline, match.start()) + 1
            number += 1
            if not at:
                break
        return numbers

    def _verified(self, lines: bytes, numbers: Sequence[int]) -> list[int]:
        """Return the starts of numbered lines that still hold it as they are shown."""
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
        """Whether a line that holds it shows it, too: a tab is drawn as blanks."""
        return _CONTROL.search(line) is None or self.shows(styled_line(line).text)

    def _give_up(self) -> None:
        self.problem = f"{self.typed} takes too long to search for; try a simpler expression."


def _reason(error: Exception) -> str:
    return str(error).partition(" at position")[0]


class OfLevel:
    """Lines of a level, or of a graver one."""

    def __init__(self, least: Level) -> None:
        self._least = least

    def starts(self, lines: bytes) -> Sequence[int]:
        """Return where such lines begin; `lines` are whole, untrusted and many."""
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
    """Yield where the lines begin that say what an error only announces."""
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
    """Return the line at a place as it is drawn, as far as it tells how grave it is."""
    end = lines.find(b"\n", start)
    line = last_state(lines[start : end if end >= 0 else len(lines)])
    is_json = line[:1] == b"{" and len(line) <= SIZE_LIMIT
    return styled_line(line if is_json else line[:_HEAD]).text


def _is_plain(line: bytes) -> bool:
    return len(line) <= CHARACTER_LIMIT and b"\x1b" not in line and not is_rewritten(line)


def _is_lower(words: str, is_regex: bool) -> bool:
    """Whether there are no capitals; those of `\\S` and the like are no letters."""
    if not is_regex:
        return words == words.lower()
    letters = (c for before, c in zip(" " + words, words, strict=False) if before != "\\")
    return all(c == c.lower() for c in letters)
