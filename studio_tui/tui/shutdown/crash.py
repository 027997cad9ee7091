"""The end of the app on a bug: with a traceback, but without the values of variables.

Textual prints local variables, one of which may be the token; see docs/upstream/crash-report.md.
"""

import logging
import sys
from typing import Any

from rich.text import Text
from textual.app import App

logger = logging.getLogger(__name__)


class EndsOnBug(App[Any]):
    """Logs and prints an unhandled exception, and ends."""

    def _fatal_error(self) -> None:
        from studio_tui.log import crash_report  # noqa: PLC0415 (not before the first paint)

        error = sys.exc_info()[1]
        report = (
            crash_report(error) if error is not None else "The program ended because of a bug.\n"
        )
        logger.critical("the program ended because of a bug\n%s", report)
        self._exit_renderables.append(Text(report))
        self._close_messages_no_wait()
