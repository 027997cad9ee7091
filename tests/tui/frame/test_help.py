from operator import contains
from pathlib import Path

from textual import events
from textual.widgets import Input, OptionList

from studio_tui.tui.clusters.list_screen import ClustersScreen
from studio_tui.tui.frame.actions import actions_of
from studio_tui.tui.frame.help import HelpScreen
from studio_tui.tui.frame.page import Page
from tests.studios import ThreadStudio
from tests.tui.dashboards import dashboard, until, until_shown


async def test_the_help_is_paged_by_keys_and_wraps_explanations_in_their_column(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        for size in ((120, 40), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.press("question_mark")
            await until_shown(pilot, "Keys of this screen", "Show the job's log")
            options = pilot.app.screen.query_one(OptionList)
            await until(pilot, lambda: options.highlighted == 0)  # noqa: B023 (called here)
            width = options.scrollable_content_region.width
            lines = [options.render_line(y).text for y in range(options.size.height)]
            assert all(len(line.rstrip()) <= width for line in lines), size
            non_blank = [line for line in lines if line.strip()]
            assert all(line[16:18] == "  " and line[18] != " " for line in non_blank[:-1]), size
            if size == (120, 40):
                await pilot.press("escape")
        await pilot.press("pagedown")
        await until(pilot, lambda: (options.highlighted or 0) > 5 and options.scroll_y > 0)
        await pilot.press("pageup")
        await until(pilot, lambda: options.highlighted == 0)
        await pilot.press("end")
        await until(pilot, lambda: options.highlighted == options.option_count - 1)
        await pilot.press("home")
        await until(pilot, lambda: options.highlighted == 0)


async def test_the_help_takes_keys_before_its_first_layout_and_keeps_the_selection_when_resized(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        for key in ("question_mark", "down", "down"):
            pilot.app.post_message(events.Key(key, None))
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        options = pilot.app.screen.query_one(OptionList)
        await until(pilot, lambda: options.highlighted == 2)
        wrapped = options.get_option_at_index(0)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: options.get_option_at_index(0) is not wrapped)
        assert options.highlighted == 2


async def test_the_commands_of_all_pages_are_enabled_on_empty_lists_and_explained(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        for key in "12345":
            await pilot.press(key)
            common = [action for action in actions_of(pilot.app.screen) if action.rank > 0]
            assert len(common) > 5, key
            assert [action for action in common if not action.explanation[0].isupper()] == [], key
            assert [action for action in common if not action.enabled] == [], key


async def test_the_help_lists_the_keys_of_the_footer_first(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        for key in "1236":
            await pilot.press(key)
            page = pilot.app.screen
            assert isinstance(page, Page)
            texts = [part.text.strip() for part in page.key_bar.left if part.look != "key"]
            labels = ["back" if text == "quit" else text for text in texts if text]
            actions = actions_of(page)
            in_footer = [each.label for each in actions if each.enabled and each.rank < 0]
            assert in_footer == labels, key


def has_options(options: OptionList, expected: list[str]) -> bool:
    """Whether the list has exactly these options, by words in their prompts."""
    prompts = [str(option.prompt) for option in options.options]
    return len(prompts) == len(expected) and all(map(contains, prompts, expected))


async def test_the_help_finds_a_key_by_its_words_in_any_order_and_by_synonyms(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        screen = pilot.app.screen
        assert isinstance(screen, HelpScreen)
        options = screen.query_one(OptionList)
        for typed, expected in (
            ("resubmit", ["Run the job again as it was", "Change the query in $EDITOR, then"]),
            ("job again as", ["Run the job again as it was"]),
            ("AGAIN run as it", ["Run the job again as it was"]),
            ("kill", ["Cancel the job, after confirmation"]),
        ):
            await pilot.press(*typed)
            await until(pilot, lambda expected=expected: has_options(options, expected))  # type: ignore[misc]
            await pilot.press(*["backspace"] * len(typed))
        await pilot.press(*"zzq")
        await until_shown(pilot, "No key of this screen matches “zzq”.")
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, HelpScreen)
        # A clicked option is run even if the list changes before its message is handled.
        await pilot.press(*["backspace"] * 3)
        explanations = [action.explanation for action in screen._actions]
        await until(pilot, lambda: options.option_count == len(explanations))
        options.highlighted = explanations.index("Show the clusters")
        options.action_select()
        screen.query_one(Input).value = "nothing that any key does"
        await until(pilot, lambda: isinstance(pilot.app.screen, ClustersScreen))
