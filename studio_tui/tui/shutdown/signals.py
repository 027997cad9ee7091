"""Leaving in order: when the user wants to, when told to end, or when the terminal goes away."""

import asyncio
import os
import signal
from typing import Any

from textual import work
from textual.app import App
from textual.driver import Driver

_ENDING = (signal.SIGTERM, signal.SIGHUP)
_STREAMS = (0, 1, 2)


class EndsInOrder(App[Any]):
    """Asks before it costs what was typed; ends at once on a signal, when nobody is there."""

    _asks_to_quit = False

    def on_mount(self) -> None:
        """Listen, where there is a terminal to be taken away."""
        if not self.is_headless:
            loop = asyncio.get_running_loop()
            for number in _ENDING:
                loop.add_signal_handler(number, self._end, number)

    def get_driver_class(self) -> type[Driver]:
        """Return Textual's driver; that of terminals notices when they have gone."""
        found = super().get_driver_class()
        # Not for tests: what it is derived from exists on Unix alone.
        from textual.drivers.linux_driver import LinuxDriver  # noqa: PLC0415

        from studio_tui.tui.shutdown.driver import TerminalDriver  # noqa: PLC0415

        return TerminalDriver if found is LinuxDriver else found

    def terminal_lost(self) -> None:
        """End as on a hangup, which is not signalled to a program in a session of its own."""
        self._end(signal.SIGHUP)

    def _end(self, number: signal.Signals) -> None:
        if number == signal.SIGHUP:
            # Textual's thread that writes would end on an error, and then hold up all the rest.
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in _STREAMS:
                os.dup2(nowhere, stream)
            os.close(nowhere)
        # As a shell tells of a program that a signal has ended.
        self.exit(return_code=128 + number)

    async def action_quit(self) -> None:
        """Leave the dashboard; where a screen would lose what is kept nowhere, only if wished."""
        if not any(getattr(screen, "loses_values", False) for screen in self.screen_stack):
            self.exit(0)
        elif not self._asks_to_quit:
            self._ask_to_quit()

    @work(name="quit", group="dialog")
    async def _ask_to_quit(self) -> None:
        # Not at the start: it is no part of the first paint.
        from studio_tui.tui.form.leaving import confirm_losing  # noqa: PLC0415

        self._asks_to_quit = True
        try:
            if await self.push_screen_wait(confirm_losing()):
                self.exit(0)
        finally:
            self._asks_to_quit = False
