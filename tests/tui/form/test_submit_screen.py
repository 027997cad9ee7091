"""The form of a job, filled in by keys and sent to a real Studio."""

import asyncio
import json
import os
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from textual.events import Key, Paste

from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.form.fields import draft_to_json
from studio_tui.presentation.jobs.facts import MASK
from studio_tui.tui.form import sending
from studio_tui.tui.form.draft_form import DraftForm
from studio_tui.tui.form.saved_forms import SavedForms
from studio_tui.tui.form.submit_screen import SubmitScreen
from studio_tui.tui.jobs.list_screen import JobsScreen
from tests import faults
from tests.fault_proxy import FaultProxy, ReceivedRequest
from tests.soak import at_length
from tests.steps import step
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, screen_text, until, until_shown
from tests.tui.jobs.test_create import FailingCreates
from tests.waiting import HANG

HOSTILE_FIELDS = ("query", "query_type", "query_name", "environment", "requirements", "repository",
                  "workers", "priority", "python_version", "compute_cluster_name", "start_after",
                  "cron_expression")  # fmt: skip

SCRIPT = """import os
for name in sorted(os.listdir()):
    if name.endswith(".txt"):
        print(name, open(name).read(), os.environ["MODE"])
"""


def submit_screen(pilot: Dashboard) -> SubmitScreen:
    screen = pilot.app.screen
    assert isinstance(screen, SubmitScreen)
    return screen


async def open_form(pilot: Dashboard) -> SubmitScreen:
    await pilot.press("n")
    await until(pilot, lambda: isinstance(pilot.app.screen, SubmitScreen))
    await until_shown(pilot, "The path of a script")
    return submit_screen(pilot)


async def fill(pilot: Dashboard, **fields: str) -> None:
    """Paste into fields, so that a text is checked once and not after every letter."""
    for name, text in fields.items():
        submit_screen(pilot).form.go_to(name)
        await pilot.pause()
        pilot.app.post_message(Paste(text))
        await pilot.pause()


async def type_in(pilot: Dashboard, **fields: str) -> None:
    """Type into fields, key by key."""
    for name, text in fields.items():
        submit_screen(pilot).form.go_to(name)
        await pilot.pause()
        await pilot.press(*("enter" if character == "\n" else character for character in text))


async def in_thread(function: Any, *arguments: Any) -> Any:
    """Call a blocking function without blocking the dashboard."""
    return await asyncio.to_thread(function, *arguments)


@pytest.mark.parametrize("size", at_length([(80, 24)], [(80, 24), (120, 40)]))
async def test_a_script_with_files_is_sent_and_the_new_job_gets_the_cursor(
    studio: ThreadStudio, tmp_path: Path, size: tuple[int, int]
) -> None:
    studio.wait_for_end(studio.submit("print(1)", query_name="older.py")["id"])
    (tmp_path / "script.py").write_text(SCRIPT)
    for name in ("one.txt", "two.txt"):
        (tmp_path / name).write_text(name[:3].upper())
    async with dashboard(studio, tmp_path, size=size) as pilot:
        await open_form(pilot)
        await fill(
            pilot,
            query_file=f"{tmp_path}/script.py",
            environment="MODE=a = b",
            workers="1",
            files=f"{tmp_path}/one.txt\n{tmp_path}/two.txt",
            priority="0",
            compute_cluster_name="local",
        )
        await until_shown(pilot, "The job runs on local (~", "workers free)")
        await pilot.press("f9")
        await until_shown(pilot, "Created: script.py")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        await until(pilot, lambda: len(studio.jobs()) == 2)
        job = next(job for job in studio.jobs() if job["name"] == "script.py")
        jobs = pilot.app.screen
        assert isinstance(jobs, JobsScreen)
        await until(pilot, lambda: jobs.table.cursor == job["id"])
        assert (await in_thread(studio.wait_for_end, job["id"]))["status"] == "COMPLETE"
        assert "one.txt ONE a = b\ntwo.txt TWO a = b\n" in await in_thread(studio.log, job["id"])
        await pilot.press("n")
        await until_shown(pilot, "The path of a script")
        assert submit_screen(pilot).form.draft == Draft()


