"""Going to lines of a log by their numbers."""

import re
from typing import Any, ClassVar

from studio_tui.presentation.format import plural
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.logs.view.controller import ViewController
from studio_tui.tui.widgets.prompt import LINE

_SHARE = re.compile(r"(\d{1,3})\s*%")
"""A share of the log, such as `50%`."""


class LineNumbers(ViewController):
    def submit(self, typed: str) -> str | None:
        """Go to a line by its number from 1, or to a share of the log such as `50%`.

        Returns the error if the input is invalid.
        """
        store = self._view.store
        if store is None or not typed:
            return None
        if share := _SHARE.fullmatch(typed):
            offset = min(100, int(share[1])) * max(0, store.size - 1) // 100
            self._go(store.line_start(offset))
            return None
        digits = typed.replace(",", "").replace("_", "")
        if not store.lines:
            return f"The log has no lines{self._view.so_far}."
        # `int` refuses thousands of digits, and no log has as many lines as 18 digits can say.
        if not (digits.isascii() and digits.isdigit()) or not int(digits[:18]):
            return f"{typed} is not a line number; type one from 1 to {store.lines:,}."
        if int(digits[:18]) > store.lines:
            return f"The log has {plural(store.lines, 'line')}{self._view.so_far}."
        self._go(store.start_of(int(digits) - 1))
        return None

    def _go(self, start: int) -> None:
        self._view.filter.go(
            start, lambda reached: "" if reached == start else ", as that line is hidden"
        )

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "logs.line",
            "colon",
            "go to a line",
            "Go to a line by its number",
            lambda self: self._view.ask(LINE),
            lambda self: self._view.why_no_log(),
        ),
    )
