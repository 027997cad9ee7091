"""Keys of a log view: filters, errors, bookmarks, times, selections and progress bars."""

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from studio_tui import clock
from studio_tui.presentation.logs.gutter_times import StampForm
from studio_tui.presentation.logs.row_forms import JsonForm
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.tagged_store import TaggedStore, finder_of_tags, tag_of
from studio_tui.tui.logs.view.log_view import LogView
from studio_tui.tui.logs.view.place import LogLook, LogPlace
from studio_tui.tui.logs.view.restore import place_at
from studio_tui.tui.logs.view.spot import line_starts
from studio_tui.tui.widgets.prompt import LINE, TIME
from tests.steps import step
from tests.tui.logs.view.log_stage import LogViewApp
from tests.tui.logs.view.test_log_view import (
    copied,
    current_rows,
    drawn_rows,
    numbered_lines,
    rows,
    search,
    showing,
    status_text,
    until,
)

KEYS = {" ": "space", "!": "exclamation_mark", ":": "colon", "-": "minus", "&": "ampersand"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    store = LogStore.create(tmp_path)
    yield store
    store.close()


async def type_into_prompt(pilot: Pilot[None], key: str, text: str) -> None:
    """Open a prompt with its key, type a text and confirm it."""
    await pilot.press(key, *(KEYS.get(letter, letter) for letter in text), "enter")
    await pilot.pause()


def shown_lines(view: LogView) -> list[str]:
    """Return the rows of the log that are not blank, without the gutter."""
    return [row[2:] for row in rows(view) if row.strip()]


# Filters


async def test_a_filter_shows_only_matching_lines_and_keeps_the_users_place(
    store: LogStore,
) -> None:
    store.append(b"".join(b"%s %d\n" % (b"even" if n % 2 == 0 else b"odd", n) for n in range(100)))
    async with showing(store) as (pilot, view):
        await pilot.press("g", "pagedown", "pagedown", "pagedown")
        await pilot.press(*"jjjj")
        assert current_rows(view) == ["odd 31"]
        await type_into_prompt(pilot, "ampersand", "odd")
        await until(pilot, lambda: shown_lines(view)[0] == "odd 23")
        assert shown_lines(view)[:-1] == [f"odd {number}" for number in range(23, 41, 2)]
        assert current_rows(view) == ["odd 31"]
        assert status_text(view) == " & odd: 50 lines, esc shows all"
        await pilot.press("escape")
        await pilot.pause()
        assert "even 32" in shown_lines(view)
        assert "odd 31" in shown_lines(view)


async def test_a_filter_with_an_exclamation_mark_hides_matching_lines(store: LogStore) -> None:
    store.append(b"".join(b"%s %d\n" % (b"even" if n % 2 == 0 else b"odd", n) for n in range(100)))
    async with showing(store) as (pilot, view):
        await type_into_prompt(pilot, "ampersand", "!odd")
        await until(pilot, lambda: shown_lines(view)[-1] == "even 98")
        assert all(row.startswith("even") for row in shown_lines(view))


async def test_a_filtered_view_follows_and_shows_only_matching_new_lines(store: LogStore) -> None:
    store.append(numbered_lines(50))
    async with showing(store) as (pilot, view):
        await type_into_prompt(pilot, "ampersand", "beep")
        await until(pilot, lambda: not shown_lines(view))
        store.append(b"beep one\n" + numbered_lines(3) + b"beep two\n" + numbered_lines(3))
        await until(pilot, lambda: shown_lines(view) == ["beep one", "beep two"])
        assert view.following


async def test_a_filter_does_not_hide_marks(store: LogStore) -> None:
    store.append(b"one\ntwo\nthree\n")
    store.mark(4, "Something is missing here.")
    async with showing(store) as (pilot, view):
        await type_into_prompt(pilot, "ampersand", "one")
        await until(pilot, lambda: len(shown_lines(view)) == 2)
        assert shown_lines(view)[0] == "one"
        assert shown_lines(view)[1].startswith("┅┅ Something is missing here.")


async def test_the_exclamation_mark_shows_only_errors_and_warnings_and_then_all_lines(
    store: LogStore,
) -> None:
    store.append(
        numbered_lines(20)
        + b"ERROR bad\n"
        + numbered_lines(20)
        + b"WARNING hm\n"
        + numbered_lines(20)
    )
    async with showing(store) as (pilot, view):
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: shown_lines(view) == ["ERROR bad", "WARNING hm"])
        assert status_text(view) == " errors and warnings: 2 lines, esc shows all"
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: "line 19" in shown_lines(view))


async def test_the_exclamation_mark_brings_the_users_filter_back(store: LogStore) -> None:
    store.append(numbered_lines(20) + b"ERROR bad\n" + numbered_lines(20))
    async with showing(store) as (pilot, view):
        await type_into_prompt(pilot, "ampersand", "line 7")
        await until(pilot, lambda: shown_lines(view) == ["line 7"] * 2)
        for key in ("exclamation_mark", "escape"):
            await pilot.press("exclamation_mark")
            await until(pilot, lambda: shown_lines(view) == ["ERROR bad"])
            assert "esc shows & line 7" in status_text(view)
            view.exchange(store, lambda start: start)
            await pilot.press(key)
            await until(pilot, lambda: shown_lines(view) == ["line 7"] * 2)
        await pilot.press("escape")
        await until(pilot, lambda: len(shown_lines(view)) > 2)
        await pilot.press("exclamation_mark", "exclamation_mark")
        await until(pilot, lambda: len(shown_lines(view)) > 2)


@pytest.mark.parametrize("has_line", [True, False])
async def test_leaving_errors_and_warnings_restores_the_users_place(
    store: LogStore, has_line: bool
) -> None:
    store.append(numbered_lines(500) + b"ERROR bad\n" + numbered_lines(500))
    async with showing(store) as (pilot, view):
        await pilot.press("g")
        await until(pilot, lambda: shown_lines(view)[0] == "line 0")
        await pilot.press(*["pagedown"] * 3)
        if has_line:
            view.pane.current = view.pane.in_sight[3].start
        before, current = shown_lines(view), view.pane.current
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: shown_lines(view) == ["ERROR bad"])
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: len(shown_lines(view)) == len(before))
        assert (shown_lines(view), view.pane.current) == (before, current)
        assert not view.following


async def test_leaving_errors_and_warnings_keeps_the_visited_error_current(store: LogStore) -> None:
    store.append(
        numbered_lines(500)
        + b"ERROR bad\n"
        + numbered_lines(500)
        + b"ERROR worse\n"
        + numbered_lines(99)
    )
    async with showing(store) as (pilot, view):
        await pilot.press("g", "exclamation_mark")
        await until(pilot, lambda: shown_lines(view) == ["ERROR bad", "ERROR worse"])
        await pilot.press("e")
        await until(pilot, lambda: current_rows(view) == ["ERROR worse"])
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: len(shown_lines(view)) > 2)
        assert current_rows(view) == ["ERROR worse"]


async def test_an_invalid_regular_expression_is_explained_and_stays_in_the_prompt(
    store: LogStore,
) -> None:
    store.append(numbered_lines(50))
    async with showing(store, width=90) as (pilot, view):
        keys = ["tilde", "left_parenthesis", "a"]
        for key in ("slash", "ampersand"):
            await pilot.press(key, *keys, "enter")
            await pilot.pause()
            assert view.prompt.is_open
            assert "(a is not a valid regular expression: missing )." in prompt_text(view)
            assert "~(a" in prompt_text(view)
            await pilot.press("escape")
            await pilot.pause()
        assert view.following
        assert len(shown_lines(view)) in {9, 10}


