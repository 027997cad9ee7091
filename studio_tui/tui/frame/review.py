"""A dialog with many lines, such as a request before it is sent or a report, and answers below."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Button, Static

from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.format import plural
from studio_tui.tui.bindings import bind
from studio_tui.tui.frame.commands import Host
from studio_tui.tui.frame.dialog import Dialog, pager_keys
from studio_tui.tui.frame.dialog_box import DialogBody, DialogButtons, answer_button
from studio_tui.tui.terminal.clipboard import copy

_STYLES = {
    Tone.DIM: "$foreground 60%",
    Tone.STRONG: "bold",
    Tone.GOOD: "$text-success",
    Tone.BAD: "$text-error",
    Tone.WARN: "$text-warning",
    Tone.ACTIVE: "$text-primary",
    Tone.ACCENT: "$text-accent",
}
"""The style of each tone; lines of other tones have no style."""

OK, COPY = ("o", "ok"), ("c", "copy it")
"""Answers: their keys and words."""


class Review(Dialog[str | None]):
    """Shows lines above some answers; the result is the key of the answer, `None` if canceled."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "close", id="review.close"),
        Binding("left,shift+tab", "app.focus_previous", "left", show=False, id="review.left"),
        Binding("right", "app.focus_next", "right", show=False, id="review.right"),
        *pager_keys("review"),
    ]

    def __init__(
        self, question: str, lines: Sequence[Cell], answers: Sequence[tuple[str, str]]
    ) -> None:
        """Make a dialog from safe lines, and answers as pairs of key and words.

        The first answer is the default.
        """
        super().__init__(question)
        self._lines = lines
        self._answers = answers

    def body(self) -> ComposeResult:
        lines = [Content.styled(cell.text, _STYLES.get(cell.tone, "")) for cell in self._lines]
        yield DialogBody(Static(Content("\n").join(lines)))
        yield DialogButtons(
            *(answer_button(key, words, f"answer-{key}") for key, words in self._answers)
        )

    def on_mount(self) -> None:
        """Focus the first answer, and bind the keys of all answers."""
        for key, words in self._answers:
            bind(self, key, f"answer('{key}')", words)
        self.query(Button).first().focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.dismiss((event.button.id or "").removeprefix("answer-"))

    def action_answer(self, key: str) -> None:
        """Close the dialog with the answer of a key."""
        self.dismiss(key)


async def show_text(
    host: Host, heading: str, text: str, answers: Sequence[tuple[str, str]] = (OK, COPY)
) -> None:
    """Show a safe text of many lines; the answer `COPY` copies it. Call from a worker."""
    lines = [Cell(line) for line in text.split("\n")]
    if await host.ask(Review(heading, lines, answers)) == COPY[0]:
        await copy(host.app, text, plural(len(lines), "line"))
