"""Benchmarks of logs, compared with other log viewers that are installed."""

import shutil
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from statistics import median

from tests import needs
from tests.bench import big_log, log_probes, probes
from tests.bench.probes import Program
from tests.bench.report import Goal, Measure, Section
from tests.bench.suite import EMPTY, Effort
from tests.studios import ProcessStudio

_PATIENCE = 180.0
"""Timeout in seconds for another program to open a log."""

_ANY_LINE = r"seq=\d{10}"
_ANY_TIMESTAMP = r"t=\d{8}"
_PAGES = Program.ours("pages", ready=_ANY_LINE)
_PLAIN = Program.ours("push", "--now", ready=big_log.sequence(999))
_PLAIN_ON_KEY = Program.ours("push", ready="ready")
_OPEN_GOAL = Goal(median=50, or_times_floor=1.2)
_GOAL_WHILE_RECEIVING = Goal(p95=50, or_times_floor=1.2)
_PAGE_GOAL = Goal(times_floor=1.8)
_JOB = """
text = ' '.join(['words'] * 16)[:92]
for first in range(0, {lines}, 1000):
    print(''.join(f'seq={{n:010d}} {{text}}\\n' for n in range(first, first + 1000)), end='')
"""


def roomy_folder(effort: Effort) -> Path | None:
    """Return a folder in memory with space for the logs; `None` if there is none."""
    shared = Path("/dev/shm")
    needed = 2 * effort.log_lines * big_log.LINE_BYTES
    return shared if shared.is_dir() and shutil.disk_usage(shared).free > 2 * needed else None


@dataclass(frozen=True)
class _Reader:
    """A log viewer, with its keys for the first and the last page."""

    name: str
    program: Program
    jumps: tuple[str, str]


