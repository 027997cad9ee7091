"""The palette and the lists to choose from, whose keys may come before they are laid out."""

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
from studio_tui.tui.palette import PagedPalette, match_words
from studio_tui.tui.pipelines.list_screen import PipelinesScreen
from studio_tui.tui.widgets.option_lists import OptionChoice, PaletteChoice
from tests.driving import driving
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, screen_text, until, until_shown
from tests.tui.widgets.slow_leaver import SlowLeaver
from tests.waiting import HANG

PAGES = ("pagedown", "pageup")


class Unseen(App[None]):
    """Holds a list that has no room."""

    def __init__(self, options: OptionList) -> None:
        super().__init__()
        self.options = options

    def compose(self) -> ComposeResult:
        self.options.display = False
        yield self.options


async def test_a_key_in_the_palette_before_its_list_is_there_or_laid_out_is_no_error(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        for key in PAGES:
            for each in ("ctrl+p", key, key, "up", key):
                pilot.app.post_message(events.Key(each, None))
            await until(pilot, lambda: isinstance(pilot.app.screen, CommandPalette))
            await until(pilot, lambda: has_cursor(pilot.app.screen))
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


def has_cursor(palette: Screen[object]) -> bool:
    return any(each.highlighted is not None for each in palette.query(CommandList))


async def test_the_palette_looks_the_same_after_the_help_was_opened(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async def list_of_palette(pilot: Dashboard) -> tuple[object, ...]:
        await pilot.press("ctrl+p")
        await until(pilot, lambda: pilot.app.screen.query_one(CommandList).option_count > 0)
        await pilot.pause()
        options = pilot.app.screen.query_one(CommandList)
        await pilot.press("escape")
        return options.region, options.styles.border, options.styles.max_height

    async with dashboard(shared_studio, tmp_path) as pilot:
        before = await list_of_palette(pilot)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        await pilot.press("escape")
        assert await list_of_palette(pilot) == before


async def test_the_palette_shows_commands_first_finds_other_words_and_does_what_is_chosen(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        await pilot.press("ctrl+p")
        await until_shown(pilot, "key: ")
        rows = pilot.app.screen.query_one(CommandList).options
        titles = [str(row.prompt).split("\n")[0] for row in rows]
        assert titles.index("Theme") > titles.index("Quit the dashboard") > 0
        assert "Quit" not in titles
        await pilot.press(*"terminate")
        await until_shown(pilot, "Cancel the job, after confirmation")
        await pilot.press(*["backspace"] * len("terminate"), *"show the clusters")
        await until_shown(pilot, "key: 3")
        palette = pilot.app.screen
        assert isinstance(palette.query_one(CommandList), PaletteChoice)
        await pilot.press("down", "pagedown", "enter")
        if pilot.app.screen is palette:
            await pilot.press("enter")
        await until(pilot, lambda: type(pilot.app.screen).__name__ == "ClustersScreen")


async def test_every_list_of_the_palette_is_paged_before_it_is_laid_out(
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


@pytest.mark.parametrize("way", [1, -1])
async def test_a_page_of_a_list_without_room_is_a_row(way: int) -> None:
    options = OptionChoice(*(Option(str(number)) for number in range(5)))
    app = Unseen(options)
    async with driving(app):
        options.highlighted = 2
        (options.action_page_down if way > 0 else options.action_page_up)()
        assert options.highlighted == 2 + way


@pytest.mark.parametrize("kind", [OptionList, CommandList])
async def test_textual_itself_still_needs_this(kind: type[OptionList]) -> None:
    """Once this fails, the lists of ours can go: Textual pages through lists without room."""
    options = kind(*(Option(str(number)) for number in range(5)))
    app = Unseen(options)
    async with driving(app):
        options.highlighted = 2
        with pytest.raises(KeyError):
            options.action_page_down()  # type: ignore[no-untyped-call]


async def test_the_palette_opens_again_while_the_one_before_it_is_on_its_way_out(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        await pilot.press("ctrl+p")
        first, slow = pilot.app.screen, SlowLeaver()
        assert isinstance(first, PagedPalette)
        await first.mount(slow)
        first.dismiss()
        pilot.app.action_command_palette()
        slow.let_go()
        await until(pilot, lambda: isinstance(pilot.app.screen, PagedPalette))
        assert pilot.app.screen is not first


async def test_no_palette_comes_over_a_question_also_with_one_below_it(
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


async def test_an_unknown_key_says_once_that_it_does_nothing(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    def said() -> list[str]:
        return [each.message for each in pilot.app._notifications]

    async with dashboard(shared_studio, tmp_path) as pilot:
        for key, name in (
            ("f12", "f12"),
            ("semicolon", ";"),
            ("inverted_exclamation_mark", "¡"),
            ("日", "日"),
        ):
            await pilot.press(key, key, "j")
            assert said() == [f"{name} does nothing here; ? lists the keys"]
            pilot.app.clear_notifications()


async def test_many_unknown_keys_leave_one_notice(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        await pilot.press("semicolon", "¡", "f12", "j")
        words = "f12 does nothing here; ? lists the keys"
        await until(pilot, lambda: [each.message for each in pilot.app._notifications] == [words])


async def test_notices_go_with_the_screen_they_are_about_and_never_cover_the_tabs(
    shared_studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio_tui.tui.app, "QUIT_WITHIN", HANG)
    async with dashboard(shared_studio, tmp_path, size=(80, 24)) as pilot:
        pilot.app.NOTIFICATION_TIMEOUT = HANG  # type: ignore[misc] # they end by nothing else
        # Of a key that nothing handles, and of a command that is not available.
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
            pilot.app.notify(f"notice {number}\nof {number}\nlines", markup=False, timeout=HANG)
        await until_shown(pilot, "notice 16", "notice 19")
        assert [line[:60] for line in screen_text(pilot).splitlines()[:2]] == [
            line[:60] for line in top
        ]
        assert "notice 15" not in screen_text(pilot)


@pytest.mark.parametrize(
    ("typed", "text", "fits"),
    [
        ("sort", "Choose the order sort", True),
        ("order choose", "Choose the order", True),
        ("canc", "Cancel the job", True),
        ("cncl", "Cancel the job", True),
        ("rder", "Choose the order", True),
        ("sord", "Show the datasets: who made them, what is out of date", False),
        ("cancel pipeline", "Cancel the job", False),
        ("", "Cancel the job", False),
    ],
)
def test_typed_words_fit_words_and_not_letters_of_several(
    typed: str, text: str, *, fits: bool
) -> None:
    assert bool(match_words(typed, text).score) is fits


def test_whole_words_are_found_first_then_beginnings_middles_and_abbreviations() -> None:
    ways = ("resume", "re", "su", "rsm")
    scores = [match_words(typed, "the run, resume").score for typed in ways]
    assert sorted(scores, reverse=True) == scores
    assert len(set(scores)) == len(ways)
    assert match_words("run", "the run, resume") == match_words("run", "the (run)")._replace(
        spans=((4, 7),)
    )


def test_the_first_word_counts_most_but_less_than_how_well_a_word_fits() -> None:
    texts = (
        "Remove all marks",
        "Show the logs of the marked jobs",
        "Mark all from the last mark to here",
        "Show the mark",
        "Marked rows",
    )
    order = sorted(texts, key=lambda text: match_words("mark", text).score, reverse=True)
    assert order == [texts[2], texts[3], texts[4], texts[0], texts[1]]


@pytest.mark.parametrize(
    ("typed", "lit"),
    [("log", ["log"]), ("logs show", ["logs", "Show"]), ("og", ["og"]), ("shw", ["S", "h", "w"])],
)
def test_what_fits_is_lit_and_no_letters_of_other_words(typed: str, lit: list[str]) -> None:
    text = "Show all of the logs"
    assert [text[start:end] for start, end in match_words(typed, text).spans] == lit
