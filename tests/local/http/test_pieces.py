import os
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.local.http.pieces import PIECE_LIMIT, PieceReader
from studio_tui.local.shim.output import OutputReader, OutputWriter
from tests.local.outputs import read_all, read_rest, stored, texts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "output"


def test_lines_end_at_line_feeds_carriage_returns_and_pairs_of_both(folder: Path) -> None:
    writer = OutputWriter(folder)
    writer.write(b"one\ntwo\r\n\n 10%\r 20%\rlast")
    assert texts(OutputReader(folder)) == ["one\n", "two\r\n", "\n", " 10%\r", " 20%\r", "last"]


def test_ids_are_positive_and_increase(folder: Path) -> None:
    writer = OutputWriter(folder)
    writer.write(b"a\n\n\nb\n")
    ids = [number for number, _ in read_all(OutputReader(folder))]
    assert ids[0] == 1
    assert ids == sorted(set(ids))


def test_an_unfinished_line_is_not_read_before_the_writer_records_a_cut(folder: Path) -> None:
    writer = OutputWriter(folder)
    pieces = PieceReader(OutputReader(folder))
    writer.write(b"loading")
    assert pieces.read(ended=False).texts == []
    writer.record_cut()
    assert pieces.read(ended=False).texts == ["loading"]
    writer.write(b"... done\n")
    assert pieces.read(ended=False).texts == ["... done\n"]


def test_a_carriage_return_at_the_end_is_not_read_before_its_line_feed(folder: Path) -> None:
    writer = OutputWriter(folder)
    pieces = PieceReader(OutputReader(folder))
    writer.write(b"one\r")
    assert pieces.read(ended=False).texts == []
    writer.write(b"\ntwo\n")
    assert pieces.read(ended=False).texts == ["one\r\n", "two\n"]


def test_a_cut_within_a_character_is_moved_before_the_character(folder: Path) -> None:
    writer = OutputWriter(folder)
    pieces = PieceReader(OutputReader(folder))
    rocket = "🚀".encode()
    writer.write(b"go " + rocket[:2])
    writer.record_cut()
    assert pieces.read(ended=False).texts == ["go "]
    writer.write(rocket[2:3])
    writer.record_cut()
    assert pieces.read(ended=False).texts == []
    writer.write(rocket[3:])
    writer.record_cut()
    assert pieces.read(ended=False).texts == ["🚀"]
    assert texts(OutputReader(folder)) == ["go ", "🚀"]


def test_a_cut_after_a_whole_line_is_not_recorded(folder: Path) -> None:
    writer = OutputWriter(folder)
    writer.write(b"whole\n")
    writer.record_cut()
    assert (folder / "cuts").stat().st_size == 0


def test_a_file_of_cuts_that_the_job_has_made_huge_is_ignored(folder: Path) -> None:
    writer = OutputWriter(folder)
    writer.write(b"one")
    writer.record_cut()
    os.truncate(folder / "cuts", 1 << 40)
    pieces = PieceReader(OutputReader(folder))
    assert pieces.read(ended=False).texts == ["one"]
    writer.write(b" two\n")
    assert pieces.read(ended=False).texts == [" two\n"]


def test_a_line_of_five_megabytes_is_divided_on_characters(folder: Path) -> None:
    line = "aü🚀" * 720_000
    OutputWriter(folder).write(line.encode() + b"\n")
    pieces_read = texts(OutputReader(folder))
    assert "".join(pieces_read) == line + "\n"
    assert all(len(text.encode()) <= PIECE_LIMIT for text in pieces_read)
    assert not any("\N{REPLACEMENT CHARACTER}" in text for text in pieces_read)


def test_a_line_end_pair_at_the_length_limit_stays_together(folder: Path) -> None:
    OutputWriter(folder).write(b"x" * (PIECE_LIMIT - 1) + b"\r\nnext\n")
    pieces_read = texts(OutputReader(folder))
    assert pieces_read == ["x" * (PIECE_LIMIT - 1), "\r\n", "next\n"]


def test_invalid_utf_8_is_replaced_in_the_same_way_by_each_reading(folder: Path) -> None:
    writer = OutputWriter(folder)
    pieces = PieceReader(OutputReader(folder))
    live: list[tuple[int, str]] = []
    for byte in b"\xff\xc3(\xe2\x82\xf0\x9f\x92 \x80\n":
        writer.write(bytes([byte]))
        writer.record_cut()
        live += zip(*pieces.read(ended=False), strict=True)
    assert live == read_all(OutputReader(folder))
    assert live[-1][1].endswith("\n")


