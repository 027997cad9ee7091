"""Benchmarks of the help, over a list and over a log that grows.

Its floor is a list of as many keys that plain Textual opens over a screen of as many lines, which
change as often as those of the log. Where that alone takes longer than the limit in ms, the limit
is a fifth more: Textual draws all lines below again, dimmed, and styles and lays out the list.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.bench import probes
from tests.bench.probes import Program
from tests.bench.report import Goal, Measure, Section
from tests.bench.suite import Effort
from tests.bench.terminal import Terminal
from tests.studios import ProcessStudio

_GOAL = Goal(median=60.0, or_times_floor=1.2)
_PLAIN = Program.ours("modal", ready="ready")
_PLAIN_GROWING = Program.ours("modal", "--feed", ready="ready")
_TITLE = "Keys of this screen"
_NAME = "grows.py"
_JOB = """
import time
n = 0
while True:
    lines = (f'seq={i} some words of a line\\n' for i in range(n, n + 100))
    print(''.join(lines), end='', flush=True)
    n += 100
    time.sleep(0.05)
"""
_REST = 0.15
"""Seconds between two helps."""


@dataclass(frozen=True)
class HelpBench:
    """Measurements of the help."""

    effort: Effort
    studio: ProcessStudio
    dashboard: Program

    def sections(self) -> dict[str, Callable[[], Section]]:
        """Return the sections by name, in the order of the report."""
        return {"help": self.help}

    def help(self) -> Section:
        """Measure from the key of the help until it is on the screen, the first time and later."""
        measures = self._over("the list of jobs", _PLAIN, lambda _: None)
        job = str(self.studio.submit(_JOB, query_name=_NAME)["id"])
        self.studio.until(job, "RUNNING")
        measures += self._over("a log of 2,000 lines/s", _PLAIN_GROWING, _open_log)
        self.studio.cancel(job)
        self.studio.end(job)
        return Section("From the key to the help", "ms", tuple(measures))

    def _over(self, name: str, plain: Program, begin: Callable[[Terminal], None]) -> list[Measure]:
        floors, helps = zip(
            *(self._helps(plain, begin) for _ in range(self.effort.rounds)), strict=True
        )
        measures = []
        for time, part in (("first", slice(1)), ("later", slice(1, None))):
            values = tuple(each for taken in floors for each in taken[part])
            floor = Measure(f"plain Textual over {name}, {time}", values)
            values = tuple(each for taken in helps for each in taken[part])
            measures += [floor, Measure(f"over {name}, {time}", values, floor, _GOAL)]
        return measures

    def _helps(
        self, plain: Program, begin: Callable[[Terminal], None]
    ) -> tuple[list[float], list[float]]:
        """Return the ms of the floor and of the dashboard, which open theirs in turn."""
        taken: tuple[list[float], list[float]] = [], []
        with _running(plain) as floor, probes.started(self.dashboard) as dashboard:
            begin(dashboard)
            # What is opened most is imported now.
            _rest(floor, dashboard, seconds=1.0)
            for _ in range(max(2, self.effort.keys // 6)):
                for terminal, values in zip((floor, dashboard), taken, strict=True):
                    values.append(_help(terminal))
                    _rest(floor, dashboard)
                    terminal.press("escape")
                    _rest(floor, dashboard)
        return taken


def _running(program: Program) -> Terminal:
    return probes.started(replace(program, is_still=False))


def _rest(*terminals: Terminal, seconds: float = _REST) -> None:
    """Let all programs draw, since one whose output is not read comes to a halt."""
    for _ in range(max(1, int(seconds / 0.02))):
        for terminal in terminals:
            terminal.pump(0.02 / len(terminals))


def _open_log(terminal: Terminal) -> None:
    terminal.wait_for_text(_NAME)
    terminal.press("home")
    terminal.pump(_REST)
    terminal.press("l")
    terminal.wait_for_text(r"seq=\d")


def _help(terminal: Terminal) -> float:
    # Searching all that a growing log has drawn would delay the reading of what comes.
    terminal.output.clear()
    sent = terminal.press("?")
    return (terminal.wait_for_text(_TITLE) - sent) * 1000
