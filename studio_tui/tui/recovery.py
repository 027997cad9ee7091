"""Recovery if Studio refuses the token or the team, or if the local Studio has ended."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.app import App

from studio_tui.errors import NO_ANSWER, NotSent, StudioError, TokenOriginChanged
from studio_tui.service.polling.backoff import wait_for
from studio_tui.tui.frame.choices import TrustChoice
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.frame.welcome import WelcomeScreen

if TYPE_CHECKING:
    from studio_tui.tui.connected import Connected, RestartableStudio
    from studio_tui.tui.messages import StudioRefused


async def show_form(app: App[Any], connected: "Connected", refused: "StudioRefused") -> None:
    """Open the form for another token or team."""
    # The form says whether there is data to go back to, which may still be read from disk.
    await connected.session.recalled.wait()
    url, team = connected.session.client.url, connected.team
    has_data = any(each.snapshot.value is not None for each in connected.session.pollers)
    back = "esc shows the last known data"
    if refused.teams is not None:
        why = f"{refused.why} Choose another team; {back}." if has_data else refused.why
        form = WelcomeScreen(why, url=url, team=team, teams=refused.teams)
    else:
        stopped = f"Polling has stopped; {back}." if has_data else "Polling has stopped."
        form = WelcomeScreen(f"{refused.why} {stopped}", url=url, team=team)
    app.push_screen(form)


async def first_request_fails(connected: "Connected", form: WelcomeScreen) -> bool:
    """Return whether a request to the chosen Studio fails, after showing why on the form."""
    if error := await _request_error(connected):
        await connected.session.client.aclose()
        form.show_problem(error)
    return bool(error)


async def _request_error(connected: "Connected") -> str:
    try:
        await connected.session.client.clusters()
    except StudioError as error:
        return str(error)
    return ""


async def ask_trust(app: App[Any], error: TokenOriginChanged) -> TrustChoice | None:
    """Ask before the token is sent to a Studio named by a project's settings."""
    question = Confirm(
        "Send your token to another Studio?",
        (str(error), "", f"  stored for  {error.trusted_url}", f"  would go to {error.url}"),
        yes="Send it there",
        no="Leave",
    )
    return TrustChoice(error.url) if await app.push_screen_wait(question) else None


CHECK_EVERY = 0.5
"""Seconds between checks whether another program has restarted the local Studio."""

DIED = "The local Studio has died. Starting it again…"
STOPPED = "The local Studio was stopped. ctrl+r starts it again."
TRY = "ctrl+r tries to start the local Studio again."
BACK = "The local Studio runs again"
JOBS_KEPT_RUNNING = "; its jobs kept running."


class Restarter:
    """Restarts a local Studio: each time it dies, and after a stop if the user requests it."""

    def __init__(
        self, connected: "Connected", local: "RestartableStudio", notify: Callable[..., None]
    ) -> None:
        self._connected = connected
        self._server, self._start_again = local
        self._notify = notify
        self._is_requested = asyncio.Event()

    def request_restart(self) -> None:
        """Restart the server now if it is not running."""
        self._is_requested.set()

    async def run(self) -> None:
        """Watch the server and restart it, until canceled."""
        while True:
            await self._server.until_gone()
            if await asyncio.to_thread(lambda: self._server.was_stopped):
                self._warn(STOPPED)
                await self._wait_for_request()
            else:
                self._warn(DIED)
            while not await self._restart():
                await self._wait_for_request()

    async def _wait_for_request(self) -> None:
        """Return once the user requests a restart, or another program has restarted the server."""
        self._is_requested.clear()
        self._connected.session.is_restarting = False
        try:
            while not self._is_requested.is_set():
                if await asyncio.to_thread(lambda: self._server.runs):
                    return
                await wait_for(self._is_requested, CHECK_EVERY)
        finally:
            self._connected.session.is_restarting = True

    def _warn(self, words: str) -> None:
        self._notify(words, severity="warning", markup=False)

    async def _restart(self) -> bool:
        """Start the server, and return whether it runs."""
        session = self._connected.session
        try:
            settings = await asyncio.to_thread(self._start_again)
        except StudioError as error:
            self._warn(str(error))
            self._warn(TRY)
            return False
        await session.client.renew(settings)
        had_running_jobs = self._connected.may_have_running_jobs
        session.refresh()
        self._warn(BACK + (JOBS_KEPT_RUNNING if had_running_jobs else "."))
        return True


async def read_again(app: App[Any], connected: "Connected", form: WelcomeScreen | None) -> bool:
    """Apply changed settings, poll Studio at once, and close the form if it is open.

    An error is shown on the form, or in a notification. Return whether the settings name another
    Studio or team, which needs a new connection.
    """
    try:
        settings = await asyncio.to_thread(connected.read_again) if connected.read_again else None
    except StudioError as error:
        if form is not None:
            form.show_problem(str(error))
        else:
            app.notify(str(error), severity="error", markup=False)
        return False
    if settings is not None:
        if (settings.url, settings.team) != (connected.session.client.url, connected.team):
            return True
        await connected.session.client.renew(settings)
    elif form is not None and (error_words := await _request_error(connected)):
        form.show_problem(f"The settings have not changed. {error_words}")
        return False
    if form is not None:
        form.dismiss()
    connected.session.refresh()
    if connected.restartable is not None:
        # A local Studio that runs but does not answer is not restarted, so the user must know.
        try:
            url = connected.session.client.url
            await asyncio.to_thread(connected.restartable.server.verify, url)
        except NotSent as error:
            if error.brief == NO_ANSWER:
                app.notify(str(error), severity="warning", markup=False)
    return False
