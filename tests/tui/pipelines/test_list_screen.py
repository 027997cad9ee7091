"""The list of pipelines and its form, on a real local Studio, driven by keys."""

import asyncio
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from studio_tui.presentation.pipelines.graph.estimate import Estimate
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.logs import merged_jobs
from studio_tui.tui.logs.merged_screen import MergedScreen
from studio_tui.tui.pipelines import listed_estimates
from studio_tui.tui.pipelines.dataset_input import NOT_ALL
from studio_tui.tui.pipelines.graph.screen import PipelineScreen
from studio_tui.tui.pipelines.list_screen import PipelinesScreen
from studio_tui.tui.pipelines.listed_estimates import ListedEstimates
from studio_tui.tui.pipelines.rebuild_form import RESTORED, RebuildForm
from studio_tui.tui.widgets.big_table import BigTable
from tests.fault_proxy import Fault, FaultProxy, ReceivedRequest
from tests.faults import answer_json, drop_response
from tests.hostile import HOSTILE, control_characters_of_lines
from tests.local.http.test_pipeline_routes import (
    make_dataset,
    script,
    status,
    trigger,
    until_state,
)
from tests.soak import at_length
from tests.steps import step
from tests.studios import ThreadStudio, create_data, run_on_copy
from tests.tui.dashboards import (
    Dashboard,
    dashboard,
    screen_text,
    until,
    until_notified,
    until_shown,
)

pytestmark = pytest.mark.starts_processes


async def open_list(pilot: Dashboard) -> BigTable:
    """Go to the list of pipelines, and wait until it is loaded."""
    await pilot.press("2")
    await until(pilot, lambda: isinstance(pilot.app.screen, PipelinesScreen))
    table = pilot.app.screen.query_one(BigTable)
    await until(pilot, lambda: table.keys or "No pipelines" in table.notice)
    return table


async def type_in(pilot: Dashboard, text: str) -> None:
    await pilot.press(*("space" if sign == " " else sign for sign in text))


def make_two_datasets(studio: ThreadStudio, **options: Any) -> None:
    """Make the datasets `first` and, from it, `second`."""
    make_dataset(studio, "first", **options)
    make_dataset(studio, "second", "first", **options)


