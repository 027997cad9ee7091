"""Benchmarks of the recorder: filters over all recorded jobs, the start, and bytes written."""

import gc
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from studio_tui.api.calls import Call
from studio_tui.api.models import Job
from studio_tui.presentation.jobs.filters import JOBS
from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.presentation.lists.listing import Listing
from studio_tui.service.polling.jobs_feed import READ_LIMIT
from studio_tui.service.recorder.database import RecorderFile
from studio_tui.service.recorder.recorder import Recorder
from tests.bench import probes
from tests.bench.dag_pure import cpu
from tests.bench.probes import Program
from tests.bench.report import Goal, Measure, Section
from tests.bench.suite import Effort

_NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
_A_DAY = 1000
"""Jobs per day."""
_STATES = ("CREATED", "QUEUED", "RUNNING")
"""That each is seen in before it ends."""
_NOWHERE = "http://127.0.0.1:9"
"""An address at which nothing listens."""
_TEAM = "vision"
_FILTERS = (
    "embed",
    "status=failed",
    "name~^eval_\\d+7",
    "by=ann age<2d",
    "!train run>30m",
    "waited>5m",
)


_FILTERED = Goal(median=50.0, or_times_floor=6)
"""On a slow machine a filter may take as many times longer than a plain loop over all jobs."""


class RecorderBench:
    """Measures the recorder with several days of jobs."""

    def __init__(self, effort: Effort, dashboard: Program, root: Path) -> None:
        """Take also the dashboard on a Studio, and a folder that it may fill."""
        self.effort = effort
        self.dashboard = dashboard
        self.root = root

    def sections(self) -> dict[str, Callable[[], Section]]:
        """Return what can be measured, by name, in the order of the report."""
        return {"recorder": self.read, "recorder-disk": self.write, "recorder-start": self.start}

    def start(self) -> Section:
        """Measure a start without Studio: to the last known list, and to an empty page."""
        remembers, empty = self._away("remembers", r"embed_\d+"), self._away("empty", "1 Jobs")
        place = f"{_NOWHERE}\n{_TEAM}"
        folder = Path(remembers.environment["STUDIO_TUI_STATE_DIR"]) / "ledgers"
        _fill(Recorder(RecorderFile(folder, place)), self.effort.recorded)
        blank, known = [], []
        for _ in range(min(3, self.effort.starts)):
            blank.append(probes.start(empty).usable)
            known.append(probes.start(remembers).usable)
        floor = Measure("with an empty recorder, the page of jobs", tuple(blank))
        over = tuple(max(0.0, seen - nothing) for seen, nothing in zip(known, blank, strict=True))
        return Section(
            "recorder-start",
            "ms",
            (
                floor,
                Measure(f"with {self.effort.recorded:,} jobs, the last list", tuple(known), floor),
                Measure("that much later", over, goal=Goal(median=150.0)),
            ),
        )

    def _away(self, name: str, ready: str) -> Program:
        """Return the dashboard on a Studio that is not there, with a memory of its own."""
        places = {
            f"STUDIO_TUI_{place}_DIR": str(self.root / name / place.lower())
            for place in ("CONFIG", "STATE", "CACHE", "LOG", "DATA")
        }
        nowhere = {"DATACHAIN_STUDIO_URL": _NOWHERE, "DATACHAIN_STUDIO_TEAM": _TEAM}
        environment = {**self.dashboard.environment, **places, **nowhere}
        return replace(self.dashboard, ready=ready, environment=environment)

    def read(self) -> Section:
        """Measure reading, and filters over all recorded jobs."""
        with _filled(self.effort.recorded) as kept:
            rounds = min(3, self.effort.starts)
            recall = [_ms(lambda: kept.recall_jobs(READ_LIMIT)) for _ in range(rounds)]
            reading = [_ms(kept.all_jobs) for _ in range(rounds)]
            jobs = [job for job, _ in kept.all_jobs() or ()]
            rows = Listing(JOBS)
            rows.replace(jobs)
        # As the program does once its first list is there.
        gc.freeze()
        measures = [
            Measure(f"last known list of {READ_LIMIT:,}", tuple(recall), goal=Goal(median=150.0)),
            Measure(f"all of {self.effort.recorded:,}, in the background", tuple(reading)),
        ]
        plain = Measure(
            "their run times, by a plain loop",
            tuple(cpu(partial(_run_times, jobs)) for _ in _FILTERS),
        )
        measures.append(plain)
        for text in _FILTERS:
            step = partial(_filter, rows, text)
            first = cpu(step)
            again = [cpu(step) for _ in range(rounds)]
            measures.append(Measure(f"{text}, for the first time", (first,)))
            measures.append(Measure(text, tuple(again), plain, _FILTERED))
        return Section("recorder", "ms, of CPU for filters", tuple(measures))

    def write(self) -> Section:
        """Measure the bytes written in an idle hour, and the size of the recorded days on disk."""
        with _filled(self.effort.recorded) as kept:
            kept.database.keep_open()
            size = kept.database.path.stat().st_size
            before = _written()
            for minute in range(60):
                for second in range(0, 60, 2):
                    at = _NOW + timedelta(minutes=minute, seconds=second)
                    for path in ("/datachain/jobs/", "/datachain/pipeline/list"):
                        kept.note_call(Call(at, "GET", path, "200", 12.0))
                for name in ("jobs", "pipelines", "clusters", "schedules"):
                    kept.confirm(name, _NOW + timedelta(minutes=minute))
                kept.flush()
            hour = _written() - before
            kept.database.close()
        return Section(
            "recorder-disk",
            "KiB",
            (
                Measure("an hour at rest", (hour / 1024,), goal=Goal(median=1024.0)),
                Measure(f"{self.effort.recorded:,} jobs and all changes", (size / 1024,)),
            ),
        )


