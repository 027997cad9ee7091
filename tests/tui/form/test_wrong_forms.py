"""Invalid inputs and refusals of Studio are shown in the form, which keeps its contents.

A form that was refused can be sent again, and then creates one job.
"""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.form.fields import FIELDS
from studio_tui.presentation.form.problems import Level
from studio_tui.tui.form.validation import Checked, MessageUpdate
from tests import faults
from tests.fault_proxy import FaultProxy
from tests.soak import at_length
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, screen_text, until, until_shown
from tests.tui.form.test_submit_screen import (
    FailingUploads,
    fill,
    in_thread,
    open_form,
    submit_screen,
)
from tests.tui.jobs.test_create import FailingCreates
from tests.waiting import await_with_limit

VALID = {"query": "print(1)", "query_name": "wanted.py", "environment": "A=hush"}

INVALID: dict[str, tuple[dict[str, str], str]] = {
    "no query": ({"query": ""}, "There is no query"),
    "query_type": ({"query_type": "perl"}, "A query is PYTHON or SHELL; “perl” is neither."),
    "bad environment line": ({"environment": "A=hush\nB"}, "Line 2 must be NAME=VALUE"),
    "bad requirement line": ({"requirements": "torch=2"}, "Line 1: “torch=2” has one equals sign"),
    "bad repository": ({"repository": "github.com/x"}, "is not a URL"),
    "missing repository": ({"repository": "{folder}/gone@main"}, "There is no folder “"),
    "workers 0": ({"workers": "0"}, "a whole number from 1 up; “0” is not"),
    "workers two": ({"workers": "two"}, "a whole number from 1 up; “two” is not"),
    "too many workers": ({"workers": "9999"}, "9999 is refused."),
    "credentials": ({"credentials_name": "s3"}, "The local Studio stores no credentials"),
    "priority": ({"priority": "9"}, "Priority is 0 (first) to 5"),
    "python": ({"python_version": "2"}, "“2” is not a Python 3 version"),
    "unknown cluster": ({"compute_cluster_name": "locl"}, "did you mean “local”?"),
    "unknown cluster id": ({"compute_cluster_id": "99"}, "“99” is not a cluster id"),
    "both cluster keys": (
        {"compute_cluster_name": "local", "compute_cluster_id": "1"},
        "Give the name or the id of a cluster, not both",
    ),
    "past start": ({"start_after": "yesterday 10:00"}, "ago; type `tomorrow 10:00`"),
    "30 February as a start": ({"start_after": "2026-02-30 10:00"}, "There is no 2026-02-30"),
    "30 February as a cron": ({"cron_expression": "0 0 30 2 *"}, "there is no day 30 in Feb"),
    "bad cron": ({"cron_expression": "* *"}, "There are 2 fields, not 5"),
    "missing query file": ({"query_file": "{folder}/gone.py"}, "There is no file “"),
    "unreadable query file": ({"query_file": "{folder}/secret"}, "cannot be read; check its"),
    "missing file": ({"files": "{folder}/gone.txt"}, "There is no file “"),
    "unreadable file": ({"files": "{folder}/secret"}, "cannot be read; check its permissions"),
    "300 MB file": ({"files": "{folder}/big"}, "is too large: 286.1 MiB, at most 256.0 MiB"),
    "folder": ({"files": "{folder}"}, "is a folder; name a file in it"),
}
"""By case: what is typed into fields, and words of the error, shown at the last of them."""


def make_files(folder: Path) -> None:
    """Create the files that the paths of `INVALID` name, except those that are to be missing."""
    with (folder / "big").open("wb") as big:
        big.truncate(300_000_000)
    secret = folder / "secret"
    secret.write_text("x")
    secret.chmod(0)
    if os.access(secret, os.R_OK):  # root can read every file, but no link to itself
        secret.unlink()
        secret.symlink_to(secret)


def screen_line(pilot: Dashboard) -> str:
    """Return the text of the screen as one line."""
    return " ".join(screen_text(pilot).split())


async def until_words(pilot: Dashboard, words: str) -> None:
    """Wait until the screen shows `words`, which may be wrapped."""
    await until(pilot, lambda: words in screen_line(pilot))


