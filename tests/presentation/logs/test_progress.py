"""Progress bars are parsed with their numbers, and no other line is taken for a progress bar."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.logs.progress import (
    Progress,
    bar_text,
    latest_progress,
    parse_progress,
    progress_text,
)

BARS = {
    " 37%|###7      | 37/100 [00:12<00:20,  3.1it/s]": Progress("", 37, 100, 37, "it", 3.1, 12, 20),
    "Epoch 3: 37%|███▋      | 37/100 [00:12<00:20,  3.10it/s, loss=[0.3]]": Progress(
        "Epoch 3", 37, 100, 37, "it", 3.1, 12, 20
    ),
    "12it [00:03, 4.00it/s]": Progress("", 12, None, None, "it", 4, 3, None),
    "5/? [00:03, 4.00it/s]": Progress("", 5, None, None, "it", 4, 3, None),
    "  0%|          | 0/10 [00:00<?, ?it/s]": Progress("", 0, 10, 0, "it", None, 0, None),
    " 10%|█         | 1/10 [00:02<00:22,  2.50s/it]": Progress("", 1, 10, 10, "it", 0.4, 2, 22),
    "37% 37/100 [00:12<00:20,  2.0ks/it]": Progress("", 37, 100, 37, "it", 0.0005, 12, 20),
    "100%|████| 9/9 [1:02:03<00:00, 12.00rows/s]": Progress("", 9, 9, 100, "rows", 12, 3723, 0),
    "50%|█ | 1/2 [1 day, 1:02:03<2d 00:00:04, 9.00it/s]": Progress(
        "", 1, 2, 50, "it", 9, 90123, 172804
    ),
    "get:  25%|██▌       | 1.20M/4.80M [00:03<1:02:03, 400kB/s]": Progress(
        "get", 1.2e6, 4.8e6, 25, "B", 4e5, 3, 3723
    ),
    "get:  30%|███       | 1.20kB/4.00kB [00:03<00:03, 3.00kB/s]": Progress(
        "get", 1200, 4000, 30, "B", 3000, 3, 3
    ),
    "12Tokens [00:03, 4.00Tokens/s]": Progress("", 12, None, None, "Tokens", 4, 3, None),
    "1.20kpages [00:03, 400pages/s]": Progress("", 1200, None, None, "pages", 400, 3, None),
    "50%|█ | 1.00G/2.00G [00:01<00:01, 1.00GTokens/s]": Progress(
        "", 1e9, 2e9, 50, "Tokens", 1e9, 1, 1
    ),
    "Listing gs://b: 269981 objects [00:16, 16568.50 objects/s]": Progress(
        "Listing gs://b", 269981, None, None, "objects", 16568.5, 16, None
    ),
    "Processed: 1,200 rows [00:02, 600.1 rows/s]": Progress(
        "Processed", 1200, None, None, "rows", 600.1, 2, None
    ),
    "   ━━━━━━━━━╺━━━━━━━━ 12.0/48.0 MB 3.2 MB/s eta 0:00:10": Progress(
        "", 12e6, 48e6, 25, "B", 3.2e6, None, 10
    ),
    "   ---------------- 12.0/48.0 kB ? eta -:--:--": Progress(
        "", 12e3, 48e3, 25, "B", None, None, None
    ),
    "Working... ━━━━━━━━━━━━━━  37% 0:00:20": Progress(
        "Working...", None, None, 37, "", None, None, 20
    ),
    "37/100 [=====>......] - ETA: 20s - loss: 0.3": Progress("", 37, 100, 37, "", None, None, 20),
    "37/100 ━━━━━━━━━━━━ 20s 50ms/step - loss: 0.3": Progress(
        "", 37, 100, 37, "step", 20, None, None
    ),
    "Copying: 37% [=====>    ]": Progress("Copying", None, None, 37, "", None, None, None),
    "|████----| 40.0% Complete": Progress("", None, None, 40, "", None, None, None),
    "▕███░░░░░▏ 37%": Progress("", None, None, 37, "", None, None, None),
    # Bars that are cut to the width of a terminal, perhaps within a number.
    " 37%|▌| 37/100 [00:12<00:20,  3": Progress("", 37, 100, 37, "", None, None, None),
    " 37%|▌| 37/10": Progress("", None, None, 37, "", None, None, None),
    # Two bars that were printed into one line.
    "a: 12it [00:03, 4.00it/s]b: 13it [00:04, 4.00it/s]": Progress(
        "a: 12it [00:03, 4.00it/s]b", 13, None, None, "it", 4, 4, None
    ),
}


@pytest.mark.parametrize("state", BARS)
def test_a_progress_bar_is_parsed(state: str) -> None:
    assert parse_progress(state) == pytest.approx(BARS[state])


@pytest.mark.parametrize(
    "line",
    [
        "",
        "100% of tests passed",
        "loss 37/100",
        "37%",
        "2024/12/03 [00:01, hello]",
        "2024-12-03 12:13:14 INFO [worker 3] 37/100 done",
        "[12:13:14] 37% at 3.1 it/s",
        "12 of 13 [12:13:14] done",
        "| 37% | 12/34 |",
        "|-----|-----|",
        "==== 37% ====",
        "━━━━━━━━━ Results ━━━━━━━━━",
        "cats ██████ 37%",
        "tests/test_a.py ..... [ 37%]",
        "values: [0.1 0.2 0.3 0.4]  37/100",
        "x" * 2000 + " 37%|###7      | 37/100 [00:12<00:20,  3.1it/s]",
    ],
)
def test_an_ordinary_line_is_not_a_progress_bar(line: str) -> None:
    assert parse_progress(line) is None


def clock(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


LABELS = st.text(
    st.characters(categories=["L", "N"], include_characters=" /.%[]|"), max_size=20
).map(lambda text: text.strip(" |"))
UNITS = st.sampled_from(["it", "B", " objects", "rows", "Tokens"])


@st.composite
def tqdm_bars(draw: st.DrawFn) -> tuple[str, Progress]:
    """Draw a progress bar as tqdm writes it, with its numbers."""
    label, unit = draw(LABELS), draw(UNITS)
    total = draw(st.none() | st.integers(1, 10**9))
    done = draw(st.integers(0, total or 10**9))
    elapsed = draw(st.integers(0, 10**6))
    rate = draw(st.none() | st.integers(1, 10**8).map(lambda cents: cents / 100))
    slow = rate is not None and rate < 1
    speed = (
        f"?{unit}/s" if rate is None else
        f"{1 / rate:5.2f}s/{unit}" if slow else f"{rate:5.2f}{unit}/s"
    )  # fmt: skip
    if slow:
        rate = 1 / float(f"{1 / (rate or 1):.2f}")
    head = f"{label}: " if label else ""
    if total is None:
        state = f"{head}{done}{unit} [{clock(elapsed)}, {speed}]"
        expected = Progress(label, done, None, None, unit.strip(), rate, elapsed, None)
        return state, expected
    percent = 100 * done / total
    remaining = None if rate is None else int((total - done) / rate)
    ink = draw(st.sampled_from(["#", "█"])) * int(percent / 10)
    state = (
        f"{head}{percent:3.0f}%|{ink:10}| {done}/{total} "
        f"[{clock(elapsed)}<{'?' if remaining is None else clock(remaining)}, {speed}]"
    )
    expected = Progress(
        label, done, total, float(f"{percent:.0f}"), unit.strip(), rate, elapsed, remaining
    )
    return state, expected


@given(tqdm_bars())
def test_progress_bars_of_tqdm_are_parsed_back(bar: tuple[str, Progress]) -> None:
    state, expected = bar
    assert parse_progress(state) == pytest.approx(expected)


PIECES = st.sampled_from(
    [
        " 37%|", "|", "###7   ", "37/100", "1.2k/4.8M", "[00:12<00:20,", " 3.1it/s", "]",
        "eta 1:02", "━━━━━━━", "[====>...]", "ETA: 20s", "54ms/step", "9" * 20,
        "1e99/0", "0s/it", "\r", "\n", "\x1b[A", "\x1b[", "\x1b[31m", "\x1b[999A", "\u202e", "漢",
    ]
)  # fmt: skip
NOISE = st.lists(PIECES | st.text(max_size=4), max_size=15).map("".join)


def assert_sound(bar: Progress | None) -> None:
    if bar is None:
        return
    for number in bar[1:4] + bar[5:8]:
        assert number is None or 0 <= number < float("inf")
    assert bar.percent is None or bar.percent <= 100
    for text in (bar.label, bar.unit, progress_text(bar)):
        assert all(unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in text)


@given(NOISE | st.binary(max_size=300).map(lambda raw: raw.decode("utf-8", "replace")))
def test_no_log_makes_the_parser_fail_or_return_unsafe_text(text: str) -> None:
    parse_progress(text)
    assert_sound(latest_progress(b"\r" + text.encode("utf-8", "surrogatepass")))


@given(st.lists(tqdm_bars(), min_size=1, max_size=4), st.sampled_from(["\r", "\n", "\r\n"]))
def test_a_log_cut_anywhere_shows_the_last_complete_state(
    bars: list[tuple[str, Progress]], between: str
) -> None:
    stream = b""
    states: list[Progress | None] = [None]
    for state, expected in bars:
        written = f"{between}{state}".encode()
        assert [latest_progress(stream + written[:cut]) for cut in range(len(written))] == [
            states[-1] for _ in written
        ]
        stream += written
        states.append(parse_progress(state))
        assert latest_progress(stream) == states[-1] == pytest.approx(expected)
    for cut in range(len(stream)):
        assert latest_progress(stream[cut:]) in {None, states[-1]}


OUTER = " 10%|█         | 1/10 [00:10<01:30, 10.00s/it]"
INNER = " 50%|█████     | 5/10 [00:05<00:05,  1.00it/s]"
KERAS = "37/100 [=====>......] - ETA: 20s"


def test_a_state_of_a_bar_without_an_end_counts_when_the_next_state_begins() -> None:
    first = b"\r 9/100 [>...........] - ETA: 90s"
    second = f"\r{KERAS}".encode()
    for cut in range(len(second)):
        assert latest_progress(first + second[: cut + 1]) == parse_progress(first.decode()[1:])
    assert latest_progress(first + second + b"\r") == parse_progress(KERAS)


def test_the_outer_of_nested_bars_is_the_progress_of_the_job() -> None:
    nested = f"\r{OUTER}\n\r{INNER}\x1b[A\n\r{INNER}\x1b[A".encode()
    assert latest_progress(nested) == parse_progress(OUTER)
    done = OUTER.replace(" 10%", "100%").replace("1/10", "10/10")
    assert latest_progress(f"\r{done}\n\r{INNER}\x1b[A".encode()) == parse_progress(INNER)


def test_an_outer_bar_that_is_seldom_drawn_is_remembered() -> None:
    outer, inner = parse_progress(OUTER), parse_progress(INNER)
    assert outer is not None
    assert inner is not None
    below = f"\x1b[A\n\r{INNER}\x1b[A\n\r{INNER}\x1b[A".encode()
    assert latest_progress(below) == inner._replace(is_part=True)
    assert latest_progress(below, outer) == outer
    assert latest_progress(below, inner._replace(is_part=True)) == inner._replace(is_part=True)
    assert latest_progress(below, outer._replace(percent=100)) == inner._replace(is_part=True)
    assert latest_progress(f"\n\r{INNER}".encode(), outer) == inner


def parallel_bars(second: int) -> bytes:
    """Return what three parallel bars have written by `second`; two of them end early.

    The last state of the second bar is 79 of 80, as tqdm does not draw every step.
    """

    def state(name: str, done: int, total: int, at: int) -> str:
        return (
            f"{name}: {100 * done // total:3}%|{'█' * (10 * done // total):10}| {done}/{total} "
            f"[00:{at:02}<00:01, 19.60it/s]"
        )

    drawn = b""
    for at in range(second + 1):
        for step in range(20):
            done = 20 * at + step
            if done <= 40:
                drawn += f"\r{state('a', done, 40, at)}".encode()
            if done < 80:
                drawn += f"\n\r{state('b', done, 80, at)}\x1b[A".encode()
            drawn += f"\n\n\r{state('c', min(done, 400), 400, at)}\x1b[A\x1b[A".encode()
    return drawn


@pytest.mark.parametrize("length", [4096, 32 * 1024])
def test_a_bar_that_is_no_longer_drawn_is_not_the_progress_of_the_job(length: int) -> None:
    progress: Progress | None = None
    for second in range(20):
        progress = latest_progress(parallel_bars(second)[-length:], progress)
    assert progress is not None
    assert (progress.label, progress.total) == ("c", 400)
    early = latest_progress(parallel_bars(1)[-length:])
    assert early is not None
    assert early.label == "a"


def test_bars_that_are_redrawn_by_other_control_codes_are_parsed() -> None:
    for rewind in ("\x1b[2K\x1b[1G", "\x1b[G", "\x1b[0G", "\x1b[80D", "\x08" * 80):
        drawn = f"{rewind}{OUTER}{rewind}{INNER}{rewind}".encode()
        assert latest_progress(drawn) == parse_progress(INNER), rewind
    assert latest_progress(f"\n\n\x1b[2A\r{KERAS}\x1b[2B\r".encode()) == parse_progress(KERAS)


def test_the_newer_of_two_consecutive_bars_is_shown() -> None:
    assert latest_progress(f"\r{OUTER}\n\r{INNER}\n".encode()) == parse_progress(INNER)


def test_a_bar_is_shown_although_other_lines_follow() -> None:
    assert latest_progress(f"\r{OUTER}\nsaved\n100% of tests passed\n".encode()) == parse_progress(
        OUTER
    )
    assert latest_progress(b"\nnothing here\n") is None


def test_a_bar_with_colors_is_parsed() -> None:
    keras = b"\n\x1b[1m37/100\x1b[0m \x1b[32m\xe2\x94\x81" + b"\xe2\x94\x81" * 9 + b"\x1b[0m 20s\r"
    bar = latest_progress(keras)
    assert bar is not None
    assert (bar.done, bar.total) == (37, 100)


@given(st.floats(0, 100), st.integers(-2, 60))
def test_a_drawn_bar_has_the_given_width_and_is_full_only_at_100_percent(
    percent: float, width: int
) -> None:
    drawn = bar_text(percent, width)
    assert len(drawn) == max(width, 0)
    if width > 2:
        assert (set(drawn[1:-1]) == {"█"}) == (percent == 100)


def test_bars_are_drawn_in_eighths_of_a_cell() -> None:
    assert bar_text(37, 10) == "▕██▉░░░░░▏"
    assert bar_text(0, 10) == "▕░░░░░░░░▏"
    assert bar_text(100, 10) == "▕████████▏"


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (" 37%|###7      | 37/100 [00:12<00:20,  3.1it/s]", "37%  3.1 it/s  ~0:20 left"),
        (
            "Listing gs://b: 269981 objects [00:16, 16568.50 objects/s]",
            "269,981 objects  16.6k/s",
        ),
        (" 10%|█         | 1/10 [00:02<00:22,  2.50s/it]", "10%  2.5 s/it  ~0:22 left"),
        ("  0%|          | 0/10 [00:00<?, ?it/s]", "0%"),
        ("100%|██████████| 9/9 [00:02<00:00,  2.50it/s]", "100%  2.5 it/s"),
        ("1.20MB [00:03, 400kB/s]", "1.2 MB  400 kB/s"),
        ("12it [00:03, ?it/s]", "12 it"),
    ],
)
def test_the_text_of_a_progress_has_its_main_numbers(state: str, text: str) -> None:
    bar = parse_progress(state)
    assert bar is not None
    assert progress_text(bar) == text
