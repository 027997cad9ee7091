"""Reads the whole output of a job, for tests of the code that writes and reads it."""

from studio_tui.local.http.pieces import PieceReader
from studio_tui.local.shim.output import OutputReader


def read_all(reader: OutputReader) -> list[tuple[int, str]]:
    """Return the pieces of an output, each with its id."""
    return read_rest(PieceReader(reader))


def read_rest(pieces: PieceReader) -> list[tuple[int, str]]:
    """Return the pieces that have not been read yet, each with its id."""
    rest: list[tuple[int, str]] = []
    while (batch := pieces.read(ended=True)).ids:
        rest += zip(*batch, strict=True)
    return rest


def texts(reader: OutputReader) -> list[str]:
    """Return the texts of all pieces of an output."""
    return [text for _, text in read_all(reader)]


def stored(reader: OutputReader) -> bytes:
    """Return the bytes of an output, without those that the cap has dropped."""
    return b"".join(
        reader.read(segment, segment.start, 1 << 30) or b"" for segment in reader.segments()
    )
