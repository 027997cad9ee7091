"""Rows whose ids cannot be used are listed, and no command applies to them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio_tui.api.ids import NO_ID
from studio_tui.tui.jobs.list_screen import JobsScreen
from tests.changed_answers import Changed
from tests.fault_proxy import FaultProxy
from tests.local.http.test_pipeline_routes import make, trigger
from tests.soak import at_length
from tests.steps import step
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, until, until_shown
from tests.tui.filled import studio_with

ODD = at_length(["", "a\x1b[2J"], ["", "..", "a\nb", "a\x1b[2J", "\u202ea", "x" * 600])
BY_ID = "l x r R e c"


async def refused(pilot: Dashboard, keys: str) -> None:
    """Press keys, and wait until each has been refused with the reason."""
    for key in keys.split():
        pilot.app._notifications.clear()
        await pilot.press(key)
        await until(pilot, lambda: any(NO_ID in note.message for note in pilot.app._notifications))


@pytest.fixture
def filled_studio(tmp_path: Path) -> Iterator[ThreadStudio]:
    """A local Studio that has seen a job for each odd id, and then another."""
    names = [*(f"odd_{place}.py" for place in range(len(ODD))), "usual.py"]
    with studio_with(names, tmp_path / "studio") as studio:
        yield studio


@pytest.mark.starts_processes
async def test_a_job_whose_id_cannot_be_used_is_listed_and_says_so(
    filled_studio: ThreadStudio, tmp_path: Path
) -> None:
    odd_ids = {f"odd_{place}.py": odd for place, odd in enumerate(ODD)}

    def spoil(jobs: Any) -> Any:
        return [{**job, "id": odd_ids.get(job["name"], job["id"])} for job in jobs]

    proxy = FaultProxy.before(filled_studio.url)
    proxy.plan = Changed("/api/datachain/jobs/", spoil)
    async with proxy, dashboard(filled_studio, tmp_path, url=proxy.url) as pilot:
        await until_shown(pilot, "usual.py", *odd_ids, f"Jobs {len(ODD) + 1}")
        for odd in reversed(ODD):
            with step(f"the id {odd[:10]!r}"):
                await pilot.press("down")
                await until_shown(pilot, "Studio sent an unusable id")
                await refused(pilot, BY_ID)
        screen = pilot.app.screen
        assert isinstance(screen, JobsScreen)
        asked = {seen.path for seen in proxy.seen if seen.path != "/api/datachain/jobs/"}
        assert not any("⊘" in path or "%E2%8A%98" in path for path in asked)


async def test_a_pipeline_whose_id_cannot_be_used_is_listed_and_says_so(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    make(studio, "first")
    made = trigger(studio, "first", review=True)

    def spoil(pipelines: Any) -> Any:
        return [{**pipeline, "pipeline_id": "a\nb"} for pipeline in pipelines]

    proxy = FaultProxy.before(studio.url)
    proxy.plan = Changed("/api/datachain/pipeline/list", spoil)
    async with proxy, dashboard(studio, tmp_path, url=proxy.url, size=(140, 40)) as pilot:
        await pilot.press("2")
        await until_shown(pilot, made["name"], "Pipelines 1", "Studio sent an unusable id")
        await refused(pilot, "enter p X c")


async def test_a_cluster_whose_id_cannot_be_used_is_listed_and_says_so(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    def spoil(clusters: Any) -> Any:
        return [{**cluster, "id": ""} for cluster in clusters]

    proxy = FaultProxy.before(studio.url)
    proxy.plan = Changed("/api/datachain/clusters/", spoil)
    async with proxy, dashboard(studio, tmp_path, url=proxy.url, size=(140, 40)) as pilot:
        await pilot.press("3")
        await until_shown(pilot, "Clusters 1", "Studio sent an unusable id")
        await refused(pilot, "c")