def test_ids_of_pieces_do_not_change_when_the_cap_drops_pieces_between_them(folder: Path) -> None:
    writer = OutputWriter(folder, segment_bytes=1000, cap_bytes=4000)
    pieces = PieceReader(OutputReader(folder))
    live: dict[int, str] = {}
    for number in range(1500):
        writer.write(b"%d " % number * 3 + b"\n")
        if number % 7 == 0:
            live |= zip(*pieces.read(ended=False), strict=True)
    live |= zip(*pieces.read(ended=True), strict=True)
    replay = read_all(OutputReader(folder))
    # Pieces of the output have odd ids, the mark of the cap has an even one.
    replayed = {number: text for number, text in replay if number % 2}
    assert len(replay) - len(replayed) == 1
    assert replayed.items() <= live.items()


def test_a_reader_overtaken_by_the_cap_reads_one_mark_and_continues(folder: Path) -> None:
    writer = OutputWriter(folder, segment_bytes=1000, cap_bytes=4000)
    pieces = PieceReader(OutputReader(folder))
    writer.write(b"first\n")
    live = pieces.read(ended=False).texts
    for number in range(5000):
        writer.write(b"%d\n" % number)
    live += [text for _, text in read_rest(pieces)]
    assert live[0] == "first\n"
    assert sum("left out" in text for text in live) == 1
    assert live[-1] == "4999\n"


def test_segments_of_one_endless_line_are_cut_on_characters(folder: Path) -> None:
    writer = OutputWriter(folder, segment_bytes=1000, cap_bytes=1_000_000)
    text = "🚀" * 5000
    for start in range(0, len(text.encode()), 7):
        writer.write(text.encode()[start : start + 7])
    pieces_read = texts(OutputReader(folder))
    assert "".join(pieces_read) == text
    assert len(OutputReader(folder).segments()) > 10


writes = st.lists(
    st.tuples(
        st.one_of(
            st.binary(max_size=60),
            st.text(alphabet="aé€🚀\r\n", max_size=30).map(str.encode),
            st.sampled_from([b"x" * (PIECE_LIMIT + 5), "é".encode() * (PIECE_LIMIT // 2 + 3)]),
        ),
        st.booleans(),
    ),
    max_size=25,
)


@given(writes)
def test_live_reading_and_every_replay_agree_on_ids_and_texts(
    written: list[tuple[bytes, bool]],
) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "output"
        writer = OutputWriter(folder, segment_bytes=50_000, cap_bytes=10**9)
        reader = OutputReader(folder)
        live_reader = PieceReader(reader)
        live: list[tuple[int, str]] = []
        for data, is_cut in written:
            writer.write(data)
            if is_cut:
                writer.record_cut()
            live += zip(*live_reader.read(ended=False), strict=True)
        writer.record_cut()
        writer.close()
        live += read_rest(live_reader)
        replay = read_all(reader)
        assert live == replay
        whole = b"".join(data for data, _ in written)
        assert stored(reader) == whole
        assert live_reader.offset == len(whole)
        if whole.decode(errors="ignore").encode() == whole:
            assert "".join(text for _, text in replay) == whole.decode()


def test_reading_during_fast_writing_agrees_with_the_replay(folder: Path) -> None:
    writer = OutputWriter(folder, segment_bytes=200_000, cap_bytes=10**9)
    reader = OutputReader(folder)
    finished = threading.Event()

    def write() -> None:
        for number in range(30_000):
            writer.write(b"seq=%06d" % number)
            if number % 50 == 0:
                writer.record_cut()
            writer.write(b"\r\n" if number % 3 else b"\n")
        finished.set()

    thread = threading.Thread(target=write)
    thread.start()
    pieces = PieceReader(reader)
    live: list[tuple[int, str]] = []
    while not finished.is_set():
        live += zip(*pieces.read(ended=False), strict=True)
    thread.join()
    live += read_rest(pieces)
    assert live == read_all(reader)
    joined = "".join(text for _, text in live).replace("\r\n", "\n")
    assert joined == "".join(f"seq={number:06}\n" for number in range(30_000))
    writer.close()
