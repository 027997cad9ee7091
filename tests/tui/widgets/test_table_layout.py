import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from studio_tui.presentation.columns import Align, Column
from studio_tui.presentation.jobs import rows as jobs
from studio_tui.presentation.pipelines import rows as pipelines
from studio_tui.text import safe_line
from studio_tui.tui.widgets.table_layout import GAP, LEAST_SCROLLED, extent, fit, fixed_width, place

STATE_WORDS = ("✗ FAILED", "● RUNNING", "◇ CANCELED", "◆ CANCELING")

COLUMNS = (
    Column("state", "ST", 8),
    Column("name", "NAME", 10, grow=3, max_width=30),
    Column("id", "ID", 8, drop=1),
    Column("by", "BY", 6, drop=3),
    Column("error", "ERROR", 10, grow=1, drop=2),
)

lines = st.text(max_size=40).map(safe_line)
columns = st.builds(
    Column,
    key=st.just("key"),
    title=lines,
    width=st.integers(1, 20),
    grow=st.integers(0, 4),
    max_width=st.none() | st.integers(20, 40),
    drop=st.integers(0, 3),
)


def _shown_keys(width: int, *, wide: bool = False) -> list[str]:
    return [placed.column.key for placed in place(COLUMNS, width, wide=wide)]


@pytest.mark.parametrize(
    ("text", "width", "align", "shown"),
    [
        ("job", 5, Align.LEFT, "job  "),
        ("job", 5, Align.RIGHT, "  job"),
        ("job", 3, Align.LEFT, "job"),
        ("train_large", 6, Align.LEFT, "train…"),
        ("train_large", 1, Align.RIGHT, "…"),
        ("train_large", 0, Align.LEFT, ""),
        ("", 3, Align.LEFT, "   "),
        ("列车数据", 8, Align.LEFT, "列车数据"),
        ("列车数据", 6, Align.LEFT, "列车 …"),
        ("列车数据", 5, Align.LEFT, "列车…"),
        ("e\u0301te\u0301", 4, Align.RIGHT, " e\u0301te\u0301"),
        ("[/][red]x", 9, Align.LEFT, "[/][red]x"),
    ],
)
def test_text_is_cut_or_padded_by_its_width_in_cells(
    text: str, width: int, align: Align, shown: str
) -> None:
    assert fit(text, width, align) == shown


@given(lines, st.integers(0, 60), st.sampled_from(Align))
def test_text_fills_exactly_its_cells(text: str, width: int, align: Align) -> None:
    assert cell_len(fit(text, width, align)) == width


@given(lines, st.sampled_from(Align))
def test_text_that_fits_is_shown_whole(text: str, align: Align) -> None:
    assert fit(text, cell_len(text) + 1, align).strip(" ") == text.strip(" ")


def test_columns_with_the_highest_drop_are_dropped_first() -> None:
    assert _shown_keys(50) == ["state", "name", "id", "by", "error"]
    assert _shown_keys(49) == ["state", "name", "id", "error"]
    assert _shown_keys(41) == ["state", "name", "id"]
    assert _shown_keys(29) == ["state", "name"]
    assert _shown_keys(1) == ["state", "name"]


def test_the_rightmost_of_columns_with_equal_drop_is_dropped_first() -> None:
    equals = (Column("a", "A", 5, drop=1), Column("b", "B", 5, drop=1))
    assert [placed.column.key for placed in place(equals, 6)] == ["a"]


def test_a_wide_table_drops_no_column() -> None:
    assert len(_shown_keys(10, wide=True)) == len(COLUMNS)


def test_spare_cells_are_divided_among_growing_columns_by_their_share() -> None:
    widths = {placed.column.key: placed.width for placed in place(COLUMNS, 58)}
    assert widths == {"state": 8, "name": 16, "id": 8, "by": 6, "error": 12}


def test_spare_cells_beyond_the_maximum_of_a_column_go_to_other_columns() -> None:
    widths = {placed.column.key: placed.width for placed in place(COLUMNS, 150)}
    assert widths == {"state": 8, "name": 30, "id": 8, "by": 6, "error": 90}


