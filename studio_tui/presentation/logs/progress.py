"""Progress of a job, parsed from the progress bars in its log.

Numbers such as `3/4` are progress only beside a drawn bar, or beside times in brackets with a rate.
The supported formats are those of tqdm, which DataChain uses, of pip and rich, and of keras.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from studio_tui.presentation.format import duration
from studio_tui.presentation.logs.lines import styled_line
from studio_tui.presentation.logs.live_rows import HIGHEST
from studio_tui.presentation.logs.rewritten import movement

LONGEST_STATE = 1024
"""Maximum characters of a state that is parsed."""

_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3}){1,5}|[0-9]{1,18})(?:\.[0-9]{1,20})?(?:e[+-]?[0-9]{1,2})?"
_TIME = r"(?:[0-9]{1,5} ?d(?:ays?)?,? *)?[0-9]{1,12}:[0-9]{2}(?::[0-9]{2})?"
_UNIT = r"[^\[\],/|0-9]{0,40}?"
_COUNT = rf"(?<![\w.,/])(?P<done>{_NUMBER})(?P<scale>[^\W\d_]{{0,9}})"
_TOTAL = rf"{_COUNT} ?/ ?(?:(?P<total>{_NUMBER})|\?|Unknown)(?P<unit> ?[^\W\d_]{{0,9}})"

_METER = re.compile(
    rf"\[(?P<elapsed>{_TIME})(?:<(?P<left>{_TIME}|\?))?, *"
    rf"(?:(?P<rate>{_NUMBER}|\?)(?P<unit>{_UNIT})/s|(?P<pace>{_NUMBER})(?P<part>[kM]?)s/(?P<paced>{_UNIT}))(?=[,\]])"
)
"""Times and rate, as in `[00:12<00:20,  3.10it/s]`."""
_COUNT_BEFORE = re.compile(rf"{_TOTAL}\s*$")
"""A count directly before a meter or a drawn bar, as in `37/100`."""
_AMOUNT_BEFORE = re.compile(rf"(?<![\w.,/])(?P<done>{_NUMBER})(?P<unit>[^\[\]|:/0-9]{{0,40}})$")
"""An amount without a total directly before a meter, as in `37it`."""
_PERCENT_BEFORE = re.compile(rf"(?<![\w.,])(?P<percent>{_NUMBER}) ?%:? *(?:\|[^|]*\|)?\s*$")
_INK = "-=#>*.o █▉-▏░▒▓0-9"
_DRAWING = re.compile(
    rf"\[(?=[^\]]*[=#>*█])[{_INK}]{{5,}}\]"
    rf"|(?<=[0-9]%)\|[{_INK}]*\|"
    rf"|\|(?=[^|]*[=#>*█])[{_INK}]{{5,}}\|"
    rf"|▕[{_INK}]{{3,}}▏"
    r"|[━╸╺]{5,}"
    r"|-{10,}(?=.* eta )"
)
"""A drawn bar, as in `[####  ]`, `▕██░░▏` or `━━━╸`."""
_PERCENT_AFTER = re.compile(rf"\s*(?P<percent>{_NUMBER}) ?%")
_COUNT_AFTER = re.compile(rf"\s*{_TOTAL}(?![\w/])")
_RATE = re.compile(rf"(?<![\w.])(?P<rate>{_NUMBER}) ?(?P<unit>[^\W\d_]{{1,9}})/s(?:ec)?\b")
_PACE = re.compile(
    rf"(?<![\w.])(?P<pace>{_NUMBER}) ?(?P<part>[mµun]?)s/(?P<paced>[^\W\d_]{{1,9}})\b"
)
"""Time per unit, as in `2.5 s/it`."""
_LEFT = re.compile(
    rf"(?i:\beta):? *(?P<left>{_TIME}|[0-9]{{1,6}}s)(?!\w)|^\s*(?P<bare>{_TIME})\s*$"
)

_SCALES = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_BINARY = {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}
_SCALED_UNITS = frozenset({"", "B", "b", "bit", "bits", "bytes", "it"})
"""Units that may have a scale prefix; the T of `Tokens` is no prefix."""
_VOWELS = frozenset("aeiouy")
_PARTS = {"": 1.0, "k": 1e-3, "M": 1e-6, "m": 1e3, "u": 1e6, "µ": 1e6, "n": 1e9}
"""How many of a unit of time are one second, by the unit's prefix: 1000 for `ms`."""

