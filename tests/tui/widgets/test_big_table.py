from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.message import Message
from textual.pilot import Pilot

from studio_tui.paths import styles_dir
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.columns import Align, Column, Reserves
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.table_painter import Sorting
from tests.driving import driving

COLUMNS = (
    Column("state", "ST", 6),
    Column("name", "NAME", 10, grow=1),
    Column("id", "ID", 8, drop=1),
    Column("age", "AGE", 5, align=Align.RIGHT),
)

HOSTILE = (
    "[/]",
    "[@click=app.quit]x[/]",
    "[red]x",
    "\\[",
    "列车数据列车数据列车数据列车数据",
    "e\u0301\u0302",
    "\u0301",
    "👩🏽👩🏽",
    "",
)


class CountingTable(BigTable):
    """Counts the lines it asks to be painted."""

    lines_drawn = 0

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        if repaint:
            whole = self.size.region
            self.lines_drawn += sum(region.height for region in regions or [whole])
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)


@dataclass
class Rows:
    """What the rows say, and which of them were asked for."""

    names: dict[str, str]
    asked: list[str] = field(default_factory=list)

    def cells(self, key: str) -> tuple[Cell, ...]:
        self.asked.append(key)
        return (
            Cell("✗ FAIL", Tone.BAD),
            Cell(self.names[key]),
            Cell(key, Tone.DIM),
            Cell("12m"),
        )


class TableApp(App[None]):
    """A screen with one table, whose messages it keeps."""

    def __init__(self, rows: Rows) -> None:
        super().__init__(css_path=[styles_dir() / "big_table.tcss"])
        self.table = CountingTable(COLUMNS, rows.cells, notice="No jobs yet.\nStart one.")
        self.said: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self.table

    def on_big_table_highlighted(self, message: BigTable.Highlighted) -> None:
        self.said.append(message)

    def on_big_table_opened(self, message: BigTable.Opened) -> None:
        self.said.append(message)

    def on_big_table_header_clicked(self, message: BigTable.HeaderClicked) -> None:
        self.said.append(message)


@dataclass
class Stage:
    """A running table and what a test does to it."""

    pilot: Pilot[None]
    table: CountingTable
    rows: Rows
    said: list[Message]

    async def show(self, keys: Iterable[str]) -> None:
        shown = tuple(keys)
        self.rows.names = {key: self.rows.names.get(key, f"job {key}") for key in shown}
        self.table.show(shown)
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def lines_drawn_by(self, *keys: str) -> int:
        self.table.lines_drawn = 0
        await self.press(*keys)
        return self.table.lines_drawn

    def lines(self) -> list[str]:
        """What the table shows now, from header to last line."""
        return [strip.text for strip in self.table.render_lines(self.table.size.region)]

    def line_of(self, key: str) -> int | None:
        """How many lines below the top of the table a row is."""
        return next((y for y, line in enumerate(self.lines()) if f"job {key} " in line), None)


@asynccontextmanager
async def stage(
    keys: Iterable[str] = (), *, size: tuple[int, int] = (60, 11)
) -> AsyncIterator[Stage]:
    """Run a table with these rows; 11 lines are a header and ten rows."""
    rows = Rows({})
    app = TableApp(rows)
    async with driving(app, size=size) as pilot:
        running = Stage(pilot, app.table, rows, app.said)
        if keys:
            await running.show(keys)
        app.said.clear()
        yield running


def ids(count: int, prefix: str = "") -> list[str]:
    return [f"{prefix}{number:04d}" for number in range(count)]


async def test_only_rows_in_sight_are_requested() -> None:
    async with stage(ids(5000)) as at:
        assert set(at.rows.asked) == set(ids(10))
        at.rows.asked.clear()
        await at.press("end")
        assert at.table.cursor == "4999"
        assert set(at.rows.asked) == set(ids(5000)[-10:])


