"""A footer shows only whole key hints, each a key and its description."""

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from studio_tui.presentation.cells import Tone
from studio_tui.tui.sheets import OPENING
from studio_tui.tui.styling import apply_theme
from studio_tui.tui.theme import ANSI_DARK
from studio_tui.tui.widgets.bar import Bar, Part, fitting_keys, fitting_parts
from tests.driving import driving
from tests.tui.dashboards import screen_text

WORDS = ("open", "log", "next failed", "暂停 pipeline", "")
KEYS = st.lists(st.tuples(st.sampled_from(["p", "⏎", "esc"]), st.sampled_from(WORDS)))


def hints(*keys: tuple[str, str]) -> tuple[Part, ...]:
    """Return the parts of a footer for keys and their descriptions."""
    named = (
        (Part(key, "key", f"press({key})"), Part(f" {description}  ", action=f"press({key})"))
        for key, description in keys
    )
    return (Part(" "), *(part for pair in named for part in pair))


def width_without_padding(parts: tuple[Part, ...]) -> int:
    """Return the width of a text in cells, without blanks at its end."""
    return cell_len("".join(part.text for part in parts).rstrip())


@given(KEYS, st.integers(1, 80))
def test_as_many_whole_key_hints_as_fit_are_shown_from_the_first_one_on(
    keys: list[tuple[str, str]], room: int
) -> None:
    shown = fitting_keys(hints(*keys), room)
    shown_count = sum(part.look == "key" for part in shown)
    assert shown == hints(*keys)[: len(shown)]
    assert width_without_padding(shown) <= room
    assert shown_count == len(keys) or width_without_padding(hints(*keys[: shown_count + 1])) > room


@pytest.mark.parametrize(
    ("room", "shown"), [(24, "Jobs 3 · 1 newer attempt "), (23, "Jobs 3 "), (5, "Jobs 3 ")]
)
def test_an_optional_part_is_left_out_if_it_does_not_fit_whole(room: int, shown: str) -> None:
    parts = Part("Jobs 3 "), Part("· 1 newer attempt ", optional=True)
    assert "".join(part.text for part in fitting_parts(parts, room)) == shown


class Footer(App[None]):
    """An app with only a footer: three key hints, and the help key at its right."""

    def __init__(self) -> None:
        super().__init__()
        self.pressed: list[str] = []

    def on_bar_clicked(self, message: Bar.Clicked) -> None:
        self.pressed.append(message.action[6:-1])

    def compose(self) -> ComposeResult:
        bar = Bar(id="keys", cuts=False)
        bar.left = hints(("p", "pause"), ("l", "log"), ("i", "drawer"))
        bar.right = (Part("? help "),)
        yield bar


@pytest.mark.parametrize(
    ("width", "keys"), [(40, " p pause  l log  i drawer"), (24, " p pause  l log"), (8, "")]
)
async def test_a_narrow_footer_leaves_out_whole_key_hints(width: int, keys: str) -> None:
    app = Footer()
    async with app.run_test(size=(width, 1)) as pilot:
        assert screen_text(pilot).rstrip("\n") == f"{keys:<{width - 7}}? help "


async def test_a_click_runs_only_keys_that_are_shown() -> None:
    async with Footer().run_test(size=(27, 1)) as pilot:
        assert screen_text(pilot).rstrip("\n") == " p pause  l log     ? help "
        for x in (1, 3, 10, 17, 18):
            await pilot.click("#keys", offset=(x, 0))
        assert cast(Footer, pilot.app).pressed == ["p", "p", "l"]


class PlainApp(App[None]):
    """A bar whose theme has the colors of the terminal."""

    CSS_PATH = OPENING

    def __init__(self) -> None:
        super().__init__(ansi_color=True)
        apply_theme(self, lambda: ANSI_DARK)

    def compose(self) -> ComposeResult:
        yield Bar()


async def test_the_current_tab_is_reversed_without_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = PlainApp()
    async with driving(app) as pilot:
        bar = app.query_one(Bar)
        bar.left = (Part("1 Jobs ", "current"), Part("2 Pipes", Tone.DIM))
        await pilot.pause()
        styles = {span.text: span.style for span in bar.render_lines(bar.size.region)[0]}
        assert [
            bool(style and style.reverse) for text, style in styles.items() if text.strip()
        ] == [True, False]
