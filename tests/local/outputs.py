"""Reads the whole output of a job, for the tests of its writer and of its reader."""

from studio_tui.local.http.pieces import PieceReader
from studio_tui.local.shim.output import OutputReader


def read_all(reader: OutputReader) -> list[tuple[int, str]]:
    """Return the pieces of an output, with their ids."""
    pieces = PieceReader(reader)
    found: list[tuple[int, str]] = []
    while (more := pieces.read(ended=True)).ids:
        found += zip(*more, strict=True)
    return found


def texts(reader: OutputReader) -> list[str]:
    """Return the pieces of an output."""
    return [text for _, text in read_all(reader)]


def stored(reader: OutputReader) -> bytes:
    """Return the bytes of an output."""
    return b"".join(
        reader.read(segment, segment.start, 1 << 30) or b"" for segment in reader.segments()
    )
