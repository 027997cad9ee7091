"""Polls REST for a log while its websocket keeps failing, so that the log goes on meanwhile."""

import asyncio
import logging
from collections.abc import Callable

from studio_tui.errors import SpoolError, StudioError
from studio_tui.service.logs.rest_log import RestLog
from studio_tui.service.polling.reachability import Reachability

OUTAGE_AFTER = 3
"""Consecutive failures of the websocket after which REST is polled as well."""
OUTAGE_REST = 5.0
"""Seconds between those polls."""

logger = logging.getLogger(__name__)


class RestBeside:
    """Polls one log, from the time that its websocket keeps failing until it answers."""

    def __init__(
        self, job_id: str, rest: RestLog, reachability: Reachability, came: Callable[[], None]
    ) -> None:
        """Initialise; `came` is called after each poll that succeeded."""
        self._job_id = job_id
        self._rest = rest
        self._reachability = reachability
        self._came = came
        self._is_wanted = asyncio.Event()

    def failed(self, failures: int, at_least: float) -> None:
        """Note consecutive failures of the websocket; `at_least`: seconds for which Studio asks."""
        if at_least:
            self.stop()  # Studio is there, and asks to be left alone
        elif failures >= OUTAGE_AFTER:
            self._is_wanted.set()

    def stop(self) -> None:
        """Poll no more until the websocket keeps failing again."""
        self._is_wanted.clear()

    async def run(self) -> None:
        """Poll whenever it is wanted, until canceled.

        Raises:
            SpoolError: writing to the disk failed.
        """
        while True:
            await self._is_wanted.wait()
            await self._reachability.wait()
            rest = OUTAGE_REST
            try:
                with self._reachability.asking("log"):
                    await self._rest.read()
                self._came()
            except SpoolError:
                raise
            except StudioError as error:
                logger.info("log of job %s: %s", self._job_id, error)
                rest = max(rest, error.asked_rest)
            await asyncio.sleep(rest)
