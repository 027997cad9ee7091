"""The log view as a user meets it: keys in, rows of the screen out."""

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
from textual.events import MouseScrollUp
from textual.pilot import Pilot
from textual.scrollbar import ScrollTo
from textual.strip import Strip

from studio_tui.paths import styles_dir
from studio_tui.service.logs.doubts import NO_REPLAY
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.tui.logs.view.log_view import LogView
from studio_tui.tui.logs.view.pane import LogPane
from studio_tui.tui.logs.view.viewport import Row
from tests.driving import driving
from tests.steps import step
from tests.tui.logs.view.log_stage import HOSTILE, Stage

Screen = tuple[Pilot[None], LogView]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    store = LogStore.create(tmp_path)
    yield store
    store.close()


@asynccontextmanager
async def showing(store: LogStore, *, width: int = 40, height: int = 10) -> AsyncIterator[Screen]:
    app = Stage(store)
    async with driving(app, size=(width, height)) as pilot:
        view = app.query_one(LogView)
        view.query_one(LogPane).focus()
        await pilot.pause()
        yield pilot, view


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    """Let the program run until the condition holds."""
    for _ in range(500):
        if condition():
            return
        await pilot.pause(0.01)
    raise AssertionError("it did not come to that")


def rows(view: LogView) -> list[str]:
    """The rows of the log on the screen, gutter first, without the blanks at their ends."""
    region = view.pane.region
    strips = view.app.screen._compositor.render_strips()[region.y : region.bottom]
    return [strip.crop(region.x, region.right).text.rstrip() for strip in strips]


def numbered(count: int, first: int = 0) -> bytes:
    return b"".join(b"line %d\n" % number for number in range(first, first + count))


async def test_it_opens_at_the_tail_and_follows(store: LogStore) -> None:
    store.append(numbered(100))
    async with showing(store) as (pilot, view):
        assert rows(view)[0] == "  line 90"
        assert rows(view)[-1] == "  line 99"
        store.append(numbered(5, first=100))
        await until(pilot, lambda: rows(view)[-1] == "  line 104")
        assert view.following
        assert view.new_lines == 0


async def test_any_move_up_pauses_at_once_and_a_pill_counts_what_comes(store: LogStore) -> None:
    count = 100
    store.append(numbered(count))
    async with showing(store) as (pilot, view):
        for key in ("up", "k", "pageup", "b", "ctrl+u", "home", "g"):
            with step(f"the key {key}"):
                await pilot.press(key)
                assert not view.following
                before = rows(view)
                store.append(numbered(1123, first=count))
                count += 1123
                await until(pilot, lambda: view.new_lines == 1123)
                await pilot.pause()
                assert rows(view)[:-1] == before[:-1]
                assert rows(view)[-1].endswith("+1,123 new")
                await pilot.press("end")
                assert view.following


async def test_the_keys_of_the_end_follow_again(store: LogStore) -> None:
    count = 100
    store.append(numbered(count))
    async with showing(store) as (pilot, view):
        app = view.app
        assert isinstance(app, Stage)
        for key in ("F", "end", "G", ">"):
            with step(f"the key {key}"):
                app.said.clear()
                await pilot.press("home")
                store.append(numbered(5, first=count))
                count += 5
                await until(pilot, lambda: view.new_lines == 5)
                await pilot.press(key)
                await pilot.pause()
                assert view.following
                assert rows(view)[-1] == f"  line {count - 1}"
                said = [each for each in app.said if isinstance(each, LogView.FollowChanged)]
                assert [each.following for each in said] == [False, True]


async def test_moving_down_past_the_end_follows(store: LogStore) -> None:
    store.append(numbered(30))
    async with showing(store) as (pilot, view):
        await pilot.press("up", "down")
        assert not view.following
        await pilot.press("down")
        assert view.following


async def test_the_keys_of_less_move(store: LogStore) -> None:
    store.append(numbered(1000))
    async with showing(store) as (pilot, view):

        async def first_after(*keys: str) -> str:
            await pilot.press(*keys)
            await pilot.pause()
            return rows(view)[0].strip()

        assert await first_after("g") == "line 0"
        assert await first_after("j", "down") == "line 2"
        assert await first_after("space") == "line 11"
        assert await first_after("pagedown") == "line 20"
        assert await first_after("ctrl+d") == "line 25"
        assert await first_after("ctrl+u") == "line 20"
        assert await first_after("b", "k") == "line 10"
        assert await first_after("G") == "line 990"


