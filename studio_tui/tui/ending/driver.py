"""The driver of the terminal, which ends the program when the terminal has gone.

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

import select
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import IO, Any, cast

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from studio_tui.tui.ending.signals import EndsInOrder


class LastingFile:
    """A file that takes everything; what cannot be written any more is dropped, and that is told.

    It is written to by one thread.
    """

    def __init__(self, file: IO[str], lost: Callable[[], None]) -> None:
        """Take the file, and what is called, in the thread that writes, when it fails."""
        self._file = file
        self._lost = lost
        self._is_lost = False

    def write(self, text: str) -> int:
        """Write, as long as that is possible."""
        self._try(lambda: self._file.write(text))
        return len(text)

    def flush(self) -> None:
        """Write what is still in a buffer, as long as that is possible."""
        self._try(self._file.flush)

    def fileno(self) -> int:
        """Return the number of the file."""
        return self._file.fileno()

    def _try(self, write: Callable[[], object]) -> None:
        if self._is_lost:
            return
        try:
            write()
        except OSError:
            self._is_lost = True
            self._lost()


class TerminalDriver(LinuxDriver):
    """Textual's driver, which tells the app as soon as there is no terminal any more."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._file: Any = LastingFile(cast(IO[str], self._file), self._tell)
        self._is_watched = False

    def start_application_mode(self) -> None:
        """Take the terminal over, and keep an eye on it."""
        if not self._is_watched:
            self._is_watched = True
            Thread(target=self._watch, name="terminal watch", daemon=True).start()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def run_input_thread(self) -> None:
        """Read what is typed, until the terminal has gone."""
        try:
            super().run_input_thread()
        except OSError:
            self._tell()

    def _watch(self) -> None:
        """Wait until the terminal hangs up, which needs neither output nor a signal."""
        poll = select.poll()
        poll.register(self.fileno, 0)
        if any(event & (select.POLLHUP | select.POLLERR) for _, event in poll.poll()):
            self._tell()

    def _tell(self) -> None:
        """Tell the app, from whichever thread noticed."""
        if isinstance(self._app, EndsInOrder):
            with suppress(RuntimeError):  # the loop is closed: the program has ended by itself
                self._loop.call_soon_threadsafe(self._app.terminal_lost)
