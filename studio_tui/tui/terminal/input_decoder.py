"""What a terminal sends as typed or pasted spoils a character at worst: not the program, nor a job.

Textual's input thread reads strictly, and ends the program on the first byte of a Latin-1 paste.
And an escape character within a paste ends the paste for Textual's parser: what follows would be
keys, which act. Tests say what this leans on.
"""

import codecs
from collections.abc import Callable
from functools import partial

from textual.drivers import linux_driver

PASTE, PASTED = "\x1b[200~", "\x1b[201~"
"""What stands before and after a paste (xterm's bracketed paste mode)."""

_ESCAPE, _SHOWN = "\x1b", "␛"


def install() -> None:
    """Have the terminal's input read with replacement characters for what cannot be read."""

    def lenient(_encoding: str) -> Callable[[], codecs.IncrementalDecoder]:
        return partial(KeyboardDecoder, "replace")

    linux_driver.getincrementaldecoder = lenient  # type: ignore[attr-defined,assignment]


class KeyboardDecoder(codecs.IncrementalDecoder):
    """Turns what a terminal sends into text in which a paste holds no escape character."""

    def __init__(self, errors: str = "replace") -> None:
        super().__init__(errors)
        self._utf8 = codecs.getincrementaldecoder("utf-8")(errors)
        self._is_pasting = False
        self._before = ""
        """Outside of a paste the last characters told, inside those that are not told yet."""

    def decode(self, data: bytes, final: bool = False) -> str:  # type: ignore[override]
        """Return the next characters."""
        text = self._utf8.decode(data, final)
        told = ""
        while text:
            piece, text = self._paste(text, final) if self._is_pasting else self._keys(text)
            told += piece
        return told

    def _keys(self, text: str) -> tuple[str, str]:
        """Return what is told of text outside of a paste, and what is left of it."""
        around = self._before + text
        found = around.find(PASTE)
        if found < 0:
            self._before = around[-len(PASTE) + 1 :]
            return text, ""
        end = found + len(PASTE) - len(self._before)
        self._is_pasting, self._before = True, ""
        return text[:end], text[end:]

    def _paste(self, text: str, final: bool) -> tuple[str, str]:
        """Return what is told of text within a paste, and what is left of it."""
        text, self._before = self._before + text, ""
        pasted, end, rest = text.partition(PASTED)
        if end:
            self._is_pasting = False
            return pasted.replace(_ESCAPE, _SHOWN) + end, rest
        # What may become the end of the paste waits for what comes next.
        last = pasted.rfind(_ESCAPE)
        if not final and last >= 0 and PASTED.startswith(pasted[last:]):
            pasted, self._before = pasted[:last], pasted[last:]
        return pasted.replace(_ESCAPE, _SHOWN), ""
