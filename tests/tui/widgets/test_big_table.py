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
from studio_tui.tui.widgets.table_cursor import RowChange
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
    """Counts the lines for which it requests a repaint."""

    lines_drawn = 0

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        if repaint:
            whole = self.size.region
            self.lines_drawn += sum(region.height for region in regions or [whole])
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)


@dataclass
class Rows:
    """The names of the rows, and the keys of the rows whose cells were requested."""

    names: dict[str, str]
    requested_keys: list[str] = field(default_factory=list)

    def cells(self, key: str) -> tuple[Cell, ...]:
        self.requested_keys.append(key)
        return (Cell("✗ FAIL", Tone.BAD), Cell(self.names[key]), Cell(key, Tone.DIM), Cell("12m"))


class TableApp(App[None]):
    """An app with one table, whose messages it records."""

    def __init__(self, rows: Rows) -> None:
        super().__init__(css_path=[styles_dir() / "big_table.tcss"])
        self.table = CountingTable(COLUMNS, rows.cells, notice="No jobs yet.\nStart one.")
        self.messages: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self.table

    def on_big_table_highlighted(self, message: BigTable.Highlighted) -> None:
        self.messages.append(message)

    def on_big_table_opened(self, message: BigTable.Opened) -> None:
        self.messages.append(message)

    def on_big_table_header_clicked(self, message: BigTable.HeaderClicked) -> None:
        self.messages.append(message)


@dataclass
class TableStage:
    """A running table, and the actions of a test on it."""

    pilot: Pilot[None]
    table: CountingTable
    rows: Rows
    messages: list[Message]

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
        """Return the visible lines of the table, from the header on."""
        return [strip.text for strip in self.table.render_lines(self.table.size.region)]

    def line_of(self, key: str) -> int | None:
        """Return on which line of the table a row is, the header being 0; `None` if on none."""
        return next((y for y, line in enumerate(self.lines()) if f"job {key} " in line), None)


@asynccontextmanager
async def table_stage(
    keys: Iterable[str] = (), *, size: tuple[int, int] = (60, 11)
) -> AsyncIterator[TableStage]:
    """Run a table with rows of these keys; of 11 lines, one is the header and ten are rows."""
    rows = Rows({})
    app = TableApp(rows)
    async with driving(app, size=size) as pilot:
        running = TableStage(pilot, app.table, rows, app.messages)
        if keys:
            await running.show(keys)
        app.messages.clear()
        yield running


def ids(count: int, prefix: str = "") -> list[str]:
    return [f"{prefix}{number:04d}" for number in range(count)]


async def test_cells_are_requested_only_for_visible_rows() -> None:
    async with table_stage(ids(5000)) as stage:
        assert set(stage.rows.requested_keys) == set(ids(10))
        stage.rows.requested_keys.clear()
        await stage.press("end")
        assert stage.table.cursor == "4999"
        assert set(stage.rows.requested_keys) == set(ids(5000)[-10:])


async def test_hostile_text_is_shown_as_it_is() -> None:
    async with table_stage(size=(60, 12)) as stage:
        stage.rows.names = {f"{n}": name for n, name in enumerate(HOSTILE)}
        await stage.show(stage.rows.names)
        lines = stage.lines()
        for name, line in zip(HOSTILE, lines[1:], strict=False):
            assert name in line
            assert cell_len(line) == 59
        await stage.pilot.click(BigTable, offset=(12, 2))
        assert stage.pilot.app.is_running


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_a_hostile_notice_is_shown_as_it_is(hostile: str) -> None:
    async with table_stage() as stage:
        stage.table.notice = hostile
        await stage.pilot.pause()
        assert hostile in "\n".join(stage.lines())


async def test_an_empty_table_shows_its_notice_in_the_middle() -> None:
    async with table_stage() as stage:
        lines = stage.lines()
        assert lines[5].strip() == "No jobs yet."
        assert lines[6].strip() == "Start one."
        assert lines[5].index("No jobs") == (59 - len("No jobs yet.")) // 2
        assert stage.table.cursor is None
        await stage.press("down", "end", "pagedown", "enter", "right")
        assert stage.messages == []


async def test_every_line_is_as_wide_as_the_table_at_any_width() -> None:
    async with table_stage() as stage:
        stage.rows.names = {f"{n}": name for n, name in enumerate(HOSTILE)}
        await stage.show(stage.rows.names)
        for width in (20, 33, 80, 200, 79):
            await stage.pilot.resize_terminal(width, 11)
            while stage.table.size.width != width:
                await stage.pilot.pause()
            assert {cell_len(line) for line in stage.lines()} == {width - 1}, (
                "beside the scroll bar"
            )
        await stage.pilot.resize_terminal(2, 2)
        assert len(stage.lines()) == 2


