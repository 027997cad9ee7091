"""`Frames` limits how often a growing log is drawn."""

from typing import cast

import pytest

from studio_tui import clock
from studio_tui.tui.logs.view.frames import FLOOD_FRAME, FRAME, Frames
from studio_tui.tui.widgets.lifetime import Lifetime


class Timers:
    """Records the delays of timers, which never fire."""

    def __init__(self) -> None:
        self.delays: list[float] = []

    def set_timer(self, delay: float, _callback: object, *, name: str) -> object:
        assert name == "log frame"
        self.delays.append(delay)
        return object()


@pytest.mark.parametrize(("replaces_all", "delay"), [(False, FRAME), (True, FLOOD_FRAME)])
def test_many_changes_are_one_frame_and_a_flood_has_fewer_frames(
    monkeypatch: pytest.MonkeyPatch, replaces_all: bool, delay: float
) -> None:
    monkeypatch.setattr(clock, "monotonic", lambda: 100.0)
    frame_count = 0

    def show() -> bool:
        nonlocal frame_count
        frame_count += 1
        return replaces_all

    timers = Timers()
    frames = Frames(cast("Lifetime", timers), show)
    for _ in range(5):
        frames.note()
    assert timers.delays == [pytest.approx(0.001)]
    assert frame_count == 0
    frames._show_now()
    frames.note()
    frames.note()
    assert timers.delays[1:] == [pytest.approx(delay)]
    assert frame_count == 1
