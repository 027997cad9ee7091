"""The time bar of a replay: current time, share played, and speed."""

from datetime import datetime

from studio_tui.presentation.cells import Cell, Tone

WIDTH = 12
"""Width of the bar in cells."""


def time_bar(now: datetime, share: float, speed: float, *, runs: bool) -> Cell:
    """Return the bar; `share` is the share played, from 0 to 1."""
    done = round(max(0.0, min(1.0, share)) * WIDTH)
    sign = ("■" if share >= 1 else "▶") if runs else "‖"
    bar = "█" * done + "░" * (WIDTH - done)
    at = now.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return Cell(f"{sign} replay {at} ▕{bar}▏ {speed:g}x", Tone.WARN)
