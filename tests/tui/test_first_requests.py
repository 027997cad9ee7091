"""What a dashboard sends to Studio when it begins, seen by a proxy between them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from studio_tui.tui.frame.last_screen import LastScreen
from studio_tui.tui.frame.page import Page
from studio_tui.tui.frame.welcome import WelcomeScreen
from tests import faults
from tests.fault_proxy import Exchange, Fault, FaultProxy, Seen
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, until

ASKED: dict[str, Callable[[Seen], bool]] = {
    "jobs": lambda seen: seen.path.endswith("/jobs/") and seen.query.get("status") != "TASK",
    "pipelines": lambda seen: seen.path.endswith("/pipeline/list"),
    "clusters": lambda seen: seen.path.endswith("/clusters/"),
    "schedules": lambda seen: seen.path.endswith("/jobs/") and seen.query.get("status") == "TASK",
}
"""Whether a request is for a list."""

OUTAGES: dict[str, Callable[[], Fault]] = {
    "429": lambda: faults.too_many("5"),
    "500": lambda: faults.answer_json({"message": "broken"}, "500 Internal Server Error"),
    "502": faults.html_502,
    "a web page": lambda: faults.answer("<html>", kind="text/html"),
}


def list_of(seen: Seen) -> str:
    """Return the name of the list that is asked for."""
    return next((name for name, is_it in ASKED.items() if is_it(seen)), seen.path)


def begun_on(tab: str, folder: Path) -> None:
    """Let the next dashboard begin on a tab."""
    LastScreen(tab=tab).save(folder / "view.screen.json")


def page_of(pilot: Dashboard) -> Page:
    page = pilot.app.screen
    assert isinstance(page, Page)
    return page


@pytest.mark.parametrize("tab", ["jobs", "pipelines", "clusters", "schedules"])
async def test_the_list_in_sight_is_asked_for_first_and_all_others_after_its_answer(
    shared_studio: ThreadStudio, tmp_path: Path, tab: str
) -> None:
    begun_on(tab, tmp_path)
    async with FaultProxy.before(shared_studio.url) as proxy:
        answered: list[int] = []

        async def slow(exchange: Exchange) -> None:
            reply = await exchange.forward()
            answered.append(len(proxy.seen))
            await exchange.send(reply.encoded())

        proxy.always = slow
        async with dashboard(shared_studio, tmp_path, url=proxy.url) as pilot:
            await until(pilot, lambda: {list_of(seen) for seen in proxy.seen} >= ASKED.keys())
        assert list_of(proxy.seen[0]) == tab
        assert answered[0] == 1


@pytest.mark.parametrize("tab", ["jobs", "pipelines"])
@pytest.mark.parametrize("kind", OUTAGES)
async def test_a_start_without_studio_sends_two_requests_at_most_before_it_probes(
    shared_studio: ThreadStudio, tmp_path: Path, kind: str, tab: str
) -> None:
    begun_on(tab, tmp_path)
    async with FaultProxy() as proxy:
        proxy.always = OUTAGES[kind]()
        async with dashboard(shared_studio, tmp_path, url=proxy.url, answered=False) as pilot:
            await until(pilot, lambda: isinstance(pilot.app.screen, Page))
            reachability = page_of(pilot).session.reachability
            await until(pilot, lambda: reachability.outage is not None)
            sent = [list_of(seen) for seen in proxy.seen]
            assert sent[0] == tab
            assert len(sent) <= 2
            assert len(set(sent)) == len(sent)


async def test_lists_that_may_not_be_read_are_asked_for_one_after_the_other(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    begun_on("clusters", tmp_path)
    async with FaultProxy() as proxy:
        under_way: list[Seen] = []
        most = 0

        async def deny(exchange: Exchange) -> None:
            nonlocal most
            under_way.append(exchange.seen)
            most = max(most, len(under_way))
            await faults.answer_json({"message": "not yours"}, "403 Forbidden")(exchange)
            under_way.remove(exchange.seen)

        proxy.always = deny
        async with dashboard(shared_studio, tmp_path, url=proxy.url, answered=False) as pilot:
            # The form for another team is there once the jobs are denied.
            await until(pilot, lambda: isinstance(pilot.app.screen, WelcomeScreen))
            sent = [list_of(seen) for seen in proxy.seen]
        assert sent[0] == "clusters"
        assert "jobs" in sent
        assert most == 1
        assert len(set(sent)) == len(sent)


async def test_one_list_that_is_broken_keeps_no_other_waiting(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    begun_on("pipelines", tmp_path)
    async with FaultProxy.before(shared_studio.url) as proxy:
        broken = OUTAGES["500"]()

        async def only_pipelines(exchange: Exchange) -> None:
            if list_of(exchange.seen) == "pipelines":
                await broken(exchange)
            else:
                await exchange.send((await exchange.forward()).encoded())

        proxy.always = only_pipelines
        async with dashboard(shared_studio, tmp_path, url=proxy.url, answered=False) as pilot:
            await until(pilot, lambda: isinstance(pilot.app.screen, Page))
            session = page_of(pilot).session
            await until(
                pilot,
                lambda: all(
                    poller.snapshot.value is not None
                    for poller in (session.jobs, session.clusters, session.schedules)
                ),
            )
            assert session.reachability.outage is None
            assert session.pipelines.snapshot.error is not None