async def test_sideways_moves_by_keys_only(store: LogStore) -> None:
    store.append(b"0123456789abcdefghij" * 5 + b"\n" + numbered(50))
    async with showing(store) as (pilot, view):
        await pilot.press("home", "right")
        await pilot.pause()
        assert rows(view)[0] == "  ‹" + ("0123456789abcdefghij" * 5)[9:44] + "›"
        store.append(numbered(50))
        await pilot.press("G", "home", "slash", *"line", "enter")
        await until(pilot, lambda: view.pane.current is not None)
        assert view.pane.left == 8
        assert rows(view)[1][2:] == "‹", "a line of which nothing is in sight"
        await pilot.press("left", "left")
        assert view.pane.left == 0


async def test_wrapped_lines_lose_nothing_and_are_marked_in_the_gutter(store: LogStore) -> None:
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


async def test_the_current_line_stays_in_sight_when_lines_are_wrapped(store: LogStore) -> None:
    store.append(b"".join(b"%03d %s\n" % (n, b"x" * 60) for n in range(100)))
    async with showing(store, width=20) as (pilot, view):
        await pilot.press("g")
        await search(pilot, "050")
        await pilot.press("k", "k", "k", "k", "w")
        await until(pilot, lambda: view.pane.wrap and view.pane.current_in_sight is not None)
        assert hit(view)[0].startswith("050")


async def test_line_numbers_are_in_the_gutter(store: LogStore) -> None:
    store.append(numbered(12_000))
    async with showing(store) as (pilot, view):
        await pilot.press("number_sign")
        await pilot.pause()
        assert rows(view)[-1] == "12,000  line 11999"


async def test_lines_drawn_before_they_are_counted_have_their_numbers_once_they_are(
    tmp_path: Path,
) -> None:
    path = tmp_path / "job.log"
    path.write_bytes(numbered(900))
    store = LogStore.open(path)
    async with showing(store) as (pilot, view):
        await pilot.press("number_sign")
        await pilot.pause()
        assert rows(view)[-1] == "   ?  line 899"
        await store.index()
        await pilot.press("up")
        await pilot.pause()
        assert rows(view)[-2] == " 898  line 897"
    store.close()


async def test_an_empty_log_shows_nothing_and_its_first_line_appears(store: LogStore) -> None:
    async with showing(store) as (pilot, view):
        await pilot.press("up", "pagedown", "home", "end", "w", "number_sign", "number_sign", "y")
        assert not any(rows(view))
        store.append(b"hello")
        await until(pilot, lambda: rows(view)[0] == "  hello")
        store.append(b" world\n")
        await until(pilot, lambda: rows(view)[0] == "  hello world")


async def test_a_paused_view_shows_lines_that_come_into_its_sight(store: LogStore) -> None:
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


async def test_a_gap_is_a_row_whose_gutter_no_log_can_have(store: LogStore) -> None:
    store.append(b"one\n\xe2\x94\x85 " + NO_REPLAY.encode() + b"\n")
    store.mark(4, NO_REPLAY)
    store.mark(store.size, "More is missing.")
    async with showing(store, width=100) as (_, view):
        assert rows(view)[0] == "  one"
        assert rows(view)[1].startswith(f"┅ ┅┅ {NO_REPLAY} ┅┅")
        assert rows(view)[2] == f"  ┅ {NO_REPLAY}"
        assert rows(view)[3].startswith("┅ ┅┅ More is missing. ┅┅")


async def test_a_change_of_what_is_in_sight_is_painted(store: LogStore) -> None:
    store.append(b"one\nthree\n")
    async with showing(store) as (pilot, view):
        store.insert(4, b"two\n")
        await until(pilot, lambda: rows(view)[:3] == ["  one", "  two", "  three"])
        store.cut(4)
        await until(pilot, lambda: rows(view)[:3] == ["  one", "", ""])


async def search(pilot: Pilot[None], words: str) -> None:
    keys = {" ": "space", "[": "left_square_bracket", "/": "slash"}
    await pilot.press("slash", *(keys.get(letter, letter) for letter in words), "enter")
    await pilot.pause()
    await pilot.app.workers.wait_for_complete(
        [worker for worker in pilot.app.workers if worker.group == "log-search"]
    )
    await pilot.pause()


def below(view: LogView) -> str:
    """What is said below the rows."""
    return "".join(part.text for part in view.words.left) if view.words.display else ""