_ROUNDED = 2.0
"""Maximum difference between a shown and a computed percentage, due to rounding."""

_EIGHTHS = "░▏▎▍▌▋▊▉"
_MOVE = re.compile(rb"(\r|\n|\x1b\[(?:[0-9]*[ABEF]|0*2K|0*1?G|[0-9]{2,4}D)|\x08{5,})")
_NEWEST = 8192
"""Bytes at the end of the data that usually suffice."""
_PATIENCE = 5.0
"""Seconds for which an outer bar without an update counts as still updated."""
_PACES = 5
"""The same as a multiple of the bar's time per unit; the longer of the two counts."""


class Progress(NamedTuple):
    """One state of a progress bar; `None` for values that it does not show."""

    label: str
    """Description; safe to draw, may be empty."""
    done: float | None
    total: float | None
    percent: float | None
    """From 0 to 100, as shown or computed from `done` and `total`."""
    unit: str
    """Unit of the count; safe to draw, may be empty."""
    rate: float | None
    """Units per second."""
    elapsed: float | None
    """Seconds since the start, as shown."""
    remaining: float | None
    """Estimated seconds until the end, as shown."""
    is_part: bool = False
    """Whether the bar shows a part of the work, and the state of the bar above it is unknown."""


def parse_progress(state: str) -> Progress | None:
    """Parse the safe text of a line, or of one state of a line; `None` if it has no bar."""
    if len(state) > LONGEST_STATE:
        return None
    if meters := list(_METER.finditer(state)):
        # A bar may have been printed into another: the last is the newest.
        return _with_meter(state[: meters[-1].start()], meters[-1])
    drawing = _DRAWING.search(state)
    return _with_drawing(state, drawing) if drawing else None


def latest_progress(data: bytes, previous: Progress | None = None) -> Progress | None:
    """Return the newest bar in the last bytes of a log; `None` if there is none.

    The bytes may start and end anywhere. Of several bars, one above the other, the overall bar is
    returned: the topmost that is unfinished and still updated. It may be updated so rarely that the
    bytes do not have it. Then `previous`, the previous result, is returned if it can be the overall
    bar; else the bar that was updated last, with `is_part`.
    """
    newest = _latest(data[-_NEWEST:], previous)
    if newest is not None and newest.is_part and previous is None and len(data) > _NEWEST:
        return _latest(data, None)
    return newest


def _latest(data: bytes, previous: Progress | None) -> Progress | None:
    states, rows_moved_through = _states(data)
    bars = ((row, bar) for row in reversed(states) if (bar := _newest(states[row])))
    row, overall = next(bars, (0, None))
    if overall is None:
        return None
    newest = overall
    if row - 1 in rows_moved_through and row - 1 not in states:
        is_known_overall = (
            previous is not None and not previous.is_part and _is_overall(previous, newest)
        )
        return previous if is_known_overall else overall._replace(is_part=True)
    while row - 1 in rows_moved_through and (above := _newest(states.get(row - 1, ()))) is not None:
        row -= 1
        if _is_overall(above, newest):
            overall = above
    return overall


def _is_overall(above: Progress, part: Progress) -> bool:
    """Whether the bar `above` shows the overall progress: it is unfinished and still updated."""
    if above.percent is None or above.percent >= 100:
        return False
    if above.elapsed is None or part.elapsed is None:
        return True
    pace = 1 / above.rate if above.rate else 0.0
    return part.elapsed - above.elapsed <= max(_PATIENCE, _PACES * pace)


def _states(data: bytes) -> tuple[dict[int, list[str]], set[int]]:
    """Return the complete states by row, and the rows through which the cursor moved up.

    The row that was written last is the last key.
    """
    pieces = _MOVE.split(data)
    states: dict[int, list[str]] = {}
    rows_moved_through: set[int] = set()
    row = 0
    for move, raw, following in zip(pieces[1::2], pieces[2::2], [*pieces[3::2], b""], strict=False):
        if move == b"\n":
            row += 1
        elif move[-1:] in b"BE":
            row += movement(move[2:-1])
        elif move[-1:] in b"AF":
            count = min(movement(move[2:-1]), HIGHEST)
            rows_moved_through.update(range(row - count, row))
            row -= count
        text = styled_line(raw).text.rstrip() if len(raw) <= 4 * LONGEST_STATE else ""
        if text and (following or (text.endswith("]") and _METER.search(text))):
            states.setdefault(row, []).append(text)
            states[row] = states.pop(row)
    return states, rows_moved_through


