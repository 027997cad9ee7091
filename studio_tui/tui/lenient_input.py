"""What comes from the keyboard and is no UTF-8 spoils a character, not the program.

Textual's input thread reads strictly, and ends the program on the first byte of a Latin-1 paste.
A test says what this leans on.
"""

import codecs
from collections.abc import Callable
from functools import partial

from textual.drivers import linux_driver


def install() -> None:
    """Have the terminal's input read with replacement characters for what cannot be read."""

    def lenient(encoding: str) -> Callable[[], codecs.IncrementalDecoder]:
        return partial(codecs.getincrementaldecoder(encoding), "replace")

    linux_driver.getincrementaldecoder = lenient  # type: ignore[attr-defined,assignment]