@contextmanager
def _filled(count: int) -> Iterator[Recorder]:
    """Yield a recorder that has seen `count` jobs, a thousand per day, in each of their states."""
    with tempfile.TemporaryDirectory(prefix="studio-tui-recorder-") as folder:
        kept = Recorder(RecorderFile(Path(folder), "bench"))
        _fill(kept, count)
        yield kept


def _fill(kept: Recorder, count: int) -> None:
    """Let a recorder see so many jobs."""
    for day in range(0, count, _A_DAY):
        for place, state in enumerate((*_STATES, "")):
            jobs = [_job(day + each, state) for each in range(min(_A_DAY, count - day))]
            at = _NOW - timedelta(days=day // _A_DAY) + timedelta(minutes=place)
            kept.note_jobs(jobs, at, has_all=False, back_to=at + timedelta(days=1))


def _job(number: int, state: str) -> Job:
    made = _NOW - timedelta(seconds=86.4 * number)
    kind = ("embed", "train", "eval")[number % 3]
    ended = "FAILED" if number % 20 == 0 else "COMPLETE"
    sent = {
        "id": f"{number:08x}-6276-4993-bfeb-53cbbbba6f08",
        "status": state or ended,
        "name": f"{kind}_{number}.py",
        "created_at": made.isoformat(),
        "created_by": ("ann", "bob")[number % 2],
        "query_type": "PYTHON",
        "workers": 1 + number % 4,
        "team": "vision",
        "started_at": (made + timedelta(seconds=9)).isoformat() if state != "CREATED" else None,
        "finished_at": (made + timedelta(seconds=number % 4000)).isoformat() if not state else None,
    }
    if not state and ended == "FAILED":
        sent["error_message"] = f"RuntimeError: CUDA out of memory in shard {number}"
    return Job.model_validate(sent)


def _filter(rows: Listing[Job], text: str) -> None:
    rows.ids(Terms(text, JOBS), "age", _NOW)


def _run_times(jobs: Sequence[Job]) -> int:
    """Return how many jobs ran for more than half an hour."""
    return sum(
        job.started_at is not None
        and job.finished_at is not None
        and (job.finished_at - job.started_at).total_seconds() > 1800
        for job in jobs
    )


def _ms(step: Callable[[], object]) -> float:
    begin = time.perf_counter()
    step()
    return (time.perf_counter() - begin) * 1000


def _written() -> int:
    """Return the number of bytes that this process has written to files so far."""
    lines = Path("/proc/self/io").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("wchar"))