async def test_hidden_columns_are_reached_by_scrolling_horizontally() -> None:
    async with table_stage(ids(3), size=(24, 11)) as stage:
        assert "AGE" not in stage.lines()[0]
        await stage.press("right")
        assert "ST" not in stage.lines()[0]
        assert stage.lines()[1].startswith("▌ job")
        await stage.press("right", "right", "right")
        assert stage.lines()[0].rstrip().endswith("AGE")
        await stage.press("left", "left", "left")
        assert "ST" in stage.lines()[0]


async def test_moving_the_cursor_paints_two_lines() -> None:
    async with table_stage(ids(1000)) as stage:
        assert await stage.lines_drawn_by("down") == 2
        assert await stage.lines_drawn_by("j") == 2
        assert await stage.lines_drawn_by("up") == 2
        assert await stage.lines_drawn_by("pagedown") == 10
        assert await stage.lines_drawn_by("right") == 0


async def test_a_refresh_paints_only_visible_rows_that_changed() -> None:
    keys = ids(1000)
    async with table_stage(keys) as stage:
        for key in keys[100:]:
            stage.rows.names[key] = "changed"
        stage.table.lines_drawn = 0
        await stage.show(keys)
        assert stage.table.lines_drawn == 0
        stage.rows.names[keys[3]] = stage.rows.names[keys[7]] = "changed"
        await stage.show(keys)
        assert stage.table.lines_drawn == 2
        assert "changed" in stage.lines()[4]


async def test_show_again_paints_only_rows_that_changed() -> None:
    async with table_stage(ids(1000)) as stage:
        stage.rows.names["0002"] = "a minute older"
        stage.table.lines_drawn = 0
        stage.table.show_again()
        await stage.pilot.pause()
        assert stage.table.lines_drawn == 1
        assert "a minute older" in stage.lines()[3]


async def test_rows_added_above_the_visible_rows_paint_nothing() -> None:
    keys = ids(1000)
    async with table_stage(keys) as stage:
        await stage.press("down", "down", "pagedown")
        stage.table.lines_drawn = 0
        await stage.show([*ids(7, "new"), *keys])
        assert stage.table.lines_drawn == 0
        assert stage.table.cursor == "0012"


