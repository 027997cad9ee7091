"""One form edits all marked jobs, on a real local Studio."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from studio_tui.api.models import JobInput
from studio_tui.service.commands.create_job import JobCreator
from studio_tui.service.commands.jobs import repeat_of
from studio_tui.service.commands.submitted import RelatedRequest, edited_request
from studio_tui.tui.form import edit_screen
from studio_tui.tui.form.edit_screen import EditMarkedScreen, RemainingJobs
from studio_tui.tui.form.submit_screen import SubmitScreen
from studio_tui.tui.form.validation import check_draft
from studio_tui.tui.frame.review import Review
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.jobs.rerun import Repeat
from tests import faults
from tests.fault_proxy import FaultProxy
from tests.jobs import job
from tests.presentation.form.forms import CONTEXT
from tests.steps import step
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, screen_text, until, until_shown
from tests.tui.form.test_submit_screen import submit_screen
from tests.tui.jobs.test_create import FailingCreates
from tests.tui.jobs.test_rerun import create_requests, submit_with_upload
from tests.waiting import HANG

SIZE = (120, 60)


def run_jobs(studio: ThreadStudio, *names: str) -> dict[str, str]:
    """Run jobs, each with a query of its own, to their ends; return their ids by name."""
    ids = {name: studio.submit(f"print('{name}')", query_name=name)["id"] for name in names}
    for job_id in ids.values():
        studio.wait_for_end(job_id)
    return ids


def message_above_form(pilot: Dashboard) -> str:
    """Return the message above the form, which a dialog may cover."""
    screen = next(each for each in pilot.app.screen_stack if isinstance(each, SubmitScreen))
    return str(screen.message_line.content)


async def edit_all_jobs(pilot: Dashboard, count: int, *, sign: str = "✓") -> None:
    """Mark all jobs, and open their form; `sign` is that of the state in which all have ended."""
    await until_shown(pilot, f"{sign}{count} ")
    await pilot.press("a", "e")
    await until_shown(pilot, f"Edit {count} jobs", "files")


async def test_a_value_typed_once_changes_each_marked_job_which_keeps_its_other_values(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    ids = run_jobs(studio, "one.py", "two.py")
    async with (
        FaultProxy.in_front_of(studio.url) as proxy,
        dashboard(studio, tmp_path, url=proxy.url, size=SIZE) as pilot,
    ):
        submitted_here = await submit_with_upload(pilot, tmp_path)
        await asyncio.to_thread(studio.wait_for_end, submitted_here.id)
        ids["read.sh"] = submitted_here.id
        await edit_all_jobs(pilot, 3)
        await until_shown(
            pilot,
            "(differs: 3 queries)",
            "(differs: 2 values)",
            "(differs: 3 values)",
            "uploaded files",
        )
        submit_screen(pilot).form.go_to("query_name")
        await until_shown(pilot, "Each job keeps its own")
        submit_screen(pilot).form.set_text("workers", "2")
        await pilot.press("f9")
        await until_shown(
            pilot,
            "Run 3 changed jobs?",
            *(f"{name} ({job_id[:8]})" for name, job_id in ids.items()),
            "workers: 1 → 2",
            "As submitted from this dashboard:",
            "priority: 1",
            "Studio does not say what these were, so they get its defaults:",
            "priority, credentials",
        )
        await pilot.press("r")
        await until_shown(pilot, "3 of 3 jobs created", "f8 shows the outcome of each")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        await pilot.press("f8")
        await until_shown(pilot, "created as two.py")
        requests = {job_input["query_name"]: job_input for job_input in create_requests(proxy)[1:]}
    assert requests.keys() == ids.keys()
    for name, job_input in requests.items():
        assert job_input["rerun_from_job_id"] == ids[name]
        assert job_input["workers"] == 2
        is_submitted_here = name == "read.sh"
        assert job_input["query"] == ("cat notes.txt" if is_submitted_here else f"print('{name}')")
        assert (job_input.get("priority"), bool(job_input.get("files"))) == (
            (1, True) if is_submitted_here else (None, False)
        )


async def test_jobs_may_be_created_while_a_thread_checks_the_others(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_jobs(studio, "one.py", "two.py")
    async with dashboard(studio, tmp_path, size=SIZE) as pilot:
        await edit_all_jobs(pilot, 2)
        screen = submit_screen(pilot)
        assert isinstance(screen, EditMarkedScreen)

        def check_while_jobs_are_created(*_arguments: object) -> tuple[()]:
            for job in screen._jobs.jobs:
                screen._jobs.forget(job.id)
            return ()

        monkeypatch.setattr(edit_screen, "check", check_while_jobs_are_created)
        assert screen.validate(screen.form.draft).problems == ()


@pytest.mark.usefixtures("short_rests")
async def test_only_the_jobs_that_were_not_created_are_requested_again(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_jobs(studio, "one.py", "two.py")
    threads: list[threading.Thread] = []

    def make_request(*known: Any) -> JobInput:
        threads.append(threading.current_thread())
        return edited_request(*known)

    monkeypatch.setattr(edit_screen, "edited_request", make_request)
    refusal = faults.answer_json({"message": "not now"}, "400 Bad Request")
    async with FaultProxy.in_front_of(studio.url) as proxy:
        proxy.plan = FailingCreates(refusal)
        async with dashboard(studio, tmp_path, url=proxy.url, size=SIZE) as pilot:
            await edit_all_jobs(pilot, 2)
            submit_screen(pilot).form.set_text("workers", "2")
            await pilot.press("f9")
            await until_shown(pilot, "Run 2 changed jobs?", "workers: 1 → 2")
            await pilot.press("f")
            await until_shown(pilot, "1 of 2 jobs created", "not now")
            assert threads
            assert threading.main_thread() not in threads, "many requests would block the screen"
            assert message_above_form(pilot) == "1 job not created yet; f9 requests them again."
            await until_shown(pilot, "f8 shows the outcome of each", "Edit 1 job")
            with step("what was typed is restored for the job that stays marked"):
                await pilot.press("escape")
                await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
                await pilot.press("e")
                await until_shown(pilot, "This is the form as you left it")
            await pilot.press("f9")
            await until_shown(pilot, "Run the changed job?", "workers: 1 → 2")
            await pilot.press("f")
            await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
            await until_shown(pilot, "Created: ")
            assert len(create_requests(proxy)) == 3
    created = [job for job in studio.jobs() if job["workers"] == 2]
    assert sorted(job["name"] for job in created) == ["one.py", "two.py"]


async def test_a_query_shared_by_all_jobs_is_changed_in_all_and_fixes_their_failures(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    for name in ("one.py", "two.py"):
        studio.wait_for_end(studio.submit("1/0", query_name=name)["id"])
    (tmp_path / "both.py").write_text("print(2)")
    async with dashboard(studio, tmp_path, size=SIZE) as pilot:
        await edit_all_jobs(pilot, 2, sign="✗")
        await until_shown(pilot, "1/0")
        assert "queries" not in screen_text(pilot)
        submit_screen(pilot).form.set_text("query_file", str(tmp_path / "both.py"))
        await until_shown(pilot, "print(2)")
        await pilot.press("f9")
        await until_shown(pilot, "Run 2 changed jobs?")
        assert screen_text(pilot).count("+print(2)") == 2
        await pilot.press("f")
        await until_shown(pilot, "2 of 2 jobs created")
        await until_shown(pilot, "✓2 ●0 ✗0", "fixed by ")
    assert [job["query"] for job in studio.jobs()] == ["print(2)"] * 2 + ["1/0"] * 2
    assert {job["name"] for job in studio.jobs()} == {"one.py", "two.py"}


async def test_an_error_in_the_form_is_reported_once_and_a_saved_draft_keeps_the_marks(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.wait_for_end(
        studio.submit("print(1)", query_name="one.py", compute_cluster_name="local")["id"]
    )
    studio.wait_for_end(studio.submit("print(1)", query_name="two.py")["id"])
    async with dashboard(studio, tmp_path, size=SIZE) as pilot:
        await until_shown(pilot, "✓2 ●")
        await pilot.press("space", "e")  # the cursor moves on to the other job
        await until_shown(pilot, "Edit two.py")  # a single marked job has the form of one job
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        await edit_all_jobs(pilot, 2)
        submit_screen(pilot).form.set_text("priority", "9")
        await pilot.press("f9")
        await until_shown(pilot, "To check: priority.", "Priority is 0 (first) to 5")
        assert screen_text(pilot).count("Priority is 0") == 1
        await pilot.press("f6")
        await until_shown(pilot, "There is a request for each job")
        submit_screen(pilot).form.set_text("priority", "")
        await pilot.press("f9")
        await until_shown(pilot, "Run 2 changed jobs?", "Nothing is changed.")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, Review))
        submit_screen(pilot).form.set_text("python_version", "3.12")
        await pilot.press("f9")
        await until_shown(pilot, "Run 2 changed jobs?", "python: server default → 3.12")
        await pilot.press("d")
        await until_shown(pilot, "Draft saved; e with the same jobs marked opens it again")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
    async with dashboard(studio, tmp_path, size=SIZE, undo_seconds=HANG) as pilot:
        await until_shown(pilot, "2 marked")
        await pilot.press("e")
        await until_shown(pilot, "This is the form as you left it", "3.12")
        draft = submit_screen(pilot).form.draft
        await pilot.press("f9")
        await until_shown(pilot, "Run 2 changed jobs?")
        for key in ("z", "escape"):
            await pilot.press("f")
            await until_shown(pilot, "z undo creating 2 jobs", "2 jobs not sent yet; z or esc")
            await pilot.press("1")
            await until_shown(pilot, "The form stays open until its jobs are sent")
            await pilot.press(key)
            await until_shown(pilot, "2 jobs not created yet; f9 requests them again.")
            assert submit_screen(pilot).form.draft == draft
            assert pilot.app.focused is not None
            await pilot.press("f9")
            await until_shown(pilot, "Run 2 changed jobs?")
    assert len(studio.jobs()) == 2


async def test_the_form_closes_after_a_question_that_was_open_when_its_jobs_were_created(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_jobs(studio, "one.py", "two.py")
    may_create, create = asyncio.Event(), JobCreator.create

    async def create_later(*arguments: Any, **options: Any) -> Any:
        await may_create.wait()
        return await create(*arguments, **options)

    monkeypatch.setattr(JobCreator, "create", create_later)
    async with dashboard(studio, tmp_path, size=SIZE) as pilot:
        await edit_all_jobs(pilot, 2)
        await pilot.press("f9")
        await until_shown(pilot, "Run 2 changed jobs?")
        await pilot.press("f")
        await until_shown(pilot, "Sending 2 jobs…")
        await pilot.press("escape")
        await until_shown(pilot, "Stop sending?")
        may_create.set()
        await until(pilot, lambda: len(studio.jobs()) == 4)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
    assert len(studio.jobs()) == 4


async def test_a_single_marked_job_loses_its_mark_once_it_was_edited_and_created(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    run_jobs(studio, "one.py")
    async with dashboard(studio, tmp_path, size=SIZE) as pilot:
        await until_shown(pilot, "✓1 ")
        await pilot.press("a", "e")
        await until_shown(pilot, "Edit one.py", "There is no terminal here")
        await pilot.press("f9")
        await until_shown(pilot, "Run the job again?")
        await pilot.press("f")
        await until_shown(pilot, "Created: one.py")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        assert "marked" not in screen_text(pilot)


@pytest.mark.parametrize("from_checkpoints", [True, False])
def test_a_typed_origin_does_not_change_from_where_several_jobs_run(from_checkpoints: bool) -> None:
    originals = [job(n, query="1", name=f"{n}.py") for n in (1, 2)]
    remaining = RemainingJobs([Repeat(each, repeat_of(each, "acme"), None) for each in originals])
    checked = check_draft(remaining.start().draft, CONTEXT)
    for original, request in remaining.requests(
        {"rerun_from_job_id": "another"}, checked, from_checkpoints=from_checkpoints
    ):
        assert isinstance(request, JobInput)
        assert request.rerun_from_job_id == (original.id if from_checkpoints else None)
        repeats = request.repeats if isinstance(request, RelatedRequest) else None
        assert repeats == (None if from_checkpoints else original.id)
