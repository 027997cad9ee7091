"""What is done about settings that Studio refuses: forms over what is known, and reading again."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_tui.errors import StudioError
from studio_tui.tui.frame.welcome import WelcomeScreen

if TYPE_CHECKING:
    from studio_tui.tui.connected import Connected
    from studio_tui.tui.messages import TeamRefused, TokenRefused


def token_form(connected: "Connected", refused: "TokenRefused") -> WelcomeScreen:
    """Return the form for another token."""
    known = "; esc goes back to what was known" if connected.session.knows_anything else ""
    why = f"{refused.why} Everything has stopped{known}."
    return WelcomeScreen(why, url=connected.url, team=connected.team)


def team_form(connected: "Connected", refused: "TeamRefused") -> WelcomeScreen:
    """Return the form for another team, with those that Studio names."""
    url, team = connected.url, connected.team
    return WelcomeScreen(refused.why, url=url, team=team, teams=refused.teams)


@dataclass(frozen=True, slots=True)
class Mended:
    """What came of reading the settings again."""

    is_elsewhere: bool = False
    """Whether they lead to another Studio or team now, so that all begins anew."""
    problem: str = ""
    """Why nothing is asked again, a safe sentence; empty when it is."""


async def read_again(connected: "Connected", form: WelcomeScreen | None) -> Mended:
    """Read the settings again and go on with them; without a form that is open also as they are."""
    try:
        fresh = await asyncio.to_thread(connected.read_again) if connected.read_again else None
    except StudioError as error:
        return Mended(problem=str(error))
    if fresh is None:
        return Mended(problem="The settings are as they were." if form is not None else "")
    if (fresh.url, fresh.team) != (connected.url, connected.team):
        return Mended(is_elsewhere=True)
    await connected.session.client.renew(fresh)
    return Mended()
