"""The sample jobs that are offered for a new local Studio, and their pipeline."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from studio_tui.api.client import StudioClient
from studio_tui.api.models import JobInput, QueryType
from studio_tui.service.session import SessionOptions, StudioSession
from studio_tui.tui.app import StudioApp
from studio_tui.tui.connected import Connected
from studio_tui.tui.jobs.controller import JobController
from studio_tui.tui.jobs.sample_jobs import FAILED, SampleJobs
from studio_tui.tui.theme import DARK
from tests.driving import driving
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, screen_text, until, until_shown

CREATES_DATASET = """import json, os
with open(os.environ["STUDIO_LINEAGE"], "a") as lineage:
    lineage.write(json.dumps({"dataset": "made", "version": None, "from": []}) + "\\n")
"""


@asynccontextmanager
async def dashboard_with_sample(
    studio: ThreadStudio, folder: Path, query: str, *, ask: bool = False
) -> AsyncIterator[Dashboard]:
    """Run the dashboard with one sample job, whose query should create the dataset `made`."""

    def connect(_choice: object) -> Connected:
        settings = studio.settings()
        session = StudioSession(
            StudioClient(settings), studio.team, folder / "spool", SessionOptions(is_local=True)
        )
        job_input = JobInput(
            query=query, query_type=QueryType.PYTHON, query_name="make.py", team_name=studio.team
        )
        samples = SampleJobs(
            [(job_input, ())],
            ("  one job",),
            ask=ask,
            target="made",
            makers=["make.py"],
        )
        view = folder / "view.json"
        return Connected(session, "local", studio.team, view, samples=samples)

    app = StudioApp(connect, theme=DARK.name, waiting_for="Connecting…")
    async with driving(app, size=(80, 24), frames=False, notifications=True) as pilot:
        yield pilot


async def test_completed_samples_trigger_their_pipeline_and_a_notice_says_how_to_watch_it(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard_with_sample(studio, tmp_path, CREATES_DATASET, ask=True) as pilot:
        await until_shown(pilot, "Run the sample jobs?", "  one job")
        await pilot.press("y")
        await until_shown(pilot, "The sample pipeline is running. Press 2")
        await pilot.press("2")
        await until_shown(pilot, "made", "Pipelines 1")
        await until(pilot, lambda: "COMPLETE" in screen_text(pilot))
        assert "The sample pipeline failed" not in screen_text(pilot)


async def test_a_notice_says_how_to_fix_the_sample_pipeline_after_it_has_failed(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    has_run = str(tmp_path / "has_run")
    fails_later = f"import os\nos.path.exists({has_run!r}) and 1 / 0\nopen({has_run!r}, 'w')\n"
    query = f"{fails_later}{CREATES_DATASET}"
    async with dashboard_with_sample(studio, tmp_path, query) as pilot:
        await until_shown(pilot, "The sample pipeline failed. Press 2")
        states = [job["status"] for job in studio.jobs()]
        assert sorted(states) == ["COMPLETE", "FAILED"]


async def test_failed_samples_trigger_no_pipeline(studio: ThreadStudio, tmp_path: Path) -> None:
    async with dashboard_with_sample(studio, tmp_path, "1 / 0") as pilot:
        await until(pilot, lambda: [job["status"] for job in studio.jobs()] == ["FAILED"])
        await until_shown(pilot, "FAILED")
        assert "pipeline is running" not in screen_text(pilot)
    pipelines = studio.request("GET", "/datachain/pipeline/list", params={"team_name": "local"})
    assert pipelines.json() == []


def test_the_hint_about_the_failed_pipeline_names_the_keys_of_its_jobs() -> None:
    keys = {command.id: command.keys.partition(",")[0] for command in JobController.COMMANDS}
    log, edit = keys["job.log"], keys["job.edit"]
    assert f"n goes to the failed job, {log} shows its log, {edit} fixes it" in FAILED