async def test_hostile_text_is_shown_as_it_is() -> None:
    async with stage(size=(60, 12)) as at:
        at.rows.names = {f"{n}": name for n, name in enumerate(HOSTILE)}
        await at.show(at.rows.names)
        lines = at.lines()
        for name, line in zip(HOSTILE, lines[1:], strict=False):
            assert name in line
            assert cell_len(line) == 59
        await at.pilot.click(BigTable, offset=(12, 2))
        assert at.pilot.app.is_running


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_a_hostile_notice_is_shown_as_it_is(hostile: str) -> None:
    async with stage() as at:
        at.table.notice = hostile
        await at.pilot.pause()
        assert hostile in "\n".join(at.lines())


async def test_a_table_without_rows_says_why_in_its_middle() -> None:
    async with stage() as at:
        lines = at.lines()
        assert lines[5].strip() == "No jobs yet."
        assert lines[6].strip() == "Start one."
        assert lines[5].index("No jobs") == (59 - len("No jobs yet.")) // 2
        assert at.table.cursor is None
        await at.press("down", "end", "pagedown", "enter", "right")
        assert at.said == []


async def test_every_line_is_as_wide_as_the_table_at_any_width() -> None:
    async with stage() as at:
        at.rows.names = {f"{n}": name for n, name in enumerate(HOSTILE)}
        await at.show(at.rows.names)
        for width in (20, 33, 80, 200, 79):
            await at.pilot.resize_terminal(width, 11)
            while at.table.size.width != width:
                await at.pilot.pause()
            assert {cell_len(line) for line in at.lines()} == {width - 1}, "beside the scroll bar"
        await at.pilot.resize_terminal(2, 2)
        assert len(at.lines()) == 2


async def test_columns_out_of_sight_are_reached_sideways() -> None:
    async with stage(ids(3), size=(24, 11)) as at:
        assert "AGE" not in at.lines()[0]
        await at.press("right")
        assert "ST" not in at.lines()[0]
        assert at.lines()[1].startswith("▌ job")
        await at.press("right", "right", "right")
        assert at.lines()[0].rstrip().endswith("AGE")
        await at.press("left", "left", "left")
        assert "ST" in at.lines()[0]


async def test_moving_the_cursor_paints_two_lines() -> None:
    async with stage(ids(1000)) as at:
        assert await at.lines_drawn_by("down") == 2
        assert await at.lines_drawn_by("j") == 2
        assert await at.lines_drawn_by("up") == 2
        assert await at.lines_drawn_by("pagedown") == 10
        assert await at.lines_drawn_by("right") == 0


async def test_a_refresh_paints_only_the_rows_in_sight_that_changed() -> None:
    keys = ids(1000)
    async with stage(keys) as at:
        for key in keys[100:]:
            at.rows.names[key] = "changed"
        at.table.lines_drawn = 0
        await at.show(keys)
        assert at.table.lines_drawn == 0
        at.rows.names[keys[3]] = at.rows.names[keys[7]] = "changed"
        await at.show(keys)
        assert at.table.lines_drawn == 2
        assert "changed" in at.lines()[4]


async def test_asking_again_paints_only_what_time_has_changed() -> None:
    async with stage(ids(1000)) as at:
        at.rows.names["0002"] = "a minute older"
        at.table.lines_drawn = 0
        at.table.show_again()
        await at.pilot.pause()
        assert at.table.lines_drawn == 1
        assert "a minute older" in at.lines()[3]


async def test_rows_that_come_in_above_paint_nothing() -> None:
    keys = ids(1000)
    async with stage(keys) as at:
        await at.press("down", "down", "pagedown")
        at.table.lines_drawn = 0
        await at.show([*ids(7, "new"), *keys])
        assert at.table.lines_drawn == 0
        assert at.table.cursor == "0012"


