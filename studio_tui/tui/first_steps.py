"""The steps that are taken once after connecting to Studio, besides showing it."""

import asyncio
import gc
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from textual.app import App

from studio_tui.tui.sheets import DIALOGS
from studio_tui.tui.styling import parse_early
from studio_tui.tui.widgets.workers import start_worker

if TYPE_CHECKING:
    from studio_tui.tui.connected import Connected

PRELOADED = (
    "studio_tui.tui.logs.view.painter",
    "studio_tui.tui.logs.view.log_view",
    "studio_tui.tui.logs.log_screen",
    "studio_tui.tui.frame.help",
)
"""The modules of the screens opened most, after those they import; others would take memory."""

PRELOAD_INTERVAL = 0.01
"""Seconds between two of them, in which keys and frames have the interpreter to themselves."""


def begin(app: App[Any], connected: "Connected") -> None:
    """Show the warnings, and start the steps as workers of the app."""
    for note in connected.notes:
        app.notify(note, severity="warning", markup=False)
    for name, group, step in (
        ("settle", "poll", _settle),
        ("unsettled", "poll", _ask_about_unsettled),
        ("samples", "command", _begin_with_samples),
    ):
        start_worker(app, partial(step, app, connected), name=name, group=group)


async def _settle(app: App[Any], connected: "Connected") -> None:
    """Once the first list is there, prepare for keys.

    Imports by the first key would delay it, and so would the style sheet of the first dialog, and
    scanning all modules and models for garbage, by 50 ms each time.
    """
    await connected.session.jobs.first_answer()
    parse_early(app, DIALOGS)
    for name in PRELOADED:
        await asyncio.sleep(PRELOAD_INTERVAL)
        await asyncio.to_thread(import_module, name)
    gc.freeze()


async def _ask_about_unsettled(app: App[Any], connected: "Connected") -> None:
    """Ask about jobs of an earlier run whose creation has an unknown outcome."""
    if left := await connected.session.settle_open_intents():
        from studio_tui.tui.jobs.create import ask_about_left  # noqa: PLC0415 (rarely needed)

        await ask_about_left(app, connected.session.commands.job_creator, left)


async def _begin_with_samples(app: App[Any], connected: "Connected") -> None:
    """Offer sample jobs if there are no jobs."""
    if connected.samples:
        from studio_tui.tui.jobs.sample_jobs import offer_samples  # noqa: PLC0415 (only the first time)

        await offer_samples(app, connected.session, connected.samples)
