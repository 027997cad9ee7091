"""Lists to choose from say that there is more than the visible lines."""

from textual.app import App, ComposeResult
from textual.widgets.option_list import Option

from studio_tui.tui.widgets.option_lists import OptionChoice


class Choosing(App[None]):
    """A list that is higher than its room."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def compose(self) -> ComposeResult:
        """Compose the list."""
        choice = OptionChoice(*(Option(f"option {number}") for number in range(self.count)))
        choice.styles.max_height = 6
        choice.styles.border = ("none", "black")
        yield choice


def rows(app: Choosing) -> list[str]:
    """Return the rows of the list as they are drawn."""
    choice = app.query_one(OptionChoice)
    return [choice.render_line(y).text.strip() for y in range(choice.size.height)]


async def test_a_list_says_that_there_is_more_below_and_above() -> None:
    app = Choosing(17)
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        assert rows(app)[0] == "option 0"
        assert rows(app)[-1].split(maxsplit=2) == ["option", "5", "↓ more"]
        await pilot.press("pagedown")
        await pilot.pause()
        assert rows(app)[0].endswith("↑ more")
        assert rows(app)[-1].endswith("↓ more")
        await pilot.press("end")
        await pilot.pause()
        assert rows(app)[0].endswith("↑ more")
        assert rows(app)[-1] == "option 16"


async def test_a_list_that_is_all_in_sight_says_nothing() -> None:
    app = Choosing(6)
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        assert rows(app) == [f"option {number}" for number in range(6)]
