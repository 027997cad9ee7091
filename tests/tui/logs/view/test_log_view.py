"""The log view as a user operates it: keys and the mouse, and the rows on the screen."""

import asyncio
import re
import subprocess
import sys
import unicodedata
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.color import Color
from textual.events import MouseScrollUp
from textual.pilot import Pilot
from textual.scrollbar import ScrollTo
from textual.strip import Strip
from textual.theme import Theme

from studio_tui.paths import styles_dir
from studio_tui.service.logs.doubts import NO_REPLAY
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.tui.logs.view import selection
from studio_tui.tui.logs.view.log_view import LogView
from studio_tui.tui.logs.view.pane import LogPane
from studio_tui.tui.logs.view.place import LogLook
from studio_tui.tui.logs.view.viewport import Row
from studio_tui.tui.theme import THEMES
from tests import waiting
from tests.driving import driving
from tests.service.logs.blocking_reads import counting_reads
from tests.steps import step
from tests.tui.logs.view.log_stage import HOSTILE, LogViewApp


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    store = LogStore.create(tmp_path)
    yield store
    store.close()


@asynccontextmanager
async def showing(
    store: LogStore, *, width: int = 40, height: int = 10
) -> AsyncIterator[tuple[Pilot[None], LogView]]:
    """Run an app with a view of the log; it has the focus and shows `height` rows."""
    app = LogViewApp(store)
    async with driving(app, size=(width, height + 1)) as pilot:
        view = app.query_one(LogView)
        view.query_one(LogPane).focus()
        await pilot.pause()
        yield pilot, view


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    """Let the app draw until the condition is true."""
    await waiting.until(condition, rest=pilot.pause)


def rows(view: LogView) -> list[str]:
    """Return the rows of the log on the screen, without the cursor and trailing blanks."""
    return [re.sub("▌(.?)", r"\1 ", row, count=1).rstrip() for row in drawn_rows(view)]


def drawn_rows(view: LogView) -> list[str]:
    """Return the rows of the log on the screen, with the cursor."""
    region = view.pane.region
    strips = view.app.screen._compositor.render_strips()[region.y : region.bottom]
    return [strip.crop(region.x, region.right).text.rstrip() for strip in strips]


def copied(view: LogView) -> list[str]:
    """Return the texts that were copied, the latest last."""
    assert isinstance(view.app, LogViewApp)
    return view.app.copied


def numbered_lines(count: int, first: int = 0) -> bytes:
    """Return lines with consecutive numbers."""
    return b"".join(b"line %d\n" % number for number in range(first, first + count))


async def test_a_log_opens_at_its_end_and_is_followed(store: LogStore) -> None:
    store.append(numbered_lines(100))
    async with showing(store) as (pilot, view):
        assert rows(view)[0] == "  line 90"
        assert rows(view)[-1] == "  line 99"
        store.append(numbered_lines(5, first=100))
        await until(pilot, lambda: rows(view)[-1] == "  line 104")
        assert view.following
        assert view.new_lines == 0


async def test_any_move_up_pauses_following_and_a_pill_counts_the_new_lines(
    store: LogStore,
) -> None:
    count = 100
    store.append(numbered_lines(count))
    async with showing(store) as (pilot, view):
        for key in ("up", "k", "pageup", "b", "ctrl+u", "home", "g"):
            with step(f"the key {key}"):
                await pilot.press(key)
                assert not view.following
                before = rows(view)
                store.append(numbered_lines(1123, first=count))
                count += 1123
                await until(pilot, lambda: view.new_lines == 1123)
                await pilot.pause()
                assert rows(view) == before
                assert below_text(view).endswith("+1,123 new ")
                await pilot.press("end")
                assert view.following


async def test_keys_that_go_to_the_end_resume_following(store: LogStore) -> None:
    count = 100
    store.append(numbered_lines(count))
    async with showing(store) as (pilot, view):
        changes: list[bool] = []

        def note(following: bool) -> None:
            changes.append(following)

        view.watch(view, "following", note, init=False)
        for key in ("F", "end", "G"):
            with step(f"the key {key}"):
                changes.clear()
                await pilot.press("home")
                store.append(numbered_lines(5, first=count))
                count += 5
                await until(pilot, lambda: view.new_lines == 5)
                await pilot.press(key, key)  # again, it keeps following
                await pilot.pause()
                assert view.following
                assert rows(view)[-1] == f"  line {count - 1}"
                assert changes == [False, True]


