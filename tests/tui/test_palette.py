"""The command palette and its lists, and the notices about keys that do nothing."""

from itertools import product
from pathlib import Path

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.command import CommandList, CommandPalette
from textual.screen import Screen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

import studio_tui.tui.app
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.frame.help import HelpScreen
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.palette import PagedPalette
from studio_tui.tui.pipelines.list_screen import PipelinesScreen
from studio_tui.tui.pipelines.rebuild_form import RebuildForm
from studio_tui.tui.schedules.list_screen import SchedulesScreen
from studio_tui.tui.widgets.option_lists import OptionChoice, PaletteChoice
from tests.driving import driving
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, notices, screen_text, until, until_shown
from tests.tui.widgets.slow_leaver import SlowLeaver
from tests.waiting import HANG

PAGES = ("pagedown", "pageup")


class HiddenListApp(App[None]):
    """An app with a hidden list."""

    def __init__(self, options: OptionList) -> None:
        super().__init__()
        self.options = options

    def compose(self) -> ComposeResult:
        self.options.display = False
        yield self.options


async def test_the_palette_accepts_keys_before_its_list_is_mounted_or_laid_out(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        for page_key in PAGES:
            for key in ("ctrl+p", page_key, page_key, "up", page_key):
                pilot.app.post_message(events.Key(key, None))
            await until(pilot, lambda: isinstance(pilot.app.screen, CommandPalette))
            await until(pilot, lambda: is_option_highlighted(pilot.app.screen))
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        for action in ("command_list('page_down')", "cursor_down"):
            palette = PagedPalette(id="--command-palette")
            pilot.app.push_screen(palette)
            assert not palette.query(CommandList)
            await pilot.app.run_action(action, palette)
            await until(pilot, lambda palette=palette: bool(palette.query(CommandList)))  # type: ignore[misc]
            await pilot.press("escape")
            assert pilot.app.screen is not palette, action


def is_option_highlighted(palette: Screen[object]) -> bool:
    return any(each.highlighted is not None for each in palette.query(CommandList))


async def test_the_palette_looks_the_same_after_the_help_was_opened(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async def layout_of_palette(pilot: Dashboard) -> tuple[object, ...]:
        await pilot.press("ctrl+p")
        await until(pilot, lambda: pilot.app.screen.query_one(CommandList).option_count > 0)
        await pilot.pause()
        options = pilot.app.screen.query_one(CommandList)
        await pilot.press("escape")
        return options.region, options.styles.border, options.styles.max_height

    async with dashboard(shared_studio, tmp_path) as pilot:
        before = await layout_of_palette(pilot)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        await pilot.press("escape")
        assert await layout_of_palette(pilot) == before


async def test_the_palette_lists_commands_first_finds_synonyms_and_runs_the_chosen_command(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        await pilot.press("ctrl+p")
        await until_shown(pilot, "key: ")
        rows = pilot.app.screen.query_one(CommandList).options
        titles = [str(row.prompt).split("\n")[0] for row in rows]
        assert titles.index("Theme") > titles.index("Quit the dashboard") > 0
        assert not {"Quit", "Keys", "Maximize"} & {*titles}
        await pilot.press(*"terminate")
        await until_shown(pilot, "Cancel the job, after confirmation")
        await pilot.press(*["backspace"] * len("terminate"), *"scr")
        await until_shown(pilot, "Scroll columns to the left")
        rows = pilot.app.screen.query_one(CommandList).options
        titles = [str(row.prompt).split("\n")[0] for row in rows]
        assert titles.index("Screenshot") > titles.index("Scroll columns to the left")
        await pilot.press(*["backspace"] * len("scr"), *"show the clusters")
        await until_shown(pilot, "key: 3")
        palette = pilot.app.screen
        assert isinstance(palette.query_one(CommandList), PaletteChoice)
        await pilot.press("pagedown", "pageup", "enter")
        if pilot.app.screen is palette:
            await pilot.press("enter")
        await until(pilot, lambda: type(pilot.app.screen).__name__ == "ClustersScreen")


async def test_the_palette_finds_commands_of_other_tabs_and_runs_them_there(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:

        async def choose(typed: str, *shown: str) -> None:
            await pilot.press("ctrl+p")
            await until(pilot, lambda: isinstance(pilot.app.screen, PagedPalette))
            await pilot.press(*typed)
            await until_shown(pilot, *shown)
            await pilot.press("enter")

        await choose("rebu", "Pipelines: Rebuild datasets", "key: t, on the tab Pipelines")
        await until(pilot, lambda: isinstance(pilot.app.screen, RebuildForm))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, PipelinesScreen))
        # A command that is disabled there says why.
        await choose("create no runs", "Schedules: Create no runs until resumed")
        await until(pilot, lambda: isinstance(pilot.app.screen, SchedulesScreen))
        await until_shown(pilot, "There is no schedule here")
        # A word of similar tools, which is not among the words shown.
        await choose("hold", "Pipelines: Start no more jobs")
        await until_shown(pilot, "There is no pipeline here")


async def test_every_list_of_the_palette_accepts_page_keys_before_it_is_laid_out(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        app = pilot.app
        for show, key in product((app.action_command_palette, app.search_themes), PAGES):
            show()
            palette = app.screen
            await until(pilot, lambda palette=palette: bool(palette.query(CommandList)))  # type: ignore[misc]
            options = palette.query_one(CommandList)
            options.display = False
            await until(pilot, lambda options=options: options.option_count > 0)  # type: ignore[misc]
            options.highlighted = 0
            app.post_message(events.Key(key, None))
            await pilot.pause()
            assert app.screen is palette, key
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, JobsScreen))


@pytest.mark.parametrize("direction", [1, -1])
async def test_a_page_key_moves_by_one_row_in_a_hidden_list(direction: int) -> None:
    options = OptionChoice(*(Option(str(number)) for number in range(5)))
    app = HiddenListApp(options)
    async with driving(app):
        options.highlighted = 2
        (options.action_page_down if direction > 0 else options.action_page_up)()
        assert options.highlighted == 2 + direction


@pytest.mark.parametrize("kind", [OptionList, CommandList])
async def test_textual_cannot_page_through_a_hidden_list(kind: type[OptionList]) -> None:
    """If this fails, `OptionChoice` and `PaletteChoice` are no longer needed for such lists."""
    options = kind(*(Option(str(number)) for number in range(5)))
    app = HiddenListApp(options)
    async with driving(app):
        options.highlighted = 2
        with pytest.raises(KeyError):
            options.action_page_down()  # type: ignore[no-untyped-call]


async def test_the_palette_opens_again_while_an_earlier_palette_is_being_removed(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        await pilot.press("ctrl+p")
        first, slow = pilot.app.screen, SlowLeaver()
        assert isinstance(first, PagedPalette)
        await first.mount(slow)
        first.dismiss()
        pilot.app.action_command_palette()
        slow.allow_removal()
        await until(pilot, lambda: isinstance(pilot.app.screen, PagedPalette))
        assert pilot.app.screen is not first


async def test_the_palette_does_not_open_over_a_question_even_with_a_palette_below_it(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        for count in (0, 1):
            await pilot.press(*["ctrl+p"] * count)
            question = Confirm("Sure?", (), yes="Yes", no="No")
            pilot.app.push_screen(question)
            await until(pilot, lambda question=question: question.is_alive)  # type: ignore[misc]
            await pilot.press("ctrl+p")
            await pilot.pause()
            assert pilot.app.screen is question
            palettes = [each for each in pilot.app.screen_stack if isinstance(each, PagedPalette)]
            assert len(palettes) == count
            await pilot.press("escape")
            await until(pilot, lambda question=question: pilot.app.screen is not question)  # type: ignore[misc]


async def test_an_unknown_key_that_is_pressed_twice_has_one_notice(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        for key, name in (
            ("f12", "f12"),
            ("semicolon", ";"),
            ("inverted_exclamation_mark", "¡"),
            ("日", "日"),
        ):
            await pilot.press(key, key, "j")
            assert notices(pilot) == [f"{name} does nothing here; ? lists the keys"]
            pilot.app.clear_notifications()


async def test_only_the_last_of_several_unknown_keys_has_a_notice(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        await pilot.press("semicolon", "¡", "f12", "j")
        words = "f12 does nothing here; ? lists the keys"
        await until(pilot, lambda: notices(pilot) == [words])


async def test_a_notice_ends_when_its_screen_is_covered_and_never_covers_the_tabs(
    shared_studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio_tui.tui.app, "QUIT_WITHIN", HANG)
    async with dashboard(shared_studio, tmp_path, size=(80, 24)) as pilot:
        pilot.app.NOTIFICATION_TIMEOUT = HANG  # type: ignore[misc] # so that time does not end them
        # The first key has no command at all, and the second one only in a pipeline.
        for key, words in (("semicolon", "; does nothing here"), ("D", "D does nothing here")):
            await pilot.press(key)
            await until_shown(pilot, words)
            await pilot.press("question_mark")
            await until(pilot, lambda: not pilot.app._notifications)
            await pilot.press("escape")
        await pilot.press("q")
        await until_shown(pilot, "Press q again to quit")
        await pilot.press("2", "1")
        await until(pilot, lambda: not pilot.app._notifications)
        await pilot.press("x")
        await until_shown(pilot, "There is no job here")
        await pilot.press("2")
        await until(pilot, lambda: isinstance(pilot.app.screen, PipelinesScreen))
        await until(pilot, lambda: not pilot.app._notifications)
        top = screen_text(pilot).splitlines()[:2]
        for number in range(20):
            pilot.app.notify(f"notice {number}\nof {number}\nlines", severity="error", markup=False)
        await until_shown(pilot, "notice 16", "notice 19")
        assert [line[:60] for line in screen_text(pilot).splitlines()[:2]] == [
            line[:60] for line in top
        ]
        assert "notice 15" not in screen_text(pilot)
        await pilot.resize_terminal(40, 24)
        pilot.app.notify("continued " * 12, severity="error", markup=False)
        await until(pilot, lambda: screen_text(pilot).count("continued") == 12)


@pytest.mark.parametrize(("keys", "words"), [(["n"], "New job"), (["2", "t"], "Rebuild datasets")])
async def test_ctrl_c_pressed_twice_quits_from_any_page_and_dialog_if_nothing_is_lost(
    shared_studio: ThreadStudio,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    keys: list[str],
    words: str,
) -> None:
    monkeypatch.setattr(studio_tui.tui.app, "QUIT_WITHIN", HANG)
    async with dashboard(shared_studio, tmp_path, size=(80, 24)) as pilot:
        await pilot.press(*keys)
        await until_shown(pilot, words)
        await pilot.press("ctrl+c")
        await until_shown(pilot, "Press ctrl+c again to quit")
        await pilot.press("ctrl+c")
        await until(pilot, lambda: pilot.app.return_code == 0)
