from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from studio_tui.api.client import StudioClient
from studio_tui.errors import ConfigError, NoCredentials
from studio_tui.service.session import StudioSession
from studio_tui.settings import Settings
from studio_tui.tui.app import StudioApp
from studio_tui.tui.connected import Connected
from studio_tui.tui.frame.opening import Choice, LocalChoice, TokenChoice
from studio_tui.tui.frame.welcome import WelcomeScreen
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.theme import DARK
from tests.driving import driving
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, screen_text, until, until_shown


@asynccontextmanager
async def stranger(
    studio: ThreadStudio, folder: Path, chosen: list[Choice | None]
) -> AsyncIterator[Dashboard]:
    """Run the dashboard without credentials; either choice leads to `studio`."""

    def connect(choice: Choice | None) -> Connected:
        chosen.append(choice)
        if choice is None:
            raise NoCredentials("No Studio token is set.")
        token = choice.token if isinstance(choice, TokenChoice) else studio.token
        if token != studio.token:
            raise ConfigError("This is no token of Studio's.")
        settings = Settings(url=studio.url, team=studio.team, token=SecretStr(token))
        session = StudioSession(StudioClient(settings), studio.team, folder / "spool", near=True)
        return Connected(session, "local@test", studio.url, studio.team, folder / "view.json")

    app = StudioApp(connect, theme=DARK.name, waiting_for="Connecting…")
    async with driving(app, size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: isinstance(app.screen, WelcomeScreen))
        await pilot.pause()
        yield pilot


async def test_one_key_leads_to_the_local_studio(studio: ThreadStudio, tmp_path: Path) -> None:
    chosen: list[Choice | None] = []
    async with stranger(studio, tmp_path, chosen) as pilot:
        await until_shown(pilot, "Welcome to studio-tui", "It is no sandbox")
        await pilot.press("1")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
    assert chosen == [None, LocalChoice()]


async def test_a_token_is_typed_unseen_and_nothing_typed_is_lost_when_it_is_wrong(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    async with stranger(studio, tmp_path, []) as pilot:
        await pilot.press("2")
        await pilot.press("enter")
        await until_shown(pilot, "Still needed: team, token")
        await pilot.press(*"vision", "tab", *"canary", "enter")
        await until_shown(pilot, "This is no token of Studio's.", "vision")
        assert "canary" not in screen_text(pilot)
        for _ in "canary":
            await pilot.press("backspace")
        await pilot.press(*studio.token, "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_a_stranger_can_leave(studio: ThreadStudio, tmp_path: Path, key: str) -> None:
    async with stranger(studio, tmp_path, []) as pilot:
        await pilot.press(key)
        await until(pilot, lambda: not pilot.app.is_running)
