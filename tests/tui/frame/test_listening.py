"""The timer of a page starts at a whole second, if the page is still shown then."""

import asyncio
from typing import Any, cast
from unittest import mock

import pytest

from studio_tui import clock
from studio_tui.tui.frame.listening import Subscriptions, resume_at_whole_second
from studio_tui.tui.widgets.lifetime import Lifetime
from tests.waiting import until


@pytest.mark.parametrize("is_shown", [True, False])
async def test_a_timer_begins_at_a_whole_second_if_its_page_is_still_shown(
    monkeypatch: pytest.MonkeyPatch, is_shown: bool
) -> None:
    waits: list[float] = []

    def record_wait(seconds: float) -> float:
        waits.append(seconds)
        return 0.0

    monkeypatch.setattr(clock, "until_multiple", record_wait)
    calls: list[str] = []
    page: Any = mock.Mock(spec=Lifetime, while_alive=lambda callback: callback)
    timer: Any = mock.Mock(resume=lambda: calls.append("resumed"))
    listening = mock.Mock(spec=Subscriptions, is_on=is_shown)
    resume_at_whole_second(
        page, timer, lambda: calls.append("tick"), cast(Subscriptions, listening)
    )
    asyncio.get_running_loop().call_later(0.001, calls.append, "later")
    await until(lambda: "later" in calls)
    assert waits == [1.0]
    assert calls == ["resumed", "tick", "later"] if is_shown else ["later"]
