"""Ending the app in order: on the user's request, on a signal, on a hangup, or on a bug.

Textual would print local variables on a bug, one of which may be the token; see
docs/upstream/crash-report.md.
"""

import asyncio
import logging
import os
import signal
import sys
from typing import Any

from rich.text import Text
from textual import work
from textual.app import App
from textual.driver import Driver

logger = logging.getLogger(__name__)

_ENDING = (signal.SIGTERM, signal.SIGHUP)
_STREAMS = (0, 1, 2)


class EndsOnBug(App[Any]):
    """Logs and prints an unhandled exception, and ends."""

    def _fatal_error(self) -> None:
        from studio_tui.log import crash_report  # noqa: PLC0415 (not before the first paint)

        error = sys.exc_info()[1]
        report = crash_report(error) if error else "The program ended because of a bug.\n"
        logger.critical("the program ended because of a bug\n%s", report)
        self._exit_renderables.append(Text(report))
        self._close_messages_no_wait()


class HandlesExit(EndsOnBug):
    """Asks before quitting if unsaved input would be lost; on a signal it ends at once."""

    _asks_to_quit = False

    def on_mount(self) -> None:
        """Install signal handlers, if there is a terminal."""
        if not self.is_headless:
            loop = asyncio.get_running_loop()
            for number in _ENDING:
                loop.add_signal_handler(number, self._end, number)

    def get_driver_class(self) -> type[Driver]:
        """Return Textual's driver, replaced by `TerminalDriver` if it is that of a terminal."""
        driver = super().get_driver_class()
        # Not in tests: its base class exists on Unix only.
        from textual.drivers.linux_driver import LinuxDriver  # noqa: PLC0415

        from studio_tui.tui.shutdown.driver import TerminalDriver  # noqa: PLC0415

        return TerminalDriver if driver is LinuxDriver else driver

    def terminal_lost(self) -> None:
        """End as on a hangup; a program in a session of its own gets no SIGHUP."""
        self._end(signal.SIGHUP)

    def _end(self, number: signal.Signals) -> None:
        if number == signal.SIGHUP:
            # Textual's writer thread would end on an error, and then block everything else.
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in _STREAMS:
                os.dup2(nowhere, stream)
            os.close(nowhere)
        # The exit status of a shell for a program ended by a signal.
        self.exit(return_code=128 + number)

    async def action_quit(self) -> None:
        """Quit; if a screen has unsaved input, ask first."""
        if not any(getattr(screen, "loses_values", False) for screen in self.screen_stack):
            self.exit(0)
        elif not self._asks_to_quit:
            self._ask_to_quit()

    @work(name="quit", group="dialog")
    async def _ask_to_quit(self) -> None:
        # Not at the start: it is not needed for the first paint.
        from studio_tui.tui.form.leaving import confirm_losing  # noqa: PLC0415

        self._asks_to_quit = True
        try:
            if await self.push_screen_wait(confirm_losing()):
                self.exit(0)
        finally:
            self._asks_to_quit = False
