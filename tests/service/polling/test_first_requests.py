"""The first requests of a dashboard, from each tab, in each kind of outage.

Time is virtual; `test_outages` has the Studio that counts requests.
"""

import asyncio
from itertools import pairwise, product
from pathlib import Path

import pytest

from studio_tui.errors import NotFound
from tests.service.polling.test_outages import DENIED, KINDS, QUESTIONS, SLACK, Kind, looking
from tests.service.polling.virtual_time import run
from tests.soak import combinations

MISSING = Kind(NotFound(404, "no such list"), words="refused with 404")
AT_START = KINDS | {"403": DENIED, "404": MISSING}
TABS = {name: name for name in ("jobs", "pipelines", "schedules", "clusters")} | {
    "activity": "jobs",
    "logs": "jobs",
}
"""The tabs, and the list that is requested first on each."""
FIVE_SECONDS = 5.0
LISTS = sorted(set(TABS.values()))
OF_LISTS = {QUESTIONS[name] for name in LISTS} | {"probe"}


@pytest.mark.parametrize(("name", "tab"), combinations(AT_START, TABS))
def test_a_start_without_studio_sends_one_request_in_five_seconds_the_list_in_sight_first(
    tmp_path: Path, name: str, tab: str
) -> None:
    async def scenario() -> None:
        async with looking(tmp_path, is_local=False, away=AT_START[name], tab=tab) as dashboard:
            studio = dashboard.studio
            await asyncio.sleep(150)
            ended = [(one.began, one.question) for one in studio.sent]
            sent = sorted([*ended, *studio.under_way.values()])
            if name == "403":
                # A token that may list nothing may still read a log.
                sent = [one for one in sent if one[1] in OF_LISTS]
            assert sent[0][1] == QUESTIONS[TABS[tab]]
            assert len(sent) > 1
            begins = [began for began, _question in sent]
            assert min(later - one for one, later in pairwise(begins)) >= FIVE_SECONDS - SLACK
            studio.away = None
            await dashboard.until(lambda: dashboard.is_all_live)

    run(scenario())


@pytest.mark.parametrize(
    ("lists", "name"),
    combinations(product(LISTS, LISTS), ["403", "404", "500", "web-page", "silent"]),
)
def test_one_list_that_fails_from_the_start_does_not_stop_the_others(
    tmp_path: Path, name: str, lists: tuple[str, str]
) -> None:
    tab, broken = lists
    only = {QUESTIONS[broken]} | ({"probe"} if broken == "jobs" else set())

    async def scenario() -> None:
        async with looking(
            tmp_path, is_local=False, away=AT_START[name], only=only, tab=tab
        ) as dashboard:
            pollers = {each.name: each for each in dashboard.session.pollers}
            others = [pollers[each] for each in LISTS if each != broken]
            await dashboard.until(
                lambda: (
                    dashboard.session.reachability.outage is None
                    and all(each.snapshot.value is not None for each in others)
                )
            )
            assert pollers[broken].snapshot.value is None

    run(scenario())


@pytest.mark.parametrize("tab", TABS)
def test_the_list_in_sight_is_requested_first_and_all_others_after_its_answer(
    tmp_path: Path, tab: str
) -> None:
    async def scenario() -> None:
        async with looking(tmp_path, is_local=False, tab=tab) as dashboard:
            first, *others = sorted(dashboard.studio.sent)
            assert first.question == QUESTIONS[TABS[tab]]
            assert {one.question for one in (first, *others)} >= set(QUESTIONS.values())
            assert all(one.began >= first.ended for one in others)
            # Without a wait for a turn, as Studio answers.
            asked = {one.question for one in others if one.began < first.ended + SLACK}
            assert asked >= OF_LISTS - {first.question, "probe"}

    run(scenario())
