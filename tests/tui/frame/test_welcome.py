from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr
from textual.widgets import Input, Static

from studio_tui.api.client import StudioClient
from studio_tui.errors import ConfigError, NoCredentials
from studio_tui.local.config.data_dir import DataDir
from studio_tui.service.session import SessionOptions, StudioSession
from studio_tui.settings import Settings
from studio_tui.tui.app import StudioApp
from studio_tui.tui.connected import Connected
from studio_tui.tui.frame.choices import Choice, LocalChoice, TeamChoice, TokenChoice
from studio_tui.tui.frame.welcome import WelcomeScreen
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.theme import DARK
from tests import waiting
from tests.driving import driving
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, screen_text, until, until_shown


@asynccontextmanager
async def run_without_credentials(
    studio: ThreadStudio, folder: Path, chosen: list[Choice | None]
) -> AsyncIterator[Dashboard]:
    """Run the dashboard without credentials; each valid choice in the form leads to `studio`."""

    def connect(choice: Choice | None) -> Connected:
        chosen.append(choice)
        if choice is None:
            raise NoCredentials("No Studio token is set.")
        token = choice.token if isinstance(choice, TokenChoice) else studio.token
        if token != studio.token:
            raise ConfigError("This is no token of Studio's.")
        settings = Settings(url=studio.url, team=studio.team, token=SecretStr(token))
        session = StudioSession(
            StudioClient(settings), studio.team, folder / "spool", SessionOptions(is_local=True)
        )
        return Connected(session, "local@test", studio.team, folder / "view.json")

    app = StudioApp(connect, theme=DARK.name, waiting_for="Connecting…")
    async with driving(app, size=(80, 24), frames=False, notifications=True) as pilot:
        await until(pilot, lambda: isinstance(app.screen, WelcomeScreen))
        await pilot.pause()
        yield pilot


