"""Benchmarks of logs, compared with other log viewers that are installed."""

import shutil
import sys
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
_GROWN = r"t=\d{8}"
_PAGES = Program.ours("pages", ready=_ANY_LINE)
_EQUAL = Program.ours("push", "--now", ready=big_log.sequence(999))
_PUSH = Program.ours("push", ready="ready")
_OPENED = Goal(median=50, or_times_floor=1.2)
_COMING_IN = Goal(p95=50, or_times_floor=1.2)
_PAGED = Goal(times_floor=1.8)
_JOB = """
text = ' '.join(['words'] * 16)[:92]
for first in range(0, {lines}, 1000):
    print(''.join(f'seq={{n:010d}} {{text}}\\n' for n in range(first, first + 1000)), end='')
"""


def roomy_folder(effort: Effort) -> Path | None:
    """Return a folder in memory with space for the logs; `None` for the default location."""
    shared = Path("/dev/shm")
    needed = 2 * effort.log_lines * big_log.LINE_BYTES
    return shared if shared.is_dir() and shutil.disk_usage(shared).free > 2 * needed else None


@dataclass(frozen=True)
class _Reader:
    """Another log viewer, with its keys for the first and the last page."""

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

        A key's floor is a page of as many widgets, with lines that are ready, which plain Textual
        mounts, styles and lays out; in the dashboard the log is received, too. A fifth more is the
        limit where that takes longer than 42 ms.
        """
        late = _ours(self._log, "--on-key", ready="ready")
        empty, equal, viewers, keyed, pushed = [], [], [], [], []
        received, screens = [], []
        for _ in range(min(3, self.effort.starts)):
            empty.append(_usable(EMPTY))
            equal.append(_usable(_EQUAL))
            viewers.append(_usable(self._viewer.program))
            keyed.append(log_probes.key_to_text(late, "o", self._last_line))
            pushed.append(log_probes.key_to_text(_PUSH, "l", big_log.sequence(999)))
            ended = self._job(1000)
            received.append(self._received_page(ended))
            screens.append(self._dashboard_to_log(ended))
        floor = Measure("empty Textual screen", tuple(empty))
        as_many = Measure("screen of as many widgets, from the command", tuple(equal), floor)
        another = Measure("screen of as many widgets, from a key when running", tuple(pushed))
        plain = Measure("the same, with a job's 1,000 lines received", tuple(received))
        return Section(
            f"Open a log of {self._size} at its end",
            "ms",
            (
                floor,
                as_many,
                Measure(
                    "viewer, from the command",
                    tuple(viewers),
                    as_many,
                    Goal(times_floor=1.2),
                ),
                another,
                Measure("viewer, from a key when running", tuple(keyed), another, _OPENED),
                plain,
                Measure(
                    "dashboard, from a key to a job's 1,000 lines",
                    tuple(screens),
                    plain,
                    _OPENED,
                ),
                *(
                    Measure(f"{other.name}, from the command", (_usable(other.program),), floor)
                    for other in self._others
                ),
            ),
        )

    def page(self) -> Section:
        """Measure from a key to another page, in turn with a key on an empty screen."""
        keys, rounds = self.effort.keys, self.effort.rounds
        empty, whole = "empty Textual screen", "empty screen, redrawn whole"
        up, jumps = ("pageup",) * keys, self._viewer.jumps * (keys // 2)
        taken = log_probes.pages_side_by_side(
            {
                empty: (EMPTY, ("down",) * keys),
                whole: (_PAGES, up),
                f"{self._viewer.name}: page up": (self._viewer.program, up),
                f"{self._viewer.name}: first and last page": (self._viewer.program, jumps),
            },
            rounds,
            empty=empty,
        )
        floor = Measure(empty, tuple(taken.pop(empty)))
        measures = [floor, Measure(whole, tuple(taken.pop(whole)), floor)]
        measures += [Measure(name, tuple(values), floor, _PAGED) for name, values in taken.items()]
        for reader in self._others:  # they are slow, and only for comparison
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
        fed = replace(_ours(self.folder, "--feed", str(rate), ready=_GROWN), is_still=False)
        pages = log_probes.key_to_page(fed, ["pageup"] * self.effort.keys)
        dropped, beside = self._while_coming_in(job_id)
        measures = [
            *self._received(job_id),
            Measure("viewer: page key to paint, ms", tuple(pages), None, Goal(p95=50)),
            dropped,
            Measure("dashboard, a log coming in: the same", tuple(beside), dropped, _COMING_IN),
            *self._fed(fed, seconds),
        ]
        growing = self.folder / "growing.log"
        for other in self._readers_of(growing, _GROWN, at_end=("+F",)) if self._has_others else ():
            with log_probes.growing(growing, rate):
                measures += _followed(
                    other.name, log_probes.follow(replace(other.program, is_still=False), seconds)
                )
        return Section(f"Follow {rate:,} lines a second", "as named", tuple(measures))

    def _received(self, job_id: str) -> list[Measure]:
        """Measure the rate from the websocket to disk, in turn with the published client's.

        Beside it is what the websocket library alone receives, and drops: what Studio can send.
        """
        chain, dropped, published = [], [], []
        for _ in range(self.effort.rounds):
            if needs.PUBLISHED_CLI:
                published.append(log_probes.cli_lines_a_second(self.studio, job_id, self.folder))
            seconds = log_probes.seconds_dropped(self.dashboard, job_id)
            dropped.append(self.effort.job_lines / seconds)
            chain.append(log_probes.lines_a_second(self.studio, job_id, self.folder))
        plain = Measure("websocket, received and dropped, lines/s", tuple(dropped))
        spooled = Measure("websocket to spool, lines/s", tuple(chain), plain)
        if not published:
            return [plain, spooled]
        cli = Measure("datachain job logs, to a pipe, lines/s", tuple(published))
        return [plain, cli, replace(spooled, floor=cli, goal=Goal(least_times_floor=2))]

    def _while_coming_in(self, job_id: str) -> tuple[Measure, list[float]]:
        """Measure keys while a log comes in; first where it is dropped, and Textual's alone."""
        plain = Program.ours("incoming", job_id, ready=_ANY_LINE)
        plain = replace(plain, environment=self.dashboard.environment)
        dropped: list[float] = []
        beside: list[float] = []
        # A log of a million lines comes in within seconds: few keys each time.
        keys = ["pageup"] * max(2, self.effort.keys // 2)
        for _ in range(self.effort.rounds):
            dropped += log_probes.key_to_page(plain, keys, opening="l")
            beside += log_probes.key_to_page(self._at(job_id), keys, opening="l")
        return Measure("plain Textual, a log dropped: the same", tuple(dropped)), beside

    def _fed(self, fed: Program, seconds: float) -> list[Measure]:
        """Measure a viewer of lines that its own process makes, without what making them costs."""
        unseen = replace(fed, command=(*fed.command, "--unseen"), ready="ready")
        alone, beyond = [], []
        ages: list[float] = []
        for _ in range(self.effort.rounds):
            alone.append(log_probes.follow(unseen, seconds).cpu)
            followed = log_probes.follow(fed, seconds)
            beyond.append(max(0.0, followed.cpu - alone[-1]))
            ages += followed.ages
        unshown = Measure("the lines, made and stored but not shown: CPU %", tuple(alone))
        shown = Goal(median=10, or_times_floor=1.2)
        measures = [
            unshown,
            Measure("viewer, besides: CPU %", tuple(beyond), unshown, shown),
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
        part, whole = (
            tuple(
                probes.memory(_ours(path, "--index", ready=_ANY_LINE))[0]
                for _ in range(min(3, self.effort.rounds))
            )
            for path in (tenth, self._log)
        )
        growth = max(0.0, median(whole) - median(part)) / (0.9 * lines / 1_000_000)
        return Section(
            f"Memory with a log of {self._size} open, RSS",
            "MB",
            (
                floor,
                Measure("viewer, a tenth of it", part, floor),
                Measure("viewer, all of it", whole, floor),
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
            times = range(min(3, self.effort.rounds))
            word = big_log.RARE
            floor = tuple(log_probes.grep(self._log, word, options) for _ in times)
            ours = tuple(
                log_probes.search(self._log, word, ignore_case=ignores_case) for _ in times
            )
            grep = Measure(f"LC_ALL=C grep -c{name}", floor)
            measures += [grep, Measure(f"viewer{name}", ours, grep, Goal(times_floor=3))]
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
        return _Reader("viewer", _ours(self._log, ready=self._last_line), ("g", "G"))

    @property
    def _has_others(self) -> bool:
        return self.effort.others

    @property
    def _others(self) -> tuple[_Reader, ...]:
        if not self._has_others:
            return ()
        return tuple(self._readers_of(self._log, self._last_line, at_end=("-n", "+G")))

    def _readers_of(self, path: Path, ready: str, *, at_end: tuple[str, ...]) -> Iterator[_Reader]:
        """Yield the other programs that are installed; `at_end` is for less."""
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

    def _received_page(self, job_id: str) -> float:
        """Return the ms from a key to a page of Textual's that receives a job's log first."""
        plain = Program.ours("push", job_id, ready="ready")
        plain = replace(plain, environment=self.dashboard.environment)
        return log_probes.key_to_text(plain, "l", big_log.sequence(999))

    def _dashboard_to_log(self, ended: str) -> float:
        """Return the ms from the key in the list of jobs to the end of the newest job's log."""
        last = big_log.sequence(999)
        # The preview beside the list shows it first, and would otherwise be taken for the log.
        return log_probes.key_to_text(replace(self._at(ended), ready=last), "l", last)

    def _at(self, job_id: str) -> Program:
        """Return the dashboard with the cursor on the newest job, since no other is remembered."""
        state = {"STUDIO_TUI_STATE_DIR": str(self.folder / f"state-{job_id}")}
        environment = {**self.dashboard.environment, **state}
        return replace(self.dashboard, ready=job_id[:8], environment=environment)

    def _job(self, lines: int) -> str:
        """Run a job that prints `lines` lines, and return its id."""
        job_id = str(self.studio.submit(_JOB.format(lines=lines))["id"])
        self.studio.end(job_id)
        return job_id


def _ours(path: Path, *options: str, ready: str) -> Program:
    return Program.ours("log", str(path), *options, ready=ready)


def _usable(program: Program) -> float:
    return probes.start(program).usable


def _followed(name: str, followed: log_probes.Followed) -> list[Measure]:
    measures = [Measure(f"{name}: CPU %", (followed.cpu,))]
    if followed.ages:
        measures.append(Measure(f"{name}: age of the last line, ms", tuple(followed.ages)))
    return measures
