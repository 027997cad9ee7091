"""Option lists mark that there are more options than visible ones."""

import pytest
from textual.app import App, ComposeResult
from textual.widgets.option_list import Option

from studio_tui.tui.widgets.option_lists import OptionChoice


class ChoiceApp(App[None]):
    """An app with a list of options, of which at most six are visible."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def compose(self) -> ComposeResult:
        choice = OptionChoice(*(Option(f"option {number}") for number in range(self.count)))
        choice.styles.max_height = 6
        choice.styles.border = ("none", "black")
        yield choice


def visible_rows(app: ChoiceApp) -> list[str]:
    """Return the rows of the list as they are drawn."""
    choice = app.query_one(OptionChoice)
    return [choice.render_line(y).text.strip() for y in range(choice.size.height)]


async def test_a_list_marks_that_there_are_more_options_below_and_above() -> None:
    app = ChoiceApp(17)
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        assert visible_rows(app)[0] == "option 0"
        assert visible_rows(app)[-1].split(maxsplit=2) == ["option", "5", "↓ more"]
        await pilot.press("pagedown")
        await pilot.pause()
        assert visible_rows(app)[0].endswith("↑ more")
        assert visible_rows(app)[-1].endswith("↓ more")
        await pilot.press("end")
        await pilot.pause()
        assert visible_rows(app)[0].endswith("↑ more")
        assert visible_rows(app)[-1] == "option 16"


@pytest.mark.parametrize("width", [17, 18, 19, 20])
async def test_a_mark_beside_a_long_option_cuts_it_off_with_an_ellipsis(width: int) -> None:
    app = ChoiceApp(17)
    async with app.run_test(size=(width, 12)) as pilot:
        await pilot.pause()
        option, mark, rest = visible_rows(app)[-1].partition(" ↓ more")
        assert (mark, rest) == (" ↓ more", "")
        assert option.rstrip() == "option 5" or option.endswith("…")


async def test_a_list_that_fits_has_no_mark() -> None:
    app = ChoiceApp(6)
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        assert visible_rows(app) == [f"option {number}" for number in range(6)]