async def test_the_form_names_its_keys_and_key_1_opens_the_local_studio(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    chosen: list[Choice | None] = []
    async with run_without_credentials(studio, tmp_path, chosen) as pilot:
        await until_shown(pilot, "Welcome to studio-tui", "It is not a sandbox")
        await until_shown(pilot, "1 local Studio  2 use a token")
        await pilot.press("2")
        await until_shown(pilot, "enter connect  tab next field")
        await pilot.press("escape")
        await until_shown(pilot, "1 local Studio  2 use a token")
        await pilot.press("1")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
    assert chosen[0] is None
    assert isinstance(chosen[1], LocalChoice)


async def test_wrong_settings_end_the_program_with_exit_code_2() -> None:
    def connect(_choice: Choice | None) -> Connected:
        raise ConfigError("Plain http is only for this machine.")

    app = StudioApp(connect, theme=DARK.name, waiting_for="Connecting…")
    async with driving(app, size=(80, 24), frames=False):
        await waiting.until(lambda: app.return_code is not None)
    assert app.return_code == 2


async def test_the_typed_token_is_hidden_and_a_wrong_token_clears_no_field(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    async with run_without_credentials(studio, tmp_path, []) as pilot:
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
async def test_the_welcome_screen_can_be_quit(
    studio: ThreadStudio, tmp_path: Path, key: str
) -> None:
    async with run_without_credentials(studio, tmp_path, []) as pilot:
        await pilot.press(key)
        await until(pilot, lambda: not pilot.app.is_running)


class Connector:
    """Connects a dashboard with settings that a test can change while the dashboard runs."""

    def __init__(self, studio: ThreadStudio, folder: Path, *, team: str, token: str) -> None:
        self.settings = Settings(url=studio.url, team=team, token=SecretStr(token))
        self.chosen: list[Choice | None] = []
        self._last_read = self.settings
        self._folder = folder

    def connect(self, choice: Choice | None) -> Connected:
        self.chosen.append(choice)
        settings = self.settings
        if isinstance(choice, TeamChoice):
            settings = replace(settings, team=choice.team)
        if isinstance(choice, TokenChoice):
            token = SecretStr(choice.token)
            settings = replace(settings, url=choice.url, team=choice.team, token=token)
        client = StudioClient(settings)
        session = StudioSession(
            client, settings.team, self._folder / "spool", SessionOptions(is_local=True)
        )
        view = self._folder / "view.json"
        return Connected(session, "mine@test", settings.team, view, read_again=self.read_again)

    def read_again(self) -> Settings | None:
        before, self._last_read = self._last_read, self.settings
        return None if before == self._last_read else self._last_read


@asynccontextmanager
async def run_dashboard(connector: Connector) -> AsyncIterator[Dashboard]:
    app = StudioApp(connector.connect, theme=DARK.name, waiting_for="Connecting…")
    async with driving(app, size=(80, 24), frames=False, notifications=True) as pilot:
        yield pilot


def change_token(studio: ThreadStudio, token: str) -> str:
    """Restart a Studio with another token; return its previous token."""
    studio.kill()
    token_file = DataDir(studio.data_dir).token
    old_token = token_file.read_text()
    token_file.write_text(f"{token.strip()}\n")
    studio.restart()
    return old_token


async def test_a_wrong_team_opens_the_form_with_the_teams_that_studio_names(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    connector = Connector(studio, tmp_path, team="visoin-of-a-long-name", token=studio.token)
    async with run_dashboard(connector) as pilot:
        await until_shown(pilot, "the only one is local", "Teams of your token: local.")
        await until(pilot, lambda: pilot.app.focused is not None)
        address = pilot.app.screen.query_one("#url", Input)
        typed, address.value = address.value, "https://elsewhere.example.com"
        await pilot.press("enter")
        # The token in use is not sent to another Studio.
        await until_shown(pilot, "Still needed: token")
        assert connector.chosen == [None]
        address.value = typed
        await pilot.press("enter")
        await until_shown(pilot, "No jobs yet")
    assert connector.chosen == [None, TeamChoice("local")]


async def test_every_list_shows_the_whole_message_about_a_wrong_team(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    connector = Connector(studio, tmp_path, team="visoin-of-a-long-name", token=studio.token)
    async with run_dashboard(connector) as pilot:
        await until_shown(pilot, "Teams of your token: local.")
        await pilot.press("escape")
        for key in "1234":
            await pilot.press(key)
            await until(
                pilot, lambda: "the only one is local." in " ".join(screen_text(pilot).split())
            )


async def test_the_form_offers_known_data_after_a_token_change_and_ctrl_r_reads_the_new_token(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.wait_for_end(studio.submit("print(1)", query_name="known.py")["id"])
    connector = Connector(studio, tmp_path, team=studio.team, token=studio.token)
    async with run_dashboard(connector) as pilot:
        await until_shown(pilot, "known.py")
        change_token(studio, "another-token-1")
        await until_shown(pilot, "esc shows the last", "known data.")
        connector.settings = replace(connector.settings, token=SecretStr(studio.token))
        await pilot.press("ctrl+r")
        await until_shown(pilot, "known.py", "live")


async def test_a_wrong_token_in_the_form_loses_neither_typed_text_nor_known_data(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.wait_for_end(studio.submit("print(1)", query_name="known.py")["id"])
    connector = Connector(studio, tmp_path, team=studio.team, token=studio.token)
    async with run_dashboard(connector) as pilot:
        await until_shown(pilot, "known.py")
        change_token(studio, "another-token-1")
        await until_shown(pilot, "esc shows the last", "known data.")
        await until(pilot, lambda: isinstance(pilot.app.screen, WelcomeScreen))
        form = pilot.app.screen
        await until(pilot, lambda: form.query_one("#token", Input).has_focus)
        await pilot.press(*"no-such-token", "enter")
        await until(pilot, lambda: "refused" in str(form.query_one("#problem", Static).content))
        assert pilot.app.screen is form
        assert form.query_one("#token", Input).value == "no-such-token"
        await pilot.press("escape")
        await until_shown(pilot, "known.py", "token refused since")


async def test_the_form_for_a_refused_token_opens_once_and_not_on_every_page(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    connector = Connector(studio, tmp_path, team=studio.team, token="no-token-of-this-studio-1")
    async with run_dashboard(connector) as pilot:
        await until_shown(pilot, "Connect to Studio", "Studio refused the token")
        await pilot.press("escape")
        for key in "2345":
            await pilot.press(key)
            await until_shown(pilot, "token refused since")
        await pilot.press("1", "ctrl+r")
        await until_shown(pilot, "Connect to Studio")


async def test_the_form_stays_open_without_studio_and_ctrl_r_reads_a_corrected_token(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    connector = Connector(studio, tmp_path, team=studio.team, token="no-token-of-this-studio-1")
    async with run_dashboard(connector) as pilot:
        await until_shown(pilot, "Connect to Studio", "Studio refused the token")
        await until_shown(pilot, "Polling has stopped.", "enter connect  tab next field")
        assert "known data" not in screen_text(pilot)
        assert "1  The local Studio" not in screen_text(pilot)
        await until(pilot, lambda: isinstance(pilot.app.screen, WelcomeScreen))
        form = pilot.app.screen
        await until(pilot, lambda: form.query_one("#token", Input).has_focus)
        await pilot.press(*"some-token")
        for typed in ("http://127.0.0.1:1", "http://127.0.0.1:1/elsewhere"):
            form.query_one("#url", Input).value = typed
            form.query_one("#problem", Static).update("")
            await pilot.press("enter")
            await until(
                pilot, lambda: "127.0.0.1" in str(form.query_one("#problem", Static).content)
            )
            assert pilot.app.screen is form, typed
            assert form.query_one("#url", Input).value == typed
        count = len(connector.chosen)
        await pilot.press("ctrl+r")
        await until_shown(pilot, "The settings have not changed.")
        connector.settings = replace(connector.settings, token=SecretStr(studio.token))
        await pilot.press("ctrl+r")
        await until_shown(pilot, "No jobs yet")
        assert len(connector.chosen) == count


async def test_ctrl_r_connects_to_a_changed_address_after_a_typed_address_failed(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    connector = Connector(studio, tmp_path, team=studio.team, token="no-token-of-this-studio-1")
    async with run_dashboard(connector) as pilot:
        await until_shown(pilot, "Connect to Studio", "Studio refused the token")
        await until(pilot, lambda: isinstance(pilot.app.screen, WelcomeScreen))
        form = pilot.app.screen
        await until(pilot, lambda: form.query_one("#token", Input).has_focus)
        await pilot.press(*"some-token")
        form.query_one("#url", Input).value = "http://127.0.0.1:1"
        await pilot.press("enter")
        await until(pilot, lambda: "127.0.0.1" in str(form.query_one("#problem", Static).content))
        elsewhere = studio.url.replace("127.0.0.1", "localhost")
        token = SecretStr(studio.token)
        connector.settings = replace(connector.settings, url=elsewhere, token=token)
        await pilot.press("ctrl+r")
        await until_shown(pilot, "No jobs yet")
        assert connector.chosen[-1] is None, "the settings were used, and not the typed address"


async def test_ctrl_r_connects_once_studio_accepts_the_unchanged_token_again(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    connector = Connector(studio, tmp_path, team=studio.team, token=studio.token)
    old_token = change_token(studio, "another-token-1")
    async with run_dashboard(connector) as pilot:
        await until_shown(pilot, "Connect to Studio", "Studio refused the token")
        await pilot.press("ctrl+r")
        await until_shown(pilot, "The settings have not changed.")
        change_token(studio, old_token)
        await pilot.press("ctrl+r")
        await until_shown(pilot, "No jobs yet")
