"""The clock of a page runs at whole seconds, and only while the page is shown."""

import asyncio
from typing import Any
from unittest import mock

import pytest

from studio_tui import clock
from studio_tui.tui.frame.listening import Subscriptions
from studio_tui.tui.widgets.lifetime import Lifetime
from tests.waiting import until


async def test_a_page_is_updated_at_each_whole_second_while_it_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []

    def record_wait(seconds: float) -> float:
        waits.append(seconds)
        return 0.0

    monkeypatch.setattr(clock, "until_multiple", record_wait)
    calls: list[str] = []
    page: Any = mock.Mock(
        spec=Lifetime, while_alive=lambda callback: callback, call_later=lambda callback: callback()
    )
    poller: Any = mock.Mock()
    subscriptions = Subscriptions(page, lambda: calls.append("tick"))
    assert waits == []
    for _ in range(2):  # the second call changes nothing
        subscriptions.begin([poller])
    assert waits == [1.0]
    await until(lambda: len(calls) > 1)
    subscriptions.end()
    assert not subscriptions.is_on
    count = len(calls)
    asyncio.get_running_loop().call_later(0.001, calls.append, "later")
    await until(lambda: "later" in calls)
    assert calls[count:] == ["later"]
    assert set(waits) == {1.0}
