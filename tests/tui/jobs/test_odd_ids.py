"""Rows whose ids are unusable: they are listed, but commands that need the id are refused."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio_tui.api.ids import NO_ID
from studio_tui.tui.jobs.list_screen import JobsScreen
from tests.changed_answers import ChangedResponses
from tests.fault_proxy import FaultProxy
from tests.local.http.test_pipeline_routes import make_dataset, trigger
from tests.soak import at_length
from tests.steps import step
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, until_notified, until_shown
from tests.tui.filled import studio_with

ODD_IDS = at_length(["", "a\x1b[2J"], ["", "..", "a\nb", "a\x1b[2J", "\u202ea", "x" * 600])
KEYS_FOR_A_JOB = "l x r R e c"
"""The keys of commands that need the id of a job."""


async def until_refused(pilot: Dashboard, keys: str) -> None:
    """Press keys one by one; wait until each has been refused because of the unusable id."""
    for key in keys.split():
        pilot.app._notifications.clear()
        await pilot.press(key)
        await until_notified(pilot, NO_ID)


@pytest.fixture
def studio_with_jobs(tmp_path: Path) -> Iterator[ThreadStudio]:
    """A local Studio with a job for each odd id, and a newer one that keeps its id."""
    names = [*(f"odd_{index}.py" for index in range(len(ODD_IDS))), "usual.py"]
    with studio_with(names, tmp_path / "studio") as studio:
        yield studio


@pytest.mark.starts_processes
async def test_a_job_with_an_unusable_id_is_listed_and_its_commands_are_refused(
    studio_with_jobs: ThreadStudio, tmp_path: Path
) -> None:
    odd_ids = {f"odd_{index}.py": odd_id for index, odd_id in enumerate(ODD_IDS)}

    def spoil_ids(jobs: Any) -> Any:
        return [{**job, "id": odd_ids.get(job["name"], job["id"])} for job in jobs]

    proxy = FaultProxy.in_front_of(studio_with_jobs.url)
    proxy.plan = ChangedResponses("/api/datachain/jobs/", spoil_ids)
    async with proxy, dashboard(studio_with_jobs, tmp_path, url=proxy.url, size=(140, 40)) as pilot:
        await until_shown(pilot, "usual.py", *odd_ids, f"Jobs {len(ODD_IDS) + 1}")
        for odd_id in reversed(ODD_IDS):
            with step(f"the id {odd_id[:10]!r}"):
                await pilot.press("down")
                await until_shown(pilot, "Studio sent an unusable id")
                await until_refused(pilot, KEYS_FOR_A_JOB)
        screen = pilot.app.screen
        assert isinstance(screen, JobsScreen)
        # The dashboard replaces an unusable id by a key that begins with ⊘; no request has it.
        paths = {seen.path for seen in proxy.requests if seen.path != "/api/datachain/jobs/"}
        assert not any("⊘" in path or "%E2%8A%98" in path for path in paths)


async def test_a_pipeline_with_an_unusable_id_is_listed_and_its_commands_are_refused(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    make_dataset(studio, "first")
    pipeline = trigger(studio, "first", review=True)

    def spoil_ids(pipelines: Any) -> Any:
        return [{**pipeline, "pipeline_id": "a\nb"} for pipeline in pipelines]

    proxy = FaultProxy.in_front_of(studio.url)
    proxy.plan = ChangedResponses("/api/datachain/pipeline/list", spoil_ids)
    async with proxy, dashboard(studio, tmp_path, url=proxy.url, size=(140, 40)) as pilot:
        await pilot.press("2")
        await until_shown(pilot, pipeline["name"], "Pipelines 1", "Studio sent an unusable id")
        await until_refused(pilot, "enter p X c")


async def test_a_cluster_with_an_unusable_id_is_listed_and_copying_the_id_is_refused(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    def spoil_ids(clusters: Any) -> Any:
        return [{**cluster, "id": ""} for cluster in clusters]

    proxy = FaultProxy.in_front_of(studio.url)
    proxy.plan = ChangedResponses("/api/datachain/clusters/", spoil_ids)
    async with proxy, dashboard(studio, tmp_path, url=proxy.url, size=(140, 40)) as pilot:
        await pilot.press("3")
        await until_shown(pilot, "Clusters 1", "Studio sent an unusable id")
        await until_refused(pilot, "c")
