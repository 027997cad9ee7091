"""Lists in questions show as many lines as fit, and count the rest."""

from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.lists.fitting import LEAST, fitting


def test_what_does_not_fit_is_counted() -> None:
    lines = [f"  job {number}" for number in range(30)]
    assert fitting(lines, 17)[-2:] == ("  job 15", "  and 14 more")
    assert fitting(lines, 30) == tuple(lines)


@given(st.integers(0, 2000), st.integers(-5, 60))
def test_shown_and_counted_are_all_there_are(count: int, room: int) -> None:
    shown = fitting([f"  {number}" for number in range(count)], room)
    more = shown[-1].split() if shown and "more" in shown[-1] else None
    assert len(shown) <= max(LEAST, room)
    assert (len(shown) - 1 + int(more[1].replace(",", "")) if more else len(shown)) == count
