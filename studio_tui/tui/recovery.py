"""Recovery from a refused token and a lost Studio: forms, reading settings again, restarting."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import App

from studio_tui.errors import StudioError, TokenOriginChanged
from studio_tui.service.polling.poller import wait_for
from studio_tui.tui.frame.choices import TrustChoice
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.frame.request_notices import RESTART
from studio_tui.tui.frame.welcome import WelcomeScreen
from studio_tui.tui.messages import TeamRefused
from studio_tui.tui.widgets.workers import start_worker

if TYPE_CHECKING:
    from studio_tui.tui.connected import Connected, RestartableStudio
    from studio_tui.tui.messages import TokenRefused


def show_form(app: App[Any], connected: "Connected", refused: "TokenRefused | TeamRefused") -> None:
    """Open the form for another token or team.

    It says whether there is something to go back to, so what is on disk is read first.
    """
    showing = partial(_show_form, app, connected, refused)
    start_worker(app, showing, name="refused", group="poll")


async def _show_form(
    app: App[Any], connected: "Connected", refused: "TokenRefused | TeamRefused"
) -> None:
    await connected.session.recalled.wait()
    app.push_screen(_form(connected, refused))


def _form(connected: "Connected", refused: "TokenRefused | TeamRefused") -> WelcomeScreen:
    """Return the form for another token, or for one of the teams that Studio names."""
    url, team = connected.session.client.url, connected.team
    knows, back = connected.session.knows_anything, "esc shows the last known data"
    if isinstance(refused, TeamRefused):
        why = f"{refused.why} Choose another team, or {back}." if knows else refused.why
        return WelcomeScreen(why, url=url, team=team, teams=refused.teams)
    stopped = f"Polling has stopped; {back}." if knows else "Polling has stopped."
    return WelcomeScreen(f"{refused.why} {stopped}", url=url, team=team)


async def is_refused(connected: "Connected", form: WelcomeScreen) -> bool:
    """Return whether the Studio chosen in the form does not answer; show why on the form."""
    if why := await _refusal(connected):
        await connected.session.client.aclose()
        form.show_problem(why)
    return bool(why)


async def _refusal(connected: "Connected") -> str:
    """Send the cheapest request to a Studio; return the error, empty if it answers."""
    try:
        await connected.session.client.clusters()
    except StudioError as error:
        return str(error)
    return ""


async def ask_trust(app: App[Any], error: TokenOriginChanged) -> TrustChoice | None:
    """Ask before sending the token to a Studio from a project's settings; `None` is a no."""
    question = Confirm(
        "Send your token to another Studio?",
        (str(error), "", f"  stored for  {error.trusted_url}", f"  would go to {error.url}"),
        yes="Send it there",
        no="Leave",
    )
    return TrustChoice(error.url) if await app.push_screen_wait(question) else None


CHECK_EVERY = 0.5
"""Seconds between checks whether a lost Studio was restarted by another program."""

DIED = "The local Studio has died. Starting it again…"
STOPPED = f"The local Studio was stopped. {RESTART}"
TRY = "ctrl+r tries to start the local Studio again."
BACK = "The local Studio runs again"
JOBS_KEPT_RUNNING = "; its jobs kept running."


@dataclass(frozen=True, slots=True)
class Renewal:
    """The result of reading the settings again."""

    is_elsewhere: bool = False
    """Whether they are for another Studio or team, which needs a new connection."""
    problem: str = ""
    """Why the connection was not renewed, a safe sentence; empty if it was."""


class Restarter:
    """Restarts a local Studio that has died, once each time."""

    def __init__(
        self,
        connected: "Connected",
        local: "RestartableStudio",
        notify: Callable[..., None],
    ) -> None:
        """Watch `local`, whose address may change with a restart."""
        self._connected = connected
        self._server, self._start_again = local
        self._notify = notify
        self._wanted = asyncio.Event()

    def want(self) -> None:
        """Restart it now if it is left to the user, as after a stop."""
        self._wanted.set()

    async def run(self) -> None:
        """Watch and restart it until canceled."""
        while True:
            await self._server.until_gone()
            if await asyncio.to_thread(lambda: self._server.was_stopped):
                self._warn(STOPPED)
                await self._until_wanted()
            else:
                self._warn(DIED)
            while not await self._is_back():
                await self._until_wanted()

    async def _until_wanted(self) -> None:
        """Return once the user wants a restart, or another program has restarted it."""
        self._wanted.clear()
        while not self._wanted.is_set() and not await asyncio.to_thread(lambda: self._server.runs):
            await wait_for(self._wanted, CHECK_EVERY)

    def _warn(self, words: str) -> None:
        self._notify(words, severity="warning", markup=False)

    async def _is_back(self) -> bool:
        try:
            settings = await asyncio.to_thread(self._start_again)
        except StudioError as error:
            self._warn(str(error))
            self._warn(TRY)
            return False
        await self._connected.session.client.renew(settings)
        had_running_jobs = self._connected.may_have_running_jobs
        self._connected.session.refresh()
        self._warn(BACK + (JOBS_KEPT_RUNNING if had_running_jobs else "."))
        return True


async def read_again(connected: "Connected", form: WelcomeScreen | None) -> Renewal:
    """Read the settings again and apply them; with a form, also check that Studio answers."""
    try:
        fresh = await asyncio.to_thread(connected.read_again) if connected.read_again else None
    except StudioError as error:
        return Renewal(problem=str(error))
    if fresh is None:
        why = await _refusal(connected) if form is not None else ""
        return Renewal(problem=f"The settings have not changed. {why}" if why else "")
    if (fresh.url, fresh.team) != (connected.session.client.url, connected.team):
        return Renewal(is_elsewhere=True)
    await connected.session.client.renew(fresh)
    return Renewal()
