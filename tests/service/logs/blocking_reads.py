"""Counts the reads of files that block the event loop."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock


@contextmanager
def counting_reads() -> Iterator[list[int]]:
    """Collect the length of each read by the current thread."""
    lengths: list[int] = []
    thread, pread = threading.current_thread(), os.pread

    def counted_pread(descriptor: int, length: int, offset: int) -> bytes:
        if threading.current_thread() is thread:
            lengths.append(length)
        return pread(descriptor, length, offset)

    with mock.patch("os.pread", counted_pread):
        yield lengths
