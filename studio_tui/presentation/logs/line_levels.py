"""How grave a log line is, by the words that loggers, compilers and tracebacks write.

A level is where a program put it: near the line's start, between marks. The same words within a
sentence (`0 errors`, `error_rate=0.1`) say nothing.
"""

import re
from collections.abc import Iterator
from enum import IntEnum


class Level(IntEnum):
    """How grave a line is; the numbers are those of Python's `logging`."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40
    CRITICAL = 50


_WORDS = {
    Level.DEBUG: "trace trac trce trc verbose debug debu dbug dbg",
    Level.INFO: "info information informational inf notice success",
    Level.WARNING: "warning warn wrn",
    Level.ERROR: "error err erro eror fail failed severe",
    Level.CRITICAL: "critical crit crt fatal fata ftl panic pani dpanic emerg emergency alert",
}
_LEVELS = {word: level for level, words in _WORDS.items() for word in words.split()}
_LETTERS = {
    "V": Level.DEBUG,
    "D": Level.DEBUG,
    "I": Level.INFO,
    "N": Level.INFO,
    "W": Level.WARNING,
    "E": Level.ERROR,
    "F": Level.CRITICAL,
    "C": Level.CRITICAL,
}
_PINO = (Level.DEBUG, Level.DEBUG, Level.INFO, Level.WARNING, Level.ERROR, Level.CRITICAL)
"""Of 10, 20 … 60, as pino and bunyan number them."""
SYSLOG = (Level.CRITICAL,) * 3 + (Level.ERROR, Level.WARNING, Level.INFO, Level.INFO, Level.DEBUG)
"""Of the severities 0 to 7 (RFC 5424, 6.2.1)."""

HEAD = 160
"""Characters from the line's start in which a level can stand."""
_FIELDS = 4096
"""Characters in which a named field can stand."""

