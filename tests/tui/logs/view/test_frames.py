"""How often a growing log is drawn."""

from typing import cast

import pytest

from studio_tui import clock
from studio_tui.tui.logs.view.frames import FLOOD_FRAME, FRAME, Frames
from studio_tui.tui.widgets.lifetime import Lifetime


class Timers:
    """Records when timers are due; the time is only what a test says it is."""

    def __init__(self) -> None:
        self.rests: list[float] = []

    def set_timer(self, delay: float, _ring: object, *, name: str) -> object:
        assert name == "log frame"
        self.rests.append(delay)
        return object()


@pytest.mark.parametrize(("replaces_all", "rest"), [(False, FRAME), (True, FLOOD_FRAME)])
def test_many_notes_are_one_frame_and_a_flood_is_drawn_less_often(
    monkeypatch: pytest.MonkeyPatch, replaces_all: bool, rest: float
) -> None:
    monkeypatch.setattr(clock, "monotonic", lambda: 100.0)
    shown: list[None] = []

    def show() -> bool:
        shown.append(None)
        return replaces_all

    timers = Timers()
    frames = Frames(cast("Lifetime", timers), show)
    for _ in range(5):
        frames.note()
    assert timers.rests == [pytest.approx(0.001)]
    assert not shown
    frames._show_now()
    frames.note()
    frames.note()
    assert timers.rests[1:] == [pytest.approx(rest)]
    assert len(shown) == 1
