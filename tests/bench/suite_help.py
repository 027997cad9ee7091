"""Benchmarks of the help, over a list and over a log that grows."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.bench import probes
from tests.bench.probes import Program
from tests.bench.report import Goal, Measure, Section
from tests.bench.suite import Effort
from tests.bench.terminal import Terminal
from tests.studios import ProcessStudio

_GOAL = Goal(median=60.0)
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
_REST = 0.4
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
        over_list = [self._helps(lambda _: None) for _ in range(self.effort.rounds)]
        job = str(self.studio.submit(_JOB, query_name=_NAME)["id"])
        self.studio.until(job, "RUNNING")
        over_log = [self._helps(_open_log) for _ in range(self.effort.rounds)]
        self.studio.cancel(job)
        self.studio.end(job)
        return Section(
            "From the key to the help",
            "ms",
            tuple(
                Measure(f"over {name}, {time}", tuple(values), None, _GOAL)
                for name, taken in (
                    ("the list of jobs", over_list),
                    ("a log of 2,000 lines/s", over_log),
                )
                for time, values in (
                    ("first", [first for first, *_ in taken]),
                    ("later", [each for _, *later in taken for each in later]),
                )
            ),
        )

    def _helps(self, begin: Callable[[Terminal], None]) -> list[float]:
        with probes.started(self.dashboard) as terminal:
            begin(terminal)
            # What is opened most is imported now.
            terminal.pump(1.0)
            return [_help(terminal) for _ in range(max(2, self.effort.keys))]


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
    taken = (terminal.wait_for_text(_TITLE) - sent) * 1000
    terminal.pump(_REST)
    terminal.press("escape")
    terminal.pump(_REST)
    return taken