def prompt_text(view: LogView) -> str:
    """Return the rows of the prompt, including the message about an invalid input."""
    region = view.prompt.region
    strips = view.app.screen._compositor.render_strips()[region.y : region.bottom]
    return " ".join(strip.text for strip in strips)


async def test_matches_are_highlighted_while_a_search_is_typed(store: LogStore) -> None:
    store.append(numbered_lines(50))
    async with showing(store) as (pilot, view):
        await pilot.press("slash", *"line")
        await until(
            pilot,
            lambda: view.pane.highlighted is not None and view.pane.highlighted.matches("line"),
        )
        await pilot.press("escape")
        await until(pilot, lambda: view.pane.highlighted is None)


async def test_a_search_goes_to_its_first_match_while_it_is_typed(store: LogStore) -> None:
    store.append(numbered_lines(100))
    async with showing(store) as (pilot, view):
        await search(pilot, "line 9")
        await pilot.press("g", "j", "j")
        top = shown_lines(view)[0]
        await pilot.press("slash", *"ine", "space", "2")
        await until(pilot, lambda: current_rows(view) == ["line 2"])
        await pilot.press("5")
        await until(pilot, lambda: current_rows(view) == ["line 25"])
        assert "1 of 1" in prompt_text(view)
        await pilot.press("x")
        await until(pilot, lambda: "no match" in prompt_text(view))
        assert (shown_lines(view)[0], current_rows(view)) == (top, ["line 2"])
        await pilot.press("backspace", "backspace", "7")
        await until(pilot, lambda: current_rows(view) == ["line 27"])
        await pilot.press("escape")
        await until(pilot, lambda: not view.prompt.is_open)
        assert (shown_lines(view)[0], current_rows(view)) == (top, ["line 2"])
        assert status_text(view) == " /line 9 11 matching lines"


async def test_a_filter_hides_lines_while_it_is_typed(store: LogStore) -> None:
    store.append(b"".join(b"%s %d\n" % (b"even" if n % 2 == 0 else b"odd", n) for n in range(100)))
    async with showing(store) as (pilot, view):
        await type_into_prompt(pilot, "ampersand", "odd")
        await pilot.press("g", "pagedown", "j")
        place = shown_lines(view), current_rows(view)
        await pilot.press("ampersand", "space", "9")
        await until(pilot, lambda: "6 lines" in prompt_text(view))
        assert shown_lines(view)[0] == "odd 9"
        await pilot.press("home", "tilde", "end", "left_parenthesis")
        await until(pilot, lambda: "lines" not in prompt_text(view))
        await pilot.press("escape")
        await until(pilot, lambda: not view.prompt.is_open)
        assert (shown_lines(view), current_rows(view)) == place
        assert status_text(view) == " & odd: 50 lines, esc shows all"


async def test_an_expression_that_takes_too_long_is_reported_while_it_is_typed(
    store: LogStore,
) -> None:
    store.append(b"a" * 200 + b"\n")
    async with showing(store, width=140) as (pilot, view):
        begin = ("tilde", "left_parenthesis", "a", "vertical_line", "a", "a", "right_parenthesis")
        await pilot.press("slash", *begin, "plus", "backslash", "1", "c")
        await until(pilot, lambda: "takes too long to search for" in prompt_text(view))


async def test_a_canceled_prompt_leaves_a_followed_log_at_its_end(store: LogStore) -> None:
    store.append(numbered_lines(100))
    async with showing(store) as (pilot, view):
        for key in ("slash", "ampersand"):
            await pilot.press(key, *"ine", "space", "2")
            await until(pilot, lambda: view.pane.highlighted is not None or bool(view.filter.typed))
            await pilot.press("escape")
            await until(pilot, lambda: not view.prompt.is_open)
            store.append(b"latest\n")
            await until(pilot, lambda: shown_lines(view)[-1] == "latest")
            assert view.following


async def test_up_recalls_earlier_searches(store: LogStore) -> None:
    store.append(numbered_lines(50))
    async with showing(store) as (pilot, view):
        await search(pilot, "line 7")
        await search(pilot, "line 8")
        await pilot.press("slash", "up", "up", "enter")
        await until(pilot, lambda: current_rows(view) == ["line 7"])


async def test_a_search_in_a_filtered_view_finds_only_shown_lines(store: LogStore) -> None:
    store.append(b"a x\nb x\n" * 50 + b"a end\n")
    async with showing(store) as (pilot, view):
        await type_into_prompt(pilot, "ampersand", "a")
        await search(pilot, "x")
        assert current_rows(view) == ["a x"]
        assert status_text(view).endswith("/x 83 of 100 in the whole log")
        first = view.pane.current
        await pilot.press("n")
        await until(pilot, lambda: view.pane.current != first)
        assert current_rows(view) == ["a x"]
        assert all(row.startswith("a") for row in shown_lines(view))


# JSON lines


async def test_a_key_changes_the_form_of_json_lines_and_says_so(store: LogStore) -> None:
    store.append(b'{"level": "info", "msg": "hi"}\n')
    async with showing(store, width=90) as (pilot, view):
        for form, shown in (
            (JsonForm.OPEN, ["level: info", "msg: hi"]),
            (JsonForm.RAW, ['{"level": "info", "msg": "hi"}']),
            (JsonForm.SHORT, ["INFO hi"]),
        ):
            await pilot.press("J")
            assert [row.removeprefix("┊ ") for row in shown_lines(view)] == shown
            assert status_text(view) == f" JSON lines: {form}"


# Errors

TRACEBACK = b"""Traceback (most recent call last):
  File "a.py", line 1, in <module>
    load()
ValueError: no such shard

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a.py", line 3, in <module>
    raise RuntimeError("gave up")
RuntimeError: gave up
"""


async def test_e_goes_to_the_next_error_and_treats_a_traceback_as_one_error(
    store: LogStore,
) -> None:
    store.append(
        numbered_lines(30) + TRACEBACK + numbered_lines(30) + b"ERROR last\n" + numbered_lines(30)
    )
    async with showing(store) as (pilot, view):
        await pilot.press("g", "e")
        await until(pilot, lambda: current_rows(view) == ["Traceback (most recent call last):"])
        assert view.pane.current == len(numbered_lines(30))
        await pilot.press("e")
        await until(pilot, lambda: current_rows(view) == ["ERROR last"])
        await pilot.press("E")
        await until(pilot, lambda: view.pane.current == len(numbered_lines(30)))


async def test_e_wraps_around_and_says_so(store: LogStore) -> None:
    first = len(numbered_lines(30))
    store.append(
        numbered_lines(30) + TRACEBACK + numbered_lines(30) + b"ERROR last\n" + numbered_lines(30)
    )
    async with showing(store) as (pilot, view):
        await pilot.press("G", "e")
        await until(pilot, lambda: view.pane.current == first)
        assert status_text(view) == " the first error, from the start"
        await pilot.press("E")
        await until(pilot, lambda: current_rows(view) == ["ERROR last"])
        assert status_text(view) == " the last error, from the end"
        await pilot.press("k")
        assert status_text(view) == ""


BAR = (
    "\rshingling:   1%|          | 1/240 [00:00<00:09, 25.00it/s]"
    "\rshingling:  83%|████████  | 200/240 [00:08<00:01, 25.00it/s]"
).encode()
BRIEF = b"""Traceback (most recent call last):
  File "a.py", line 1, in <module>
    load()
KeyError: 'missing_key'
"""