@pytest.mark.parametrize("position", [0, 1, 5, 9, 10, 11, 40, 98, 99])
async def test_the_cursor_stays_on_its_row_and_line_whatever_happens_around_it(
    position: int,
) -> None:
    keys = ids(100)
    key = keys[position]
    changes = {
        "rows above": [*ids(3, "a"), *keys],
        "rows below": [*keys, *ids(30, "b")],
        "rows on both sides": [*ids(30, "c"), *keys, *ids(30, "d")],
        "rows away above": [*keys[position // 2 : position + 1], *keys[position + 1 :], *ids(20)],
        "another order": [*ids(40, "e"), *keys[position:], *keys[:position]],
    }
    async with stage(keys) as at:
        await at.press("down", "up")
        at.table.move_to(key)
        for change, after in changes.items():
            await at.show([*ids(50, "x"), *keys, *ids(50, "y")])
            line = at.line_of(key)
            await at.show([*ids(50, "x"), *dict.fromkeys(after), *ids(50, "z")])
            assert at.table.cursor == key, change
            assert at.line_of(key) == line, change
            assert at.lines()[line or 0].startswith("▌"), change


async def test_a_neighbour_takes_the_cursor_when_its_row_goes() -> None:
    keys = ids(100)
    async with stage(keys) as at:
        await at.press("down", "down", "down")
        await at.show([key for key in keys if key != "0003"])
        assert at.table.cursor == "0004"
        assert at.line_of("0004") == 4
        highlighted = at.said[-1]
        assert isinstance(highlighted, BigTable.Highlighted)
        assert highlighted.key == "0004"


async def test_the_cursor_is_on_its_row_again_after_a_filter_that_passed_none() -> None:
    keys = ids(100)
    async with stage(keys) as at:
        await at.press("down", "down", "down")
        await at.show(["0003"])
        for _ in range(2):
            await at.show(())
            assert at.table.cursor is None
        await at.show(keys)
        assert at.table.cursor == "0003"


async def test_rows_in_sight_stay_put_when_the_cursor_is_out_of_sight() -> None:
    keys = ids(100)
    async with stage(keys) as at:
        at.table.scroll_to(y=50, animate=False)
        await at.pilot.pause()
        assert at.line_of("0052") == 3
        await at.show([*ids(9, "new"), *keys])
        assert at.line_of("0052") == 3
        assert at.table.cursor == "0000"


async def test_a_table_nobody_has_moved_in_shows_what_comes_in() -> None:
    keys = ids(100)
    async with stage(keys) as at:
        await at.show(["new", *keys])
        assert at.line_of("new") == 1
        assert at.table.cursor == "0000"
        await at.press("up", "down", "up")
        await at.show(["newer", "new", *keys])
        assert at.line_of("new") == 1
        assert at.table.cursor == "new"


async def test_a_flood_of_new_rows_leaves_the_cursor_in_sight() -> None:
    keys = ids(100)
    async with stage(keys) as at:
        await at.show([*ids(50, "new"), *keys])
        assert at.table.cursor == "0000"
        assert at.line_of("0000") is not None


async def test_a_list_that_shrinks_below_the_table_starts_at_its_top() -> None:
    async with stage(ids(100)) as at:
        await at.press("end")
        await at.show(ids(100)[95:])
        assert at.table.cursor == "0099"
        assert at.line_of("0095") == 1
        await at.show([])
        assert at.table.cursor is None
        await at.show(ids(100))
        assert at.table.cursor == "0099"


async def test_the_keys_go_where_they_say() -> None:
    async with stage(ids(100)) as at:
        steps = [
            ("down", "0001", 2),
            ("pagedown", "0011", 2),
            ("ctrl+d", "0016", 2),
            ("ctrl+u", "0011", 2),
            ("k", "0010", 1),
            ("up", "0009", 1),
            ("G", "0099", 10),
            ("pagedown", "0099", 10),
            ("pageup", "0089", 10),
            ("g", "0000", 1),
            ("pageup", "0000", 1),
            ("end", "0099", 10),
            ("home", "0000", 1),
        ]
        for key, cursor, line in steps:
            await at.press(key)
            assert (key, at.table.cursor, at.line_of(cursor)) == (key, cursor, line)


async def test_enter_opens_the_row_under_the_cursor() -> None:
    async with stage(ids(100)) as at:
        await at.press("down", "enter")
        opened = at.said[-1]
        assert isinstance(opened, BigTable.Opened)
        assert opened.key == "0001"
        assert opened.control is at.table


async def test_enter_says_why_nothing_opens_where_there_are_no_rows_yet() -> None:
    async with stage() as at:
        await at.pilot.click(BigTable, offset=(10, 1))
        assert not at.pilot.app._notifications
        await at.press("enter")
        (said,) = at.pilot.app._notifications
        assert said.message == "Nothing to open: No jobs yet."


async def test_a_click_moves_the_cursor_and_a_second_one_opens() -> None:
    async with stage(ids(100)) as at:
        await at.pilot.click(BigTable, offset=(10, 4))
        assert at.table.cursor == "0003"
        assert [type(said) for said in at.said] == [BigTable.Highlighted]
        await at.pilot.click(BigTable, offset=(10, 4))
        assert [type(said) for said in at.said] == [BigTable.Highlighted, BigTable.Opened]


async def test_a_click_below_the_last_row_does_nothing() -> None:
    async with stage(ids(3)) as at:
        await at.pilot.click(BigTable, offset=(10, 8))
        assert at.said == []


async def test_a_click_on_a_title_names_its_column() -> None:
    async with stage(ids(100)) as at:
        header = at.lines()[0]
        for title, column in (("ST", "state"), ("NAME", "name"), ("AGE", "age")):
            await at.pilot.click(BigTable, offset=(header.index(title), 0))
            clicked = at.said[-1]
            assert isinstance(clicked, BigTable.HeaderClicked)
            assert clicked.column == column


async def test_the_wheel_scrolls_and_leaves_the_cursor() -> None:
    async with stage(ids(100)) as at:
        at.table.scroll_down(animate=False)
        at.table.scroll_down(animate=False)
        await at.pilot.pause()
        assert at.table.cursor == "0000"
        assert at.line_of("0000") is None
        assert at.line_of("0002") == 1


async def test_many_moves_are_reported_as_few() -> None:
    async with stage(ids(1000)) as at:
        for key in ids(1000)[1:500]:
            at.table.move_to(key)
        await at.pilot.pause()
        highlighted = at.said[-1]
        assert isinstance(highlighted, BigTable.Highlighted)
        assert highlighted.key == "0499"
        assert len(at.said) < 10


async def test_moving_to_a_row_brings_it_in_sight() -> None:
    async with stage(ids(100)) as at:
        assert at.table.move_to("0050")
        assert at.line_of("0050") == 10
        assert at.table.move_to("0020")
        assert at.line_of("0020") == 1
        assert not at.table.move_to("not there")
        assert at.table.cursor == "0020"


async def test_marked_rows_have_a_sign_and_only_they_are_painted() -> None:
    async with stage(ids(100)) as at:
        at.table.lines_drawn = 0
        at.table.marked = frozenset({"0000", "0002", "0077", "gone"})
        await at.pilot.pause()
        assert at.table.lines_drawn == 2
        assert [line[:2] for line in at.lines()[1:4]] == ["▌*", "  ", " *"]


async def test_the_column_that_gives_the_order_has_an_arrow() -> None:
    async with stage(ids(3)) as at:
        at.table.sorting = Sorting("age", descending=True)
        assert "AGE▼" in at.lines()[0]
        at.table.sorting = Sorting("name")
        assert "NAME▲" in at.lines()[0]
        assert "▼" not in at.lines()[0]


async def test_the_cursor_stays_in_sight_when_the_table_gets_lower() -> None:
    async with stage(ids(100), size=(60, 21)) as at:
        at.table.move_to("0018")
        await at.pilot.resize_terminal(60, 8)
        assert at.line_of("0018") is not None


async def test_the_cursor_is_seen_without_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with stage(ids(3)) as at:
        under_cursor, other = at.table.render_lines(at.table.size.region)[1:3]
        assert under_cursor.text.startswith("▌")
        assert not other.text.startswith("▌")
        assert all(s.style and s.style.bold for s in under_cursor if s.text.strip())


async def test_a_tone_is_a_colour_of_the_theme() -> None:
    async with stage(ids(3)) as at:

        def colours() -> tuple[object, ...]:
            strip = at.table.render_lines(at.table.size.region)[2]
            return tuple(s.style.color for s in strip if s.style and s.text.strip())

        dark = colours()
        assert len(set(dark)) > 1
        at.pilot.app.theme = "textual-light"
        await at.pilot.pause()
        assert colours() != dark


async def test_the_screen_shows_the_lines_with_the_scroll_bar_beside_them() -> None:
    async with stage(ids(1000)) as at:
        await at.press("pagedown", "down")
        on_screen = [strip.text for strip in at.pilot.app.screen._compositor.render_strips()]
        assert [line[:59] for line in on_screen] == at.lines()
        assert all(cell_len(line) == 60 for line in on_screen)
        assert at.table.vertical_scrollbar.size.height == 11


async def test_a_table_with_a_border_is_drawn_inside_it() -> None:
    async with stage(ids(1000)) as at:
        at.table.styles.border = ("round", "white")
        await at.pilot.pause()
        await at.press("down", "pagedown")
        on_screen = [strip.text for strip in at.pilot.app.screen._compositor.render_strips()]
        assert on_screen[0].startswith("╭")
        assert on_screen[1].startswith("│  ST")
        assert on_screen[3].startswith("│▌")
        assert "job 0009 " in on_screen[3]
        assert at.table.cursor == "0009"
        assert on_screen[-1].endswith("╯")


JOBS = (
    Column("state", "STATE", 6, sticky=True),
    Column("name", "NAME", 10, grow=1, fits=True, sticky=True),
    Column("rate", "RATE", 8, drop=3, fits=True),
    Column("age", "AGE", 5, drop=1),
    Column("error", "ERROR", 30, grow=1, drop=2, fits=True),
)


class Jobs(Rows):
    """Rows of jobs, some of which failed."""

    def __init__(self) -> None:
        super().__init__({})
        self.errors: dict[str, str] = {}

    def cells(self, key: str) -> tuple[Cell, ...]:
        self.asked.append(key)
        error = self.errors.get(key, "")
        return Cell("✗ FAIL"), Cell(self.names[key]), Cell("–"), Cell("3m"), Cell(error, Tone.BAD)


@asynccontextmanager
async def jobs(*, size: tuple[int, int]) -> AsyncIterator[tuple[Stage, Jobs]]:
    rows = Jobs()
    app = TableApp(rows)
    async with driving(app, size=size) as pilot:
        app.table.columns = JOBS
        yield Stage(pilot, app.table, rows, app.said), rows


async def test_columns_appear_with_their_first_text_and_then_stay() -> None:
    async with jobs(size=(60, 11)) as (at, rows):
        await at.show(ids(100))
        assert at.lines()[0].split() == ["STATE", "NAME", "AGE"]
        rows.errors["0001"] = "RuntimeError: corrupt tile 17"
        await at.show(ids(100))
        head = at.lines()[0]
        assert head.split() == ["STATE", "NAME", "AGE", "ERROR"]
        assert "RuntimeError: corrupt tile 17" in at.lines()[2]
        await at.press("end")
        await at.show(ids(100))
        assert at.lines()[0] == head
        rows.errors.clear()
        await at.show(ids(3))
        assert at.lines()[0] == head


async def test_a_column_that_had_a_text_stays_also_under_another_filter_order_or_size() -> None:
    async with jobs(size=(60, 11)) as (at, rows):
        rows.errors["0001"] = "RuntimeError: corrupt tile 17"
        await at.show(ids(3))
        rows.errors.clear()
        await at.show(ids(3))
        await at.pilot.resize_terminal(70, 11)
        at.table.sorting = Sorting("age", descending=True)
        await at.pilot.pause()
        assert at.lines()[0].split() == ["STATE", "NAME", "AGE▼", "ERROR"]


def starts(head: str) -> list[int]:
    """Return where the titles of a header begin."""
    return [head.index(column.title) for column in JOBS if column.title in head]


async def test_columns_stay_under_a_filter_and_an_order_until_the_width_changes() -> None:
    async with jobs(size=(80, 11)) as (at, rows):
        rows.names["0001"] = "a job with quite a long name"
        rows.errors["0001"] = "RuntimeError: corrupt tile 17"
        await at.show(ids(3))
        placed = starts(at.lines()[0])
        for shown in (["0002"], [], ids(2)):
            at.table.show(shown, is_refiltered=True)
            await at.pilot.pause()
            assert starts(at.lines()[0]) == placed
        rows.names["0001"], rows.errors["0001"] = "a job", ""
        await at.show(ids(3))
        # As by the input of a filter above the list.
        await at.pilot.resize_terminal(80, 9)
        at.table.sorting = Sorting("error", descending=True)
        await at.pilot.pause()
        assert starts(at.lines()[0]) == placed
        await at.pilot.resize_terminal(81, 9)
        assert starts(at.lines()[0]) != placed


@pytest.mark.parametrize(("width", "is_same"), [(80, True), (81, False)])
async def test_a_table_as_wide_as_a_recalled_one_has_its_columns_in_the_same_places(
    width: int, is_same: bool
) -> None:
    async with jobs(size=(80, 11)) as (at, rows):
        rows.names["0001"] = "a job with quite a long name"
        rows.errors["0002"] = "RuntimeError: corrupt tile 17"
        await at.show(ids(3))
        placed, contents = starts(at.lines()[0]), at.table.memory.contents
    async with jobs(size=(79, 11)) as (at, _):
        await at.show(["0002"])
        at.table.memory.restore(contents)
        await at.pilot.resize_terminal(width, 11)
        assert (starts(at.lines()[0]) == placed) is is_same


async def test_what_only_running_rows_fill_takes_no_width_at_the_next_start_without_them() -> None:
    passing = tuple(column._replace(only_unfinished=column.key == "error") for column in JOBS)
    async with jobs(size=(80, 11)) as (at, rows):
        at.table.columns = passing
        rows.errors["0002"] = "37%"
        await at.show(ids(3))
        rows.errors.clear()
        await at.show(ids(3))
        assert at.lines()[0].split() == ["STATE", "NAME", "AGE", "ERROR"]
        memory = at.table.memory
        contents, lasting = memory.contents, memory.contents_when_finished
    for kept, columns in ((contents, "STATE NAME AGE ERROR"), (lasting, "STATE NAME AGE")):
        async with jobs(size=(80, 11)) as (at, _):
            at.table.memory.restore(kept)
            await at.show(ids(3))
            assert at.lines()[0].split() == columns.split()


async def test_columns_keep_their_widths_when_one_has_another_title() -> None:
    async with jobs(size=(80, 11)) as (at, rows):
        rows.names["0001"] = "a job with quite a long name"
        rows.errors["0002"] = "RuntimeError: corrupt tile 17"
        await at.show(ids(3))
        placed = starts(at.lines()[0])
        await at.show(["0002"])
        at.table.columns = tuple(
            column._replace(title="OLD") if column.key == "age" else column for column in JOBS
        )
        await at.pilot.pause()
        assert at.lines()[0].index("OLD") == placed[2]


async def test_a_column_that_had_a_text_stays_when_another_gets_wider() -> None:
    async with jobs(size=(60, 11)) as (at, rows):
        rows.errors["0001"] = "RuntimeError: corrupt tile 17"
        await at.show(ids(3))
        rows.errors.clear()
        at.table.columns = tuple(
            column._replace(width=12) if column.key == "name" else column for column in JOBS
        )
        await at.show(ids(3))
        assert at.lines()[0].split() == ["STATE", "NAME", "AGE", "ERROR"]


async def test_a_column_that_is_always_shown_has_its_place_before_its_first_text() -> None:
    reserved = (
        *JOBS[:-1],
        JOBS[-1]._replace(
            reserves=Reserves.ALWAYS, wanted_width=30, preferred_width=60, first_width=30
        ),
    )
    async with jobs(size=(70, 11)) as (at, rows):
        at.table.columns = reserved
        await at.show(ids(3))
        head = at.lines()[0]
        assert head.split() == ["STATE", "NAME", "AGE", "ERROR"]
        rows.errors["0001"] = "RuntimeError: corrupt tile 17"
        await at.show(ids(3))
        assert at.lines()[0] == head
        assert "RuntimeError: corrupt tile 17" in at.lines()[2]


async def test_scrolled_sideways_state_and_name_stay_in_place() -> None:
    async with jobs(size=(44, 11)) as (at, rows):
        rows.errors["0001"] = "RuntimeError: corrupt tile 17, and so on to its very end"
        await at.show(ids(3))
        at.table.wide = True
        await at.press(*["right"] * 9)
        assert at.lines()[0].split() == ["STATE", "NAME"]
        assert at.lines()[2].split()[:4] == ["✗", "FAIL", "job", "0001"]
        assert at.lines()[2].rstrip().endswith("its very end")
        await at.press(*["left"] * 9)
        assert at.lines()[0].split()[:3] == ["STATE", "NAME", "AGE"]
        await at.pilot.click(BigTable, offset=(4, 0))
        clicked = at.said[-1]
        assert isinstance(clicked, BigTable.HeaderClicked)
        assert clicked.column == "state"


@pytest.mark.parametrize("width", [42, 80, 120])
async def test_scrolled_sideways_a_long_name_stays_in_place_and_a_long_error_can_be_read(
    width: int,
) -> None:
    error = " ".join(f"word{number}" for number in range(25))
    async with jobs(size=(width, 11)) as (at, rows):
        rows.errors["0001"] = error
        rows.names["0001"] = "train_resnet50_imagenet_from_its_last_checkpoint"
        await at.show(ids(3))
        at.table.wide = True
        await at.pilot.pause()
        assert "train_resnet50_imag" in at.lines()[2]
        seen: set[str] = set()
        for _ in range(40):
            await at.press("right")
            assert at.lines()[2].split()[:2] == ["✗", "FAIL"]
            assert " train" in at.lines()[2][:20]
            seen |= set(at.lines()[2].split())
        assert set(error.split()) <= seen
        await at.press(*["left"] * 40)
        assert "train_resnet50_imag" in at.lines()[2]


async def show_newest_first(at: Stage, keys: list[str]) -> None:
    at.rows.names = {key: f"job {key}" for key in keys}
    at.table.show(keys, newest_first=True)
    await at.pilot.pause()


async def test_at_the_top_new_rows_push_down_and_the_cursor_stays_on_the_newest() -> None:
    keys = ids(100)
    async with stage() as at:
        await show_newest_first(at, keys)
        await at.press("down", "up")
        await show_newest_first(at, [*ids(20, "new"), *keys])
        assert at.table.cursor == "new0000"
        assert at.line_of("new0000") == 1
        assert at.table.unseen == 0


async def test_at_the_top_a_cursor_below_the_newest_stays_on_its_row_and_in_sight() -> None:
    keys = ids(100)
    async with stage() as at:
        await show_newest_first(at, keys)
        await at.press("down", "down")
        await show_newest_first(at, ["new", *keys])
        assert (at.table.cursor, at.line_of("0002"), at.line_of("new")) == ("0002", 4, 1)
        await show_newest_first(at, [*ids(20, "new"), "new", *keys])
        assert (at.table.cursor, at.line_of("0002")) == ("0002", 10)


@pytest.mark.parametrize("keys_pressed", [(), ("down", "up")])
async def test_a_held_cursor_stays_on_the_row_that_was_the_newest_until_it_is_moved(
    keys_pressed: tuple[str, ...],
) -> None:
    keys = ids(100)
    async with stage() as at:
        await show_newest_first(at, keys)
        await at.press(*keys_pressed)
        at.table.pin_cursor()
        await show_newest_first(at, ["new1", *keys])
        await show_newest_first(at, ["new2", "new1", *keys])
        assert at.table.cursor == "0000"
        await at.press("home")
        await show_newest_first(at, ["new3", "new2", "new1", *keys])
        assert at.table.cursor == "new3"


async def test_elsewhere_rows_stay_and_those_that_came_above_are_counted_until_seen() -> None:
    keys = ids(100)
    async with stage() as at:
        await show_newest_first(at, keys)
        await at.press("end")
        await show_newest_first(at, [*ids(6, "new"), *keys])
        assert at.table.cursor == "0099"
        assert at.line_of("0099") == 10
        assert at.table.unseen == 6
        highlighted = at.said[-1]
        assert isinstance(highlighted, BigTable.Highlighted)
        assert (highlighted.key, highlighted.is_last) == ("0099", True)
        await show_newest_first(at, [*ids(2, "newer"), *ids(6, "new"), *keys])
        assert at.table.unseen == 8
        at.table.scroll_to(y=3, animate=False)
        await at.pilot.pause()
        assert at.table.unseen == 3
        await at.press("g")
        assert at.table.cursor == "newer0000"
        assert at.table.unseen == 0


async def test_another_order_or_filter_makes_no_row_new() -> None:
    keys = ids(100)
    async with stage() as at:
        await show_newest_first(at, keys)
        await at.press("end")
        await show_newest_first(at, [*ids(2, "new"), *keys])
        assert at.table.unseen == 2
        at.table.show([*ids(3, "other"), *keys], newest_first=True, is_refiltered=True)
        assert at.table.unseen == 0
        await show_newest_first(at, [*ids(2, "new"), *ids(3, "other"), *keys])
        assert at.table.unseen == 2
        at.table.sorting = Sorting("name", descending=False)
        assert at.table.unseen == 0


async def refilter(at: Stage, keys: list[str]) -> None:
    """Show the rows of another filter."""
    at.rows.names = {key: f"job {key}" for key in keys}
    at.table.show(keys, newest_first=True, is_refiltered=True)
    await at.pilot.pause()


@pytest.mark.parametrize("moves", [["down"] * 3, ["end", "up"], ["up"], []])
async def test_the_cursor_comes_back_to_its_row_when_a_filter_is_cleared(moves: list[str]) -> None:
    keys = ids(100)
    async with stage(keys) as at:
        await show_newest_first(at, keys)
        await at.press(*moves)
        chosen = at.table.cursor
        assert chosen
        others = [key for key in keys if key != chosen]
        await refilter(at, others[50:60])
        await show_newest_first(at, ["new", *others[50:60]])
        await refilter(at, others[10:60])
        await refilter(at, ["newer", "new", *keys])
        assert at.table.cursor == (chosen if moves else "newer")
        assert at.line_of(at.table.cursor) is not None


async def test_moving_in_a_filter_chooses_another_row() -> None:
    keys = ids(100)
    async with stage(keys) as at:
        await show_newest_first(at, keys)
        await at.press("down", "down")
        await refilter(at, keys[50:60])
        await at.press("down")
        chosen = at.table.cursor
        assert chosen in keys[50:60]
        await refilter(at, keys)
        assert at.table.cursor == chosen


async def test_whoever_is_at_the_top_is_there_again_after_a_filter() -> None:
    keys = ids(100)
    async with stage(keys) as at:
        await show_newest_first(at, keys)
        await at.press("down", "up")
        await show_newest_first(at, ["new", *keys])
        await refilter(at, keys[50:60])
        await refilter(at, ["new", *keys])
        assert at.table.cursor == "new"


async def test_after_a_filter_the_row_is_on_its_line_and_what_came_at_the_top_in_sight() -> None:
    keys = ids(100)
    async with stage(keys) as at:
        await show_newest_first(at, keys)
        await at.press("down", "down")
        await refilter(at, keys[2:9])
        await refilter(at, ["new", *keys])
        assert (at.table.cursor, at.line_of("new")) == ("0002", 1)
        await at.press(*["down"] * 40)
        line = at.line_of("0042")
        await refilter(at, keys[42:49])
        await refilter(at, ["newer", "new", *keys])
        assert (at.table.cursor, at.line_of("0042")) == ("0042", line)


async def test_contents_of_a_table_with_other_columns_are_ignored() -> None:
    async with jobs(size=(80, 11)) as (at, _):
        await at.show(ids(3))
        before, fewer = at.table.memory.contents, (3,) * (len(JOBS) - 1)
        at.table.memory.restore((*fewer, 120, *fewer))
        assert at.table.memory.contents == before
