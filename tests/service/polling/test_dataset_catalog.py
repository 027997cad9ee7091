import asyncio
from collections import Counter

import pytest

from studio_tui import clock
from studio_tui.api.client import StudioClient
from studio_tui.api.models import DatasetVersion
from studio_tui.errors import (
    AuthenticationError,
    NotFound,
    NotSent,
    PermissionDenied,
    RateLimited,
    ServerError,
    StudioError,
    TransportError,
)
from studio_tui.service.polling import dataset_catalog
from studio_tui.service.polling.dataset_catalog import AT_ONCE, REQUESTED_JOBS, DatasetCatalog
from studio_tui.service.polling.reachability import Reachability
from tests.jobs import job
from tests.pipelines import pipeline


class Studio(StudioClient):
    """Answers that each job has created one dataset."""

    def __init__(self, *errors: StudioError) -> None:
        self.errors = list(errors)
        """Errors of the next requests."""
        self.requested_jobs: list[str] = []
        self.pending = self.most_pending = 0
        """Requests that have not been answered: now, and at most."""

    async def job_dataset_versions(self, job_id: str) -> tuple[DatasetVersion, ...]:
        self.requested_jobs.append(job_id)
        self.pending += 1
        self.most_pending = max(self.most_pending, self.pending)
        await asyncio.sleep(0)
        self.pending -= 1
        if self.errors:
            raise self.errors.pop(0)
        return (DatasetVersion(dataset_name=f"of.{job_id[:8]}", version="1.0.0"),)


JOBS = [job(number, "FAILED" if number == 2 else "COMPLETE") for number in range(1, 100)]


async def test_datasets_of_the_newest_complete_jobs_are_requested_once_a_few_at_a_time() -> None:
    studio = Studio()
    catalog = DatasetCatalog(studio)
    await catalog.request_versions(JOBS)
    await catalog.request_versions(JOBS)
    assert len(studio.requested_jobs) == REQUESTED_JOBS
    assert set(Counter(studio.requested_jobs).values()) == {1}
    assert studio.requested_jobs[:2] == [JOBS[0].id, JOBS[2].id]
    assert studio.most_pending == AT_ONCE
    assert "of.00000001" in catalog.names(())


async def test_the_datasets_of_the_jobs_that_were_requested_first_are_forgotten_beyond_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dataset_catalog, "KEPT_JOBS", 3)
    catalog = DatasetCatalog(Studio())
    await catalog.request_versions([job(1), job(2)])
    await catalog.request_versions([job(3), job(4)])
    assert catalog.names(()) == ("of.00000002", "of.00000003", "of.00000004")


async def test_the_names_begin_with_the_targets_of_pipelines_and_contain_each_name_once() -> None:
    catalog = DatasetCatalog(Studio())
    await catalog.request_versions(JOBS[:1])
    pipelines = (pipeline(1, triggered_from="b, of.00000001"), pipeline(2, triggered_from=None))
    assert catalog.names(pipelines) == ("b", "of.00000001")


