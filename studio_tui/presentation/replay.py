"""The time bar of a replay: when it is, how much has passed, and how fast it runs."""

from datetime import datetime

from studio_tui.presentation.cells import Cell, Tone

WIDTH = 12
"""Cells of the bar."""


def time_bar(now: datetime, share: float, speed: float, *, runs: bool) -> Cell:
    """Return the bar; `share` is how much has passed, from 0 to 1."""
    done = round(max(0.0, min(1.0, share)) * WIDTH)
    sign = ("■" if share >= 1 else "▶") if runs else "‖"
    bar = "█" * done + "░" * (WIDTH - done)
    at = now.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return Cell(f"{sign} replay {at} ▕{bar}▏ {speed:g}x", Tone.WARN)