async def test_each_wrong_input_is_explained_at_its_field_and_nothing_typed_is_lost(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    make_files(tmp_path)
    async with dashboard(shared_studio, tmp_path) as pilot:
        await open_form(pilot)
        for name in at_length(tuple(INVALID)[::4], tuple(INVALID)):
            await send_invalid(pilot, name, tmp_path)
            submit_screen(pilot).fill(Draft())
            await until(pilot, lambda: not submit_screen(pilot).message_line.display)
        # The message above a form disappears when the errors are corrected.
        await fill(pilot, query="print(1)", workers="0", priority="9")
        await pilot.press("f6")
        await until_shown(pilot, "There is no request yet. To check: workers, priority.")
        pilot.app.notify("a notice\nof two lines", severity="error", markup=False)
        await until_shown(pilot, "of two lines")
        (toast,) = pilot.app.screen.query("Toast")
        assert toast.region.y > submit_screen(pilot).message_line.region.bottom
        submit_screen(pilot).form.set_text("workers", "1")
        await until_shown(pilot, "There is no request yet. To check: priority.")
        submit_screen(pilot).form.set_text("priority", "1")
        await until(pilot, lambda: not submit_screen(pilot).message_line.display)
    assert await in_thread(shared_studio.jobs) == []


def has_error(pilot: Dashboard, field: str) -> bool:
    problems = submit_screen(pilot).form._fields[field]._problems
    return any(problem.level is Level.ERROR for problem in problems)


async def send_invalid(pilot: Dashboard, name: str, folder: Path) -> None:
    """Send an invalid form, whose error is then shown at its field and whose contents are kept."""
    typed, words = INVALID[name]
    typed = {field: text.format(folder=folder) for field, text in typed.items()}
    field = list(typed)[-1]
    await fill(pilot, **{**VALID, **typed})
    if name != "no query":  # an empty query is reported only when the form is sent
        await until(pilot, lambda: has_error(pilot, field))
    await pilot.press("f9")
    await until_shown(pilot, "To check: ")
    widget = submit_screen(pilot).form._fields[field]
    assert has_error(pilot, field), name
    assert widget.editor.has_focus, name
    await until_words(pilot, words)
    assert submit_screen(pilot).form.draft == draft_of({**VALID, **typed})


def draft_of(typed: dict[str, str]) -> Draft:
    """Return the form with the typed texts."""
    return Draft().with_values(
        {
            name: tuple(text.split("\n")) if FIELDS[name].empty == () else text
            for name, text in typed.items()
        }
    )


def error_answer(status: str, message: str) -> Any:
    return faults.answer_json({"message": message}, status)


@pytest.mark.usefixtures("short_rests")
async def test_an_unreachable_studio_is_reported_until_it_answers_again(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    async with (
        FaultProxy.in_front_of(studio.url) as proxy,
        dashboard(studio, tmp_path, url=proxy.url) as pilot,
    ):
        await open_form(pilot)
        await fill(pilot, **VALID)
        await proxy.stop_listening()
        await pilot.press("f9")
        words = (
            "refuses connections: is Studio running there? No job was created; the form is kept."
        )
        await until_words(pilot, words)
        assert submit_screen(pilot).form.draft == draft_of(VALID)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: submit_screen(pilot).session.jobs.snapshot.error is not None)
        await pilot.pause()
        await proxy.start_listening()
        await pilot.press("ctrl+r")
        await until_shown(pilot, "Studio answers again. No job was created yet; f9 sends the form.")
        await send_again(pilot)
    assert len(studio.jobs()) == 1


REFUSALS = {
    "400": (
        error_answer("400 Bad Request", "workers: not so many"),
        "Studio says: workers: not so",
    ),
    "403": (error_answer("403 Forbidden", "not you"), "ask a member of the team"),
    "404": (error_answer("404 Not Found", "no such team"), "check Studio's URL, the team"),
    "422": (
        error_answer("422 Unprocessable", "priority must be low"),
        "Studio says: priority must be",
    ),
    "429": (faults.too_many_requests("0"), "send the form again later"),
    "file": (
        error_answer("500 Internal Server Error", "boom"),
        "Studio failed with 500: boom. No job was created; the form is kept.",
    ),
}
"""Refusals of a field, of the whole form and of a file, and what the form shows."""


@pytest.mark.usefixtures("short_rests")
async def test_a_refusal_is_shown_and_the_same_form_can_be_sent_again(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    (tmp_path / "data.txt").write_text("x")
    typed = {**VALID, "workers": "1", "files": f"{tmp_path}/data.txt"}
    async with (
        FaultProxy.in_front_of(studio.url) as proxy,
        dashboard(studio, tmp_path, url=proxy.url) as pilot,
    ):
        for job_count, name in enumerate(at_length(("422", "429", "file"), tuple(REFUSALS))):
            fault, words = REFUSALS[name]
            failed_uploads = 3 if name == "file" else 0  # an upload is attempted three times
            creates = [] if failed_uploads else [fault]
            proxy.plan = plan = FailingUploads([fault] * failed_uploads, creates)
            await open_form(pilot)
            await fill(pilot, **typed)
            await pilot.press("f9")
            await until_words(pilot, words)
            assert submit_screen(pilot).form.draft == draft_of(typed)
            assert len(await in_thread(studio.jobs)) == job_count, words
            await send_again(pilot)
            assert plan.uploads == failed_uploads + 1, words
            assert len(await in_thread(studio.jobs)) == job_count + 1, words


UNKNOWN_OUTCOMES = (
    (error_answer("500 Internal Server Error", "boom"), "Studio failed with 500: boom."),
    (faults.html_502(), "502"),
    (faults.reset, "closed the connection"),
)
"""Faults after which it is unknown whether the job was created, and words that the form shows."""


@pytest.mark.usefixtures("short_rests")
async def test_a_form_with_an_unknown_outcome_is_sent_again_only_if_the_user_confirms(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    async with (
        FaultProxy.in_front_of(studio.url) as proxy,
        dashboard(studio, tmp_path, url=proxy.url) as pilot,
    ):
        for job_count, (fault, words) in enumerate(
            at_length(UNKNOWN_OUTCOMES[:1], UNKNOWN_OUTCOMES)
        ):
            proxy.plan = FailingCreates(fault)
            await open_form(pilot)
            await fill(pilot, **VALID)
            await pilot.press("f9")
            await until_shown(pilot, "It is unknown whether", "wanted.py")
            assert words in screen_line(pilot)
            await pilot.press("enter")
            await until_shown(pilot, "Not sent again; the form is as it was")
            assert submit_screen(pilot).form.draft == draft_of(VALID)
            assert len(await in_thread(studio.jobs)) == job_count, words
            await send_again(pilot)
            assert len(await in_thread(studio.jobs)) == job_count + 1, words


async def test_a_form_can_be_sent_again_as_soon_as_its_refusal_is_shown(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_refused, is_sent_again = asyncio.Event(), asyncio.Event()
    async with (
        FaultProxy.in_front_of(studio.url) as proxy,
        dashboard(studio, tmp_path, url=proxy.url) as pilot,
    ):
        await open_form(pilot)
        await fill(pilot, **VALID)
        screen = submit_screen(pilot)
        note, examine = screen.note, screen.examine

        def note_and_signal(words: str, follow: MessageUpdate | None = None) -> None:
            note(words, follow)
            if "No job was created" in words:
                is_refused.set()

        async def examine_slowly() -> Checked:
            if is_refused.is_set():
                await is_sent_again.wait()
            return await examine()

        monkeypatch.setattr(screen, "note", note_and_signal)
        monkeypatch.setattr(screen, "examine", examine_slowly)
        proxy.plan = FailingCreates(error_answer("400 Bad Request", "boom"))
        await pilot.press("f9")
        await await_with_limit(is_refused.wait(), "the refusal")
        await pilot.press("f9")
        is_sent_again.set()
        await until_shown(pilot, "Created: wanted.py")
    assert len(studio.jobs()) == 1


async def test_keys_that_are_pressed_twice_create_one_job_and_open_one_dialog(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(studio, tmp_path) as pilot:
        screen = await open_form(pilot)
        await fill(pilot, **VALID)
        for command in ("form.preview", "form.pick", "form.template"):
            screen.commands.do(command)
            screen.commands.do(command)
            await until(pilot, lambda: pilot.app.screen is not screen)
            await pilot.pause()
            await pilot.press("escape")
            assert pilot.app.screen is screen, command
        screen.commands.do("form.submit")
        screen.commands.do("form.submit")
        await until_shown(pilot, "Created: wanted.py")
        screen.commands.do("form.submit")
        await until(pilot, lambda: pilot.app.screen is not screen)
        await pilot.pause()
    assert len(studio.jobs()) == 1


async def send_again(pilot: Dashboard) -> None:
    """Send the unchanged form again, which now succeeds."""
    pilot.app.clear_notifications()
    await pilot.press("f9")
    await until_shown(pilot, "Created: wanted.py")
