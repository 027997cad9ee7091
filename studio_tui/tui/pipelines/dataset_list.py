"""The datasets of a Studio, for the list of datasets and for the names in forms."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from studio_tui import clock
from studio_tui.api.local_models import ListedDataset
from studio_tui.errors import StudioError
from studio_tui.presentation.pipelines.dataset_rows import rebuilding_words
from studio_tui.presentation.pipelines.datasets import short_name
from studio_tui.service.session import StudioSession

PAUSE = 5.0
"""Seconds between two requests."""

logger = logging.getLogger(__name__)


class DatasetList:
    """The datasets as last received."""

    listed: tuple[ListedDataset, ...] = ()
    """Of a local Studio all datasets, of another Studio those that listed jobs created."""
    has_all = False
    """Whether the datasets of all recent jobs have been received."""

    def __init__(self, session: StudioSession) -> None:
        self._session = session

    @property
    def has_lineage(self) -> bool:
        """Whether Studio lists all datasets, and says which are out of date."""
        return self._session.client.is_local_studio

    @property
    def is_certain(self) -> bool:
        """Whether there are no other datasets than `listed`."""
        return self.has_lineage and bool(self.listed)

    @property
    def outdated(self) -> tuple[str, ...]:
        """The short names of outdated datasets."""
        return tuple(short_name(each.name) for each in self.listed if each.newer)

    def names(self) -> tuple[str, ...]:
        """Return all known names, also those that only pipelines have."""
        session = self._session
        names = session.datasets.names(session.known_items.pipelines().pipelines)
        if not (session.is_local or self.has_lineage):
            return names
        listed = (each.name for each in self.listed)
        return tuple(dict.fromkeys(map(short_name, (*names, *listed))))

    def rebuilding(self) -> str:
        """Return which pipelines rebuild datasets now, in words."""
        return rebuilding_words(self._session.known_items.pipelines().pipelines)

    def moment(self) -> datetime:
        """Return the time for which ages are shown."""
        return self._session.jobs.snapshot.moment(clock.now())

    async def load(self) -> None:
        """Request the datasets; an empty answer does not replace them.

        Raises:
            StudioError: the request failed.
        """
        session = self._session
        if self.has_lineage:
            self.listed = await session.client.local.datasets() or self.listed
            self.has_all = True
            return
        answer = session.jobs.snapshot.value
        jobs = answer.jobs if answer is not None else ()
        await session.datasets.request_versions(jobs)
        made = session.datasets.made_by_jobs({job.id: job for job in jobs})
        self.listed, self.has_all = made or self.listed, session.datasets.is_complete

    async def load_all(self, received: Callable[[], object]) -> None:
        """Request the datasets, and after a failure again, until all have been received.

        `received` is called after each answer, also if some datasets are missing.
        """
        await self._session.jobs.first_value()
        while True:
            await self._session.reachability.wait()
            try:
                await self.load()
            except StudioError as error:
                logger.info("datasets are not known: %s", error)
            else:
                received()
                if self.has_all:
                    return
            await asyncio.sleep(PAUSE)
