"""A dashboard requests the list that it starts with before all others."""

from pathlib import Path

import pytest

from studio_tui.tui.frame.last_screen import LastScreen
from tests import faults, waiting
from tests.fault_proxy import Exchange, FaultProxy, ReceivedRequest
from tests.soak import combinations
from tests.studios import ThreadStudio
from tests.tui.dashboards import dashboard, until, until_shown

FIRST_LISTS = {name: name for name in ("jobs", "pipelines", "schedules", "clusters")} | {
    "activity": "jobs"
}
"""By tab on which the dashboard starts: the list that it requests first."""
FAULTS = {
    "500": (faults.answer("broken", status="500 Internal Server Error"), "server error 500"),
    "web page": (faults.answer("<html>", content_type="text/html"), "unreadable answer"),
}


def list_of(seen: ReceivedRequest) -> str:
    """Return which list was requested; schedules are jobs in the state TASK."""
    if seen.query.get("status") == "TASK":
        return "schedules"
    return next(name for name in ("pipeline", "clusters", "jobs") if name in seen.path)


@pytest.mark.parametrize(("tab", "kind"), combinations(FIRST_LISTS, FAULTS))
async def test_the_visible_list_is_requested_first_and_shown_once_studio_recovers(
    studio: ThreadStudio, tmp_path: Path, tab: str, kind: str
) -> None:
    last = LastScreen.model_validate({"tab": tab})
    (tmp_path / "view.screen.json").write_text(last.model_dump_json(), "utf-8")
    fault, message = FAULTS[kind]
    async with FaultProxy.in_front_of(studio.url) as proxy:
        proxy.always = fault
        async with dashboard(studio, tmp_path, url=proxy.url, waits_for_jobs=False) as pilot:
            await until(pilot, lambda: proxy.requests)
            await until_shown(pilot, message)
            assert FIRST_LISTS[tab].startswith(list_of(proxy.requests[0]))
            proxy.always = None
            await pilot.press("ctrl+r")
            await until_shown(pilot, "● live")


@pytest.mark.parametrize("tab", ["jobs", "pipelines", "clusters", "schedules"])
async def test_other_lists_are_requested_after_the_response_for_the_visible_list(
    shared_studio: ThreadStudio, tmp_path: Path, tab: str
) -> None:
    last = LastScreen.model_validate({"tab": tab})
    (tmp_path / "view.screen.json").write_text(last.model_dump_json(), "utf-8")
    async with FaultProxy.in_front_of(shared_studio.url) as proxy:
        sent_before_answers: list[int] = []

        async def count_requests(exchange: Exchange) -> None:
            reply = await exchange.forward()
            sent_before_answers.append(len(proxy.requests))
            await exchange.send(reply.encode())

        proxy.always = count_requests
        async with dashboard(shared_studio, tmp_path, url=proxy.url):
            await until_all_requested(proxy)
        assert tab.startswith(list_of(proxy.requests[0]))
        assert sent_before_answers[0] == 1


async def until_all_requested(proxy: FaultProxy) -> None:
    """Wait until all lists have been requested."""
    lists = {"jobs", "pipeline", "clusters", "schedules"}
    await waiting.until(lambda: {list_of(seen) for seen in proxy.requests} >= lists)
