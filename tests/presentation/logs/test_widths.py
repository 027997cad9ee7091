"""The cells of a character are those that a terminal gives it."""

import sys

import pytest

from studio_tui.presentation.logs.widths import cells, is_narrow, width


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("ab", 2), ("é█→", 3), ("e\u0301", 1), ("字カ한", 6), ("ｱ", 1), ("Ａ", 2), ("🚀", 2)],
)
def test_wide_characters_take_two_cells_and_combining_ones_none(text: str, count: int) -> None:
    assert width(text) == count


def test_every_character_that_is_certainly_narrow_takes_one_cell() -> None:
    narrow = [character for character in map(chr, range(sys.maxunicode)) if is_narrow(character)]
    assert len(narrow) > 1000
    assert {cells(character) for character in narrow} == {1}