@pytest.mark.parametrize("position", [0, 1, 5, 9, 10, 11, 40, 98, 99])
async def test_the_cursor_stays_on_its_row_and_line_when_other_rows_change(position: int) -> None:
    keys = ids(100)
    key = keys[position]
    changes = {
        "rows above": [*ids(3, "a"), *keys],
        "rows below": [*keys, *ids(30, "b")],
        "rows on both sides": [*ids(30, "c"), *keys, *ids(30, "d")],
        "fewer rows above": [*keys[position // 2 : position + 1], *keys[position + 1 :], *ids(20)],
        "another order": [*ids(40, "e"), *keys[position:], *keys[:position]],
    }
    async with table_stage(keys) as stage:
        await stage.press("down", "up")
        stage.table.move_to(key)
        for change, after in changes.items():
            await stage.show([*ids(50, "x"), *keys, *ids(50, "y")])
            line = stage.line_of(key)
            await stage.show([*ids(50, "x"), *dict.fromkeys(after), *ids(50, "z")])
            assert stage.table.cursor == key, change
            assert stage.line_of(key) == line, change
            assert stage.lines()[line or 0].startswith("▌"), change


async def test_the_cursor_moves_to_a_neighbor_when_its_row_is_removed() -> None:
    keys = ids(100)
    async with table_stage(keys) as stage:
        await stage.press("down", "down", "down")
        await stage.show([key for key in keys if key != "0003"])
        assert stage.table.cursor == "0004"
        assert stage.line_of("0004") == 4
        highlighted = stage.messages[-1]
        assert isinstance(highlighted, BigTable.Highlighted)
        assert highlighted.key == "0004"


async def test_the_cursor_returns_to_its_row_after_a_filter_that_passed_no_row() -> None:
    keys = ids(100)
    async with table_stage(keys) as stage:
        await stage.press("down", "down", "down")
        await stage.show(["0003"])
        for _ in range(2):
            await stage.show(())
            assert stage.table.cursor is None
        await stage.show(keys)
        assert stage.table.cursor == "0003"


async def test_visible_rows_stay_in_place_if_the_cursor_is_not_visible() -> None:
    keys = ids(100)
    async with table_stage(keys) as stage:
        stage.table.scroll_to(y=50, animate=False)
        await stage.pilot.pause()
        assert stage.line_of("0052") == 3
        await stage.show([*ids(9, "new"), *keys])
        assert stage.line_of("0052") == 3
        assert stage.table.cursor == "0000"


async def test_new_rows_are_shown_above_a_cursor_that_was_never_moved() -> None:
    keys = ids(100)
    async with table_stage(keys) as stage:
        await stage.show(["new", *keys])
        assert stage.line_of("new") == 1
        assert stage.table.cursor == "0000"
        await stage.press("up", "down", "up")
        await stage.show(["newer", "new", *keys])
        assert stage.line_of("new") == 1
        assert stage.table.cursor == "new"


async def test_the_cursor_stays_visible_when_many_rows_are_added() -> None:
    keys = ids(100)
    async with table_stage(keys) as stage:
        await stage.show([*ids(50, "new"), *keys])
        assert stage.table.cursor == "0000"
        assert stage.line_of("0000") is not None


async def test_a_list_that_becomes_shorter_than_the_table_starts_at_the_top() -> None:
    async with table_stage(ids(100)) as stage:
        await stage.press("end")
        await stage.show(ids(100)[95:])
        assert stage.table.cursor == "0099"
        assert stage.line_of("0095") == 1
        await stage.show([])
        assert stage.table.cursor is None
        await stage.show(ids(100))
        assert stage.table.cursor == "0099"


async def test_each_key_moves_the_cursor_to_the_expected_row_and_line() -> None:
    async with table_stage(ids(100)) as stage:
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
            await stage.press(key)
            assert (key, stage.table.cursor, stage.line_of(cursor)) == (key, cursor, line)


async def test_enter_opens_the_row_under_the_cursor() -> None:
    async with table_stage(ids(100)) as stage:
        await stage.press("down", "enter")
        opened = stage.messages[-1]
        assert isinstance(opened, BigTable.Opened)
        assert opened.key == "0001"


async def test_enter_shows_why_nothing_opens_in_an_empty_table() -> None:
    async with table_stage() as stage:
        await stage.pilot.click(BigTable, offset=(10, 1))
        assert not stage.pilot.app._notifications
        await stage.press("enter")
        (notification,) = stage.pilot.app._notifications
        assert notification.message == "Nothing to open: No jobs yet."


async def test_a_click_moves_the_cursor_and_a_second_click_opens_the_row() -> None:
    async with table_stage(ids(100)) as stage:
        await stage.pilot.click(BigTable, offset=(10, 4))
        assert stage.table.cursor == "0003"
        assert [type(message) for message in stage.messages] == [BigTable.Highlighted]
        await stage.pilot.click(BigTable, offset=(10, 4))
        assert [type(message) for message in stage.messages] == [
            BigTable.Highlighted,
            BigTable.Opened,
        ]


async def test_a_click_below_the_last_row_does_nothing() -> None:
    async with table_stage(ids(3)) as stage:
        await stage.pilot.click(BigTable, offset=(10, 8))
        assert stage.messages == []


async def test_a_click_on_a_title_sends_a_message_with_its_column() -> None:
    async with table_stage(ids(100)) as stage:
        header = stage.lines()[0]
        for title, column in (("ST", "state"), ("NAME", "name"), ("AGE", "age")):
            await stage.pilot.click(BigTable, offset=(header.index(title), 0))
            clicked = stage.messages[-1]
            assert isinstance(clicked, BigTable.HeaderClicked)
            assert clicked.column == column


async def test_scrolling_does_not_move_the_cursor() -> None:
    async with table_stage(ids(100)) as stage:
        stage.table.scroll_down(animate=False)
        stage.table.scroll_down(animate=False)
        await stage.pilot.pause()
        assert stage.table.cursor == "0000"
        assert stage.line_of("0000") is None
        assert stage.line_of("0002") == 1


async def test_many_moves_of_the_cursor_send_few_messages() -> None:
    async with table_stage(ids(1000)) as stage:
        for key in ids(1000)[1:500]:
            stage.table.move_to(key)
        await stage.pilot.pause()
        highlighted = stage.messages[-1]
        assert isinstance(highlighted, BigTable.Highlighted)
        assert highlighted.key == "0499"
        assert len(stage.messages) < 10


async def test_moving_to_a_row_scrolls_it_into_view() -> None:
    async with table_stage(ids(100)) as stage:
        assert stage.table.move_to("0050")
        assert stage.line_of("0050") == 10
        assert stage.table.move_to("0020")
        assert stage.line_of("0020") == 1
        assert not stage.table.move_to("not there")
        assert stage.table.cursor == "0020"


async def test_marked_rows_get_a_sign_and_only_marked_rows_are_painted() -> None:
    async with table_stage(ids(100)) as stage:
        stage.table.lines_drawn = 0
        stage.table.marked = frozenset({"0000", "0002", "0077", "gone"})
        await stage.pilot.pause()
        assert stage.table.lines_drawn == 2
        assert [line[:2] for line in stage.lines()[1:4]] == ["▌*", "  ", " *"]


async def test_the_sorted_column_has_an_arrow() -> None:
    async with table_stage(ids(3)) as stage:
        stage.table.sorting = Sorting("age", descending=True)
        assert "AGE▼" in stage.lines()[0]
        stage.table.sorting = Sorting("name")
        assert "NAME▲" in stage.lines()[0]
        assert "▼" not in stage.lines()[0]


async def test_the_cursor_stays_visible_when_the_table_loses_height() -> None:
    async with table_stage(ids(100), size=(60, 21)) as stage:
        stage.table.move_to("0018")
        await stage.pilot.resize_terminal(60, 8)
        assert stage.line_of("0018") is not None


async def test_the_cursor_is_visible_without_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with table_stage(ids(3)) as stage:
        under_cursor, other = stage.table.render_lines(stage.table.size.region)[1:3]
        assert under_cursor.text.startswith("▌")
        assert not other.text.startswith("▌")
        assert all(s.style and s.style.bold for s in under_cursor if s.text.strip())


async def test_tones_have_the_colors_of_the_theme() -> None:
    async with table_stage(ids(3)) as stage:

        def colors() -> tuple[object, ...]:
            strip = stage.table.render_lines(stage.table.size.region)[2]
            return tuple(s.style.color for s in strip if s.style and s.text.strip())

        dark = colors()
        assert len(set(dark)) > 1
        stage.pilot.app.theme = "textual-light"
        await stage.pilot.pause()
        assert colors() != dark


async def test_the_screen_shows_the_lines_beside_the_scroll_bar() -> None:
    async with table_stage(ids(1000)) as stage:
        await stage.press("pagedown", "down")
        on_screen = [strip.text for strip in stage.pilot.app.screen._compositor.render_strips()]
        assert [line[:59] for line in on_screen] == stage.lines()
        assert all(cell_len(line) == 60 for line in on_screen)
        assert stage.table.vertical_scrollbar.size.height == 11


async def test_a_table_is_drawn_inside_its_border() -> None:
    async with table_stage(ids(1000)) as stage:
        stage.table.styles.border = ("round", "white")
        await stage.pilot.pause()
        await stage.press("down", "pagedown")
        on_screen = [strip.text for strip in stage.pilot.app.screen._compositor.render_strips()]
        assert on_screen[0].startswith("╭")
        assert on_screen[1].startswith("│  ST")
        assert on_screen[3].startswith("│▌")
        assert "job 0009 " in on_screen[3]
        assert stage.table.cursor == "0009"
        assert on_screen[-1].endswith("╯")


JOB_COLUMNS = (
    Column("state", "STATE", 6, sticky=True),
    Column("name", "NAME", 10, grow=1, fits=True, sticky=True),
    Column("rate", "RATE", 8, drop=3, fits=True),
    Column("age", "AGE", 5, drop=1),
    Column("error", "ERROR", 30, grow=1, drop=2, fits=True),
)


class Jobs(Rows):
    """Rows of jobs; `errors` has the errors of some by key."""

    def __init__(self) -> None:
        super().__init__({})
        self.errors: dict[str, str] = {}

    def cells(self, key: str) -> tuple[Cell, ...]:
        self.requested_keys.append(key)
        error = self.errors.get(key, "")
        return Cell("✗ FAIL"), Cell(self.names[key]), Cell("–"), Cell("3m"), Cell(error, Tone.BAD)


@asynccontextmanager
async def job_table(*, size: tuple[int, int]) -> AsyncIterator[tuple[TableStage, Jobs]]:
    rows = Jobs()
    app = TableApp(rows)
    async with driving(app, size=size) as pilot:
        app.table.columns = JOB_COLUMNS
        yield TableStage(pilot, app.table, rows, app.messages), rows


async def test_columns_appear_with_their_first_text_and_then_stay() -> None:
    async with job_table(size=(60, 11)) as (stage, rows):
        await stage.show(ids(100))
        assert stage.lines()[0].split() == ["STATE", "NAME", "AGE"]
        rows.errors["0001"] = "RuntimeError: corrupt tile 17"
        await stage.show(ids(100))
        header = stage.lines()[0]
        assert header.split() == ["STATE", "NAME", "AGE", "ERROR"]
        assert "RuntimeError: corrupt tile 17" in stage.lines()[2]
        await stage.press("end")
        await stage.show(ids(100))
        assert stage.lines()[0] == header
        rows.errors.clear()
        await stage.show(ids(3))
        assert stage.lines()[0] == header


async def test_columns_have_room_for_measured_rows_before_these_are_visible() -> None:
    async with job_table(size=(80, 11)) as (stage, rows):
        rows.names["0099"] = "a job with quite a long name"
        rows.errors["0098"] = "RuntimeError: corrupt tile 17"
        stage.table.drawing.measure(["0098", "0099"])
        await stage.show(ids(100))
        positions = title_positions(stage.lines()[0])
        await stage.press("end")
        assert title_positions(stage.lines()[0]) == positions
        await stage.pilot.resize_terminal(81, 11)
        positions = title_positions(stage.lines()[0])
        await stage.press("home")
        assert title_positions(stage.lines()[0]) == positions


async def test_a_column_that_had_a_text_stays_after_sorting_and_resizing() -> None:
    async with job_table(size=(60, 11)) as (stage, rows):
        rows.errors["0001"] = "RuntimeError: corrupt tile 17"
        await stage.show(ids(3))
        rows.errors.clear()
        await stage.show(ids(3))
        await stage.pilot.resize_terminal(70, 11)
        stage.table.sorting = Sorting("age", descending=True)
        await stage.pilot.pause()
        assert stage.lines()[0].split() == ["STATE", "NAME", "AGE▼", "ERROR"]


def title_positions(header: str) -> list[int]:
    """Return the positions of all column titles in a header."""
    return [header.index(column.title) for column in JOB_COLUMNS if column.title in header]


async def test_columns_stay_in_place_when_filtered_or_sorted_until_the_width_changes() -> None:
    async with job_table(size=(80, 11)) as (stage, rows):
        rows.names["0001"] = "a job with quite a long name"
        rows.errors["0001"] = "RuntimeError: corrupt tile 17"
        await stage.show(ids(3))
        positions = title_positions(stage.lines()[0])
        for shown in (["0002"], [], ids(2)):
            stage.table.show(shown, change=RowChange.FILTER)
            await stage.pilot.pause()
            assert title_positions(stage.lines()[0]) == positions
        rows.names["0001"], rows.errors["0001"] = "a job", ""
        await stage.show(ids(3))
        # The input of a filter, when it opens above the list, changes the height in the same way.
        await stage.pilot.resize_terminal(80, 9)
        stage.table.sorting = Sorting("error", descending=True)
        await stage.pilot.pause()
        assert title_positions(stage.lines()[0]) == positions
        await stage.pilot.resize_terminal(81, 9)
        assert title_positions(stage.lines()[0]) != positions


@pytest.mark.parametrize(("width", "is_same"), [(80, True), (81, False)])
async def test_restored_columns_are_in_the_same_places_in_a_table_of_the_same_width(
    width: int, is_same: bool
) -> None:
    async with job_table(size=(80, 11)) as (stage, rows):
        rows.names["0001"] = "a job with quite a long name"
        rows.errors["0002"] = "RuntimeError: corrupt tile 17"
        await stage.show(ids(3))
        positions, contents = title_positions(stage.lines()[0]), stage.table.drawing.contents
    async with job_table(size=(79, 11)) as (stage, _):
        await stage.show(["0002"])
        stage.table.drawing.restore(contents)
        await stage.pilot.resize_terminal(width, 11)
        assert (title_positions(stage.lines()[0]) == positions) is is_same


async def test_a_column_that_only_unfinished_rows_fill_is_not_shown_without_them() -> None:
    with_unfinished_only = tuple(
        column._replace(only_unfinished=column.key == "error") for column in JOB_COLUMNS
    )
    async with job_table(size=(80, 11)) as (stage, rows):
        stage.table.columns = with_unfinished_only
        rows.errors["0002"] = "37%"
        await stage.show(ids(3))
        rows.errors.clear()
        await stage.show(ids(3))
        assert stage.lines()[0].split() == ["STATE", "NAME", "AGE", "ERROR"]
        drawing = stage.table.drawing
        contents, contents_of_finished = drawing.contents, drawing.contents_of_finished
        drawing.hides_unfinished = True
        await stage.show(ids(2))
        assert stage.lines()[0].split() == ["STATE", "NAME", "AGE"]
        drawing.hides_unfinished = False
        await stage.show(ids(3))
        assert stage.lines()[0].split() == ["STATE", "NAME", "AGE", "ERROR"]
    for saved_contents, columns in (
        (contents, "STATE NAME AGE ERROR"),
        (contents_of_finished, "STATE NAME AGE"),
    ):
        async with job_table(size=(80, 11)) as (stage, _):
            stage.table.drawing.restore(saved_contents)
            await stage.show(ids(3))
            assert stage.lines()[0].split() == columns.split()


async def test_columns_keep_their_places_when_a_title_changes() -> None:
    async with job_table(size=(80, 11)) as (stage, rows):
        rows.names["0001"] = "a job with quite a long name"
        rows.errors["0002"] = "RuntimeError: corrupt tile 17"
        await stage.show(ids(3))
        positions = title_positions(stage.lines()[0])
        await stage.show(["0002"])
        stage.table.columns = tuple(
            column._replace(title="OLD") if column.key == "age" else column
            for column in JOB_COLUMNS
        )
        await stage.pilot.pause()
        assert stage.lines()[0].index("OLD") == positions[2]


async def test_a_column_that_had_a_text_stays_when_another_column_gets_wider() -> None:
    async with job_table(size=(60, 11)) as (stage, rows):
        rows.errors["0001"] = "RuntimeError: corrupt tile 17"
        await stage.show(ids(3))
        rows.errors.clear()
        stage.table.columns = tuple(
            column._replace(width=12) if column.key == "name" else column for column in JOB_COLUMNS
        )
        await stage.show(ids(3))
        assert stage.lines()[0].split() == ["STATE", "NAME", "AGE", "ERROR"]


async def test_a_column_that_always_reserves_its_width_is_shown_before_its_first_text() -> None:
    reserved = (
        *JOB_COLUMNS[:-1],
        JOB_COLUMNS[-1]._replace(reserves=Reserves.ALWAYS, wanted_width=30, preferred_width=60),
    )
    async with job_table(size=(70, 11)) as (stage, rows):
        stage.table.columns = reserved
        await stage.show(ids(3))
        header = stage.lines()[0]
        assert header.split() == ["STATE", "NAME", "AGE", "ERROR"]
        rows.errors["0001"] = "RuntimeError: corrupt tile 17"
        await stage.show(ids(3))
        assert stage.lines()[0] == header
        assert "RuntimeError: corrupt tile 17" in stage.lines()[2]


async def test_state_and_name_stay_in_place_when_scrolled_sideways() -> None:
    async with job_table(size=(44, 11)) as (stage, rows):
        rows.errors["0001"] = "RuntimeError: corrupt tile 17, and so on to its very end"
        await stage.show(ids(3))
        stage.table.wide = True
        await stage.press(*["right"] * 9)
        assert stage.lines()[0].split() == ["STATE", "NAME"]
        assert stage.lines()[2].split()[:4] == ["✗", "FAIL", "job", "0001"]
        assert stage.lines()[2].rstrip().endswith("its very end")
        await stage.press(*["left"] * 9)
        assert stage.lines()[0].split()[:3] == ["STATE", "NAME", "AGE"]
        await stage.pilot.click(BigTable, offset=(4, 0))
        clicked = stage.messages[-1]
        assert isinstance(clicked, BigTable.HeaderClicked)
        assert clicked.column == "state"


@pytest.mark.parametrize("width", [42, 80, 120])
async def test_a_long_name_stays_in_place_while_a_long_error_is_scrolled_sideways(
    width: int,
) -> None:
    error = " ".join(f"word{number}" for number in range(25))
    async with job_table(size=(width, 11)) as (stage, rows):
        rows.errors["0001"] = error
        rows.names["0001"] = "train_resnet50_imagenet_from_its_last_checkpoint"
        await stage.show(ids(3))
        stage.table.wide = True
        await stage.pilot.pause()
        assert "train_resnet50_imag" in stage.lines()[2]
        seen: set[str] = set()
        for _ in range(40):
            await stage.press("right")
            assert stage.lines()[2].split()[:2] == ["✗", "FAIL"]
            assert " train" in stage.lines()[2][:20]
            seen |= set(stage.lines()[2].split())
        assert set(error.split()) <= seen
        await stage.press(*["left"] * 40)
        assert "train_resnet50_imag" in stage.lines()[2]


async def show_newest_first(stage: TableStage, keys: list[str]) -> None:
    stage.rows.names = {key: f"job {key}" for key in keys}
    stage.table.show(keys, newest_first=True)
    await stage.pilot.pause()


async def test_a_cursor_on_the_newest_row_moves_to_newer_rows_until_the_user_moves_it() -> None:
    keys = ids(100)
    async with table_stage() as stage:
        await show_newest_first(stage, keys)
        await show_newest_first(stage, [*ids(20, "new"), *keys])
        assert (stage.table.cursor, stage.line_of("new0000")) == ("new0000", 1)
        assert stage.table.unseen == 0
        await stage.press("down", "up")
        await show_newest_first(stage, ["newer", *ids(20, "new"), *keys])
        assert (stage.table.cursor, stage.line_of("newer")) == ("new0000", 1)


async def test_a_cursor_below_the_newest_row_stays_on_its_row_and_visible() -> None:
    keys = ids(100)
    async with table_stage() as stage:
        await show_newest_first(stage, keys)
        await stage.press("down", "down")
        await show_newest_first(stage, ["new", *keys])
        assert (stage.table.cursor, stage.line_of("0002"), stage.line_of("new")) == ("0002", 4, 1)
        await show_newest_first(stage, [*ids(20, "new"), "new", *keys])
        assert (stage.table.cursor, stage.line_of("0002")) == ("0002", 10)


@pytest.mark.parametrize("key", ["home", "enter", "a key that shows a page or a dialog"])
async def test_a_cursor_on_the_newest_row_stays_there_after_a_key_for_that_row(key: str) -> None:
    keys = ids(100)
    async with table_stage() as stage:
        await show_newest_first(stage, keys)
        if key in {"home", "enter"}:
            await stage.press(key)
        else:
            stage.table.pin_cursor()
        await show_newest_first(stage, ["new1", *keys])
        await show_newest_first(stage, ["new2", "new1", *keys])
        assert (stage.table.cursor, stage.line_of("new2")) == ("0000", 1)


async def test_rows_added_above_a_scrolled_list_are_counted_until_they_are_visible() -> None:
    keys = ids(100)
    async with table_stage() as stage:
        await show_newest_first(stage, keys)
        await stage.press("end")
        await show_newest_first(stage, [*ids(6, "new"), *keys])
        assert stage.table.cursor == "0099"
        assert stage.line_of("0099") == 10
        assert stage.table.unseen == 6
        highlighted = stage.messages[-1]
        assert isinstance(highlighted, BigTable.Highlighted)
        assert (highlighted.key, highlighted.is_last) == ("0099", True)
        await show_newest_first(stage, [*ids(2, "newer"), *ids(6, "new"), *keys])
        assert stage.table.unseen == 8
        stage.table.scroll_to(y=3, animate=False)
        await stage.pilot.pause()
        assert stage.table.unseen == 3
        await stage.press("g")
        assert stage.table.cursor == "newer0000"
        assert stage.table.unseen == 0


@pytest.mark.parametrize("size", [(60, 11), (60, 30)])
async def test_rows_above_a_restored_place_are_counted_if_the_last_run_did_not_show_them(
    size: tuple[int, int],
) -> None:
    keys = [*ids(3, "new"), *ids(100)]
    async with table_stage(size=size) as stage:
        stage.table.begin_at("0050", line=5, newest="0000")
        await show_newest_first(stage, keys[:40])
        assert stage.table.unseen == 0, "the row of the place is still to come"
        await show_newest_first(stage, keys)
        assert stage.table.cursor == "0050"
        assert stage.table.unseen == 3
        await show_newest_first(stage, ["newer", *keys])
        assert stage.table.unseen == 4
        await stage.pilot.resize_terminal(60, 20)
        assert stage.table.unseen == 4
        await stage.press("g", "G")
        assert stage.table.unseen == 0
        await stage.pilot.resize_terminal(60, 11)
        assert stage.table.unseen == 0


@pytest.mark.parametrize("change", [each for each in RowChange if each is not RowChange.ROWS])
async def test_rows_that_appear_because_of_the_user_are_not_unseen(change: RowChange) -> None:
    keys = ids(100)
    async with table_stage() as stage:
        await show_newest_first(stage, keys)
        await stage.press("end")
        await show_newest_first(stage, [*ids(2, "new"), *keys])
        assert stage.table.unseen == 2
        stage.table.show([*ids(3, "other"), *keys], newest_first=True, change=change)
        assert stage.table.unseen == 0
        await show_newest_first(stage, [*ids(2, "new"), *ids(3, "other"), *keys])
        assert stage.table.unseen == 2


async def show_filtered(stage: TableStage, keys: list[str]) -> None:
    """Show the rows that pass another filter."""
    stage.rows.names = {key: f"job {key}" for key in keys}
    stage.table.show(keys, newest_first=True, change=RowChange.FILTER)
    await stage.pilot.pause()


@pytest.mark.parametrize("moves", [["down"] * 3, ["end", "up"], ["up"], []])
async def test_the_cursor_returns_to_its_row_when_a_filter_is_cleared(moves: list[str]) -> None:
    keys = ids(100)
    async with table_stage(keys) as stage:
        await show_newest_first(stage, keys)
        await stage.press(*moves)
        cursor = stage.table.cursor
        assert cursor
        others = [key for key in keys if key != cursor]
        await show_filtered(stage, others[50:60])
        await show_newest_first(stage, ["new", *others[50:60]])
        await show_filtered(stage, others[10:60])
        await show_filtered(stage, ["newer", "new", *keys])
        assert stage.table.cursor == (cursor if moves else "newer")
        assert stage.line_of(stage.table.cursor) is not None


async def test_the_cursor_stays_on_a_row_chosen_in_a_filtered_list_when_the_filter_is_cleared() -> (
    None
):
    keys = ids(100)
    async with table_stage(keys) as stage:
        await show_newest_first(stage, keys)
        await stage.press("down", "down")
        await show_filtered(stage, keys[50:60])
        await stage.press("down")
        cursor = stage.table.cursor
        assert cursor in keys[50:60]
        await show_filtered(stage, keys)
        assert stage.table.cursor == cursor


@pytest.mark.parametrize("opens_with", ["enter", "a key that shows a page"])
async def test_the_cursor_stays_on_a_row_opened_in_a_filtered_list_when_the_filter_is_cleared(
    opens_with: str,
) -> None:
    keys = ids(100)
    async with table_stage(keys) as stage:
        await show_newest_first(stage, keys)
        await stage.press("down", "down")
        await show_filtered(stage, keys[50:60])
        if opens_with == "enter":
            await stage.press("enter")
        else:
            stage.table.pin_cursor()
        await show_newest_first(stage, ["new", *keys[50:60]])
        assert stage.table.cursor == "0050"
        await show_filtered(stage, ["new", *keys])
        assert stage.table.cursor == "0050"
        assert stage.line_of("0050") is not None


async def test_the_cursor_returns_to_the_newest_row_when_a_filter_is_cleared() -> None:
    keys = ids(100)
    async with table_stage(keys) as stage:
        await show_newest_first(stage, keys)
        await show_newest_first(stage, ["new", *keys])
        await show_filtered(stage, keys[50:60])
        await show_filtered(stage, ["new", *keys])
        assert stage.table.cursor == "new"


async def test_clearing_a_filter_keeps_the_cursor_line_and_shows_new_rows_at_the_top() -> None:
    keys = ids(100)
    async with table_stage(keys) as stage:
        await show_newest_first(stage, keys)
        await stage.press("down", "down")
        await show_filtered(stage, keys[2:9])
        await show_filtered(stage, ["new", *keys])
        assert (stage.table.cursor, stage.line_of("new")) == ("0002", 1)
        await stage.press(*["down"] * 40)
        line = stage.line_of("0042")
        await show_filtered(stage, keys[42:49])
        await show_filtered(stage, ["newer", "new", *keys])
        assert (stage.table.cursor, stage.line_of("0042")) == ("0042", line)


async def test_a_cursor_paged_beyond_the_end_keeps_its_line_when_the_filter_is_cleared() -> None:
    keys = ids(100)
    async with table_stage(keys) as stage:
        await show_filtered(stage, keys[40:55])
        await stage.press(*["pagedown"] * 3)
        line = stage.line_of("0054")
        assert line is not None
        await show_filtered(stage, keys)
        assert (stage.table.cursor, stage.line_of("0054")) == ("0054", line)


async def test_saved_widths_of_a_table_with_other_columns_are_ignored() -> None:
    async with job_table(size=(80, 11)) as (stage, _):
        await stage.show(ids(3))
        before, fewer = stage.table.drawing.contents, (3,) * (len(JOB_COLUMNS) - 1)
        stage.table.drawing.restore((*fewer, 120, *fewer))
        assert stage.table.drawing.contents == before