def _newest(states: Iterable[str]) -> Progress | None:
    return next((bar for state in reversed(list(states)) if (bar := parse_progress(state))), None)


def _with_meter(before: str, meter: re.Match[str]) -> Progress | None:
    """Parse the tqdm format: `label:  37%|###7      | 37/100 [00:12<00:20,  3.10it/s]`."""
    meter_unit = meter["unit"] if meter["pace"] is None else meter["paced"]
    total = percent = None
    if (count := _COUNT_BEFORE.search(before)) is not None:
        factor, unit = _unit(meter_unit, "", scaled=bool(count["scale"] or count["unit"].strip()))
        done, total = _done_and_total(count, unit)
        before = before[: count.start()]
        if (percent := _PERCENT_BEFORE.search(before)) is not None:
            before = before[: percent.start()]
    elif (count := _AMOUNT_BEFORE.search(before.rstrip())) is not None:
        factor, unit = _unit(meter_unit, count["unit"], scaled=False)
        scale, unit = _unit(count["unit"], unit, scaled=False)
        done = _number(count["done"]) * scale
        before = before[: count.start()]
    else:
        return None
    if meter["pace"] is not None:
        rate = _rate_from_pace(meter, factor)
    else:
        rate = None if meter["rate"] == "?" else _number(meter["rate"]) * factor
    elapsed, remaining = _seconds(meter["elapsed"]), _seconds(meter["left"])
    bar = Progress(_label(before), done, total, None, unit, rate, elapsed, remaining)
    return _with_percent(bar, percent)


def _with_drawing(state: str, drawing: re.Match[str]) -> Progress | None:
    """Parse the text around a drawn bar, as written by pip, rich, keras and many others."""
    before, after = state[: drawing.start()], state[drawing.end() :]
    done = total = rate = None
    unit = ""
    if (percent := _PERCENT_BEFORE.search(before)) is not None:
        before = before[: percent.start()]
    elif (percent := _PERCENT_AFTER.match(after)) is not None:
        after = after[percent.end() :]
    if (count := _COUNT_AFTER.match(after)) is not None:
        after = after[count.end() :]
    elif (count := _COUNT_BEFORE.search(before)) is not None:
        before = before[: count.start()]
    if count is not None:
        scale, unit = _unit(count["unit"], "", scaled=False)
        done, total = _done_and_total(count, unit)
        if count["unit"].startswith(" "):
            # In `12.3/45.6 MB`, the scale applies to both numbers.
            done *= scale
    elif percent is None:
        return None
    # The meter of tqdm, which is truncated here, would have wrong values.
    after = after.partition("[")[0]
    if (speed := _RATE.search(after)) is not None:
        factor, counted = _unit(speed["unit"], unit, scaled=False)
        rate, unit = _number(speed["rate"]) * factor, unit or counted
    elif (speed := _PACE.search(after)) is not None:
        rate, unit = _rate_from_pace(speed, 1.0), unit or speed["paced"]
    left_match = _LEFT.search(after)
    remaining = _seconds(left_match["left"] or left_match["bare"]) if left_match else None
    return _with_percent(
        Progress(_label(before), done, total, None, unit, rate, None, remaining), percent
    )


def _with_percent(bar: Progress, percent_match: re.Match[str] | None) -> Progress:
    """Return a bar with its percentage.

    A count that contradicts the shown percentage is left out: its digits were cut off.
    """
    computed = None
    if bar.done is not None and bar.total:
        computed = min(100 * bar.done / bar.total, 100.0)
    if percent_match is None:
        return bar._replace(percent=computed)
    percent = min(_number(percent_match["percent"]), 100.0)
    if computed is not None and abs(computed - percent) > _ROUNDED:
        bar = bar._replace(done=None, total=None)
    return bar._replace(percent=percent)


def _done_and_total(count: re.Match[str], unit: str) -> tuple[float, float | None]:
    done = _number(count["done"]) * _unit(count["scale"], unit, scaled=True)[0]
    if count["total"] is None:
        return done, None
    return done, _number(count["total"]) * _unit(count["unit"], unit, scaled=True)[0]


