"""Runs the dashboard on a real local Studio, driven by keys."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import Any
from unittest import mock

from pydantic import SecretStr
from textual.css.query import NoMatches
from textual.pilot import Pilot
from textual.widget import Widget

from studio_tui.api.client import StudioClient
from studio_tui.service import pacing
from studio_tui.service.session import SessionOptions, StudioSession
from studio_tui.settings import Settings
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

_RESTS = {
    name: float(getattr(pacing, name))
    for name in ("BUSY_REST", "LOCAL_IDLE_REST", "LOCAL_OTHERS_REST", "LOCAL_CLUSTERS_REST")
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
    answered: bool = True,
    frames: bool = False,
    undo_seconds: float = 0.0,
    polls: int = 3,
) -> AsyncIterator[Dashboard]:
    """Run the dashboard on `studio`, with the list of jobs shown and, if requested, loaded.

    `url` is that of a proxy in front of it. With `frames`, each frame is drawn. Studio is polled
    `polls` times as often as for users, so that tests wait less for what they do there.
    """
    url = url or studio.url

    def connect(_choice: object) -> Connected:
        settings = Settings(
            url=url, team=studio.team, token=SecretStr(studio.token), read_only=read_only
        )
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
    with _polled(polls):
        async with driving(app, size=size, frames=frames, notifications=True) as pilot:
            if answered:
                # The dashboard starts on the page where it was left.
                await until(pilot, lambda: isinstance(pilot.app.screen, Page))
                page = pilot.app.screen
                assert isinstance(page, Page)
                await until(pilot, lambda: _has_answered(page))
            await pilot.pause()
            yield pilot


@contextmanager
def _polled(times: int) -> Iterator[None]:
    """Poll the sessions that are made here so many times as often."""
    with ExitStack() as patches:
        for name, rest in _RESTS.items():
            patches.enter_context(mock.patch.object(pacing, name, rest / times))
        yield


def _has_answered(page: Page) -> bool:
    snapshot = page.session.jobs.snapshot
    return (snapshot.value is not None and not snapshot.is_recalled) or bool(snapshot.error)


async def jobs_screen(pilot: Dashboard) -> JobsScreen:
    """Wait for the list of jobs, and return it."""
    found: list[JobsScreen] = []

    def seek() -> bool:
        found.extend(s for s in pilot.app.screen_stack if isinstance(s, JobsScreen))
        return bool(found)

    await until(pilot, seek)
    return found[0]


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
    looked = -1

    def missing() -> list[str]:
        shown = screen_text(pilot)
        return [text for text in texts if text not in shown]

    def is_shown() -> bool:
        nonlocal looked
        before, looked = looked, pilot.steps if isinstance(pilot, Driver) else -1
        return (looked < 0 or looked != before) and not missing()

    await waiting.until(is_shown, lambda: f"without {missing()}\n{screen_text(pilot)}")


def screen_text(pilot: Pilot[Any]) -> str:
    """Return the contents of the screen, line by line, without colours."""
    screen = pilot.app.screen
    width, height = screen.size
    strips = screen._compositor.render_strips()
    return "\n".join(strip.text for strip in strips[:height]).ljust(width)


def widget_text(widget: Widget) -> str:
    """Return the text of one widget."""
    return "\n".join(widget.render_line(y).text for y in range(widget.size.height))
