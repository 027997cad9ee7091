"""Decodes terminal input so that invalid bytes or pasted control codes cannot do harm.

Textual decodes strictly, and for its parser an escape character within a paste ends the paste; see
docs/upstream/input-decoding.md.
"""

import codecs

PASTE, PASTED = "\x1b[200~", "\x1b[201~"
"""The start and end of a paste (xterm's bracketed paste mode)."""

_ESCAPE, _SHOWN = "\x1b", "␛"


class KeyboardDecoder(codecs.IncrementalDecoder):
    """Decodes UTF-8 with replacement characters, and replaces escape characters within a paste."""

    def __init__(self) -> None:
        super().__init__("replace")
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._is_pasting = False
        self._before = ""
        """Outside a paste the last characters returned, inside it those not yet returned."""

    def decode(self, data: bytes, final: bool = False) -> str:  # type: ignore[override]
        """Return the next characters."""
        text = self._utf8.decode(data, final)
        typed_text = ""
        while text:
            piece, text = self._paste(text, final) if self._is_pasting else self._keys(text)
            typed_text += piece
        return typed_text

    def _keys(self, text: str) -> tuple[str, str]:
        """Return the output for text outside a paste, and the remaining input."""
        text_so_far = self._before + text
        start = text_so_far.find(PASTE)
        if start < 0:
            self._before = text_so_far[-len(PASTE) + 1 :]
            return text, ""
        end = start + len(PASTE) - len(self._before)
        self._is_pasting, self._before = True, ""
        return text[:end], text[end:]

    def _paste(self, text: str, final: bool) -> tuple[str, str]:
        """Return the output for text within a paste, and the remaining input."""
        text, self._before = self._before + text, ""
        pasted, end, rest = text.partition(PASTED)
        if end:
            self._is_pasting = False
            return pasted.replace(_ESCAPE, _SHOWN) + end, rest
        # Hold back what may be the beginning of the end marker.
        last = pasted.rfind(_ESCAPE)
        if not final and last >= 0 and PASTED.startswith(pasted[last:]):
            pasted, self._before = pasted[:last], pasted[last:]
        return pasted.replace(_ESCAPE, _SHOWN), ""
