"""What a job prints, kept in files: one writer, any number of readers, offsets that never change.

A job's output is a sequence of bytes. It lies in segment files named by the offset of their first
byte, so that the cap can drop segments of the middle and every other byte keeps its offset. Where a
line stayed unfinished for a moment, its end is noted in `cuts`, so that every reader divides the
same bytes in the same way.
"""

from pathlib import Path


class OutputReader:
    """Reads a job's output while it is being written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
