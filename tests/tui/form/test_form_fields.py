"""Help, file completion, templates and drafts of the form, and the form in read-only mode."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from textual.events import Paste

from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.form.fields import FIELDS
from studio_tui.tui.clusters.list_screen import ClustersScreen
from studio_tui.tui.form import draft_keeper, field_commands
from studio_tui.tui.form.saved_forms import SavedForms
from studio_tui.tui.form.submit_screen import SubmitScreen
from studio_tui.tui.frame.actions import actions_of
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.logs.log_screen import LogScreen
from studio_tui.tui.messages import OpenForm
from tests.changed_answers import ChangedResponses
from tests.fault_proxy import FaultProxy
from tests.presentation.form.forms import TIMEOUT
from tests.studios import ThreadStudio
from tests.tui.dashboards import (
    Dashboard,
    dashboard,
    notices,
    screen_text,
    until,
    until_notified,
    until_shown,
)
from tests.tui.form.test_submit_screen import fill, in_thread, open_form, submit_screen


async def go_to(pilot: Dashboard, name: str) -> None:
    submit_screen(pilot).form.go_to(name)
    await pilot.pause()


async def test_f1_explains_the_focused_field_and_lists_the_keys(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        await open_form(pilot)
        footer = screen_text(pilot).splitlines()[-1]
        assert "f1 help" in footer
        assert "? help" not in footer
        await pilot.press("question_mark")
        assert submit_screen(pilot).form.draft.query_file == "?"
        await pilot.press("f1", "end")
        await until_shown(pilot, "Show or hide the values of the environment, and logins in URLs")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, SubmitScreen))
        for size, name in product([(120, 40), (80, 24)], ("query_type", "cron_expression")):
            await pilot.resize_terminal(*size)
            await go_to(pilot, name)
            await pilot.press("f1")
            meaning = FIELDS[name].meaning.split()[0]
            await until_shown(pilot, FIELDS[name].label, meaning, *FIELDS[name].example)
            await pilot.press("f1")
            await until(pilot, lambda: isinstance(pilot.app.screen, SubmitScreen))
            focused = submit_screen(pilot).form.focused_field()
            assert focused is not None
            assert focused.field == name


async def test_a_field_added_to_the_table_is_in_the_form_its_help_and_the_preview(
    shared_studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FIELDS, "timeout", TIMEOUT)
    async with dashboard(shared_studio, tmp_path) as pilot:
        await open_form(pilot)
        await fill(pilot, query="print(1)", timeout="soon")
        await go_to(pilot, "timeout")
        await until_shown(pilot, "time limit", "A time limit is 1 to 1440; “soon” is not.")
        await pilot.press("f1")
        await until_shown(pilot, TIMEOUT.meaning, *TIMEOUT.example)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, SubmitScreen))
        await pilot.press(*["backspace"] * 4)
        await until_shown(pilot, "Empty for no limit.")
        await pilot.press(*"90", "f6")
        await until_shown(pilot, '"timeout": 90')
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, SubmitScreen))
        await pilot.press("f9")
        await until_shown(pilot, "Studio says: timeout is not a field of this request.")


async def test_files_are_attached_one_per_line_and_a_long_path_is_wrapped(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    for name in ("labels.csv", "notes.txt"):
        (tmp_path / name).write_text("x")
    async with dashboard(shared_studio, tmp_path) as pilot:
        await open_form(pilot)
        await pilot.press("ctrl+f", *f"{tmp_path}/labels.csv")
        await pilot.press("ctrl+f", *f"{tmp_path}/notes.txt")
        paths = (f"{tmp_path}/labels.csv", f"{tmp_path}/notes.txt")
        await until(pilot, lambda: submit_screen(pilot).form.draft.files == paths)
        await pilot.press("tab")
        focused = submit_screen(pilot).form.focused_field()
        assert focused is not None
        assert focused.field == "priority"
        await until(pilot, lambda: submit_screen(pilot).form.draft.files == paths)
        await go_to(pilot, "workers")
        await pilot.press("ctrl+f", "ctrl+f")
        assert submit_screen(pilot).form._fields["files"].value == "\n".join((*paths, ""))
        submit_screen(pilot).fill(Draft())
        await pilot.resize_terminal(80, 24)
        await pilot.press("ctrl+f", *f"/{'long' * 20}/end.txt")
        await until_shown(pilot, "end.txt")
        assert submit_screen(pilot).form._fields["files"].editor.size.height == 2


async def test_tab_completes_the_path_of_the_query_file_and_then_goes_to_the_next_field(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    for file in ("notes.md", "notes.txt", "folder/.hidden", "folder/only", "folder/\x1b"):
        (tmp_path / file).write_text("x")
    async with dashboard(shared_studio, tmp_path) as pilot:
        form = (await open_form(pilot)).form
        for prefix, completed in (("fo", "folder/"), ("folder/", "folder/only"), ("n", "notes.md")):
            await pilot.press("ctrl+u", *f"{tmp_path}/{prefix}")
            await until_shown(pilot, f"/{completed}")
            await pilot.press("tab")
            assert form.draft.query_file == f"{tmp_path}/{completed}"
            focused = form.focused_field()
            assert focused is not None
            assert focused.field == "query_file"
        await pilot.press("tab")
        focused = form.focused_field()
        assert focused is not None
        assert focused.field == "query"


async def test_one_key_opens_the_log_of_a_new_job_or_the_list_of_a_new_schedule(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.wait_for_end(studio.submit("print('old')", query_name="older.py")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await open_form(pilot)
        await fill(pilot, query="print('fresh ' * 2)", query_name="new.py")
        await pilot.press("alt+enter")  # which some terminals distinguish from enter
        await until_shown(pilot, "Created: new.py")
        await until(pilot, lambda: name_under_cursor(pilot) == "new.py")
        await pilot.press("l")
        await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen))
        await until_shown(pilot, "new.py", "fresh fresh")
        await pilot.press("q")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        await open_form(pilot)
        await fill(pilot, query="print(1)", query_name="tick.py", cron_expression="0 3 1 1 *")
        await pilot.press("f9")
        await until_shown(pilot, "Scheduled: tick.py", "4 shows when it runs")
        await pilot.press("4")
        await until_shown(pilot, "Schedules 1", "tick.py")


def name_under_cursor(pilot: Dashboard) -> str | None:
    screen = pilot.app.screen
    job = screen.job_at_hand() if isinstance(screen, JobsScreen) else None
    return job.name if job else None


async def test_a_form_that_was_edited_while_it_was_sent_is_kept_as_a_draft(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        screen = await open_form(pilot)
        await fill(pilot, query="print(1)", workers="1")
        typed = screen.form.draft
        await fill(pilot, credentials_name="later")
        await screen.keeper.keep_sent(typed, typed)
        assert screen.saved_forms.draft("new") == screen.form.draft


async def test_what_was_saved_in_the_editor_is_on_disk_at_once(
    shared_studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def edit_text(*_: object) -> str:
        return "print('edited')"

    monkeypatch.setattr(field_commands, "edit_text", edit_text)
    monkeypatch.setattr(draft_keeper, "KEEP_AFTER", 1000)
    async with dashboard(shared_studio, tmp_path) as pilot:
        screen = await open_form(pilot)
        await screen.field_commands.edit_field("query")
        saved = SavedForms(tmp_path / "view.forms").draft("new")
        assert saved == Draft(query="print('edited')")


async def save_template(pilot: Dashboard, name: str, *, answer: str = "") -> None:
    """Save the form as a template; `answer` is given to the question whether to replace one."""
    await pilot.press("ctrl+t")
    await until_shown(pilot, "Save the form as a template")
    await pilot.press("ctrl+u", *name, "enter")
    if answer:
        await until_shown(pilot, "Replace the template of this name?", name)
        await pilot.press(answer)
    if answer != "n":
        await until_shown(pilot, f"Saved as {name}")
        pilot.app.clear_notifications()


async def test_a_template_is_replaced_renamed_and_deleted_after_a_confirmation(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        saved_forms = (await open_form(pilot)).saved_forms
        await fill(pilot, query="print(1)")
        await save_template(pilot, "daily")
        await save_template(pilot, "nightly")
        await fill(pilot, workers="2")
        await save_template(pilot, "daily", answer="n")
        assert saved_forms.templates()["daily"] == Draft(query="print(1)")
        await save_template(pilot, "daily", answer="y")
        changed = Draft(query="print(1)", workers="2")
        assert saved_forms.templates()["daily"] == changed

        await pilot.press("f3")
        await until_shown(pilot, "an empty form", "daily", "nightly", "r renames, d deletes")
        await pilot.press("d")
        await until_shown(pilot, "This is not a template")
        await pilot.press("end", "up", "r")
        await until_shown(pilot, "Rename the template")
        await pilot.press("ctrl+u", *"nightly", "enter")
        await until_shown(pilot, "Replace the template of this name?")
        await pilot.press("y")
        await until(pilot, lambda: saved_forms.templates() == {"nightly": changed})
        await until(pilot, lambda: "daily" not in screen_text(pilot).replace("nightly", ""))
        await pilot.press("d")
        await until_shown(pilot, "Delete this template?", "nightly")
        await pilot.press("enter")
        assert saved_forms.templates() == {"nightly": changed}
        await until_shown(pilot, "r renames, d deletes")
        await pilot.press("d")
        await until_shown(pilot, "Delete this template?")
        await pilot.press("y")
        await until(pilot, lambda: saved_forms.templates() == {})
        await until(pilot, lambda: "nightly" not in screen_text(pilot))


async def test_a_form_replaced_by_another_can_be_picked_again(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        await open_form(pilot)
        await fill(pilot, query="print(1)", workers="2")
        typed = submit_screen(pilot).form.draft
        await pilot.press("f3")
        await until_shown(pilot, "an empty form")
        await pilot.press("enter")
        await until(pilot, lambda: submit_screen(pilot).form.draft == Draft())
        await until_shown(pilot, "The path of a script")
        focused = submit_screen(pilot).form.focused_field()
        assert focused is not None
        assert focused.field == "query_file"
        await pilot.press("f3")
        await until_shown(pilot, "the form that was here before: print(1)")
        await pilot.press("end", "enter")
        await until(pilot, lambda: submit_screen(pilot).form.draft == typed)


async def test_a_cron_expression_is_explained_and_a_picked_form_keeps_uploads_but_not_its_origin(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    sent = Draft(query="print(1)", uploads=("8",), rerun_from_job_id="before")
    async with dashboard(shared_studio, tmp_path, size=(140, 60)) as pilot:
        saved_forms = (await open_form(pilot)).saved_forms
        await fill(pilot, cron_expression="0 3 1 1 *")
        await until_shown(pilot, "at 03:00 UTC on the 1st of January")
        assert sum("1 Jan" in line for line in screen_text(pilot).split("\n")) == 5
        submit_screen(pilot).fill(replace(Draft(), rerun_from_job_id="before"))
        await until_shown(pilot, "No job known here has this id")
        submit_screen(pilot).fill(Draft())
        saved_forms.keep("sent", sent)
        saved_forms.keep_template("nightly", sent)
        uploads = submit_screen(pilot).form._fields["uploads"]
        assert not uploads.display
        for keys in (("down",), ("end", "up")):
            await pilot.press("f3")
            await until_shown(pilot, "the job sent last", "nightly")
            await pilot.press(*keys, "enter")
            await until(
                pilot,
                lambda: submit_screen(pilot).form.draft == replace(sent, rerun_from_job_id=""),
            )
            await until_shown(pilot, "uploaded files")
            await go_to(pilot, "uploads")
            await pilot.press("end", "backspace")
            assert submit_screen(pilot).form.draft.uploads == ()
            assert uploads.display
            await pilot.press("f3")
            await until_shown(pilot, "an empty form")
            await pilot.press("enter")
            await until(pilot, lambda: not uploads.display)


async def test_the_forms_of_different_clusters_have_separate_drafts(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        for cluster in ("1", "2"):
            pilot.app.screen.post_message(OpenForm(Draft(workers=cluster), f"cluster {cluster}"))
            await until_shown(pilot, "The path of a script")
            await fill(pilot, query=f"print({cluster})")
            await pilot.press("escape")  # asks only if something would be lost
            await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
            await until_shown(pilot, "Your input is saved: opening the same form again shows it")
            pilot.app.clear_notifications()
        for cluster in ("1", "2"):
            pilot.app.screen.post_message(OpenForm(Draft(workers=cluster), f"cluster {cluster}"))
            await until_shown(pilot, "This is the form as you left it", f"print({cluster})")
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
            assert not notices(pilot)  # as nothing was typed since


async def test_a_cluster_that_is_removed_while_the_form_is_open_is_reported_before_sending(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with (
        FaultProxy.in_front_of(shared_studio.url) as proxy,
        dashboard(shared_studio, tmp_path, url=proxy.url) as pilot,
    ):
        await open_form(pilot)
        await fill(pilot, query="print(1)", compute_cluster_name="local", workers="1")
        await until_shown(pilot, "The job runs on local")
        proxy.plan = ChangedResponses("/api/datachain/clusters/", lambda _: [])
        await pilot.press("f5")
        await until_shown(pilot, "“local” is not a cluster; there are none.")
        proxy.plan = None
        await pilot.press("f5")
        await until_shown(pilot, "The job runs on local")


async def test_a_read_only_dashboard_opens_and_sends_no_form_and_says_why(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path, read_only=True) as pilot:
        await pilot.press("n")
        await until_shown(pilot, "Nothing can be changed")
        assert isinstance(pilot.app.screen, JobsScreen)
        pilot.app.clear_notifications()
        await pilot.press("3")
        await until(pilot, lambda: isinstance(pilot.app.screen, ClustersScreen))
        await pilot.press("n")
        await until_shown(pilot, "Nothing can be changed")
        assert isinstance(pilot.app.screen, ClustersScreen)
        pilot.app.clear_notifications()
        pilot.app.screen.post_message(OpenForm(Draft(query="print(1)"), "a test"))
        await until_shown(pilot, "print(1)")
        await pilot.press("f9")
        await until_shown(pilot, "Nothing can be changed")
        assert submit_screen(pilot).form.draft == Draft(query="print(1)")
    assert await in_thread(shared_studio.jobs) == []


async def test_windows_line_endings_of_a_shell_script_are_reported_and_converted_if_chosen(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    (tmp_path / "run.sh").write_bytes(b"if true\r\nthen\r\necho mended\r\nfi\r\n")
    async with dashboard(studio, tmp_path) as pilot:
        for job_count, (answer, is_converted) in enumerate([("m", True), ("s", False)]):
            await open_form(pilot)
            await fill(pilot, query_file=f"{tmp_path}/run.sh")
            await pilot.press("f9")
            await until_shown(pilot, "This shell script has Windows line endings")
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(pilot.app.screen, SubmitScreen))
            await pilot.press("f9")
            await until_shown(pilot, "This shell script has Windows line endings")
            await pilot.press(answer)
            await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
            jobs = await in_thread(studio.jobs)
            assert len(jobs) == job_count + 1
            assert ("\r" not in jobs[0]["query"]) is is_converted


async def test_a_digit_on_the_checkbox_does_not_leave_the_form(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        form = await open_form(pilot)
        await go_to(pilot, "reset")
        await pilot.press("1", "q", "space")
        await until(pilot, lambda: form.form.draft.reset)
        assert pilot.app.screen is form


async def test_letters_typed_at_the_text_of_the_query_file_are_no_commands(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    (tmp_path / "train.py").write_text("print(1)")
    async with dashboard(shared_studio, tmp_path) as pilot:
        form = await open_form(pilot)
        await fill(pilot, query_file=f"{tmp_path}/train.py")
        await until_shown(pilot, "print(1)")
        await go_to(pilot, "query")
        await until_shown(pilot, "The query is read from a file")
        letters = {action.keys for action in actions_of(form) if len(action.keys[0]) == 1}
        assert not letters
        await pilot.press("1", "q", "r", "space", "question_mark", "colon")
        await until_notified(pilot, "The query is read from a file; edit the file, or clear")
        assert pilot.app.screen is form
        assert form.form.focused_field() is form.form._fields["query"]
        assert len(notices(pilot)) == 1
        await pilot.press("ctrl+l")
        await until(pilot, lambda: not notices(pilot))
        form.form._query.post_message(Paste("pasted"))
        await until_notified(pilot, "edit the file")


async def test_an_empty_field_shows_what_is_sent_for_it(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    (tmp_path / "train").write_text("echo 1")
    async with dashboard(shared_studio, tmp_path) as pilot:
        await open_form(pilot)
        await until_shown(pilot, "PYTHON by default")
        await fill(pilot, query_file=f"{tmp_path}/train")
        await until_shown(pilot, "SHELL by default", "train by default")


async def test_a_notice_does_not_cover_the_field_in_which_one_types(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path, size=(80, 24)) as pilot:
        form = await open_form(pilot)
        for name in ("query", "rerun_from_job_id", "reset"):
            await go_to(pilot, name)
            pilot.app.notify("\n".join(["5 jobs ended", *["failed: a.py"] * 4]), severity="error")
            await until(pilot, lambda: form.query_one("Toast").region)
            await pilot.pause()
            assert form.focused is not None
            field = form.find_widget(form.focused).visible_region
            assert field, name
            assert not field.overlaps(form.query_one("Toast").region), name
            await pilot.press("ctrl+l")
            await until(pilot, lambda: not form.query("Toast"))


async def test_a_notice_leaves_the_cursor_in_sight_in_a_text_that_no_longer_fits(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path, size=(80, 24)) as pilot:
        form = await open_form(pilot)
        await pilot.resize_terminal(40, 12)
        await go_to(pilot, "query")
        for _ in range(9):
            await pilot.press(*"a=1", "enter")
        await pilot.press(*"last=1")
        pilot.app.notify("\n".join(["5 jobs ended", *["failed: a.py"] * 4]), severity="error")
        await until(pilot, lambda: form.query_one("Toast").region)
        await until_shown(pilot, "last=1")
