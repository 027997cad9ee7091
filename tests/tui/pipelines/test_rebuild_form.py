"""The form for rebuilding datasets: kept input, and what a time changes."""

from typing import Any, cast

import pytest

from studio_tui.tui.pipelines.dataset_list import DatasetList
from studio_tui.tui.pipelines.rebuild_form import RESTORED, RebuildDraft, RebuildForm
from tests.driving import driving
from tests.tui.dashboards import screen_text, until, until_shown
from tests.tui.frame.test_dialog_sizes import DialogApp, session_without_answers


@pytest.mark.parametrize("is_local", [True, False])
async def test_unfinished_input_is_kept_for_a_form_about_the_same_datasets_until_reset(
    is_local: bool,
) -> None:
    drafts: dict[str, RebuildDraft] = {}
    session = session_without_answers(is_local=is_local)
    async with driving(DialogApp(), size=(80, 24), frames=False) as pilot:

        async def show(datasets: str) -> None:
            fresh = RebuildDraft(datasets, is_proposed=True)
            form = RebuildForm(session, DatasetList(session), fresh, drafts, cast("Any", None))
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


async def test_a_time_makes_a_schedule_which_has_no_review_and_rebuilds_the_sources() -> None:
    sent: list[RebuildDraft] = []

    async def send(draft: RebuildDraft) -> None:
        sent.append(draft)

    session = session_without_answers()
    fresh = RebuildDraft("thumbs", only=True)
    async with driving(DialogApp(), size=(100, 40), frames=False) as pilot:
        form = RebuildForm(session, DatasetList(session), fresh, {}, send, first_field="time")
        pilot.app.push_screen(form)
        await until_shown(pilot, "Empty: now.", "f9  Trigger", "Nothing runs until it is resumed.")
        await pilot.press(*"@daily")
        await until_shown(pilot, "every day at 00:00 UTC", "f9  Schedule", "without a review")
        await pilot.press("f9")
        await until_shown(pilot, "A schedule rebuilds their sources too.")
        assert not sent
        await pilot.press("space", "f9")
        await until(pilot, lambda: [draft.time for draft in sent] == ["@daily"])
        assert not sent[0].only
