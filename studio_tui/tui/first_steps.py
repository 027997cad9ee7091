"""Steps that are taken after the first paint, and after each connection to a Studio."""

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

COLLECTION_THRESHOLD = 10_000
"""New objects after which a garbage collection starts; most are freed without one."""

PRELOADED = (
    "studio_tui.tui.logs.view.painter",
    "studio_tui.tui.logs.view.log_view",
    "studio_tui.tui.logs.log_screen",
    "studio_tui.tui.frame.help",
)
"""Modules of the screens that users open most; each after those that it imports."""

PRELOAD_INTERVAL = 0.01
"""Seconds between two imports, in which keys are handled and frames are painted."""


def collect_garbage() -> None:
    """Switch garbage collection on, and exempt all objects that exist now.

    It is off until the first paint, as imports leave hardly any garbage.
    """
    if not gc.isenabled():
        gc.freeze()
        gc.set_threshold(COLLECTION_THRESHOLD, *gc.get_threshold()[1:])
        gc.enable()


def begin(app: App[Any], connected: "Connected") -> None:
    """Show the warnings of a connection, and start the other steps as workers of the app."""
    for note in connected.notes:
        app.notify(note, severity="warning", markup=False)
    for name, group, step in (
        ("settle", "poll", _prepare_for_keys),
        ("unsettled", "poll", _ask_about_unconfirmed_jobs),
        ("samples", "command", _offer_samples_if_empty),
    ):
        start_worker(app, partial(step, app, connected), name=name, group=group)


async def _prepare_for_keys(app: App[Any], connected: "Connected") -> None:
    """After the first list of jobs, do things that would delay later keys."""
    await connected.session.jobs.first_answer()
    parse_early(app, DIALOGS)
    for name in PRELOADED:
        await asyncio.sleep(PRELOAD_INTERVAL)
        await asyncio.to_thread(import_module, name)
    gc.freeze()


async def _ask_about_unconfirmed_jobs(app: App[Any], connected: "Connected") -> None:
    if intents := await connected.session.settle_open_intents():
        from studio_tui.tui.jobs.create import ask_about_unconfirmed  # noqa: PLC0415 (rarely needed)

        await ask_about_unconfirmed(app, connected.session.commands.job_creator, intents)


async def _offer_samples_if_empty(app: App[Any], connected: "Connected") -> None:
    if connected.samples:
        from studio_tui.tui.jobs.sample_jobs import offer_samples  # noqa: PLC0415 (only the first time)

        await offer_samples(app, connected.session, connected.samples)
