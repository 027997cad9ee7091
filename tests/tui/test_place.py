"""The user's place in each list survives everything that can happen to the dashboard.

A table: each list, times what happens. The place is the cursor, its line, marks, filter, order,
expanded groups, whether all columns are shown, and how far they are scrolled.
"""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from studio_tui.tui.frame.list_page import ListPage
from studio_tui.tui.frame.list_view import ListView, load_view
from tests import faults
from tests.fault_proxy import FaultProxy
from tests.local.http.test_pipeline_routes import make, trigger
from tests.studios import ThreadStudio, closing
from tests.tui.dashboards import Dashboard, dashboard, until, until_shown

pytestmark = pytest.mark.starts_processes

SIZE = (70, 16)
"""Few rows and columns, so that lists scroll both ways."""

YEARLY = "0 0 1 1 *"
CLUSTERS = "\n".join(
    f'[[cluster]]\nname = "cluster-{number:02}-{"x" * 30}"\nmax_workers = 2' for number in range(14)
)

MOVES = ("N", "j", "j", "space", "j", "j", "space", "j", "j", "j", "j", "j", "j")
"""Another order, two marks, and the cursor far enough down that the list scrolls."""
KEYS: dict[str, tuple[str, ...]] = {
    "jobs": ("1", *MOVES, "slash", *"job", "enter", "j", "w", "right", "right"),
    "jobs by name": ("1", "b", "b", "j", "plus", "j"),
    "pipelines": ("2", *MOVES[1:], "slash", *"first", "enter", "w", "right"),
    "clusters": ("3", *MOVES, "slash", *"cluster", "enter", "k", "w", "right"),
    "schedules": ("4", *MOVES, "slash", *"nightly", "enter", "w", "right"),
    "activity": ("6", "S", "j", "space", "slash", *"list", "enter", "w", "right"),
}
"""The keys that make a place in each list, the first of which goes there."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadStudio]:
    """A local Studio with enough of everything that each list scrolls."""
    folder = tmp_path_factory.mktemp("filled") / "studio"
    folder.mkdir()
    (folder / "clusters.toml").write_text(CLUSTERS, "utf-8")
    studio = ThreadStudio(folder)
    with closing(studio):
        for number in range(14):
            request = {"query_name": f"job-{number:02}-{'x' * 40}.py"}
            studio.end(studio.submit("print('x')", **request)["id"])
            studio.submit(
                "print('y')", query_name=f"nightly-{number:02}.py", cron_expression=YEARLY
            )
        make(studio, "first")
        for _ in range(12):
            trigger(studio, "first", review=True)
        yield studio


class Place(NamedTuple):
    """All that is the user's place in a list."""

    view: ListView
    """Without what the other fields have."""
    cursor: str | None
    line: int
    sideways: int
    header: str
    """The titles of the visible columns."""


def page_of(pilot: Dashboard) -> ListPage[Any]:
    page = pilot.app.screen
    assert isinstance(page, ListPage)
    return page


async def shown(pilot: Dashboard) -> ListPage[Any]:
    """Wait until the list in sight has rows from Studio, and return it."""

    def has_rows() -> bool:
        page = pilot.app.screen
        return (
            isinstance(page, ListPage)
            and page.is_current
            and bool(page.table.keys)
            and not page.session.jobs.snapshot.is_recalled
        )

    await until(pilot, has_rows)
    await pilot.pause()
    return page_of(pilot)


def place_of(page: ListPage[Any]) -> Place:
    table = page.table
    header = table.lines()[0].text
    return Place(_settings(page.view), table.cursor, table.line, table.sideways, header)


def _settings(view: ListView) -> ListView:
    return view.replace(loaded=0, cursor=None, line=0, sideways=0, contents=())


def is_saved(page: ListPage[Any], folder: Path) -> bool:
    """Whether a dashboard that is killed now would leave its place on the disk."""
    suffix = "" if page.tab == "jobs" else f".{page.tab}"
    view = load_view(folder / f"view{suffix}.json", page.kind)
    saved = _settings(view), view.cursor, view.line, view.sideways
    # Not the place as it was a moment ago: activity grows above the cursor.
    return saved == place_of(page)[:-1]


async def refresh(pilot: Dashboard, _proxy: FaultProxy) -> None:
    before = page_of(pilot).polled().snapshot.fetched_at
    await pilot.press("ctrl+r")
    await until(pilot, lambda: page_of(pilot).polled().snapshot.fetched_at != before)
    await pilot.pause()


async def lose_and_find_studio(pilot: Dashboard, proxy: FaultProxy) -> None:
    proxy.always = faults.answer("broken", status="503 Service Unavailable")
    await pilot.press("ctrl+r")
    await until(pilot, lambda: page_of(pilot).session.reachability.outage is not None)
    proxy.always = None
    await pilot.press("ctrl+r")
    await until(pilot, lambda: page_of(pilot).polled().snapshot.error is None)
    await pilot.pause()


async def go_and_come_back(pilot: Dashboard, _proxy: FaultProxy) -> None:
    home = page_of(pilot)
    await pilot.press("5")
    await until(pilot, lambda: pilot.app.screen is not home)
    number = {"jobs": "1", "pipelines": "2", "clusters": "3", "schedules": "4", "activity": "6"}
    await pilot.press(number[home.tab])
    await until(pilot, lambda: pilot.app.screen is home)


MEANWHILE: dict[str, Callable[[Dashboard, FaultProxy], Awaitable[None]]] = {
    "refresh": refresh,
    "reconnect": lose_and_find_studio,
    "another tab": go_and_come_back,
}


@asynccontextmanager
async def placed(
    studio: ThreadStudio, folder: Path, name: str
) -> AsyncIterator[tuple[Dashboard, FaultProxy, Place]]:
    """Run a dashboard with a place in a list."""
    async with (
        FaultProxy.before(studio.url) as proxy,
        dashboard(studio, folder, url=proxy.url, size=SIZE) as pilot,
    ):
        tab, *keys = KEYS[name]
        await pilot.press(tab)
        await shown(pilot)
        await pilot.press(*keys)
        await pilot.pause()
        place = place_of(page_of(pilot))
        assert place.view != ListView()
        assert place.cursor is not None
        yield pilot, proxy, place


@pytest.mark.parametrize("name", KEYS)
async def test_the_place_in_a_list_survives_what_happens_meanwhile_a_restart_and_a_kill(
    filled: ThreadStudio, tmp_path: Path, name: str
) -> None:
    first, killed = tmp_path / "first", tmp_path / "killed"
    async with placed(filled, first, name) as (pilot, proxy, place):
        for event, happen in MEANWHILE.items():
            await happen(pilot, proxy)
            found = place_of(page_of(pilot))
            assert found == (grown(place, found) if name == "activity" else place), event
        # What is on the disk is all that a killed dashboard leaves.
        await until(pilot, lambda: is_saved(page_of(pilot), first))
        shutil.copytree(first, killed)
        await pilot.press("ctrl+q")
    # Calls are written once a minute, so a killed dashboard leaves other rows in that list.
    for folder in (first, killed) if name != "activity" else (first,):
        async with dashboard(filled, folder, size=SIZE, answered=False) as pilot:
            page = await shown(pilot)
            await until_shown(pilot, "● live")
            found = place_of(page)
            assert found == (grown(place, found) if name == "activity" else place)


def grown(place: Place, found: Place) -> Place:
    """Return the place in a list that grows above the row, and by counts with a column."""
    return place._replace(line=found.line, header=found.header)
