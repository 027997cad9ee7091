"""Finds properties of the terminal before the dashboard takes it over.

OSC 11 (xterm's control sequences) asks for the background. A request for device attributes follows,
which terminals answer even if they do not know OSC 11, so that waiting ends.
"""

import os
import re
import select
import sys
import termios
import tty
from collections.abc import Mapping

from studio_tui import clock
from studio_tui.text import safe_line

_QUERY = b"\x1b]11;?\x1b\\\x1b[c"
_BACKGROUND = re.compile(
    rb"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})"
)
_ATTRIBUTES = re.compile(rb"\x1b\[\?[0-9;]*c")
_PATIENCE = 0.15
"""Seconds to wait for the answer; a local terminal needs a millisecond."""


def has_dark_background(environ: Mapping[str, str]) -> bool:
    """Return whether the terminal's background is dark; True if unknown."""
    is_terminal = sys.stdin.isatty() and sys.__stdout__ and sys.__stdout__.isatty()
    answer = _query_terminal() if is_terminal else b""
    if color := _BACKGROUND.search(answer):
        red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in color.groups())
        # Rec. 709 luma: perceived brightness.
        luma: float = 0.2126 * red + 0.7152 * green + 0.0722 * blue
        return luma < 0.5
    # rxvt and related terminals set COLORFGBG to "foreground;background", as palette numbers.
    background = environ.get("COLORFGBG", "").rpartition(";")[2]
    return background not in {"7", "9", "10", "11", "12", "13", "14", "15"}


def why_unusable(environ: Mapping[str, str]) -> str | None:
    """Return why the terminal is unusable and what to do, in ASCII; `None` if it is usable.

    A locale that is set tells what the terminal can show; an unset one tells nothing.
    """
    term = environ.get("TERM", "")
    if term in {"dumb", "unknown"}:
        return (
            f"TERM is {term}: such a terminal cannot position text, so nothing can be drawn on it. "
            "If yours can, set its name: TERM=xterm-256color studio-tui. Without a screen, "
            "`datachain job ls` and `datachain job logs ID` show the same data; "
            "`studio-tui doctor` says what is wrong."
        )
    names = ("LC_ALL", "LC_CTYPE", "LANG")
    name, locale = next(((n, environ[n]) for n in names if environ.get(n)), ("", ""))
    is_utf8 = "utf8" in locale.lower().replace("-", "") or environ.get("PYTHONUTF8") == "1"
    if locale and not is_utf8:
        safe_locale = safe_line(locale).encode("ascii", "backslashreplace").decode()
        return (
            f"{name} is {safe_locale}, a locale without UTF-8, "
            "in which the dashboard may be garbled. "
            "If your terminal supports UTF-8, run: LC_ALL=C.UTF-8 studio-tui."
        )
    return None


def color_count(environ: Mapping[str, str]) -> int:
    """Return how many colors the terminal says it can show: 16, 256 or 16,777,216."""
    if environ.get("COLORTERM", "").lower() in {"truecolor", "24bit"}:
        return 1 << 24
    term = environ.get("TERM", "")
    return 256 if "256" in term or "direct" in term or term.endswith(("kitty", "ghostty")) else 16


def _query_terminal() -> bytes:
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return b""
    try:
        previous_attributes = termios.tcgetattr(terminal)
        try:
            tty.setcbreak(terminal, termios.TCSANOW)
            os.write(terminal, _QUERY)
            return _read_answer(terminal)
        finally:
            termios.tcsetattr(terminal, termios.TCSANOW, previous_attributes)
    except (OSError, termios.error):
        return b""
    finally:
        os.close(terminal)


def _read_answer(terminal: int) -> bytes:
    answer = b""
    deadline = clock.monotonic() + _PATIENCE
    while not _ATTRIBUTES.search(answer):
        seconds_left = deadline - clock.monotonic()
        if seconds_left <= 0 or not select.select([terminal], [], [], seconds_left)[0]:
            break
        answer += os.read(terminal, 1024)
    return answer
