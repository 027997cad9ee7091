"""Benchmarks of the recorder: filters over all recorded jobs, the start, and bytes written."""

import gc
import tempfile
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
from studio_tui.service.recorder.bodies import JOB
from studio_tui.service.recorder.database import RecorderFile
from studio_tui.service.recorder.recorder import Archived, Recorder
from tests.bench import probes
from tests.bench.dag_pure import cpu
from tests.bench.probes import Program
from tests.bench.report import Goal, Measure, Section
from tests.bench.suite import Effort, milliseconds

_NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
_JOBS_PER_DAY = 1000
_STATES = ("CREATED", "QUEUED", "RUNNING")
"""The states in which the recorder sees each job before it ends."""
_UNREACHABLE_URL = "http://127.0.0.1:9"
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

_FILTER_GOAL = Goal(median=50.0, or_times_floor=6)
"""On a slow machine a filter may take this many times as long as a plain loop over all jobs."""


class RecorderBench:
    """Measures the recorder with several days of jobs."""

    def __init__(self, effort: Effort, dashboard: Program, root: Path) -> None:
        """Measure with `dashboard`, keeping state in folders below `root`."""
        self.effort = effort
        self.dashboard = dashboard
        self.root = root

    def sections(self) -> dict[str, Callable[[], Section]]:
        """Return the sections by name, in the order of the report."""
        return {"recorder": self.read, "recorder-disk": self.write, "recorder-start": self.start}

    def start(self) -> Section:
        """Measure a start without Studio: to the last known list, and to an empty page."""
        with_jobs = self._unconnected("with-jobs", r"embed_\d+")
        empty = self._unconnected("empty", "1 Jobs")
        place = f"{_UNREACHABLE_URL}\n{_TEAM}"
        folder = Path(with_jobs.environment["STUDIO_TUI_STATE_DIR"]) / "ledgers"
        _fill(Recorder(RecorderFile(folder, place)), self.effort.recorded_jobs)
        times_empty, times_with_jobs = [], []
        for _ in range(min(3, self.effort.starts)):
            times_empty.append(probes.start(empty))
            times_with_jobs.append(probes.start(with_jobs))
        floor = Measure("with an empty recorder, the page of jobs", tuple(times_empty))
        pairs = zip(times_with_jobs, times_empty, strict=True)
        differences = tuple(max(0.0, longer - shorter) for longer, shorter in pairs)
        return Section(
            "recorder-start",
            "ms",
            (
                floor,
                Measure(
                    f"with {self.effort.recorded_jobs:,} jobs, the last list",
                    tuple(times_with_jobs),
                    floor,
                ),
                Measure("the difference", differences, goal=Goal(median=150.0)),
            ),
        )

    def _unconnected(self, name: str, ready: str) -> Program:
        """Return the dashboard with a Studio that is unreachable, and folders of its own."""
        folders = {
            f"STUDIO_TUI_{kind}_DIR": str(self.root / name / kind.lower())
            for kind in ("CONFIG", "STATE", "CACHE", "LOG", "DATA")
        }
        unreachable = {"DATACHAIN_STUDIO_URL": _UNREACHABLE_URL, "DATACHAIN_STUDIO_TEAM": _TEAM}
        environment = {**self.dashboard.environment, **folders, **unreachable}
        return replace(self.dashboard, ready=ready, environment=environment)

    def read(self) -> Section:
        """Measure reading, and filters over all recorded jobs."""
        with _filled(self.effort.recorded_jobs) as recorder:
            rounds = min(3, self.effort.starts)
            recall_times = [
                milliseconds(lambda: recorder.recall("jobs", Job, READ_LIMIT))
                for _ in range(rounds)
            ]
            read_times = [milliseconds(lambda: recorder.all_items(JOB)) for _ in range(rounds)]
            jobs = list((recorder.all_items(JOB) or Archived()).items.values())
            rows = Listing(JOBS)
            rows.replace(jobs)
        # As the dashboard does after its first list.
        gc.freeze()
        measures = [
            Measure(
                f"last known list of {READ_LIMIT:,}", tuple(recall_times), goal=Goal(median=150.0)
            ),
            Measure(f"all of {self.effort.recorded_jobs:,}, in the background", tuple(read_times)),
        ]
        plain = Measure(
            "their run times, by a plain loop",
            tuple(cpu(partial(_count_long_runs, jobs)) for _ in _FILTERS),
        )
        measures.append(plain)
        for text in _FILTERS:
            step = partial(_filter, rows, text)
            first = cpu(step)
            repeated = [cpu(step) for _ in range(rounds)]
            measures.append(Measure(f"{text}, for the first time", (first,)))
            measures.append(Measure(text, tuple(repeated), plain, _FILTER_GOAL))
        return Section("recorder", "ms, of CPU for filters", tuple(measures))

    def write(self) -> Section:
        """Measure the bytes written in an idle hour, and the size of the recorded days on disk."""
        with _filled(self.effort.recorded_jobs) as recorder:
            recorder.database.keep_open()
            size = recorder.database.path.stat().st_size
            before = _bytes_written()
            for minute in range(60):
                for second in range(0, 60, 2):
                    at = _NOW + timedelta(minutes=minute, seconds=second)
                    for path in ("/datachain/jobs/", "/datachain/pipeline/list"):
                        recorder.note_call(Call(at, "GET", path, "200", 12.0))
                recorder.flush()
                if minute % 10 == 0:
                    for name in ("jobs", "pipelines", "clusters", "schedules"):
                        recorder.note_list(name, (), _NOW + timedelta(minutes=minute))
            hour = _bytes_written() - before
            recorder.database.close()
        return Section(
            "recorder-disk",
            "KiB",
            (
                Measure("an hour at rest", (hour / 1024,), goal=Goal(median=1024.0)),
                Measure(f"{self.effort.recorded_jobs:,} jobs and all changes", (size / 1024,)),
            ),
        )


