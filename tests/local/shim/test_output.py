import os
from pathlib import Path

import pytest

from studio_tui.local.shim.output import OutputReader, OutputWriter
from tests import needs
from tests.local.outputs import stored, texts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "output"


def test_the_output_of_a_missing_folder_is_empty(folder: Path) -> None:
    reader = OutputReader(folder)
    assert reader.tail(100) == b""
    assert texts(reader) == []


def test_output_above_the_cap_keeps_its_beginning_and_end_around_a_mark(folder: Path) -> None:
    writer = OutputWriter(folder, segment_bytes=1000, cap_bytes=4000)
    lines = [f"line {number:05}\n" for number in range(2000)]
    for line in lines:
        writer.write(line.encode())
    reader = OutputReader(folder)
    kept = texts(reader)
    (mark,) = [text for text in kept if text not in set(lines)]
    mark_index = kept.index(mark)
    before, after = kept[:mark_index], kept[mark_index + 1 :]
    assert before == lines[: len(before)]
    assert after == lines[-len(after) :]
    dropped = len(lines) - len(before) - len(after)
    line_bytes = len("line 00000\n")
    assert mark.startswith(f"[local Studio: {dropped * line_bytes:,} bytes")
    assert reader.segments()[-1].end == len(lines) * line_bytes
    assert len(stored(reader)) <= 4000 + 4 * 125


def test_the_tail_spans_segments(folder: Path) -> None:
    writer = OutputWriter(folder, segment_bytes=100, cap_bytes=100_000)
    output = b"".join(b"line %d\n" % number for number in range(500))
    for line in output.splitlines(keepends=True):
        writer.write(line)
    assert OutputReader(folder).tail(1000) == output[-1000:]
    assert OutputReader(folder).tail(10**6) == output


def test_output_files_are_readable_by_their_owner_only(folder: Path) -> None:
    writer = OutputWriter(folder)
    writer.write(b"secret\n")
    writer.close()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


@needs.linux("only it has /dev/full")
def test_a_mark_counts_the_bytes_that_could_not_be_written(folder: Path) -> None:
    writer = OutputWriter(folder)
    writer.write(b"before\n")
    file = writer._file
    with Path("/dev/full").open("wb", buffering=0) as full:
        writer._file = full.fileno()
        writer.write(b"lost bytes")
        writer._file = file
    writer.write(b"after\n")
    assert texts(OutputReader(folder)) == [
        "before\n",
        "\n",
        "[local Studio: 10 bytes of output could not be written]\n",
        "after\n",
    ]
    assert writer.size == os.fstat(file).st_size