def _rate_from_pace(match: re.Match[str], factor: float) -> float | None:
    pace = _number(match["pace"])
    return factor * _PARTS[match["part"]] / pace if pace else None


def _unit(text: str, other: str, *, scaled: bool) -> tuple[float, str]:
    """Split a unit: `kB` into 1000 and `B`.

    `other` is the unit elsewhere in the bar, if known. `scaled` is whether the bar surely scales
    its numbers.
    """
    text, other = text.strip(), other.strip()
    if text[:2] in _BINARY and text[2:] in _SCALED_UNITS:
        return _BINARY[text[:2]], text[2:]
    letter, unit = text[:1], text[1:]
    is_scale = letter in _SCALES and (
        unit in _SCALED_UNITS
        or unit.startswith(" ")
        or unit == other
        or (other != text and other[:1] in _SCALES and other[1:] == unit)
        or (unit[0] not in _VOWELS and (scaled or letter == "k"))
    )
    return (_SCALES[letter], unit.strip()) if is_scale else (1.0, text)


def _number(digits: str) -> float:
    return float(digits.replace(",", ""))


def _seconds(text: str | None) -> float | None:
    """Parse `1:02:03`, `2 days, 1:02:03` or `20s` as seconds; `None` for `?`."""
    if text is None or text == "?":
        return None
    if text.endswith("s"):
        return float(text[:-1])
    # "2 days, 1:02:03" is divided into "2 " and "ays, 1:02:03".
    days, _, clock = text.rpartition("d")
    seconds = 0.0
    for part in clock.rpartition(" ")[2].lstrip("ays,").split(":"):
        seconds = seconds * 60 + int(part)
    return seconds + 86_400 * int(days or 0)


def _label(before: str) -> str:
    return before.strip(" \t:|-").strip()


def bar_text(percent: float, width: int) -> str:
    """Draw a bar of `width` cells, full only from 100 percent on; blank below 3 cells."""
    room = width - 2
    if room < 1:
        return " " * max(width, 0)
    eighths = int(max(0.0, min(percent, 100.0)) / 100 * room * 8)
    full, part = divmod(eighths, 8)
    filled = "█" * full + (_EIGHTHS[part] if part else "")
    return f"▕{filled:░<{room}}▏"


def share_text(progress: Progress) -> str:
    """Format the share done in at most four characters: `37%`, `270k` without a total, or empty."""
    if progress.percent is not None:
        return f"{int(progress.percent)}%"
    return "" if progress.done is None else _short_number(progress.done, "", tenths_below=10)


def progress_text(progress: Progress) -> str:
    """Format the progress as text, such as `37%  3.1 it/s  ~0:20 left`; safe to draw."""
    parts = []
    if progress.percent is not None:
        parts.append(share_text(progress))
    elif progress.done is not None:
        is_bytes = progress.unit == "B"
        amount = f"{progress.done:,.0f} {progress.unit}".strip()
        parts.append(_short_number(progress.done, "B") if is_bytes else amount)
    if rate := rate_words(progress, with_unit=progress.percent is not None):
        parts.append(rate)
    if progress.remaining is not None and progress.percent != 100:
        parts.append(f"~{duration(progress.remaining)} left")
    return "  ".join(parts)


def rate_words(progress: Progress, *, with_unit: bool = True) -> str:
    """Format the rate: `3.1 it/s`, `2.5 s/it`, or `3.1/s` without unit; empty if 0 or unknown."""
    rate, unit = progress.rate, progress.unit if with_unit or progress.unit == "B" else ""
    if not rate:
        return ""
    if rate < 1 and unit and unit != "B":
        return f"{_short_number(1 / rate, '')} s/{unit}"
    return f"{_short_number(rate, unit)}/s"


def _short_number(amount: float, unit: str, *, tenths_below: float = 100) -> str:
    scale = ""
    for letter in "kMGTPE":
        if amount < 999.5:
            break
        amount, scale = amount / 1000, letter
    digits = f"{amount:.1f}".removesuffix(".0") if amount < tenths_below else f"{amount:.0f}"
    if unit == "B":
        return f"{digits} {scale}B"
    return f"{digits}{scale} {unit}".strip()
