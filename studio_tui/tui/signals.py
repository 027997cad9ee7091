"""Leaving in order when the program is told to end, or its terminal goes away."""

import asyncio
import os
import signal
from typing import Any

from textual.app import App

_ENDING = (signal.SIGTERM, signal.SIGHUP)
_STREAMS = (0, 1, 2)


class EndsOnSignals(App[Any]):
    """Goes the way of `quit` on a signal, so that screens can keep what is typed."""

    def on_mount(self) -> None:
        """Listen, where there is a terminal to be taken away."""
        if not self.is_headless:
            loop = asyncio.get_running_loop()
            for number in _ENDING:
                loop.add_signal_handler(number, self._end, number)

    def _end(self, number: signal.Signals) -> None:
        if number == signal.SIGHUP:
            # Textual's thread that writes would end on an error, and then hold up all the rest.
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in _STREAMS:
                os.dup2(nowhere, stream)
            os.close(nowhere)
        # As a shell tells of a program that a signal has ended.
        self.exit(return_code=128 + number)
