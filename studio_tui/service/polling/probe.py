"""The request that finds out whether Studio can be reached."""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from itertools import cycle

from studio_tui.api.client import StudioClient
from studio_tui.service.polling.first_requests import FirstRequests


class Probe:
    """The cheapest request there is; until Studio has answered, of each list in turn.

    A single list may be broken, and the others would never be requested.
    """

    def __init__(self, client: StudioClient, first: FirstRequests) -> None:
        """Initialise; `first` says whether Studio has answered."""
        self._client = client
        self._first = first
        self._lists: Iterator[Callable[[], Awaitable[object]]] = cycle(
            (self._jobs, partial(client.pipelines, limit=1), client.clusters)
        )

    async def send(self) -> None:
        """Send the request.

        Raises:
            StudioError: it failed.
        """
        await (self._jobs if self._first.is_over else next(self._lists))()

    async def _jobs(self) -> None:
        await self._client.jobs(limit=1)
