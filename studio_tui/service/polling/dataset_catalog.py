"""The datasets that are known although no endpoint of the API document lists datasets.

Pipelines have the names of datasets. The versions that a job made are requested job by job.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from studio_tui import clock
from studio_tui.api.client import StudioClient
from studio_tui.api.local_models import ListedDataset, ListedVersion
from studio_tui.api.models import DatasetVersion, Job, Pipeline
from studio_tui.api.states import JobState
from studio_tui.errors import NotFound, PermissionDenied, StudioError
from studio_tui.service.polling.backoff import DENIED_PAUSE, Backoff
from studio_tui.service.polling.reachability import LONGEST_PAUSE, SHORTEST_PAUSE, Reachability

REQUESTED_JOBS = 40
AT_ONCE = 2
KEPT_JOBS = 5000
"""Number of jobs whose datasets are kept; those requested first are forgotten."""


class DatasetCatalog:
    """The known datasets; requests the dataset versions that jobs have made."""

    def __init__(self, client: StudioClient, reachability: Reachability | None = None) -> None:
        self._client = client
        self._reachability = reachability or Reachability()
        self._made: dict[str, tuple[DatasetVersion, ...]] = {}
        self._failures = Counter[str]()
        self._backoff = Backoff(SHORTEST_PAUSE / 2, LONGEST_PAUSE, SHORTEST_PAUSE)
        self._due = 0.0
        """Earliest time of the next request, in seconds of `clock.monotonic`."""
        self.is_complete = False
        """Whether, after the last `request_versions`, no versions were left to request."""

    def names(self, pipelines: Iterable[Pipeline]) -> tuple[str, ...]:
        """Return the known names, each once: those in `pipelines`, then, sorted, those of jobs."""
        targets = [name.strip() for pipeline in pipelines for name in pipeline.datasets.split(",")]
        made = sorted(
            {version.dataset_name for versions in self._made.values() for version in versions}
        )
        return tuple(dict.fromkeys(name for name in (*targets, *made) if name))

    def made_by_jobs(self, jobs: Mapping[str, Job]) -> tuple[ListedDataset, ...]:
        """Return the datasets that jobs have made, sorted by name, newest versions first.

        The creator and time of each version are taken from `jobs`, which are by id. The sources of
        versions are not known.
        """
        by_name: dict[str, dict[str, ListedVersion]] = {}
        for job_id, versions in self._made.items():
            job = jobs.get(job_id)
            for dataset in versions:
                if dataset.version is not None:
                    by_name.setdefault(dataset.dataset_name, {})[dataset.version] = ListedVersion(
                        version=dataset.version,
                        job_id=job_id,
                        job_name=job.name if job else None,
                        made_by=job.created_by if job else None,
                        made_at=job.finished_at if job else None,
                    )
        return tuple(
            ListedDataset(
                name=name, versions=tuple(sorted(versions.values(), key=_version_key, reverse=True))
            )
            for name, versions in sorted(by_name.items())
        )

    async def request_versions(self, jobs: Iterable[Job]) -> None:
        """Request the dataset versions made by the `REQUESTED_JOBS` newest COMPLETE jobs.

        `jobs` are newest first. After a failure no further request is sent until a rest is over.
        """
        complete = [job.id for job in jobs if job.state is JobState.COMPLETE][:REQUESTED_JOBS]
        await self._request_all(complete)
        self.is_complete = all(job_id in self._made for job_id in complete)

    def versions_of(self, job_id: str) -> tuple[DatasetVersion, ...]:
        """Return the dataset versions that a job has made, as far as they are known."""
        return self._made.get(job_id, ())

    def can_request(self, job_id: str) -> bool:
        """Whether the versions of a job are not known, and no rest or outage is going on."""
        return job_id not in self._made and self._may_request

    async def request_versions_of(self, job_id: str) -> bool:
        """Request the dataset versions that a job has made; return whether they are known now."""
        await self._request_all([job_id])
        return job_id in self._made

    async def _request_all(self, job_ids: Sequence[str]) -> None:
        # Jobs with the fewest failures come first, so that a job that always fails does not keep
        # the others from being requested. `pop` takes from the end.
        remaining = sorted(
            (job_id for job_id in job_ids if job_id not in self._made),
            key=self._failures.__getitem__,
        )
        remaining.reverse()

        async def request_in_turn() -> None:
            while remaining and self._may_request:
                job_id = remaining.pop()
                try:
                    with self._reachability.asking():
                        versions = await self._client.job_dataset_versions(job_id)
                except NotFound:
                    self._made[job_id] = ()
                except StudioError as error:
                    remaining.clear()
                    self._failures[job_id] += 1
                    self._due = max(self._due, clock.monotonic() + self._rest_after(error))
                else:
                    self._backoff.reset()
                    self._made[job_id] = tuple(versions)

        await asyncio.gather(*(request_in_turn() for _ in range(AT_ONCE)))
        for job_id in [*self._made][:-KEPT_JOBS]:
            del self._made[job_id]

    def _rest_after(self, error: StudioError) -> float:
        if isinstance(error, PermissionDenied):
            return DENIED_PAUSE
        return max(self._backoff.add_failure(), error.retry_after)

    @property
    def _may_request(self) -> bool:
        return self._reachability.outage is None and clock.monotonic() >= self._due


def _version_key(version: ListedVersion) -> tuple[int, ...]:
    parts = version.version.split(".")
    return tuple(int(part) if part.isdecimal() else -1 for part in parts)
