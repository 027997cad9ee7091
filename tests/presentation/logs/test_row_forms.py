import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.choices import next_choice
from studio_tui.presentation.logs.lines import Pen, StyledLine
from studio_tui.presentation.logs.row_forms import JsonForm, rows_of
from studio_tui.text import safe_line

JSON = b'{"time": "2026-03-04T12:00:05Z", "level": "error", "msg": "no shard", "shard": 17}'


def texts(raw: bytes, json: JsonForm = JsonForm.SHORT, *, with_states: bool = False) -> list[str]:
    rows = rows_of(raw, b"", len(raw), json, with_states=with_states)
    return [line.text for line in rows]


def pens(line: StyledLine) -> set[Pen]:
    return {span.pen for span in line.spans}


def test_a_json_line_has_a_short_an_open_and_a_raw_form() -> None:
    assert texts(JSON) == ["12:00:05 ERROR no shard  shard=17"]
    fields = texts(JSON, JsonForm.OPEN)
    assert len(fields) > 3
    assert any("shard: 17" in line or '"shard": 17' in line for line in fields)
    assert texts(JSON, JsonForm.RAW) == [JSON.decode()]
    assert [next_choice(form) for form in JsonForm] == [JsonForm.OPEN, JsonForm.RAW, JsonForm.SHORT]


@pytest.mark.parametrize("raw", [b'{"half": ', b"[1, 2]", b"plain", b"", b'{"a": NaN}x'])
def test_a_line_that_is_not_a_json_object_is_shown_unchanged(raw: bytes) -> None:
    for json in JsonForm:
        assert texts(raw, json) == [raw.decode()]


@pytest.mark.parametrize("form", JsonForm)
@pytest.mark.parametrize("line", [b"{}", b'{"message": ""}'])
def test_an_object_without_content_is_shown_in_every_form(line: bytes, form: JsonForm) -> None:
    rows = texts(line, form)
    assert rows
    assert any(rows)


def test_errors_and_warnings_have_a_color_unless_the_log_sets_one() -> None:
    assert pens(rows_of(b"ERROR bad", b"", 9)[0]) == {Pen(foreground=1)}
    assert pens(rows_of(b"WARNING hm", b"", 10)[0]) == {Pen(foreground=3)}
    assert pens(rows_of(JSON, b"", len(JSON))[0]) == {Pen(foreground=1)}
    assert not pens(rows_of(b"INFO fine", b"", 9)[0])
    own = b"\x1b[35mERROR\x1b[0m bad"
    assert pens(rows_of(own, b"", len(own))[0]) == {Pen(foreground=5)}


BAR = "train:  99%|█████████▉| 99/100 [00:33<00:00,  3.10it/s]"
HEAD = "Traceback (most recent call last):"


def test_a_traceback_appended_to_a_progress_bar_has_a_row_of_its_own() -> None:
    raw = "\r".join([" 1%|  |", " 2%|  |", BAR + HEAD]).encode()
    bar, head = rows_of(raw, b"", len(raw))
    assert (bar.text, bar.updates, pens(bar)) == (BAR, 2, set())
    assert (head.text, head.updates, pens(head)) == (HEAD, 0, {Pen(foreground=1)})
    assert texts(raw, with_states=True)[-2:] == [BAR, HEAD]
    assert texts(f"[rank0]: {BAR}{HEAD}".encode()) == [f"[rank0]: {BAR}", HEAD]
    assert texts(f"[rank0]: {HEAD}".encode()) == [f"[rank0]: {HEAD}"]
    assert texts(f"it says {HEAD}".encode()) == [f"it says {HEAD}"]


def test_the_colors_of_a_line_stay_with_their_text_when_it_is_split() -> None:
    raw = f"\x1b[32m{BAR}\x1b[35m{HEAD}".encode()
    bar, head = rows_of(raw, b"", len(raw))
    assert bar.spans == ((0, len(BAR), Pen(foreground=2)),)
    assert head.spans == ((0, len(HEAD), Pen(foreground=5)),)


@given(
    st.one_of(st.binary(max_size=60), st.sampled_from([JSON, b'{"m": "\\u001b[31m\\u202e"}'])),
    st.sampled_from(JsonForm),
    st.booleans(),
)
def test_every_row_of_any_line_is_safe(raw: bytes, json: JsonForm, states: bool) -> None:
    rows = texts(raw.replace(b"\n", b""), json, with_states=states)
    assert rows
    assert all(row == safe_line(row) or len(row) > 500 for row in rows)