async def test_moving_down_past_the_end_resumes_following(store: LogStore) -> None:
    store.append(numbered_lines(30))
    async with showing(store) as (pilot, view):
        await pilot.press("up", "down")
        assert not view.following
        await pilot.press("down")
        assert view.following


async def test_the_keys_of_less_scroll(store: LogStore) -> None:
    store.append(numbered_lines(1000))
    async with showing(store) as (pilot, view):

        async def first_after(*keys: str) -> str:
            await pilot.press(*keys)
            await pilot.pause()
            return rows(view)[0].strip()

        assert await first_after("g") == "line 0"
        assert await first_after("j", "down") == "line 0"
        assert current_rows(view) == ["line 2"]
        assert await first_after("space") == "line 9"
        assert await first_after("pagedown") == "line 18"
        assert await first_after("ctrl+d") == "line 23"
        assert await first_after("ctrl+u") == "line 18"
        assert await first_after("b", "k") == "line 9"
        assert current_rows(view) == ["line 10"]
        assert await first_after("G") == "line 990"


async def test_only_keys_scroll_sideways(store: LogStore) -> None:
    store.append(b"0123456789abcdefghij" * 5 + b"\n" + numbered_lines(50))
    async with showing(store) as (pilot, view):
        await pilot.press("home", "right")
        await pilot.pause()
        assert rows(view)[0] == "  ‹" + ("0123456789abcdefghij" * 5)[9:44] + "›"
        store.append(numbered_lines(50))
        await pilot.press("G", "home", "slash", *"line", "enter")
        await until(pilot, lambda: view.pane.current is not None)
        assert view.pane.left == 8
        assert rows(view)[1][2:] == "‹", "a line of which nothing is in sight"
        await pilot.press("left", "left")
        assert view.pane.left == 0


async def test_wrapped_lines_are_complete_and_marked_in_the_gutter(store: LogStore) -> None:
    text = "0123456789" * 5 + "漢字" * 15 + "end"
    store.append(f"first\n{text}\nlast\n".encode())
    async with showing(store, width=20) as (pilot, view):
        await pilot.press("w")
        await pilot.pause()
        shown = [row for row in rows(view) if row]
        assert "".join(row[2:] for row in shown) == f"first{text}last"
        assert [row[0] for row in shown] == [" ", " ", *"┊" * (len(shown) - 3), " "]
        await pilot.press("w")
        await pilot.pause()
        assert len([row for row in rows(view) if row]) == 3


async def test_the_current_line_stays_visible_when_lines_are_wrapped(store: LogStore) -> None:
    store.append(b"".join(b"%03d %s\n" % (n, b"x" * 60) for n in range(100)))
    async with showing(store, width=20) as (pilot, view):
        await pilot.press("g")
        await search(pilot, "050")
        y = [row.startswith("▌") for row in drawn_rows(view)].index(True)
        for wrap in (True, False):
            await pilot.press("w")
            await until(pilot, lambda: view.pane.look.wrap is wrap)  # noqa: B023 (called at once)
            assert current_rows(view)[0].startswith("050")
            assert [row.startswith("▌") for row in drawn_rows(view)].index(True) == y


async def test_line_numbers_are_in_the_gutter(store: LogStore) -> None:
    store.append(numbered_lines(12_000))
    async with showing(store) as (pilot, view):
        await pilot.press("number_sign")
        await pilot.pause()
        assert rows(view)[-1] == "12,000  line 11999"


async def test_line_numbers_appear_once_the_lines_are_counted(
    tmp_path: Path,
) -> None:
    path = tmp_path / "job.log"
    path.write_bytes(numbered_lines(900))
    store = LogStore.open(path)
    async with showing(store) as (pilot, view):
        await pilot.press("number_sign")
        await pilot.pause()
        assert rows(view)[-1] == "   ?  line 899"
        await store.index()
        await pilot.press("up")
        await pilot.pause()
        assert rows(view)[-2] == " 899  line 898"
    store.close()


