"""Orderly ends of the app: on the user's request, on a signal, on a hangup, or on a bug.

On a bug, Textual would print local variables, and one of them may be the token; see
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
from textual.screen import ModalScreen

logger = logging.getLogger(__name__)

_ENDING = (signal.SIGTERM, signal.SIGHUP)
_STREAMS = (0, 1, 2)
"""Descriptors of the standard input, output and error."""


class HandlesExit(App[Any]):
    """An app that asks before quitting if input would be lost, and ends at once on a signal."""

    _asks_to_quit = False

    def _fatal_error(self) -> None:
        """Log and print the exception without the values of variables, and end."""
        from studio_tui.log import crash_report  # noqa: PLC0415 (not before the first paint)

        error = sys.exc_info()[1]
        report = crash_report(error) if error else "The program ended because of a bug.\n"
        logger.critical("the program ended because of a bug\n%s", report)
        self._exit_renderables.append(Text(report))
        self._close_messages_no_wait()

    def on_mount(self) -> None:
        if not self.is_headless:
            loop = asyncio.get_running_loop()
            for number in _ENDING:
                loop.add_signal_handler(number, self.end_on, number)

    def get_driver_class(self) -> type[Driver]:
        driver = super().get_driver_class()
        # Imported here, as the module of our driver imports this one.
        from textual.drivers.linux_driver import LinuxDriver  # noqa: PLC0415

        from studio_tui.tui.terminal.driver import TerminalDriver  # noqa: PLC0415

        return TerminalDriver if driver is LinuxDriver else driver

    def end_on(self, number: signal.Signals) -> None:
        """End the app because of a signal; after SIGHUP, without using the terminal."""
        if number == signal.SIGHUP:
            # The terminal has gone, and what the app writes while it ends must not fail.
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in _STREAMS:
                os.dup2(nowhere, stream)
            os.close(nowhere)
        # As a shell reports a program that was ended by this signal.
        self.exit(return_code=128 + number)

    async def action_quit(self) -> None:
        self.quit_or_ask()

    def quit_or_ask(self) -> None:
        """Quit; if a screen has a `question_before_quitting`, ask that first."""
        asking = (getattr(screen, "question_before_quitting", None) for screen in self.screen_stack)
        question = next((question for ask in asking if ask and (question := ask())), None)
        if question is None:
            self.exit(0)
        elif not self._asks_to_quit:
            self._ask_to_quit(question)

    @work(name="quit", group="dialog")
    async def _ask_to_quit(self, question: ModalScreen[Any]) -> None:
        self._asks_to_quit = True
        try:
            if await self.push_screen_wait(question):
                self.exit(0)
        finally:
            self._asks_to_quit = False
