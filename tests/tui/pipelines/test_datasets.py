"""The list of datasets: how it is reached, what it shows and how outdated datasets are rebuilt."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.pipelines.dataset_list import DatasetList
from studio_tui.tui.pipelines.datasets import DatasetPicker, Rebuild
from studio_tui.tui.pipelines.graph.screen import PipelineScreen
from studio_tui.tui.pipelines.list_screen import PipelinesScreen
from studio_tui.tui.pipelines.rebuild_form import RebuildForm
from tests.driving import driving
from tests.local.http.test_pipeline_routes import (
    job_ids_by_dataset,
    make_dataset,
    trigger,
    until_state,
)
from tests.local.http.test_undocumented_routes import list_datasets, make_chain, rerun
from tests.presentation.pipelines.test_dataset_rows import ALL, NOW
from tests.steps import step
from tests.studios import ThreadStudio
from tests.tui.dashboards import dashboard, screen_text, until, until_shown
from tests.tui.frame.test_dialog_sizes import DialogApp


async def test_outdated_datasets_are_reported_and_only_these_are_rebuilt(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    make_chain(studio)
    make_dataset(studio, "raw")
    async with dashboard(studio, tmp_path, size=(100, 30)) as pilot:
        await until_shown(pilot, "Jobs 4", "✓4")
        with step("the form for a pipeline opens the list and receives the outdated datasets"):
            await pilot.press("2")
            await until_shown(pilot, "No pipelines yet.")
            await pilot.press("t")
            await until_shown(pilot, "out of date: clean, report; f2 shows them", "f2  Datasets")
            await pilot.press("f2")
            await until_shown(pilot, "Datasets: 3, 2 out of date")
            await pilot.press("enter")
            await until_shown(pilot, "@1.0.0", "rebuild it")
            assert "go to its job" not in screen_text(pilot)
            await pilot.press("enter")
            await until_shown(pilot, "Datasets: 3, 2 out of date")
            await pilot.press("T")
            await until_shown(
                pilot, "Datasets     clean report", "▐X▌ Their sources are not rebuilt"
            )
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(pilot.app.screen, PipelinesScreen))
        with step("the list of jobs opens the list of datasets, which opens the form there"):
            await pilot.press("1", "f2")
            await until_shown(pilot, "Datasets: 3, 2 out of date", "OUT OF DATE BY", "raw@1.0.1")
            await pilot.press("slash", *"is:outdated cl", "enter")
            await until(pilot, lambda: " report " not in screen_text(pilot))
            await until_shown(pilot, "▌ !  clean")
            await pilot.press("question_mark")
            await until_shown(pilot, "Keys of this screen", "Rebuild the outdated datasets shown")
            await pilot.press("escape", "enter")
            await until_shown(pilot, "@1.0.0", "rebuild it")
            await pilot.press("enter")
            await until_shown(pilot, "Datasets: 1 of 3", "▌ !  clean")
            await pilot.press("escape")
            await until_shown(pilot, " report ")
            await pilot.press("home", "T")
            await until(pilot, lambda: isinstance(pilot.app.screen, RebuildForm))
            await until_shown(pilot, "Rebuild datasets", "clean report", "Only these")
            await until_shown(pilot, "▐X▌ Their sources are not rebuilt")
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
            await pilot.press("f2")
            await until_shown(pilot, "Datasets: 3, 2 out of date")
            await pilot.press("home", "T")
            await until(pilot, lambda: isinstance(pilot.app.screen, RebuildForm))
        with step("the outdated datasets are rebuilt"):
            await pilot.press("f9")
            await until(pilot, lambda: isinstance(pilot.app.screen, PipelineScreen))
            await until_shown(pilot, "clean.py", "report.py", "0/2")
            await pilot.press("p")
            await until_shown(pilot, "✓ COMPLETED", "2/2")
            assert not any(each["newer"] for each in list_datasets(studio).values())
            await pilot.press("f2")
            await until_shown(pilot, "Datasets: 3, 0 out of date")
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(pilot.app.screen, PipelineScreen))
        with step("the facts about a dataset are loaded again when they are shown"):
            make_dataset(studio, "raw")
            await pilot.press("f2")
            await until_shown(pilot, "Datasets: 3, 2 out of date")
            until_state(studio, trigger(studio, "report"), "COMPLETED")
            await pilot.press("enter")
            await until_shown(pilot, "up to date")
            await pilot.press("enter")
            await until_shown(pilot, "Datasets: 3, 0 out of date")
            assert "is rebuilding" not in screen_text(pilot)
        with step(
            "a pipeline that rebuilds datasets is named in the list, also if the form opens it"
        ):
            hold = tmp_path / "hold"
            hold.touch()
            running = trigger(studio, "report", environment=f"HOLD={hold}")
            await pilot.press("escape", "2")
            await until_shown(pilot, running["name"], "● RUNNING")
            await pilot.press("f2")
            await until_shown(pilot, "Datasets: 3", f"{running['name']} is rebuilding report")
            await pilot.press("escape", "t")
            await until_shown(pilot, "f2  Datasets")
            await pilot.press("f2")
            await until_shown(pilot, "Datasets: 3", f"{running['name']} is rebuilding report")
            hold.unlink()
            until_state(studio, running, "COMPLETED")


async def test_a_dataset_opens_the_job_that_made_it_and_rerun_jobs_are_no_dataset(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    make_chain(studio)
    jobs = job_ids_by_dataset(studio)
    rebuilt = until_state(studio, trigger(studio, "report"), "COMPLETED")
    async with dashboard(studio, tmp_path, size=(140, 40)) as pilot:
        with step("a job opens the list at the dataset that it made"):
            await pilot.press("2")
            await until_shown(pilot, rebuilt["name"], "✓ COMPLETED")
            await pilot.press("enter")
            await until_shown(pilot, rebuilt["name"], "clean.py", "f2 shows its versions")
            await pilot.press("g", "j", "f2")
            await until_shown(pilot, "Datasets: 3, 0 out of date")
            await pilot.press("enter")
            await until_shown(pilot, "@1.0.1", "from raw@1.0.1", "from raw@1.0.0", "used by report")
        with step("a dataset opens the job that made it"):
            await pilot.press("g")
            await until_shown(pilot, rebuilt["job_runs"][1]["created_job_id"], "Summary")
        with step("a pipeline that reruns jobs is not listed as a dataset"):
            rerun_pipeline = until_state(
                studio, rerun(studio, jobs).json()["pipeline"], "COMPLETED"
            )
            await pilot.press("2")
            await until_shown(pilot, rerun_pipeline["name"])
            await pilot.press("g")
            await until_shown(pilot, "target     jobs raw.py, clean.py")
            await pilot.press("t")
            await until_shown(pilot, "known: report")
            await until(pilot, lambda: "Not all names" not in screen_text(pilot))
            names = screen_text(pilot).partition("known: report")[2].partition("Review")[0]
            lines = [line.split("│")[1].split() for line in names.split("\n")[1:-1]]
            assert [line for line in lines if line] == [["clean"], ["raw"]]
            await pilot.press("escape", "g", "enter")
            await until_shown(pilot, "runs jobs raw.py, clean.py, report.py again, created")


def all_datasets(moment: Callable[[], datetime]) -> DatasetList:
    """Return the list of the datasets in `ALL`."""
    listed = SimpleNamespace(listed=ALL, has_lineage=True, rebuilding=str, moment=moment)
    return cast("DatasetList", listed)


async def test_ages_are_those_of_a_moment_and_increase_with_it() -> None:
    moment = NOW
    picker = DatasetPicker(all_datasets(lambda: moment), "")
    async with driving(DialogApp(), size=(80, 24), frames=False) as pilot:
        pilot.app.push_screen(picker)
        await until(pilot, lambda: picker.is_alive)
        await until_shown(pilot, "@1.0.0    2h  ")
        moment = NOW + timedelta(hours=3)
        await until_shown(pilot, "@1.0.0    5h  ")


async def test_one_key_rebuilds_the_row_of_the_cursor_and_another_the_outdated_rows() -> None:
    chosen: list[Rebuild | str | None] = []
    async with driving(DialogApp(), size=(100, 24), frames=False) as pilot:
        for keys, title, words, rebuild, outdated in (
            ((), "3, 2 out of date", "it alone, T the 2 out of date, / filters",
             (("clean",), True), ("clean", "report")),
            (("end",), "3, 2 out of date", "it, T the 2 out of date, / filters",
             (("raw",), False), ("clean", "report")),
            (("slash", *"rep", "enter"), "1 of 3, 1 out of date",
             "it alone, T the 1 out of date, esc removes the filter",
             (("report",), True), ("report",)),
            (("slash", *"!job=report.py", "enter", "end"), "2 of 3, 1 out of date",
             "it, T the 1 out of date, esc removes the filter",
             (("raw",), False), ("clean",)),
        ):  # fmt: skip
            for key, expected in (("t", Rebuild(*rebuild)), ("T", Rebuild(outdated, only=True))):
                picker = DatasetPicker(all_datasets(lambda: NOW), "")
                pilot.app.push_screen(picker, chosen.append)
                await until(pilot, partial(getattr, picker, "is_alive"))
                await pilot.press(*keys)
                await until_shown(pilot, f"Datasets: {title}", f"t rebuilds {words}")
                await pilot.press("slash")
                await until_shown(pilot, "enter goes to the rows, esc cancels")
                await pilot.press("escape", key)
                await until(pilot, lambda: bool(chosen))
                assert chosen.pop() == expected


async def test_a_list_that_cannot_rebuild_offers_no_key_for_it() -> None:
    picker = DatasetPicker(all_datasets(lambda: NOW), "", can_rebuild=False)
    async with driving(DialogApp(), size=(80, 24), frames=False) as pilot:
        pilot.app.push_screen(picker)
        await until_shown(pilot, "enter shows versions, / filters")
        await pilot.press("t")
        await until(pilot, lambda: len(pilot.app._notifications) == 1)
        (notice,) = pilot.app._notifications
        assert notice.message == "Datasets cannot be rebuilt from here"
        assert picker.is_current
