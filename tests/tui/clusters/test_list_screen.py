"""The clusters of a real local Studio, driven by keys."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio_tui.tui.clusters.list_screen import ClustersScreen
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.widgets.big_table import BigTable
from tests import faults
from tests.fault_proxy import FaultProxy, ReceivedRequest
from tests.studios import ThreadStudio, stopping
from tests.tui.dashboards import Dashboard, dashboard, screen_text, until, until_shown

pytestmark = pytest.mark.draws_dashboards

CLUSTERS = """
[[cluster]]
name = "small"
max_workers = 2
default = true

[[cluster]]
name = "small-too"
max_workers = 3

[[cluster]]
name = "closed"
max_workers = 1
active = false
"""


@pytest.fixture
def clusters(tmp_path: Path) -> Iterator[ThreadStudio]:
    """A local Studio with three clusters, one of them closed."""
    folder = tmp_path / "studio"
    folder.mkdir()
    (folder / "clusters.toml").write_text(CLUSTERS, "utf-8")
    studio = ThreadStudio(folder)
    with stopping(studio):
        yield studio


async def open_clusters(pilot: Dashboard) -> BigTable:
    """Go to the list of clusters, and wait until it is loaded."""
    await pilot.press("3")
    await until(pilot, lambda: isinstance(pilot.app.screen, ClustersScreen))
    table = pilot.app.screen.query_one(BigTable)
    await until(pilot, lambda: len(table.keys) == 3)
    return table


@pytest.mark.starts_processes
async def test_a_cluster_opens_only_its_own_jobs_and_marked_clusters_open_those_of_all(
    clusters: ThreadStudio, tmp_path: Path
) -> None:
    for cluster in ("small", "small-too"):
        clusters.submit("print(1)", query_name=f"on {cluster}.py", compute_cluster_name=cluster)
    for job in clusters.jobs():
        clusters.wait_for_end(job["id"])
    async with dashboard(clusters, tmp_path) as pilot:
        await open_clusters(pilot)
        await until_shown(
            pilot, "0 busy · 2 free · 2 up · 2 at most", "1 done · 0 running · 0 failed"
        )
        await pilot.press("l")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        await until_shown(pilot, "cluster_id==", "on small.py", "1 of 2")
        assert "on small-too.py" not in screen_text(pilot)
        await pilot.press("escape")
        await until_shown(pilot, "on small-too.py")
        await open_clusters(pilot)
        await pilot.press("a", "l")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        await until_shown(pilot, "cluster_id~^(1|2|3)$", "2 of 2")


async def test_the_cluster_chosen_for_new_jobs_is_saved_until_the_choice_is_cleared(
    clusters: ThreadStudio, tmp_path: Path
) -> None:
    file = tmp_path / "view.cluster.json"
    file.write_text('{"name": "retired"}', "utf-8")
    async with dashboard(clusters, tmp_path) as pilot:
        await open_clusters(pilot)
        await until_shown(pilot, "retired, chosen for new jobs, no longer exists")
        await pilot.press("home")
        await until_shown(pilot, "yes: jobs that name no cluster run on it")
        await pilot.press("down")
        await until_shown(pilot, "0 busy · 3 free · 3 up · 3 at most")
        await pilot.press("i")
        await until(pilot, lambda: "at most" not in screen_text(pilot))
        await pilot.press("i", "asterisk")
        await until_shown(pilot, "* chosen", "new jobs run on small-too")
    async with dashboard(clusters, tmp_path) as pilot:
        await open_clusters(pilot)
        await until_shown(pilot, "* chosen", "new jobs run on small-too")
        await pilot.press("asterisk")  # the cursor is restored
        await until(pilot, lambda: "chosen" not in screen_text(pilot))
        await pilot.press("down", "asterisk")
        await until_shown(pilot, "closed is INACTIVE and accepts no jobs")
        assert "* chosen" not in screen_text(pilot)


class RefusedClusters:
    """A plan for the proxy: all requests for the clusters are refused."""

    def fault(self, seen: ReceivedRequest) -> Any:
        is_list = seen.path.endswith("/clusters/")
        return faults.answer_json({"message": "boom"}, "500 Failed") if is_list else None


async def test_the_title_says_what_is_known_of_the_cluster_chosen_for_new_jobs(
    clusters: ThreadStudio, tmp_path: Path
) -> None:
    (tmp_path / "view.cluster.json").write_text('{"name": "closed"}', "utf-8")
    async with FaultProxy.in_front_of(clusters.url) as proxy:
        proxy.plan = RefusedClusters()
        async with dashboard(clusters, tmp_path, url=proxy.url) as pilot:
            await pilot.press("3")
            await until_shown(pilot, "boom")
            assert "chosen for new jobs" not in screen_text(pilot)
    async with dashboard(clusters, tmp_path) as pilot:
        await open_clusters(pilot)
        await until_shown(pilot, "chosen for new jobs, but closed is INACTIVE and accepts no jobs")


async def test_clusters_can_be_filtered_and_sorted(clusters: ThreadStudio, tmp_path: Path) -> None:
    async with dashboard(clusters, tmp_path) as pilot:
        table = await open_clusters(pilot)
        await pilot.press("N")
        await until(pilot, lambda: list(table.keys) == ["3", "1", "2"])
        await until_shown(pilot, "sorted by name")
        await pilot.press("slash", *"status=inactive", "enter")
        await until(pilot, lambda: list(table.keys) == ["3"])
        await until_shown(pilot, "1 of 3 · filter status=inactive")
        await pilot.press("escape", "slash", *"age<1h")
        await until_shown(pilot, "“age” is not a field")
        await pilot.press("escape")
    async with dashboard(clusters, tmp_path) as pilot:
        table = await open_clusters(pilot)
        assert list(table.keys) == ["3", "1", "2"]


async def test_a_change_of_the_clusters_is_shown_and_an_invalid_change_is_reported(
    clusters: ThreadStudio, tmp_path: Path
) -> None:
    file = clusters.data_dir / "clusters.toml"
    async with dashboard(clusters, tmp_path) as pilot:
        table = await open_clusters(pilot)
        await pilot.press("down")
        cursor = table.cursor
        file.write_text(f'{CLUSTERS}[[cluster]]\nname = "gpu"\nmax_workers = 8\n', "utf-8")
        await until(pilot, lambda: len(table.keys) == 4)
        await until_shown(pilot, "gpu", "0 busy · 3 free")
        file.write_text("[[cluster]", "utf-8")
        await until_shown(
            pilot,
            "the last change of clusters is not in effect",
            "valid TOML: Exp",
            "clusters apply.",
        )
        assert (len(table.keys), table.cursor) == (4, cursor)
        file.write_text(CLUSTERS.replace("max_workers = 3", "max_workers = 5"), "utf-8")
        await until_shown(pilot, "0 busy · 5 free")
        assert "not in effect" not in screen_text(pilot)
        assert table.cursor == cursor


@pytest.mark.starts_processes
async def test_free_workers_agree_with_those_in_the_reason_why_a_job_waits(
    clusters: ThreadStudio, tmp_path: Path
) -> None:
    running = clusters.submit(
        "import time; time.sleep(60)", query_name="runs.py", compute_cluster_name="small-too"
    )
    clusters.wait_for_state(running["id"], "RUNNING")
    clusters.submit("print(1)", query_name="waits.py", workers=3, compute_cluster_name="small-too")
    async with dashboard(clusters, tmp_path, size=(160, 40)) as pilot:
        await until_shown(pilot, "waits.py", "3 workers; small-too has 2 free of")
        await open_clusters(pilot)
        await pilot.press("down")
        await until_shown(pilot, "1 busy · 2 free", "runs.py  1 worker", "waits.py  3 workers")


@pytest.mark.starts_processes
async def test_a_read_only_dashboard_cannot_choose_a_cluster_for_new_jobs(
    clusters: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(clusters, tmp_path, read_only=True) as pilot:
        await open_clusters(pilot)
        await until_shown(pilot, "l its jobs", "read-only")
        assert "for new jobs" not in screen_text(pilot).splitlines()[-1]
        screen = pilot.app.screen
        assert isinstance(screen, ClustersScreen)
        assert "--read-only" in (screen.why_not_choose() or "")
        await pilot.press("asterisk")
        await until_shown(pilot, "Nothing can be changed")
        assert "* chosen" not in screen_text(pilot)
