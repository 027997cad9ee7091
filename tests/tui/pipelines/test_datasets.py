"""Datasets are shown from any screen, and exactly the outdated ones are rebuilt."""

from pathlib import Path

from studio_tui.tui.pipelines.graph.screen import PipelineScreen
from studio_tui.tui.pipelines.trigger_screen import TriggerScreen
from tests.local.http.test_pipeline_routes import make, trigger
from tests.local.http.test_pipeline_routes import until as until_state
from tests.local.http.test_undocumented_routes import chain, datasets, rerun
from tests.studios import ThreadStudio
from tests.tui.dashboards import dashboard, until, until_shown


async def test_what_is_out_of_date_is_reported_and_t_offers_exactly_that(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    chain(studio)
    make(studio, "raw")
    async with dashboard(studio, tmp_path, size=(100, 30)) as pilot:
        await until_shown(pilot, "Jobs 4", "✓4")
        await pilot.press("f2")
        await until_shown(
            pilot, "Datasets: 3, 2 out of date", "out of date by raw@1.0.1", "2 versions"
        )
        await pilot.press("t")
        await until(pilot, lambda: isinstance(pilot.app.screen, TriggerScreen))
        await until_shown(
            pilot,
            "Rebuild datasets",
            "clean report",
            "Only these",
            "▐X▌ Their sources are not rebuilt",
        )
        await pilot.press("f9")
        await until(pilot, lambda: isinstance(pilot.app.screen, PipelineScreen))
        await until_shown(pilot, "clean.py", "report.py", "0/2")
        await pilot.press("p")
        await until_shown(pilot, "✓ COMPLETED", "2/2")
        assert not any(each["newer"] for each in datasets(studio).values())
        await pilot.press("f2")
        await until_shown(pilot, "Datasets: 3, 0 out of date")


async def test_a_dataset_is_found_from_the_job_that_made_it_and_leads_back_to_it(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    chain(studio)
    made = until_state(studio, trigger(studio, "report"), "COMPLETED")
    async with dashboard(studio, tmp_path, size=(140, 40)) as pilot:
        await pilot.press("2")
        await until_shown(pilot, made["name"], "✓ COMPLETED")
        await pilot.press("enter")
        await until_shown(pilot, made["name"], "clean.py", "f2 shows its versions")
        await pilot.press("g", "j", "f2")
        await until_shown(pilot, "Datasets: 3, 0 out of date")
        await pilot.press("enter")
        await until_shown(pilot, "@1.0.1", "from raw@1.0.1", "from raw@1.0.0", "for report")
        await pilot.press("g")
        await until_shown(pilot, made["job_runs"][1]["created_job_id"], "Summary")


async def test_the_form_of_a_pipeline_shows_datasets_and_takes_over_what_is_chosen(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    chain(studio)
    make(studio, "raw")
    async with dashboard(studio, tmp_path, size=(100, 30)) as pilot:
        await pilot.press("2")
        await until_shown(pilot, "No pipelines yet.")
        await pilot.press("t")
        await until_shown(pilot, "out of date: clean, report; f2 shows them", "f2  Datasets")
        await pilot.press("f2")
        await until_shown(pilot, "Datasets: 3, 2 out of date")
        await pilot.press("t")
        await until_shown(pilot, "Datasets     clean report", "▐X▌ Their sources are not rebuilt")


async def test_a_pipeline_of_jobs_that_run_again_is_taken_for_no_dataset(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    made = until_state(studio, rerun(studio, chain(studio)).json()["pipeline"], "COMPLETED")
    async with dashboard(studio, tmp_path, size=(100, 30)) as pilot:
        await pilot.press("2")
        await until_shown(pilot, made["name"], "✓ COMPLETED", "jobs raw.py, clean.py")
        await pilot.press("t")
        await until_shown(pilot, "known: clean")
        await pilot.press("escape", "enter")
        await until_shown(pilot, "runs jobs raw.py, clean.py, report.py again, created")


async def test_an_answer_is_about_the_datasets_as_they_are_by_then(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    chain(studio)
    make(studio, "raw")
    async with dashboard(studio, tmp_path, size=(100, 30)) as pilot:
        await until_shown(pilot, "Jobs 4", "✓4")
        await pilot.press("f2")
        await until_shown(pilot, "Datasets: 3, 2 out of date, at ")
        until_state(studio, trigger(studio, "report"), "COMPLETED")
        await pilot.press("enter")
        await until_shown(pilot, "up to date")
        await pilot.press("o")
        await until_shown(pilot, "Datasets: 3, 0 out of date")
