"""Fast search for lines that may be errors or warnings, which are then checked exactly."""

import re
from collections.abc import Iterator
from functools import cache

from studio_tui.presentation.logs.levels import LogLevel

_ERROR_SIGNS = (
    b"rror", b"fatal", b"critical", b"panic", b"terminate call", b": ***", b"not found",
    b"unbound var",
)  # fmt: skip
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
"""Capitals are rare, so one pattern anchored on them is faster than a `find` for each."""
_WARNING_SIGNS = (b"WARN", b"Warning", b"warn", b"WRN", b" W ")
_LINE = (
    rb"\n(?:\x1b\[[\d;]*m)*(?:\[?rank ?\d+\]?: ?)?"
    rb"(?:\[?[%s](?:\d{3,4} |: | |, \[)|<\d{1,3}>|fail: |crit: )"
)
_ERROR_LINE = re.compile(_LINE % b"EFC")
_WARNING_LINE = re.compile(_LINE % b"W")
_WARNING_STAMP = re.compile(rb"W\d{3,4} \d\d:")
_ERROR_MARKS = re.compile(rb"\xe2(?:\x9c[\x96-\x98]|\x9d\x8c|\xa8\xaf)|\xc3\x97 +[\[A-Z]")
_WARNING_MARK = b"\xe2\x9a\xa0"
_VALUE = rb'"\s?:\s?"?(?:(?:%s)(?![.\d])|(?i:%s))'
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
"""Suffixes of field names, with the numbers that mean error and warning."""


@cache
def _of_field(name: bytes) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Return patterns for errors and warnings in a field; compiled only for JSON logs."""
    errors, warnings = _NUMBERS[name]
    return (
        re.compile(name + _VALUE % (errors, _ERROR_VALUES)),
        re.compile(name + _VALUE % (warnings, _WARNING_VALUES)),
    )


def candidates(data: bytes, least: LogLevel) -> Iterator[int]:
    """Yield offsets of lines in `data` that may have level `least` or above, in order.

    Misses almost no such line, but has many false positives: check with `level_of`. `data` starts
    at the start of a line, whose offset 0 is always yielded.
    """
    yield 0
    signs: list[bytes] = []
    patterns: list[re.Pattern[bytes]] = []
    if least < LogLevel.WARNING:
        signs.append(b"")
    else:
        signs.extend(_ERROR_SIGNS)
        patterns += [_ERROR_CAPITALS, _ERROR_LINE]
        if b"\xe2" in data or b"\xc3\x97" in data:
            patterns.append(_ERROR_MARKS)
        if least == LogLevel.WARNING:
            signs += [*_WARNING_SIGNS, _WARNING_MARK]
            patterns += [_WARNING_LINE, _WARNING_STAMP]
        if b'{"' in data:
            patterns += _of_fields(data, least)
    yield from _lines_with(data, signs, patterns)


def _of_fields(data: bytes, least: LogLevel) -> Iterator[re.Pattern[bytes]]:
    """Yield patterns for the levels in JSON, for fields that occur in the data."""
    for name in _NUMBERS:
        if name + b'"' in data:
            error, warning = _of_field(name)
            yield error
            if least == LogLevel.WARNING:
                yield warning


def _lines_with(
    data: bytes, signs: list[bytes], patterns: list[re.Pattern[bytes]]
) -> Iterator[int]:
    """Yield offsets of matching lines but the first; separate `find` calls beat a joint pattern."""
    start = data.find(b"\n") + 1
    nexts: dict[bytes | re.Pattern[bytes], int] = dict.fromkeys([*signs, *patterns], -1)
    while 0 < start < len(data):
        for sign, at in list(nexts.items()):
            if at < start:
                position = _next(data, sign, start)
                if position < 0:
                    del nexts[sign]
                else:
                    nexts[sign] = position
        if not nexts:
            return
        at = min(nexts.values())
        yield data.rfind(b"\n", 0, at) + 1
        start = data.find(b"\n", at) + 1


def _next(data: bytes, sign: bytes | re.Pattern[bytes], start: int) -> int:
    """Return the next offset of a sign in lines from `start` on; -1 if there is none."""
    if isinstance(sign, bytes):
        return data.find(sign, start)
    # Some patterns start with the preceding line break.
    found = sign.search(data, start - 1)
    return found.end() - 1 if found else -1
