"""The help of a screen, driven by keys."""

from pathlib import Path

import pytest
from textual.widgets import OptionList

from studio_tui.tui.clusters.list_screen import ClustersScreen
from studio_tui.tui.frame.actions import actions_of
from studio_tui.tui.frame.help import HelpScreen
from tests.studios import ThreadStudio
from tests.tui.dashboards import dashboard, until, until_shown


async def test_the_help_is_gone_through_by_the_page(studio: ThreadStudio, tmp_path: Path) -> None:
    async with dashboard(studio, tmp_path, size=(80, 24)) as pilot:
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        options = pilot.app.screen.query_one(OptionList)
        await until(pilot, lambda: options.highlighted == 0)
        await pilot.press("pagedown")
        await until(pilot, lambda: (options.highlighted or 0) > 5 and options.scroll_y > 0)
        await pilot.press("pageup")
        await until(pilot, lambda: options.highlighted == 0)


async def test_the_key_that_was_clicked_is_done_whatever_was_typed_since(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        await pilot.press("question_mark")
        screen = pilot.app.screen
        assert isinstance(screen, HelpScreen)
        options = screen.query_one(OptionList)
        explanations = [action.explanation for action in screen._actions]
        options.highlighted = explanations.index("Show the clusters")
        options.action_select()
        screen._show("nothing that any key does")
        await until(pilot, lambda: isinstance(pilot.app.screen, ClustersScreen))


@pytest.mark.parametrize("key", "12345")
async def test_what_every_page_can_do_can_be_done_where_there_is_nothing(
    studio: ThreadStudio, tmp_path: Path, key: str
) -> None:
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press(key)
        common = [action for action in actions_of(pilot.app.screen) if action.rank]
        assert len(common) > 5
        assert [action for action in common if not action.enabled] == []


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_an_explanation_that_wraps_stays_under_itself(
    studio: ThreadStudio, tmp_path: Path, size: tuple[int, int]
) -> None:
    async with dashboard(studio, tmp_path, size=size) as pilot:
        await pilot.press("question_mark")
        await until_shown(pilot, "Keys of this screen", "Show the job's log")
        options = pilot.app.screen.query_one(OptionList)
        width = options.scrollable_content_region.width
        lines = [options.render_line(y).text for y in range(options.size.height)]
        assert all(len(line.rstrip()) <= width for line in lines)
        explained = [line for line in lines if line.strip()]
        assert all(line[16:18] == "  " and line[18] != " " for line in explained[:-1])


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("resubmit", ["Run the job again as it was", "Change query and settings, review"]),
        ("job again as", ["Run the job again as it was"]),
        ("AGAIN run as it", ["Run the job again as it was"]),
        ("kill", ["Cancel the job, after confirmation"]),
    ],
)
async def test_a_key_is_found_by_its_words_in_any_order_and_by_those_of_other_tools(
    shared_studio: ThreadStudio, tmp_path: Path, typed: str, found: list[str]
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        await pilot.press(*typed)
        options = pilot.app.screen.query_one(OptionList)
        await until(pilot, lambda: options.option_count == len(found))
        shown = [str(option.prompt) for option in options.options]
        assert all(words in line for words, line in zip(found, shown, strict=True))


async def test_a_search_in_the_help_that_finds_no_key_says_so(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        await pilot.press("question_mark", *"zzq")
        await until_shown(pilot, "No key of this screen matches “zzq”.")
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, HelpScreen)
