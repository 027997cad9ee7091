"""The names of datasets that are known, for completing what is typed.

No endpoint lists datasets. Pipelines tell which they were triggered from, and jobs which versions
they made, one job a question.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from studio_tui import clock
from studio_tui.api.listed_datasets import ListedDataset, ListedVersion
from studio_tui.api.models import DatasetVersion, Job, JobState, Pipeline
from studio_tui.errors import NotFound, PermissionDenied, StudioError
from studio_tui.service.logs.retry import DENIED_REST
from studio_tui.service.polling.reachability import SHORTEST_REST, Reachability

ASKED = 40
"""Newest finished jobs that are asked for what they made."""
AT_ONCE = 2


class KnowsDatasets(Protocol):
    """The one question that is put to Studio."""

    async def job_dataset_versions(self, job_id: str) -> Sequence[DatasetVersion]:
        """Return what a job made."""
        ...


class DatasetNames:
    """Names of datasets; what a job has made is asked until it is known."""

    def __init__(
        self,
        client: KnowsDatasets,
        reachability: Reachability | None = None,
        *,
        now: Callable[[], float] = clock.monotonic,
    ) -> None:
        self._client = client
        self._reachability = reachability or Reachability()
        self._now = now
        self._made: dict[str, tuple[DatasetVersion, ...]] = {}
        """What was made, by the id of the job that made it."""
        self._failures = Counter[str]()
        """How often the question about a job had no answer."""
        self._due = 0.0
        """When the next question may be put, in seconds of `now`."""
        self.is_complete = False
        """Whether every job that is to be asked about has been."""

    def known(self, pipelines: Iterable[Pipeline]) -> tuple[str, ...]:
        """Return the names that are known by now, those of the newest pipelines first."""
        targets = [name.strip() for pipeline in pipelines for name in pipeline.datasets.split(",")]
        made = sorted({each.dataset_name for found in self._made.values() for each in found})
        return tuple(dict.fromkeys(name for name in (*targets, *made) if name))

    def listed(self, jobs: Mapping[str, Job]) -> tuple[ListedDataset, ...]:
        """Return the datasets that are known to have been made, by name; `jobs` are by their ids.

        What they were made from is not told.
        """
        found: dict[str, dict[str, ListedVersion]] = {}
        for job_id, versions in self._made.items():
            job = jobs.get(job_id)
            for made in versions:
                if made.version is not None:
                    found.setdefault(made.dataset_name, {})[made.version] = ListedVersion(
                        version=made.version,
                        job_id=job_id,
                        job_name=job.name if job else None,
                        made_by=job.created_by if job else None,
                        made_at=job.finished_at if job else None,
                    )
        return tuple(
            ListedDataset(
                name=name, versions=tuple(sorted(known.values(), key=_version_key, reverse=True))
            )
            for name, known in sorted(found.items())
        )

    async def learn(self, jobs: Iterable[Job]) -> None:
        """Ask the newest finished jobs what they made; a Studio that does not tell is left alone.

        `jobs` stand newest first. The first question that fails ends it; what is left, and what
        failed, is asked the next time.
        """
        complete = [job.id for job in jobs if job.state is JobState.COMPLETE][:ASKED]
        # One that fails always must not keep the others from being asked.
        left = sorted((each for each in complete if each not in self._made), key=self._failed)
        left.reverse()

        async def ask_in_turn() -> None:
            while left and self._may_ask:
                job_id = left.pop()
                try:
                    with self._reachability.asking("what a job has made"):
                        versions = await self._client.job_dataset_versions(job_id)
                except NotFound:
                    self._made[job_id] = ()
                except StudioError as error:
                    left.clear()
                    self._failures[job_id] += 1
                    self._due = max(self._due, self._now() + _rest(error))
                else:
                    self._made[job_id] = tuple(versions)

        await asyncio.gather(*(ask_in_turn() for _ in range(AT_ONCE)))
        self.is_complete = all(job_id in self._made for job_id in complete)

    def _failed(self, job_id: str) -> int:
        return self._failures[job_id]

    @property
    def _may_ask(self) -> bool:
        return self._reachability.outage is None and self._now() >= self._due


def _version_key(version: ListedVersion) -> tuple[int, ...]:
    parts = version.version.split(".")
    return tuple(int(part) if part.isdecimal() else -1 for part in parts)


def _rest(error: StudioError) -> float:
    """Return for how many seconds nothing more is asked after a failure."""
    denied = DENIED_REST if isinstance(error, PermissionDenied) else 0.0
    return max(SHORTEST_REST, denied, error.asked_rest)
