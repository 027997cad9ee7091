"""Sanitizing of untrusted text."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from studio_tui.text import BLOCK_LIMIT, LINE_LIMIT, Verbatim, safe_block, safe_line

ANY_TEXT = st.text(st.characters(exclude_categories=()))
"""Text of any code points, including lone surrogates and unassigned ones."""

FORBIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories: controls, formats, surrogates, line and paragraph separators."""


def assert_no_controls(text: str, allowed: str = "") -> None:
    """Check that no character can control a terminal or change the direction of text."""
    for character in text:
        assert unicodedata.category(character) not in FORBIDDEN or character in allowed, (
            f"U+{ord(character):04X}"
        )
    text.encode()  # no lone surrogate


@given(ANY_TEXT)
@example("".join(map(chr, range(0xA0))))
@example("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\ufeff\u00ad")
@example("\ud800\udfff\u2028\u2029\u0085\ufe0f\U000e0041")
def test_a_safe_line_contains_no_control_characters(text: str) -> None:
    line = safe_line(text)
    assert_no_controls(line)
    assert len(line) <= LINE_LIMIT


@given(ANY_TEXT)
@example("a\r\nb\rc\x0bd\x0ce\x85f\u2028g")
def test_a_safe_block_contains_no_control_characters_but_line_breaks(text: str) -> None:
    assert_no_controls(safe_block(text), allowed="\n")


@given(ANY_TEXT)
def test_sanitizing_is_idempotent(text: str) -> None:
    assert safe_line(safe_line(text)) == safe_line(text)
    assert safe_block(safe_block(text)) == safe_block(text)


@given(st.text(st.characters(categories=["L", "N", "P", "S"], max_codepoint=0xFDFF), max_size=400))
def test_safe_line_keeps_letters_numbers_punctuation_and_symbols(text: str) -> None:
    assert safe_line(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("[/] [@click=app.quit]x[/]", "[/] [@click=app.quit]x[/]"),
        ("\x1b[31mred", "␛[31mred"),
        ("a\tb", "a b"),
        ("one\ntwo", "one␊two"),
        ("\x7f", "␡"),
        ("\x9b31m", "\N{REPLACEMENT CHARACTER}31m"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\ud800", "\N{REPLACEMENT CHARACTER}"),
        ("日本語 🚀 e\u0301", "日本語 🚀 e\u0301"),
        ("a\u00a0b\u3000c", "a b c"),
    ],
)
def test_safe_line_replaces_or_drops_characters_that_cannot_be_drawn(
    text: str, expected: str
) -> None:
    assert safe_line(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("one\r\ntwo\n", "one\ntwo\n"), ("50%\r90%", "50%␍90%"), ("\tx", "    x"), ("\x1bc", "␛c")],
)
def test_safe_block_keeps_newlines_and_replaces_other_controls(text: str, expected: str) -> None:
    assert safe_block(text) == expected


def test_long_text_is_cut_with_an_ellipsis() -> None:
    assert safe_line("x" * (LINE_LIMIT + 1)) == "x" * (LINE_LIMIT - 1) + "…"
    assert safe_block("x" * (BLOCK_LIMIT + 1)) == "x" * (BLOCK_LIMIT - 1) + "…"
    assert len(safe_block("\t" * BLOCK_LIMIT)) == BLOCK_LIMIT


@pytest.mark.parametrize("blank", [" ", "\n"])
def test_a_long_block_is_cut_between_two_words(blank: str) -> None:
    words = "x" * (BLOCK_LIMIT - 20)
    assert safe_block(f"{words}{blank}https://u:hunter2@example.org") == f"{words}{blank}…"


def test_verbatim_is_serialized_unchanged_and_is_not_a_str() -> None:
    verbatim = TypeAdapter(Verbatim).validate_python("\x1bhostile")
    assert TypeAdapter(Verbatim).dump_json(verbatim) == b'"\\u001bhostile"'
    assert verbatim.shown == "␛hostile"
    assert not isinstance(verbatim, str)
    assert "hostile" not in repr(verbatim)
    assert {verbatim} == {Verbatim("\x1bhostile")}
    assert not Verbatim("")