async def test_an_empty_log_shows_nothing_and_its_first_line_appears(store: LogStore) -> None:
    async with showing(store) as (pilot, view):
        await pilot.press("up", "pagedown", "home", "end", "w", "number_sign", "number_sign", "y")
        assert not any(rows(view))
        store.append(b"hello")
        await until(pilot, lambda: rows(view)[0] == "  hello")
        store.append(b" world\n")
        await until(pilot, lambda: rows(view)[0] == "  hello world")


async def test_a_paused_view_shows_new_lines_in_its_free_rows(store: LogStore) -> None:
    store.append(b"one\ntw")
    async with showing(store) as (pilot, view):
        await pilot.press("up")
        store.append(b"o\nthree\n")
        await until(pilot, lambda: rows(view)[1:3] == ["  two", "  three"])
        assert not view.following


async def test_a_progress_bar_is_one_live_row(store: LogStore) -> None:
    store.append(b"begin\n")
    async with showing(store) as (pilot, view):
        for percent in range(0, 101, 10):
            store.append(b"\r%3d%%" % percent)
        await until(pilot, lambda: rows(view)[1] == "  100% ×11")
        assert store.lines == 2


async def test_a_gap_has_a_row_with_a_gutter_sign_that_no_log_line_can_have(
    store: LogStore,
) -> None:
    store.append(b"one\n\xe2\x94\x85 " + NO_REPLAY.encode() + b"\n")
    store.mark(4, NO_REPLAY)
    store.mark(store.size, "More is missing.")
    async with showing(store, width=100) as (_, view):
        assert rows(view)[0] == "  one"
        assert rows(view)[1].startswith(f"┅ ┅┅ {NO_REPLAY} ┅┅")
        assert rows(view)[2] == f"  ┅ {NO_REPLAY}"
        assert rows(view)[3].startswith("┅ ┅┅ More is missing. ┅┅")


async def test_visible_lines_that_change_are_redrawn(store: LogStore) -> None:
    store.append(b"one\nthree\n")
    async with showing(store) as (pilot, view):
        store.insert(4, b"two\n")
        await until(pilot, lambda: rows(view)[:3] == ["  one", "  two", "  three"])
        store.cut(4)
        await until(pilot, lambda: rows(view)[:3] == ["  one", "", ""])


async def search(pilot: Pilot[None], words: str) -> None:
    """Type a search, and wait until it has ended."""
    keys = {" ": "space", "[": "left_square_bracket", "/": "slash"}
    await pilot.press("slash", *(keys.get(letter, letter) for letter in words), "enter")
    await pilot.pause()
    await pilot.app.workers.wait_for_complete(
        [worker for worker in pilot.app.workers if worker.group == "log-steps"]
    )
    await pilot.pause()


def status_text(view: LogView) -> str:
    """Return the text of the status line below the rows; empty if a prompt is over it."""
    return "" if view.prompt.is_open else "".join(part.text for part in view.words.left)


def below_text(view: LogView) -> str:
    """Return the text at the right of the status line: where the rows are, and what is new."""
    return "".join(part.text for part in view.words.right)


def current_rows(view: LogView) -> list[str]:
    """Return the rows with the sign of the current line, without the gutter."""
    return [row[2:] for row in drawn_rows(view) if row.startswith("▌")]


async def test_a_search_at_the_end_of_a_log_goes_up_to_the_last_match(store: LogStore) -> None:
    store.append(
        b"an error here\n" + numbered_lines(500) + b"an error there\n" + numbered_lines(500)
    )
    async with showing(store) as (pilot, view):
        await search(pilot, "error")
        assert current_rows(view) == ["an error there"]
        assert status_text(view) == " no match below · /error 2 of 2"


