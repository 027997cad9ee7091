"""One form for the marked jobs, on a real local Studio."""

import asyncio
from pathlib import Path

from studio_tui.tui.form.submit_screen import SubmitScreen
from studio_tui.tui.frame.review import Review
from studio_tui.tui.jobs.list_screen import JobsScreen
from tests import faults
from tests.fault_proxy import FaultProxy
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, screen_text, until, until_shown
from tests.tui.jobs.test_create import FailingCreates, hurry
from tests.tui.jobs.test_rerun import asked, submit

SIZE = (120, 60)


def form(pilot: Dashboard) -> SubmitScreen:
    screen = pilot.app.screen
    assert isinstance(screen, SubmitScreen)
    return screen


def finished(studio: ThreadStudio, *names: str) -> dict[str, str]:
    """Return ids by names of jobs that have ended, each with a query of its own."""
    made = {name: studio.submit(f"print('{name}')", query_name=name)["id"] for name in names}
    for job_id in made.values():
        studio.end(job_id)
    return made


def said(pilot: Dashboard) -> str:
    """Return the message below the form, which a dialog may cover."""
    form = next(each for each in pilot.app.screen_stack if isinstance(each, SubmitScreen))
    return str(form.message_line.content)


async def edit_all(pilot: Dashboard, count: int, *, sign: str = "✓") -> None:
    await until_shown(pilot, f"{sign}{count} ")
    await pilot.press("a", "e")
    await until_shown(pilot, f"Edit {count} jobs", "files")


async def test_what_is_typed_once_is_changed_in_each_marked_job_and_the_rest_is_its_own(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    made = finished(studio, "one.py", "two.py")
    async with (
        FaultProxy.before(studio.url) as proxy,
        dashboard(studio, tmp_path, url=proxy.url, size=SIZE) as pilot,
    ):
        ours = await submit(pilot, tmp_path)
        await asyncio.to_thread(studio.end, ours.id)
        made["read.sh"] = ours.id
        await edit_all(pilot, 3)
        await until_shown(
            pilot,
            "(differs: 3 queries)",
            "(differs: 2 values)",
            "(differs: 3 values)",
            "uploaded files",
        )
        form(pilot).form.go_to("query_name")
        await until_shown(pilot, "Each job keeps its own")
        form(pilot).form.set_text("workers", "2")
        await pilot.press("f9")
        await until_shown(
            pilot,
            "Run 3 changed jobs?",
            *(f"{name} ({job_id[:8]})" for name, job_id in made.items()),
            "workers: 1 → 2",
            "priority: 1, as submitted from here",
            "priority: server default, because Studio does not say",
        )
        await pilot.press("r")
        await until_shown(pilot, "3 of 3 jobs created", "f8 shows the outcome of each")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        await pilot.press("f8")
        await until_shown(pilot, "created as two.py")
        repeats = {job_input["query_name"]: job_input for job_input in asked(proxy)[1:]}
    assert repeats.keys() == made.keys()
    for name, job_input in repeats.items():
        assert job_input["rerun_from_job_id"] == made[name]
        assert job_input["workers"] == 2
        is_ours = name == "read.sh"
        assert job_input["query"] == ("cat notes.txt" if is_ours else f"print('{name}')")
        assert (job_input.get("priority"), bool(job_input.get("files"))) == (
            (1, True) if is_ours else (None, False)
        )


async def test_a_job_that_was_not_made_is_requested_again_and_the_others_are_not(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    finished(studio, "one.py", "two.py")
    refusal = faults.answer_json({"message": "not now"}, "400 Bad Request")
    async with FaultProxy.before(studio.url) as proxy:
        proxy.plan = FailingCreates(refusal)
        async with dashboard(studio, tmp_path, url=proxy.url, size=SIZE) as pilot:
            await hurry(pilot, tmp_path)
            await edit_all(pilot, 2)
            form(pilot).form.set_text("workers", "2")
            await pilot.press("f9")
            await until_shown(pilot, "Run 2 changed jobs?", "workers: 1 → 2")
            await pilot.press("f")
            await until_shown(pilot, "1 of 2 jobs created", "not now")
            assert said(pilot) == "1 job not created yet; f9 requests them again."
            await until_shown(pilot, "f8 shows the outcome of each")
            await pilot.press("f9")
            await until_shown(pilot, "Run 1 changed job?")
            await pilot.press("f")
            await until_shown(pilot, "1 of 1 job created")
            await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
            assert len(asked(proxy)) == 3
    new = [job for job in studio.jobs() if job["workers"] == 2]
    assert sorted(job["name"] for job in new) == ["one.py", "two.py"]


async def test_a_query_that_all_share_is_changed_in_all_and_fixes_their_failures(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    for name in ("one.py", "two.py"):
        studio.end(studio.submit("1/0", query_name=name)["id"])
    (tmp_path / "both.py").write_text("print(2)")
    async with dashboard(studio, tmp_path, size=SIZE) as pilot:
        await edit_all(pilot, 2, sign="✗")
        await until_shown(pilot, "1/0")
        assert "queries" not in screen_text(pilot)
        form(pilot).form.set_text("query_file", str(tmp_path / "both.py"))
        await until_shown(pilot, "print(2)")
        await pilot.press("f9")
        await until_shown(pilot, "Run 2 changed jobs?")
        assert screen_text(pilot).count("+print(2)") == 2
        await pilot.press("f")
        await until_shown(pilot, "2 of 2 jobs created")
        await until_shown(pilot, "✓2 ●0 ✗0", "fixed by ")
    assert [job["query"] for job in studio.jobs()] == ["print(2)"] * 2 + ["1/0"] * 2
    assert {job["name"] for job in studio.jobs()} == {"one.py", "two.py"}


async def test_what_is_wrong_for_one_of_the_jobs_is_reported_and_a_form_that_is_kept_has_its_marks(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.end(studio.submit("print(1)", query_name="one.py", compute_cluster_name="local")["id"])
    studio.end(studio.submit("print(1)", query_name="two.py")["id"])
    async with dashboard(studio, tmp_path, size=SIZE) as pilot:
        await until_shown(pilot, "✓2 ●")
        await pilot.press("space", "e")  # the cursor goes on to the other
        await until_shown(pilot, "Edit two.py")  # one marked job is edited as itself
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        await edit_all(pilot, 2)
        form(pilot).form.set_text("priority", "9")
        await pilot.press("f9")
        await until_shown(pilot, "To check: priority.", "Priority is 0 (first) to 5")
        assert screen_text(pilot).count("Priority is 0") == 1
        await pilot.press("f6")
        await until_shown(pilot, "There is a request for each job")
        form(pilot).form.set_text("priority", "")
        await pilot.press("f9")
        await until_shown(pilot, "Run 2 changed jobs?", "Nothing is changed.")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, Review))
        form(pilot).form.set_text("python_version", "3.12")
        await pilot.press("f9")
        await until_shown(pilot, "Run 2 changed jobs?", "python: server default → 3.12")
        await pilot.press("d")
        await until_shown(pilot, "Draft saved; e on the same marks opens it again")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
    async with dashboard(studio, tmp_path, size=SIZE) as pilot:
        await until_shown(pilot, "2 marked")
        await pilot.press("e")
        await until_shown(pilot, "This is the form as you left it", "3.12")
    assert len(studio.jobs()) == 2
