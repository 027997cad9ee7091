"""Detection of the level of a log line from what loggers, compilers and tracebacks print.

A word is a level only near the start of a line between delimiters, or as the value of a field such
as `level=error`, and not in a sentence or in a name (`0 errors`, `error_rate=0.1`). After a
sentence, a word is a level only in capitals and before a message (`worker 3 of the pool ERROR: no
disk`).
"""

import json
import re
from collections.abc import Mapping

from studio_tui.failures.exceptions import SYNTAX_FILE
from studio_tui.failures.origins import ORIGIN, TRACEBACK
from studio_tui.presentation.logs.levels import (
    LETTERS,
    SYSLOG,
    WORDS,
    LogLevel,
    level_in,
    parse_level,
)

_HEAD = 160
"""Characters from the start of a line that can contain a level word."""
_FIELD_HEAD = 4096
"""Characters from the start of a line that can contain a field with a level."""
JSON_LIMIT = 65_536
"""Maximum characters of a line that is parsed as JSON."""

_ANY = "|".join(sorted(WORDS, key=len, reverse=True))
_UPPER = re.compile(rf"(?<![\w.$=/\"'\\])(?:{_ANY.upper()})(?=[\s\]\[)(>|:;,!*/}}\-]|$)(?! =)")
"""A level in capitals between delimiters."""
_CAPITALS = re.compile("[A-Z]{3}")
"""A part of every match of `_UPPER` that is found faster."""
_NO_LEVEL = re.compile(
    r"(?:^|\s)(?i:no|zero|without|any)\s+$|(?i:level)(?: to)?\W{0,4}$|(?:^|\s)--?[\w-]+\s+$"
)
"""Text after which a word is no level: a negation, an option, `level to`."""
_PROSE = re.compile(rf"(?:^|[\s(])[A-Za-z][a-z']* [a-z']+(?= |$)|{_NO_LEVEL.pattern}")
"""The same, or a sentence."""
_ENCLOSED = re.compile(
    rf"(?<![\w\].])[\[(<](?:[\w.-]{{1,24}}[:.])?\s*({_ANY})\s*[\])>]"
    rf"|\|\s*({_ANY})\s*\||\s-\s({_ANY})\s-\s",
    re.IGNORECASE,
)
"""A level in any case between brackets, bars or dashes."""
_FIELD_NAME = (
    r"[@_]?(?:log[._-]?)?(?:level|lvl|severity|sev)(?:[._-]?(?:name|text|str|label|level))?"
)
_FIELD = re.compile(
    rf"(?:^|[\s,;{{(|])(?!(?-i:LOG_)|[^=]*_level=[^=]*$){_FIELD_NAME}=[\"']?({_ANY})\b"
    rf"|[\"'](?:{_FIELD_NAME}|@l)[\"']"
    rf"\s*:\s*(?:\{{[^{{}}]{{0,80}}[\"']name[\"']\s*:\s*)?"
    rf"(?:[\"']({_ANY})[\"']|(\d{{2}})\b|\{{\s*[\"']name[\"']\s*:\s*[\"']({_ANY})[\"'])",
    re.IGNORECASE,
)
"""A level in a field, as in `level=error` or `"level": 50`; one of the groups has its value."""
_TIME = r"\d\d?:\d\d(?::\d\d)?(?:[.,]\d+)?(?:\s?(?:AM|PM|Z|UTC|[+-]\d\d:?\d\d))?"
_DECORATION = "│┃║├└╰─╴▶►❯•●*+|"
_BEFORE = re.compile(
    rf"(?:{ORIGIN}|\[?rank\s?\d+\]?:\s?|\([^()]{{0,60}}pid=[^()]{{0,60}}\)\s?"
    rf"|std(?:err|out) [FP] |\s{{0,40}}[{_DECORATION}]{{1,8}}-?\s+"
    rf"|[\[(]?(?:\d{{2,4}}[-/]\d\d[-/]\d{{2,4}}[T ,]\s?)?{_TIME}[\])]?[\s:|-]*)*\s*",
)
"""What may precede a level at the start of a line: an origin, a time, the border of a box."""
_LETTER = re.compile(r"\[?([IWEFDCN])(?:\d{3,4} \d\d:\d\d| (?=\[?\w*[\d/.]|\w+\.cc)|: |, \[)")
"""A letter for the level, as in `E0102 12:00` of glog and `W: ` of apt."""
_PRIORITY = re.compile(r"<(\d{1,3})>(?=\S)")
"""A priority of syslog: eight times the facility plus the severity."""
_NO_VALUE = r"(?!\s*(?:[-+]?[\d.]+(?:e[-+]?\d+)?%?|nan|none|null|false|no(?: \w+s)?)\s*(?:$|[,;|]))"
"""Rules out a measured value after a name, as in `error: 0.1`."""
_HEADING = re.compile(rf"(?:ERROR|WARN|WARNING|CRITICAL|FATAL):(?=\s+\S){_NO_VALUE}")
"""A level before a message, also after a sentence."""
_COLON = re.compile(
    rf"(?:\S{{1,300}}:\s){{0,3}}"
    rf"(?:(?:fatal |internal compiler |syntax |[a-z]{{0,2}}[A-Z]{{3,8}} )?"
    rf"(error|warning|fatal|panic|crit|fail|warn|info|debug|dbug|trce|note)"
    rf"(?:\[\w+\]| [A-Z]{{1,4}}\d+)?:(?=\s|$){_NO_VALUE}"
    r"|(?:npm|yarn|pnpm) (error|warn)\b"
    rf"|({_ANY})(?:\s{{2,}}(?=\S)|\s\|))",
)
"""A lower-case level (in a group) before a colon, wide space or bar: `a.c:3: error: x`."""
_EXCEPTION = re.compile(
    r"(?:Caused by: |Uncaught |Unhandled (?:exception|rejection)\W+|Suppressed: )?"
    r"(?:[A-Za-z_$][\w$<>]*\.){0,12}"
    r"(?:[A-Z_][\w$]{0,80})?(Error|Exception|ExceptionGroup|Interrupt|SystemExit|Warning)"
    rf"(?:\([\w.]{{1,80}}\))?(?::(?=\s){_NO_VALUE}|(?= \[|\s*$))",
)
"""An exception with its module; the group has the end of its name, such as `Warning`."""
_FAILURES = re.compile(
    r"(?:Exception in thread|terminate called|Segmentation fault|Aborted \(core|Bus error"
    r"|Fatal Python error|CMake Error|Error response from|thread '[^']{0,80}'(?: \(\d+\))? panicked"
    r"|make(?:\[\d+\])?: \*\*\*|fatal error|goroutine \d+ \[running|Unhandled exception"
    r"|(?:PHP )?Fatal error|FAILURE:|Killed$|--- FAIL:|error: [A-Z])"
)
"""First words of error messages of runtimes and programs."""
_ERROR_SIGN = re.compile(
    r"[×✖✗✘⨯❌]\ufe0f?\s+\[?[A-Za-z`'\"]|╭─{1,4} ?(?:Error|ERROR|Fehler|Failed)\b"
)
"""A sign for an error before a word, or the top of a box with an error."""
_WARNING_SIGN = re.compile(r"⚠\ufe0f?\s+\S|╭─{1,4} ?(?:Warning|WARNING)\b")
_REASONS = (
    "No such file or directory|Permission denied|command not found|Is a directory|Not a directory"
    "|No space left on device|Operation not permitted|Connection (?:refused|timed out)"
    "|Connection reset by peer|Network is unreachable|Cannot allocate memory|Exec format error"
    "|Input/output error|Read-only file system|Too many open files|File exists|Broken pipe"
    "|Directory not empty|Disk quota exceeded|Device or resource busy|Stale file handle"
    "|Argument list too long|Name or service not known|Temporary failure in name resolution"
)
"""Error messages of the operating system (`strerror`) and of shells."""
_SYSTEM_ERROR = re.compile(
    rf"\S{{1,300}}: (?:.{{0,400}}: )?(?:\[Errno \d+\] )?(?:{_REASONS})(?:: '[^']*')?\.?\s*$"
    r"|\S{1,300}: (?:line )?\d+: .{0,400}?"
    r"(?:: not found|unbound variable|parameter (?:null or )?not set|bad substitution"
    r"|ambiguous redirect|[Ss]yntax error.{0,200}|integer expression expected"
    r"|\s\d+ (?:Killed|Segmentation fault|Aborted|Bus error|Illegal instruction)\b.*)\s*$"
    r"|\S{1,300}: line \d+:\s+\d+ (?:Killed|Segmentation fault|Aborted|Bus error|Terminated)\b"
    r"|\w{1,8}sh: (?:command not found|no such file or directory|permission denied): "
    r"|\w{1,8}sh: \S{1,200}: not found\s*$|fish: Unknown command|\S{1,80}: unbound variable$"
    r"|\S{1,300}: No module named \S+$|exec: .{1,200}: (?:executable file )?not found"
    r"|\S{1,300}: error while loading shared libraries: "
)
"""A line in which a shell or another program reports an error of the system after its own name."""
_WARNING_AT = re.compile(r"\S{1,300}:\d+: (?:\w+\.)*\w*Warning: |CMake (?:Deprecation )?Warning")


