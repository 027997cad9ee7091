"""Lists in questions show as many lines as fit, and count the rest."""

from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.lists.fitting import LEAST, ListSpace, fit_lines, rows_of


def test_what_does_not_fit_is_counted() -> None:
    lines = [f"  job {number}" for number in range(30)]
    assert fit_lines(lines, ListSpace(17, 40))[-2:] == ("  job 15", "  and 14 more")
    assert fit_lines(lines, ListSpace(30, 40)) == tuple(lines)


def test_lines_that_wrap_take_the_room_of_others() -> None:
    lines = [f"  {'long' * 12} {number}" for number in range(30)]
    assert fit_lines(lines, ListSpace(17, 40)) == (*lines[:8], "  and 22 more")
    assert fit_lines(lines, ListSpace(60, 40)) == tuple(lines)


@given(st.lists(st.integers(1, 90), max_size=200), st.integers(-5, 90), st.integers(10, 80))
def test_shown_and_counted_are_all_there_are(lengths: list[int], rows: int, width: int) -> None:
    lines = ["x" * length for length in lengths]
    shown = fit_lines(lines, ListSpace(rows, width))
    more = shown[-1].split() if shown and "more" in shown[-1] else None
    taken = sum(rows_of(line, width) for line in shown)
    assert len(shown) <= LEAST or taken <= rows
    assert (len(shown) - 1 + int(more[1].replace(",", "")) if more else len(shown)) == len(lines)
    if more and len(shown) > LEAST:
        assert taken + rows_of(lines[len(shown) - 1], width) > rows, "one more would have fitted"
