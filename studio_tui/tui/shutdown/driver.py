"""The driver of the terminal, which ends the program when the terminal has gone.

Nothing waits for a terminal that reads nothing: it is written to by a thread of its own.

A report that can be filed as it stands:

    Title: An app never ends when its terminal dies while it paints

    Versions: Textual 8.2.8, Python 3.11, Linux 6.

    What happens: the terminal goes away (`tmux kill-server`, a closed window, a lost connection)
    and the process stays for good, blocked or at full load. If it handles SIGHUP and SIGTERM in
    its event loop (`add_signal_handler`), neither has any effect, too.

    How to reproduce: run this by `setsid --wait` in a terminal, and close its window. In a session
    of its own it gets no SIGHUP; with one it takes more luck.

        from textual.app import App
        from textual.widgets import Digits

        class Counting(App):
            def compose(self):
                yield Digits("0")

            def on_mount(self):
                self.count = 0
                self.set_interval(0.01, self.tick)

            def tick(self):
                self.count += 1
                self.query_one(Digits).update(str(self.count))

        Counting().run()

    Cause: `WriterThread.run` lets the `OSError` (EIO) of `write` end the thread. Nobody takes from
    its queue any more, so after 30 writes `Queue.put` in `LinuxDriver.write` blocks the event loop,
    and with it what asyncio does on signals. `WriterThread.stop` puts one more. Meanwhile
    `LinuxDriver.run_input_thread` reads nothing again and again: at the end of the input `select`
    returns at once.

    Suggested mend: let the writer catch `OSError`, go on to empty its queue, and tell the app once;
    let the input thread end at an empty read of a terminal, and tell the app too.
"""

import os
import select
import signal
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import IO, Any, cast

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from studio_tui.tui.shutdown.output import TerminalOutput
from studio_tui.tui.shutdown.signals import EndsInOrder


class TerminalDriver(LinuxDriver):
    """Textual's driver, which tells the app as soon as there is no terminal any more."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._output = TerminalOutput(
            cast(IO[str], self._file).fileno(), lost=self._tell, read_again=self._draw_anew
        )
        self._file: Any = self._output
        self._is_watched = False

    def start_application_mode(self) -> None:
        """Take the terminal over, and keep an eye on it."""
        if not self._is_watched:
            self._is_watched = True
            Thread(target=self._watch, name="terminal watch", daemon=True).start()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Let go of the terminal once it has read all, or reads no more."""
        super().close()
        self._output.drain()

    def run_input_thread(self) -> None:
        """Read what is typed, until the terminal has gone."""
        try:
            super().run_input_thread()
        except OSError:
            self._tell()

    def _sigtstp_application(self, *_signal: object) -> None:
        """Stop as a terminal has jobs stopped: with all that waits for this program, such as make.

        Textual stops itself alone; then what waits for it goes on waiting, and so does the shell.
        """
        if os.getpgrp() == os.getsid(0):
            # A shell that could bring it back gives each of its jobs a process group.
            self._say("There is no shell here to bring the dashboard back")
            return
        if self._auto_restart:
            self.suspend_application_mode()
            self._must_signal_resume = True
        os.killpg(os.getpgrp(), signal.SIGSTOP)

    def _say(self, words: str) -> None:
        with suppress(RuntimeError):  # the loop is closed: the program has ended by itself
            self._loop.call_soon_threadsafe(partial(self._app.notify, words, markup=False))

    def _watch(self) -> None:
        """Wait until the terminal hangs up, which needs neither output nor a signal."""
        poll = select.poll()
        poll.register(self.fileno, 0)
        if any(event & (select.POLLHUP | select.POLLERR) for _, event in poll.poll()):
            self._tell()

    def _tell(self) -> None:
        """Tell the app, from whichever thread noticed."""
        if isinstance(self._app, EndsInOrder):
            with suppress(RuntimeError):  # the loop is closed, as above
                self._loop.call_soon_threadsafe(self._app.terminal_lost)

    def _draw_anew(self) -> None:
        """Draw all of the screen, as the terminal has missed some of it."""
        with suppress(RuntimeError):  # the loop is closed, as above
            draw = partial(self._app.refresh, layout=True)
            self._loop.call_soon_threadsafe(self._app.call_later, draw)
