import asyncio
from collections import Counter

from studio_tui.api.models import DatasetVersion
from studio_tui.errors import NotFound, RateLimited, StudioError, TransportError
from studio_tui.service.polling.dataset_names import ASKED, AT_ONCE, DatasetNames
from tests.jobs import job
from tests.pipelines import pipeline


class Studio:
    """Tells what jobs have made."""

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
    names = DatasetNames(studio)
    await names.learn(JOBS)
    await names.learn(JOBS)
    assert len(studio.asked) == ASKED
    assert set(Counter(studio.asked).values()) == {1}
    assert studio.asked[:2] == [JOBS[0].id, JOBS[2].id]
    assert studio.most == AT_ONCE
    assert "of.00000001" in names.known(())


async def test_targets_of_pipelines_come_first_each_name_once() -> None:
    names = DatasetNames(Studio())
    await names.learn(JOBS[:1])
    known = (pipeline(1, triggered_from="b, of.00000001"), pipeline(2, triggered_from=None))
    assert names.known(known) == ("b", "of.00000001")


async def test_what_studio_does_not_tell_is_no_error() -> None:
    studio = Studio(NotFound(404, "no such page"), TransportError("gone"))
    names = DatasetNames(studio)
    await names.learn(JOBS[:4])
    assert len(names.known(())) == 1
    # Only the one whose question got lost is asked about again.
    await names.learn(JOBS[:4])
    assert len(studio.asked) == 4


async def test_a_studio_that_is_asked_too_much_is_left_alone() -> None:
    studio = Studio(*[RateLimited(429, "slow down", None)] * AT_ONCE)
    await DatasetNames(studio).learn(JOBS)
    assert len(studio.asked) <= AT_ONCE
