"""Decodes terminal input so that invalid bytes or pasted control codes cannot do harm.

Textual fails on invalid bytes, and its parser ends a paste at an escape character within the paste;
see docs/upstream/input-decoding.md.
"""

import codecs

PASTE, PASTED = "\x1b[200~", "\x1b[201~"
"""The start and the end of a paste (xterm's bracketed paste mode)."""

_ESCAPE, _VISIBLE_ESCAPE = "\x1b", "␛"


class KeyboardDecoder(codecs.IncrementalDecoder):
    """Decodes UTF-8 with replacement characters, and replaces escape characters within a paste."""

    def __init__(self) -> None:
        super().__init__("replace")
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._is_pasting = False
        self._before = ""
        """The end of the earlier input, which may contain the beginning of a marker.

        Outside a paste these characters were returned already, within a paste they were not.
        """

    def decode(self, data: bytes, final: bool = False) -> str:  # type: ignore[override]
        text = self._utf8.decode(data, final)
        decoded = ""
        while text:
            if self._is_pasting:
                piece, text = self._decode_paste(text, final)
            else:
                piece, text = self._decode_keys(text)
            decoded += piece
        return decoded

    def _decode_keys(self, text: str) -> tuple[str, str]:
        text_so_far = self._before + text
        start = text_so_far.find(PASTE)
        if start < 0:
            self._before = text_so_far[-len(PASTE) + 1 :]
            return text, ""
        end = start + len(PASTE) - len(self._before)
        self._is_pasting, self._before = True, ""
        return text[:end], text[end:]

    def _decode_paste(self, text: str, final: bool) -> tuple[str, str]:
        text, self._before = self._before + text, ""
        pasted, marker, remaining = text.partition(PASTED)
        if marker:
            self._is_pasting = False
            return pasted.replace(_ESCAPE, _VISIBLE_ESCAPE) + marker, remaining
        # Do not return yet what may be the beginning of the end marker.
        last = pasted.rfind(_ESCAPE)
        if not final and last >= 0 and PASTED.startswith(pasted[last:]):
            pasted, self._before = pasted[:last], pasted[last:]
        return pasted.replace(_ESCAPE, _VISIBLE_ESCAPE), ""
