from datetime import timedelta

import pytest

from studio_tui.tui.frame.page_bars import time_bar
from tests.jobs import NOON


@pytest.mark.parametrize(
    ("share", "is_playing", "sign", "bar"),
    [
        (0.0, True, "▶", "░" * 12),
        (0.5, True, "▶", "█" * 6 + "░" * 6),
        (0.5, False, "‖", "█" * 6 + "░" * 6),
        (1.0, True, "■", "█" * 12),
        (7.0, False, "‖", "█" * 12),
    ],
)
def test_the_time_bar_shows_the_replayed_time_the_progress_and_the_speed(
    share: float, is_playing: bool, sign: str, bar: str
) -> None:
    replayed_time = (NOON + timedelta(seconds=7)).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    assert time_bar(NOON + timedelta(seconds=7), share, 60.0, runs=is_playing).text == (
        f"{sign} replay {replayed_time} ▕{bar}▏ 60x"
    )