def hit(view: LogView) -> list[str]:
    """The rows with the sign of the current line."""
    return [row[2:] for row in rows(view) if row.startswith("▌")]


async def test_a_search_at_the_end_of_a_log_goes_up_to_the_last_match(store: LogStore) -> None:
    store.append(b"an error here\n" + numbered(500) + b"an error there\n" + numbered(500))
    async with showing(store) as (pilot, view):
        await search(pilot, "error")
        assert hit(view) == ["an error there"]
        assert below(view) == " /error 2 of 2 – none below"


async def test_a_search_wraps_around_only_if_its_key_is_pressed_again(store: LogStore) -> None:
    store.append(b"an error here\n" + numbered(500) + b"an error there\n" + numbered(500))
    async with showing(store) as (pilot, view):
        await search(pilot, "error")
        await pilot.press("n")
        stays = " /error 2 of 2 – no match below, n again goes to the first"
        await until(pilot, lambda: below(view) == stays)
        assert hit(view) == ["an error there"]
        await pilot.press("n")
        await until(pilot, lambda: hit(view) == ["an error here"])
        assert below(view) == " /error 1 of 2 from the start"
        await pilot.press("N")
        stays_above = " /error 1 of 2 – no match above, N again goes to the last"
        await until(pilot, lambda: below(view) == stays_above)
        await pilot.press("n")
        await until(pilot, lambda: below(view) == " /error 2 of 2")
        await pilot.press("n")
        await until(pilot, lambda: below(view) == stays)
        store.append(b"an error at last\n")
        await pilot.press("n")
        await until(pilot, lambda: below(view) == " /error 3 of 3")
        await search(pilot, "at last")
        await pilot.press("n")
        await until(pilot, lambda: "from the start" in below(view))
        assert hit(view) == ["an error at last"]


async def test_a_search_goes_from_match_to_match_and_round(store: LogStore) -> None:
    store.append(b"an Error here\n" + numbered(500) + b"an error there\n" + numbered(500))
    async with showing(store) as (pilot, view):
        await pilot.press("g")
        await search(pilot, "error")
        assert hit(view) == ["an Error here"]
        assert not view.following
        assert below(view) == " /error 1 of 2"
        for keys, found in [
            ("n", "an error there"),
            ("n n", "an Error here"),
            ("N N", "an error there"),
            ("N", "an Error here"),
        ]:
            await pilot.press(*keys.split())
            await until(pilot, lambda found=found: hit(view) == [found])  # type: ignore[misc]


async def test_capitals_make_a_search_exact(store: LogStore) -> None:
    store.append(b"an error\nan Error\n" + numbered(50))
    async with showing(store) as (pilot, view):
        await search(pilot, "Error")
        assert hit(view) == ["an Error"]


async def test_only_what_is_seen_is_found(store: LogStore) -> None:
    store.append(b"\x1b[31mred\x1b[0m\n\x1b]0;hidden\x07shown\n" + numbered(50))
    async with showing(store) as (pilot, view):
        await search(pilot, "hidden")
        assert hit(view) == []
        assert below(view) == " /hidden no match"
        await search(pilot, "h.*n")
        assert below(view) == " /h.*n no match; ~ before it makes it an expression"
        await search(pilot, "31m")
        assert hit(view) == []
        await search(pilot, "shown")
        assert hit(view) == ["shown"]


async def test_matches_are_lit_until_escape(store: LogStore) -> None:
    store.append(b"one two one\n")
    async with showing(store) as (pilot, view):
        await search(pilot, "one")
        match = view.pane.get_component_rich_style("log-pane--match")

        def lit() -> list[str]:
            return [
                segment.text
                for segment in view.pane.render_line(0)
                if segment.style and segment.style.bgcolor == match.bgcolor
            ]

        assert lit() == ["one", "one"]
        await pilot.press("escape")
        await pilot.pause()
        assert lit() == []
        assert view.pane.current is None


async def test_escape_leaves_the_prompt_and_the_log_as_they_were(store: LogStore) -> None:
    store.append(numbered(100))
    async with showing(store) as (pilot, view):
        await pilot.press("slash", "x")
        assert view.prompt.is_open
        await pilot.press("escape")
        assert not view.prompt.is_open
        assert view.pane.has_focus
        assert view.following
        await pilot.press("n")
        assert view.pane.current is None


