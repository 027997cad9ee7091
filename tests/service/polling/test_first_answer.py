"""The requests of a dashboard until Studio has answered, from each tab, in each kind of outage.

Time is virtual; the Studio that records requests is in `test_outages`.
"""

import asyncio
from itertools import pairwise, product
from pathlib import Path

import pytest

from studio_tui.errors import NotFound
from tests.service.polling.test_outages import (
    OUTAGES,
    PERMISSION_DENIED,
    REQUEST_NAMES,
    SLACK,
    FailureKind,
    running_dashboard,
)
from tests.service.polling.virtual_time import run
from tests.soak import combinations

NOT_FOUND = FailureKind(NotFound(404, "no such list"), words="refused with 404")
REFUSALS = {"403": PERMISSION_DENIED, "404": NOT_FOUND}
FAILURES = OUTAGES | REFUSALS
TABS = {name: name for name in ("jobs", "pipelines", "schedules", "clusters")} | {
    "activity": "jobs",
    "logs": "jobs",
}
"""The list that is requested first on each tab."""
FIVE_SECONDS = 5.0
LISTS = sorted(set(TABS.values()))
REQUESTS_FOR_LISTS = {REQUEST_NAMES[name] for name in LISTS}


@pytest.mark.parametrize(("name", "tab"), combinations(OUTAGES, TABS))
def test_without_studio_the_visible_list_is_requested_first_and_one_request_is_sent_in_five_seconds(
    tmp_path: Path, name: str, tab: str
) -> None:
    async def scenario() -> None:
        async with running_dashboard(
            tmp_path, is_local=False, failure=OUTAGES[name], tab=tab
        ) as dashboard:
            studio = dashboard.studio
            await asyncio.sleep(150)
            ended = [(request.began, request.name) for request in studio.requests]
            sent = sorted([*ended, *studio.pending.values()])
            assert {request for _began, request in sent} <= {
                REQUEST_NAMES[TABS[tab]],
                "probe jobs",
                "probe pipelines",
            }
            assert sent[0][1] == REQUEST_NAMES[TABS[tab]]
            begins = [began for began, _name in sent]
            assert len(begins) > 1
            rests = [later - earlier for earlier, later in pairwise(begins)]
            assert min(rests) >= FIVE_SECONDS - SLACK
            assert dashboard.session.reachability.outage is not None
            studio.failure = None
            await dashboard.until(lambda: dashboard.is_all_live)

    run(scenario())


@pytest.mark.parametrize(("name", "tab"), combinations(REFUSALS, TABS))
def test_a_refusal_is_an_answer_after_which_each_list_is_requested_and_has_its_own_error(
    tmp_path: Path, name: str, tab: str
) -> None:
    async def scenario() -> None:
        async with running_dashboard(
            tmp_path, is_local=False, failure=REFUSALS[name], tab=tab
        ) as dashboard:
            await asyncio.sleep(4)
            sent = [request.name for request in sorted(dashboard.studio.requests)]
            assert sent[0] == REQUEST_NAMES[TABS[tab]]
            assert all(sent.count(request) == 1 for request in REQUESTS_FOR_LISTS)
            errors = {poller.snapshot.error for poller in dashboard.session.pollers}
            assert errors == {REFUSALS[name].error}
            assert dashboard.session.reachability.outage is None

    run(scenario())


@pytest.mark.parametrize(
    ("tab_and_failing", "name"),
    combinations(product(LISTS, LISTS), ["403", "404", "500", "web-page", "no-answer"]),
)
def test_a_list_that_fails_from_the_start_does_not_stop_the_others(
    tmp_path: Path, name: str, tab_and_failing: tuple[str, str]
) -> None:
    tab, failing = tab_and_failing
    failing_names = {REQUEST_NAMES[failing], f"probe {failing}"}

    async def scenario() -> None:
        async with running_dashboard(
            tmp_path,
            is_local=False,
            failure=FAILURES[name],
            failing_names=failing_names,
            tab=tab,
        ) as dashboard:
            pollers = {poller.name: poller for poller in dashboard.session.pollers}
            others = [pollers[list_name] for list_name in LISTS if list_name != failing]
            await dashboard.until(
                lambda: (
                    dashboard.session.reachability.outage is None
                    and all(poller.snapshot.value is not None for poller in others)
                )
            )
            assert pollers[failing].snapshot.value is None

    run(scenario())


@pytest.mark.parametrize("tab", TABS)
def test_the_visible_list_is_requested_first_and_the_others_after_its_answer(
    tmp_path: Path, tab: str
) -> None:
    async def scenario() -> None:
        async with running_dashboard(tmp_path, is_local=False, tab=tab) as dashboard:
            first, *others = sorted(dashboard.studio.requests)
            assert first.name == REQUEST_NAMES[TABS[tab]]
            assert {request.name for request in (first, *others)} >= set(REQUEST_NAMES.values())
            assert all(request.began >= first.ended for request in others)
            # As Studio answers, the other lists are requested at once and not in turn.
            at_once = {request.name for request in others if request.began < first.ended + SLACK}
            assert at_once >= REQUESTS_FOR_LISTS - {first.name}

    run(scenario())
