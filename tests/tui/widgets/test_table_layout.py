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

STATE_WORDS = ("✗ FAILED", "● RUNNING", "⊗ CANCELED", "⊖ CANCELING")

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


def _keys(width: int, *, wide: bool = False) -> list[str]:
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
def test_text_is_cut_or_filled_by_what_a_terminal_draws(
    text: str, width: int, align: Align, shown: str
) -> None:
    assert fit(text, width, align) == shown


@given(lines, st.integers(0, 60), st.sampled_from(Align))
def test_text_fills_exactly_its_cells(text: str, width: int, align: Align) -> None:
    assert cell_len(fit(text, width, align)) == width


@given(lines, st.sampled_from(Align))
def test_text_that_fits_is_shown_whole(text: str, align: Align) -> None:
    assert fit(text, cell_len(text) + 1, align).strip(" ") == text.strip(" ")


def test_columns_leave_by_their_drop_and_the_others_stay() -> None:
    assert _keys(50) == ["state", "name", "id", "by", "error"]
    assert _keys(49) == ["state", "name", "id", "error"]
    assert _keys(41) == ["state", "name", "id"]
    assert _keys(29) == ["state", "name"]
    assert _keys(1) == ["state", "name"]


def test_of_equal_columns_the_rightmost_leaves_first() -> None:
    equals = (Column("a", "A", 5, drop=1), Column("b", "B", 5, drop=1))
    assert [placed.column.key for placed in place(equals, 6)] == ["a"]


def test_a_wide_table_keeps_every_column() -> None:
    assert len(_keys(10, wide=True)) == len(COLUMNS)


def test_the_spare_cells_go_to_the_growing_columns_by_their_share() -> None:
    widths = {placed.column.key: placed.width for placed in place(COLUMNS, 58)}
    assert widths == {"state": 8, "name": 16, "id": 8, "by": 6, "error": 12}


def test_what_a_full_column_leaves_goes_to_the_others() -> None:
    widths = {placed.column.key: placed.width for placed in place(COLUMNS, 150)}
    assert widths == {"state": 8, "name": 30, "id": 8, "by": 6, "error": 90}


@given(st.lists(columns, min_size=1, max_size=8), st.integers(1, 200))
def test_placed_columns_are_in_order_and_never_overlap(chosen: list[Column], width: int) -> None:
    placed = place(chosen, width)
    for left, right in itertools.pairwise(placed):
        assert left.cell < right.cell
        assert left.x + left.width + GAP == right.x
    assert all(p.column.width <= p.width for p in placed)
    if any(column.drop for column in (p.column for p in placed)):
        assert extent(placed) <= width
    if any(p.column.grow and p.column.max_width is None for p in placed):
        assert extent(placed) >= width


FITTING = (
    Column("state", "STATE", 11, sticky=True),
    Column("name", "NAME", 12, grow=1, max_width=48, fits=True, sticky=True),
    Column("by", "BY", 12, drop=8, fits=True),
    Column("age", "AGE", 4, align=Align.RIGHT, drop=1),
    Column("error", "ERROR", 16, grow=1, drop=2, fits=True, wanted_width=36),
)


def _fitting(width: int, *contents: int, wide: bool = False, sorted_by: str = "") -> dict[str, int]:
    placed = place(FITTING, width, wide=wide, contents=contents, sorted_by=sorted_by)
    return {p.column.key: p.width for p in placed}


def test_a_column_with_nothing_in_it_takes_no_width() -> None:
    assert _fitting(200, 11, 9, 0, 3, 0) == {"state": 11, "name": 9, "age": 4}
    assert _fitting(200, 11, 9, 0, 3, 0, wide=True) == {"state": 11, "name": 9, "age": 4}
    assert _fitting(200, 11, 0, 3, 3, 0)["name"] == len("NAME")


def test_the_column_that_gives_the_order_stays_with_nothing_in_it() -> None:
    assert _fitting(200, 11, 9, 0, 3, 0, sorted_by="by")["by"] == len("BY▲")


def test_which_columns_are_shown_depends_on_what_they_ever_contained() -> None:
    def shown(*contents: int, ever: tuple[int, ...]) -> dict[str, int]:
        return {p.column.key: p.width for p in place(FITTING, 54, contents=contents, all_time=ever)}

    full = (11, 30, 3, 3, 60)
    assert list(shown(11, 9, 3, 3, 0, ever=full)) == list(shown(*full, ever=full))
    assert shown(11, 9, 3, 3, 0, ever=full) == {"state": 11, "name": 9, "age": 4, "error": 24}


@pytest.mark.parametrize("width", [80, 120, 200])
def test_the_error_has_the_room_that_shorter_names_leave(width: int) -> None:
    shown = _fitting(width, 11, 9, 3, 3, 60)
    assert shown["name"] == 9
    assert sum(shown.values()) + GAP * (len(shown) - 1) == width


def test_the_age_is_the_last_to_leave() -> None:
    assert list(_fitting(50, 11, 30, 3, 3, 60)) == ["state", "name", "age", "error"]
    assert list(_fitting(40, 11, 30, 3, 3, 60)) == ["state", "name", "age"]


