import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip

from studio_tui.paths import styles_dir
from studio_tui.presentation.cells import Cell, Pieces, Tone
from studio_tui.presentation.columns import Align, Column
from studio_tui.text import safe_line
from studio_tui.tui.widgets.table_layout import place
from studio_tui.tui.widgets.table_painter import (
    COMPONENTS,
    GUTTER,
    Cells,
    Painter,
    RowLook,
    RowStrips,
    Sorting,
    TablePalette,
)

COLUMNS = (
    Column("state", "ST", 6),
    Column("name", "名前", 10, grow=1),
    Column("by", "BY", 8, drop=2),
    Column("age", "AGE", 5, align=Align.RIGHT, drop=1),
)


NO_SHORTER_TEXTS = st.just(())


def _cells(
    texts: st.SearchStrategy[str], shorter: st.SearchStrategy[tuple[str, ...]] = NO_SHORTER_TEXTS
) -> st.SearchStrategy[Cell]:
    return st.builds(Cell, texts, st.sampled_from(Tone), shorter)


def _rows(cells: st.SearchStrategy[Cell | Pieces]) -> st.SearchStrategy[Cells]:
    return st.tuples(*[cells for _ in COLUMNS])


PALETTE = TablePalette.resolve(
    lambda *components: Style(meta={"components": components}), ColorSystem.TRUECOLOR
)
PLAIN = RowLook(cursor=False, marked=False)
UNDER_CURSOR = RowLook(cursor=True, marked=False)
WIDTHS = range(GUTTER + 1, 201)

any_texts = st.text(max_size=30).map(safe_line)
any_cells = _cells(any_texts, st.lists(any_texts, max_size=2).map(tuple))
rows = _rows(any_cells | st.lists(any_cells, max_size=4).map(tuple).map(Pieces))
short_rows = st.tuples(*[_cells(st.text("[/]ab", max_size=5)) for _ in COLUMNS])


def painter(width: int, *, wide: bool = False, scroll: int = 0) -> Painter:
    placed = place(COLUMNS, width - GUTTER, wide=wide)
    return Painter(
        PALETTE, placed, width, scroll=scroll, sorting=Sorting("age"), notice="Nothing\n[/] 列车"
    )


@pytest.mark.parametrize("wide", [False, True])
def test_titles_and_notices_are_as_wide_as_the_table_at_every_width(wide: bool) -> None:
    for width in WIDTHS:
        for scroll in (0, 3, 1000):
            row_painter = painter(width, wide=wide, scroll=scroll)
            for strip in (row_painter.header, row_painter.blank, *row_painter.notice):
                assert strip.cell_length == cell_len(strip.text) == width


@given(rows, st.sampled_from(WIDTHS), st.integers(0, 60), st.booleans())
def test_rows_are_as_wide_as_the_table(cells: Cells, width: int, scroll: int, wide: bool) -> None:
    strip = painter(width, wide=wide, scroll=scroll).row(cells, UNDER_CURSOR)
    assert strip.cell_length == cell_len(strip.text) == width
    assert strip.text.startswith("▌")


@given(short_rows)
def test_each_text_keeps_its_tone_under_the_cursor(cells: tuple[Cell, ...]) -> None:
    drawn_texts = [
        (segment.style.meta["components"], segment.text)
        for segment in painter(200).row(cells, UNDER_CURSOR)
        if segment.style is not None
    ]
    for cell in cells:
        expected = ("big-table--cursor", f"big-table--{cell.tone}")
        assert not cell.text or any(
            components == expected and cell.text in text for components, text in drawn_texts
        )


def test_each_piece_of_a_cell_has_its_tone_and_a_cut_ends_with_an_ellipsis() -> None:
    name = Pieces((Cell("└─", Tone.DIM), Cell("✗ embed", Tone.BAD), Cell(" also", Tone.DIM)))
    cells = (Cell(""), name, Cell(""), Cell(""))
    segments = [(s.text, s.style.meta["components"][-1]) for s in painter(60).row(cells, PLAIN)
                if s.style is not None]  # fmt: skip
    assert ("└─", "big-table--dim") in segments
    assert ("✗ embed", "big-table--bad") in segments
    whole, cut = "└─✗ embed also", "└─✗ embe…"
    assert whole in painter(60).row(cells, PLAIN).text
    exact = Painter(PALETTE, place([Column("name", "", 9)], 9), 9 + GUTTER)
    assert exact.row((Pieces(name.parts[:2]),), PLAIN).text[GUTTER:] == "└─✗ embed"
    assert exact.row((name,), PLAIN).text[GUTTER:] == cut


