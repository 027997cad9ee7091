"""Draws a picture of every screen with fixed data at a fixed time, for the gallery.

`python -m tests.scenes screenshots` writes the pictures. They are also golden files: `test_scenes`
draws them again and compares.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, cast
from unittest import mock

from textual.widgets import Input, TextArea

from studio_tui.api.client import StudioClient
from studio_tui.api.log_body import LogBody
from studio_tui.api.log_stream import LogFrame, LogMessage, LogMessages, RawText, StatusFrame
from studio_tui.api.models import Cluster, DatasetVersion, Job, Pipeline
from studio_tui.api.pages import ResultPage
from studio_tui.errors import NoCredentials, ServerError
from studio_tui.service.polling.log_ends import END_BYTES
from studio_tui.service.session import StudioSession
from studio_tui.tui.app import StudioApp
from studio_tui.tui.connected import Connected
from studio_tui.tui.frame.choices import Choice
from tests.driving import Driver, driving
from tests.presentation.pipelines.sample import thousand
from tests.tui.dashboards import screen_text, until_shown

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


class Scene(NamedTuple):
    """What a picture shows: the keys to press, the size, and the state of Studio."""

    keys: tuple[str, ...] = ()
    size: tuple[int, int] = (120, 40)
    theme: str = "studio-dark"
    becomes_unreachable: bool = False
    """Whether requests for jobs fail after the first response."""
    lacks_credentials: bool = False
    read_only: bool = False
    is_large: bool = False
    """Whether the newest pipeline has a thousand jobs."""
    shows: str = ""
    """Text on the screen to wait for after the keys."""


WAIT = "wait until shown"
"""Among the keys: wait for `shows` before pressing the following keys."""

WIDE, NARROW, HUGE = (120, 36), (80, 24), (200, 50)

SCENES: dict[str, Scene] = {
    "jobs": Scene(size=WIDE),
    "jobs-80x24": Scene(size=NARROW),
    "jobs-200x50": Scene(size=HUGE),
    "jobs-failed": Scene(("down",) * 3, WIDE, shows="end of the log"),
    "jobs-grouped": Scene(("b", "b", "end"), WIDE, shows="1 × PermissionError"),
    "jobs-no-preview": Scene(("i",), WIDE),
    "jobs-light": Scene(size=WIDE, theme="studio-light"),
    "jobs-16-colors": Scene(size=WIDE, theme="ansi-dark"),
    "jobs-filtered": Scene(("slash", *"status=failed", "enter"), WIDE, shows="end of the log"),
    "jobs-filter-problem": Scene(("slash", *"embed age<soon"), NARROW, shows="end of the log"),
    "jobs-marked": Scene(("space", "down", "down", "v"), NARROW, shows="end of the log"),
    "jobs-offline": Scene(size=NARROW, becomes_unreachable=True),
    "jobs-read-only": Scene(("down", "x"), NARROW, read_only=True),
    "cancel": Scene(("down", "x"), WIDE),
    "run-again": Scene(("r",), NARROW),
    "sort": Scene(("s",), NARROW),
    "job": Scene(("enter",), WIDE),
    "job-query": Scene(("enter", "right"), NARROW),
    "job-environment": Scene(("enter", "right", "right"), NARROW),
    "log": Scene(("down", "l"), WIDE),
    "log-80x24": Scene(("down", "l", "slash", *"loss", "enter"), NARROW),
    "merged": Scene(("down", "space", "down", "space", "space", "L"), WIDE, shows="93 lines"),
    "merged-muted": Scene(
        ("down", "space", "down", "space", "space", "L", WAIT, "tab", "M"),
        NARROW,
        shows="93 lines",
    ),
    "merged-empty": Scene(("5",), NARROW),
    "pipelines": Scene(("2",), WIDE),
    "pipelines-80x24": Scene(("2", "down", "down"), NARROW),
    "pipelines-200x60": Scene(("2", "down"), (200, 60)),
    "pipelines-marked": Scene(("2", "space", "down", "v", "exclamation_mark"), NARROW),
    "pipelines-stop": Scene(("2", "X"), WIDE),
    **{
        f"dag-{mode}-{width}x{height}": Scene(
            ("2", "down", "enter", "n", *["m"] * turns), (width, height), shows="embed.py"
        )
        for turns, mode in enumerate(("tree", "graph", "timeline", "table"))
        for width, height in (NARROW, (200, 60))
    },
    "dag-running": Scene(("2", "enter", "C", "m"), WIDE, shows="ETA ~"),
    "dag-paused": Scene(("2", "down", "down", "enter", "i"), NARROW, shows="p resumes it"),
    "dag-groups-80x24": Scene(("2", "enter"), NARROW, is_large=True, shows="134        ▕"),
    "dag-groups-200x60": Scene(("2", "enter", "n"), (200, 60), is_large=True, shows="134        ▕"),
    "dag-groups-graph": Scene(("2", "enter", "n", "m"), NARROW, is_large=True, shows="04_merge"),
    "pipelines-trigger": Scene(
        ("2", "t", *"vision.prod.thumbs", "space", *"emb", WAIT, "tab", "space", *"rel"),
        WIDE,
        shows="tab: vision.prod.",
    ),
    "datasets": Scene(("f2",), NARROW),
    "clusters": Scene(("3", "down", "asterisk"), NARROW),
    "schedules": Scene(("4",), WIDE),
    "schedules-80x24": Scene(("4", "down"), NARROW),
    "schedule-edit": Scene(("4", "e", *["backspace"] * 9, *"30 2 * * 1-5"), WIDE),
    "schedule-change": Scene(("4", "e", *["backspace"] * 9, *"30 2 * * 1-5", "enter"), NARROW),
    "form": Scene(
        (
            "n",
            "tab",
            *"import datachain as dc",
            "enter",
            *"dc.read_csv('s3://a/b.csv')",
            *("tab",) * 3,
            *"TOKEN=secret",
            "tab",
            *"many",
        ),
        NARROW,
        shows="Workers must be a whole",
    ),
    "form-cron": Scene(
        ("n", *("shift+tab",) * 3, *"0 3 * * 1"), WIDE, shows="every Monday at 03:00"
    ),
    "form-explain": Scene(("n", *("shift+tab",) * 4, "f1"), NARROW, shows="When the job runs"),
    "help": Scene(("question_mark",), NARROW, shows="Run the job again as it was"),
    "welcome": Scene(size=NARROW, lacks_credentials=True),
}

QUERY = '''"""Embed every image of the shard."""
import datachain as dc

def embed(file) -> list[float]:
    return model.encode(file.read())

(
    dc.read_dataset("images", version="1.2.0")
    .settings(parallel=8)
    .map(vector=embed)
    .save("embeddings")
)
'''


def _job(number: int, status: str, name: str, **fields: Any) -> dict[str, Any]:
    """Return a job as sent by Studio, created `number` minutes before noon."""
    created = NOON - timedelta(minutes=number)
    started = created + timedelta(seconds=fields.pop("waited", 7))
    ran = fields.pop("ran", None)
    sent: dict[str, Any] = {
        "id": f"{number * 7919 % 65536:04x}d2c4-6276-4993-bfeb-53cbbbba6f{number % 256:02x}",
        "url": "https://studio.example.com/jobs/1",
        "status": status,
        "name": name,
        "created_at": created.isoformat(),
        "started_at": None if ran is None else started.isoformat(),
        "finished_at": None if not ran else (started + timedelta(seconds=ran)).isoformat(),
        "created_by": ("ann", "bob", "chi")[number % 3],
        "query": QUERY,
        "query_type": "PYTHON",
        "team": "vision",
        "workers": 1 + number % 4,
        "python_version": "3.12",
        "requirements": "datachain\ntorch==2.9\nopen-clip-torch",
        "environment": {"HF_TOKEN": "hf_secret", "SHARD": "17"},
        "compute_cluster_name": "gpu-a10",
    }
    return {**sent, **fields}


JOBS = tuple(
    Job.model_validate(job)
    for job in (
        _job(1, "QUEUED", "export_parquet.py"),
        _job(4, "RUNNING", "train_clip.py", ran=0, workers=8),
        _job(5, "INIT", "label_faces.py"),
        _job(
            12,
            "FAILED",
            "embed_images.py",
            ran=598,
            exit_code=1,
            error_message="OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB",
        ),
        _job(15, "CANCELING", "dedupe_near.py", ran=0),
        _job(31, "COMPLETE", "dedupe_exact.py", ran=372, exit_code=0),
        _job(47, "COMPLETE", "count_tokens.py", ran=58, exit_code=0),
        _job(48, "CANCELED", "scratch.sh", ran=9, query_type="SHELL"),
        _job(
            66, "FAILED", "読み込み_index.py", ran=3, exit_code=2, error_message="KeyError: 'path'"
        ),
        _job(90, "WARMING", "nightly_report.py"),
        *(_job(100 + 37 * n, "COMPLETE", f"shard_{n:03}.py", ran=200 + n) for n in range(40)),
    )
)


def _schedule(
    number: int, name: str, schedule: dict[str, Any] | None, **fields: Any
) -> dict[str, Any]:
    """Return a schedule as sent by a local Studio; by another Studio if `schedule` is `None`."""
    return _job(number, "TASK", name, schedule=schedule, compute_cluster_name=None, **fields)


def _schedule_run(at: str, status: str, **fields: Any) -> dict[str, Any]:
    """Return a run of a schedule."""
    times = {"scheduled_for": at, "created_at": at}
    return {"kind": "job", "id": at, "status": status, **times, **fields}


RECENT_RUNS = (
    _schedule_run("2026-03-04T11:20:00Z", "COMPLETE", by_hand=True, scheduled_for=None),
    _schedule_run("2026-03-03T02:00:00Z", "COMPLETE", created_at="2026-03-03T02:43:00Z"),
    _schedule_run("2026-03-02T02:00:00Z", "FAILED", error_message="PermissionError: s3://vision"),
    _schedule_run("2026-02-28T02:00:00Z", "COMPLETE"),
)

SCHEDULES = tuple(
    Job.model_validate(schedule)
    for schedule in (
        _schedule(
            3000,
            "nightly_embeddings.py",
            {
                "cron_expression": "0 3 * * *",
                "time_zone": "Europe/Berlin",
                "next_run_at": "2026-03-05T02:00:00Z",
                "runs": 40,
                "missed": 1,
                "skipped": 2,
                "recent": RECENT_RUNS,
            },
        ),
        _schedule(
            4000,
            "refresh_index.py",
            {
                "cron_expression": "*/15 9-17 * * mon-fri",
                "time_zone": "UTC",
                "next_run_at": "2026-03-04T12:15:00Z",
                "runs": 0,
                "missed": 0,
                "skipped": 0,
            },
        ),
        _schedule(
            5000,
            "backfill_2025.py",
            {
                "time_zone": "UTC",
                "start_after": "2026-03-07T06:00:00Z",
                "next_run_at": "2026-03-07T06:00:00Z",
                "runs": 0,
                "missed": 0,
                "skipped": 0,
            },
        ),
        _schedule(6000, "weekly_report.py", None),
    )
)

SCHEDULE_RUNS = tuple(
    Job.model_validate(
        _job(
            2000 + 1440 * n,
            status,
            "nightly_embeddings.py",
            ran=900,
            scheduled_by=SCHEDULES[0].id,
            **fields,
        )
    )
    for n, (status, fields) in enumerate(
        (
            ("COMPLETE", {}),
            ("COMPLETE", {}),
            ("FAILED", {"error_message": "PermissionError: s3://vision/embeddings"}),
            ("COMPLETE", {}),
            ("CANCELED", {}),
            ("COMPLETE", {}),
        )
    )
)

_NODES = {
    "ingest_raw": (), "index": ("ingest_raw",), "dedupe": ("index",), "thumbs": ("dedupe",),
    "embed": ("dedupe",), "join_feats": ("thumbs", "embed"), "ingest_labels": (),
    "clean_labels": ("ingest_labels",), "merge_train": ("join_feats", "clean_labels"),
    "split": ("merge_train",), "train_s": ("split",), "train_l": ("split",),
    "eval": ("train_s", "train_l"), "report": ("eval",), "export": ("eval",),
    "publish": ("export",),
}  # fmt: skip
"""The jobs of a pipeline, and the jobs on which each depends."""


def _pipeline(number: int, name: str, status: str, states: str, **fields: Any) -> dict[str, Any]:
    """Return a pipeline created `number` minutes before noon; `states` has a letter per job."""
    statuses = {"c": "COMPLETE", "r": "RUNNING", "q": "QUEUED", "f": "FAILED", "x": "CANCELED"}
    created = NOON - timedelta(minutes=number)
    begin, end = number * 7919 % 65536, number % 256
    sent: dict[str, Any] = {
        "pipeline_id": f"{begin:04x}1aa9-7903-4e4d-bbfa-ac8516341c{end:02x}",
        "name": name,
        "status": status,
        "triggered_from": "vision.prod.release",
        "created_at": created.isoformat(),
        "updated_at": (created + timedelta(minutes=min(number, 14))).isoformat(),
        "completed": states.count("c"),
        "total": len(states),
        "job_runs": [
            {
                "job_id": f"{node}-original",
                "name": f"{node}.py",
                "status": statuses.get(state, "PENDING"),
                "parent_job_ids": [f"{parent}-original" for parent in _NODES[node]],
                "created_job_id": f"{node}-{number}",
            }
            for node, state in zip(_NODES, states, strict=False)
        ],
    }
    return {**sent, **fields}


PIPELINES = tuple(
    Pipeline.model_validate(pipeline)
    for pipeline in (
        _pipeline(14, "rusty-vise", "RUNNING", "ccccr.cc........"),
        _pipeline(61, "rathe-kyat", "FAILED", "ccccf.cc........",
                  error_message="embed.py failed: CUDA out of memory"),
        _pipeline(75, "slow-oak", "PAUSED", "ccr..", triggered_from="vision.prod.thumbs"),
        _pipeline(380, "glad-fern", "COMPLETED", "c" * 16),
        _pipeline(1500, "bold-reed", "FAILED", "cccccccccccf....",
                  error_message="train_l.py failed"),
        _pipeline(2900, "calm-iris", "COMPLETED", "c" * 16),
        _pipeline(3100, "odd-mole", "WARMING", "q....", triggered_from="vision.dev.日本_index"),
        _pipeline(4400, "late-wren", "CANCELED", "ccx..", triggered_from="vision.prod.thumbs"),
    )
)  # fmt: skip

THOUSAND = (
    thousand().model_copy(
        update={"name": "grand-vole", "created_at": NOON - timedelta(minutes=50)}
    ),
)

_RUN_SECONDS = (41, 125, 372, 210, 598, 70, 12, 63, 95, 20, 410, 890, 130, 15, 44, 9)
"""About how long each job of `_NODES` runs."""

PIPELINE_RUNS = tuple(
    Job.model_validate(
        _job(
            number,
            {"c": "COMPLETE", "r": "RUNNING", "f": "FAILED"}[state],
            f"{node}.py",
            id=f"{node}-{number}",
            ran=0 if state == "r" else ran + number % 37,
            waited=300 if state == "r" else 7,
            error_message="OutOfMemoryError: CUDA out of memory" if state == "f" else None,
        )
    )
    for number, states in (
        (14, "ccccr.cc"),
        (61, "ccccf.cc"),
        (380, "c" * 16),
        (1500, "c" * 11 + "f"),
        (2900, "c" * 16),
        (4300, "c" * 16),
    )
    for node, ran, state in zip(_NODES, _RUN_SECONDS, states, strict=False)
    if state != "."
)

CLUSTERS = tuple(
    Cluster.model_validate(cluster)
    for cluster in (
        {"id": "k3f9x2", "name": "gpu-a10", "status": "ACTIVE", "cloud_provider": "AWS",
         "cloud_region": "us-east-1", "instance_type": "g5.4xlarge", "default": True,
         "max_workers": 32, "busy_workers": 14},
        {"id": "k81aa0", "name": "cpu-spot", "status": "MODIFYING", "cloud_provider": "GCP",
         "cloud_region": "europe-west4", "default": False, "max_workers": 64, "busy_workers": 0},
        {"id": 3, "name": "old", "status": "INACTIVE", "cloud_provider": "AZ", "max_workers": 4},
    )
)  # fmt: skip

LOG = (
    "\x1b[36mINFO\x1b[0m  reading images@1.2.0, 48,211 files\n"
    "\x1b[33mWARN\x1b[0m  3 files are not images: they are left out\n"
    + "".join(
        f"epoch {n:>3}  loss {2.4 * 0.97**n:.4f}  acc {1 - 0.9 * 0.97**n:.3f}\n" for n in range(60)
    )
    + "\r 10%|#         | 10/100 [00:03<00:27,  3.2it/s]"
    + "\r 37%|###7      | 37/100 [00:12<00:20,  3.1it/s]"
)


def _timed_log(offset: int, *messages: str) -> str:
    """Return a log with timestamps 3 s apart; the first is 90 + `offset` seconds before noon."""
    start = NOON - timedelta(seconds=90 + offset)
    times = (start + timedelta(seconds=3 * number) for number in range(len(messages)))
    lines = zip(times, messages, strict=True)
    return "".join(f"{moment:%Y-%m-%d %H:%M:%S} {message}\n" for moment, message in lines)


TIMED_LOGS = {
    JOBS[4].id: _timed_log(
        0, "INFO reading images@1.2.0, 48,211 files", *("INFO compared 300",) * 24
    ),
    JOBS[3].id: _timed_log(
        -1,
        "INFO embedding shard 17",
        "\x1b[33mWARN\x1b[0m 3 files are not images: they are left out",
        "ERROR out of memory\n"
        "Traceback (most recent call last):\n"
        '  File "query.py", line 6, in embed\n'
        "OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB",
    ),
}
"""Logs with timestamps, by job id; all other jobs have `LOG`."""


class FixedStudio:
    """Replaces a client: returns the data above.

    With `becomes_unreachable`, requests for jobs fail after the first response.
    """

    def __init__(
        self,
        *,
        becomes_unreachable: bool,
        has_pipeline_runs: bool,
        is_large: bool = False,
        is_local: bool = False,
    ) -> None:
        self.url = "https://studio.example.com"
        self.is_local_studio = is_local
        """Whether it looks like a local Studio."""
        self._gone = becomes_unreachable
        self._pipelines = (*THOUSAND, *PIPELINES) if is_large else PIPELINES
        self._jobs = (*JOBS, *SCHEDULE_RUNS, *(PIPELINE_RUNS if has_pipeline_runs else ()))
        self._answered = False

    async def jobs(
        self, *, limit: int = 100, status: str | None = None, **_: object
    ) -> ResultPage[Job]:
        """Return the jobs, or the schedules."""
        if self._gone and self._answered:
            # A delay longer than all others makes the picture deterministic.
            raise ServerError(503, "Studio is being repaired.", retry_after=60)
        self._answered = True
        if status == "TASK":
            return ResultPage(SCHEDULES)
        return ResultPage(self._jobs[:limit])

    async def job(self, job_id: str) -> Job | None:
        """Return one of the jobs."""
        return next((job for job in self._jobs if job.id == job_id), None)

    async def pipelines(self, *, limit: int = 100) -> ResultPage[Pipeline]:
        """Return the pipelines."""
        return ResultPage(self._pipelines[:limit])

    async def pipeline(self, *, pipeline_id: str | None = None, **_: object) -> Pipeline:
        """Return one pipeline."""
        return next(each for each in self._pipelines if each.pipeline_id == pipeline_id)

    async def job_dataset_versions(self, _job_id: str) -> tuple[DatasetVersion, ...]:
        """Return the datasets of any job."""
        return (DatasetVersion(dataset_name="vision.prod.embeddings", version="1.2.0"),)

    async def clusters(self) -> ResultPage[Cluster]:
        """Return the clusters."""
        return ResultPage(CLUSTERS)

    async def follow_log(self, job_id: str) -> AsyncGenerator[LogFrame, None]:
        """Yield the log, and stay connected."""
        yield StatusFrame("RUNNING")
        yield LogMessages((LogMessage(1, RawText(TIMED_LOGS.get(job_id, LOG))),))
        await asyncio.Event().wait()

    async def job_logs(self, job_id: str, **_: object) -> LogBody:  # noqa: ARG002
        """Return an empty part: the websocket sends the whole log."""
        return LogBody(b"", offset=0, total=None, etag=None, unchanged=True)

    async def job_log_end(self, job_id: str, length: int, **_: object) -> LogBody:
        """Return the end of the failed job's log for its preview; never answer for other jobs."""
        if length != END_BYTES:
            return await self.job_logs(job_id)
        if job_id != JOBS[3].id:
            await asyncio.Event().wait()
        end = TIMED_LOGS[job_id].encode()
        return LogBody(end, offset=0, total=len(end), etag=None)

    async def aclose(self) -> None:
        """Nothing is open."""