@contextmanager
def _filled(count: int) -> Iterator[Recorder]:
    """Yield a recorder that has seen `count` jobs, a thousand per day, in each of their states."""
    with tempfile.TemporaryDirectory(prefix="studio-tui-recorder-") as folder:
        recorder = Recorder(RecorderFile(Path(folder), "bench"))
        _fill(recorder, count)
        yield recorder


def _fill(recorder: Recorder, count: int) -> None:
    """Let a recorder see `count` jobs, in each of their states."""
    for first in range(0, count, _JOBS_PER_DAY):
        for minutes, state in enumerate((*_STATES, "")):
            last = min(first + _JOBS_PER_DAY, count)
            jobs = [_job(number, state) for number in range(first, last)]
            at = _NOW - timedelta(days=first // _JOBS_PER_DAY) + timedelta(minutes=minutes)
            recorder.note_jobs(jobs, at, has_all=False, back_to=at + timedelta(days=1))


def _job(number: int, state: str) -> Job:
    """Return a job; if `state` is empty, it has ended."""
    created = _NOW - timedelta(seconds=86.4 * number)
    kind = ("embed", "train", "eval")[number % 3]
    ended = "FAILED" if number % 20 == 0 else "COMPLETE"
    sent = {
        "id": f"{number:08x}-6276-4993-bfeb-53cbbbba6f08",
        "status": state or ended,
        "name": f"{kind}_{number}.py",
        "created_at": created.isoformat(),
        "created_by": ("ann", "bob")[number % 2],
        "query_type": "PYTHON",
        "workers": 1 + number % 4,
        "team": "vision",
        "started_at": (created + timedelta(seconds=9)).isoformat() if state != "CREATED" else None,
        "finished_at": (created + timedelta(seconds=number % 4000)).isoformat()
        if not state
        else None,
    }
    if not state and ended == "FAILED":
        sent["error_message"] = f"RuntimeError: CUDA out of memory in shard {number}"
    return Job.model_validate(sent)


def _filter(rows: Listing[Job], text: str) -> None:
    rows.ids(Terms(text, JOBS), "age", _NOW)


def _count_long_runs(jobs: Sequence[Job]) -> int:
    """Return how many jobs ran for more than half an hour."""
    return sum(
        job.started_at is not None
        and job.finished_at is not None
        and (job.finished_at - job.started_at).total_seconds() > 1800
        for job in jobs
    )


def _bytes_written() -> int:
    """Return the number of bytes that this process has written to files so far."""
    lines = Path("/proc/self/io").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("wchar"))