def test_a_text_extends_over_blank_cells_to_its_right() -> None:
    long = "a_name_of_thirty_characters_00"
    name = Pieces((Cell("└─", Tone.DIM), Cell(long)))
    whole, cut = (Cell(""), name, Cell(""), Cell("12m")), (Cell(""), name, Cell("me"), Cell(""))
    for width in (39, 50, 80):
        row = painter(width).row(whole, PLAIN)
        assert row.cell_length == width
        assert row.text.rstrip().endswith("12m")
    assert f"└─{long}  " in painter(52).row(whole, PLAIN).text
    assert f"└─{long}" not in painter(52).row(cut, PLAIN).text
    assert f"{long}  " in painter(52).row((Cell(""), Cell(long), Cell(""), Cell("")), PLAIN).text
    alone = (Cell(""), Cell(long), Cell(""), Cell(""))
    assert painter(GUTTER + 8 + 30).row(alone, PLAIN).text.endswith(long)


def test_a_text_that_does_not_fit_is_replaced_by_a_shorter_one() -> None:
    cell = Cell("blocked by embed.py, which failed", shorter=("blocked by embed.py", "✗ embed.py"))
    row = (Cell(""), cell, Cell("me"), Cell("1m"))
    assert cell.text in painter(80).row(row, PLAIN).text
    assert "  blocked by embed.py  " in painter(46).row(row, PLAIN).text
    assert "  ✗ embed.py  " in painter(40).row(row, PLAIN).text
    longer = (Cell(""), cell._replace(shorter=("✗ embed_clip.py",)), Cell("me"), Cell("1m"))
    assert "✗ embed_clip…" in painter(23).row(longer, PLAIN).text
    beside_blanks = (Cell(""), cell, Cell(""), Cell(""))
    assert cell.text in painter(GUTTER + 8 + 33).row(beside_blanks, PLAIN).text


def test_a_cell_that_a_shown_column_makes_superfluous_is_empty() -> None:
    columns = (
        Column("name", "NAME", 8),
        Column("done", "DONE", 4, drop=1),
        Column("error", "E", 9),
    )
    cells = (Cell("a.py"), Cell("37%"), Cell("37% done", beside=(("done", ""),)))
    for width, expected in ((40, "a.py      37%"), (22, "a.py      37% done")):
        painter = Painter(PALETTE, place(columns, width - GUTTER), width)
        assert painter.row(cells, PLAIN).text.strip() == expected
    beside = (("missing", "-"), ("done", "3/s"))
    cells = (*cells[:2], Cell("37% 3/s", beside=beside))
    for width, expected in ((40, "a.py      37%   3/s"), (22, "a.py      37% 3/s")):
        painter = Painter(PALETTE, place(columns, width - GUTTER), width)
        assert painter.row(cells, PLAIN).text.strip() == expected


def test_the_last_piece_of_a_cell_that_does_not_fit_is_replaced_by_a_shorter_one() -> None:
    parts = (
        Cell("└─", Tone.DIM),
        Cell("eval.py"),
        Cell("  (also feeds a.py)", shorter=("  (↓1)",)),
    )
    row = (Cell(""), Pieces(parts), Cell("me"), Cell("1m"))
    assert "└─eval.py  (also feeds a.py)" in painter(80).row(row, PLAIN).text
    assert "└─eval.py  (↓1) " in painter(42).row(row, PLAIN).text
    assert "also" not in painter(42).row(row, PLAIN).text


def test_a_piece_that_ends_with_a_blank_is_not_cut() -> None:
    parts = (Cell("✗12 ", Tone.BAD), Cell("✓34 ", Tone.GOOD), Cell("+1 fixed ", shorter=("+1",)))
    expected = [
        *("…", "…", "…", "✗12…", "✗12 …", "✗12 …", "✗12 …", "✗12 ✓34…", "✗12 ✓34 …"),
        *["✗12 ✓34 +1"] * 6,
        "✗12 ✓34 +1 fixed",
    ]
    assert [_drawn(parts, width) for width in range(1, 17)] == expected
    assert [_drawn(parts[:2], width) for width in (6, 7)] == ["✗12 …", "✗12 ✓34"]


def _drawn(parts: tuple[Cell, ...], width: int) -> str:
    narrow = Painter(PALETTE, place([Column("error", "", width)], width), width + GUTTER)
    return narrow.row((Pieces(parts),), PLAIN).text[GUTTER:].rstrip()


def test_a_text_does_not_extend_over_blank_cells_of_a_wide_table() -> None:
    cells = (Cell(""), Cell("a_name_of_thirty_characters_00"), Cell(""), Cell("12m"))
    assert "a_name_of…" in painter(20, wide=True).row(cells, PLAIN).text


def test_texts_of_one_tone_are_one_segment() -> None:
    cells = (Cell("x", Tone.BAD), Cell("name"), Cell("", Tone.DIM), Cell("12m"))
    texts = [segment.text.strip() for segment in painter(60).row(cells, PLAIN)]
    assert texts[:2] == ["", "x"]
    assert len(texts) == 3
    assert texts[2].startswith("name")
    assert texts[2].endswith("12m")