async def draw(name: str) -> str:
    """Return the picture of a scene as SVG."""
    scene = SCENES[name]
    with tempfile.TemporaryDirectory() as folder, _clock_at_noon(), _time_zone_utc():

        def connect(_: Choice | None) -> Connected:
            if scene.lacks_credentials:
                raise NoCredentials(
                    "No Studio token is set. Run `datachain auth login`, set "
                    "DATACHAIN_STUDIO_TOKEN, or use --token-file."
                )
            fixed = FixedStudio(
                becomes_unreachable=scene.becomes_unreachable,
                has_pipeline_runs="2" in scene.keys,
                is_large=scene.is_large,
                is_local="4" in scene.keys,
            )
            studio = cast(StudioClient, fixed)
            session = StudioSession(studio, "vision", Path(folder))
            return Connected(
                session,
                "vision@studio.example.com",
                "vision",
                Path(folder) / "view.json",
                read_only=scene.read_only,
            )

        app = StudioApp(connect, theme=scene.theme, waiting_for="Connecting…")
        async with driving(app, size=scene.size, frames=False, notifications=True) as pilot:
            await _settle(pilot, EQUAL_RENDERINGS)
            for key in scene.keys:
                if key == WAIT:
                    await _until_shown(pilot, scene.shows)
                    continue
                is_typed = len(key) == 1 and isinstance(app.focused, Input | TextArea)
                await pilot.press(key)
                if not is_typed:
                    await _settle(pilot)
            if scene.becomes_unreachable:
                await pilot.press("ctrl+r")
            await _settle(pilot, EQUAL_RENDERINGS)
            await _until_shown(pilot, scene.shows)
            await _settle(pilot, EQUAL_RENDERINGS)
            app.screen.refresh()  # tests render a dialog without the screens behind it
            return app.export_screenshot(title=f"studio-tui: {name}")