@given(st.lists(columns, min_size=1, max_size=8), st.integers(1, 200))
def test_placed_columns_are_in_order_and_never_overlap(
    some_columns: list[Column], width: int
) -> None:
    placed = place(some_columns, width)
    for left, right in itertools.pairwise(placed):
        assert left.cell < right.cell
        assert left.x + left.width + GAP == right.x
    assert all(p.column.width <= p.width for p in placed)
    if any(p.column.drop for p in placed):
        assert extent(placed) <= width
    if any(p.column.grow and p.column.max_width is None for p in placed):
        assert extent(placed) >= width


FITTING_COLUMNS = (
    Column("state", "STATE", 11, sticky=True),
    Column("name", "NAME", 12, grow=1, max_width=48, fits=True, sticky=True),
    Column("by", "BY", 12, drop=8, fits=True),
    Column("age", "AGE", 4, align=Align.RIGHT, drop=1),
    Column("error", "ERROR", 16, grow=1, drop=2, fits=True, wanted_width=36),
)


def _fitting_widths(
    width: int, *contents: int, wide: bool = False, sorted_by: str = ""
) -> dict[str, int]:
    """Return the widths of the shown columns by key; `contents` are the widths of their texts."""
    placed = place(FITTING_COLUMNS, width, wide=wide, contents=contents, sorted_by=sorted_by)
    return {p.column.key: p.width for p in placed}


def test_an_empty_column_takes_no_width() -> None:
    assert _fitting_widths(200, 11, 9, 0, 3, 0) == {"state": 11, "name": 9, "age": 4}
    assert _fitting_widths(200, 11, 9, 0, 3, 0, wide=True) == {"state": 11, "name": 9, "age": 4}
    assert _fitting_widths(200, 11, 0, 3, 3, 0)["name"] == len("NAME")


def test_an_empty_column_is_shown_if_the_list_is_sorted_by_it() -> None:
    assert _fitting_widths(200, 11, 9, 0, 3, 0, sorted_by="by")["by"] == len("BY▲")


def test_which_columns_are_shown_depends_on_all_that_they_ever_contained() -> None:
    def shown_widths(*contents: int, all_time: tuple[int, ...]) -> dict[str, int]:
        return {
            p.column.key: p.width
            for p in place(FITTING_COLUMNS, 54, contents=contents, all_time=all_time)
        }

    full = (11, 30, 3, 3, 60)
    assert list(shown_widths(11, 9, 3, 3, 0, all_time=full)) == list(
        shown_widths(*full, all_time=full)
    )
    assert shown_widths(11, 9, 3, 3, 0, all_time=full) == {
        "state": 11,
        "name": 9,
        "age": 4,
        "error": 24,
    }


@pytest.mark.parametrize("width", [80, 120, 200])
def test_the_error_gets_the_cells_that_a_short_name_does_not_need(width: int) -> None:
    shown = _fitting_widths(width, 11, 9, 3, 3, 60)
    assert shown["name"] == 9
    assert sum(shown.values()) + GAP * (len(shown) - 1) == width


def test_the_age_is_dropped_after_the_error() -> None:
    assert list(_fitting_widths(50, 11, 30, 3, 3, 60)) == ["state", "name", "age", "error"]
    assert list(_fitting_widths(40, 11, 30, 3, 3, 60)) == ["state", "name", "age"]


def test_a_less_important_column_is_dropped_for_a_long_error() -> None:
    assert list(_fitting_widths(74, 11, 30, 3, 3, 60)) == ["state", "name", "by", "age", "error"]
    assert list(_fitting_widths(73, 11, 30, 3, 3, 60)) == ["state", "name", "age", "error"]
    assert list(_fitting_widths(54, 11, 30, 3, 3, 16)) == ["state", "name", "by", "age", "error"]


STATE, NAME, BY, _, ERROR = FITTING_COLUMNS
PREFERRING_COLUMNS = (
    STATE,
    NAME._replace(grow=3, preferred_width=24),
    BY,
    Column("id", "ID", 8, drop=6),
    Column("queue", "QUEUE", 7, drop=4, fits=True),
    ERROR._replace(wanted_width=30, preferred_width=60),
)


def _preferring_widths(width: int, *contents: int) -> dict[str, int]:
    """Return the widths of the shown columns by key; `contents` are the widths of their texts."""
    return {p.column.key: p.width for p in place(PREFERRING_COLUMNS, width, contents=contents)}