_ANY = "|".join(sorted(_LEVELS, key=len, reverse=True))
_UPPER = re.compile(rf"(?<![\w.$=/\"'\\])(?:{_ANY.upper()})(?=[\s\]\[)(>|:;,!*/}}\-]|$)(?! =)")
_PROSE = re.compile(
    r"(?:^|[\s(])[A-Za-z][a-z']* [a-z']+(?= |$)"
    r"|(?:^|\s)(?i:no|zero|without|any)\s+$|(?i:level)\W{0,4}$|(?:^|\s)--?[\w-]+\s+$",
)
"""What stands before a word that is no level: a sentence, a negation, an option."""
_LOWER = re.compile(
    rf"(?<![\w\].])[\[(<](?:[\w.-]{{1,24}}[:.])?\s*({_ANY})\s*[\])>]"
    rf"|\|\s*({_ANY})\s*\||\s-\s({_ANY})\s-\s",
    re.IGNORECASE,
)
_FIELD = re.compile(
    rf"(?:^|[\s,;{{(|])(?:level|lvl|severity|log\.level|loglevel)=[\"']?({_ANY})\b"
    r"|[\"'](?:level|lvl|severity|log\.level|levelname|level_name|loglevel|severity_?text)[\"']"
    rf"\s*:\s*(?:\{{[^{{}}]{{0,80}}[\"']name[\"']\s*:\s*)?"
    rf"(?:[\"']({_ANY})[\"']|(\d{{2}})\b|\{{\s*[\"']name[\"']\s*:\s*[\"']({_ANY})[\"'])",
    re.IGNORECASE,
)
_TIME = r"\d\d?:\d\d(?::\d\d)?(?:[.,]\d+)?(?:\s?(?:AM|PM|Z|UTC|[+-]\d\d:?\d\d))?"
_BEFORE = re.compile(
    r"(?:\[?rank\s?\d+\]?:\s?|\[\d+,\d+\]<std(?:err|out)>:\s?|\([^()]{0,60}pid=[^()]{0,60}\)\s?"
    r"|\d{1,4}:\s|[\w.-]{1,40}\s*\|\s|std(?:err|out) [FP] |[+|]\s+"
    rf"|[\[(]?(?:\d{{2,4}}[-/]\d\d[-/]\d{{2,4}}[T ,]\s?)?{_TIME}[\])]?[\s:|-]*)*\s*",
)
"""What stands before a line's own text: a rank, a container, a process, the time."""
_GLOG = re.compile(r"\[?([IWEFDCN])(?:\d{3,4} \d\d:\d\d| (?=\[?\w*[\d/.]|\w+\.cc)|: |, \[)")
_PRIORITY = re.compile(r"<(\d{1,3})>(?=\S)")
_NUMBER = r"(?!\s*(?:[-+]?[\d.]+(?:e[-+]?\d+)?%?|nan|none|null|false|no\b.*)\s*(?:$|[,;|]))"
_COLON = re.compile(
    rf"(?:\S{{1,300}}:\s){{0,3}}"
    rf"(?:(?:fatal |internal compiler |syntax )?(error|warning|fatal|panic|crit|fail|warn|info"
    rf"|debug|dbug|trce|note)(?:\[\w+\]| [A-Z]{{1,4}}\d+)?:(?=\s|$){_NUMBER}"
    r"|(?:npm|yarn|pnpm) (error|warn)\b"
    rf"|({_ANY})(?:\s{{2,}}(?=\S)|\s\|))",
)
_EXCEPTION = re.compile(
    r"(?:Caused by: |Uncaught |Unhandled (?:exception|rejection)\W+|Suppressed: )?"
    r"(?:[A-Za-z_$][\w$<>]*\.){0,12}"
    r"(?:[A-Z_][\w$]{0,80})?(Error|Exception|ExceptionGroup|Interrupt|SystemExit|Warning)"
    rf"(?::(?=\s){_NUMBER}|(?= \[|\s*$))",
)
_SIGNS = re.compile(
    r"(?:Exception in thread|terminate called|Segmentation fault|Aborted \(core|Bus error"
    r"|Fatal Python error|CMake Error|Error response from|thread '[^']{0,80}' panicked"
    r"|make(?:\[\d+\])?: \*\*\*|fatal error|goroutine \d+ \[running|Unhandled exception"
    r"|(?:PHP )?Fatal error|FAILURE:|Killed$|--- FAIL:|error: [A-Z])"
)
_WARNING_AT = re.compile(r"\S{1,300}:\d+: (?:\w+\.)*\w*Warning: |CMake (?:Deprecation )?Warning")
_PYTHON = "Traceback (most recent call last)"


def level_of(text: str) -> Level | None:
    """Return the level of a line that is safe to draw, `None` when it names none."""
    if _PYTHON in text:
        return Level.ERROR
    if "level" in text or "everity" in text or "lvl" in text or "LEVEL" in text:
        field = _FIELD.search(text, 0, _FIELDS)
        if field:
            return named(next(filter(None, field.groups())))
    if text.startswith(('{"', "{'")):
        return None
    word = _UPPER.search(text, 0, HEAD)
    if word and not _PROSE.search(text, 0, word.start()):
        return _LEVELS[word[0].lower()]
    if priority := _PRIORITY.match(text):
        return SYSLOG[int(priority[1]) % 8]
    return _marked(text) or _begun(text)


def _marked(text: str) -> Level | None:
    """Return the level of a word in small letters between marks, as in `[error]`."""
    if "[" in text or "|" in text or " - " in text or "<" in text:
        word = _LOWER.search(text, 0, HEAD)
        if word and not _PROSE.search(text, 0, word.start()):
            return _LEVELS[next(filter(None, word.groups())).lower()]
    return None