class FailingUploads:
    """A plan for the proxy: the first uploads and requests to create a job get these faults."""

    def __init__(self, uploads: list[Any], creates: list[Any]) -> None:
        self._uploads, self._creates = uploads, creates
        self.uploads = 0

    def fault(self, seen: ReceivedRequest) -> Any:
        if seen.method != "POST":
            return None
        is_create = seen.path.endswith("/jobs/")
        self.uploads += not is_create
        left = self._creates if is_create else self._uploads
        return left.pop(0) if left else None


async def test_keys_pressed_while_a_form_is_sent_are_for_the_screen_after_it(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "ANSWERS_WITHIN", HANG)
    async with dashboard(studio, tmp_path) as pilot:
        sent = await open_form(pilot)
        await fill(pilot, query="print(1)")
        for key in ("f9", "n", "slash", "x"):
            character = "/" if key == "slash" else key if len(key) == 1 else None
            pilot.app.post_message(Key(key, character))

        def next_form_has_keys() -> bool:
            screen = pilot.app.screen
            is_next_form = isinstance(screen, SubmitScreen) and screen is not sent
            return is_next_form and submit_screen(pilot).form.draft.query_file == "/x"

        await until(pilot, next_form_has_keys)
    assert len(studio.jobs()) == 1


@pytest.mark.usefixtures("short_rests")
async def test_sending_can_be_stopped_and_a_lost_answer_creates_only_one_job(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    (tmp_path / "data.txt").write_text("x")
    async with FaultProxy.in_front_of(studio.url) as proxy:
        proxy.plan = FailingUploads([faults.stall], [])
        async with dashboard(studio, tmp_path, url=proxy.url) as pilot:
            await open_form(pilot)
            await fill(pilot, query="print(1)", files=f"{tmp_path}/data.txt")
            before = submit_screen(pilot).form.draft
            await pilot.press("f9")
            await until_shown(pilot, "Uploading 1 file: data.txt")
            await pilot.press("escape")
            await until_shown(pilot, "Stop sending?")
            await pilot.press("y")
            await until_shown(pilot, "Stopped.")
            assert submit_screen(pilot).form.draft == before
            await pilot.press("f9")
            await until_shown(pilot, "Created: ")
            await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
            assert len(studio.jobs()) == 1
            proxy.plan = FailingCreates(faults.drop_response)
            await open_form(pilot)
            await fill(pilot, query="print(1)", query_name="once.py")
            await pilot.press("f9")
            await until_shown(pilot, "Created: once.py")
            await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
    assert len(studio.jobs()) == 2


def saved_files(folder: Path) -> list[Path]:
    """Return the files of all forms that a dashboard with this folder has saved."""
    return [file for file in (folder / "view.forms").rglob("*") if file.is_file()]


def saved_text(folder: Path) -> str:
    return "\n".join(file.read_text("utf-8") for file in saved_files(folder))


async def test_a_form_that_was_left_is_restored_and_after_a_restart_without_its_secrets(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(studio, tmp_path) as pilot:
        await open_form(pilot)
        await fill(pilot, query="print('ü')", environment="TOKEN=hush", cron_expression="* *")
        before = submit_screen(pilot).form.draft
        await pilot.press("escape")
        await until_shown(pilot, "Leave the form?", "not saved to disk", "n  Stay")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        await reopen_form(pilot)
        assert submit_screen(pilot).form.draft == before
        await fill(pilot, workers="2")
        await until(pilot, lambda: not submit_screen(pilot).message_line.display)
        submit_screen(pilot).form.set_text("workers", "")
        submit_screen(pilot).form.go_to("query")
        submit_screen(pilot).form.set_text("query", "as written in $EDITOR")
        await pilot.press("ctrl+z")
        await until(pilot, lambda: submit_screen(pilot).form.draft == before)
    assert "hush" not in saved_text(tmp_path)
    async with dashboard(studio, tmp_path) as pilot:
        await reopen_form(pilot)
        left = submit_screen(pilot).form.draft
        assert (left.query, left.environment, left.cron_expression) == (
            "print('ü')",
            f"TOKEN={MASK}",
            "* *",
        )
        await until_shown(pilot, "Line 1: the value was not saved to disk; type it again.")


async def test_quitting_asks_only_if_values_would_be_lost(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        await open_form(pilot)
        await fill(pilot, query="print(1)", environment="A=\nTOKEN=hush\nhush")
        for answer in ("enter", "n"):
            await pilot.press("ctrl+q", "ctrl+q")
            await until_shown(pilot, "Leave the dashboard?", "not saved to disk", "are lost")
            await pilot.press(answer)
            await until(pilot, lambda: isinstance(pilot.app.screen, SubmitScreen))
        assert submit_screen(pilot).form.draft.environment == "A=\nTOKEN=hush\nhush"
        await pilot.press("ctrl+q")
        await until_shown(pilot, "Leave the dashboard?")
        await pilot.press("y")
        await until(pilot, lambda: pilot.app.return_code == 0)
    async with dashboard(shared_studio, tmp_path) as pilot:
        await reopen_form(pilot)
        environment = submit_screen(pilot).form.draft.environment
        assert environment == f"A=\nTOKEN={MASK}\n{MASK}"
        await pilot.press("ctrl+q")
        await until(pilot, lambda: pilot.app.return_code == 0)


async def test_leaving_a_form_that_the_disk_refuses_says_that_it_is_not_saved(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        screen = await open_form(pilot)
        screen.saved_forms._drafts = Path(os.devnull) / "drafts"
        await fill(pilot, query="print(1)")
        await until_shown(pilot, "The form could not be saved to disk")
        pilot.app.clear_notifications()
        await pilot.press("escape")
        await until_shown(pilot, "Leave the form?", "could not be saved", "It is kept until")
        await pilot.press("n", "ctrl+q")
        await until_shown(pilot, "Leave the dashboard?", "could not be saved", "It is lost when")
        assert "for the next time" not in screen_text(pilot)
        await pilot.press("y")
        await until(pilot, lambda: pilot.app.return_code == 0)


async def test_an_edit_is_saved_although_the_form_was_read_before_the_message_about_it(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(studio, tmp_path) as pilot:
        screen = await open_form(pilot)
        screen.form.set_text("query", "print(1)")
        assert screen.form.draft.query == "print(1)"
        await until(pilot, lambda: screen.saved_forms.draft("new") == Draft(query="print(1)"))


async def test_a_form_is_saved_while_the_user_types_without_a_pause(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(studio, tmp_path) as pilot:
        screen, numbers = await open_form(pilot), count()

        def is_saved_after_another_edit() -> bool:
            screen.form.set_text("query", f"print({next(numbers)})")
            return screen.saved_forms.draft("new") is not None

        await until(pilot, is_saved_after_another_edit)


async def test_an_edit_without_a_message_is_saved_when_the_program_ends(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        await open_form(pilot)
        with submit_screen(pilot).prevent(DraftForm.Edited):
            submit_screen(pilot).form.set_text("query", "print('last')")
            await pilot.pause()
        pilot.app.exit()
    async with dashboard(shared_studio, tmp_path) as pilot:
        await reopen_form(pilot)
        assert submit_screen(pilot).form.draft.query == "print('last')"
        first_line = screen_text(pilot).splitlines()[2]
        assert "as you left it; f3 and enter show an empty one." in first_line


async def reopen_form(pilot: Dashboard) -> None:
    """Open the form for a new job, of which a draft is saved."""
    await pilot.press("n")
    await until_shown(pilot, "This is the form as you left it")


async def test_a_template_is_saved_by_name_and_can_be_picked_again(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(studio, tmp_path) as pilot:
        await open_form(pilot)
        await fill(pilot, query="print(1)", environment="A=hush", workers="2")
        await pilot.press("f3")
        await until_shown(pilot, "enter starts from it, esc closes")
        await pilot.press("escape", "ctrl+t")
        await until_shown(pilot, "Save the form as a template", "are not saved to disk")
        await pilot.press(*"nightly", "enter")
        await until_shown(pilot, "Saved as nightly")
        await pilot.press("f3")
        await until_shown(pilot, "an empty form", "nightly")
        await pilot.press("enter")
        await until(pilot, lambda: submit_screen(pilot).form.draft == Draft())
        await pilot.press("f3")
        await until_shown(pilot, "an empty form", "nightly")
        await pilot.press("down", "enter")
        kept = Draft(query="print(1)", environment=f"A={MASK}", workers="2")
        await until(pilot, lambda: submit_screen(pilot).form.draft == kept)
    assert "hush" not in saved_text(tmp_path)


async def test_the_request_is_previewed_and_a_query_is_sent_as_it_was_typed(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "only_script.py").write_text("print('from the file')\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    async with dashboard(studio, tmp_path) as pilot:
        await open_form(pilot)
        await pilot.press("f6")
        await until_shown(pilot, "There is no request yet. To check: query.")
        await fill(pilot, query="print(1)", environment="TOKEN=hush", workers="1")
        await until_shown(pilot, "TOKEN=••••")
        await pilot.press("f6")
        await until_shown(pilot, "The request as JSON", '"query": "print(1)"', "TOKEN=••••")
        await pilot.press("2")
        await until_shown(pilot, "The request as curl", f"{studio.url}/api/datachain/jobs/")
        await pilot.press("3")
        await until_shown(pilot, "datachain job run")
        assert "hush" not in screen_text(pilot)
        await pilot.press("s")
        await until_shown(pilot, "TOKEN=hush")
        assert studio.token not in screen_text(pilot)
        await pilot.press("escape")
        await until_shown(pilot, "TOKEN=••••")
        await pilot.press("f7")
        await until_shown(pilot, "TOKEN=hush")
        submit_screen(pilot).fill(Draft())
        await type_in(pilot, query="echo [red]hi[/]\n\necho $((1 + 2))")
        await fill(pilot, query_file=f"{tmp_path}/on")
        await pilot.press(*"ly")
        await until_shown(pilot, "only_script.py")
        await pilot.press("tab")
        await until_shown(pilot, "print('from the file')", "1 line")
        with step("a copied command names the home, as a shell does not expand a quoted ~"):
            submit_screen(pilot).form.set_text("query_file", "~/only_script.py")
            submit_screen(pilot).form.set_text("files", "~/only_script.py")
            await until_shown(pilot, "print('from the file')")
            await pilot.press("f6", "3")
            await until_shown(pilot, "datachain job run", "--files /")
            assert "'~" not in screen_text(pilot)
            await pilot.press("escape")
            submit_screen(pilot).form.set_text("files", "")
            submit_screen(pilot).form.go_to("query_file")
        query = "echo [red]hi[/]\n\necho $((1 + 2))"
        assert submit_screen(pilot).form.draft.query == query
        await pilot.press("ctrl+u")
        await until_shown(pilot, "[red]hi[/]")
        await fill(pilot, query_name="typed.sh")
        assert studio.jobs() == []
        await pilot.press("ctrl+j")
        await until_shown(pilot, "Created: typed.sh")
    job = studio.jobs()[0]
    assert job["query"] == query
    studio.wait_for_end(job["id"])
    assert studio.log(job["id"]).endswith("[red]hi[/]\n3\n")


async def test_control_codes_of_a_draft_never_reach_the_terminal(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    hostile = "a\x1b[31m\u202eb\x07[red]"
    fields = draft_to_json(Draft().with_values(dict.fromkeys(HOSTILE_FIELDS, hostile)))
    fields["files"], fields["query_file"] = (hostile,), ""
    SavedForms(tmp_path / "view.forms").keep("new", Draft(query="1"))
    (file,) = saved_files(tmp_path)
    file.write_text(json.dumps({"name": "new", "form": fields}))
    async with dashboard(studio, tmp_path, size=(120, 80)) as pilot:
        await reopen_form(pilot)
        await until_shown(pilot, "[red]")
        text = screen_text(pilot)
        assert not {"\x1b", "\x07", "\u202e"} & set(text)


async def go_to_oldest(pilot: Dashboard, job_id: str) -> None:
    """Wait until the cursor is on the job that was created, and go back to the oldest one."""
    await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
    jobs = pilot.app.screen
    assert isinstance(jobs, JobsScreen)
    await until(pilot, lambda: jobs.table.cursor not in {None, job_id})
    pilot.app.clear_notifications()
    await pilot.press("end")
    await until(pilot, lambda: jobs.table.cursor == job_id)


async def test_a_job_is_changed_compared_and_continued_or_run_from_the_start(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    first = studio.submit("print(1)", query_name="old.py", environment="A=hush")
    studio.wait_for_end(first["id"])
    async with (
        FaultProxy.in_front_of(studio.url) as proxy,
        dashboard(studio, tmp_path, url=proxy.url) as pilot,
    ):
        await pilot.press("R")
        await until_shown(
            pilot, "Run this job again from checkpoints?", "loaded from its checkpoints"
        )
        await pilot.press("enter")
        await until_shown(pilot, "created as old.py")
        sent = [seen for seen in proxy.requests if seen.method == "POST"][-1]
        assert json.loads(sent.body)["rerun_from_job_id"] == first["id"]
        jobs = pilot.app.screen
        assert isinstance(jobs, JobsScreen)
        await until(pilot, lambda: len(jobs.table.keys) == 2)
        assert jobs.table.cursor == first["id"]
        pilot.app.clear_notifications()
        for answer, origin in (("r", first["id"]), ("f", None)):
            await pilot.press("e")
            await until_shown(pilot, "Edit old.py", "There is no terminal here")
            await fill(pilot, query="#", priority="3")
            await pilot.press("f9")
            await until_shown(
                pilot,
                "Run the changed job?",
                "priority: server default → 3",
                "-print(1)",
                "+#print(1)",
                "get its defaults:",
                "credentials",
            )
            assert "hush" not in screen_text(pilot).split("Run the changed job?")[1]
            await pilot.press(answer)
            await until_shown(pilot, "Created: old.py")
            sent = [seen for seen in proxy.requests if seen.method == "POST"][-1]
            request = json.loads(sent.body)
            assert (request["query"], request["priority"]) == ("#print(1)", 3)
            assert request.get("rerun_from_job_id") == origin
            await go_to_oldest(pilot, first["id"])


async def test_a_saved_draft_has_the_values_that_studio_sends_and_names_the_lost_ones(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    environment = "GREETING=hush\nMODE=old"
    job = studio.submit("print(1)", query_name="old.py", environment=environment)
    studio.wait_for_end(job["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("e")
        await until_shown(pilot, "Edit old.py", "There is no terminal here")
        submit_screen(pilot).form.set_text("environment", "GREETING=hush\nMODE=changed")
        submit_screen(pilot).form.set_text("workers", "2")
        await pilot.press("f9")
        with step("the review names what changes, and shows the values on request"):
            await until_shown(pilot, "Run the changed job?", f"environment: ~ MODE={MASK}")
            await pilot.press("s")
            await until_shown(pilot, "~ MODE=old → changed", "s hides the values")
            await pilot.press("f7")
            await until_shown(pilot, f"~ MODE={MASK}", "s shows the values")
        with step("n goes back to the form, as in other questions"):
            await pilot.press("n")
            await until(pilot, lambda: isinstance(pilot.app.screen, SubmitScreen))
            assert submit_screen(pilot).form.draft.workers == "2"
            await pilot.press("f9")
            await until_shown(pilot, "Run the changed job?", "back to the form")
        await pilot.press("d")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
    assert "hush" not in saved_text(tmp_path)
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("e")
        await until_shown(pilot, "This is the form as you left it")
        assert submit_screen(pilot).form.draft.environment == f"GREETING=hush\nMODE={MASK}"
        submit_screen(pilot).form.go_to("query_name")
        await until_shown(pilot, "Line 2: the value was not saved to disk; type it again.")


async def test_secrets_are_masked_in_fields_without_the_focus_until_they_are_shown(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(studio, tmp_path, size=(120, 60)) as pilot:
        await open_form(pilot)
        await fill(
            pilot,
            repository="https://hunter2@example.org/r",
            requirements="-i https://u:hunter2@example.org/simple",
            environment="A=1\nMODE: hunter2\nhunter2!",
            workers="1",
        )
        await until_shown(pilot, MASK, "Line 2 must be NAME=VALUE")
        await until_shown(pilot, "Line 3 must be NAME=VALUE", "f7 shows what is hidden")
        await until_shown(pilot, "contains a password or token", "••••@example.org/r")
        await until_shown(pilot, "-i https://••••")
        assert "hunter2" not in screen_text(pilot)
        await pilot.press("f7")
        await until_shown(pilot, "https://hunter2@example.org/r", "u:hunter2@example.org/simple")
        await until_shown(pilot, "MODE: hunter2")
        assert "f7 shows" not in screen_text(pilot)
