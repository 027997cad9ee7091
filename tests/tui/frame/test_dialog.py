"""Questions that are answered twice, or while another one covers them."""

from pathlib import Path

from textual.app import App
from textual.screen import ModalScreen

from studio_tui.tui.frame.dialogs import Choose, Confirm, QuestionChange
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.messages import GoBack
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, screen_text, until, until_shown

Answers = list[bool | None]


def ask(app: App[int], answers: Answers) -> Confirm:
    """Ask something, and note each answer."""
    question = Confirm("Sure?", (), yes="Yes", no="No")
    app.push_screen(question, answers.append)
    return question


async def settled(pilot: Dashboard, answers: Answers) -> None:
    """Wait until there is an answer, and nothing is left to be done."""
    await until(pilot, lambda: answers)
    await pilot.pause()


async def test_the_first_answer_counts_and_takes_nothing_else_away(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        answers: Answers = []
        below = ask(pilot.app, [])
        question = ask(pilot.app, answers)
        await until(pilot, lambda: question.is_alive)
        question.dismiss(True)
        question.dismiss(False)
        await settled(pilot, answers)
        assert answers == [True]
        assert pilot.app.screen is below


async def test_yes_is_no_answer_to_what_is_void_meanwhile(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        answers: Answers = []
        news: list[QuestionChange] = []
        question = Confirm(
            "Sure?", (), yes="Yes", no="No", changes=lambda: news[-1] if news else None
        )
        pilot.app.push_screen(question, answers.append)
        await until(pilot, lambda: question.is_alive)
        news.append(QuestionChange("Two of them have ended.", is_void=False))
        await until_shown(pilot, "Two of them have ended.")
        news.append(QuestionChange("It has ended.", is_void=True))
        await pilot.press("y")
        await until_shown(pilot, "It has ended.")
        assert "Two of them" not in screen_text(pilot)
        await pilot.press("left", "y")
        assert answers == []
        await pilot.press("enter")
        await settled(pilot, answers)
        assert answers == [False]


async def test_a_question_that_is_answered_below_another_goes_after_it(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        answers: Answers = []
        question = ask(pilot.app, answers)
        above = Choose("Which?", [("a", "A")], "a")
        pilot.app.push_screen(above)
        await until(pilot, lambda: question.is_alive and above.is_alive)
        question.dismiss(True)
        question.dismiss(False)
        await pilot.pause()
        assert pilot.app.screen is above
        assert answers == []
        above.dismiss(None)
        await settled(pilot, answers)
        assert answers == [True]
        assert isinstance(pilot.app.screen, JobsScreen)


async def test_a_page_that_is_left_below_a_question_leaves_the_question_there(
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