@pytest.mark.parametrize("first_line", [b"", BAR], ids=["plain", "after a bar"])
async def test_e_goes_to_the_start_of_the_next_error_from_every_line(
    store: LogStore, first_line: bytes
) -> None:
    # The lines of each part are either no error or one error.
    parts = [
        b"INFO:root:start\n", first_line + BRIEF, b"INFO:root:more\n",
        b"ERROR:root:failed\n" + TRACEBACK, b"last\n",
    ]  # fmt: skip
    store.append(b"".join(parts))
    part_starts = [sum(map(len, parts[:number])) for number in range(len(parts))]
    first, second = part_starts[1], part_starts[3]
    async with showing(store, height=30) as (pilot, view):
        await pilot.press("g")
        for start in line_starts(store):
            expected = first if start < first else second if start < second else None
            view.clear_message()
            view.go(start)
            await pilot.press("e")
            if expected is None:
                await until(pilot, lambda: "the first error, from the start" in status_text(view))
                assert is_at(view, first)
            else:
                await until(pilot, partial(is_at, view, expected))


async def test_while_following_e_goes_to_the_start_of_an_error_above_the_visible_lines(
    store: LogStore,
) -> None:
    store.append(b"start\n" + BRIEF + numbered_lines(6))
    async with showing(store, height=8) as (pilot, view):
        await until(pilot, lambda: shown_lines(view)[0].strip() == "load()")
        await pilot.press("e")
        await until(pilot, partial(is_at, view, len("start\n")))


async def test_e_says_that_it_goes_up_from_the_end_of_a_filtered_log(store: LogStore) -> None:
    store.append(numbered_lines(30) + b"ERROR a failed\n" + numbered_lines(30) + b"ERROR failed\n")
    async with showing(store, width=110) as (pilot, view):
        await type_into_prompt(pilot, "ampersand", "failed")
        await until(pilot, lambda: shown_lines(view) == ["ERROR a failed", "ERROR failed"])
        await pilot.press("G", "e")
        await until(pilot, lambda: current_rows(view) == ["ERROR a failed"])
        assert status_text(view).startswith(" the first visible error · & failed")


async def test_a_search_continues_from_the_error_that_the_user_went_to(store: LogStore) -> None:
    lines = [*("a match" for _ in range(3)), "ERROR one", "a match here", "ERROR two", "a match b"]
    store.append("\n".join([*(f"line {n}" for n in range(40)), *lines, ""]).encode())
    async with showing(store) as (pilot, view):
        await pilot.press("g", "e")
        await until(pilot, lambda: current_rows(view) == ["ERROR one"])
        # Matches above the error are visible too.
        await search(pilot, "match")
        assert current_rows(view) == ["a match here"]
        await pilot.press("n", "n")
        await until(pilot, lambda: current_rows(view) == ["a match"])
        await pilot.press("N", "E")
        await until(pilot, lambda: current_rows(view) == ["ERROR two"])
        assert status_text(view) == " /match 5 matching lines"
        await pilot.press("N")
        await until(pilot, lambda: current_rows(view) == ["a match here"])


INTERLEAVED = [
    f"[rank{rank}]: {line}"
    for line in (
        "Traceback (most recent call last):",
        '  File "a.py", line 1, in f',
        "ValueError: x",
    )
    for rank in (0, 1)
]
CONTINUED_ERRORS = [
    "thread 'main' (482) panicked at src/shard.rs:41:17:",
    "index out of bounds",
    "begins",
    '  File "query.py", line 3',
    "    rows = [1, 2, 3",
    "SyntaxError: '[' was never closed",
    "╭─ Error ─────────────╮",
    "│ Missing option '-n' │",
    "╰─────────────────────╯",
]


def is_at(view: LogView, start: int) -> bool:
    return view.pane.current == start


async def test_e_treats_each_of_several_interleaved_tracebacks_as_one_error(
    store: LogStore,
) -> None:
    lines = ["begins", *INTERLEAVED, "goes on", "ERROR last"]
    store.append("".join(f"{line}\n" for line in lines).encode())
    starts = [sum(len(line) + 1 for line in lines[:n]) for n in range(len(lines))]
    async with LogViewApp(store).run_test(size=(60, 14)) as pilot:
        view = pilot.app.query_one(LogView)
        await pilot.press("g")
        for key, number in (("e", 1), ("e", 2), ("e", 8), ("E", 2), ("E", 1)):
            await pilot.press(key)
            await until(pilot, partial(is_at, view, starts[number]))


async def test_a_long_chain_of_exceptions_is_one_error(store: LogStore) -> None:
    chained = b"\n\nDuring handling of the above exception, another exception occurred:\n\n"
    traceback = (
        b'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    g()\nOSError: x'
    )
    chain = chained.join([traceback] * 100) + b"\n"
    store.append(b"begins\n" + chain + b"ERROR last\n")
    async with showing(store, width=90) as (pilot, view):
        for key, start in (("E", len(b"begins\n" + chain)), ("E", len(b"begins\n"))):
            await pilot.press(key)
            await until(pilot, partial(is_at, view, start))
        await pilot.press("e")
        await until(pilot, lambda: current_rows(view) == ["ERROR last"])


async def test_with_a_filter_e_goes_to_the_first_shown_line_of_an_error(store: LogStore) -> None:
    store.append(numbered_lines(30) + BRIEF + numbered_lines(30) + BRIEF)
    lines = [*line_starts(store)]
    async with showing(store, width=110) as (pilot, view):
        await type_into_prompt(pilot, "ampersand", "KeyError")
        await until(pilot, lambda: len(shown_lines(view)) == 2)
        for key, start in (("E", lines[67]), ("E", lines[33]), ("e", lines[67])):
            await pilot.press(key)
            await until(pilot, partial(is_at, view, start))


async def test_lines_that_continue_an_error_are_errors_too(store: LogStore) -> None:
    store.append("".join(f"{line}\n" for line in ["first", *CONTINUED_ERRORS, "last"]).encode())
    async with LogViewApp(store).run_test(size=(60, 16)) as pilot:
        view = pilot.app.query_one(LogView)
        await pilot.press("!")
        await until(pilot, lambda: status_text(view).startswith(" errors and warnings: 6 lines"))
        await until(pilot, lambda: len(shown_lines(view)) == 6)
        assert shown_lines(view) == [CONTINUED_ERRORS[n] for n in (0, 1, 3, 5, 6, 7)]
        for start in view.filter.visible_starts():
            (line,) = view.pane.rows_at(start)
            assert [span.pen.foreground for span in line.spans] == [1], line.text


