"""The cursor of a log view: one visible line is the current one, to which commands apply."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.events import MouseScrollDown, MouseScrollUp
from textual.geometry import Region

from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.tui.logs.view.log_view import LogView
from studio_tui.tui.logs.view.place import LogPlace
from tests.tui.logs.view.test_log_view import (
    copied,
    current_rows,
    drawn_rows,
    numbered_lines,
    search,
    showing,
    until,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    store = LogStore.create(tmp_path)
    yield store
    store.close()


def at(view: LogView) -> tuple[str, int]:
    """Return the first row of the current line, and its position on the screen."""
    drawn = drawn_rows(view)
    y = next(y for y, row in enumerate(drawn) if row.startswith("▌"))
    return drawn[y][2:].split("  ")[0], y


def is_at(view: LogView, text: str, y: int) -> bool:
    return at(view) == (text, y)


async def test_keys_move_the_cursor_and_the_rows_scroll_only_at_an_edge(store: LogStore) -> None:
    store.append(numbered_lines(100))
    async with showing(store) as (pilot, view):
        for keys, text, y in (
            ("up", "line 98", 8),
            ("k k", "line 96", 6),
            (" ".join(["up"] * 7), "line 89", 0),
            ("down", "line 90", 1),
            ("pageup", "line 81", 1),
            ("ctrl+u", "line 76", 1),
            ("home", "line 0", 0),
            ("pageup", "line 0", 0),
            ("j j", "line 2", 2),
            ("pagedown", "line 11", 2),
            ("ctrl+d", "line 16", 2),
            (" ".join(["down"] * 8), "line 24", 9),
            ("end", "line 99", 9),
        ):
            await pilot.press(*keys.split())
            await until(pilot, lambda text=text, y=y: is_at(view, text, y))  # type: ignore[misc]
            assert sum(row.startswith("▌") for row in drawn_rows(view)) == 1


async def test_the_last_line_is_the_current_one_while_the_end_is_followed(store: LogStore) -> None:
    store.append(numbered_lines(100))
    async with showing(store) as (pilot, view):
        assert at(view) == ("line 99", 9)
        store.append(numbered_lines(5, first=100))
        await until(pilot, lambda: is_at(view, "line 104", 9))
        await pilot.press("up")
        store.append(numbered_lines(5, first=105))
        await until(pilot, lambda: view.new_lines == 5)
        assert at(view) == ("line 103", 8)
        assert not view.following
        await pilot.press("pagedown", "pagedown")
        await until(pilot, lambda: is_at(view, "line 109", 9))
        assert view.following


async def test_a_line_that_is_wrapped_is_one_step_and_all_of_its_rows_are_marked(
    store: LogStore,
) -> None:
    store.append(b"".join(b"%d %s\n" % (n, b"x" * 44) for n in range(6)) + b"y" * 400 + b"\nend\n")
    async with showing(store, width=20, height=9) as (pilot, view):
        await pilot.press("w", "home", "down", "down")
        await until(pilot, lambda: [row[0] for row in current_rows(view)] == ["2", "x", "x"])
        assert at(view)[1] == 6
        await pilot.press("down")
        await until(pilot, lambda: [row[0] for row in current_rows(view)] == ["3", "x", "x"])
        assert at(view)[1] == 6, "the whole line came in sight"
        await pilot.press("down", "down", "down")
        await until(pilot, lambda: len(current_rows(view)) == 9)
        assert current_rows(view)[0].startswith("y")
        # A line that does not fit is read row by row.
        steps = 0
        while current_rows(view)[0].startswith("y"):
            await pilot.press("down")
            await pilot.pause()
            steps += 1
        assert current_rows(view) == ["end"]
        assert steps == 400 // 17 + 1 - 9 + 1
        await pilot.press("up")
        await until(pilot, lambda: current_rows(view)[-1].startswith("y"))


async def test_a_click_moves_the_cursor_and_stops_following(store: LogStore) -> None:
    store.append(numbered_lines(100))
    async with showing(store) as (pilot, view):
        await pilot.click(view.pane, offset=(5, 9))
        assert view.following
        await pilot.click(view.pane, offset=(5, 3))
        await until(pilot, lambda: is_at(view, "line 93", 3))
        assert not view.following
        await pilot.press("y")
        await pilot.pause()
        assert copied(view) == ["line 93"]


async def test_the_wheel_scrolls_and_the_cursor_stays_at_its_line_while_that_is_visible(
    store: LogStore,
) -> None:
    store.append(numbered_lines(100))
    async with showing(store) as (pilot, view):
        await pilot.press("home", *["down"] * 5)

        async def turn(event: type[MouseScrollDown | MouseScrollUp]) -> None:
            arguments: Any = (view.pane, 1, 1, 0, 0, 0, False, False, False)
            view.pane.post_message(event(*arguments))
            await pilot.pause()

        await turn(MouseScrollDown)
        assert at(view) == ("line 5", 2)
        await turn(MouseScrollDown)
        assert at(view) == ("line 6", 0)
        await turn(MouseScrollUp)
        assert at(view) == ("line 5", 2)


async def test_a_move_of_the_cursor_repaints_two_rows(store: LogStore) -> None:
    store.append(numbered_lines(100))
    async with showing(store) as (pilot, view):
        await pilot.press("home", "down")
        await pilot.pause()
        regions: list[Region] = []
        view.pane.refresh = lambda *changed, **_: regions.extend(changed)  # type: ignore[method-assign,assignment]
        await pilot.press("down")
        await until(pilot, lambda: bool(regions))
        assert {(region.y, region.height) for region in regions} == {(1, 1), (2, 1)}


async def test_a_filter_leaves_the_current_line_in_its_row(store: LogStore) -> None:
    store.append(b"".join(b"%s %d\n" % (b"even" if n % 2 == 0 else b"odd", n) for n in range(100)))
    async with showing(store, height=12) as (pilot, view):
        await pilot.press("home", *["down"] * 40, *["up"] * 3)
        await pilot.pause()
        text, y = at(view)
        assert text == "odd 37"
        await pilot.press("ampersand", *"odd", "enter")
        await until(pilot, lambda: is_at(view, "odd 37", y))
        await pilot.press("down", "down")
        await until(pilot, lambda: at(view)[0] == "odd 41")
        y = at(view)[1]
        await pilot.press("escape")
        await until(pilot, lambda: "even" in " ".join(drawn_rows(view)))
        assert at(view) == ("odd 41", y)
        # A line that a filter hides is the current one again after the filter is removed.
        y = at(view)[1]
        await pilot.press("ampersand", *"even", "enter")
        await until(pilot, lambda: is_at(view, "even 42", y))
        await pilot.press("escape")
        await until(pilot, lambda: is_at(view, "odd 41", y))


async def test_a_filter_that_shows_nothing_does_not_lose_the_current_line(
    store: LogStore,
) -> None:
    store.append(numbered_lines(1000))
    async with showing(store) as (pilot, view):
        await pilot.press("home", *["pagedown"] * 3, "ampersand", *"line", "enter", "down")
        before = at(view)
        await pilot.press("ampersand", *["backspace"] * 4, *"nothing", "enter")
        await until(pilot, lambda: not any(drawn_rows(view)))
        await pilot.press("escape")
        await until(pilot, lambda: any(drawn_rows(view)))
        assert (at(view)[0], view.following) == (before[0], False)


async def test_a_selection_follows_the_cursor(store: LogStore) -> None:
    store.append(numbered_lines(100))
    async with showing(store) as (pilot, view):
        await pilot.press("home", "down", "V")
        for key, lines in (("down", 2), ("pagedown", 11), ("home", 2), ("G", 99)):
            await pilot.press(key)
            await until(
                pilot,
                lambda lines=lines: len([*view.selection.starts()]) == lines,  # type: ignore[misc]
            )


async def test_a_place_without_a_current_line_is_restored_with_the_first_one(
    store: LogStore,
) -> None:
    store.append(numbered_lines(100))
    async with showing(store) as (pilot, view):
        view.restore.return_to(LogPlace(top=store.start_of(40)))
        await until(pilot, lambda: is_at(view, "line 40", 0))
        await pilot.press("down", "down")
        place = view.restore.place
        assert (place.top, place.current) == (store.start_of(40), store.start_of(42))
        await search(pilot, "line 7")
        view.restore.return_to(place)
        await until(pilot, lambda: is_at(view, "line 42", 2))


async def test_bookmarks_are_not_restored_in_the_end_of_a_log_that_is_still_being_loaded(
    store: LogStore, tmp_path: Path
) -> None:
    end = LogStore.create(tmp_path)
    end.append(numbered_lines(10_000))
    async with showing(store) as (pilot, view):
        view.restore.return_to(LogPlace(bookmarks=(7,)))
        view.exchange(end, lambda _: 0, is_part=True)
        await until(pilot, lambda: is_at(view, "line 9999", 9))
        assert not view.pane.bookmarks
        store.append(numbered_lines(20_000))
        view.exchange(store, lambda start: store.size - end.size + start)
        assert view.pane.bookmarks == {7}
    end.close()


async def test_a_mark_alone_can_be_the_current_line(store: LogStore) -> None:
    store.append(b"one\n")
    store.mark(store.size, "More is missing.")
    async with showing(store, width=60) as (pilot, view):
        assert drawn_rows(view)[1].startswith("▌┅┅┅ More is missing.")
        await pilot.press("up")
        await until(pilot, lambda: drawn_rows(view)[0] == "▌ one")


async def test_a_log_without_lines_is_followed_whatever_the_reader_presses(store: LogStore) -> None:
    async with showing(store) as (pilot, view):
        await pilot.press("up", "pageup", "home")
        assert view.following
        store.append(numbered_lines(100))
        await until(pilot, lambda: is_at(view, "line 99", 9))