async def test_n_and_escape_are_the_logs_only_while_it_is_searched(store: LogStore) -> None:
    store.append(numbered(100))
    async with showing(store) as (pilot, view):

        def are_here() -> list[bool]:
            bound = view.screen.active_bindings
            return [key in bound and bound[key].node is view for key in ("n", "N", "escape")]

        assert are_here() == [False, False, False]
        await search(pilot, "line 7")
        assert are_here() == [True, True, True]
        await pilot.press("escape", "V")
        assert are_here() == [False, False, True]
        await pilot.press("escape")
        assert are_here() == [False, False, False]


async def test_nothing_is_requested_where_no_log_is_to_be_seen(store: LogStore) -> None:
    store.append(numbered(100) + b"2026-03-04 11:20:00 end\n")
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
    store.append(numbered(30) + b"\x1b[31mred\x1b]52;c;aGk=\x07\x1b[0m [/] end\n")
    async with showing(store) as (pilot, view):
        await pilot.press("y")
        await search(pilot, "line 7")
        await pilot.press("y")
        await pilot.pause()
        app = view.app
        assert isinstance(app, Stage)
        assert [said.text for said in app.said if isinstance(said, LogView.CopyAsked)] == [
            "red [/] end",
            "line 7",
        ]


async def test_the_mouse_moves_picks_and_follows(store: LogStore) -> None:
    store.append(numbered(100))
    async with showing(store) as (pilot, view):
        await pilot._post_mouse_events([MouseScrollUp], LogPane, (5, 5))
        await until(pilot, lambda: rows(view)[0] == "  line 87")
        await pilot.click(LogPane, offset=(5, 2))
        assert hit(view) == ["line 89"]
        store.append(numbered(1, first=100))
        await until(pilot, lambda: view.pane.pill.endswith("+1 new"))
        await pilot.click(LogPane, offset=(view.pane.size.width - 2, 9))
        await until(pilot, lambda: view.following)


async def test_dragging_the_bar_goes_through_the_log(store: LogStore) -> None:
    store.append(b"%04d\n" * 1000 % tuple(range(1000)))
    async with showing(store) as (pilot, view):
        bar = view.bar
        assert (bar.window_virtual_size, bar.window_size, bar.position) == (80, 8, 72)
        for position, line in [(36.0, 495), (0.0, 0), (18.0, 247), (72.0, 990), (99.0, 990)]:
            bar.post_message(ScrollTo(y=position))
            await until(pilot, lambda line=line: rows(view)[0] == f"  {line:04}")  # type: ignore[misc]
            assert bar.position == pytest.approx(min(72, position), abs=1)
        assert not view.following


async def test_the_bar_fills_its_place_when_all_is_in_sight(store: LogStore) -> None:
    store.append(numbered(3))
    async with showing(store) as (_, view):
        assert view.bar.window_size == view.bar.window_virtual_size


async def test_another_log_takes_the_place_of_the_first(store: LogStore, tmp_path: Path) -> None:
    store.append(numbered(100))
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


async def test_a_resize_keeps_the_end_or_the_place(store: LogStore) -> None:
    store.append(numbered(100))
    async with showing(store) as (pilot, view):
        await pilot.resize_terminal(40, 20)
        await until(pilot, lambda: len(rows(view)) == 20 and rows(view)[-1] == "  line 99")
        await pilot.press("home", "j")
        await pilot.resize_terminal(30, 5)
        await until(pilot, lambda: len(rows(view)) == 5 and rows(view)[0] == "  line 1")


@pytest.mark.parametrize("width", [3, 20, 60])
async def test_hostile_text_is_drawn_in_its_place_and_commands_nothing(
    store: LogStore, width: int
) -> None:
    store.append("\n".join(HOSTILE).encode())
    async with showing(store, width=width, height=len(HOSTILE) + 1) as (pilot, view):
        if width == 60:
            assert rows(view)[0] == "  " + HOSTILE[0]
        for wrap in (False, True):
            with step(f"{wrap=}"):
                view.pane.wrap = wrap
                await pilot.pause()
                for y in range(view.pane.size.height):
                    check_drawn(view.pane.render_line(y), view.pane.size.width)
        assert view.app.is_running