def test_scrolling_sideways_ends_at_the_start_of_a_column() -> None:
    narrow = painter(20, wide=True, scroll=1000)
    assert narrow.scroll == narrow.max_scroll
    assert narrow.header.text[GUTTER:].startswith("BY")
    assert narrow.header.text.rstrip().endswith("AGE▲")


def test_a_sign_in_the_heading_says_that_there_are_more_columns_at_the_right() -> None:
    begun = painter(20, wide=True)
    assert begun.header.text.endswith("›")
    assert "›" not in painter(20, wide=True, scroll=begun.max_scroll).header.text
    assert "›" not in painter(20).header.text


def test_a_column_is_identified_by_its_position() -> None:
    row_painter = painter(20, wide=True, scroll=8)
    assert row_painter.column_at(0) is None
    assert row_painter.column_at(GUTTER) == "name"
    assert row_painter.column_at(GUTTER + 12) == "by"
    assert painter(200).column_at(199) == "age"
    assert painter(200).column_at(1000) is None


def strip_of(strips: RowStrips, key: str, painter: Painter) -> Strip:
    return strips.strips([key], None, frozenset(), painter)[0]


def test_a_row_with_unchanged_cells_keeps_its_strip() -> None:
    says = {"a": (Cell("x"), Cell("one"), Cell(""), Cell(""))}
    row_painter = painter(60)
    strips = RowStrips(says.__getitem__)
    first = strip_of(strips, "a", row_painter)
    strips.expire()
    says["a"] = (Cell("x"), Cell("one"), Cell(""), Cell(""))
    assert strip_of(strips, "a", row_painter) is first
    says["a"] = (Cell("x"), Cell("two"), Cell(""), Cell(""))
    assert strip_of(strips, "a", row_painter) is first
    strips.expire()
    assert "two" in strip_of(strips, "a", row_painter).text


def test_the_number_of_cached_strips_is_limited() -> None:
    requested_keys: list[str] = []

    def cells_of(key: str) -> tuple[Cell, ...]:
        requested_keys.append(key)
        return (Cell("x"), Cell(key), Cell(""), Cell(""))

    row_painter = painter(60)
    strips = RowStrips(cells_of)
    strips.strips([str(number) for number in range(5000)], None, frozenset(), row_painter)
    strip_of(strips, "0", row_painter)
    assert requested_keys.count("0") == 2


def test_a_move_of_the_cursor_draws_only_the_rows_that_it_leaves_and_enters() -> None:
    keys = [str(number) for number in range(30)]
    row_painter = painter(60)
    strips = RowStrips(lambda key: (Cell("x"), Cell(key), Cell(""), Cell("")))
    before = strips.strips(keys, "4", frozenset(), row_painter)
    after = strips.strips(keys, "20", frozenset(), row_painter)
    changed = [key for key, old, new in zip(keys, before, after, strict=True) if old is not new]
    assert changed == ["4", "20"]


def test_cached_rows_equal_newly_drawn_rows_after_every_change() -> None:
    says = {"a": 0, "b": 0, "c": 0}
    strips = RowStrips(lambda key: (Cell("x"), Cell(f"{key} {says[key]}"), Cell(""), Cell("")))
    fresh = RowStrips(lambda key: (Cell("x"), Cell(f"{key} {says[key]}"), Cell(""), Cell("")))

    def assert_drawn(keys: str, cursor: str | None, marked: str, row_painter: Painter) -> None:
        strips.cells_to_measure(list(keys))
        fresh.expire()
        fresh.clear()
        shown, expected = (
            each.strips(list(keys), cursor, frozenset(marked), row_painter)
            for each in (strips, fresh)
        )
        assert list(map(list, shown)) == list(map(list, expected))

    wide, narrow = painter(60), painter(50)
    assert_drawn("abc", "a", "", wide)
    assert_drawn("abc", "b", "", wide)
    assert_drawn("abc", None, "", wide)
    assert_drawn("abc", "a", "c", wide)
    assert_drawn("bac", "a", "c", wide)
    assert_drawn("bc", "a", "c", wide)
    assert_drawn("abc", "a", "b", wide)
    says.update(c=1)
    strips.expire()
    assert_drawn("abc", "b", "b", wide)
    strips.clear()
    assert_drawn("abc", "b", "b", narrow)


def test_the_style_sheet_styles_exactly_the_components_of_the_painter() -> None:
    sheet = (styles_dir() / "big_table.tcss").read_text()
    styled = set(re.findall(r"\.(big-table--[a-z-]+)", sheet))
    assert styled == COMPONENTS - {"big-table--plain"}
