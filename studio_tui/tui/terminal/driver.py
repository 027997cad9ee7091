"""The terminal driver, which ends the program when the terminal has gone.

A separate thread writes the output, so that a terminal which does not read blocks nothing; see
docs/upstream/terminal-gone.md.
"""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import IO, Any, cast

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from studio_tui.tui.terminal.exit import HandlesExit
from studio_tui.tui.terminal.input_reader import StopEvent, read_input
from studio_tui.tui.terminal.output import TerminalOutput


class TerminalDriver(LinuxDriver):
    """Textual's driver, which also notifies the app when a terminal not lent to others has gone."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._output = TerminalOutput(
            cast(IO[str], self._file).fileno(),
            on_lost=self._report_hangup,
            on_caught_up=self._redraw,
        )
        self._file: Any = self._output
        self._has_terminal = False

    def start_application_mode(self) -> None:
        if self._app.return_code is not None:
            return  # the app ended while the terminal was lent to an editor
        self._stop = self.exit_event = StopEvent()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        # Textual does not take over the terminal if this process is in the background.
        self._has_terminal = self._key_thread is not None and self._key_thread.is_alive()

    def stop_application_mode(self) -> None:
        # After a change of the size, tmux may leave what is drawn in the shell's screen.
        self.write("\x1b[2J")
        self._has_terminal = False
        super().stop_application_mode()

    def close(self) -> None:
        """Wait until all output is written, or the terminal no longer reads."""
        super().close()
        self._output.drain()

    def write(self, data: str) -> None:
        """Write without Textual's writer thread, as `TerminalOutput` has its own."""
        self._output.write(data)

    def send_message(self, message: Message) -> None:
        """Post a message from any thread; Textual would start a task for each message."""
        self._app.post_message(message)

    def run_input_thread(self) -> None:
        try:
            read_input(self.fileno, self._stop, self.process_message, debug=self._debug)
        except OSError:
            self._report_hangup()

    def _sigtstp_application(self, *_signal: object) -> None:
        """Stop the whole process group, as a terminal does.

        Otherwise a parent such as make would wait, and the shell would not get the terminal back.
        """
        if os.getpgrp() == os.getsid(0):
            # A shell with job control would have started this program in another process group.
            words = "There is no shell here to bring the dashboard back"
            self._call_soon(partial(self._app.notify, words, markup=False))
            return
        if self._auto_restart:
            self.suspend_application_mode()
            self._must_signal_resume = True
        os.killpg(os.getpgrp(), signal.SIGSTOP)

    def _sigcont_application(self, *signals: object) -> None:
        """Take over the terminal again.

        If the app was not suspended, as after `kill -STOP`, Textual would take it over a second
        time. Two threads would then read the input, and on exit the terminal would get the modes
        that Textual itself has set.
        """
        if self._must_signal_resume:
            super()._sigcont_application(*signals)
        else:
            # Later, as a signal may interrupt the event loop while it writes.
            self._call_soon(self._take_over_again)

    def _take_over_again(self) -> None:
        if self._has_terminal and self._auto_restart:
            self.suspend_application_mode()
            self._must_signal_resume = True
            self.resume_application_mode()

    def _report_hangup(self) -> None:
        if isinstance(self._app, HandlesExit):
            # The kernel sends SIGHUP only for a controlling terminal.
            self._call_soon(partial(self._app.end_on, signal.SIGHUP))

    def _redraw(self) -> None:
        """Draw everything again, as output was dropped; called from any thread."""
        draw = partial(self._app.refresh, layout=True)
        self._call_soon(partial(self._app.call_later, draw))

    def _call_soon(self, call: Callable[[], object]) -> None:
        """Call a function in the event loop; safe in any thread and in signal handlers."""
        with suppress(RuntimeError):  # the loop is closed: the program has already ended
            self._loop.call_soon_threadsafe(call)