EQUAL_RENDERINGS = 4
"""Number of equal renderings in a row before a picture is taken."""


async def _until_shown(pilot: Driver[int], text: str) -> None:
    """Wait until `text` is on the screen, and the lines of merged logs are sorted."""
    await until_shown(pilot, text)
    while "sorting…" in screen_text(pilot):
        await _settle(pilot, EQUAL_RENDERINGS)


async def _settle(pilot: Driver[int], count: int = 2) -> None:
    """Wait until `count` renderings of the screen in a row are equal."""
    renderings: list[str] = []
    steps = -1
    while len(renderings) < count or len(set(renderings[-count:])) > 1:
        await asyncio.sleep(0.015)
        await pilot.settle()
        renderings.append(renderings[-1] if pilot.change_count == steps else screen_text(pilot))
        steps = pilot.change_count


@contextmanager
def _clock_at_noon() -> Any:
    """Stop the clock at noon."""
    with mock.patch("studio_tui.clock.datetime", SimpleNamespace(now=lambda _: NOON)):
        yield


@contextmanager
def _time_zone_utc() -> Any:
    """Set the time zone to UTC."""
    with mock.patch.dict(os.environ, {"TZ": "UTC"}):
        time.tzset()
        yield
    time.tzset()


def main() -> None:
    """Write all or the named pictures into a folder."""
    folder = Path(sys.argv[1])
    names = sys.argv[2:] or list(SCENES)
    for name in names:
        (folder / f"{name}.svg").write_text(asyncio.run(draw(name)), "utf-8")
        sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    main()
