from pathlib import Path
from unittest import mock

import pytest
from textual.app import App, ComposeResult
from textual.color import Color
from textual.css.parse import parse
from textual.filter import ANSIToTruecolor
from textual.screen import ModalScreen
from textual.widgets import Static

from studio_tui.tui.styling import apply_theme, parse_early
from studio_tui.tui.theme import ANSI_LIGHT, DARK, LIGHT, THEMES


class Styled(App[None]):
    """An app whose theme is set before it runs, or by assignment."""

    CSS = "#word { color: $primary; }"

    def __init__(self, theme: str, *, assigned: bool) -> None:
        super().__init__()
        for own in THEMES:
            self.register_theme(own)
        if assigned:
            self.theme = theme
        else:
            apply_theme(self, lambda: theme)

    def compose(self) -> ComposeResult:
        yield Static("word", id="word")


class Dialog(ModalScreen[None]):
    CSS = "#over { background: $accent; }"

    def compose(self) -> ComposeResult:
        yield Static("over", id="over")


def look_of(app: Styled) -> tuple[object, ...]:
    """Return all that a theme determines."""
    (colors,) = (each for each in app._filters if isinstance(each, ANSIToTruecolor))
    word = app.query_one("#word")
    return (
        app.theme,
        app.classes,
        app.native_ansi_color,
        colors.enabled,
        colors._terminal_theme.background_color,
        app.get_css_variables(),
        word.styles.color,
        word.rich_style,
    )


@pytest.mark.parametrize("theme", [DARK.name, LIGHT.name, ANSI_LIGHT])
async def test_a_theme_applied_before_the_start_looks_like_an_assigned_theme(theme: str) -> None:
    looks = []
    for assigned in (True, False):
        app = Styled(theme, assigned=assigned)
        async with app.run_test() as pilot:
            await pilot.pause()
            looks.append(look_of(app))
    assert looks[0] == looks[1]


async def test_a_theme_applied_before_the_start_can_be_changed() -> None:
    app = Styled(DARK.name, assigned=False)
    async with app.run_test() as pilot:
        app.theme = LIGHT.name
        await pilot.pause()
        changed = look_of(app)
    app = Styled(LIGHT.name, assigned=True)
    async with app.run_test() as pilot:
        await pilot.pause()
        assert changed == look_of(app)


async def test_parsed_sheets_are_not_parsed_again_when_a_screen_adds_its_sheet() -> None:
    app = Styled(DARK.name, assigned=False)
    async with app.run_test() as pilot:
        dialog = Dialog()
        with mock.patch("textual.css.stylesheet.parse", wraps=parse) as parsing:
            await app.push_screen(dialog)
            await pilot.pause()
        parsed = [call.args[1] for call in parsing.call_args_list]
        assert parsed.count(Dialog.CSS) == 1
        assert Styled.CSS not in parsed
        assert dialog.query_one("#over").styles.background == Color.parse(str(DARK.accent))


@pytest.mark.parametrize("is_early", [True, False])
async def test_opening_a_screen_whose_sheet_was_parsed_early_restyles_no_other_screen(
    tmp_path: Path, is_early: bool
) -> None:
    sheet = tmp_path / "over.tcss"
    sheet.write_text("#over { background: $accent; }")

    class WithSheet(ModalScreen[None]):
        CSS_PATH = sheet

        def compose(self) -> ComposeResult:
            yield Static("over", id="over")

    app = Styled(DARK.name, assigned=False)
    async with app.run_test():
        if is_early:
            parse_early(app, [sheet])
            parse_early(app, [sheet])
        with mock.patch.object(app.stylesheet, "update", wraps=app.stylesheet.update) as update:
            await app.push_screen(WithSheet())
        assert [call for call in update.call_args_list if call.args == (app,)] == (
            [] if is_early else [mock.call(app)]
        )
        accent = Color.parse(app.get_css_variables()["accent"])
        assert app.screen.query_one("#over").styles.background == accent
