"""Known names of datasets, for completion.

No endpoint lists datasets. Pipelines contain the datasets they were triggered from; the versions
made by jobs are requested job by job.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from studio_tui import clock
from studio_tui.api.client import StudioClient
from studio_tui.api.listed_datasets import ListedDataset, ListedVersion
from studio_tui.api.models import DatasetVersion, Job, Pipeline
from studio_tui.api.states import JobState
from studio_tui.errors import NotFound, PermissionDenied, StudioError
from studio_tui.service.logs.retry import DENIED_REST
from studio_tui.service.polling.reachability import SHORTEST_REST, Reachability

ASKED = 40
"""Number of newest finished jobs whose datasets are requested."""
AT_ONCE = 2
"""Maximum number of concurrent requests."""


class DatasetNames:
    """Names of datasets; collects what jobs have made."""

    def __init__(
        self,
        client: StudioClient,
        reachability: Reachability | None = None,
        *,
        now: Callable[[], float] = clock.monotonic,
    ) -> None:
        self._client = client
        self._reachability = reachability or Reachability()
        self._now = now
        self._made: dict[str, tuple[DatasetVersion, ...]] = {}
        """Versions made, by the id of the job that made them."""
        self._failures = Counter[str]()
        """Number of failed requests per job."""
        self._due = 0.0
        """Earliest time of the next request, in seconds of `now`."""
        self.is_complete = False
        """Whether every job to be asked about has been."""

    def names(self, pipelines: Iterable[Pipeline]) -> tuple[str, ...]:
        """Return the names known so far, those of the newest pipelines first."""
        targets = [name.strip() for pipeline in pipelines for name in pipeline.datasets.split(",")]
        made = sorted({each.dataset_name for found in self._made.values() for each in found})
        return tuple(dict.fromkeys(name for name in (*targets, *made) if name))

    def listed(self, jobs: Mapping[str, Job]) -> tuple[ListedDataset, ...]:
        """Return the known datasets by name; `jobs` are the known jobs by id.

        Their sources are not included.
        """
        by_name: dict[str, dict[str, ListedVersion]] = {}
        for job_id, versions in self._made.items():
            job = jobs.get(job_id)
            for made in versions:
                if made.version is not None:
                    by_name.setdefault(made.dataset_name, {})[made.version] = ListedVersion(
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
            for name, known in sorted(by_name.items())
        )

    async def learn(self, jobs: Iterable[Job]) -> None:
        """Request what the newest finished jobs made; `jobs` are newest first.

        The first failure ends it; what is left, and what failed, is requested the next time.
        """
        complete = [job.id for job in jobs if job.state is JobState.COMPLETE][:ASKED]
        # A job that always fails must not block the others.
        left = sorted((each for each in complete if each not in self._made), key=self._failed)
        left.reverse()

        async def ask_in_turn() -> None:
            while left and self._may_ask:
                job_id = left.pop()
                try:
                    with self._reachability.asking("datasets of a job"):
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
    """Return the seconds without requests after a failure."""
    denied = DENIED_REST if isinstance(error, PermissionDenied) else 0.0
    return max(SHORTEST_REST, denied, error.asked_rest)
