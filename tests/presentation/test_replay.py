from datetime import timedelta

import pytest

from studio_tui.presentation.freshness import time_bar
from tests.jobs import NOON


@pytest.mark.parametrize(
    ("share", "runs", "sign", "bar"),
    [
        (0.0, True, "▶", "░" * 12),
        (0.5, True, "▶", "█" * 6 + "░" * 6),
        (0.5, False, "‖", "█" * 6 + "░" * 6),
        (1.0, True, "■", "█" * 12),
        (7.0, False, "‖", "█" * 12),
    ],
)
def test_the_time_bar_says_when_how_far_and_how_fast(
    share: float, runs: bool, sign: str, bar: str
) -> None:
    at = (NOON + timedelta(seconds=7)).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    assert time_bar(NOON + timedelta(seconds=7), share, 60.0, runs=runs).text == (
        f"{sign} replay {at} ▕{bar}▏ 60x"
    )
