"""Proves that a log is shown exactly: a job that counts, and a reader of its lines."""

import asyncio
import re
from pathlib import Path
from typing import NamedTuple

from textual.pilot import Pilot

from studio_tui.tui.logs.view.log_view import LogView

_PROGRAM = """
import os, sys, time
while not os.path.exists({begins_with!r}):
    time.sleep(0.01)
for number in range({count}):
    sys.stdout.write("seq=%06d" % number)
    if {within_lines} and number % {halt} == {halt} // 2:
        sys.stdout.flush()
        time.sleep(0.02)
    sys.stdout.write(" \\u6f22\\U0001f600\\n" if number % 7 == 0 else "\\n")
    if number % {halt} == 0:
        sys.stdout.flush()
        time.sleep(0.02)
"""
_LINE = re.compile(r"seq=(\d{6})")


class Shown(NamedTuple):
    """A row of the log on the screen."""

    text: str
    is_mark: bool = False
    """Whether it is a remark of ours about what may be missing."""


def counting(count: int, begins_with: Path, *, within_lines: bool = True) -> str:
    """Return a program that prints the numbers below `count`, with halts also within lines.

    It begins once there is a file `begins_with`.
    """
    halt = max(20, count // 80)
    return _PROGRAM.format(
        count=count, halt=halt, within_lines=within_lines, begins_with=str(begins_with)
    )


def line(number: int) -> str:
    """Return a line of that program, without its end."""
    return f"seq={number:06d}" + (" 漢😀" if number % 7 == 0 else "")


def violations(rows: list[Shown], count: int) -> list[str]:
    """Say what contradicts: each number below `count` once, in order, or a mark in its place."""
    said = []
    due = 0
    is_marked = False
    for text, is_mark in rows:
        if is_mark:
            is_marked = True
            continue
        found = _LINE.match(text)
        number = int(found[1]) if found else None
        if number is None or text != line(number):
            said.append(f"{text!r} was never printed")
            continue
        if number < due:
            said.append(f"{number} comes again or too late")
        elif number > due and not is_marked:
            said.append(f"{due} to {number - 1} are missing without a mark")
        elif number == due and is_marked:
            said.append(f"a mark stands before {number}, where nothing is missing")
        due = max(due, number + 1)
        is_marked = False
    if (due < count) != is_marked:
        said.append(
            "the end has a mark, but is there" if is_marked else f"{due} and on are missing"
        )
    return said


async def shown(pilot: Pilot[int], view: LogView) -> list[Shown]:
    """Go through a whole log, page by page, and return what each row showed."""
    pane = view.pane
    await pilot.press("end", "home")  # at the end nothing is new, of which the last row would tell
    rows: list[Shown] = []
    last = (-1, 0)
    while pane.window is not None:
        for y, row in enumerate(pane.in_sight):
            if row > last:
                pill, pane.pill = pane.pill, ""  # stands over the end of the last row
                text = pane.render_line(y).text
                pane.pill = pill
                rows.append(Shown(text[2:].rstrip(), is_mark=text.startswith("┅")))
                last = row
        if pane.window.is_at_end:
            break
        view.scrolling.page(1.0)
        await asyncio.sleep(0)
    return rows
