"""Messages while a request to Studio is pending, after it failed, and if Studio is unreachable."""

from asyncio import get_running_loop
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

from textual.app import App

from studio_tui.errors import NoFreeConnection, NotSent, StudioError, TransportError
from studio_tui.service.commands.jobs import failure_message
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.commands import Host
from studio_tui.tui.widgets.toasts import UNTIL_CLOSED, withdraw

T = TypeVar("T")

NOTICE_DELAY = 0.5
"""Seconds without an answer after which the user is told."""

WAITING = "Waiting for Studio…"
SILENT = "Studio is not answering; trying anyway…"
"""Shown at once if the last poll of jobs has failed."""

NO_ACCOUNT = (
    "\n\nWithout an account: `studio-tui local` runs a Studio on this machine, "
    "and `studio-tui --local` opens it."
)


async def with_notice(app: App[Any], session: StudioSession, command: Awaitable[T]) -> T:
    """Await a command, notify the user if the answer takes long, and raise its errors."""
    is_silent = session.jobs.snapshot.error is not None
    words, delay = (SILENT, 0.0) if is_silent else (WAITING, NOTICE_DELAY)
    # A Textual timer would not fire at all if the machine is busy at that moment.
    notify = partial(app.notify, words, markup=False, timeout=UNTIL_CLOSED)
    timer = get_running_loop().call_later(delay, notify)
    try:
        return await command
    finally:
        timer.cancel()
        withdraw(app, words)


async def run_and_report(
    host: Host, doing: str, command: Awaitable[T], done: str | Callable[[T], str]
) -> bool:
    """Await a command, notify the user of the outcome, and return whether it succeeded.

    `done` is, or returns, the message after success; an empty one is not shown. The message of an
    error begins with `doing`, such as `Canceling a.py`.
    """
    try:
        result = await with_notice(host.app, host.session, command)
    except StudioError as error:
        host.notify_user(f"{doing}: {error_message(error, host.session)}", "error")
        return False
    if words := done if isinstance(done, str) else done(result):
        host.notify_user(words)
    return True


def error_message(error: StudioError, session: StudioSession) -> str:
    """Return an error as a sentence, with how to start a local Studio that has stopped."""
    words, remedy = failure_message(error), remedy_words(error, session)
    return f"{words.removesuffix('.')}: {remedy}." if remedy else words


def remedy_words(error: StudioError | None, session: StudioSession) -> str:
    """Return what starts a local Studio that has stopped; empty if it has not."""
    # A `brief` says that the cause is another one, such as a server that does not answer.
    is_unsent = isinstance(error, NotSent) and not error.brief
    if not session.is_local or not is_unsent or isinstance(error, NoFreeConnection):
        return ""
    if session.is_restarting:
        return "it is being started again"
    return f"{'ctrl+r' if session.can_restart else '`studio-tui local`'} starts it"


def unreachable_message(error: StudioError, session: StudioSession) -> str:
    """Return the text shown instead of a list that cannot be loaded."""
    words = error_message(error, session)
    if remedy_words(error, session):
        return words
    account = "" if session.is_local or not isinstance(error, TransportError) else NO_ACCOUNT
    return f"{words}\n\nctrl+r retries now.{account}"
