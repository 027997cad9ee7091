"""Runs the dashboard on a real local Studio, driven by keys."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import Any
from unittest import mock

from textual.css.query import NoMatches
from textual.pilot import Pilot
from textual.widget import Widget

from studio_tui.api.client import StudioClient
from studio_tui.service import pacing
from studio_tui.service.session import SessionOptions, StudioSession
from studio_tui.tui.app import StudioApp
from studio_tui.tui.connected import Connected
from studio_tui.tui.frame.page import Page
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.theme import DARK
from tests import waiting
from tests.driving import Driver, driving
from tests.studios import LocalStudio

Dashboard = Pilot[int]
SIZE = (120, 40)

_POLL_INTERVALS = {
    name: float(getattr(pacing, name))
    for name in (
        "BUSY_INTERVAL",
        "LOCAL_IDLE_INTERVAL",
        "LOCAL_OTHERS_INTERVAL",
        "LOCAL_CLUSTERS_INTERVAL",
    )
}
"""Seconds between polls of a Studio on this machine."""


@asynccontextmanager
async def dashboard(
    studio: LocalStudio,
    folder: Path,
    *,
    url: str | None = None,
    size: tuple[int, int] = SIZE,
    read_only: bool = False,
    quiet: bool = False,
    waits_for_jobs: bool = True,
    frames: bool = False,
    undo_seconds: float = 0.0,
    poll_factor: int = 3,
) -> AsyncIterator[Dashboard]:
    """Run the dashboard on `studio`.

    With `waits_for_jobs`, wait until the first request for jobs has succeeded or failed. `url` is
    the address of a proxy in front of the Studio. With `frames`, each frame is drawn. The Studio is
    polled `poll_factor` times as often as by a user's dashboard, so that tests wait less for
    changes.
    """
    url = url or studio.url

    def connect(_choice: object) -> Connected:
        settings = studio.settings(url=url, read_only=read_only)
        session = StudioSession(
            StudioClient(settings),
            studio.team,
            folder / "spool",
            SessionOptions(is_local=True, undo_seconds=undo_seconds),
        )
        return Connected(
            session,
            "local@test",
            studio.team,
            folder / "view.json",
            read_only=read_only,
            quiet=quiet,
        )

    app = StudioApp(connect, theme=DARK.name, waiting_for="Connecting…")
    with _polling_faster(poll_factor):
        async with driving(app, size=size, frames=frames, notifications=True) as pilot:
            if waits_for_jobs:
                # The dashboard starts on the page where it was left.
                await until(pilot, lambda: isinstance(pilot.app.screen, Page))
                page = pilot.app.screen
                assert isinstance(page, Page)
                await until(pilot, lambda: _has_answered(page))
            await pilot.pause()
            yield pilot


@contextmanager
def _polling_faster(times: int) -> Iterator[None]:
    """Let sessions that are created meanwhile poll `times` times as often."""
    with ExitStack() as patches:
        for name, seconds in _POLL_INTERVALS.items():
            patches.enter_context(mock.patch.object(pacing, name, seconds / times))
        yield


def _has_answered(page: Page) -> bool:
    snapshot = page.session.jobs.snapshot
    return (snapshot.value is not None and not snapshot.is_recalled) or bool(snapshot.error)


async def jobs_screen(pilot: Dashboard) -> JobsScreen:
    """Wait until the list of jobs is open, and return its screen."""

    def open_lists() -> list[JobsScreen]:
        return [each for each in pilot.app.screen_stack if isinstance(each, JobsScreen)]

    await until(pilot, open_lists)
    return open_lists()[0]


async def until(pilot: Pilot[Any], condition: Callable[[], object]) -> None:
    """Wait until `condition` is true; a hang reports the contents of the screen.

    A missing widget counts as not yet true.
    """

    @wraps(condition)
    def holds() -> object:
        with suppress(NoMatches):
            return condition()
        return False

    await waiting.until(holds, lambda: screen_text(pilot))


async def until_shown(pilot: Pilot[Any], *texts: str) -> None:
    """Wait until all of `texts` are on the screen."""
    steps_at_last_look = -1

    def missing() -> list[str]:
        shown = screen_text(pilot)
        return [text for text in texts if text not in shown]

    def is_shown() -> bool:
        # The screen is rendered only if the program has done something since the last look.
        nonlocal steps_at_last_look
        steps = pilot.change_count if isinstance(pilot, Driver) else -1
        may_have_changed = steps < 0 or steps != steps_at_last_look
        steps_at_last_look = steps
        return may_have_changed and not missing()

    await waiting.until(is_shown, lambda: f"without {missing()}\n{screen_text(pilot)}")


def notices(pilot: Pilot[Any]) -> list[str]:
    """Return the messages of the notices that are shown."""
    return [each.message for each in pilot.app._notifications]


async def until_notified(pilot: Pilot[Any], words: str) -> None:
    """Wait for a notice with `words`, which may be wrapped on the screen."""
    await until(pilot, lambda: any(words in message for message in notices(pilot)))


def screen_text(pilot: Pilot[Any]) -> str:
    """Return the contents of the screen, line by line, without colors."""
    screen = pilot.app.screen
    width, height = screen.size
    strips = screen._compositor.render_strips()
    return "\n".join(strip.text for strip in strips[:height]).ljust(width)


def widget_text(widget: Widget) -> str:
    """Return the text of one widget."""
    return "\n".join(widget.render_line(y).text for y in range(widget.size.height))
