"""Fast search for lines that may be errors or warnings; `level_of` then checks them exactly."""

import re
from collections.abc import Iterator
from functools import cache

from studio_tui.presentation.logs.levels import LogLevel

_ERROR_SIGNS = (
    b"rror", b"fatal", b"critical", b"panic", b"terminate call", b": ***", b"not found",
    b"unbound var",
)  # fmt: skip
"""Texts that are in lines with errors, and in few other lines."""
_ERROR_CAPITALS = re.compile(
    rb"E(?:RR|MERG|xception|\d{3,4} \d\d:|xec format|(?<![A-Z]E) )"
    rb"|F(?:A(?:TA|IL)|atal|ile (?:exists|\"[^\"\n]*\", line \d+(?![,\d]))|\d{3,4} \d\d:"
    rb"|(?<![A-Z]F) )"
    rb"|C(?:RIT|(?<![A-Z]C) |onnection (?:re|timed)|annot alloc)|P(?:ANIC|ermission denied)"
    rb"|S(?:EVERE|egmentation|ystemExit|tale file)|A(?:LERT|bort|rgument list)"
    rb"|T(?:raceback|oo many open|emporary failure|erminated)|K(?:illed|eyboardInterrupt)"
    rb"|N(?:o (?:such |space |module )|ot a d|etwork is un|ame or serv)"
    rb"|I(?:s a dir|nput/out|llegal inst)|Operation not p|D(?:irectory not|isk quota|evice or r)"
    rb"|Read-only f|B(?:roken pipe|us error)|Un(?:known com|handled exc|caught exc)"
)
"""Signs with a capital; these are rare, so one pattern is faster than a `find` for each."""
_WARNING_SIGNS = (b"WARN", b"Warning", b"warn", b"WRN", b" W ")
_LINE = (
    rb"\n(?:\x1b\[[\d;]*m)*(?:\[?rank ?\d+\]?: ?)?"
    rb"(?:\[?[%s](?:\d{3,4} |: | |, \[)|<\d{1,3}>|fail: |crit: )"
)
"""A letter, number or word for the level at the start of a line; `%s` stands for the letters."""
_ERROR_LINE = re.compile(_LINE % b"EFC")
_WARNING_LINE = re.compile(_LINE % b"W")
_WARNING_STAMP = re.compile(rb"W\d{3,4} \d\d:")
"""A warning of glog, anywhere in a line."""
_ERROR_MARKS = re.compile(rb"\xe2(?:\x9c[\x96-\x98]|\x9d\x8c|\xa8\xaf)|\xc3\x97 +[\[A-Z]")
"""✖ ✗ ✘ ❌ ⨯, and × only before `[` or a capital, in UTF-8."""
_WARNING_MARK = b"\xe2\x9a\xa0"
"""⚠ in UTF-8."""
_VALUE = rb'"\s?:\s?"?(?:(?:%s)(?![.\d])|(?i:%s))'
"""The value of a JSON field: a number (first `%s`) or the start of a word (second)."""
_ERROR_VALUES = rb'err|ero|crit|emerg|alert|severe|fail|ftl|fata|[efc]"'
_WARNING_VALUES = rb'wrn|w"'
_NUMBERS = {
    b"evel": (rb"[56]\d(?:000)?|40000|[0-4]", rb"4\d|30000|[24]"),
    b"evelno": (rb"[45]\d", rb"3\d"),
    b"evel_value": (rb"[45]\d000", rb"3\d000"),
    b"everityNumber": (rb"1[7-9]|2[0-4]", rb"1[3-6]"),
    b"everity_number": (rb"1[7-9]|2[0-4]", rb"1[3-6]"),
    b"everityLevel": (rb"[34]", rb"2"),
    b"everity": (rb"[56]\d|[0-4]", rb"4\d|[24]"),
    b"RIORITY": (rb"[0-3]", rb"4"),
    b"riority": (rb"[0-3]", rb"4"),
    b"lvl": (rb"[56]\d", rb"4\d"),
    b"@l": (rb"[56]\d", rb"4\d"),
    b'"s': (rb"[56]\d", rb"4\d"),
}
"""By the end of a field's name: patterns of numbers that mean an error, and a warning."""


@cache
def _field_patterns(name: bytes) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    errors, warnings = _NUMBERS[name]
    return (
        re.compile(name + _VALUE % (errors, _ERROR_VALUES)),
        re.compile(name + _VALUE % (warnings, _WARNING_VALUES)),
    )


def candidate_lines(data: bytes, least: LogLevel) -> Iterator[int]:
    """Yield the starts of lines whose level may be `least` or above.

    `least` is WARNING or above. Almost no such line is missed, but many others are yielded, and
    always the first. `data` begins at the start of a line.
    """
    yield 0
    signs = [*_ERROR_SIGNS]
    patterns = [_ERROR_CAPITALS, _ERROR_LINE]
    if b"\xe2" in data or b"\xc3\x97" in data:
        patterns.append(_ERROR_MARKS)
    if least == LogLevel.WARNING:
        signs += [*_WARNING_SIGNS, _WARNING_MARK]
        patterns += [_WARNING_LINE, _WARNING_STAMP]
    if b'{"' in data:
        patterns += _patterns_of_fields(data, least)
    yield from _lines_with(data, signs, patterns)


def _patterns_of_fields(data: bytes, least: LogLevel) -> Iterator[re.Pattern[bytes]]:
    for name in _NUMBERS:
        if name + b'"' in data:
            error, warning = _field_patterns(name)
            yield error
            if least == LogLevel.WARNING:
                yield warning


def _lines_with(
    data: bytes, signs: list[bytes], patterns: list[re.Pattern[bytes]]
) -> Iterator[int]:
    """Yield the start offsets of matching lines after the first line of `data`."""
    start = data.find(b"\n") + 1
    next_offsets: dict[bytes | re.Pattern[bytes], int] = dict.fromkeys([*signs, *patterns], -1)
    while 0 < start < len(data):
        for sign, offset in list(next_offsets.items()):
            if offset < start:
                position = _next_sign(data, sign, start)
                if position < 0:
                    del next_offsets[sign]
                else:
                    next_offsets[sign] = position
        if not next_offsets:
            return
        offset = min(next_offsets.values())
        yield data.rfind(b"\n", 0, offset) + 1
        start = data.find(b"\n", offset) + 1


def _next_sign(data: bytes, sign: bytes | re.Pattern[bytes], start: int) -> int:
    """Return the offset of a byte of the next sign from `start` on; -1 if there is none."""
    if isinstance(sign, bytes):
        return data.find(sign, start)
    # Some patterns begin with the line break before the line, so the end of a match is returned.
    match = sign.search(data, start - 1)
    return match.end() - 1 if match else -1
