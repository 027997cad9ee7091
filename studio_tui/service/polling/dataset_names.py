"""The names of datasets that are known, for completing what is typed.

No endpoint lists datasets. Pipelines tell which they were triggered from, and jobs which versions
they made, one job a question.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Protocol

from studio_tui.api.models import DatasetVersion, Job, JobState, Pipeline
from studio_tui.errors import NotFound, RateLimited, StudioError

ASKED = 40
"""Newest finished jobs that are asked for what they made."""
AT_ONCE = 2


class KnowsDatasets(Protocol):
    """The one question that is put to Studio."""

    async def job_dataset_versions(self, job_id: str) -> Sequence[DatasetVersion]:
        """Return what a job made."""
        ...


class DatasetNames:
    """Names of datasets; what a job has made is asked once."""

    def __init__(self, client: KnowsDatasets) -> None:
        self._client = client
        self._made: dict[str, tuple[str, ...]] = {}
        """Names by the id of the job that made them."""

    def known(self, pipelines: Iterable[Pipeline]) -> tuple[str, ...]:
        """Return the names that are known by now, those of the newest pipelines first."""
        targets = [
            name.strip()
            for pipeline in pipelines
            for name in (pipeline.triggered_from or "").split(",")
        ]
        made = sorted({name for names in self._made.values() for name in names})
        return tuple(dict.fromkeys(name for name in (*targets, *made) if name))

    async def learn(self, jobs: Iterable[Job]) -> None:
        """Ask the newest finished jobs what they made; a Studio that does not tell is left alone.

        `jobs` stand newest first.
        """
        complete = [job.id for job in jobs if job.state is JobState.COMPLETE][:ASKED]
        left = [job_id for job_id in reversed(complete) if job_id not in self._made]

        async def ask_in_turn() -> None:
            while left:
                job_id = left.pop()
                try:
                    versions = await self._client.job_dataset_versions(job_id)
                except NotFound:
                    self._made[job_id] = ()
                except RateLimited:
                    left.clear()
                except StudioError:
                    continue
                else:
                    self._made[job_id] = tuple(version.dataset_name for version in versions)

        await asyncio.gather(*(ask_in_turn() for _ in range(AT_ONCE)))
