"""A list in a question shows as many lines as fit, and counts the others."""

from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.lists.fitting import LEAST, ListSpace, fit_lines, rows_of


def test_lines_that_do_not_fit_are_counted() -> None:
    lines = [f"  job {number}" for number in range(30)]
    assert fit_lines(lines, ListSpace(17, 40))[-2:] == ("  job 15", "  and 14 more")
    assert fit_lines(lines, ListSpace(30, 40)) == tuple(lines)


def test_a_line_that_wraps_takes_several_rows() -> None:
    lines = [f"  {'long' * 12} {number}" for number in range(30)]
    assert fit_lines(lines, ListSpace(17, 40)) == (*lines[:8], "  and 22 more")
    assert fit_lines(lines, ListSpace(60, 40)) == tuple(lines)


@given(st.lists(st.integers(1, 90), max_size=200), st.integers(-5, 90), st.integers(10, 80))
def test_shown_and_counted_lines_add_up_to_all_lines(
    lengths: list[int], rows: int, width: int
) -> None:
    lines = ["x" * length for length in lengths]
    shown = fit_lines(lines, ListSpace(rows, width))
    has_count = bool(shown) and "more" in shown[-1]
    count_shown = len(shown) - has_count
    count_hidden = int(shown[-1].split()[1].replace(",", "")) if has_count else 0
    assert count_shown + count_hidden == len(lines)
    rows_taken = sum(rows_of(line, width) for line in shown)
    assert len(shown) <= LEAST or rows_taken <= rows
    if has_count and len(shown) > LEAST:
        next_line = lines[count_shown]
        assert rows_taken + rows_of(next_line, width) > rows, "the next line would have fitted"