@pytest.mark.parametrize("key", ["g", "G", "pageup"])
async def test_errors_are_not_searched_for_while_the_user_moves(
    store: LogStore, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    now = 100.0
    monkeypatch.setattr(clock, "monotonic", lambda: now)
    store.append(b"ERROR first\n" + numbered_lines(100_000))
    async with showing(store) as (pilot, view):
        now += 0.3
        await pilot.press(key)
        now += 0.3
        await pilot.pause(0.7)
        assert view.bar.errors == set()
        now += 0.3
        await until(pilot, lambda: view.bar.errors == {0})


async def test_errors_and_matches_are_marked_on_the_scroll_bar(store: LogStore) -> None:
    store.append(b"ERROR first\n" + numbered_lines(500) + b"needle\n" + numbered_lines(500))
    async with showing(store) as (pilot, view):
        await until(pilot, lambda: view.bar.errors == {0})
        await search(pilot, "needle")
        await until(pilot, lambda: view.bar.matches in ({4}, {5}))
        # A click on a mark of the scroll bar pages like a click beside it.
        await pilot.press("G")
        await until(pilot, lambda: shown_lines(view)[-1].startswith("line 499"))
        await pilot.click(view.bar, offset=(0, 0))
        await until(
            pilot, lambda: shown_lines(view)[-1].startswith("line 49") and not view.following
        )
        assert view.bar.render_line(0).text == "━"
        assert view.bar.render_line(next(iter(view.bar.matches))).text == "─"


async def test_marks_on_the_scroll_bar_of_a_short_log_are_beside_their_lines(
    store: LogStore,
) -> None:
    store.append(b"one\nERROR " + b"x" * 20 + b"\nthree\n")
    async with showing(store) as (pilot, view):
        await until(pilot, lambda: view.bar.errors == {1})
        await search(pilot, "three")
        await until(pilot, lambda: view.bar.matches == {2})


# Bookmarks


async def test_bookmarks_can_be_set_visited_and_removed(store: LogStore) -> None:
    store.append(numbered_lines(100))
    async with showing(store) as (pilot, view):
        await search(pilot, "line 20")
        await pilot.press("m")
        await search(pilot, "line 60")
        await pilot.press("m", "escape", "g", "apostrophe")
        await until(pilot, lambda: current_rows(view) == ["line 20"])
        await pilot.press("apostrophe")
        await until(pilot, lambda: current_rows(view) == ["line 60"])
        await pilot.press("apostrophe")
        await until(pilot, lambda: current_rows(view) == ["line 20"])
        await pilot.press("quotation_mark")
        await until(pilot, lambda: current_rows(view) == ["line 60"])
        assert status_text(view) == " bookmark 2 of 2"
        await pilot.press("m", "k")
        await pilot.pause()
        assert view.pane.bookmarks == {store.start_of(20)}


async def test_m_after_scrolling_sets_a_bookmark_in_another_line(store: LogStore) -> None:
    store.append(numbered_lines(100))
    async with showing(store) as (pilot, view):
        await pilot.press("g", "m", "pagedown", "m")
        await until(pilot, lambda: len(view.pane.bookmarks) == 2)
        await pilot.press("m")
        await until(pilot, lambda: view.pane.bookmarks == {0})


async def test_the_apostrophe_visits_only_bookmarks_that_the_filter_shows(store: LogStore) -> None:
    store.append(numbered_lines(100))
    async with showing(store, width=90) as (pilot, view):
        view.pane.bookmarks = frozenset({store.start_of(20), store.start_of(60)})
        await type_into_prompt(pilot, "ampersand", "line 2")
        await pilot.press("apostrophe", "apostrophe")
        await until(pilot, lambda: current_rows(view) == ["line 20"])
        assert status_text(view).startswith(" bookmark 1 of 1, 1 more is hidden")
        await type_into_prompt(pilot, "ampersand", "line 3")
        await pilot.press("apostrophe")
        await until(pilot, lambda: "no bookmark is among the lines shown" in status_text(view))


async def test_a_bookmark_has_a_sign_in_the_gutter(store: LogStore) -> None:
    store.append(numbered_lines(5))
    async with showing(store) as (pilot, view):
        await pilot.press("m")
        await until(pilot, lambda: drawn_rows(view)[4] == "▌◆line 4")
        await pilot.press("up")
        await until(pilot, lambda: drawn_rows(view)[3:5] == ["▌ line 3", "◆ line 4"])


# Times and numbers

TIMED = b"".join(b"2026-03-04 11:%02d:00,000 INFO step %d\n" % (n, n) for n in range(60))


async def test_t_switches_the_gutter_between_four_forms_of_times(store: LogStore) -> None:
    store.append(TIMED)
    async with showing(store, width=60) as (pilot, view):
        await pilot.press("t", "t")
        await pilot.pause()
        assert rows(view)[0].startswith("11:50:00")
        await pilot.press("t")
        await pilot.pause()
        assert rows(view)[0].startswith("+50:00")
        view.times.zero_time = datetime(2026, 3, 4, 10, 50, tzinfo=UTC)
        view.times.adapt()
        await until(pilot, lambda: rows(view)[0].startswith("+1:00:00"))
        await pilot.press("t", "t", "t")
        await pilot.resize_terminal(120, 21)
        await until(pilot, lambda: rows(view)[0].startswith("03-04 11:"))
        await pilot.press("t", "t")
        await pilot.pause()
        assert rows(view)[0].startswith("  2026-03-04")


async def test_a_log_that_is_still_read_has_no_column_for_times_before_a_line_has_one(
    store: LogStore,
) -> None:
    async with showing(store, width=60) as (pilot, view):
        view.is_all_here = False
        view.appearance.apply(LogLook(stamps=StampForm.LOCAL))
        for count in range(3):
            store.append(numbered_lines(20))
            await until(pilot, lambda count=count: view.store.lines == 20 * count + 20)  # type: ignore[misc, union-attr]
            await pilot.pause(0.1)
            assert view.pane.times is None
        store.append(TIMED)
        await until(pilot, lambda: view.pane.times is not None)
        store.append(numbered_lines(300))
        view.is_all_here = True
        await pilot.pause(0.1)
        assert view.pane.times is not None


async def test_times_that_no_recent_line_has_are_found_once_the_log_is_whole(
    store: LogStore,
) -> None:
    async with showing(store, width=60) as (pilot, view):
        view.is_all_here = False
        view.appearance.apply(LogLook(stamps=StampForm.LOCAL))
        store.append(TIMED + numbered_lines(20))
        await until(pilot, lambda: bool(view.pane.in_sight))
        assert view.pane.times is None
        view.is_all_here = True
        await until(pilot, lambda: view.pane.times is not None)


async def test_the_time_prompt_goes_to_absolute_and_relative_times(store: LogStore) -> None:
    store.append(TIMED)
    async with showing(store, width=90) as (pilot, view):
        await type_into_prompt(pilot, "T", "2026-03-04T11:20:30Z")
        await until(pilot, lambda: "step 21" in "".join(current_rows(view)))
        await type_into_prompt(pilot, "T", "10m")
        await until(pilot, lambda: "step 49" in "".join(current_rows(view)))
        await type_into_prompt(pilot, "T", "-150s")
        await until(pilot, lambda: "step 46" in "".join(current_rows(view)))
        await type_into_prompt(pilot, "T", "-1s")
        await until(pilot, lambda: "step 45" in "".join(current_rows(view)))
        await type_into_prompt(pilot, "T", "+270s")
        await until(pilot, lambda: "step 50" in "".join(current_rows(view)))
        view.pane.current = None
        await pilot.press("g", "j")
        await type_into_prompt(pilot, "T", "+4m")
        await until(pilot, lambda: "".join(current_rows(view)).endswith(" step 5"))
        view.pane.current = None
        await pilot.press("G")
        await type_into_prompt(pilot, "T", "-4m")
        await until(pilot, lambda: "step 55" in "".join(current_rows(view)))
        await type_into_prompt(pilot, "T", "soon")
        assert view.prompt.is_open
        assert "soon is not a time; type 14:05, 2026-11-25 14:05 or -10m." in prompt_text(view)


async def test_a_negative_relative_time_goes_to_the_last_shown_line_before_it(
    store: LogStore,
) -> None:
    store.append(TIMED)
    async with showing(store, width=90) as (pilot, view):
        await type_into_prompt(pilot, "T", "2026-03-04T11:50:00Z")
        await until(pilot, lambda: "step 50" in "".join(current_rows(view)))
        await type_into_prompt(pilot, "ampersand", "step 5")
        await until(pilot, lambda: "step 50" in "".join(current_rows(view)))
        await type_into_prompt(pilot, "T", "-1m")
        await until(pilot, lambda: [row[-6:] for row in current_rows(view)] == ["step 5"])


async def test_a_time_outside_the_log_goes_to_its_beginning_or_end_with_a_message(
    store: LogStore,
) -> None:
    store.append(TIMED)
    async with showing(store, width=90) as (pilot, view):
        await type_into_prompt(pilot, "T", "2026-03-04T21:50:00Z")
        await until(pilot, lambda: "step 59" in "".join(current_rows(view)))
        assert "; the log ends before " in status_text(view)
        await type_into_prompt(pilot, "T", "2026-03-04T01:50:00Z")
        await until(pilot, lambda: [row[-7:] for row in current_rows(view)] == [" step 0"])
        assert "; the log begins after " in status_text(view)
        await type_into_prompt(pilot, "T", "2026-03-04T11:50:00Z")
        await until(pilot, lambda: "step 50" in "".join(current_rows(view)))
        assert ";" not in status_text(view)


@pytest.mark.parametrize(
    ("key", "typed", "status"),
    [
        ("T", "2026-03-04T11:20:30Z", " nearest line shown: 03-04 "),
        ("colon", "22", " nearest line shown, as that line is hidden · "),
    ],
)
async def test_going_to_a_line_that_a_filter_hides_goes_to_the_next_shown_line(
    store: LogStore, key: str, typed: str, status: str
) -> None:
    store.append(TIMED)
    async with showing(store, width=90) as (pilot, view):
        await type_into_prompt(pilot, "ampersand", "5")
        await until(pilot, lambda: len(shown_lines(view)) < 9 or "step 59" in shown_lines(view)[-1])
        await type_into_prompt(pilot, key, typed)
        await until(pilot, lambda: "step 25" in "".join(current_rows(view)))
        assert status_text(view).startswith(status)
        assert key != "T" or ":25:00 local time" in status_text(view)
        await pilot.press("escape")
        await until(pilot, lambda: "step 24" in "".join(shown_lines(view)))
        assert current_rows(view) == [row for row in shown_lines(view) if "step 25" in row]


async def test_going_to_a_line_after_all_shown_lines_goes_to_the_last_shown_line(
    store: LogStore,
) -> None:
    store.append(TIMED)
    async with showing(store, width=90) as (pilot, view):
        await type_into_prompt(pilot, "ampersand", "step 1")
        await type_into_prompt(pilot, "T", "2026-03-04T11:40Z")
        await until(pilot, lambda: "step 19" in "".join(current_rows(view)))
        await type_into_prompt(pilot, "ampersand", "nothing")
        await type_into_prompt(pilot, "colon", "3")
        await until(pilot, lambda: "no line is shown" in status_text(view))


async def test_the_commands_for_times_explain_that_the_log_has_none(store: LogStore) -> None:
    store.append(numbered_lines(10))
    async with showing(store, width=90) as (pilot, view):
        for is_all_here, end in ((False, " so far."), (True, ".")):
            view.is_all_here = is_all_here
            await type_into_prompt(pilot, "T", "14:05")
            assert view.prompt.is_open
            assert f"The lines of this log have no times{end}" in prompt_text(view)
            await pilot.press("escape")
        await pilot.press("t")
        assert (
            status_text(view)
            == " times beside the lines: local time; the lines of this log have no times"
        )
        assert view.pane.times is None, "an empty column takes no space"
        await pilot.press("slash", "escape")
        assert "times" not in status_text(view), "a prompt replaces the message"
        store.append(TIMED)
        await pilot.press("T")
        await until(pilot, lambda: view.pane.times is not None)
        assert "no times" not in prompt_text(view)


async def test_a_long_log_without_times_is_searched_for_one_in_small_steps(
    store: LogStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.append(numbered_lines(200_000))
    async with showing(store, width=90) as (pilot, view):
        reads = 0
        steps: list[int] = []
        read = store.read

        def count(offset: int, length: int) -> bytes:
            nonlocal reads
            reads += 1
            return read(offset, length)

        async def note_steps() -> None:
            while True:
                before = reads
                await asyncio.sleep(0)
                steps.append(reads - before)

        monkeypatch.setattr(store, "read", count)
        noting = asyncio.create_task(note_steps())
        await pilot.press("T")
        await until(pilot, lambda: "The lines of this log have no times." in prompt_text(view))
        await pilot.press("escape", "t")
        await until(pilot, lambda: "the lines of this log have no times" in status_text(view))
        noting.cancel()
        assert reads > 1000
        assert max(steps) < 100
        assert view.pane.times is None


async def test_a_late_warning_leaves_another_prompt_and_what_was_typed(store: LogStore) -> None:
    store.append(TIMED)
    async with showing(store, width=90) as (pilot, view):
        await pilot.press("T")
        view.prompt.warn(LINE, "No lines.")
        await pilot.press("1", "4")
        view.prompt.warn(TIME, "No times.")
        assert view.prompt.query_one(Input).value == "14"
        assert "No " not in prompt_text(view)


async def test_the_time_prompt_waits_for_logs_that_are_still_being_read(store: LogStore) -> None:
    store.append(TIMED)
    async with showing(store, width=90) as (pilot, view):
        view.times.is_being_read = lambda: True
        await type_into_prompt(pilot, "T", "11:40")
        assert "Logs are still being read; press enter again in a moment." in prompt_text(view)
        view.times.is_being_read = lambda: False
        await pilot.press("enter")
        await until(pilot, lambda: not view.prompt.is_open)


async def test_lines_of_a_merged_log_are_new_only_if_they_came_live(tmp_path: Path) -> None:
    store = TaggedStore.create(tmp_path)
    line = tag_of(0) + b"line\n"
    store.append(line * 100)
    async with showing(store) as (pilot, view):
        await pilot.press("g")
        store.append(line * 20)
        view.settle()
        assert view.new_lines == 0
        with store.arrivals.live(datetime(2026, 3, 4, 11, 20, tzinfo=UTC)):
            store.append(line * 3)
        store.append(line)
        await until(pilot, lambda: view.new_lines == 4)
    store.close()


async def test_the_time_prompt_uses_the_times_at_which_lines_arrived(store: LogStore) -> None:
    async with showing(store, width=90) as (pilot, view):
        with store.arrivals.live(datetime(2026, 3, 4, 11, 20, tzinfo=UTC)):
            store.append(b"one\n")
        with store.arrivals.live(datetime(2026, 3, 4, 11, 30, tzinfo=UTC)):
            store.append(b"two\nthree\n")
        await type_into_prompt(pilot, "T", "2026-03-04T11:25:00Z")
        await until(pilot, lambda: current_rows(view) == ["two"])


async def test_the_line_prompt_goes_to_a_line_by_its_number_or_share(store: LogStore) -> None:
    store.append(numbered_lines(3000))
    async with showing(store, width=90) as (pilot, view):
        await type_into_prompt(pilot, "colon", "1500")
        await until(pilot, lambda: current_rows(view) == ["line 1499"])
        await type_into_prompt(pilot, "colon", "50%")
        await until(pilot, lambda: current_rows(view) != ["line 1499"])
        assert 1350 < int(current_rows(view)[0].split()[1]) < 1650
        for typed, error in [
            ("0", "0 is not a line number; type one from 1 to 3,000."),
            ("x", "x is not a line number; type one from 1 to 3,000."),
            ("9000", "The log has 3,000 lines."),
        ]:
            await type_into_prompt(pilot, "colon", typed)
            assert error in prompt_text(view)
            await pilot.press("escape")


async def test_the_line_prompt_explains_that_the_log_has_no_lines(store: LogStore) -> None:
    async with showing(store, width=90) as (pilot, view):
        for typed in ("5", "x"):
            await type_into_prompt(pilot, "colon", typed)
            assert "The log has no lines" in prompt_text(view)
            await pilot.press("escape")


# Selecting


async def test_lines_are_selected_with_the_cursor_keys_and_copied(store: LogStore) -> None:
    store.append(numbered_lines(100))
    async with showing(store) as (pilot, view):
        await search(pilot, "line 50")
        await pilot.press("V", "down", "down", "y")
        await pilot.pause()
        assert copied(view) == ["line 50\nline 51\nline 52"]
        assert view.pane.selected is None


async def test_lines_beyond_the_most_that_can_be_copied_stay_selected(
    store: LogStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio_tui.tui.logs.view.selection.COPIED_LINES", 70)
    store.append(numbered_lines(100))
    async with showing(store, width=90) as (pilot, view):
        await pilot.press("V", "g", "y")
        told = "more lines are selected than can be copied; ctrl+s saves them all"
        await until(pilot, lambda: told in status_text(view))
        assert copied(view) == ["\n".join(f"line {number}" for number in range(70))]
        assert view.selection.is_selecting
        await pilot.press(*["down"] * 30, "y")
        await until(pilot, lambda: not view.selection.is_selecting)
        assert status_text(view) == ""


async def test_a_selection_can_exceed_the_screen_and_be_canceled(store: LogStore) -> None:
    store.append(numbered_lines(100))
    async with showing(store) as (pilot, view):
        await pilot.press("V", "pageup", "pageup", "up")
        await pilot.pause()
        assert view.pane.selected == (store.start_of(80), store.start_of(99))
        assert "line 80" in shown_lines(view)
        assert status_text(view).startswith(" selecting")
        await pilot.press("escape")
        await pilot.pause()
        assert view.pane.selected is None


# Progress bars


async def test_p_shows_every_state_of_a_progress_bar(store: LogStore) -> None:
    store.append(b"begin\n 1%\r 50%\r100%\nend\n")
    async with showing(store) as (pilot, view):
        assert shown_lines(view) == ["begin", "100% ×3", "end"]
        await pilot.press("p")
        await pilot.pause()
        assert shown_lines(view) == ["begin", " 1%", " 50%", "100%", "end"]
        assert status_text(view) == " progress bars: every state"


# Merged logs, in which each line begins with the tag of its job


def tagged(tmp_path: Path, count: int = 40) -> TaggedStore:
    store = TaggedStore.create(tmp_path)
    lines = (b"2026-03-01 12:00:%02d %d" % (n, n) for n in range(count))
    store.append(b"".join(tag_of(n % 2) + line + b"\n" for n, line in enumerate(lines)))
    return store


async def test_the_tags_of_lines_are_neither_shown_nor_found_nor_copied(tmp_path: Path) -> None:
    store = tagged(tmp_path)
    async with showing(store) as (pilot, view):
        assert shown_lines(view)[-1] == "2026-03-01 12:00:39 39"
        for word in ("001|", "|", "~^0"):
            await type_into_prompt(pilot, "slash", word)
            await until(pilot, lambda: "no match" in status_text(view))
        await type_into_prompt(pilot, "slash", "~^2026-03-01 12:00:0[7]")
        await until(pilot, lambda: current_rows(view) == ["2026-03-01 12:00:07 7"])
        await pilot.press("y")
        await pilot.pause()
        assert copied(view) == ["2026-03-01 12:00:07 7"]
        assert view.pane.text_at(store.start_of(7)) == "2026-03-01 12:00:07 7"
        await type_into_prompt(pilot, "T", "2026-03-01 12:00:20+00:00")
        await until(pilot, lambda: view.pane.current == store.start_of(20))
    store.close()


async def test_lines_are_filtered_by_their_tags_and_by_typed_text_together(tmp_path: Path) -> None:
    store = tagged(tmp_path)
    async with showing(store) as (pilot, view):
        view.filter.show_within(finder_of_tags([1]))
        await until(
            pilot, lambda: shown_lines(view)[-2:] == [f"2026-03-01 12:00:{n} {n}" for n in (37, 39)]
        )
        await type_into_prompt(pilot, "ampersand", "!12:00:3")
        await until(pilot, lambda: shown_lines(view)[-1] == "2026-03-01 12:00:29 29")
        await type_into_prompt(pilot, "slash", ":0")
        await until(pilot, lambda: "of 20" in status_text(view))
        await pilot.press("escape")
        await until(pilot, lambda: "esc shows all" not in status_text(view))
        assert "/:0" in status_text(view)
        await pilot.press("escape", "G")
        await until(pilot, lambda: shown_lines(view)[-1] == "2026-03-01 12:00:39 39")
        assert not any(row.endswith("8") for row in shown_lines(view))
        view.filter.show_within(None)
        await until(pilot, lambda: any(row.endswith("8") for row in shown_lines(view)))
    store.close()


async def test_the_view_keeps_its_place_while_jobs_are_hidden_and_shown(
    tmp_path: Path,
) -> None:
    store = tagged(tmp_path, 60)

    def numbers(view: LogView) -> list[int]:
        return [int(row.split(" ")[2]) for row in shown_lines(view)]

    async with showing(store) as (pilot, view):
        await pilot.press("g")
        view.scrolling.scroll(4)
        before = numbers(view)
        assert before[0] == 4
        for tag, first in ((1, 5), (0, 4), (1, 5)):
            view.filter.show_within(finder_of_tags([tag]))
            await until(pilot, lambda first=first: numbers(view)[:2] == [first, first + 2])  # type: ignore[misc]
        # Clearing the text filter keeps the choice of jobs, and the place.
        await type_into_prompt(pilot, "ampersand", "12:00:5")
        await until(pilot, lambda: numbers(view)[0] > 50)
        await pilot.press("escape")
        await until(pilot, lambda: numbers(view)[:2] == [5, 7])
        view.filter.show_within(None)
        await until(pilot, lambda: numbers(view) == before)
        # A user who has scrolled meanwhile stays there.
        view.filter.show_within(finder_of_tags([1]))
        await until(pilot, lambda: numbers(view)[:2] == [5, 7])
        view.scrolling.scroll(2)
        await until(pilot, lambda: numbers(view)[:2] == [9, 11])
        await type_into_prompt(pilot, "ampersand", "12:00:5")
        await until(pilot, lambda: numbers(view)[0] > 50)
        await pilot.press("escape")
        await until(pilot, lambda: numbers(view)[:2] == [9, 11])
        view.filter.show_within(None)
        await until(pilot, lambda: numbers(view)[:2] == [9, 10])
        # If the current line becomes hidden, the next shown line is in its row.
        view.filter.show_within(finder_of_tags([1]))
        await type_into_prompt(pilot, "slash", "12:00:41")
        await until(pilot, lambda: 41 in numbers(view))
        view.filter.show_within(finder_of_tags([0]))
        await until(pilot, lambda: numbers(view)[3:5] == [42, 44])
        view.filter.show_within(None)
        await until(pilot, lambda: numbers(view)[3:5] == [42, 43])
    store.close()


async def test_the_place_and_the_bookmarks_move_with_their_lines(tmp_path: Path) -> None:
    store, other = tagged(tmp_path), TaggedStore.create(tmp_path)
    other.append(tag_of(2) + b"before\n" + store.read(0, store.size))
    shift = len(tag_of(2) + b"before\n")
    async with showing(store) as (pilot, view):
        await pilot.press("g", "pagedown", "m")
        top, current = shown_lines(view)[0], view.pane.current
        assert current is not None
        tracked = view.restore.lines_to_track()
        assert tracked >= {current}
        store.become(other)
        view.restore.relocate({start: start + shift for start in tracked})
        await pilot.pause()
        assert shown_lines(view)[0].removeprefix("◆ ") == top.removeprefix("◆ ")
        assert view.pane.bookmarks == {current + shift}
        assert view.pane.current == current + shift
        # The first lines are gone, and the remaining ones are at other offsets.
        before, third = shown_lines(view), view.filter.visible_starts()[2]
        shortened = TaggedStore.create(tmp_path)
        shortened.append(store.read(third, store.size - third))
        assert third in view.restore.lines_to_track(lambda start: start >= third)
        store.become(shortened)
        view.restore.relocate({third: 0})
        await pilot.pause()
        assert shown_lines(view)[:4] == before[2:6]
    store.close()


@pytest.mark.parametrize("key", ["slash", "ampersand"])
async def test_a_canceled_prompt_returns_to_lines_that_have_moved(tmp_path: Path, key: str) -> None:
    store, other = tagged(tmp_path), TaggedStore.create(tmp_path)
    other.append(tag_of(2) + b"before\n" + store.read(0, store.size))
    shift = len(tag_of(2) + b"before\n")
    async with showing(store) as (pilot, view):
        await pilot.press("g", "pagedown", "j")
        place = shown_lines(view), current_rows(view)
        await pilot.press(key, *"12")
        await until(pilot, lambda: "matching" in prompt_text(view) or "40" in prompt_text(view))
        tracked = view.restore.lines_to_track()
        store.become(other)
        view.restore.relocate({start: start + shift for start in tracked})
        await pilot.press("escape")
        await until(pilot, lambda: not view.prompt.is_open)
        assert (shown_lines(view), current_rows(view)) == place
    store.close()


@pytest.mark.parametrize("key", ["slash", "ampersand"])
async def test_a_canceled_prompt_returns_to_its_line_in_the_whole_log(
    store: LogStore, tmp_path: Path, key: str
) -> None:
    store.append(numbered_lines(100, first=900))
    whole = LogStore.create(tmp_path)
    whole.append(numbered_lines(1000))
    shift = whole.size - store.size
    async with showing(store) as (pilot, view):
        await pilot.press("g", "pagedown", "j")
        place = shown_lines(view)[:-1], current_rows(view)
        await pilot.press(key, *"line", "space", "97")
        await until(pilot, lambda: "line" in prompt_text(view))
        view.exchange(whole, lambda start: start + shift)
        await pilot.press("escape")
        await until(pilot, lambda: not view.prompt.is_open)
        assert (shown_lines(view)[:-1], current_rows(view)) == place
        assert not view.filter.typed
        assert not view.search.is_active
    whole.close()


def test_place_at_shows_lines_above_the_target_and_counts_no_line_as_new(store: LogStore) -> None:
    store.append(numbered_lines(100))
    before = LogPlace(top=0, current=3, bookmarks=(7,), filter="x", lines_seen=5)
    start = len(numbered_lines(50))
    place = place_at(store, start, before)
    assert place == LogPlace(len(numbered_lines(42)), start, (7,), lines_seen=100)
    assert place_at(store, 0, None) == LogPlace(0, 0, (), lines_seen=100)


async def test_showing_all_jobs_again_keeps_the_current_line_in_its_row(tmp_path: Path) -> None:
    store = tagged(tmp_path, 60)
    async with showing(store) as (pilot, view):
        await pilot.press("g")
        view.scrolling.scroll(4)
        view.filter.show_within(finder_of_tags([1]))
        await until(pilot, lambda: shown_lines(view)[0].endswith(" 5"))
        await pilot.press(*"jjj")
        view.filter.show_within(None)
        await until(pilot, lambda: shown_lines(view)[3].endswith(" 11"))
        # The view does not move if no line was hidden.
        before = shown_lines(view)
        view.filter.show_within(None)
        await pilot.pause()
        assert shown_lines(view) == before
    store.close()


NESTED = (
    b"outer: 20%\n" + b"".join(b"\rinner: %d%%\x1b[A\n" % n for n in range(50)) + b"\rinner: 50%"
)


async def test_nested_progress_bars_have_one_live_row_each(store: LogStore) -> None:
    store.append(b"begin\n" + NESTED)
    async with showing(store) as (pilot, view):
        await until(pilot, lambda: shown_lines(view) == ["begin", "outer: 20%", "inner: 50%"])
        store.append(b"\x1b[A\n\rinner: 51%")
        await until(pilot, lambda: shown_lines(view) == ["begin", "outer: 20%", "inner: 51%"])
        await search(pilot, "inner")
        assert "1 of 1" in status_text(view)
        await pilot.press("p")
        await until(pilot, lambda: len(shown_lines(view)) > 5)


async def test_progress_bars_that_are_redrawn_from_below_keep_a_row_each(store: LogStore) -> None:
    store.append(b"begins\nlayer 1: waiting\nlayer 2: waiting\n")
    async with showing(store) as (pilot, view):
        for step in range(300):
            store.append(
                b"\x1b[2A\x1b[2K\rlayer 1: %d\x1b[2B\r\x1b[1A\x1b[2K\rlayer 2: %d" % (step, step)
            )
            store.append(b"\x1b[1B\r")
        await until(
            pilot, lambda: shown_lines(view)[-3:] == ["begins", "layer 1: 299", "layer 2: 299"]
        )
        store.append(b"digest\nafter\n")
        expected = ["begins", "layer 1: 299", "layer 2: 299", "digest", "after"]
        await until(pilot, lambda: shown_lines(view)[-5:] == expected)
        await pilot.press("p")
        await until(
            pilot, lambda: "layer 1: waiting" in shown_lines(view) or len(shown_lines(view)) > 8
        )


async def test_a_traceback_that_overwrites_a_progress_bar_has_no_update_count(
    store: LogStore,
) -> None:
    bar = b"".join(b"\r %d%%|###   |" % n for n in range(40))
    error = b"\r\x1b[KTraceback (most recent call last):\n  x\nValueError: x\n"
    store.append(b"begins\n" + bar + b"\n" + bar + error)
    async with showing(store) as (pilot, view):
        await until(pilot, lambda: shown_lines(view)[-1] == "ValueError: x")
        assert shown_lines(view)[-3] == "Traceback (most recent call last):"
        assert shown_lines(view)[-4].endswith("39%|###   | ×40")


async def test_a_traceback_appended_to_a_progress_bar_has_a_row_below_the_bar(
    store: LogStore,
) -> None:
    bar = b"".join(b"\r %d%%|###   | %d/99 [00:01<00:01]" % (n, n) for n in range(40))
    store.append(b"begins\n" + bar)
    async with showing(store, height=6) as (pilot, view):
        await until(pilot, lambda: shown_lines(view)[-1].endswith("[00:01<00:01] ×40"))
        store.append(b"Traceback (most recent call last):\n  x\nValueError: x\n")
        await until(pilot, lambda: shown_lines(view)[-1] == "ValueError: x")
        assert shown_lines(view)[-3] == "Traceback (most recent call last):"
        assert shown_lines(view)[-4].endswith("[00:01<00:01] ×40")
        await pilot.press("g")
        await until(pilot, lambda: shown_lines(view)[0] == "begins")
        assert len(shown_lines(view)) == 5


def last_line_begins_with(view: LogView, text: str) -> bool:
    return shown_lines(view)[-1].startswith(text)


async def test_the_update_count_of_a_long_progress_bar_is_a_minimum(store: LogStore) -> None:
    colors = "\x1b[31m" * 12
    counts = []
    async with showing(store) as (pilot, view):
        for part in range(8):
            states = [f"\r{colors * (part + 1)}{part}.{n}%" for n in range(200)]
            store.append("".join(states).encode())
            await until(pilot, partial(last_line_begins_with, view, f"{part}.199% ×"))
            counts.append(shown_lines(view)[-1].partition("×")[2])
    assert counts[0] == "200"
    assert counts[-1].endswith("+")
    assert 0 < int(counts[-1].rstrip("+").replace(",", "")) < 1600


async def test_lines_that_a_filter_hides_are_not_counted_as_new(store: LogStore) -> None:
    store.append(b"keep\n" * 30)
    async with showing(store) as (pilot, view):
        await type_into_prompt(pilot, "ampersand", "keep")
        await pilot.press("pageup")
        store.append(b"drop\n" * 10 + b"keep\n")
        await until(pilot, lambda: view.new_lines == 1)


async def test_lines_that_were_visible_are_no_longer_new(store: LogStore) -> None:
    store.append(numbered_lines(100))
    async with showing(store) as (pilot, view):
        await pilot.press("up")
        store.append(numbered_lines(20))
        await until(pilot, lambda: view.new_lines == 20)
        await pilot.press("pagedown")
        await until(pilot, lambda: view.new_lines < 20)


async def test_a_taller_view_is_filled_without_scrolling(
    store: LogStore,
) -> None:
    store.append(numbered_lines(100))
    async with showing(store) as (pilot, view):
        await pilot.press("up", "down")
        view.following = False
        await pilot.resize_terminal(40, 31)
        await until(pilot, lambda: len(shown_lines(view)) == 30)


@pytest.mark.parametrize(
    ("length", "limits"),
    [
        (20_000, "; the only matches are hidden, after 16,384 characters of a line"),
        (200_000, "; long lines are searched only up to 64 KiB"),
        (2_000_000, "; long lines are searched only up to 64 KiB"),
    ],
)
async def test_a_search_and_a_filter_say_which_part_of_a_long_line_was_not_searched(
    store: LogStore, length: int, limits: str
) -> None:
    store.append(b"." * length + b"NEEDLE\n" + numbered_lines(20))
    async with showing(store, width=110) as (pilot, view):
        await search(pilot, "NEEDLE")
        await until(pilot, lambda: status_text(view) == f" /NEEDLE no match{limits}")
        view.dismiss()
        await type_into_prompt(pilot, "ampersand", "NEEDLE")
        await until(pilot, lambda: f"& NEEDLE: 0 lines{limits}" in status_text(view))
        await search(pilot, "line")
        in_all = "in the whole log" + (limits if "KiB" in limits else "")
        await until(pilot, lambda: status_text(view).endswith(f"/line 20 matching lines {in_all}"))


async def test_the_message_without_a_match_says_that_more_of_the_log_may_come(
    store: LogStore,
) -> None:
    store.append(numbered_lines(20))
    async with showing(store, width=110) as (pilot, view):
        view.is_all_here = False
        await search(pilot, "absent")
        assert status_text(view) == " /absent no match so far"


async def test_the_keys_for_errors_say_that_there_is_only_one(store: LogStore) -> None:
    store.append(b"ERROR broken\n" + numbered_lines(200))
    async with showing(store) as (pilot, view):
        await pilot.press("e")
        await until(pilot, lambda: current_rows(view) == ["ERROR broken"])
        for key in ("E", "e"):
            await pilot.press("k", key)
            await until(pilot, lambda: status_text(view) == " the only error")
        store.append(b"one more line\n")
        view.settle()
        await pilot.pause()
        assert status_text(view) == " the only error", "a new line does not change the message"
        await type_into_prompt(pilot, "ampersand", "line")
        await pilot.press("e")
        await until(pilot, lambda: status_text(view).startswith(" no error among the lines shown"))


async def test_rows_stay_in_place_while_messages_and_prompts_come_and_go(store: LogStore) -> None:
    store.append(numbered_lines(30) + b"ERROR last\n  with more\n")
    async with showing(store) as (pilot, view):
        for moves in (("end",), ("end", "up"), ("g", "pagedown")):
            await pilot.press(*moves)
            await pilot.pause()
            before = view.pane.in_sight
            for key in ("slash", "ampersand", "T", "colon"):
                with step(f"after {moves}, the key {key}"):
                    await pilot.press(key)
                    await pilot.pause()
                    assert (view.prompt.is_open, view.pane.in_sight) == (True, before)
                    if key in {"T", "colon"}:
                        await pilot.press("x", "enter")
                        await until(pilot, lambda: view.prompt._problem.display)
                        await pilot.pause()
                        assert view.pane.in_sight == before
                    await pilot.press("escape")
                    await until(pilot, lambda: not view.prompt.is_open)
                    await pilot.pause()
                    assert view.pane.in_sight == before
            view.show_message("a message")
            await pilot.pause()
            assert (status_text(view), view.pane.in_sight) == (" a message", before)
            view.clear_message()
            view.settle()
            await pilot.pause()
            assert (status_text(view), view.pane.in_sight) == ("", before)


async def test_less_room_hides_neither_the_current_line_nor_the_end(store: LogStore) -> None:
    store.append(numbered_lines(30))
    async with showing(store) as (pilot, view):
        await pilot.press("up")
        assert not view.following
        await pilot.resize_terminal(40, 10)
        await until(pilot, lambda: len(rows(view)) == 9)
        assert shown_lines(view)[-1] == "line 29"
        await pilot.press("g")
        view.pane.current = view.pane.in_sight[-1].start
        await pilot.resize_terminal(40, 9)
        await until(pilot, lambda: len(rows(view)) == 8)
        assert shown_lines(view)[-1] == "line 8"


async def test_stored_lines_that_a_filter_finds_are_not_counted_as_new(store: LogStore) -> None:
    store.append(b"".join(b"odd\n" if n % 2 else b"even\n" for n in range(200_000)))
    async with showing(store) as (pilot, view):
        await pilot.press("g")
        await type_into_prompt(pilot, "ampersand", "odd")
        await until(pilot, lambda: "100,000 lines, esc" in status_text(view))
        assert view.new_lines == 0
        store.append(b"odd\n" * 3)
        await until(pilot, lambda: view.new_lines == 3)


async def test_the_no_match_message_disappears_when_a_match_arrives(store: LogStore) -> None:
    store.append(numbered_lines(20))
    async with showing(store) as (pilot, view):
        await search(pilot, "late")
        assert status_text(view) == " /late no match"
        store.append(b"too late\n")
        await until(pilot, lambda: status_text(view) == " /late 1 matching line")


async def test_tab_keeps_the_focus_in_the_prompt(store: LogStore) -> None:
    store.append(numbered_lines(100))
    async with showing(store) as (pilot, view):
        await pilot.press("slash", "a", "tab", "x")
        assert view.prompt.is_open
        assert view.prompt._line.value == "ax"


async def test_the_no_errors_message_disappears_when_an_error_arrives(store: LogStore) -> None:
    store.append(b"fine\n")
    async with showing(store) as (pilot, view):
        await pilot.press("e")
        await until(pilot, lambda: status_text(view) == " no errors")
        store.append(b"ERROR broken\n")
        await until(pilot, lambda: status_text(view) == "")


async def test_commands_that_need_a_line_explain_why_they_are_disabled(store: LogStore) -> None:
    async with showing(store) as (pilot, view):
        commands = (
            "logs.error", "logs.previous_error", "logs.bookmark", "logs.select", "logs.copy",
        )  # fmt: skip
        for command in commands:
            assert view.commands.why_not(command) == "The log has no lines"
        view.is_all_here = False
        assert view.commands.why_not("logs.error") == "The log has no lines so far"
        store.append(b"one\n")
        await type_into_prompt(pilot, "ampersand", "two")
        await until(pilot, lambda: not shown_lines(view))
        for command in commands:
            assert view.commands.why_not(command) == "No line is shown"
        await pilot.press("escape")
        await until(pilot, lambda: shown_lines(view) == ["one"])
        assert view.commands.why_not("logs.error") is None


async def test_a_line_number_and_a_time_in_the_gutter_are_separated(store: LogStore) -> None:
    store.append(b"2026-03-01 12:00:00 one\n" * 12_000)
    async with showing(store) as (pilot, view):
        await pilot.press("number_sign", "t")
        await until(pilot, lambda: bool(re.match(r"12,000 \S", rows(view)[-1])))
