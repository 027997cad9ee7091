"""Stopping a form that is being sent."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from studio_tui.tui.form.sending import FormSender
from studio_tui.tui.form.submit_screen import SubmitScreen


@pytest.mark.parametrize("has_ended", [False, True])
async def test_an_answer_received_during_the_question_whether_to_stop_stays_visible(
    has_ended: bool,
) -> None:
    notes: list[str] = []

    async def ask(_question: Any) -> bool:
        if has_ended:
            sender.is_sending = False
        return True

    screen = SimpleNamespace(ask=ask, note=notes.append)
    sender = FormSender(cast(SubmitScreen, screen))
    sender.is_sending = True
    await sender.ask_to_stop()
    assert not sender.is_sending
    assert [note.split()[0] for note in notes] == ([] if has_ended else ["Stopped."])
