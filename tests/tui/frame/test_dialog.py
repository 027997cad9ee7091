"""Questions: their answers, the page below them, and dialogs above them."""

from pathlib import Path
from unittest import mock

from textual.app import App, ComposeResult
from textual.screen import ModalScreen
from textual.widgets import Label

from studio_tui.tui.app import StudioApp
from studio_tui.tui.frame.dialogs import Choose, Confirm
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.messages import GoBack
from studio_tui.tui.sheets import OPENING
from tests.driving import driving
from tests.studios import ThreadStudio
from tests.tui.dashboards import (
    Dashboard,
    dashboard,
    until,
    until_shown,
    widget_text,
)

Answers = list[str | None]


def ask(app: App[int], answers: Answers) -> Confirm:
    """Open a question, and add each answer to `answers`."""
    question = Confirm("Sure?", (), yes="Yes", no="No")
    app.push_screen(question, answers.append)
    return question


async def until_answered(pilot: Dashboard, answers: Answers) -> None:
    """Wait until there is an answer and all messages have been handled."""
    await until(pilot, lambda: answers)
    await pilot.pause()


async def test_only_the_first_answer_counts_and_it_closes_only_its_question(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        answers: Answers = []
        lower_question = ask(pilot.app, [])
        question = ask(pilot.app, answers)
        await until(pilot, lambda: question.is_alive)
        question.dismiss("y")
        question.dismiss(None)
        await until_answered(pilot, answers)
        assert answers == ["y"]
        assert pilot.app.screen is lower_question


async def test_the_footer_below_a_question_names_no_keys(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        await until_shown(pilot, "/ filter", "? help")
        page = pilot.app.screen
        assert isinstance(page, JobsScreen)
        ask(pilot.app, [])
        await until_shown(pilot, "Sure?")
        await until(pilot, lambda: not widget_text(page.key_bar).strip())
        await pilot.press("n")
        await until_shown(pilot, "/ filter", "? help")


async def test_an_answered_question_below_another_dialog_closes_after_that_dialog(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        answers: Answers = []
        question = ask(pilot.app, answers)
        above = Choose("Which?", [("a", "A")], "a")
        pilot.app.push_screen(above)
        await until(pilot, lambda: question.is_alive and above.is_alive)
        question.dismiss("y")
        question.dismiss(None)
        await pilot.pause()
        assert pilot.app.screen is above
        assert answers == []
        above.dismiss(None)
        await until_answered(pilot, answers)
        assert answers == ["y"]
        assert isinstance(pilot.app.screen, JobsScreen)


async def test_going_back_on_a_page_below_a_question_keeps_the_question_open(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        await pilot.press("3")
        page = pilot.app.screen
        question = ask(pilot.app, [])
        await until(pilot, lambda: question.is_alive)
        page.post_message(GoBack())
        await pilot.pause()
        assert isinstance(pilot.app.screen, ModalScreen)
        assert pilot.app.screen is question


async def test_the_key_that_starts_a_stopped_studio_works_while_a_question_is_open(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        app = pilot.app
        assert isinstance(app, StudioApp)
        app._restarter = restarter = mock.Mock()
        question = ask(app, [])
        await until(pilot, lambda: question.is_alive)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: restarter.request_restart.called)
        assert app.screen is question


class Covered(App[int]):
    """A label, which dialogs cover."""

    CSS_PATH = OPENING

    def compose(self) -> ComposeResult:
        yield Label("before", id="below")


async def test_a_change_below_is_visible_under_any_number_of_dialogs() -> None:
    app = Covered()
    async with driving(app, size=(60, 12)) as pilot:
        answers: Answers = []
        for count, words in ((1, "one"), (2, "two"), (3, "three")):
            ask(app, answers)
            await pilot.pause()
            app.screen_stack[0].query_one("#below", Label).update(words)
            await pilot.pause()
            assert words in app.export_screenshot(), count