def test_name_and_error_get_their_preferred_width_before_either_gets_more() -> None:
    assert _preferring_widths(67, 11, 40, 4, 8, 0, 80) == {"state": 11, "name": 24, "error": 28}
    assert _preferring_widths(60, 11, 40, 4, 8, 0, 80) == {"state": 11, "name": 24, "error": 21}
    assert _preferring_widths(60, 11, 14, 4, 8, 0, 80) == {"state": 11, "name": 14, "error": 31}
    assert _preferring_widths(67, 11, 40, 4, 8, 0, 20) == {"state": 11, "name": 32, "error": 20}


@pytest.mark.parametrize(
    ("width", "name", "error", "shown"),
    [
        (113, 20, 55, "state name by id queue error"),
        (112, 20, 55, "state name id queue error"),
        (103, 12, 55, "state name id queue error"),
        (95, 12, 55, "state name queue error"),
        (74, 12, 55, "state name queue error"),
        (60, 24, 0, "state name by id queue"),
        (59, 24, 0, "state name id queue"),
        (53, 24, 0, "state name queue"),
        (95, 12, 20, "state name by id queue error"),
    ],
)
def test_only_columns_of_little_interest_are_dropped_for_a_whole_name_and_error(
    width: int, name: int, error: int, shown: str
) -> None:
    placed = place(PREFERRING_COLUMNS, width, contents=(11, name, 4, 8, 5, error))
    assert [p.column.key for p in placed] == shown.split()


def test_each_column_of_a_wide_table_is_as_wide_as_its_texts() -> None:
    assert _fitting_widths(40, 11, 30, 3, 3, 150, wide=True) == {
        "state": 11, "name": 30, "by": 3, "age": 4, "error": 150,
    }  # fmt: skip


@pytest.mark.parametrize("width", [38, 67, 78, 117, 198])
def test_a_sticky_name_takes_at_most_half_of_a_table_that_is_scrolled_sideways(width: int) -> None:
    placed = place(FITTING_COLUMNS, width, wide=True, contents=(10, 48, 3, 3, 150), scrolled=True)
    state, name, *_ = placed
    assert fixed_width(placed, width) == name.x + name.width + GAP
    assert state.width == 11
    assert name.width <= max(8, width // 2)
    assert width - fixed_width(placed, width) >= LEAST_SCROLLED
    whole = place(FITTING_COLUMNS, width, wide=True, contents=(10, 48, 3, 3, 150))
    assert [p.width for p in whole[:2]] == [11, 48]
    assert [p.width for p in whole[2:]] == [p.width for p in placed[2:]]


@pytest.mark.parametrize("wide", [True, False])
def test_no_column_is_narrowed_if_all_columns_fit_even_in_a_scrolled_table(wide: bool) -> None:
    for contents, width in (((10, 14, 0, 3, 0), 38), ((10, 40, 3, 3, 20), 100)):
        placed = place(FITTING_COLUMNS, width, wide=wide, contents=contents, scrolled=True)
        assert placed == place(FITTING_COLUMNS, width, wide=wide, contents=contents)


def test_only_the_state_or_no_column_stays_in_place_in_a_narrow_table() -> None:
    assert (
        fixed_width(place(FITTING_COLUMNS, 30, wide=True, contents=(10, 48, 3, 3, 150)), 30) == 13
    )
    assert fixed_width(place(FITTING_COLUMNS, 20, wide=True, contents=(10, 48, 3, 3, 150)), 20) == 0


@pytest.mark.parametrize("columns", [jobs.COLUMNS, pipelines.COLUMNS], ids=["jobs", "pipelines"])
def test_a_longer_word_for_a_state_does_not_move_the_columns(columns: tuple[Column, ...]) -> None:
    others = [9] * (len(columns) - 1)
    placed = {place(columns, 118, contents=(len(word), *others)) for word in STATE_WORDS}
    assert len(placed) == 1


@pytest.mark.parametrize("error", [0, 80])
def test_the_name_of_a_job_is_shown_whole_beside_any_error(error: int) -> None:
    name = len("require_docstrings.py")
    cells = {"state": 11, "name": name, "id": 8, "queue": 7, "run": 8, "age": 4, "by": 3}
    contents = [{**cells, "error": error}.get(column.key, 0) for column in jobs.COLUMNS]
    for width in (78, 118):
        placed = place(jobs.COLUMNS, width, contents=contents)
        assert {each.column.key: each.width for each in placed}["name"] == name