def test_an_error_that_has_no_room_takes_that_of_columns_of_less_interest() -> None:
    assert list(_fitting(74, 11, 30, 3, 3, 60)) == ["state", "name", "by", "age", "error"]
    assert list(_fitting(73, 11, 30, 3, 3, 60)) == ["state", "name", "age", "error"]
    assert list(_fitting(54, 11, 30, 3, 3, 16)) == ["state", "name", "by", "age", "error"]


LIKING = (
    Column("state", "STATE", 11, sticky=True),
    Column(
        "name",
        "NAME",
        12,
        grow=3,
        max_width=48,
        fits=True,
        sticky=True,
        preferred_width=24,
        first_width=18,
    ),
    Column("by", "BY", 12, drop=8, fits=True),
    Column("id", "ID", 8, drop=6),
    Column("queue", "QUEUE", 7, drop=4, fits=True),
    Column(
        "error",
        "ERROR",
        16,
        grow=1,
        drop=2,
        fits=True,
        wanted_width=30,
        preferred_width=60,
        first_width=30,
    ),
)


def _liking(width: int, *contents: int) -> dict[str, int]:
    return {p.column.key: p.width for p in place(LIKING, width, contents=contents)}


def test_a_name_has_its_beginning_then_an_error_its_own_before_either_has_more() -> None:
    assert _liking(67, 11, 40, 4, 8, 0, 80) == {"state": 11, "name": 21, "error": 31}
    assert _liking(60, 11, 40, 4, 8, 0, 80) == {"state": 11, "name": 18, "error": 27}
    assert _liking(60, 11, 14, 4, 8, 0, 80) == {"state": 11, "name": 14, "error": 31}
    assert _liking(67, 11, 40, 4, 8, 0, 20) == {"state": 11, "name": 32, "error": 20}


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
def test_for_the_whole_of_name_and_error_columns_of_little_interest_leave_and_no_others(
    width: int, name: int, error: int, shown: str
) -> None:
    placed = place(LIKING, width, contents=(11, name, 4, 8, 5, error))
    assert [p.column.key for p in placed] == shown.split()


def test_scrolled_sideways_each_column_is_as_wide_as_its_texts() -> None:
    assert _fitting(40, 11, 30, 3, 3, 150, wide=True) == {
        "state": 11, "name": 30, "by": 3, "age": 4, "error": 150,
    }  # fmt: skip


@pytest.mark.parametrize("width", [38, 67, 78, 117, 198])
def test_scrolled_sideways_a_long_name_stays_in_place_and_leaves_half_to_the_others(
    width: int,
) -> None:
    placed = place(FITTING, width, wide=True, contents=(10, 48, 3, 3, 150), scrolled=True)
    state, name, *_ = placed
    assert fixed_width(placed, width) == name.x + name.width + GAP
    assert state.width == 11
    assert name.width <= max(8, width // 2)
    assert width - fixed_width(placed, width) >= LEAST_SCROLLED
    whole = place(FITTING, width, wide=True, contents=(10, 48, 3, 3, 150))
    assert [p.width for p in whole[:2]] == [11, 48]
    assert [p.width for p in whole[2:]] == [p.width for p in placed[2:]]


@pytest.mark.parametrize("wide", [True, False])
def test_what_fits_is_not_narrowed_though_it_was_scrolled_before(wide: bool) -> None:
    for contents, width in (((10, 14, 0, 3, 0), 38), ((10, 40, 3, 3, 20), 100)):
        placed = place(FITTING, width, wide=wide, contents=contents, scrolled=True)
        assert placed == place(FITTING, width, wide=wide, contents=contents)


def test_too_narrow_for_both_the_name_is_scrolled_and_the_state_is_not() -> None:
    assert fixed_width(place(FITTING, 30, wide=True, contents=(10, 48, 3, 3, 150)), 30) == 13
    assert fixed_width(place(FITTING, 20, wide=True, contents=(10, 48, 3, 3, 150)), 20) == 0


@pytest.mark.parametrize("columns", [jobs.COLUMNS, pipelines.COLUMNS], ids=["jobs", "pipelines"])
def test_columns_stay_when_a_state_of_a_longer_word_comes_in(columns: tuple[Column, ...]) -> None:
    others = [9] * (len(columns) - 1)
    placed = {place(columns, 118, contents=(len(word), *others)) for word in STATE_WORDS}
    assert len(placed) == 1


@pytest.mark.parametrize("error", [0, 80])
def test_a_job_has_its_whole_name_before_its_error_has_room(error: int) -> None:
    name = len("require_docstrings.py")
    cells = {"state": 11, "name": name, "id": 8, "queue": 7, "run": 8, "age": 4, "by": 3}
    contents = [{**cells, "error": error}.get(column.key, 0) for column in jobs.COLUMNS]
    for width in (78, 118):
        placed = place(jobs.COLUMNS, width, contents=contents)
        assert {each.column.key: each.width for each in placed}["name"] == name
