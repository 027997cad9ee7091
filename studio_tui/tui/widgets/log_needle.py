"""What a reader looks for in a log: found by its bytes, then held against the text as drawn."""

import re

from studio_tui.presentation.log_lines import styled_line
from studio_tui.service.log_search import find_line
from studio_tui.service.log_store import LogStore


class Needle:
    """Words to look for; capitals among them make the search exact."""

    def __init__(self, words: str) -> None:
        self.words = words
        """Never empty, on one line."""
        self.ignores_case = words == words.lower()
        self.pattern = re.compile(re.escape(words), re.IGNORECASE if self.ignores_case else 0)
        """Finds the words in drawn text."""

    async def nearest(self, store: LogStore, offset: int, *, backwards: bool) -> int | None:
        """Return the start of the nearest line that shows the words; the screen is never held.

        Raises:
            SpoolError: the log cannot be read back, or was closed.
        """
        at = offset
        while True:
            start = await find_line(
                store,
                self.words.encode(),
                at,
                ignore_case=self.ignores_case,
                backwards=backwards,
            )
            if start is None:
                return None
            line = store.line_at(start)
            if self.pattern.search(styled_line(line.head, tail=line.tail, length=line.length).text):
                return start
            at = start if backwards else store.line_end(start) + 1
