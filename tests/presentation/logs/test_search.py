import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.logs import search
from studio_tui.presentation.logs.levels import LogLevel
from studio_tui.presentation.logs.lines import CHARACTER_LIMIT, styled_line
from studio_tui.presentation.logs.search import SearchPattern, SearchPatternError, level_starts


def lines_with(typed: str, text: bytes) -> list[bytes]:
    starts = SearchPattern(typed).starts(text)
    return [text[start:].split(b"\n")[0] for start in starts]


LOG = (
    b"alpha Beta\n\x1b[31mER\x1b[0mROR here\n 1%\r50% done\n"
    b"caf\xc3\xa9 CAF\xc3\x89\n[INFO] x\nbad \xff beta\n"
)


@pytest.mark.parametrize(
    ("typed", "lines"),
    [
        ("beta", [b"alpha Beta", b"bad \xff beta"]),
        ("Beta", [b"alpha Beta"]),
        ("ERROR", [b"\x1b[31mER\x1b[0mROR here"]),
        ("1%", []),
        ("50%", [b" 1%\r50% done"]),
        ("café", [b"caf\xc3\xa9 CAF\xc3\x89"]),
        ("CAFÉ", [b"caf\xc3\xa9 CAF\xc3\x89"]),
        ("[INFO]", [b"[INFO] x"]),
        ("31m", []),
        ("~^alpha", [b"alpha Beta"]),
        ("~beta$", [b"alpha Beta", b"bad \xff beta"]),
        (r"~\S+%\s+done", [b" 1%\r50% done"]),
        (r"~caf. ", [b"caf\xc3\xa9 CAF\xc3\x89"]),
        ("~Beta|INFO", [b"alpha Beta", b"[INFO] x"]),
        ("�", [b"bad \xff beta"]),
    ],
)
def test_a_search_finds_exactly_the_visible_text(typed: str, lines: list[bytes]) -> None:
    assert lines_with(typed, LOG) == lines


@pytest.mark.parametrize(
    "line", ["1111111A\tb", "é a\tb", "\x1b[1ma\tb\x1b[m", "a\x07b", "a\tb\rc\td"]
)
def test_control_codes_match_only_as_they_are_drawn(line: str) -> None:
    pattern = SearchPattern("~a.b")
    shows = pattern.matches(styled_line(line.encode()).text)
    assert bool(pattern.starts(line.encode())) is shows


@given(
    st.lists(st.text(alphabet="aAbß\té \r\x1b[m31;", max_size=12), max_size=8),
    st.sampled_from(["a", "A", "ab", "é", "~a.b", "~^a", "31", "ß"]),
)
def test_found_lines_show_a_match_and_no_plain_line_is_missed(lines: list[str], typed: str) -> None:
    raw = [line.encode() for line in lines]
    pattern = SearchPattern(typed)
    starts, at = set(pattern.starts(b"\n".join(raw))), 0
    for line in raw:
        shown = styled_line(line).text
        if at in starts:
            assert pattern.matches(shown)
        elif b"\x1b" not in line and b"\r" not in line and b"\t" not in line:
            assert not pattern.matches(shown)
        at += len(line) + 1


def test_text_beyond_the_shown_part_of_a_long_line_is_not_found() -> None:
    line = b"." * (CHARACTER_LIMIT - 3) + b"abc" + b"." * 100 + b"xyz\n"
    assert lines_with("abc", line)
    assert not lines_with("xyz", line)


@pytest.mark.parametrize("before", [b"", b"\x1b[31mred\x1b[0m\n", "ü\n".encode(), b"1%\r2%\n"])
def test_lines_that_match_only_beyond_their_shown_part_are_counted(before: bytes) -> None:
    pattern = SearchPattern("xyz")
    line = b"." * CHARACTER_LIMIT + b"xyz\n"
    assert not pattern.starts(before + line + b"abc\n")
    assert pattern.hidden_match_count == 1


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("~a(b", "a(b is not a valid regular expression: missing )."),
        ("~[", "[ is not a valid regular expression: unterminated character set."),
        ("~a*", "That matches even an empty line; type something more specific."),
        ("~", "That matches even an empty line; type something more specific."),
    ],
)
def test_an_invalid_search_is_explained_in_a_sentence(typed: str, sentence: str) -> None:
    with pytest.raises(SearchPatternError) as refused:
        SearchPattern(typed)
    assert str(refused.value) == sentence


