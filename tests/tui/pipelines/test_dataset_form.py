"""Unfinished input of forms about datasets, which is kept for the next form."""

from studio_tui.tui.pipelines.dataset_form import RESTORED
from studio_tui.tui.pipelines.dataset_list import DatasetList
from studio_tui.tui.pipelines.trigger_screen import TriggerDraft, TriggerScreen
from tests.driving import driving
from tests.tui.dashboards import screen_text, until, until_shown
from tests.tui.frame.test_dialog_sizes import DialogApp, session_without_answers


async def test_unfinished_input_is_kept_for_a_form_about_the_same_datasets_until_reset() -> None:
    drafts: dict[str, TriggerDraft] = {}
    session = session_without_answers()
    async with driving(DialogApp(), size=(80, 24), frames=False) as pilot:

        async def show(datasets: str) -> None:
            fresh = TriggerDraft(datasets, is_proposed=True)
            form = TriggerScreen(session, DatasetList(session), fresh, drafts)
            pilot.app.push_screen(form)
            await until(pilot, lambda: form.is_alive)

        await show("thumbs")
        await pilot.press(*"typed")
        await until(pilot, lambda: "thumbs" in drafts and drafts["thumbs"].datasets == "typed")
        await show("other")
        await until_shown(pilot, "Datasets     other")
        assert RESTORED not in screen_text(pilot)
        await show("thumbs")
        await until_shown(pilot, "Datasets     typed", RESTORED, "f3  Start over")
        await pilot.press("f3")
        await until_shown(pilot, "Datasets     thumbs")
        await until(pilot, lambda: not drafts)
        await show("thumbs")
        await until_shown(pilot, "Datasets     thumbs")
        assert RESTORED not in screen_text(pilot)
