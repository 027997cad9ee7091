"""Rows whose ids cannot be used are listed, and no command applies to them."""

from pathlib import Path
from typing import Any

import pytest

from studio_tui.api.ids import NO_ID
from studio_tui.tui.jobs.list_screen import JobsScreen
from tests.changed_answers import Changed
from tests.fault_proxy import FaultProxy
from tests.local.http.test_pipeline_routes import make, trigger
from tests.soak import at_length
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, until, until_shown

ODD = ["", "..", "a\nb", "a\x1b[2J", "\u202ea", "x" * 600]
BY_ID = "l x r R e c"


async def refused(pilot: Dashboard, keys: str) -> None:
    """Press keys, and wait until each has been refused with the reason."""
    for key in keys.split():
        pilot.app._notifications.clear()
        await pilot.press(key)
        await until(pilot, lambda: any(NO_ID in note.message for note in pilot.app._notifications))


@pytest.mark.parametrize("odd", at_length(ODD[::3], ODD))
async def test_a_job_whose_id_cannot_be_used_is_listed_and_says_so(
    studio: ThreadStudio, tmp_path: Path, odd: str
) -> None:
    studio.end(studio.submit("print(1)", query_name="usual.py")["id"])
    studio.end(studio.submit("print(1)", query_name="odd.py")["id"])

    def spoil(jobs: Any) -> Any:
        return [{**job, "id": odd} if job["name"] == "odd.py" else job for job in jobs]

    proxy = FaultProxy.before(studio.url)
    proxy.plan = Changed("/api/datachain/jobs/", spoil)
    async with proxy, dashboard(studio, tmp_path, url=proxy.url) as pilot:
        await until_shown(pilot, "usual.py", "odd.py", "Jobs 2", "Studio sent an unusable id")
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