@pytest.fixture(scope="module")
def data_with_datasets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a stopped local Studio on which both datasets have been made."""
    return create_data(tmp_path_factory.mktemp("two") / "studio", make_two_datasets)


@pytest.fixture
def studio_with_datasets(data_with_datasets: Path, tmp_path: Path) -> Iterator[ThreadStudio]:
    """A local Studio on which both datasets have been made."""
    with run_on_copy(data_with_datasets, tmp_path / "studio") as studio:
        yield studio


def pipelines(studio: ThreadStudio) -> list[dict[str, Any]]:
    """Return all pipelines, newest first."""
    query = {"team_name": "local"}
    return list(studio.request("GET", "/datachain/pipeline/list", params=query).json())


def table_of(pilot: Dashboard) -> BigTable:
    return pilot.app.screen.query_one(BigTable)


def trigger_held(
    studio: ThreadStudio, folder: Path, count: int = 1
) -> tuple[Path, list[dict[str, Any]]]:
    """Trigger pipelines; their first jobs run as long as the returned file exists."""
    hold = folder / "hold"
    hold.touch()
    return hold, [trigger(studio, "second", environment=f"HOLD={hold}") for _ in range(count)]


async def test_a_pipeline_is_triggered_for_review_then_resumed_and_completes(
    studio_with_datasets: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(studio_with_datasets, tmp_path, size=(140, 40)) as pilot:
        table = await open_list(pilot)
        await until_shown(pilot, "No pipelines yet.", "t creates one")
        with step("names are completed from the datasets that Studio lists"):
            await pilot.press("t")
            await until_shown(pilot, "known: ")
            await type_in(pilot, "sec")
            await pilot.press("tab")
            await until_shown(pilot, "Datasets     second ", "Nothing runs until it is resumed.")
        with step("a pipeline is triggered for review"):
            await pilot.press("f9")
            await until(pilot, lambda: isinstance(pilot.app.screen, PipelineScreen))
            await until_shown(pilot, "first.py", "second.py", "2 waiting; p resumes it")
            await until_shown(pilot, "p resume")
            await pilot.press("q")
            await until(pilot, lambda: isinstance(pilot.app.screen, PipelinesScreen))
            await until_shown(pilot, "‖ PAUSED", "2 waiting; p resumes", "2: 2 waiting", "p resume")
            assert table.cursor is not None
        with step("the raw response is shown, and texts can be copied"):
            (triggered,) = pipelines(studio_with_datasets)
            pilot.app.clear_notifications()
            await pilot.press("d")
            await until_shown(pilot, '"triggered_from": "second"')
            await pilot.press("escape", "y")
            await until_shown(pilot, f"datachain pipeline status {triggered['name']}")
            await pilot.press("escape", "c")
            await until_notified(pilot, triggered["pipeline_id"])
        with step("the pipeline is resumed and completes"):
            await pilot.press("p")
            await until_shown(pilot, "✓ COMPLETED", "2: 2 done", "2 Pipelines 1")
        with step("a pipeline triggered without a review runs at once"):
            pilot.app.clear_notifications()
            await pilot.press("t")
            await type_in(pilot, "sec")
            await until_shown(pilot, "tab: second")
            await pilot.press("tab", "tab")
            await until_shown(pilot, "Nothing runs until it is resumed.")
            await pilot.press("space")
            await until_shown(pilot, "Its first jobs start immediately.")
            await pilot.press("f9")
            await until_notified(pilot, "Triggered ")
            names = [each["name"] for each in pipelines(studio_with_datasets)]
            await until_shown(pilot, *(f"✓ COMPLETED  {name}" for name in names), "Pipelines 2")


async def test_the_form_shows_errors_at_their_fields_and_keeps_typed_text(
    studio_with_datasets: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(studio_with_datasets, tmp_path) as pilot:
        await open_list(pilot)
        with step("a missing name is reported until a name is chosen, and gets the focus"):
            await pilot.press("t")
            await until_shown(pilot, "known: first")
            await pilot.press("tab", "f9")
            await until_shown(pilot, "Name a dataset to rebuild.")
            screen = pilot.app.screen
            assert isinstance(screen, RebuildForm)
            screen.check()
            await pilot.press("tab")
            await until_shown(pilot, "Nothing runs until it is resumed.")
            assert "Name a dataset to rebuild." in screen_text(pilot)
            await pilot.press("shift+tab", "down")
            await until_shown(pilot, "tab: second")
            assert "Name a dataset to rebuild." not in screen_text(pilot)
        with step("an error in another field"):
            await pilot.press("ctrl+u")
            await type_in(pilot, "nonsense")
            await pilot.press("tab", "tab", "tab")
            await type_in(pilot, "BROKEN")
            await pilot.press("f9")
            await until_shown(pilot, "must be NAME=VALUE")
            await type_in(pilot, "=1")
        with step("a refusal by Studio"):
            await pilot.press("f9")
            await until_shown(pilot, "Studio says: No dataset nonsense is known to this local")
            assert "Studio may know" not in screen_text(pilot), "it lists all it knows"
            await type_in(pilot, "more")
            await until_shown(pilot, "nonsense more")
        with step("typed text is there when the form is opened again"):
            await pilot.press("ctrl+w", "escape")
            await until(pilot, lambda: isinstance(pilot.app.screen, PipelinesScreen))
            await pilot.press("t")
            await until_shown(pilot, "nonsense", "BROKEN=••", RESTORED, "f3  Start over")
            await pilot.click("#anew")
            await until(pilot, lambda: "nonsense" not in screen_text(pilot))
        with step("several names"):
            await pilot.press("ctrl+u")
            await type_in(pilot, "first, second")
            await pilot.press("f9")
            await until(pilot, lambda: isinstance(pilot.app.screen, PipelineScreen))
            await pilot.press("q")
            await until_shown(pilot, "‖ PAUSED", "first, second")


LINEAGE = """
import json, os
with open(os.environ["STUDIO_LINEAGE"], "a") as lineage:
    for letter in "abcde":
        made = {"dataset": f"sale_{letter}", "version": None, "from": []}
        lineage.write(json.dumps(made) + "\\n")
