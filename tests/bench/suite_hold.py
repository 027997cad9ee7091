"""A key held down in a long list that changes, in a large terminal with the preview open.

The list is that of a local Studio, which is polled every 1.5 s because a job runs. As often, one
job in a hundred changes: jobs that wait for the running one are canceled, and as many are created.
"""

import itertools
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench import probes
from tests.bench.probes import Program
from tests.bench.report import Goal, Measure, Section
from tests.bench.studio import studio_with
from tests.bench.suite import EMPTY, Effort
from tests.bench.terminal import Terminal
from tests.studios import ProcessStudio

SIZE = (200, 60)
_RATE = 30
"""Keys per second; keyboards repeat a held key 25 to 33 times."""
_PERIOD = 1.5
"""Seconds between two polls of a list with running jobs, and between two changes."""
_SLEEP = "import time; time.sleep(600)"
"""A job that takes all workers, so that those after it wait."""
_LOADING = 120.0
"""Timeout in seconds until all jobs are in the list."""


@dataclass(frozen=True)
class HoldBench:
    """The measurement of a held key."""

    effort: Effort
    dashboard: Callable[[ProcessStudio, Path], Program]
    """Returns the dashboard of a Studio, with empty state folders below a path."""

    def sections(self) -> dict[str, Callable[[], Section]]:
        """Return the section by name."""
        return {"hold": self.hold}

    def hold(self) -> Section:
        """Measure the frames while a key is held down, beside those of an empty screen."""
        jobs, changes = self.effort.response_jobs, self.effort.response_jobs // 100
        with EMPTY.run(SIZE) as terminal:
            terminal.wait_for_text(EMPTY.ready)
            terminal.settle()
            floor = self._measures("empty screen", terminal)
        with tempfile.TemporaryDirectory(prefix="studio-tui-hold-") as folder:
            data = Path(folder) / "studio"
            with studio_with(jobs, data) as studio:
                (cluster,) = studio.request("GET", "/datachain/clusters/").json()
                running = studio.submit(_SLEEP, workers=cluster["max_workers"])
                studio.wait_for_state(str(running["id"]), "RUNNING")
                program = self.dashboard(studio, Path(folder))
                with program.run(SIZE) as terminal:
                    terminal.wait_for_text(program.ready)
                    _load(terminal, jobs)
                    with _changing(studio, changes):
                        measures = self._measures(f"dashboard, {jobs:,} jobs", terminal, floor)
        title = f"A key held down, {_RATE} a second; {changes} jobs change every {_PERIOD:g} s"
        return Section(title, "as named", (*floor, *measures))

    def _measures(
        self, name: str, terminal: Terminal, floor: tuple[Measure, ...] = ()
    ) -> tuple[Measure, ...]:
        """Return frames per second, the times between two frames, and the longest of them."""
        times = probes.held(terminal, "down", self.effort.seconds * 3, _RATE)
        gaps = [(later - earlier) * 1000 for earlier, later in itertools.pairwise(times)]
        values = {
            "frames/s": ((1000 * len(gaps) / sum(gaps),), Goal(least=0.95 * _RATE)),
            "ms from frame to frame": (tuple(gaps), Goal(p95=50.0, or_times_floor=1.2)),
            "longest, ms": ((max(gaps),), Goal(median=100.0, or_times_floor=1.2)),
        }
        floors = floor or (None,) * len(values)
        return tuple(
            Measure(f"{name}: {unit}", figures, baseline, goal if floor else None)
            for (unit, (figures, goal)), baseline in zip(values.items(), floors, strict=True)
        )


def _load(terminal: Terminal, jobs: int) -> None:
    """Request older jobs until all are in the list, then go to the first."""
    deadline = time.perf_counter() + _LOADING
    while str(jobs + 1).encode() not in terminal.text()[-50_000:]:
        assert time.perf_counter() < deadline, terminal.text()[-2000:]
        terminal.press("end")
        terminal.pump(0.2)
    terminal.settle(1.0)
    terminal.press("home")
    terminal.settle(0.3)


@contextmanager
def _changing(studio: ProcessStudio, count: int) -> Iterator[None]:
    """Let `count` jobs change each period, in a thread."""
    ended = threading.Event()

    def change() -> None:
        waiting: list[str] = []
        while not ended.wait(_PERIOD):
            for job in waiting:
                studio.cancel(job)
            waiting = [str(studio.submit("pass")["id"]) for _ in range(count // 2)]

    changer = threading.Thread(target=change)
    changer.start()
    try:
        yield
    finally:
        ended.set()
        changer.join()
