"""Each row that a program redraws is shown once, as it was drawn last."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.logs.lines import styled_line
from studio_tui.presentation.logs.live_rows import LiveRows, final_lines
from studio_tui.presentation.logs.progress import latest_progress
from tests.waiting import no_hang


def shown(data: bytes) -> list[str]:
    """Return the rows that a log view shows of a log."""
    lines = data.split(b"\n")
    rows = LiveRows(data)
    final_starts = set(final_lines(data))
    texts: list[str] = []
    start = 0
    for number, line in enumerate(lines):
        if start in final_starts:
            own = rows.rows(number) or [line]
            texts += [styled_line(row).text.rstrip() for row in own]
        start += len(line) + 1
    return texts


def tqdm(*frames: tuple[int, str]) -> bytes:
    """Return what tqdm writes for bars in several rows: down to the row, the bar, up again.

    It overwrites the rest of a longer bar with blanks.
    """
    drawn = ""
    for row, text in frames:
        drawn += "\n" * row + f"\r{text:<12}" + (f"\x1b[{row}A" if row else "")
    return drawn.encode()


def rich(frames: list[list[str]], messages: dict[int, str]) -> bytes:
    """Return what a live display writes: each frame over the previous one.

    `messages` has the messages that are printed above a frame, by the number of the frame.
    """
    parts = ["begins\n"]
    for number, frame in enumerate(frames):
        if number:
            parts.append("\r\x1b[2K" + "\x1b[1A\x1b[2K" * (len(frame) - 1))
        if number in messages:
            parts.append(messages[number] + "\n")
        parts.append("\n".join(frame))
    return "".join([*parts, "\n"]).encode()


DOCKER = (
    b"Using default tag\nl1: Pulling\nl2: Pulling\nl3: Waiting\n"
    b"\x1b[3A\x1b[2K\rl1: 10%\x1b[3B\r\x1b[2A\x1b[2K\rl2: 5%\x1b[2B\r"
    b"\x1b[1A\x1b[2K\rl3: 50%\x1b[1B\r"
    b"\x1b[3A\x1b[2K\rl1: complete\x1b[3BDigest: sha256:00\nStatus: ok\n"
)


@pytest.mark.parametrize("up", [b"\x1b[A", b"\x1b[0A", b"\x1b[00A", b"\x1b[0001A", b"\x1b[00F"])
def test_a_move_by_no_rows_or_with_leading_zeros_is_a_move_by_one(up: bytes) -> None:
    assert shown(b"begins\none\n" + up + b"two\nend\n") == ["begins", "two", "end"]


@pytest.mark.parametrize("text", [b"ab", b"\rab", b"\r\x1b[Kab", b"ab    "])
def test_a_shorter_text_replaces_its_row(text: bytes) -> None:
    assert shown(b"longer\nother\n\x1b[2A" + text + b"\n\nend\n") == ["ab", "other", "end"]


def test_a_move_by_any_number_of_rows_ends() -> None:
    with no_hang("following moves"):
        shown(b"one\n" + b"\x1b[%sAx\n" % (b"9" * 5000) * 10)
        latest_progress(b"\n" + b"\x1b[9999A|" * 1000)


def test_bars_below_one_another_are_shown_as_they_were_drawn_last() -> None:
    steps = [(row, f"bar {row}: {step}") for step in range(9) for row in range(3)]
    assert shown(b"begins\n" + tqdm(*steps)) == ["begins", "bar 0: 8", "bar 1: 8", "bar 2: 8"]


def test_a_bar_that_is_no_longer_drawn_keeps_its_row() -> None:
    steps = [(row, f"bar {row}: {step}") for step in range(9) for row in range(3)
             if step < 3 or row == 2]  # fmt: skip
    assert shown(tqdm(*steps)) == ["bar 0: 2", "bar 1: 2", "bar 2: 8"]


def test_messages_above_a_live_display_keep_their_places() -> None:
    frames = [[f"shard-{row} {step}%" for row in range(3)] for step in range(6)]
    data = rich(frames, {2: "ERROR one", 4: "ERROR two"}) + b"after\n"
    assert shown(data) == [
        "begins", "ERROR one", "ERROR two", "shard-0 5%", "shard-1 5%", "shard-2 5%", "after",
    ]  # fmt: skip


def test_layers_of_docker_that_are_redrawn_from_below_have_a_row_each() -> None:
    assert shown(DOCKER) == [
        "Using default tag", "l1: complete", "l2: 5%", "l3: 50%", "Digest: sha256:00", "Status: ok",
    ]  # fmt: skip


def test_two_consecutive_live_displays_are_both_shown() -> None:
    one = rich([[f"a {step}", f"b {step}"] for step in range(3)], {})
    assert shown(one + b"between\n" + one) == [
        "begins", "a 2", "b 2", "between", "begins", "a 2", "b 2",
    ]  # fmt: skip


def test_lines_of_several_logs_do_not_draw_over_each_other() -> None:
    bars = tqdm(*[(row, f"{row}: {step}") for step in range(3) for row in range(2)]).split(b"\n")
    tagged = [line for pair in zip([b"001|" + bar for bar in bars],
                                   [b"002|words %d" % n for n in range(len(bars))], strict=True)
              for line in pair]  # fmt: skip
    data = b"\n".join(tagged)
    tags = {data[start:].split(b"\n")[0][:4] for start in final_lines(data, 4)}
    assert tags == {b"001|", b"002|"}
    assert sum(data[at : at + 4] == b"002|" for at in final_lines(data, 4)) == len(bars)
    assert data[final_lines(data, 4)[-2] :].startswith(b"001|")


PIECES = st.sampled_from(
    [
        b"\n", b"\r", b"one", b"two", b"\x1b[A", b"\x1b[2A", b"\x1b[B", b"\x1b[3F", b"\x1b[E",
        b"\x1b[2K", b"\x1b[999A", b"\x1b[31m", b"\x1b[",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=40).map(b"".join))
def test_any_log_can_be_cut_anywhere_and_keeps_its_lines_without_cursor_moves(data: bytes) -> None:
    for cut in range(len(data) + 1):
        shown(data[:cut])
        shown(data[cut:])
    if b"A" not in data and b"F" not in data:
        assert len(final_lines(data)) == len(data.removesuffix(b"\n").split(b"\n")) - (not data)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 99)), min_size=1, max_size=40))
def test_each_row_shows_what_was_drawn_there_last(steps: list[tuple[int, int]]) -> None:
    last: dict[int, str] = {}
    for row, step in steps:
        last[row] = f"bar {row}: {step}"
    texts = shown(tqdm(*[(row, f"bar {row}: {step}") for row, step in steps]))
    assert [text for text in texts if text] == [last[row] for row in sorted(last)]


@pytest.mark.parametrize(
    "data",
    [b"\x1b[A" * 20_000, b"\n\x1b[A" * 16_000, b"x\n" * 32_000 + b"\x1b[99A",
     b"\n" * 99 + b"x\x1b[99A\x1b[99B" * 6000],
)  # fmt: skip
def test_hostile_cursor_moves_are_processed_without_hanging(data: bytes) -> None:
    with no_hang("the rows of a log"):
        shown(data)
