from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from studio_tui.tui.terminal.input_decoder import PASTE, PASTED, KeyboardDecoder

PIECES = st.lists(
    st.sampled_from(["a", "é", "\x1b", "\x1b[A", "\x1b[31m", "\x1b[20", "0~", "[201~", "q"])
)


def decoded(text: str, cuts: list[int]) -> str:
    """Decode a text that arrives in pieces, cut at these positions modulo its length."""
    data, decoder = text.encode(), KeyboardDecoder()
    bounds = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    pieces = [data[start:end] for start, end in pairwise(bounds)]
    return "".join(map(decoder.decode, pieces))


@given(PIECES.map("".join), PIECES.map("".join), st.lists(st.integers(0, 200)))
def test_keys_are_unchanged_and_escape_characters_in_a_paste_become_visible(
    keys: str, pasted: str, cuts: list[int]
) -> None:
    pasted = pasted.replace(PASTED, "")
    keys = keys.replace(PASTE, "")
    if PASTE in keys + PASTE[:-1] or PASTED in pasted + PASTED[:-1]:
        return
    shown = pasted.replace("\x1b", "␛")
    sent = f"{keys}{PASTE}{pasted}{PASTED}\x1b[A"
    assert decoded(sent, cuts) == f"{keys}{PASTE}{shown}{PASTED}\x1b[A"


def test_bytes_that_are_not_utf8_become_replacement_characters() -> None:
    assert KeyboardDecoder().decode(b"caf\xe9 a") == "caf\N{REPLACEMENT CHARACTER} a"


def test_an_escape_character_is_decoded_without_waiting_for_more() -> None:
    assert KeyboardDecoder().decode(b"\x1b") == "\x1b"
