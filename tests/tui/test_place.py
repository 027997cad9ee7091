"""The user's place in each list survives refreshes, outages, other tabs, restarts and kills.

The place is the cursor, its line, marks, filter, order, expanded groups, whether all columns are
shown, and how far they are scrolled.
"""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from studio_tui.tui.frame.last_screen import LastScreen
from studio_tui.tui.frame.list_page import ListPage
from studio_tui.tui.frame.list_view import ListView, load_view
from tests import faults
from tests.fault_proxy import FaultProxy
from tests.local.http.test_pipeline_routes import make_dataset, trigger
from tests.studios import ThreadStudio, stopping
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
"""The keys that make a place in each list; the first of them opens the tab."""


@pytest.fixture(scope="module")
def studio_with_long_lists(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadStudio]:
    """A local Studio with so many items of each kind that each list scrolls."""
    folder = tmp_path_factory.mktemp("filled") / "studio"
    folder.mkdir()
    (folder / "clusters.toml").write_text(CLUSTERS, "utf-8")
    studio = ThreadStudio(folder)
    with stopping(studio):
        for number in range(14):
            request = {"query_name": f"job-{number:02}-{'x' * 40}.py"}
            studio.wait_for_end(studio.submit("print('x')", **request)["id"])
            studio.submit(
                "print('y')", query_name=f"nightly-{number:02}.py", cron_expression=YEARLY
            )
        make_dataset(studio, "first")
        for _ in range(12):
            trigger(studio, "first", review=True)
        yield studio


class Place(NamedTuple):
    """The user's place in a list."""

    view: ListView
    """The view without the cursor and scroll position, which the other fields have."""
    cursor: str | None
    line: int
    sideways: int
    header: str
    """The titles of the visible columns."""


def page_of(pilot: Dashboard) -> ListPage[Any]:
    page = pilot.app.screen
    assert isinstance(page, ListPage)
    return page


async def until_list_shown(pilot: Dashboard) -> ListPage[Any]:
    """Wait until the visible list has rows from Studio, and return its page."""

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
    return view.replace(loaded=0, cursor=None, line=0, newest="", sideways=0, contents=())


def is_saved(page: ListPage[Any], folder: Path) -> bool:
    """Whether the current place and tab are on disk, so that a kill would not lose them."""
    suffix = "" if page.tab == "jobs" else f".{page.tab}"
    view = load_view(folder / f"view{suffix}.json", page.kind)
    saved = _settings(view), view.cursor, view.line, view.sideways
    tab = LastScreen(tab=page.tab)
    # The place is read again each time, as activity grows above the cursor.
    return saved == place_of(page)[:-1] and LastScreen.load(folder / "view.screen.json") == tab


async def refresh(pilot: Dashboard, _proxy: FaultProxy) -> None:
    before = page_of(pilot).source_of_age().snapshot.fetched_at
    await pilot.press("ctrl+r")
    await until(pilot, lambda: page_of(pilot).source_of_age().snapshot.fetched_at != before)
    await pilot.pause()


async def lose_and_reconnect(pilot: Dashboard, proxy: FaultProxy) -> None:
    proxy.always = faults.answer("broken", status="503 Service Unavailable")
    await pilot.press("ctrl+r")
    await until(pilot, lambda: page_of(pilot).session.reachability.outage is not None)
    proxy.always = None
    await pilot.press("ctrl+r")
    await until(pilot, lambda: page_of(pilot).source_of_age().snapshot.error is None)
    await pilot.pause()


async def visit_another_tab(pilot: Dashboard, _proxy: FaultProxy) -> None:
    page = page_of(pilot)
    await pilot.press("5")
    await until(pilot, lambda: pilot.app.screen is not page)
    tab_keys = {"jobs": "1", "pipelines": "2", "clusters": "3", "schedules": "4", "activity": "6"}
    await pilot.press(tab_keys[page.tab])
    await until(pilot, lambda: pilot.app.screen is page)


EVENTS: dict[str, Callable[[Dashboard, FaultProxy], Awaitable[None]]] = {
    "refresh": refresh,
    "reconnect": lose_and_reconnect,
    "another tab": visit_another_tab,
}


@asynccontextmanager
async def dashboard_with_place(
    studio: ThreadStudio, folder: Path, name: str
) -> AsyncIterator[tuple[Dashboard, FaultProxy, Place]]:
    """Run a dashboard behind a proxy, make a place in a list, and yield all three."""
    async with (
        FaultProxy.in_front_of(studio.url) as proxy,
        dashboard(studio, folder, url=proxy.url, size=SIZE) as pilot,
    ):
        tab, *keys = KEYS[name]
        await pilot.press(tab)
        await until_list_shown(pilot)
        await pilot.press(*keys)
        await pilot.pause()
        place = place_of(page_of(pilot))
        assert place.view != ListView()
        assert place.cursor is not None
        yield pilot, proxy, place


@pytest.mark.parametrize("name", KEYS)
async def test_the_place_in_a_list_survives_refreshes_outages_other_tabs_restarts_and_kills(
    studio_with_long_lists: ThreadStudio, tmp_path: Path, name: str
) -> None:
    first, killed = tmp_path / "first", tmp_path / "killed"
    async with dashboard_with_place(studio_with_long_lists, first, name) as (pilot, proxy, place):
        for event, trigger_event in EVENTS.items():
            await trigger_event(pilot, proxy)
            current = place_of(page_of(pilot))
            expected = ignore_growth(place, current) if name == "activity" else place
            assert current == expected, event
        # A killed dashboard leaves only what is on disk.
        await until(pilot, lambda: is_saved(page_of(pilot), first))
        shutil.copytree(first, killed)
        await pilot.press("ctrl+q")
    # Calls are written once a minute, so a killed dashboard leaves other rows of activity.
    for folder in (first, killed) if name != "activity" else (first,):
        async with dashboard(
            studio_with_long_lists, folder, size=SIZE, waits_for_jobs=False
        ) as pilot:
            page = await until_list_shown(pilot)
            await until_shown(pilot, "● live")
            current = place_of(page)
            assert current == (ignore_growth(place, current) if name == "activity" else place)


def ignore_growth(place: Place, current: Place) -> Place:
    """Return `place` with the line and header of `current`, which new rows in the list change."""
    return place._replace(line=current.line, header=current.header)