def test_a_regular_expression_that_takes_too_long_is_stopped_with_a_message() -> None:
    pattern = SearchPattern(r"~(a|aa)+\1c")
    line = b"a" * 60 + b"\n"
    assert pattern.starts(line) == ()
    assert pattern.problem == (
        r"~(a|aa)+\1c takes too long to search for; try a simpler expression."
    )
    assert pattern.starts(b"aac\n") == ()
    assert pattern.spans("aac") == []


@pytest.mark.parametrize("text", ["a line\n" * 10_000, "a ligne é\n" * 10_000])
def test_a_search_for_words_has_no_time_limit(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_TIMEOUT", 1e-9)
    monkeypatch.setattr(search, "_TIMEOUT_LARGE", 1e-9)
    pattern = SearchPattern("a li")
    assert len(pattern.starts(text.encode())) == 10_000
    assert pattern.spans("a line") == [(0, 4)]
    assert pattern.problem == ""


def test_the_number_of_matches_in_a_line_is_limited() -> None:
    assert len(SearchPattern("a").spans("a" * 16_000)) == 500
    assert SearchPattern("a").spans("ba") == [(1, 2)]


def test_errors_and_warnings_are_found_whatever_their_color() -> None:
    log = b"INFO fine\n\x1b[31mERROR\x1b[0m bad\n0 errors\nWARNING so so\nValueError: bad shard\n"
    errors = [log[start:].split(b"\n")[0] for start in level_starts(LogLevel.ERROR, log)]
    assert errors == [b"\x1b[31mERROR\x1b[0m bad", b"ValueError: bad shard"]
    both = [log[start:].split(b"\n")[0] for start in level_starts(LogLevel.WARNING, log)]
    assert both == [b"\x1b[31mERROR\x1b[0m bad", b"WARNING so so", b"ValueError: bad shard"]
    assert level_starts(LogLevel.ERROR, b"") == []


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_the_message_of_an_exception_of_any_name_is_found_with_its_traceback(
    newline: bytes,
) -> None:
    log = (
        b"INFO fine\nTraceback (most recent call last):\n"
        b'  File "a.py", line 3, in <module>\n    main()\n'
        b"TooFewDocstrings: 57.5% of 200\nINFO the end\n"
    ).replace(b"\n", newline)
    lines = [log[start:].split(newline)[0] for start in level_starts(LogLevel.WARNING, log)]
    assert lines == [b"Traceback (most recent call last):", b"TooFewDocstrings: 57.5% of 200"]


def test_a_traceback_that_is_cut_off_has_no_message() -> None:
    log = b"Traceback (most recent call last):\n  File a.py\n\nINFO the end\n"
    assert len(level_starts(LogLevel.ERROR, log)) == 1
    assert len(level_starts(LogLevel.ERROR, log[:40])) == 1
    assert len(level_starts(LogLevel.ERROR, log.replace(b"\n\n", b"\n"))) == 1


@pytest.mark.parametrize(
    ("typed", "is_like"),
    [
        (r"shard 2\d\d", True),
        ("loss.*nan", True),
        ("ERROR|WARN", True),
        ("^Traceback", True),
        ("[0-9]+ rows", True),
        (r"~shard 2\d\d", False),
        ("[INFO] a.py (1/2)", False),
        ("| 50% |", False),
        ("C:\\temp", False),
        ("what? +1", False),
    ],
)
def test_words_that_look_like_a_regular_expression_are_recognized(
    typed: str, is_like: bool
) -> None:
    assert SearchPattern(typed).is_like_expression is is_like