async def test_a_search_wraps_around_and_says_so(store: LogStore) -> None:
    store.append(
        b"an error here\n" + numbered_lines(500) + b"an error there\n" + numbered_lines(500)
    )
    async with showing(store) as (pilot, view):
        await search(pilot, "error")
        await pilot.press("n")
        await until(pilot, lambda: current_rows(view) == ["an error here"])
        assert status_text(view) == " the first match, from the start · /error 1 of 2"
        await pilot.press("N")
        await until(pilot, lambda: current_rows(view) == ["an error there"])
        assert status_text(view) == " the last match, from the end · /error 2 of 2"
        store.append(b"an error at last\n")
        await pilot.press("n")
        await until(pilot, lambda: status_text(view) == " /error 3 of 3")
        await search(pilot, "at last")
        await pilot.press("n")
        await until(pilot, lambda: "from the start" in status_text(view))
        assert current_rows(view) == ["an error at last"]


async def test_n_goes_through_all_matches_and_wraps_around(store: LogStore) -> None:
    store.append(
        b"an Error here\n" + numbered_lines(500) + b"an error there\n" + numbered_lines(500)
    )
    async with showing(store) as (pilot, view):
        await pilot.press("g")
        await search(pilot, "error")
        assert current_rows(view) == ["an Error here"]
        assert not view.following
        assert status_text(view) == " /error 1 of 2"
        for key, match in [
            ("n", "an error there"),
            ("n", "an Error here"),
            ("N", "an error there"),
            ("N", "an Error here"),
        ]:
            await pilot.press(key)
            await until(pilot, lambda match=match: current_rows(view) == [match])  # type: ignore[misc]


async def test_capitals_make_a_search_case_sensitive(store: LogStore) -> None:
    store.append(b"an error\nan Error\n" + numbered_lines(50))
    async with showing(store) as (pilot, view):
        await search(pilot, "Error")
        assert current_rows(view) == ["an Error"]


async def test_a_search_finds_only_visible_text(store: LogStore) -> None:
    store.append(b"\x1b[31mred\x1b[0m\n\x1b]0;hidden\x07shown\n" + numbered_lines(50))
    async with showing(store) as (pilot, view):
        await search(pilot, "hidden")
        assert view.following
        assert status_text(view) == " /hidden no match"
        await search(pilot, "h.*n")
        assert status_text(view) == " /h.*n no match; begin with ~ to search for an expression"
        await search(pilot, "31m")
        assert view.following
        await search(pilot, "shown")
        assert current_rows(view) == ["shown"]


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
async def test_text_on_a_colored_background_is_readable(store: LogStore, theme: Theme) -> None:
    foregrounds = ("39", *map(str, (*range(30, 38), *range(90, 98))))
    backgrounds = (*map(str, (*range(40, 48), *range(100, 108))), "48;5;196", "48;2;40;40;40")
    for ground in backgrounds:
        store.append("".join(f"\x1b[{ground};{color}mx" for color in foregrounds).encode() + b"\n")
    async with showing(store, height=len(backgrounds)) as (pilot, view):
        view.app.register_theme(theme)
        view.app.theme = theme.name
        await pilot.pause()
        looks = set[tuple[Color, Color]]()
        for y in range(len(backgrounds)):
            styles = [each.style for each in view.pane.render_line(y) if "x" in each.text]
            assert styles
            for style in styles:
                assert style is not None
                assert style.color is not None
                assert style.bgcolor is not None
                looks.add((style.color, style.bgcolor))
        assert len({ground for _, ground in looks}) >= 10
        assert min(contrast(*look) for look in looks) >= 4.5


async def test_exact_colors_that_a_program_chose_for_text_and_background_are_kept(
    store: LogStore,
) -> None:
    store.append(b"\x1b[38;5;196;48;2;200;0;0mx\n")
    async with showing(store) as (_, view):
        (style,) = (each.style for each in view.pane.render_line(0) if each.text == "x")
        assert style is not None
        assert style.color is not None
        assert style.bgcolor is not None
        assert contrast(style.color, style.bgcolor) < 2


def contrast(*colors: Color) -> float:
    """Return the contrast of two colors (WCAG 2.2, 1.4.3)."""
    luminances = []
    for color in colors:
        linear = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
            for part in color.get_truecolor().normalized
        ]
        luminances.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(luminances) + 0.05) / (min(luminances) + 0.05)