"""
"""A job that makes the datasets `sale_a` to `sale_e`."""


async def test_the_form_reaches_every_suggestion_and_shows_unknown_names_that_studio_refuses(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    job = studio.submit(LINEAGE, query_name="sales.py")
    assert studio.wait_for_end(job["id"])["status"] == "COMPLETE"
    async with dashboard(studio, tmp_path, size=(80, 24)) as pilot:
        await open_list(pilot)
        await pilot.press("t")
        await until_shown(pilot, "known: ", "and 1 more: down", "f9  Trigger", "esc  Close")
        await type_in(pilot, "sale")
        await until_shown(pilot, "tab: sale_a")
        await pilot.press(*["down"] * 4)
        await until_shown(pilot, "tab: sale_e")
        review_row = next(
            y for y, line in enumerate(screen_text(pilot).split("\n")) if "Review" in line
        )
        await pilot.press("tab")
        await until_shown(pilot, "More names may follow")
        assert "Review" in screen_text(pilot).split("\n")[review_row]
        await type_in(pilot, " sael_b nonsense")
        await pilot.press("f9")
        await until_shown(pilot, "Studio says: No datasets sael_b and nonsense are")
        await until_shown(pilot, "f9  Trigger", "Environment")


async def test_running_jobs_of_a_paused_pipeline_end_and_no_other_job_starts(
    studio_with_datasets: ThreadStudio, tmp_path: Path
) -> None:
    hold, (triggered,) = trigger_held(studio_with_datasets, tmp_path)
    async with dashboard(studio_with_datasets, tmp_path, size=(140, 40)) as pilot:
        await open_list(pilot)
        with step("canceled jobs run again after a question"):
            await until_shown(pilot, "2: 1 running", triggered["pipeline_id"])
            run = status(studio_with_datasets, triggered)["job_runs"][0]["created_job_id"]
            studio_with_datasets.cancel(run)
            await until_shown(pilot, "◇ CANCELED")
            await pilot.press("p")
            await until_shown(pilot, "Resume 1 pipeline?", "1 job that was canceled will")
            assert "goes on" not in screen_text(pilot)
            await pilot.press("enter")
            await until_shown(pilot, "● RUNNING", "2: 1 running", "p pause")
        with step("running jobs continue after a pause"):
            await pilot.press("p")
            await until_shown(
                pilot, "‖ PAUSED · 1 still running,", "1 waiting", "p resume", "X cancel its jobs"
            )
        with step("the running job ends, and no other job starts"):
            hold.unlink()
            await until_shown(pilot, "2: 1 done, 1 waiting")
            await until(pilot, lambda: "X cancel its jobs" not in screen_text(pilot))
            assert status(studio_with_datasets, triggered)["status"] == "PAUSED"
        with step("the pipeline is resumed and completes"):
            await pilot.press("p")
            await until_shown(pilot, "✓ COMPLETED")


async def test_stopping_a_pipeline_names_its_running_jobs_and_asks_before_canceling_them(
    studio_with_datasets: ThreadStudio, tmp_path: Path
) -> None:
    hold, (triggered,) = trigger_held(studio_with_datasets, tmp_path)
    async with dashboard(studio_with_datasets, tmp_path, size=(140, 40)) as pilot:
        await open_list(pilot)
        with step("by default nothing is done"):
            await until_shown(pilot, "2: 1 running", triggered["pipeline_id"])
            await pilot.press("X")
            await until_shown(
                pilot, "Stop 1 pipeline?", triggered["name"], "1 job canceled:", "    first.py"
            )
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(pilot.app.screen, PipelinesScreen))
            assert status(studio_with_datasets, triggered)["status"] == "RUNNING"
        with step("a key opens the pipeline of its job"):
            await pilot.press("1", "enter")
            await until_shown(pilot, f"pipeline     {triggered['name']}; P opens it")
            await pilot.press("P")
            await until(pilot, lambda: isinstance(pilot.app.screen, PipelineScreen))
        with step("after a yes, the pipeline is paused and its job canceled"):
            await pilot.press("2")
            await until_shown(pilot, "2: 1 running", triggered["pipeline_id"])
            await pilot.press("X")
            await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
            await pilot.press("y")
            await until_notified(pilot, "paused, 1 job canceled")
            await until_shown(pilot, "1 canceled", "1 blocked by first.py,", "which was")
        with step("the resumed pipeline runs the canceled job again"):
            await pilot.press("p")
            await until_shown(pilot, "Resume 1 pipeline?", "1 job that was canceled will run")
            await pilot.press("y")
            await until_notified(pilot, f"{triggered['pipeline_id'][:8]}): resumed")
            await until_shown(pilot, "● RUNNING")
        with step("the end of a marked pipeline is notified on another page"):
            await pilot.press("space", "1")
            await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
            hold.unlink()
            await until_notified(pilot, f"✓ Pipeline {triggered['name']}")
            await until_shown(pilot, "2 Pipelines 1 ✓1")
            await pilot.press("2")
            await until_shown(pilot, "✓ COMPLETED")


async def test_a_key_opens_the_pipeline_of_a_job_and_another_merges_the_logs_of_a_pipeline(
    studio_with_datasets: ThreadStudio, tmp_path: Path
) -> None:
    triggered = until_state(
        studio_with_datasets, trigger(studio_with_datasets, "second"), "COMPLETED"
    )
    async with dashboard(studio_with_datasets, tmp_path) as pilot:
        await until_shown(pilot, "2 Pipelines 1")
        screen = pilot.app.screen
        assert isinstance(screen, JobsScreen)
        runs = {run["created_job_id"] for run in triggered["job_runs"]}
        with step("a job without a pipeline"):
            screen.table.move_to(next(key for key in screen.table.keys if key not in runs))
            await pilot.press("P")
            await until_notified(pilot, "No known pipeline runs this job")
        with step("a job of the pipeline"):
            screen.table.move_to(next(key for key in screen.table.keys if key in runs))
            await pilot.press("P")
            await until(pilot, lambda: not isinstance(pilot.app.screen, JobsScreen))
            await until_shown(pilot, triggered["name"])
        with step("the logs of its jobs"):
            await pilot.press("q")
            await open_list(pilot)
            await until_shown(pilot, "✓ COMPLETED")
            await pilot.press("L")
            await until(pilot, lambda: isinstance(pilot.app.screen, MergedScreen))
            await until_shown(pilot, "makes first", "makes second")


async def test_later_jobs_of_a_pipeline_join_its_merged_log_as_they_start(
    studio_with_datasets: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold, (triggered,) = trigger_held(studio_with_datasets, tmp_path)
    async with dashboard(studio_with_datasets, tmp_path, size=(140, 40)) as pilot:
        await open_list(pilot)
        await until_shown(pilot, "2: 1 running", triggered["pipeline_id"])
        await pilot.press("L")
        await until_shown(pilot, " 1 of 2 jobs  ")
        await pilot.press("tab")
        merged = pilot.app.screen
        assert isinstance(merged, MergedScreen)
        first = merged.choice.chosen
        monkeypatch.setattr(merged_jobs, "LIMIT", 1)
        hold.unlink()
        await until_shown(pilot, "1 job left out so far")
        until_state(studio_with_datasets, triggered, "COMPLETED")
        await until_shown(pilot, "makes first", " 1 of 2 jobs  ", "✓ 1 whole log")
        assert sum("left out" in each.message for each in pilot.app._notifications) <= 1
        monkeypatch.undo()
        await until_shown(pilot, " 2 jobs  ", "makes first", "makes second")
        assert merged.choice.chosen == first is not None


async def test_the_preview_compares_the_runs_of_a_target_and_a_failed_run_resumes(
    studio_with_datasets: ThreadStudio, tmp_path: Path
) -> None:
    completed = trigger(studio_with_datasets, "second")
    until_state(studio_with_datasets, completed, "COMPLETED")
    failed = trigger(studio_with_datasets, "second", environment="FAIL=second")
    until_state(studio_with_datasets, failed, "FAILED")
    async with dashboard(studio_with_datasets, tmp_path, size=(160, 50)) as pilot:
        await open_list(pilot)

        def row(name: str) -> str:
            return next(line for line in screen_text(pilot).split("\n") if f"{name}.py   " in line)

        with step("runs are side by side"):
            await until_shown(pilot, "runs of second, oldest first")
            await until(pilot, lambda: row("second").count("✓ 0:0") == 1)
            await until(pilot, lambda: row("second").count("✗ 0:0") == 1)
            assert row("first").count("✓ 0:0") == 2
        with step("a failure is shown with what it blocks"):
            triggered = trigger(studio_with_datasets, "second", environment="FAIL=first")
            await until(pilot, lambda: triggered["pipeline_id"] in table_of(pilot).keys)
            table_of(pilot).move_to(triggered["pipeline_id"])
            await until_shown(pilot, "✗ FAILED", "first.py · ValueError: told to fail · blocks 1",
                              "1 failed, 1 blocked", "p resume")  # fmt: skip
        with step("a failed pipeline resumes after a question"):
            await pilot.press("p")
            await until_shown(pilot, "Resume 1 pipeline?", "1 job that failed will run again:")
            await pilot.press("y")
            await until_notified(pilot, ": resumed")


async def test_a_read_only_dashboard_changes_nothing(
    studio_with_datasets: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(studio_with_datasets, tmp_path, read_only=True) as pilot:
        with step("an empty list offers no key that creates a pipeline"):
            await pilot.press("2")
            await until_shown(pilot, "No pipelines yet.")
            assert "creates one" not in screen_text(pilot)
        triggered = trigger(studio_with_datasets, "second", review=True)
        await until_shown(pilot, "‖ PAUSED")
        assert "resume" not in screen_text(pilot).split("\n")[-1]
        for key in ("p", "X", "t"):
            with step(f"the key {key}"):
                pilot.app.clear_notifications()
                await pilot.press(key)
                await until_notified(pilot, "read-only")
        assert isinstance(pilot.app.screen, PipelinesScreen)
    assert status(studio_with_datasets, triggered) == triggered


async def test_cursor_filter_order_and_marks_survive_a_refresh_and_a_restart(
    studio_with_datasets: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = (trigger(studio_with_datasets, name, review=True) for name in ("first", "second"))

    def starts_with(key: str) -> bool:
        return table_of(pilot).keys[0] == key

    async with dashboard(studio_with_datasets, tmp_path) as pilot:
        table = await open_list(pilot)
        await until_shown(pilot, "2 Pipelines 2")
        await pilot.press("down", "space", "N", "slash")
        await type_in(pilot, "status=paused")
        await pilot.press("enter", "i")
        table.move_to(old["pipeline_id"])
        await asyncio.to_thread(trigger, studio_with_datasets, "second", review=True)
        await until_shown(pilot, "Pipelines 3")
        assert table.cursor == old["pipeline_id"]
    async with dashboard(studio_with_datasets, tmp_path) as pilot:
        table = await open_list(pilot)
        await until_shown(pilot, "filter status=paused", "1 marked", "sorted by name")
        await until(pilot, lambda: table.cursor is not None)
        assert table.cursor == old["pipeline_id"]
        assert table.marked == {old["pipeline_id"]}
        assert pilot.app.screen.has_class("-no-preview")
        await pilot.press("escape")
        await until_shown(pilot, new["name"])
        with step("new estimates change the order of a list that is sorted by them"):
            screen = pilot.app.screen
            assert isinstance(screen, PipelinesScreen)
            screen.list.order.sort_by("eta")
            await until_shown(pilot, "sorted by ETA, soonest first")
            estimates: dict[str, Estimate] = {}
            monkeypatch.setattr(ListedEstimates, "_compute", lambda *_: dict(estimates))
            for soonest in (new["pipeline_id"], old["pipeline_id"]):
                estimates.clear()
                estimates[soonest] = Estimate(60.0)
                await pilot.press("ctrl+r")
                await until(pilot, partial(starts_with, soonest))


async def test_the_list_estimates_from_the_progress_of_running_jobs_as_the_graph_does(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listed_estimates, "UPDATE_INTERVAL", 0.1)
    bar = "\r 50%|#####     | 50/100 [00:30<00:30,  1.67it/s]"
    show_bar = f'import os\nif "HOLD" in os.environ: print({bar!r}, end="", flush=True)\n'
    job = studio.submit(show_bar + script("slow"), query_name="slow.py")
    studio.wait_for_end(job["id"])
    (hold := tmp_path / "hold").touch()
    trigger(studio, "slow", environment=f"HOLD={hold}")
    async with dashboard(studio, tmp_path, size=(140, 40)) as pilot:
        await open_list(pilot)
        await until(pilot, lambda: re.search(r"~[23]\ds, from 1 run", screen_text(pilot)))
        hold.unlink()


async def test_marked_pipelines_are_paused_and_stopped_together_after_one_question(
    studio_with_datasets: ThreadStudio, tmp_path: Path
) -> None:
    completed = trigger(studio_with_datasets, "second")
    until_state(studio_with_datasets, completed, "COMPLETED")
    hold, triggered = trigger_held(studio_with_datasets, tmp_path, 2)
    async with dashboard(studio_with_datasets, tmp_path) as pilot:
        await open_list(pilot)
        await until_shown(pilot, "2 Pipelines 3")
        with step("the footer names the commands for marked pipelines"):
            await pilot.press("a")
            await until_shown(pilot, "p pause", "X stop safely", "L logs", "c copy id")
            await until_shown(pilot, "u unmark all")
        with step("ids of marked pipelines are copied"):
            await pilot.press("c")
            await until_notified(pilot, ": the ids of 3 pipelines")
            ids = sorted(each["pipeline_id"] for each in (completed, *triggered))
            assert sorted(pilot.app.clipboard.split()) == ids
        with step("the question names the pipelines and counts those left out"):
            await pilot.press("X")
            await until_shown(
                pilot, "Stop 2 pipelines?", "They will be paused",
                "Left out: 1 has nothing to stop", *(each["name"] for each in triggered),
            )  # fmt: skip
            await pilot.press("n")
            await until(pilot, lambda: isinstance(pilot.app.screen, PipelinesScreen))
        with step("the question says how many of the marked pipelines a filter hides"):
            await pilot.press("slash", *f"name={triggered[0]['name']}", "enter", "X")
            await until_shown(
                pilot, "Stop 2 pipelines?", "2 of the marked rows are hidden by the filter."
            )
            assert "The filter hides" not in screen_text(pilot)
            await pilot.press("n", "escape")
            await until_shown(pilot, "2 Pipelines 3")
        with step("paused pipelines lose their marks"):
            await pilot.press("p")
            await until_shown(pilot, "Pause 2 pipelines?", *(each["name"] for each in triggered))
            await pilot.press("y")
            await until_notified(pilot, "2 of 2 pipelines paused")
            await until(pilot, lambda: " marked" not in screen_text(pilot))
            states = {status(studio_with_datasets, each)["status"] for each in triggered}
            assert states == {"PAUSED"}
        with step("stopped pipelines lose their marks"):
            await pilot.press("a", "X")
            await until_shown(pilot, "Cancel the jobs of 2 pipelines?")
            await pilot.press("y")
            await until_notified(pilot, "2 of 2 pipelines stopped")
            await until(pilot, lambda: " marked" not in screen_text(pilot))
    states = {status(studio_with_datasets, each)["status"] for each in triggered}
    assert states <= {"PAUSED", "CANCELED"}
    hold.unlink()


class FixedList:
    """Answers requests for the list of pipelines with a fixed list."""

    def __init__(self, *pipelines: dict[str, Any]) -> None:
        self.pipelines = pipelines

    def fault(self, seen: ReceivedRequest) -> Fault | None:
        return answer_json(list(self.pipelines)) if seen.path.endswith("/pipeline/list") else None


@pytest.mark.parametrize("size", at_length([(200, 60)], [(80, 24), (200, 60)]))
async def test_hostile_text_and_unknown_states_are_shown_as_plain_text(
    studio: ThreadStudio, tmp_path: Path, size: tuple[int, int]
) -> None:
    run = {"job_id": "j", "name": HOSTILE, "status": "SMOULDERING", "created_job_id": "r"}
    failed = {"job_id": "f", "name": HOSTILE, "status": "FAILED", "parent_job_ids": ["f", "gone"]}
    proxy = FaultProxy.in_front_of(studio.url)
    proxy.plan = FixedList(
        {
            "pipeline_id": "p1",
            "name": HOSTILE,
            "status": "SIMMERING",
            "triggered_from": HOSTILE,
            "error_message": HOSTILE + "\nnext",
            "created_at": "0001-01-01T00:00:00",
            "job_runs": [run, failed, failed],
        },
        {"pipeline_id": "p2", "name": 7, "status": None, "job_runs": "none", "total": 5},
        {"pipeline_id": "p1"},
        {"name": "without an id"},
    )
    visible_name = "a[/]b [@click=app.quit]x[/]"
    async with proxy, dashboard(studio, tmp_path, url=proxy.url, size=size) as pilot:
        await open_list(pilot)
        await until_shown(pilot, "? SIMMERING", "1 row unreadable", "1 row duplicated")
        await until_shown(pilot, visible_name if size[0] > 80 else visible_name[:10])
        for key in ("down", "up", "X", "n", "d", "escape", "y", "escape", "t", "escape", "N", "p"):
            await pilot.press(key)
            await pilot.pause()
            assert not control_characters_of_lines(screen_text(pilot))


class FirstRequestsFail:
    """Answers the first requests for a path with a server error."""

    def __init__(self, path: str, times: int) -> None:
        self.path, self.left = path, times

    def fault(self, seen: ReceivedRequest) -> Fault | None:
        if not seen.path.endswith(self.path) or not self.left:
            return None
        self.left -= 1
        return answer_json({"message": "broken"}, "500 Internal Server Error")


class TriggerResponsesLost:
    """Passes triggers to Studio and drops the responses."""

    def fault(self, seen: ReceivedRequest) -> Fault | None:
        return drop_response if seen.path.endswith("/pipeline/trigger") else None


async def test_the_form_reports_missing_names_and_a_lost_response_creates_one_pipeline(
    studio_with_datasets: ThreadStudio, tmp_path: Path
) -> None:
    proxy = FaultProxy.in_front_of(studio_with_datasets.url)
    proxy.plan = plan = FirstRequestsFail("datasets/list", 1_000_000)
    async with proxy, dashboard(studio_with_datasets, tmp_path, url=proxy.url) as pilot:
        await open_list(pilot)
        with step("before any name has been received"):
            await pilot.press("t")
            await until_shown(pilot, "several with a space between.", NOT_ALL)
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(pilot.app.screen, PipelinesScreen))
        await asyncio.to_thread(trigger, studio_with_datasets, "first", review=True)
        with step("the form reports that names are missing"):
            await until_shown(pilot, "PAUSED")
            await pilot.press("t")
            await until_shown(pilot, "Typing replaces it", NOT_ALL)
        with step("the names arrive while the form is open"):
            plan.left = 1
            await type_in(pilot, "sec")
            await until_shown(pilot, "tab: second")
            assert NOT_ALL not in screen_text(pilot)
            assert isinstance(pilot.app.screen, RebuildForm)
        with step("a trigger whose response gets lost"):
            proxy.plan = TriggerResponsesLost()
            await pilot.press("tab")
            await until_shown(pilot, "Datasets     second")
            await pilot.press("f9")
            await until_notified(pilot, "most likely")
            await until(pilot, lambda: not isinstance(pilot.app.screen, RebuildForm))
            await until_shown(pilot, "‖ PAUSED", "2 Pipelines 2")
    assert len(pipelines(studio_with_datasets)) == 2
