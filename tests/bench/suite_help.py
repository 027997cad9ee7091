"""Benchmarks of opening the help, over a list and over a log that grows.

The baseline is a plain Textual program that opens a list of as many keys over a screen of as many
lines, which change as often as those of the log. If 1.2 times the
baseline is more than the limit in ms, it is the limit: Textual alone draws all lines below again,
dimmed, and styles and lays out the list.
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
_PAUSE = 0.15
"""Seconds between opening the help and closing it, and before opening it again."""


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
        self.studio.wait_for_state(job, "RUNNING")
        measures += self._over("a log of 2,000 lines/s", _PLAIN_GROWING, _open_log)
        self.studio.cancel(job)
        self.studio.wait_for_end(job)
        return Section("From the key to the help", "ms", tuple(measures))

    def _over(self, name: str, plain: Program, begin: Callable[[Terminal], None]) -> list[Measure]:
        """Measure the help over a screen that `begin` opens, and the same in a plain program."""
        plain_times, times = zip(
            *(self._opening_times(plain, begin) for _ in range(self.effort.rounds)), strict=True
        )
        measures = []
        for when, part in (("first", slice(1)), ("later", slice(1, None))):
            values = tuple(each for round_times in plain_times for each in round_times[part])
            floor = Measure(f"plain Textual over {name}, {when}", values)
            values = tuple(each for round_times in times for each in round_times[part])
            measures += [floor, Measure(f"over {name}, {when}", values, floor, _GOAL)]
        return measures

    def _opening_times(
        self, plain: Program, begin: Callable[[Terminal], None]
    ) -> tuple[list[float], list[float]]:
        """Return the ms of the baseline and of the dashboard, which open the help in turn."""
        times: tuple[list[float], list[float]] = [], []
        with _running(plain) as floor, probes.started(self.dashboard) as dashboard:
            begin(dashboard)
            # Meanwhile the dashboard imports the modules of screens that are opened often.
            _rest(floor, dashboard, seconds=1.0)
            for _ in range(max(2, self.effort.keys // 6)):
                for terminal, values in zip((floor, dashboard), times, strict=True):
                    values.append(_opening_time(terminal))
                    _rest(floor, dashboard)
                    terminal.press("escape")
                    _rest(floor, dashboard)
        return times


def _running(program: Program) -> Terminal:
    """Start a program without waiting until it stops drawing."""
    return probes.started(replace(program, is_still=False))


def _rest(*terminals: Terminal, seconds: float = _PAUSE) -> None:
    """Read what all programs draw, since a program whose output is not read comes to a halt."""
    for _ in range(max(1, int(seconds / 0.02))):
        for terminal in terminals:
            terminal.pump(0.02 / len(terminals))


def _open_log(terminal: Terminal) -> None:
    """Open the log of the running job."""
    terminal.wait_for_text(_NAME)
    terminal.press("home")
    terminal.pump(_PAUSE)
    terminal.press("l")
    terminal.wait_for_text(r"seq=\d")


def _opening_time(terminal: Terminal) -> float:
    """Return the ms from the key of the help to its title."""
    # Searching everything that a growing log has drawn would delay reading new output.
    terminal.output.clear()
    sent = terminal.press("?")
    return (terminal.wait_for_text(_TITLE) - sent) * 1000