def level_of(text: str) -> LogLevel | None:
    """Return the level of a line that is safe to draw; `None` if the line shows none."""
    if text.startswith("{") and (fields := _fields(text)) is not None:
        if level_field := level_in(fields):
            return level_field[1]
        return LogLevel.ERROR if TRACEBACK in text else None
    if TRACEBACK in text:
        return LogLevel.ERROR
    if "evel" in text or "everity" in text or "lvl" in text or "LEVEL" in text or '"@l"' in text:
        field = _FIELD.search(text, 0, _FIELD_HEAD)
        if field:
            return parse_level(next(filter(None, field.groups())))
    if text.startswith(('{"', "{'")):
        return None
    word = _CAPITALS.search(text, 0, _HEAD) and _UPPER.search(text, 0, _HEAD)
    if word:
        before = _NO_LEVEL if _HEADING.match(text, word.start()) else _PROSE
        if not before.search(text, 0, word.start()):
            return WORDS[word[0].lower()]
    if priority := _PRIORITY.match(text):
        return SYSLOG[int(priority[1]) % 8]
    return _enclosed_level(text) or _level_at_start(text)


def _fields(text: str) -> dict[str, object] | None:
    if len(text) > JSON_LIMIT or not text.rstrip().endswith("}"):
        return None
    try:
        parsed: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(parsed, dict):
        return None
    return parsed["record"] if has_record(parsed) else parsed


