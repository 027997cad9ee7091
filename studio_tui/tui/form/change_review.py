"""Asks whether to run changed jobs, below their changes."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from studio_tui.presentation.cells import Cell
from studio_tui.tui.frame.review import Review

if TYPE_CHECKING:
    from studio_tui.tui.form.submit_screen import SubmitScreen


class ReviewAnswer(StrEnum):
    """An answer to a review of what is sent; its value is its key."""

    FROM_CHECKPOINTS = "r"
    FROM_START = "f"
    SAVE_DRAFT = "d"


_ANSWERS = (
    (ReviewAnswer.FROM_CHECKPOINTS, "run from checkpoints"),
    (ReviewAnswer.FROM_START, "run from the start"),
    (ReviewAnswer.SAVE_DRAFT, "save as a draft"),
)


async def review_changes(
    form: "SubmitScreen", question: str, lines: Sequence[Cell], revealed: Sequence[Cell]
) -> ReviewAnswer | None:
    """Ask whether to send what `lines` show; return the answer, `None` if canceled.

    `revealed` are the lines with their secrets, which are shown at once if the form shows its.
    """
    key = await form.ask(
        Review(question, lines, _ANSWERS, revealed=revealed, is_revealed=form.values_shown)
    )
    return None if key is None else ReviewAnswer(key)