async def test_a_job_whose_datasets_studio_does_not_list_is_no_error() -> None:
    studio = Studio(NotFound(404, "no such page"))
    catalog = DatasetCatalog(studio)
    await catalog.request_versions(JOBS[:4])
    assert len(catalog.names(())) == 2
    assert catalog.is_complete


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The monotonic clock of the program."""
    time = Clock()
    monkeypatch.setattr(clock, "monotonic", time)
    return time


@pytest.mark.parametrize(
    ("error", "rest"),
    [
        (TransportError("gone"), 5),
        (ServerError(500, "broken"), 5),
        (RateLimited(429, "slow down", 40), 40),
        (PermissionDenied(403, "not yours"), 300),
        (AuthenticationError(401, "who?"), 5),
    ],
)
async def test_after_a_failure_the_remaining_jobs_are_requested_the_next_time(
    error: StudioError, rest: float, time: Clock
) -> None:
    studio = Studio(error)
    catalog = DatasetCatalog(studio)
    await catalog.request_versions(JOBS)
    assert len(studio.requested_jobs) <= 1 + AT_ONCE
    assert not catalog.is_complete
    count = len(studio.requested_jobs)
    time.now = rest - 0.1
    await catalog.request_versions(JOBS)
    assert len(studio.requested_jobs) == count
    time.now = rest
    await catalog.request_versions(JOBS)
    assert catalog.is_complete
    assert Counter(studio.requested_jobs).most_common(1) == [(JOBS[0].id, 2)]
    assert len(catalog.names(())) == REQUESTED_JOBS


async def test_a_job_whose_request_always_fails_does_not_stop_the_others(time: Clock) -> None:
    class FailsForFirstJob(Studio):
        async def job_dataset_versions(self, job_id: str) -> tuple[DatasetVersion, ...]:
            if job_id == JOBS[0].id:
                raise ServerError(500, "broken")
            return await super().job_dataset_versions(job_id)

    catalog = DatasetCatalog(FailsForFirstJob())
    for _ in range(2):
        await catalog.request_versions(JOBS)
        time.now += 5
    assert len(catalog.names(())) == REQUESTED_JOBS - 1
    assert not catalog.is_complete


async def test_the_datasets_of_one_job_are_requested_once_and_not_during_a_rest(
    time: Clock,
) -> None:
    studio = Studio(ServerError(500, "broken"))
    catalog = DatasetCatalog(studio)
    job_id = JOBS[0].id
    assert catalog.can_request(job_id)
    assert not await catalog.request_versions_of(job_id)
    assert not catalog.can_request(job_id)
    assert not await catalog.request_versions_of(job_id)
    assert studio.requested_jobs == [job_id]
    time.now += 60
    assert catalog.can_request(job_id)
    assert await catalog.request_versions_of(job_id)
    assert await catalog.request_versions_of(job_id)
    assert studio.requested_jobs == [job_id] * 2
    assert [made.dataset_name for made in catalog.versions_of(job_id)] == [f"of.{job_id[:8]}"]
    assert not catalog.can_request(job_id)


async def test_requests_that_keep_failing_become_rarer(time: Clock) -> None:
    studio = Studio(*[ServerError(500, "broken")] * 1000)
    catalog = DatasetCatalog(studio)
    for _ in range(600):
        await catalog.request_versions(JOBS[:1])
        time.now += 1
    assert 9 < len(studio.requested_jobs) < 60


async def test_nothing_is_requested_in_an_outage() -> None:
    studio, reachability = Studio(), Reachability(probe=lambda: asyncio.sleep(0))
    reachability.note_failure(NotSent("gone"))
    catalog = DatasetCatalog(studio, reachability)
    await catalog.request_versions(JOBS)
    assert studio.requested_jobs == []
    assert not catalog.is_complete


async def test_requests_stop_when_an_outage_begins() -> None:
    studio = Studio(*[NotSent("gone")] * REQUESTED_JOBS)
    reachability = Reachability(probe=lambda: asyncio.sleep(0))
    await DatasetCatalog(studio, reachability).request_versions(JOBS)
    assert len(studio.requested_jobs) <= AT_ONCE
    assert reachability.outage is not None


async def test_versions_are_listed_newest_first_with_the_jobs_that_created_them() -> None:
    class VersionPerJob(Studio):
        async def job_dataset_versions(self, job_id: str) -> tuple[DatasetVersion, ...]:
            return (DatasetVersion(dataset_name="a.b.c", version=f"1.0.{int(job_id[:8])}"),)

    catalog = DatasetCatalog(VersionPerJob())
    jobs = [job(number, created_by="ann") for number in (2, 10, 1)]
    await catalog.request_versions(jobs)
    (dataset,) = catalog.made_by_jobs({each.id: each for each in jobs[:2]})
    assert [each.version for each in dataset.versions] == ["1.0.10", "1.0.2", "1.0.1"]
    assert [each.made_by for each in dataset.versions] == ["ann", "ann", None]
    assert dataset.versions[0].job_id == jobs[1].id
    assert dataset.newer == (), "the versions of jobs do not show which are newer"


async def test_an_invalid_version_comes_last_and_a_missing_one_is_left_out() -> None:
    class OddVersions(Studio):
        async def job_dataset_versions(self, job_id: str) -> tuple[DatasetVersion, ...]:
            self.requested_jobs.append(job_id)
            return tuple(
                DatasetVersion(dataset_name="c", version=version)
                for version in ("banana", None, "1.0.0", "²")
            )

    catalog = DatasetCatalog(OddVersions())
    await catalog.request_versions(JOBS[:1])
    (dataset,) = catalog.made_by_jobs({})
    assert dataset.versions[0].version == "1.0.0"
    assert {each.version for each in dataset.versions} == {"1.0.0", "banana", "²"}