def has_record(fields: Mapping[str, object]) -> bool:
    """Whether the content of an object is in its field `record`, as written by loguru."""
    return "text" in fields and isinstance(fields.get("record"), dict)


def _enclosed_level(text: str) -> LogLevel | None:
    if "[" in text or "|" in text or " - " in text or "<" in text:
        word = _ENCLOSED.search(text, 0, _HEAD)
        if word and not _PROSE.search(text, 0, word.start()):
            return WORDS[next(filter(None, word.groups())).lower()]
    return None


def _level_at_start(text: str) -> LogLevel | None:
    before = _BEFORE.match(text, 0, _HEAD)
    start = before.end() if before else 0
    if letter := _LETTER.match(text, start):
        return LETTERS[letter[1]]
    if error := _EXCEPTION.match(text, start):
        return LogLevel.WARNING if error[1] == "Warning" else LogLevel.ERROR
    if word := _COLON.match(text, start):
        name = word[1] or word[2] or word[3]
        return LogLevel.INFO if name == "note" else WORDS[name]
    if (
        _FAILURES.match(text, start)
        or _ERROR_SIGN.match(text, start)
        or SYNTAX_FILE.match(text, start)
        or _SYSTEM_ERROR.match(text, start)
    ):
        return LogLevel.ERROR
    if _WARNING_SIGN.match(text, start) or _WARNING_AT.match(text, start):
        return LogLevel.WARNING
    return None
