"""Checks that a log is shown exactly: a job that prints numbers, and a check of the shown rows."""

import asyncio
import re
from pathlib import Path
from typing import NamedTuple

from textual.pilot import Pilot

from studio_tui.tui.logs.view.log_view import LogView

_PROGRAM = """
import os, sys, time
while not os.path.exists({gate!r}):
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


class ShownRow(NamedTuple):
    """A row of the log on the screen."""

    text: str
    is_mark: bool = False
    """Whether the row is no line but the remark that lines may be missing."""


def counting_program(count: int, gate: Path, *, within_lines: bool = True) -> str:
    """Return a program that prints the numbers below `count`, pausing sometimes.

    It begins once the file `gate` exists. With `within_lines` it also pauses within lines.
    """
    halt = max(20, count // 80)
    return _PROGRAM.format(count=count, halt=halt, within_lines=within_lines, gate=str(gate))


def line(number: int) -> str:
    """Return a line of that program, without the newline."""
    return f"seq={number:06d}" + (" 漢😀" if number % 7 == 0 else "")


def problems_of(rows: list[ShownRow], count: int) -> list[str]:
    """Return what is wrong with the rows of a log.

    They must have each number below `count` once and in order, or a mark in its place.
    """
    problems = []
    expected = 0
    is_marked = False
    for text, is_mark in rows:
        if is_mark:
            is_marked = True
            continue
        match = _LINE.match(text)
        number = int(match[1]) if match else None
        if number is None or text != line(number):
            problems.append(f"{text!r} was never printed")
            continue
        if number < expected:
            problems.append(f"{number} is repeated or too late")
        elif number > expected and not is_marked:
            problems.append(f"{expected} to {number - 1} are missing without a mark")
        elif number == expected and is_marked:
            problems.append(f"a mark is before {number}, where nothing is missing")
        expected = max(expected, number + 1)
        is_marked = False
    if (expected < count) != is_marked:
        problems.append(
            "a mark is at the end, where nothing is missing"
            if is_marked
            else f"the lines from {expected} on are missing"
        )
    return problems


async def read_rows(pilot: Pilot[int], view: LogView) -> list[ShownRow]:
    """Scroll through a whole log, page by page, and return what each row shows."""
    pane = view.pane
    # At the end no line is new. Otherwise the number of new lines would cover the last row.
    await pilot.press("end", "home")
    rows: list[ShownRow] = []
    last = (-1, 0)
    while pane.window is not None:
        for y, row in enumerate(pane.in_sight):
            if row > last:
                text = pane.render_line(y).text
                rows.append(ShownRow(text[2:].rstrip(), is_mark="┅" in text[:2]))
                last = row
        if pane.window.is_at_end:
            break
        view.scrolling.page(1.0)
        await asyncio.sleep(0)
    return rows
