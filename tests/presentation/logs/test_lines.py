"""Whatever a job prints, a drawn line is safe text in the colors that the job set."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.logs.lines import (
    CHARACTER_LIMIT,
    PLAIN,
    Pen,
    Span,
    StyledLine,
    styled_line,
)
from studio_tui.presentation.logs.rewritten import last_state
from tests.waiting import no_hang

ESCAPES = st.sampled_from(
    [
        "\x1b[31m", "\x1b[0m", "\x1b[1;38;5;200;48;2;1;2;3m", "\x1b[m", "\x1b]0;title\x07",
        "\x1b]52;c;aGk=\x1b\\", "\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "\x1bP1$r\x1b\\",
        "\x1b[2J", "\x1b[?1049h", "\x1bc", "\x9b31m", "\x9d0;t\x9c", "\x1b", "\x1b]", "\x1b[",
        "\x07", "\t", "\r", "\b", "\x7f", "\u202e", "\ufeff", "\u2028", "e\u0301", "\U0001f600",
        "漢字",
    ]
)  # fmt: skip
NOISE = st.lists(ESCAPES | st.text(max_size=5), max_size=20).map("".join)


def text_of(raw: bytes) -> str:
    return styled_line(raw).text


def assert_safe(line: StyledLine) -> None:
    for character in line.text:
        assert unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}, line
    end = 0
    for span in line.spans:
        assert end <= span.start < span.end <= len(line.text)
        assert span.pen != PLAIN
        end = span.end


@given(st.binary(max_size=200))
def test_no_bytes_make_an_unsafe_line(raw: bytes) -> None:
    assert_safe(styled_line(raw))


@given(NOISE)
def test_no_mixture_of_escapes_makes_an_unsafe_line(text: str) -> None:
    assert_safe(styled_line(text.encode("utf-8", "surrogatepass")))


@given(NOISE, st.data())
def test_a_line_cut_anywhere_is_safe_on_both_sides(text: str, data: st.DataObject) -> None:
    raw = text.encode("utf-8", "surrogatepass")
    cut = data.draw(st.integers(0, len(raw)))
    assert_safe(styled_line(raw[:cut]))
    assert_safe(styled_line(raw[cut:]))
    assert_safe(styled_line(raw[:cut], tail=raw[cut:], length=len(raw)))


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80))
def test_plain_text_is_shown_unchanged(text: str) -> None:
    assert styled_line(text.encode()) == StyledLine(text, (), 0, 0)


@pytest.mark.parametrize(
    ("codes", "pen"),
    [
        ("31", Pen(foreground=1)),
        ("97;104", Pen(foreground=15, background=12)),
        ("38;5;208", Pen(foreground=208)),
        ("48;2;1;2;3", Pen(background=(1, 2, 3))),
        ("38:2::1:2:3", Pen(foreground=(1, 2, 3))),
        ("38:5:9;1", Pen(foreground=9, bold=True)),
        ("1;2;3;4;7;9", Pen(None, None, True, True, True, True, True, True)),
        ("1;22;4;24;3;23;7;27;9;29;31;39;41;49", PLAIN),
        ("4:3", Pen(underline=True)),
        ("4;4:0", PLAIN),
        ("58;5;1;32", Pen(foreground=2)),
        ("5;8", PLAIN),
        ("38;5;999", PLAIN),
        ("38;5", PLAIN),
        ("38", PLAIN),
        ("38;2;1;2", PLAIN),
        ("31;0", PLAIN),
        ("31;", PLAIN),
        (">4;1", PLAIN),
        ("99999999999999999999;32", Pen(foreground=2)),
        ("00038;05;0009", Pen(foreground=9)),
    ],
)
def test_sgr_codes_set_the_pen(codes: str, pen: Pen) -> None:
    line = styled_line(f"a\x1b[{codes}mb".encode())
    assert line.text == "ab"
    assert line.spans == (() if pen == PLAIN else (Span(1, 2, pen),))


def test_adjacent_texts_with_the_same_pen_are_one_span() -> None:
    line = styled_line(b"\x1b[31mone\x1b[31m two\x1b[K three\x1b[0m four")
    assert line.text == "one two three four"
    assert line.spans == (Span(0, 13, Pen(foreground=1)),)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"a\x1b]52;c;aGVsbG8=\x07b", "ab"),
        (b"a\x1b]0;pwned\x1b\\b", "ab"),
        (b"\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\", "click"),
        (b"a\x1bP+q544e\x1b\\b", "ab"),
        (b"\x1b[2J\x1b[H\x1bcx", "x"),
        (b"a\x1b]52;c;never ended", "a␛]52;c;never ended"),
        (b"a\x1b[31", "a␛[31"),
        (b"a\x1b", "a␛"),
        (b"bell\x07 del\x7f back\x08", "bell␇ del␡ back"),
        ("abc\u202edef".encode(), "abcdef"),
        (b"bad \xff\xfe bytes \xe2\x82", "bad \ufffd\ufffd bytes \ufffd"),
        (b"a\tb\t\tc", "a       b               c"),
        (b"[/] [@click=app.quit]x[/]", "[/] [@click=app.quit]x[/]"),
        ("😀".encode(), "😀"),
        (b"\xed\xa0\xbd\xed\xb8\x80", "😀"),
    ],
)
def test_control_sequences_are_dropped_and_broken_ones_are_visible(raw: bytes, shown: str) -> None:
    assert text_of(raw) == shown


def test_colors_do_not_change_tab_stops() -> None:
    assert text_of(b"\x1b[31mab\x1b[0m\tc") == text_of(b"ab\tc") == "ab      c"
    assert text_of("\x1b[31m字\x1b[0m字\tc\t字\td".encode()) == "字字    c       字      d"


@pytest.mark.parametrize(
    ("raw", "shown", "updates"),
    [
        (b"windows\r", "windows", 0),
        (b" 1%\r 2%\r 3%", " 3%", 2),
        (b"\r 1%\r 2%", " 2%", 1),
        (b" 99%\r100%\r     \r", "100%", 1),
        (b" 99%\r100%\r\x1b[K", "100%", 1),
        (b" 99%\r\x1b[32m100%\x1b[0m", "100%", 1),
        (b"\x1b[2K\x1b[1G 1%\x1b[2K\x1b[1G 2%\x1b[2K\x1b[1Gdone", "done", 2),
        (b"\x1b[0G[  ] 0%\x1b[0G[= ] 50%\x1b[0G[==] 100%", "[==] 100%", 2),
        (b"\x1b[G 0%\x1b[G 5%", " 5%", 1),
        (b"\x1b[80D 0% fetched\x1b[80D50% fetched", "50% fetched", 1),
        (b" 0% fetched\x1b[11D50% fetched", "50% fetched", 1),
        (b" 1%\x08\x08\x08 2%\x08\x08\x08 3%", " 3%", 2),
        (b"waiting |\x08/\x08-\x08\\", "waiting \\", 3),
        (b"waiting |\x1b[1D/\x1b[D-", "waiting -", 2),
        (b"load \x1b[31m10%\x1b[0m\x1b[6G20%\x1b[6G30%", "load 30%", 2),
        (b"done\x1b[2K", "done", 0),
        (b"done\x1b[1G", "done", 0),
        (b"color\x1b[2Gs", "cs", 1),
        (b"\r\r\r", "", 0),
        (b"Loading\rDone", "Done", 1),
        (b"Loading\r       \rDone", "Done", 1),
        (b"Loading\r\x1b[KDone", "Done", 1),
        (b"Loading\r\x1b[2KDone", "Done", 1),
        (b"Loading\r\x1b[32mDone\x1b[0m", "Done", 1),
        (b"abc\x08\x08X", "aX", 1),
        (b"abc\rab|\x08/", "ab/", 2),
        ("日本語 10%\x1b[8G20%".encode(), "日本語 20%", 1),
        ("日本語\x08\x08x".encode(), "日本x", 1),
        ("🚀 10%\r🚀 20%".encode(), "🚀 20%", 1),
        ("Gro\u0308ße\x08\x08s".encode(), "Gro\u0308s", 1),
        (b"abc\x1b[00Gx", "x", 1),
        (b"abc\x1b[0000000002Gx", "ax", 1),
        (b"abc\x1b[999999999999999999999Gx", "abcx", 0),
        (b"abc\x1b[0Dx", "abx", 1),
        (b"abc\x1b[00002Dx", "ax", 1),
        (b"abc\x1b[" + b"9" * 5000 + b"Dx", "x", 1),
        (b"abc\x1b[" + b"0" * 5000 + b"Gx", "x", 1),
        (b"one\x08\x08two\x1b[31", "otwo␛[31", 1),
    ],
)
def test_a_rewritten_line_shows_its_last_state(raw: bytes, shown: str, updates: int) -> None:
    line = styled_line(raw)
    assert (line.text, line.updates) == (shown, updates)


def test_a_progress_bar_of_megabytes_shows_its_last_state() -> None:
    line = styled_line(b"\r 0%" * 10, tail=b"99\r100%", length=5_000_000)
    assert (line.text, line.omitted) == ("100%", 0)
    assert (line.updates, line.has_more) == (10, True)


MOVES = st.sampled_from(
    ["a", "bc", "def ", "é", "字", "\r", "\b", "\x1b[K", "\x1b[D", "\x1b[2G", "\x1b[1m"]
)


@given(st.lists(MOVES, max_size=12).map("".join))
def test_the_last_state_of_a_line_is_what_is_drawn_of_it(text: str) -> None:
    line = styled_line(text.encode())
    assert styled_line(last_state(text.encode())).text == line.text
    written = re.sub(r"[\r\b]|\x1b\[\d*[KDGm]", "", text)
    assert bool(line.text.strip()) == bool(written.strip())


def test_the_first_state_in_the_tail_of_a_long_line_covers_nothing_of_the_last() -> None:
    line = styled_line(b"\r 0%", tail=b"31mhalf of a state\r\x1b[31m99%\r100%", length=5_000_000)
    assert (line.text, line.updates) == ("100%", 2)


def test_a_long_last_state_that_begins_in_the_head_is_shown_from_its_beginning() -> None:
    line = styled_line(b" 1%\r 2%\r" + b"x" * 100, tail=b"y" * 100, length=5_000_000)
    assert (line.text, line.omitted) == ("x" * 100, 5_000_000 - 108)
    assert (line.updates, line.has_more) == (2, True)


def test_the_text_before_a_cut_keeps_its_color() -> None:
    line = styled_line(b"\x1b[32mload \x1b[0m10%\x1b[6G\x1b[31m20%")
    green, red = Pen(foreground=2), Pen(foreground=1)
    assert (line.text, line.spans) == ("load 20%", (Span(0, 5, green), Span(5, 8, red)))


def test_a_line_of_many_short_moves_is_drawn_without_hanging() -> None:
    with no_hang("drawing states"):
        moves = (b"\rx", b"\x08x", b"\x1b[1Gx", b"\x1b[2Gx", b"\r\x1b[32mx", b"\x08\x1b[31m")
        for move in moves:
            assert_safe(styled_line(b"y" * 32_768 + move * (32_768 // len(move))))


def test_a_long_line_has_the_length_of_its_omitted_part() -> None:
    line = styled_line(b"x" * 20_000, tail=b"y" * 20_000 + b"\r", length=5_000_000)
    assert line.text == "x" * CHARACTER_LIMIT
    assert line.omitted == 5_000_000 - CHARACTER_LIMIT
    wide = styled_line("\x1b[31m字".encode() * CHARACTER_LIMIT + b"end")
    assert wide.omitted == 3
    assert wide.spans == (Span(0, CHARACTER_LIMIT, Pen(foreground=1)),)


def test_a_character_cut_by_the_limit_is_left_out() -> None:
    line = styled_line("a漢".encode()[:3], tail=b"z", length=100)
    assert line.text == "a"


def test_unterminated_escapes_are_parsed_without_hanging() -> None:
    with no_hang("parsing escapes"):
        for opening in ("\x1b]", "\x90", "\x1b[", "\x1b[0;", "\x9b", "\x1b\x1b["):
            raw = (opening * 32_768).encode()[:65_536]
            assert_safe(styled_line(raw))
