"""What the user is told while Studio is asked to do something, and when it cannot be reached."""

from collections.abc import Awaitable
from typing import Any, TypeVar

from textual.app import App

from studio_tui.errors import NotSent, StudioError, TransportError
from studio_tui.service.commands.jobs import said
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.commands import Host

T = TypeVar("T")

SOON = 0.5
"""Seconds for which nothing is said while an answer is waited for."""

ASKING = "Asking Studio…"
SILENT = "Studio does not answer now; asking it all the same…"

NO_ACCOUNT = (
    "\n\nWithout an account: `studio-tui local` runs a Studio on this machine, "
    "and `studio-tui --local` opens it."
)
"""A way out for whoever cannot reach a Studio elsewhere."""

START_AGAIN = "Start it with `studio-tui local`, or leave this and start `studio-tui --local`."
"""What is to be done about a local Studio that is gone."""


async def asked(app: App[Any], session: StudioSession, command: Awaitable[T]) -> T:
    """Wait for a command; say that Studio is asked unless the answer comes soon.

    Where Studio has been silent already, that is said at once.

    Raises:
        StudioError: what the command raises.
    """
    if session.jobs.snapshot.error is not None:
        _tell(app, SILENT)
        return await command
    later = app.set_timer(SOON, lambda: _tell(app, ASKING), name="asking")
    try:
        return await command
    finally:
        later.stop()


async def reported(host: Host, doing: str, command: Awaitable[object], done: str) -> None:
    """Wait for a command, and say how it ended.

    `done` is said when it went well; an error begins with `doing`, such as `Cancelling a.py`, as
    the row may be out of sight by then.
    """
    try:
        await asked(host.app, host.session, command)
    except StudioError as error:
        host.say(f"{doing}: {told(error, host.session)}", "error")
    else:
        host.say(done)


def told(error: StudioError, session: StudioSession) -> str:
    """Return an error as a sentence; of a local Studio that is gone, with how to start it again."""
    words = said(error)
    return f"{words} {START_AGAIN}" if session.is_near and isinstance(error, NotSent) else words


def unreached(error: StudioError, session: StudioSession) -> str:
    """Return what stands in the place of a list that cannot be had."""
    account = "" if session.is_near or not isinstance(error, TransportError) else NO_ACCOUNT
    return f"{told(error, session)}\n\nctrl+r asks again now.{account}"


def _tell(app: App[Any], words: str) -> None:
    app.notify(words, markup=False)
