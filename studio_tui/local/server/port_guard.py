"""Prevents sending the token of a local Studio to another process that has taken its port."""

import asyncio
import os
from pathlib import Path

from studio_tui.api.guard import NOT_RUNNING
from studio_tui.errors import NO_ANSWER, NotSent
from studio_tui.files import file_version
from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.server import endpoint

_CHECK_EVERY = 0.5
"""Seconds between checks of a server on systems that cannot report the end of a process."""


class PortGuard:
    """Watches the server of one data directory.

    While the server holds its lock and its state file names an address, no other process can listen
    there. A server that is stopped removes the state file before it releases the port.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data = DataDir(data_dir)

    def verify(self, url: str) -> object:
        """Return a seal of the server at `url` if it has this data directory; no token is sent.

        Raises:
            NotSent: The server of this data directory does not run or answer, or is not at `url`.
        """
        seal = file_version(self._data.state)
        running = endpoint.running_endpoint(self._data)
        if running is None and self.runs:
            hint = endpoint.how_to_end(self._data)
            raise NotSent(f"The local Studio does not answer.{hint}", brief=NO_ANSWER)
        if seal is None or running is None:
            raise NotSent(NOT_RUNNING)
        if running.url != url:
            raise NotSent(f"The local Studio serves at {running.url} now, no longer at {url}.")
        return seal

    def is_same_server(self, seal: object) -> bool:
        """Whether the server has run without interruption since the seal was made."""
        return seal == file_version(self._data.state) and self.runs

    @property
    def was_stopped(self) -> bool:
        """Whether the server was stopped on purpose; false if it crashed or still runs."""
        return not self._data.state.exists()

    @property
    def runs(self) -> bool:
        """Whether a server runs in the data directory."""
        return endpoint.is_locked(self._data.lock)

    async def until_gone(self) -> None:
        """Return once no server runs."""
        while await asyncio.to_thread(endpoint.is_locked, self._data.lock):
            await _wait_for_end(await asyncio.to_thread(endpoint.pid_of, self._data))


async def _wait_for_end(pid: int | None) -> None:
    """Return when a process has ended, or after `_CHECK_EVERY` if that cannot be observed."""
    try:
        process = os.pidfd_open(pid) if pid is not None else None
    except (AttributeError, OSError):
        process = None
    if process is None:
        await asyncio.sleep(_CHECK_EVERY)
        return
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(process, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(process)
        os.close(process)