def _begun(text: str) -> Level | None:
    """Return the level of a line by how its own text begins."""
    before = _BEFORE.match(text, 0, HEAD)
    start = before.end() if before else 0
    if letter := _GLOG.match(text, start):
        return _LETTERS[letter[1]]
    if error := _EXCEPTION.match(text, start):
        return Level.WARNING if error[1] == "Warning" else Level.ERROR
    if word := _COLON.match(text, start):
        found = word[1] or word[2] or word[3]
        return Level.INFO if found == "note" else _LEVELS[found]
    if _SIGNS.match(text, start):
        return Level.ERROR
    if _WARNING_AT.match(text, start):
        return Level.WARNING
    return None


def named(value: object) -> Level | None:
    """Return the level that a field's value names: a word, or a number as pino has it."""
    if isinstance(value, str):
        word = value.strip()[:16].lower()
        if not word.isascii() or not word.isdecimal():
            return _LEVELS.get(word)
        value = int(word)
    if isinstance(value, int | float) and not isinstance(value, bool) and 10 <= value < 70:
        return _PINO[int(value // 10) - 1]
    return None


_ERROR_SIGNS = (b"rror", b"xception", b"fatal", b"critical", b"panic", b"terminate call", b": ***")
_ERROR_CAPITALS = re.compile(
    rb"ERR|FATA|CRIT|PANIC|SEVERE|FAIL|EMERG|ALERT|Fatal|Traceback|Segmentation|SystemExit|Killed"
    rb"|KeyboardInterrupt|Abort|E(?<![A-Z]E) |F(?<![A-Z]F) "
)
"""Capitals are rare, so one pattern that begins with them is faster than a `find` for each."""
_WARNING_SIGNS = (b"WARN", b"Warning", b"warn", b"WRN", b" W ")
_LINE = (
    rb"\n(?:\x1b\[[\d;]*m)*(?:\[?rank ?\d+\]?: ?)?"
    rb"(?:\[?[%s](?:\d{3,4} |: | |, \[)|<\d{1,3}>|fail: |crit: )"
)
_ERROR_LINE = re.compile(_LINE % b"EFC")
_WARNING_LINE = re.compile(_LINE % b"W")
_ERROR_NUMBER = re.compile(rb'"level": ?"?[56]\d')
_WARNING_NUMBER = re.compile(rb'"level": ?"?4\d')


def candidates(data: bytes, least: Level) -> Iterator[int]:
    """Yield where those lines of `data` begin that may be of `least` or graver, in order.

    Nearly no such line is missed, but many a line yielded is none: `level_of` decides. `data`
    begins with the beginning of a line, which is always yielded.
    """
    yield 0
    signs: list[bytes] = []
    patterns: list[re.Pattern[bytes]] = []
    if least < Level.WARNING:
        signs.append(b"")
    else:
        signs.extend(_ERROR_SIGNS)
        patterns += [_ERROR_CAPITALS, _ERROR_LINE, _ERROR_NUMBER]
        if least == Level.WARNING:
            signs.extend(_WARNING_SIGNS)
            patterns += [_WARNING_LINE, _WARNING_NUMBER]
    yield from _lines_with(data, signs, patterns)


def _lines_with(
    data: bytes, signs: list[bytes], patterns: list[re.Pattern[bytes]]
) -> Iterator[int]:
    """Yield the beginnings of lines but the first: one `find` a sign is faster than their `|`."""
    start = data.find(b"\n") + 1
    nexts: dict[bytes | re.Pattern[bytes], int] = dict.fromkeys([*signs, *patterns], -1)
    while 0 < start < len(data):
        for sign, at in list(nexts.items()):
            if at < start:
                found = _next(data, sign, start)
                if found < 0:
                    del nexts[sign]
                else:
                    nexts[sign] = found
        if not nexts:
            return
        at = min(nexts.values())
        yield data.rfind(b"\n", 0, at) + 1
        start = data.find(b"\n", at) + 1


def _next(data: bytes, sign: bytes | re.Pattern[bytes], start: int) -> int:
    """Return where a sign is next seen in a line that begins at `start` or later, else -1."""
    if isinstance(sign, bytes):
        return data.find(sign, start)
    found = sign.search(data, start - 1)  # from the line break on that some begin with
    return found.end() - 1 if found else -1
