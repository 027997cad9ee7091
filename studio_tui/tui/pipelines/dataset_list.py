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
from studio_tui.service.polling.jobs_feed import JobList
from studio_tui.service.session import StudioSession

PAUSE = 5.0
"""Minimum seconds between two requests."""

logger = logging.getLogger(__name__)


class DatasetList:
    """The datasets as last received."""

    listed: tuple[ListedDataset, ...] = ()
    """Of a local Studio all datasets, of another Studio those that listed jobs created."""
    has_all = False
    """Whether the datasets of all recent jobs have been received."""

    def __init__(self, session: StudioSession) -> None:
        self._session = session
        self._requested_for: frozenset[str] | None = None
        """Ids of the jobs that had ended at the last request that succeeded."""

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

    async def follow(self, changed: Callable[[], object] = lambda: None) -> None:
        """Request the datasets, and again whenever jobs have ended, until canceled.

        `changed` is called after each request that succeeded.
        """
        while True:
            await self._session.jobs.value_once(lambda: self._ended_jobs() != self._requested_for)
            await self._session.reachability.wait()
            ended = self._ended_jobs()
            try:
                await self.load()
            except StudioError as error:
                logger.info("datasets are not known: %s", error)
                self._requested_for = None
            else:
                changed()
                self._requested_for = ended if self.has_all else None
            await asyncio.sleep(PAUSE)

    def _ended_jobs(self) -> frozenset[str]:
        jobs = self._session.jobs.snapshot.value or JobList()
        return frozenset(job.id for job in jobs.jobs if job.state.is_finished)
