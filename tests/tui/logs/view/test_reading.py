"""Navigating a log: filters, errors, bookmarks, times, selections; keys in, rows out."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from textual.pilot import Pilot

from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.tagged_store import TaggedStore, finder_of_tags, tag_of
from studio_tui.tui.logs.view.log_view import LogView
from studio_tui.tui.logs.view.place import LogPlace
from studio_tui.tui.logs.view.restore import place_at
from tests.tui.logs.view.log_stage import Stage
from tests.tui.logs.view.test_log_view import below, hit, numbered, rows, search, showing, until

KEYS = {" ": "space", "!": "exclamation_mark", ":": "colon", "-": "minus", "&": "ampersand"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    store = LogStore.create(tmp_path)
    yield store
    store.close()


async def type_at(pilot: Pilot[None], key: str, text: str) -> None:
    await pilot.press(key, *(KEYS.get(letter, letter) for letter in text), "enter")
    await pilot.pause()


def shown(view: LogView) -> list[str]:
    return [row[2:] for row in rows(view) if row.strip()]


# Filters


async def test_a_filter_shows_only_matching_lines_and_keeps_the_readers_place(
    store: LogStore,
) -> None:
    store.append(b"".join(b"%s %d\n" % (b"even" if n % 2 == 0 else b"odd", n) for n in range(100)))
    async with showing(store) as (pilot, view):
        await pilot.press("g", "pagedown", "pagedown", "pagedown")
        view.pane.current = view.pane.in_sight[4].start
        await pilot.pause()
        assert hit(view) == ["odd 31"]
        await type_at(pilot, "ampersand", "odd")
        await until(pilot, lambda: shown(view)[0] == "odd 31")
        assert shown(view)[:-1] == [f"odd {number}" for number in range(31, 47, 2)]
        assert below(view) == " & odd: 50 lines, esc shows all"
        await pilot.press("escape")
        await pilot.pause()
        assert "even 32" in shown(view)
        assert "odd 31" in shown(view)


async def test_a_filter_may_hide_lines(store: LogStore) -> None:
    store.append(b"".join(b"%s %d\n" % (b"even" if n % 2 == 0 else b"odd", n) for n in range(100)))
    async with showing(store) as (pilot, view):
        await type_at(pilot, "ampersand", "!odd")
        await until(pilot, lambda: shown(view)[-1] == "even 98")
        assert all(row.startswith("even") for row in shown(view))


async def test_a_filter_follows_and_shows_only_what_passes(store: LogStore) -> None:
    store.append(numbered(50))
    async with showing(store) as (pilot, view):
        await type_at(pilot, "ampersand", "beep")
        await until(pilot, lambda: not shown(view))
        store.append(b"beep one\n" + numbered(3) + b"beep two\n" + numbered(3))
        await until(pilot, lambda: shown(view) == ["beep one", "beep two"])
        assert view.following


async def test_a_mark_stays_in_sight_of_any_filter(store: LogStore) -> None:
    store.append(b"one\ntwo\nthree\n")
    store.mark(4, "Something is missing here.")
    async with showing(store) as (pilot, view):
        await type_at(pilot, "ampersand", "one")
        await until(pilot, lambda: len(shown(view)) == 2)
        assert shown(view)[0] == "one"
        assert shown(view)[1].startswith("┅┅ Something is missing here.")


async def test_only_errors_and_warnings_and_back(store: LogStore) -> None:
    store.append(numbered(20) + b"ERROR bad\n" + numbered(20) + b"WARNING hm\n" + numbered(20))
    async with showing(store) as (pilot, view):
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: shown(view) == ["ERROR bad", "WARNING hm"])
        assert below(view) == " errors and warnings: 2 lines, esc shows all"
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: "line 19" in shown(view))


@pytest.mark.parametrize("has_line", [True, False])
async def test_after_only_errors_and_warnings_the_reader_is_where_they_were(
    store: LogStore, has_line: bool
) -> None:
    store.append(numbered(500) + b"ERROR bad\n" + numbered(500))
    async with showing(store) as (pilot, view):
        await pilot.press("g")
        await until(pilot, lambda: shown(view)[0] == "line 0")
        await pilot.press(*["pagedown"] * 3)
        if has_line:
            view.pane.current = view.pane.in_sight[3].start
        before, current = shown(view), view.pane.current
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: shown(view) == ["ERROR bad"])
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: len(shown(view)) == len(before))
        assert (shown(view), view.pane.current) == (before, current)
        assert not view.following


async def test_a_reader_who_went_to_an_error_among_errors_stays_at_it(store: LogStore) -> None:
    store.append(numbered(500) + b"ERROR bad\n" + numbered(500) + b"ERROR worse\n" + numbered(99))
    async with showing(store) as (pilot, view):
        await pilot.press("g", "exclamation_mark")
        await until(pilot, lambda: shown(view) == ["ERROR bad", "ERROR worse"])
        await pilot.press("e")
        await until(pilot, lambda: view.pane.current is not None)
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: len(shown(view)) > 2)
        assert any(row.startswith("ERROR") for row in shown(view))


async def test_a_wrong_expression_is_reported_beside_it_and_costs_nothing_typed(
    store: LogStore,
) -> None:
    store.append(numbered(50))
    async with showing(store, width=90) as (pilot, view):
        keys = ["tilde", "left_parenthesis", "a"]
        for key in ("slash", "ampersand"):
            await pilot.press(key, *keys, "enter")
            await pilot.pause()
            assert view.prompt.is_open
            assert "(a is not a valid regular expression: missing )." in screen_row(view)
            assert "~(a" in screen_row(view)
            await pilot.press("escape")
            await pilot.pause()
        assert view.following
        assert len(shown(view)) == 9 or len(shown(view)) == 10


def screen_row(view: LogView) -> str:
    """The rows of the prompt, and of what is wrong with it."""
    region = view.prompt.region
    strips = view.app.screen._compositor.render_strips()[region.y : region.bottom]
    return " ".join(strip.text for strip in strips)


async def test_what_is_typed_is_lit_as_it_is_typed(store: LogStore) -> None:
    store.append(numbered(50))
    async with showing(store) as (pilot, view):
        await pilot.press("slash", *"line")
        await until(
            pilot,
            lambda: view.pane.highlighted is not None and view.pane.highlighted.matches("line"),
        )
        await pilot.press("escape")
        await until(pilot, lambda: view.pane.highlighted is None)


async def test_what_was_typed_before_is_recalled_with_up(store: LogStore) -> None:
    store.append(numbered(50))
    async with showing(store) as (pilot, view):
        await search(pilot, "line 7")
        await search(pilot, "line 8")
        await pilot.press("slash", "up", "up", "enter")
        await until(pilot, lambda: hit(view) == ["line 7"])


async def test_a_search_in_a_filter_finds_only_what_is_shown(store: LogStore) -> None:
    store.append(b"a x\nb x\n" * 50 + b"a end\n")
    async with showing(store) as (pilot, view):
        await type_at(pilot, "ampersand", "a")
        await search(pilot, "x")
        assert hit(view) == ["a x"]
        assert below(view).endswith("/x 85 of 100 in the whole log")
        await pilot.press("n")
        await until(pilot, lambda: hit(view) == ["a x"])
        assert all(row.startswith("a") for row in shown(view))


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


async def test_e_goes_from_error_to_error_and_takes_a_traceback_as_one(store: LogStore) -> None:
    store.append(numbered(30) + TRACEBACK + numbered(30) + b"ERROR last\n" + numbered(30))
    async with showing(store) as (pilot, view):
        await pilot.press("g", "e")
        await until(pilot, lambda: hit(view) == ["Traceback (most recent call last):"])
        assert view.pane.current == len(numbered(30))
        await pilot.press("e")
        await until(pilot, lambda: hit(view) == ["ERROR last"])
        await pilot.press("e")
        await until(pilot, lambda: "no error after this" in below(view))
        await pilot.press("E")
        await until(pilot, lambda: view.pane.current == len(numbered(30)))
        await pilot.press("E")
        await until(pilot, lambda: "no error before this" in below(view))


async def test_a_search_goes_on_from_the_error_that_was_gone_to(store: LogStore) -> None:
    lines = [*("a match" for _ in range(3)), "ERROR one", "a match here", "ERROR two", "a match b"]
    store.append("\n".join([*(f"line {n}" for n in range(40)), *lines, ""]).encode())
    async with showing(store) as (pilot, view):
        await pilot.press("g", "e")
        await until(pilot, lambda: hit(view) == ["ERROR one"])
        # Matches above the error are in sight too.
        await search(pilot, "match")
        assert hit(view) == ["a match here"]
        await pilot.press("n", "n")
        await until(pilot, lambda: "n again goes to the first" in below(view))
        await pilot.press("E")
        await until(pilot, lambda: hit(view) == ["ERROR two"])
        assert below(view) == " /match 5 matching lines"
        await pilot.press("N")
        await until(pilot, lambda: hit(view) == ["a match here"])
        await pilot.press("n", "n")
        await until(pilot, lambda: "n again goes to the first" in below(view))
        # A key that stayed is not the first of two when the reader has moved meanwhile.
        await pilot.press("g")
        await until(pilot, lambda: below(view) == " /match 5 matching lines")
        await pilot.press("G")
        await until(pilot, lambda: below(view) == " /match 5 of 5")
        await pilot.press("n")
        await until(pilot, lambda: "n again goes to the first" in below(view))
        assert hit(view) == ["a match b"]


MIXED = [
    f"[rank{rank}]: {line}"
    for line in (
        "Traceback (most recent call last):",
        '  File "a.py", line 1, in f',
        "ValueError: x",
    )
    for rank in (0, 1)
]
ANNOUNCED = [
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


async def test_e_takes_each_of_mixed_tracebacks_as_one(store: LogStore) -> None:
    lines = ["begins", *MIXED, "goes on", "ERROR last"]
    store.append("".join(f"{line}\n" for line in lines).encode())
    starts = [sum(len(line) + 1 for line in lines[:n]) for n in range(len(lines))]
    async with Stage(store).run_test(size=(60, 14)) as pilot:
        view = pilot.app.query_one(LogView)
        await pilot.press("g")
        for key, number in (("e", 1), ("e", 2), ("e", 8), ("E", 2), ("E", 1)):
            await pilot.press(key)
            await until(pilot, partial(is_at, view, starts[number]))


async def test_what_an_error_says_on_its_next_lines_is_an_error_too(store: LogStore) -> None:
    store.append("".join(f"{line}\n" for line in ["first", *ANNOUNCED, "last"]).encode())
    async with Stage(store).run_test(size=(60, 16)) as pilot:
        view = pilot.app.query_one(LogView)
        await pilot.press("!")
        await until(pilot, lambda: below(view).startswith(" errors and warnings: 6 lines"))
        await until(pilot, lambda: len(shown(view)) == 6)
        assert shown(view) == [ANNOUNCED[n] for n in (0, 1, 3, 5, 6, 7)]
        for start in view.filter.in_sight():
            (line,) = view.pane.rows_at(start)
            assert [span.pen.foreground for span in line.spans] == [1], line.text


async def test_errors_and_matches_are_marked_on_the_bar(store: LogStore) -> None:
    store.append(b"ERROR first\n" + numbered(500) + b"needle\n" + numbered(500))
    async with showing(store) as (pilot, view):
        await until(pilot, lambda: view.bar.errors == {0})
        await search(pilot, "needle")
        await until(pilot, lambda: view.bar.matches in ({4}, {5}))
        # A click on a mark pages like one beside it.
        await pilot.press("G")
        await until(pilot, lambda: shown(view)[-1].startswith("line 499"))
        await pilot.click(view.bar, offset=(0, 0))
        await until(pilot, lambda: shown(view)[-1].startswith("line 49") and not view.following)
        assert view.bar.render_line(0).text == "━"
        assert view.bar.render_line(next(iter(view.bar.matches))).text == "─"


# Bookmarks


async def test_bookmarks_are_set_gone_to_and_taken_away(store: LogStore) -> None:
    store.append(numbered(100))
    async with showing(store) as (pilot, view):
        await search(pilot, "line 20")
        await pilot.press("m")
        await search(pilot, "line 60")
        await pilot.press("m", "escape", "g", "apostrophe")
        await until(pilot, lambda: hit(view) == ["line 20"])
        await pilot.press("apostrophe")
        await until(pilot, lambda: hit(view) == ["line 60"])
        await pilot.press("apostrophe")
        await until(pilot, lambda: hit(view) == ["line 20"])
        await pilot.press("quotation_mark")
        await until(pilot, lambda: hit(view) == ["line 60"])
        assert below(view) == " bookmark 2 of 2"
        await pilot.press("m", "k")
        await pilot.pause()
        assert view.pane.bookmarks == {store.start_of(20)}


async def test_after_scrolling_another_bookmark_is_set(store: LogStore) -> None:
    store.append(numbered(100))
    async with showing(store) as (pilot, view):
        await pilot.press("g", "m", "j", "j")
        await until(pilot, lambda: len(rows(view)) == 10 and view.pane.current is None)
        last = view.pane.in_sight[-1].start
        assert last > store.start_of(9)
        await pilot.press("m")
        await until(pilot, lambda: view.pane.bookmarks == {store.start_of(9), last})
        await pilot.press("m")
        await until(pilot, lambda: view.pane.bookmarks == {store.start_of(9)})


async def test_only_bookmarks_that_are_shown_are_gone_to(store: LogStore) -> None:
    store.append(numbered(100))
    async with showing(store, width=90) as (pilot, view):
        view.pane.bookmarks = frozenset({store.start_of(20), store.start_of(60)})
        await type_at(pilot, "ampersand", "line 2")
        await pilot.press("apostrophe", "apostrophe")
        await until(pilot, lambda: hit(view) == ["line 20"])
        assert below(view).startswith(" bookmark 1 of 1, 1 more is hidden")
        await type_at(pilot, "ampersand", "line 3")
        await pilot.press("apostrophe")
        await until(pilot, lambda: "no bookmark is among the lines shown" in below(view))


async def test_a_bookmark_has_its_sign_in_the_gutter(store: LogStore) -> None:
    store.append(numbered(5))
    async with showing(store) as (pilot, view):
        await pilot.press("m")
        view.pane.current = None
        await pilot.pause()
        assert rows(view)[4] == "◆ line 4"


# Times and numbers

TIMED = b"".join(b"2026-03-04 11:%02d:00,000 INFO step %d\n" % (n, n) for n in range(60))


async def test_times_are_in_the_gutter_in_four_forms(store: LogStore) -> None:
    store.append(TIMED)
    async with showing(store, width=60) as (pilot, view):
        await pilot.press("t", "t")
        await pilot.pause()
        assert rows(view)[0].startswith("11:51:00")
        await pilot.press("t")
        await pilot.pause()
        assert rows(view)[0].startswith("+0:51:00")
        view.times.zero_time = datetime(2026, 3, 4, 10, 50, tzinfo=UTC)
        await pilot.press("t", "t", "t", "t")
        await pilot.pause()
        assert rows(view)[0].startswith("+1:01:00")
        await pilot.press("t")
        await pilot.pause()
        assert rows(view)[0].startswith("  2026-03-04")


async def test_a_time_is_gone_to(store: LogStore) -> None:
    store.append(TIMED)
    async with showing(store, width=90) as (pilot, view):
        await type_at(pilot, "T", "2026-03-04T11:20:30Z")
        await until(pilot, lambda: "step 21" in "".join(hit(view)))
        await type_at(pilot, "T", "10m")
        await until(pilot, lambda: "step 49" in "".join(hit(view)))
        await type_at(pilot, "T", "-150s")
        await until(pilot, lambda: "step 46" in "".join(hit(view)))
        await type_at(pilot, "T", "-1s")
        await until(pilot, lambda: "step 45" in "".join(hit(view)))
        await type_at(pilot, "T", "+270s")
        await until(pilot, lambda: "step 50" in "".join(hit(view)))
        view.pane.current = None
        await pilot.press("g", "j")
        await type_at(pilot, "T", "+4m")
        await until(pilot, lambda: "step 5" in "".join(hit(view)))
        view.pane.current = None
        await pilot.press("G")
        await type_at(pilot, "T", "-4m")
        await until(pilot, lambda: "step 55" in "".join(hit(view)))
        await type_at(pilot, "T", "soon")
        assert view.prompt.is_open
        assert "soon is not a time; type 14:05, 2026-11-25 14:05 or -10m." in screen_row(view)


async def test_a_time_is_counted_from_the_first_line_if_all_are_in_sight(store: LogStore) -> None:
    store.append(b"".join(b"2026-03-04 11:%02d:00 step %d\n" % (n, n) for n in range(0, 60, 10)))
    async with showing(store, width=90) as (pilot, view):
        await type_at(pilot, "T", "+5m")
        await until(pilot, lambda: "step 10" in "".join(hit(view)))
        await type_at(pilot, "T", "-1m")
        await until(pilot, lambda: "step 0" in "".join(hit(view)))
        view.pane.current = None
        await type_at(pilot, "T", "-10m")
        await until(pilot, lambda: "step 40" in "".join(hit(view)))


async def test_a_time_back_leads_to_the_shown_line_before_it(store: LogStore) -> None:
    store.append(TIMED)
    async with showing(store, width=90) as (pilot, view):
        await type_at(pilot, "T", "2026-03-04T11:50:00Z")
        await until(pilot, lambda: "step 50" in "".join(hit(view)))
        await type_at(pilot, "ampersand", "step 5")
        await until(pilot, lambda: "step 50" in "".join(hit(view)))
        await type_at(pilot, "T", "-1m")
        await until(pilot, lambda: [row[-6:] for row in hit(view)] == ["step 5"])


async def test_a_time_outside_the_log_leads_to_its_end_or_beginning_and_says_so(
    store: LogStore,
) -> None:
    store.append(TIMED)
    async with showing(store, width=90) as (pilot, view):
        await type_at(pilot, "T", "2026-03-04T21:50:00Z")
        await until(pilot, lambda: "step 59" in "".join(hit(view)))
        assert "; the log ends before " in below(view)
        await type_at(pilot, "T", "2026-03-04T01:50:00Z")
        await until(pilot, lambda: [row[-7:] for row in hit(view)] == [" step 0"])
        assert "; the log begins after " in below(view)
        await type_at(pilot, "T", "2026-03-04T11:50:00Z")
        await until(pilot, lambda: "step 50" in "".join(hit(view)))
        assert ";" not in below(view)


@pytest.mark.parametrize(
    ("key", "typed", "said"),
    [
        ("T", "2026-03-04T11:20:30Z", " nearest line shown: 03-04 "),
        ("colon", "22", " nearest line shown to it · "),
    ],
)
async def test_a_line_that_a_filter_hides_leads_to_the_next_one_shown(
    store: LogStore, key: str, typed: str, said: str
) -> None:
    store.append(TIMED)
    async with showing(store, width=90) as (pilot, view):
        await type_at(pilot, "ampersand", "5")
        await until(pilot, lambda: len(shown(view)) < 9 or "step 59" in shown(view)[-1])
        await type_at(pilot, key, typed)
        await until(pilot, lambda: "step 25" in "".join(hit(view)))
        assert below(view).startswith(said)
        assert key != "T" or ":25:00 local time" in below(view)
        await pilot.press("escape")
        await until(pilot, lambda: "step 24" in "".join(shown(view)))
        assert hit(view) == [row for row in shown(view) if "step 25" in row]


async def test_a_line_behind_all_that_a_filter_shows_leads_to_the_last_one(store: LogStore) -> None:
    store.append(TIMED)
    async with showing(store, width=90) as (pilot, view):
        await type_at(pilot, "ampersand", "step 1")
        await type_at(pilot, "T", "2026-03-04T11:40Z")
        await until(pilot, lambda: "step 19" in "".join(hit(view)))
        await type_at(pilot, "ampersand", "nothing")
        await type_at(pilot, "colon", "3")
        await until(pilot, lambda: "no line is shown" in below(view))


async def test_a_log_without_times_says_so(store: LogStore) -> None:
    store.append(numbered(10))
    async with showing(store, width=90) as (pilot, view):
        view.is_all_here = False
        assert view.times.why_no_times() == "The lines of this log have no times so far"
        view.is_all_here = True
        assert view.times.why_no_times() == "The lines of this log have no times"
        await type_at(pilot, "T", "14:05")
        assert view.prompt.is_open
        assert "The lines of this log have no times." in screen_row(view)
        await pilot.press("escape", "t")
        assert (
            below(view)
            == " times beside the lines: local time; the lines of this log have no times"
        )
        store.append(TIMED)
        assert view.times.why_no_times() is None
        await pilot.press("T")
        assert view.prompt.is_open


async def test_a_time_of_arrival_is_one_to_go_to(store: LogStore) -> None:
    async with showing(store, width=90) as (pilot, view):
        assert view.times.why_no_times() == "The lines of this log have no times"
        with store.arrivals.live(datetime(2026, 3, 4, 11, 20, tzinfo=UTC)):
            store.append(b"one\n")
        with store.arrivals.live(datetime(2026, 3, 4, 11, 30, tzinfo=UTC)):
            store.append(b"two\nthree\n")
        await type_at(pilot, "T", "2026-03-04T11:25:00Z")
        await until(pilot, lambda: hit(view) == ["two"])


async def test_a_line_is_gone_to_by_its_number(store: LogStore) -> None:
    store.append(numbered(3000))
    async with showing(store, width=90) as (pilot, view):
        await type_at(pilot, "colon", "1500")
        await until(pilot, lambda: hit(view) == ["line 1499"])
        for typed, said in [
            ("0", "0 is not a line number; type one from 1 to 3,000."),
            ("x", "x is not a line number; type one from 1 to 3,000."),
            ("9000", "The log has 3,000 lines."),
        ]:
            await type_at(pilot, "colon", typed)
            assert said in screen_row(view)
            await pilot.press("escape")


async def test_a_log_without_lines_offers_no_line_numbers(store: LogStore) -> None:
    async with showing(store, width=90) as (pilot, view):
        for typed in ("5", "x"):
            await type_at(pilot, "colon", typed)
            assert "The log has no lines" in screen_row(view)
            await pilot.press("escape")


# Selecting


async def test_lines_are_selected_with_the_cursor_keys_and_copied(store: LogStore) -> None:
    store.append(numbered(100))
    async with showing(store) as (pilot, view):
        await search(pilot, "line 50")
        await pilot.press("V", "down", "down", "y")
        await pilot.pause()
        app = view.app
        assert isinstance(app, Stage)
        said = [message for message in app.said if isinstance(message, LogView.CopyAsked)]
        assert [(message.text, message.lines) for message in said] == [
            ("line 50\nline 51\nline 52", 3)
        ]
        assert view.pane.selected is None


async def test_a_selection_can_go_past_the_screen_and_be_given_up(store: LogStore) -> None:
    store.append(numbered(100))
    async with showing(store) as (pilot, view):
        await pilot.press("V", "pageup", "pageup", "up")
        await pilot.pause()
        assert view.pane.selected == (store.start_of(82), store.start_of(99))
        assert "line 82" in shown(view)
        assert below(view).startswith(" selecting")
        await pilot.press("escape")
        await pilot.pause()
        assert view.pane.selected is None


# Progress bars


async def test_every_state_of_a_progress_bar_can_be_seen(store: LogStore) -> None:
    store.append(b"begin\n 1%\r 50%\r100%\nend\n")
    async with showing(store) as (pilot, view):
        assert shown(view) == ["begin", "100% ×3", "end"]
        await pilot.press("p")
        await pilot.pause()
        assert shown(view) == ["begin", " 1%", " 50%", "100%", "end"]


# Lines of several logs, each behind a tag of ours


def tagged(tmp_path: Path, count: int = 40) -> TaggedStore:
    store = TaggedStore.create(tmp_path)
    lines = (b"2026-03-01 12:00:%02d %d" % (n, n) for n in range(count))
    store.append(b"".join(tag_of(n % 2) + line + b"\n" for n, line in enumerate(lines)))
    return store


async def test_the_tags_of_lines_are_neither_shown_nor_found_nor_copied(tmp_path: Path) -> None:
    store = tagged(tmp_path)
    async with showing(store) as (pilot, view):
        assert shown(view)[-1] == "2026-03-01 12:00:39 39"
        for word in ("001|", "|", "~^0"):
            await type_at(pilot, "slash", word)
            await until(pilot, lambda: "no match" in below(view))
        await type_at(pilot, "slash", "~^2026-03-01 12:00:0[7]")
        await until(pilot, lambda: hit(view) == ["2026-03-01 12:00:07 7"])
        await pilot.press("y")
        assert view.pane.text_at(store.start_of(7)) == "2026-03-01 12:00:07 7"
        await type_at(pilot, "T", "2026-03-01 12:00:20+00:00")
        await until(pilot, lambda: view.pane.current == store.start_of(20))
    store.close()


async def test_lines_are_chosen_by_their_tags_beside_what_is_typed(tmp_path: Path) -> None:
    store = tagged(tmp_path)
    async with showing(store) as (pilot, view):
        view.filter.show_within(finder_of_tags([1]))
        await until(
            pilot, lambda: shown(view)[-2:] == [f"2026-03-01 12:00:{n} {n}" for n in (37, 39)]
        )
        await type_at(pilot, "ampersand", "!12:00:3")
        await until(pilot, lambda: shown(view)[-1] == "2026-03-01 12:00:29 29")
        await type_at(pilot, "slash", ":0")
        await until(pilot, lambda: "of 20" in below(view))
        await pilot.press("escape")
        await until(pilot, lambda: "esc shows all" not in below(view))
        assert "/:0" in below(view)
        await pilot.press("escape", "G")
        await until(pilot, lambda: shown(view)[-1] == "2026-03-01 12:00:39 39")
        assert not any(row.endswith("8") for row in shown(view))
        view.filter.show_within(None)
        await until(pilot, lambda: any(row.endswith("8") for row in shown(view)))
    store.close()


async def test_the_reader_stays_where_they_are_while_jobs_are_hidden_and_shown(
    tmp_path: Path,
) -> None:
    store = tagged(tmp_path, 60)

    def numbers(view: LogView) -> list[int]:
        return [int(row.split(" ")[2]) for row in shown(view)]

    async with showing(store) as (pilot, view):
        await pilot.press("g", "j", "j", "j", "j")
        before = numbers(view)
        assert before[0] == 4
        for tag, first in ((1, 5), (0, 4), (1, 5)):
            view.filter.show_within(finder_of_tags([tag]))
            await until(pilot, lambda first=first: numbers(view)[:2] == [first, first + 2])  # type: ignore[misc]
        # The end of a filter is not that of the choice, nor does it go elsewhere.
        await type_at(pilot, "ampersand", "12:00:5")
        await until(pilot, lambda: numbers(view)[0] > 50)
        await pilot.press("escape")
        await until(pilot, lambda: numbers(view)[:2] == [5, 7])
        view.filter.show_within(None)
        await until(pilot, lambda: numbers(view) == before)
        # Who has moved meanwhile stays there.
        view.filter.show_within(finder_of_tags([1]))
        await until(pilot, lambda: numbers(view)[:2] == [5, 7])
        await pilot.press("j", "j")
        await until(pilot, lambda: numbers(view)[:2] == [9, 11])
        await type_at(pilot, "ampersand", "12:00:5")
        await until(pilot, lambda: numbers(view)[0] > 50)
        await pilot.press("escape")
        await until(pilot, lambda: numbers(view)[:2] == [9, 11])
        view.filter.show_within(None)
        await until(pilot, lambda: numbers(view)[:2] == [9, 10])
        # Nor does who has gone to a line that is hidden then.
        view.filter.show_within(finder_of_tags([1]))
        await type_at(pilot, "slash", "12:00:41")
        await until(pilot, lambda: 41 in numbers(view))
        view.filter.show_within(finder_of_tags([0]))
        await until(pilot, lambda: numbers(view)[:2] == [42, 44])
        view.filter.show_within(None)
        await until(pilot, lambda: numbers(view)[:2] == [42, 43])
    store.close()


async def test_the_readers_places_move_with_their_lines(tmp_path: Path) -> None:
    store, other = tagged(tmp_path), TaggedStore.create(tmp_path)
    other.append(tag_of(2) + b"before\n" + store.read(0, store.size))
    moved = len(tag_of(2) + b"before\n")
    async with showing(store) as (pilot, view):
        await pilot.press("g", "pagedown", "m")
        top, kept = shown(view)[0], view.pane.current
        assert kept is not None
        places = view.restore.lines_to_track()
        assert places >= {kept}
        store.become(other)
        view.restore.relocate({place: place + moved for place in places})
        await pilot.pause()
        assert shown(view)[0].removeprefix("◆ ") == top.removeprefix("◆ ")
        assert view.pane.bookmarks == {kept + moved}
        assert view.pane.current == kept + moved
        # The first line has left, and those of the other log are elsewhere.
        before, third = shown(view), view.filter.in_sight()[2]
        gone = TaggedStore.create(tmp_path)
        gone.append(store.read(third, store.size - third))
        assert third in view.restore.lines_to_track(lambda start: start >= third)
        store.become(gone)
        view.restore.relocate({third: 0})
        await pilot.pause()
        assert shown(view)[:4] == before[2:6]
    store.close()


def test_a_line_is_gone_to_with_some_above_and_nothing_new_below(store: LogStore) -> None:
    store.append(numbered(100))
    before = LogPlace(top=0, current=3, bookmarks=(7,), filter="x", lines_seen=5)
    start = len(numbered(50))
    place = place_at(store, start, before)
    assert place == LogPlace(len(numbered(42)), start, (7,), lines_seen=100)
    assert place_at(store, 0, None) == LogPlace(0, 0, (), lines_seen=100)


async def test_showing_all_again_keeps_the_current_line_in_its_row(tmp_path: Path) -> None:
    store = tagged(tmp_path, 60)
    async with showing(store) as (pilot, view):
        await pilot.press("g", "j", "j", "j", "j")
        view.filter.show_within(finder_of_tags([1]))
        await until(pilot, lambda: shown(view)[0].endswith(" 5"))
        view.pane.current = view.filter.in_sight()[3]
        view.filter.show_within(None)
        await until(pilot, lambda: shown(view)[3].endswith(" 11"))
        # Nothing moves when nothing was hidden.
        rows = shown(view)
        view.filter.show_within(None)
        await pilot.pause()
        assert shown(view) == rows
    store.close()


NESTED = (
    b"outer: 20%\n" + b"".join(b"\rinner: %d%%\x1b[A\n" % n for n in range(50)) + b"\rinner: 50%"
)


async def test_nested_bars_are_one_live_row_each(store: LogStore) -> None:
    store.append(b"begin\n" + NESTED)
    async with showing(store) as (pilot, view):
        await until(pilot, lambda: shown(view) == ["begin", "outer: 20%", "inner: 50%"])
        store.append(b"\x1b[A\n\rinner: 51%")
        await until(pilot, lambda: shown(view) == ["begin", "outer: 20%", "inner: 51%"])
        await search(pilot, "inner")
        assert "1 of 1" in below(view)
        await pilot.press("p")
        await until(pilot, lambda: len(shown(view)) > 5)


async def test_bars_that_are_drawn_from_below_keep_a_row_each(store: LogStore) -> None:
    store.append(b"begins\nlayer 1: waiting\nlayer 2: waiting\n")
    async with showing(store) as (pilot, view):
        for step in range(300):
            store.append(
                b"\x1b[2A\x1b[2K\rlayer 1: %d\x1b[2B\r\x1b[1A\x1b[2K\rlayer 2: %d" % (step, step)
            )
            store.append(b"\x1b[1B\r")
        await until(pilot, lambda: shown(view)[-3:] == ["begins", "layer 1: 299", "layer 2: 299"])
        store.append(b"digest\nafter\n")
        whole = ["begins", "layer 1: 299", "layer 2: 299", "digest", "after"]
        await until(pilot, lambda: shown(view)[-5:] == whole)
        await pilot.press("p")
        await until(pilot, lambda: "layer 1: waiting" in shown(view) or len(shown(view)) > 8)


async def test_a_traceback_over_a_bar_has_no_count(store: LogStore) -> None:
    bar = b"".join(b"\r %d%%|###   |" % n for n in range(40))
    error = b"\r\x1b[KTraceback (most recent call last):\n  x\nValueError: x\n"
    store.append(b"begins\n" + bar + b"\n" + bar + error)
    async with showing(store) as (pilot, view):
        await until(pilot, lambda: shown(view)[-1] == "ValueError: x")
        assert shown(view)[-3] == "Traceback (most recent call last):"
        assert shown(view)[-4].endswith("39%|###   | ×40")


async def test_a_traceback_behind_a_bar_has_a_row_behind_the_count_of_the_bar(
    store: LogStore,
) -> None:
    bar = b"".join(b"\r %d%%|###   | %d/99 [00:01<00:01]" % (n, n) for n in range(40))
    store.append(b"begins\n" + bar)
    async with showing(store, height=6) as (pilot, view):
        await until(pilot, lambda: shown(view)[-1].endswith("[00:01<00:01] ×40"))
        store.append(b"Traceback (most recent call last):\n  x\nValueError: x\n")
        await until(pilot, lambda: shown(view)[-1] == "ValueError: x")
        assert shown(view)[-3] == "Traceback (most recent call last):"
        assert shown(view)[-4].endswith("[00:01<00:01] ×40")
        await pilot.press("g")
        await until(pilot, lambda: shown(view)[0] == "begins")
        assert len(shown(view)) == 5


def begins(view: LogView, text: str) -> bool:
    return shown(view)[-1].startswith(text)


async def test_the_count_of_a_bar_never_goes_down(store: LogStore) -> None:
    colours = "\x1b[31m" * 12
    counts = []
    async with showing(store) as (pilot, view):
        for part in range(8):
            states = [f"\r{colours * (part + 1)}{part}.{n}%" for n in range(200)]
            store.append("".join(states).encode())
            await until(pilot, partial(begins, view, f"{part}.199% ×"))
            counts.append(shown(view)[-1].partition("×")[2])
    assert counts[0] == "200"
    assert counts[-1].endswith("+")
    numbers = [int(count.rstrip("+").replace(",", "")) for count in counts]
    assert numbers == sorted(numbers)


async def test_lines_that_a_filter_hides_are_not_counted_as_new(store: LogStore) -> None:
    store.append(b"keep\n" * 30)
    async with showing(store) as (pilot, view):
        await type_at(pilot, "ampersand", "keep")
        await pilot.press("pageup")
        store.append(b"drop\n" * 10 + b"keep\n")
        await until(pilot, lambda: view.new_lines == 1)


async def test_what_has_come_in_sight_is_not_new_any_more(store: LogStore) -> None:
    store.append(numbered(100))
    async with showing(store) as (pilot, view):
        await pilot.press("up")
        store.append(numbered(20))
        await until(pilot, lambda: view.new_lines == 20)
        await pilot.press("pagedown")
        await until(pilot, lambda: view.new_lines < 20)


async def test_a_larger_window_is_filled_even_if_the_reader_does_not_move(
    store: LogStore,
) -> None:
    store.append(numbered(100))
    async with showing(store) as (pilot, view):
        await pilot.press("up", "down")
        view.following = False
        await pilot.resize_terminal(40, 30)
        await until(pilot, lambda: len(shown(view)) == 30)


async def test_no_match_says_which_part_was_not_searched(store: LogStore) -> None:
    store.append(b"." * 20_000 + b"NEEDLE\n" + numbered(20))
    async with showing(store, width=110) as (pilot, view):
        await search(pilot, "NEEDLE")
        assert "found only after the 16,384 characters" in below(view)
        view.is_all_here = False
        await search(pilot, "absent")
        assert below(view) == " /absent no match so far"


async def test_at_the_last_error_it_is_said_how_to_go_to_those_before(store: LogStore) -> None:
    store.append(b"ERROR broken\n" + numbered(200))
    async with showing(store) as (pilot, view):
        await pilot.press("e")
        await until(pilot, lambda: below(view) == " no error after this; E goes to those before")
        await pilot.press("E")
        await until(pilot, lambda: hit(view) == ["ERROR broken"])
        for key in ("E", "e"):
            await pilot.press("k", key)
            await until(pilot, lambda: below(view) == " the only error")
        store.append(b"one more line\n")
        view.settle()
        await pilot.pause()
        assert below(view) == " the only error", "which a new line does not change"
        await type_at(pilot, "ampersand", "line")
        await pilot.press("e")
        await until(pilot, lambda: below(view).startswith(" no error among the lines shown"))


async def test_what_is_said_of_the_last_lines_hides_none_of_them(store: LogStore) -> None:
    store.append(numbered(30) + b"ERROR last\n  with more\n")
    async with showing(store) as (pilot, view):
        await pilot.press("g", "e")
        await until(pilot, lambda: hit(view) == ["ERROR last"])
        assert shown(view)[-1] == "  with more"
        await pilot.press("e")
        await until(pilot, lambda: below(view) == " the only error")
        await until(pilot, lambda: len(rows(view)) == 9)
        assert shown(view)[-1] == "  with more"
        # Likewise the current line, in the middle of the log.
        view.clear_message()
        await pilot.press("g")
        await until(pilot, lambda: len(rows(view)) == 10 and shown(view)[0] == "line 0")
        view.pane.current = view.pane.in_sight[-1].start
        view.show_message("a message")
        await until(pilot, lambda: len(rows(view)) == 9)
        assert shown(view)[-1].startswith("line 9 ")


async def test_lines_that_a_filter_finds_are_not_new(store: LogStore) -> None:
    store.append(b"".join(b"odd\n" if n % 2 else b"even\n" for n in range(200_000)))
    async with showing(store) as (pilot, view):
        await pilot.press("g")
        await type_at(pilot, "ampersand", "odd")
        await until(pilot, lambda: "100,000 lines, esc" in below(view))
        assert view.new_lines == 0
        store.append(b"odd\n" * 3)
        await until(pilot, lambda: view.new_lines == 3)


async def test_no_match_goes_when_there_is_one(store: LogStore) -> None:
    store.append(numbered(20))
    async with showing(store) as (pilot, view):
        await search(pilot, "late")
        assert below(view) == " /late no match"
        store.append(b"too late\n")
        await until(pilot, lambda: below(view) == " /late 1 matching line")


async def test_follow_is_follow_however_often_it_is_pressed(store: LogStore) -> None:
    store.append(numbered(100))
    async with showing(store) as (pilot, view):
        await pilot.press("F", "F")
        assert view.following


async def test_a_share_of_the_log_is_gone_to(store: LogStore) -> None:
    store.append(numbered(1000))
    async with showing(store) as (pilot, view):
        await type_at(pilot, "colon", "50%")
        await until(pilot, lambda: hit(view) != [])
        assert 450 < int(hit(view)[0].split()[1]) < 550


async def test_tab_stays_on_the_line(store: LogStore) -> None:
    store.append(numbered(100))
    async with showing(store) as (pilot, view):
        await pilot.press("slash", "a", "tab", "x")
        assert view.prompt.is_open
        assert view.prompt._line.value == "ax"


async def test_no_error_after_this_goes_when_there_is_one(store: LogStore) -> None:
    store.append(b"fine\n")
    async with showing(store) as (pilot, view):
        await pilot.press("e")
        await until(pilot, lambda: below(view) == " no errors")
        store.append(b"ERROR broken\n")
        await until(pilot, lambda: below(view) == "")


async def test_keys_that_need_a_line_say_that_there_is_none(store: LogStore) -> None:
    async with showing(store) as (pilot, view):
        keys = ("logs.error", "logs.previous_error", "logs.bookmark", "logs.select", "logs.copy")
        for command in keys:
            assert view.commands.why_not(command) == "The log has no lines"
        view.is_all_here = False
        assert view.commands.why_not("logs.error") == "The log has no lines so far"
        store.append(b"one\n")
        await type_at(pilot, "ampersand", "two")
        await until(pilot, lambda: not shown(view))
        for command in keys:
            assert view.commands.why_not(command) == "No line is shown"
        await pilot.press("escape")
        await until(pilot, lambda: shown(view) == ["one"])
        assert view.commands.why_not("logs.error") is None


async def test_a_number_and_a_time_beside_a_line_are_kept_apart(store: LogStore) -> None:
    store.append(b"2026-03-01 12:00:00 one\n" * 12_000)
    async with showing(store) as (pilot, view):
        await pilot.press("number_sign", "t")
        await until(pilot, lambda: bool(re.match(r"12,000 \S", rows(view)[-1])))