@dataclass(frozen=True)
class LogBench:
    """Measurements of logs, by section."""

    effort: Effort
    studio: ProcessStudio
    dashboard: Program
    folder: Path
    """Folder of the logs."""

    def sections(self) -> dict[str, Callable[[], Section]]:
        """Return the sections by name, in the order of the report."""
        return {
            "open": self.open,
            "page": self.page,
            "follow": self.follow,
            "log-memory": self.memory,
            "log-search": self.search,
        }

    def open(self) -> Section:
        """Measure from the command, and from a key, to the end of a log.

        The baseline of a key is a page with as many widgets and prepared lines, which plain Textual
        mounts, styles and lays out. The baseline of the dashboard also receives the log. Where a
        baseline takes longer than 42 ms, the limit is 1.2 times the baseline.
        """
        viewer_on_key = _viewer_of(self._log, "--on-key", ready="ready")
        times: dict[str, list[float]] = defaultdict(list)
        for _ in range(min(3, self.effort.starts)):
            times["empty"].append(probes.start(EMPTY))
            times["plain"].append(probes.start(_PLAIN))
            times["viewer"].append(probes.start(self._viewer.program))
            times["viewer on key"].append(
                log_probes.key_to_text(viewer_on_key, "o", self._last_line)
            )
            times["plain on key"].append(
                log_probes.key_to_text(_PLAIN_ON_KEY, "l", big_log.sequence(999))
            )
            job_id = self._job(1000)
            times["plain with log"].append(self._plain_page_with_log(job_id))
            times["dashboard"].append(self._dashboard_to_log(job_id))
        ms = {name: tuple(values) for name, values in times.items()}
        floor = Measure("empty Textual screen", ms["empty"])
        plain = Measure("screen of as many widgets, from the command", ms["plain"], floor)
        on_key = Measure("screen of as many widgets, from a key when running", ms["plain on key"])
        with_log = Measure("the same, with a job's 1,000 lines received", ms["plain with log"])
        return Section(
            f"Open a log of {self._size} at its end",
            "ms",
            (
                floor,
                plain,
                Measure("viewer, from the command", ms["viewer"], plain, Goal(times_floor=1.2)),
                on_key,
                Measure("viewer, from a key when running", ms["viewer on key"], on_key, _OPEN_GOAL),
                with_log,
                Measure(
                    "dashboard, from a key to a job's 1,000 lines",
                    ms["dashboard"],
                    with_log,
                    _OPEN_GOAL,
                ),
                *(
                    Measure(
                        f"{other.name}, from the command", (probes.start(other.program),), floor
                    )
                    for other in self._others
                ),
            ),
        )

    def page(self) -> Section:
        """Measure from a key to another page, in turn with a key on an empty screen."""
        keys, rounds = self.effort.keys, self.effort.rounds
        empty, redrawn = "empty Textual screen", "empty screen, redrawn completely"
        up, jumps = ("pageup",) * keys, self._viewer.jumps * (keys // 2)
        times = log_probes.pages_side_by_side(
            {
                empty: (EMPTY, ("down",) * keys),
                redrawn: (_PAGES, up),
                f"{self._viewer.name}: page up": (self._viewer.program, up),
                f"{self._viewer.name}: first and last page": (self._viewer.program, jumps),
            },
            rounds,
            empty=empty,
        )
        floor = Measure(empty, tuple(times.pop(empty)))
        measures = [floor, Measure(redrawn, tuple(times.pop(redrawn)), floor)]
        for name, values in times.items():
            measures.append(Measure(name, tuple(values), floor, _PAGE_GOAL))
        for reader in self._others:  # not in turn, as they are slow and only for comparison
            for name, pressed, patience in (
                ("page up", ("pageup",) * keys, 0.5),
                ("first and last page", reader.jumps * (keys // 2), 10.0),
            ):
                figures = log_probes.key_to_page(reader.program, pressed, patience=patience)
                if figures:
                    measures.append(Measure(f"{reader.name}: {name}", tuple(figures), floor))
        return Section(f"Page key to paint in a log of {self._size}", "ms", tuple(measures))

    def follow(self) -> Section:
        """Measure following a growing log, and the rate of receiving one."""
        rate, seconds = self.effort.line_rate, self.effort.seconds
        job_id = self._job(self.effort.job_lines)
        viewer = _viewer_of(self.folder, "--feed", str(rate), ready=_ANY_TIMESTAMP)
        growing_viewer = replace(viewer, is_still=False)
        pages = log_probes.key_to_page(growing_viewer, ["pageup"] * self.effort.keys)
        plain, dashboard = self._keys_while_receiving(job_id)
        measures = [
            *self._receiving_rates(job_id),
            Measure("viewer: page key to paint, ms", tuple(pages), None, Goal(p95=50)),
            plain,
            Measure(
                "dashboard, a log coming in: the same", dashboard, plain, _GOAL_WHILE_RECEIVING
            ),
            *self._following(growing_viewer, seconds),
        ]
        growing = self.folder / "growing.log"
        for other in (
            self._readers_of(growing, _ANY_TIMESTAMP, at_end=("+F",))
            if self.effort.other_viewers
            else ()
        ):
            with log_probes.growing(growing, rate):
                measures += _follow_measures(
                    other.name, log_probes.follow(replace(other.program, is_still=False), seconds)
                )
        return Section(f"Follow {rate:,} lines a second", "as named", tuple(measures))

    def _receiving_rates(self, job_id: str) -> list[Measure]:
        """Measure the rate from the websocket to disk, in turn with that of the published client.

        Also measure the rate at which the websocket library alone receives and drops the log,
        which is the rate at which Studio can send it.
        """
        stored, dropped, published = [], [], []
        for _ in range(self.effort.rounds):
            if needs.PUBLISHED_CLI:
                published.append(log_probes.cli_lines_a_second(self.studio, job_id, self.folder))
            seconds = log_probes.seconds_to_receive(self.dashboard, job_id)
            dropped.append(self.effort.job_lines / seconds)
            stored.append(log_probes.lines_a_second(self.studio, job_id, self.folder))
        plain = Measure("websocket, received and dropped, lines/s", tuple(dropped))
        spooled = Measure("websocket to spool, lines/s", tuple(stored), plain)
        if not published:
            return [plain, spooled]
        cli = Measure("datachain job logs, to a pipe, lines/s", tuple(published))
        return [plain, cli, replace(spooled, floor=cli, goal=Goal(least_times_floor=2))]

    def _keys_while_receiving(self, job_id: str) -> tuple[Measure, tuple[float, ...]]:
        """Measure keys while a log is received, in plain Textual and in the dashboard."""
        plain = Program.ours("incoming", job_id, ready=_ANY_LINE)
        plain = replace(plain, environment=self.dashboard.environment)
        plain_times: list[float] = []
        times: list[float] = []
        # Few keys each time, as a log of a million lines is received within seconds.
        keys = ["pageup"] * max(2, self.effort.keys // 2)
        for _ in range(self.effort.rounds):
            plain_times += log_probes.key_to_page(plain, keys, opening="l")
            times += log_probes.key_to_page(self._at(job_id), keys, opening="l")
        return Measure("plain Textual, a log dropped: the same", tuple(plain_times)), tuple(times)

    def _following(self, viewer: Program, seconds: float) -> list[Measure]:
        """Measure a viewer of lines that its own process makes, without the cost of making them."""
        unseen = replace(viewer, command=(*viewer.command, "--unseen"), ready="ready")
        cpu_of_making, cpu_of_showing = [], []
        ages: list[float] = []
        for _ in range(self.effort.rounds):
            cpu_of_making.append(log_probes.follow(unseen, seconds).cpu)
            followed = log_probes.follow(viewer, seconds)
            cpu_of_showing.append(max(0.0, followed.cpu - cpu_of_making[-1]))
            ages += followed.ages
        making = Measure("the lines, made and stored but not shown: CPU %", tuple(cpu_of_making))
        goal = Goal(median=10, or_times_floor=1.2)
        measures = [
            making,
            Measure("viewer, in addition: CPU %", tuple(cpu_of_showing), making, goal),
        ]
        if ages:
            name = "viewer: age of the last line, ms"
            measures.append(Measure(name, tuple(ages), None, Goal(p95=100)))
        return measures

    def memory(self) -> Section:
        """Measure the memory of an open log with all lines counted."""
        lines = self.effort.log_lines
        tenth = self.folder / "tenth.log"
        big_log.write(tenth, lines // 10)
        floor = Measure("empty Textual screen", (probes.memory(EMPTY)[0],))
        tenth_values, values = (
            tuple(
                probes.memory(_viewer_of(path, "--index", ready=_ANY_LINE))[0]
                for _ in range(min(3, self.effort.rounds))
            )
            for path in (tenth, self._log)
        )
        growth = max(0.0, median(values) - median(tenth_values)) / (0.9 * lines / 1_000_000)
        return Section(
            f"Memory with a log of {self._size} open, RSS",
            "MB",
            (
                floor,
                Measure("viewer, a tenth of it", tenth_values, floor),
                Measure("viewer, all of it", values, floor),
                Measure("viewer, more for a million lines", (growth,), None, Goal(median=1.5)),
                *(
                    Measure(other.name, (probes.memory(other.program)[0],), floor)
                    for other in self._others
                ),
            ),
        )

    def search(self) -> Section:
        """Measure searching the whole log for a word near its start."""
        measures = []
        for name, options, ignores_case in (("", (), False), (", any case", ("-i",), True)):
            rounds = range(min(3, self.effort.rounds))
            word = big_log.RARE
            grep_times = tuple(log_probes.grep(self._log, word, options) for _ in rounds)
            times = tuple(
                log_probes.search(self._log, word, ignore_case=ignores_case) for _ in rounds
            )
            grep = Measure(f"LC_ALL=C grep -c{name}", grep_times)
            measures += [grep, Measure(f"viewer{name}", times, grep, Goal(times_floor=3))]
        return Section(f"Search a log of {self._size} for a rare word", "s", tuple(measures))

    @cached_property
    def _log(self) -> Path:
        """The longest log, created on first use."""
        path = self.folder / "long.log"
        big_log.write(path, self.effort.log_lines)
        return path

    @property
    def _size(self) -> str:
        size = self.effort.log_lines * big_log.LINE_BYTES
        return f"{size / 1e9:.2f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"

    @property
    def _last_line(self) -> str:
        return big_log.sequence(self.effort.log_lines - 1)

    @property
    def _viewer(self) -> _Reader:
        return _Reader("viewer", _viewer_of(self._log, ready=self._last_line), ("g", "G"))

    @property
    def _others(self) -> tuple[_Reader, ...]:
        if not self.effort.other_viewers:
            return ()
        return tuple(self._readers_of(self._log, self._last_line, at_end=("-n", "+G")))

    def _readers_of(self, path: Path, ready: str, *, at_end: tuple[str, ...]) -> Iterator[_Reader]:
        """Yield the other log viewers that are installed; `at_end` are options of less."""
        environment = {"HOME": str(self.folder), "LESS": "", "LESSHISTFILE": "-"}
        for name, options, jumps in (
            ("tl", (), ("home", "end")),
            ("lnav", (), ("g", "G")),
            ("less", at_end, ("g", "G")),
        ):
            beside = Path(sys.executable).parent / name
            command = str(beside) if beside.exists() else shutil.which(name)
            if command is not None:
                program = Program(
                    (command, *options, str(path)), ready, environment, patience=_PATIENCE
                )
                yield _Reader(" ".join((name, *options)), program, jumps)

    def _plain_page_with_log(self, job_id: str) -> float:
        """Return the ms from a key to a plain Textual page that receives a job's log first."""
        plain = Program.ours("push", job_id, ready="ready")
        plain = replace(plain, environment=self.dashboard.environment)
        return log_probes.key_to_text(plain, "l", big_log.sequence(999))

    def _dashboard_to_log(self, job_id: str) -> float:
        """Return the ms from the key in the list of jobs to the end of the newest job's log."""
        last = big_log.sequence(999)
        # The preview shows the last line before the key, so the dashboard is ready only then.
        return log_probes.key_to_text(replace(self._at(job_id), ready=last), "l", last)

    def _at(self, job_id: str) -> Program:
        """Return the dashboard with empty state, so that its cursor is on the newest job."""
        state = {"STUDIO_TUI_STATE_DIR": str(self.folder / f"state-{job_id}")}
        environment = {**self.dashboard.environment, **state}
        return replace(self.dashboard, ready=job_id[:8], environment=environment)

    def _job(self, lines: int) -> str:
        """Run a job that prints `lines` lines, and return its id."""
        job_id = str(self.studio.submit(_JOB.format(lines=lines))["id"])
        self.studio.wait_for_end(job_id)
        return job_id


def _viewer_of(path: Path, *options: str, ready: str) -> Program:
    """Return the dashboard's log view as a program."""
    return Program.ours("log", str(path), *options, ready=ready)


def _follow_measures(name: str, followed: log_probes.Followed) -> list[Measure]:
    measures = [Measure(f"{name}: CPU %", (followed.cpu,))]
    if followed.ages:
        measures.append(Measure(f"{name}: age of the last line, ms", tuple(followed.ages)))
    return measures
