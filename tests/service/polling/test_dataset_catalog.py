import asyncio
from collections import Counter

import pytest

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
from studio_tui.service.polling.dataset_catalog import AT_ONCE, REQUESTED_JOBS, DatasetCatalog
from studio_tui.service.polling.reachability import Reachability
from tests.jobs import job
from tests.pipelines import pipeline


class Studio(StudioClient):
    """Responds that each job has made one dataset."""

    def __init__(self, *errors: StudioError) -> None:
        self.errors = list(errors)
        self.asked: list[str] = []
        self.under_way = self.most = 0

    async def job_dataset_versions(self, job_id: str) -> tuple[DatasetVersion, ...]:
        self.asked.append(job_id)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        if self.errors:
            raise self.errors.pop(0)
        return (DatasetVersion(dataset_name=f"of.{job_id[:8]}", version="1.0.0"),)


JOBS = [job(number, "FAILED" if number == 2 else "COMPLETE") for number in range(1, 100)]


async def test_the_newest_finished_jobs_are_asked_once_a_few_at_a_time() -> None:
    studio = Studio()
    names = DatasetCatalog(studio)
    await names.request_versions(JOBS)
    await names.request_versions(JOBS)
    assert len(studio.asked) == REQUESTED_JOBS
    assert set(Counter(studio.asked).values()) == {1}
    assert studio.asked[:2] == [JOBS[0].id, JOBS[2].id]
    assert studio.most == AT_ONCE
    assert "of.00000001" in names.names(())


async def test_targets_of_pipelines_come_first_each_name_once() -> None:
    names = DatasetCatalog(Studio())
    await names.request_versions(JOBS[:1])
    known = (pipeline(1, triggered_from="b, of.00000001"), pipeline(2, triggered_from=None))
    assert names.names(known) == ("b", "of.00000001")


async def test_datasets_that_studio_does_not_list_are_no_error() -> None:
    studio = Studio(NotFound(404, "no such page"))
    names = DatasetCatalog(studio)
    await names.request_versions(JOBS[:4])
    assert len(names.names(())) == 2
    assert names.is_complete


class Seconds:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("error", "rest"),
    [
        (TransportError("gone"), 5),
        (ServerError(500, "broken", None), 5),
        (RateLimited(429, "slow down", 40), 40),
        (PermissionDenied(403, "not yours"), 300),
        (AuthenticationError(401, "who?"), 5),
    ],
)
async def test_the_first_failure_ends_it_and_what_is_left_is_asked_the_next_time(
    error: StudioError, rest: float
) -> None:
    seconds, studio = Seconds(), Studio(error)
    names = DatasetCatalog(studio, now=seconds)
    await names.request_versions(JOBS)
    assert len(studio.asked) <= 1 + AT_ONCE
    assert not names.is_complete
    asked = len(studio.asked)
    seconds.now = rest - 0.1
    await names.request_versions(JOBS)
    assert len(studio.asked) == asked
    seconds.now = rest
    await names.request_versions(JOBS)
    assert names.is_complete
    assert Counter(studio.asked).most_common(1) == [(JOBS[0].id, 2)]
    assert len(names.names(())) == REQUESTED_JOBS


async def test_a_job_whose_question_always_fails_keeps_no_other_from_being_asked() -> None:
    class Broken(Studio):
        async def job_dataset_versions(self, job_id: str) -> tuple[DatasetVersion, ...]:
            if job_id == JOBS[0].id:
                raise ServerError(500, "broken", None)
            return await super().job_dataset_versions(job_id)

    seconds = Seconds()
    names = DatasetCatalog(Broken(), now=seconds)
    for _ in range(2):
        await names.request_versions(JOBS)
        seconds.now += 5
    assert len(names.names(())) == REQUESTED_JOBS - 1
    assert not names.is_complete


async def test_nothing_is_asked_while_studio_is_away() -> None:
    studio, reachability = Studio(), Reachability(probe=lambda: asyncio.sleep(0))
    reachability.note_failure("another", NotSent("gone"))
    names = DatasetCatalog(studio, reachability)
    await names.request_versions(JOBS)
    assert studio.asked == []
    assert not names.is_complete


async def test_a_studio_that_goes_away_is_not_asked_job_by_job() -> None:
    studio = Studio(*[NotSent("gone")] * REQUESTED_JOBS)
    reachability = Reachability(probe=lambda: asyncio.sleep(0))
    await DatasetCatalog(studio, reachability).request_versions(JOBS)
    assert len(studio.asked) <= AT_ONCE
    assert reachability.outage is not None


async def test_versions_are_listed_with_the_jobs_that_made_them_the_latest_first() -> None:
    class Numbered(Studio):
        async def job_dataset_versions(self, job_id: str) -> tuple[DatasetVersion, ...]:
            return (DatasetVersion(dataset_name="a.b.c", version=f"1.0.{int(job_id[:8])}"),)

    names = DatasetCatalog(Numbered())
    jobs = [job(number, created_by="ann") for number in (2, 10, 1)]
    await names.request_versions(jobs)
    (dataset,) = names.made_by_jobs({each.id: each for each in jobs[:2]})
    assert [each.version for each in dataset.versions] == ["1.0.10", "1.0.2", "1.0.1"]
    assert [each.made_by for each in dataset.versions] == ["ann", "ann", None]
    assert dataset.versions[0].job_id == jobs[1].id
    assert dataset.newer == (), "unknown from the versions of jobs"


async def test_a_version_that_is_no_number_comes_last_and_one_without_is_left_out() -> None:
    class Odd(Studio):
        async def job_dataset_versions(self, job_id: str) -> tuple[DatasetVersion, ...]:
            self.asked.append(job_id)
            return tuple(
                DatasetVersion(dataset_name="c", version=version)
                for version in ("banana", None, "1.0.0", "²")
            )

    names = DatasetCatalog(Odd())
    await names.request_versions(JOBS[:1])
    (dataset,) = names.made_by_jobs({})
    assert dataset.versions[0].version == "1.0.0"
    assert {each.version for each in dataset.versions} == {"1.0.0", "banana", "²"}