async def test_matches_are_highlighted_until_escape(store: LogStore) -> None:
    store.append(b"one two one\n")
    async with showing(store) as (pilot, view):
        await search(pilot, "one")
        match = view.pane.get_component_rich_style("log-pane--match")

        def highlighted() -> list[str]:
            return [
                segment.text
                for segment in view.pane.render_line(0)
                if segment.style and segment.style.bgcolor == match.bgcolor
            ]

        assert highlighted() == ["one", "one"]
        await pilot.press("escape")
        await pilot.pause()
        assert highlighted() == []
        assert current_rows(view) == ["one two one"]


async def test_escape_closes_the_prompt_without_changing_the_view(store: LogStore) -> None:
    store.append(numbered_lines(100))
    async with showing(store) as (pilot, view):
        await pilot.press("slash", "x")
        assert view.prompt.is_open
        await pilot.press("escape")
        assert not view.prompt.is_open
        assert view.pane.has_focus
        assert view.following
        await pilot.press("n")
        assert view.pane.current is None


async def test_n_and_escape_are_bound_only_while_the_log_needs_them(store: LogStore) -> None:
    store.append(numbered_lines(100))
    async with showing(store) as (pilot, view):

        def are_bound() -> list[bool]:
            bindings = view.screen.active_bindings
            return [key in bindings and bindings[key].node is view for key in ("n", "N", "escape")]

        assert are_bound() == [False, False, False]
        await search(pilot, "line 7")
        assert are_bound() == [True, True, True]
        await pilot.press("escape", "V")
        assert are_bound() == [False, False, True]
        await pilot.press("escape")
        assert are_bound() == [False, False, False]


async def test_commands_with_a_prompt_are_disabled_while_no_log_is_shown(store: LogStore) -> None:
    store.append(numbered_lines(100) + b"2026-03-04 11:20:00 end\n")
    commands = ("logs.search", "logs.filter", "logs.time", "logs.line")
    async with showing(store) as (pilot, view):
        for command in commands:
            assert view.commands.why_not(command) is None, command
        view.display = False
        for command in commands:
            with step(command):
                assert view.commands.why_not(command) == "There is no log here"
                view.commands.do(command)
                await pilot.pause()
                assert not view.prompt.is_open


async def test_y_copies_the_current_line_as_it_is_shown(store: LogStore) -> None:
    store.append(numbered_lines(30) + b"\x1b[31mred\x1b]52;c;aGk=\x07\x1b[0m [/] end\n")
    async with showing(store) as (pilot, view):
        await pilot.press("y")
        await search(pilot, "line 7")
        await pilot.press("y")
        await pilot.pause()
        assert copied(view) == ["red [/] end", "line 7"]