def check_drawn(strip: Strip, width: int) -> None:
    """Assert that a line has its width, and nothing that commands a terminal."""
    assert strip.cell_length == width
    for segment in strip:
        assert segment.control is None
        assert segment.style is None or not (segment.style.conceal or segment.style.blink)
        assert segment.style is None or segment.style.link is None
        for character in segment.text:
            assert unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_no_line_is_read_but_those_in_sight(tmp_path: Path) -> None:
    path = tmp_path / "big.log"
    with path.open("wb") as file:
        file.writelines(b"line %06d\n" % number for number in range(1_000_000))

    async def open_it() -> tuple[int, int]:
        store = LogStore.open(path)
        app = Stage(store)
        async with driving(app, size=(80, 24)) as pilot:
            await pilot.pause()
            at_the_tail = store.reads
            assert rows(app.query_one(LogView))[-1] == "  line 999999"
            await store.index()
            await pilot.press("home", *["pagedown"] * 20, "end")
            assert rows(app.query_one(LogView))[-1] == "  line 999999"
            reads = store.reads
        store.close()
        return at_the_tail, reads

    at_the_tail, after = asyncio.run(open_it())
    assert at_the_tail <= 2
    assert after <= 6


async def test_a_flood_is_painted_once_a_frame(store: LogStore) -> None:
    store.append(numbered(100))
    async with showing(store) as (pilot, view):
        painted = 0
        render_lines = view.pane.render_lines

        def counted(*args: Any) -> Any:
            nonlocal painted
            painted += 1
            return render_lines(*args)

        view.pane.render_lines = counted  # type: ignore[assignment,method-assign] # to count
        for number in range(2000):
            store.append(b"flood %d\n" % number)
        await until(pilot, lambda: view.pane.in_sight[-1].start == store.last_start())
        assert painted <= 3
        assert rows(view)[-1] == "  flood 1999"


def count_rows(view: LogView) -> list[Row]:
    """Return the list of the rows that are drawn from now on."""
    drawn: list[Row] = []
    painter = view.pane._painter
    assert painter is not None
    draw = painter._row

    def counted(line: Any, row: Row, *args: Any) -> Any:
        drawn.append(row)
        return draw(line, row, *args)

    painter._row = counted  # type: ignore[assignment,method-assign] # to count it
    return drawn


async def test_a_paused_view_is_not_painted_by_a_flood(store: LogStore) -> None:
    store.append(numbered(100))
    async with showing(store) as (pilot, view):
        await pilot.press("up")
        await pilot.pause()
        drawn = count_rows(view)
        store.append(numbered(1000))
        await until(pilot, lambda: view.new_lines == 1000)
        await pilot.pause()
        assert drawn == []


@pytest.mark.parametrize(("first", "key"), [("end", "pageup"), ("home", "pagedown")])
async def test_the_next_page_is_drawn_before_its_key(store: LogStore, first: str, key: str) -> None:
    store.append(numbered(1000))
    async with showing(store) as (pilot, view):
        await pilot.press(first)
        drawn = count_rows(view)
        await pilot.press(key)
        page = view.pane.size.height - 1
        await until(pilot, lambda: len(drawn) == 2 * page)
        ready = drawn[page:]
        drawn.clear()
        pane = view.pane
        await pilot.press(key)
        # The next one may have been prepared meanwhile.
        assert not {*drawn} & {*ready}
        assert {*ready} < {*pane.in_sight}


def test_the_sheet_uses_the_colours_of_the_theme_only() -> None:
    sheet = (styles_dir() / "log_view.tcss").read_text()
    assert not re.search(r"#[0-9a-f]{3}|ansi_|!important", sheet)


@pytest.mark.starts_processes
def test_the_view_loads_nothing_of_the_network() -> None:
    look = f"import sys, {LogView.__module__}; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", look], check=True, capture_output=True, text=True
    )
    assert LogView.__module__ in loaded.stdout.split()
    assert not {"httpx", "websockets", "studio_tui.api.client"} & set(loaded.stdout.split())


async def test_the_focus_of_the_view_is_that_of_its_rows(store: LogStore) -> None:
    store.append(numbered(100))
    async with showing(store) as (pilot, view):
        pilot.app.set_focus(None)
        view.focus()
        await pilot.press("home")
        await pilot.pause()
        assert rows(view)[0] == "  line 0"


async def test_a_store_closed_under_the_view_leaves_it_empty(store: LogStore) -> None:
    store.append(numbered(100))
    async with showing(store) as (pilot, view):
        store.append(numbered(1))
        store.close()
        await pilot.press("home", "pagedown", "up", "G", "w", "y", "slash", "a", "enter")
        await pilot.resize_terminal(50, 12)
        await pilot.pause(0.1)
        assert not any(rows(view))