async def test_the_notice_of_a_copied_line_is_short_however_long_the_line_is(
    store: LogStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    notices = list[str]()
    store.append(b"long line " * 50 + b"\n")
    async with showing(store) as (pilot, view):
        monkeypatch.setattr(view.app, "notify", lambda words, **_: notices.append(words))
        await pilot.press("y")
        await until(pilot, lambda: bool(notices))
        assert notices[0].endswith(": 1 line")
        assert copied(view) == ["long line " * 50]


async def test_lines_are_copied_although_the_view_is_closed_meanwhile(
    store: LogStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.append(b"line\n")
    is_closed, copied_texts = asyncio.Event(), list[str]()

    async def slow_copy(_app: object, text: str, _shown: str | None) -> None:
        await is_closed.wait()
        copied_texts.append(text)

    monkeypatch.setattr(selection, "copy", slow_copy)
    async with showing(store) as (pilot, view):
        await pilot.press("y")
        await view.remove()
        is_closed.set()
        await pilot.pause()
        assert copied_texts == ["line"]


async def test_the_mouse_scrolls_chooses_a_line_and_resumes_following(store: LogStore) -> None:
    store.append(numbered_lines(100))
    async with showing(store) as (pilot, view):
        await pilot._post_mouse_events([MouseScrollUp], LogPane, (5, 5))
        await until(pilot, lambda: rows(view)[0] == "  line 87")
        await pilot.click(LogPane, offset=(5, 2))
        assert current_rows(view) == ["line 89"]
        store.append(numbered_lines(1, first=100))
        await until(pilot, lambda: below_text(view).endswith("+1 new "))
        await pilot.click("#log-words", offset=(view.size.width - 3, 0))
        await until(pilot, lambda: view.following)


async def test_dragging_the_scroll_bar_scrolls_the_log(store: LogStore) -> None:
    store.append(b"%04d\n" * 1000 % tuple(range(1000)))
    async with showing(store) as (pilot, view):
        bar = view.bar
        assert (bar.window_virtual_size, bar.window_size, bar.position) == (80, 8, 72)
        for position, line in [(36.0, 495), (0.0, 0), (18.0, 247), (72.0, 990), (99.0, 990)]:
            bar.post_message(ScrollTo(y=position))
            await until(pilot, lambda line=line: rows(view)[0] == f"  {line:04}")  # type: ignore[misc]
            assert bar.position == pytest.approx(min(72, position), abs=1)
        assert not view.following


async def test_the_thumb_fills_the_scroll_bar_if_all_lines_are_visible(store: LogStore) -> None:
    store.append(numbered_lines(3))
    async with showing(store) as (_, view):
        assert view.bar.window_size == view.bar.window_virtual_size


async def test_another_log_can_replace_the_shown_log(store: LogStore, tmp_path: Path) -> None:
    store.append(numbered_lines(100))
    other = LogStore.create(tmp_path)
    other.append(b"other\n")
    async with showing(store) as (pilot, view):
        await pilot.press("home")
        view.show(other)
        await pilot.pause()
        assert rows(view)[:2] == ["  other", ""]
        store.append(b"unseen\n")
        view.show(None)
        await pilot.pause()
        assert not any(rows(view))
    other.close()


async def test_a_resize_keeps_the_end_or_the_current_line_visible(store: LogStore) -> None:
    store.append(numbered_lines(100))
    async with showing(store) as (pilot, view):
        await pilot.resize_terminal(40, 21)
        await until(pilot, lambda: len(rows(view)) == 20 and rows(view)[-1] == "  line 99")
        await pilot.press("home", *"jjj")
        await pilot.resize_terminal(30, 6)
        await until(pilot, lambda: len(rows(view)) == 5 and rows(view)[0] == "  line 0")
        await pilot.press("j")
        await pilot.resize_terminal(30, 4)
        await until(pilot, lambda: len(rows(view)) == 3 and "▌ line 4" in drawn_rows(view)[-1])


@pytest.mark.parametrize("width", [3, 20, 60])
async def test_hostile_text_is_drawn_within_its_width_without_control_codes(
    store: LogStore, width: int
) -> None:
    store.append("\n".join(HOSTILE).encode())
    async with showing(store, width=width, height=len(HOSTILE) + 1) as (pilot, view):
        if width == 60:
            assert rows(view)[0] == "  " + HOSTILE[0]
        for wrap in (False, True):
            with step(f"{wrap=}"):
                view.pane.look = LogLook(wrap=wrap)
                await pilot.pause()
                for y in range(view.pane.size.height):
                    assert_drawn_safely(view.pane.render_line(y), view.pane.size.width)
        assert view.app.is_running


def assert_drawn_safely(strip: Strip, width: int) -> None:
    """Assert that a drawn row has its width and nothing that a terminal would execute."""
    assert strip.cell_length == width
    for segment in strip:
        assert segment.control is None
        assert segment.style is None or not (segment.style.conceal or segment.style.blink)
        assert segment.style is None or segment.style.link is None
        for character in segment.text:
            assert unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_only_visible_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "big.log"
    with path.open("wb") as file:
        file.writelines(b"line %06d\n" % number for number in range(1_000_000))

    async def count_reads() -> tuple[int, int]:
        store = LogStore.open(path)
        app = LogViewApp(store)
        async with driving(app, size=(80, 24)) as pilot:
            await pilot.pause()
            reads_at_the_end = len(reads)
            assert rows(app.query_one(LogView))[-1] == "  line 999999"
            await store.index()
            await pilot.press("home", *["pagedown"] * 20, "end")
            assert rows(app.query_one(LogView))[-1] == "  line 999999"
            all_reads = len(reads)
        store.close()
        return reads_at_the_end, all_reads

    with counting_reads() as reads:
        reads_at_the_end, all_reads = asyncio.run(count_reads())
    assert reads_at_the_end <= 2
    assert all_reads <= 6


async def test_many_new_lines_are_drawn_once_per_frame(store: LogStore) -> None:
    store.append(numbered_lines(100))
    async with showing(store) as (pilot, view):
        frames = 0
        render_lines = view.pane.render_lines

        def render_and_count(*args: Any) -> Any:
            nonlocal frames
            frames += 1
            return render_lines(*args)

        view.pane.render_lines = render_and_count  # type: ignore[assignment,method-assign]
        for number in range(2000):
            store.append(b"flood %d\n" % number)
        await until(pilot, lambda: view.pane.in_sight[-1].start == store.last_start())
        assert frames <= 3
        assert rows(view)[-1] == "  flood 1999"


def record_drawn_rows(view: LogView) -> list[Row]:
    """Return a list to which each row is added that is drawn from now on."""
    drawn: list[Row] = []
    painter = view.pane._painter
    assert painter is not None
    draw = painter._row

    def draw_and_record(line: Any, row: Row, *args: Any) -> Any:
        drawn.append(row)
        return draw(line, row, *args)

    painter._row = draw_and_record  # type: ignore[assignment,method-assign]
    return drawn


async def test_a_paused_view_is_not_redrawn_for_new_lines(store: LogStore) -> None:
    store.append(numbered_lines(100))
    async with showing(store) as (pilot, view):
        await pilot.press("up")
        await pilot.pause()
        drawn = record_drawn_rows(view)
        store.append(numbered_lines(1000))
        await until(pilot, lambda: view.new_lines == 1000)
        await pilot.pause()
        assert drawn == []


@pytest.mark.parametrize(("first", "key"), [("end", "pageup"), ("home", "pagedown")])
async def test_the_next_page_is_drawn_before_its_key_is_pressed(
    store: LogStore, first: str, key: str
) -> None:
    store.append(numbered_lines(1000))
    async with showing(store) as (pilot, view):
        await pilot.press(first)
        drawn = record_drawn_rows(view)
        await pilot.press(key)
        page = view.pane.size.height - 1
        # Where the pages overlap, the row is drawn again, as the cursor is or was there.
        await until(pilot, lambda: len(drawn) == 2 * page + 2)
        prepared = drawn[-page - 1 :]
        drawn.clear()
        await pilot.press(key)
        # The page after it may have been drawn meanwhile.
        assert not {*drawn} & {*prepared}
        assert {*prepared} <= {*view.pane.in_sight}


def test_the_style_sheet_uses_only_colors_of_the_theme() -> None:
    sheet = (styles_dir() / "log_view.tcss").read_text()
    assert not re.search(r"#[0-9a-f]{3}|ansi_|!important", sheet)


@pytest.mark.starts_processes
def test_the_view_imports_no_network_modules() -> None:
    program = f"import sys, {LogView.__module__}; print(*sorted(sys.modules))"
    process = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    modules = set(process.stdout.split())
    assert LogView.__module__ in modules
    assert not {"httpx", "websockets", "studio_tui.api.client"} & modules


async def test_focusing_the_view_focuses_its_rows(store: LogStore) -> None:
    store.append(numbered_lines(100))
    async with showing(store) as (pilot, view):
        pilot.app.set_focus(None)
        view.focus()
        await pilot.press("home")
        await pilot.pause()
        assert rows(view)[0] == "  line 0"


async def test_a_view_whose_store_is_closed_becomes_empty(store: LogStore) -> None:
    store.append(numbered_lines(100))
    async with showing(store) as (pilot, view):
        store.append(numbered_lines(1))
        store.close()
        await pilot.press("home", "pagedown", "up", "G", "w", "y", "slash", "a", "enter")
        await pilot.resize_terminal(50, 13)
        await pilot.pause(0.1)
        assert not any(rows(view))
