"""A dialog with many lines, such as a request before it is sent or a report, and answers below."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Button, Static

from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.format import plural
from studio_tui.tui.frame.commands import Host
from studio_tui.tui.frame.dialog import Dialog, pager_keys
from studio_tui.tui.frame.dialog_box import DialogBody, DialogButtons, DialogLines, answer_button
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

OK, COPY = ("esc", "ok"), ("c", "copy it")
"""`OK` has no letter: a letter that is pressed again after the dialog has closed is a command."""

NO = "n"
"""The key of the answer that cancels a dialog, like escape."""


class Review(Dialog[str | None]):
    """Shows lines above some answers; the result is the key of the answer, `None` if canceled."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "close", id="review.close"),
        Binding("left,h,shift+tab", "app.focus_previous", "left", show=False, id="review.left"),
        Binding("right,l", "app.focus_next", "right", show=False, id="review.right"),
        *pager_keys("review"),
    ]

    def __init__(
        self,
        question: str,
        lines: Sequence[Cell],
        answers: Sequence[tuple[str, str]],
        *,
        default: str = "",
        revealed: Sequence[Cell] = (),
        is_revealed: bool = False,
        indent: int = 0,
    ) -> None:
        """Make a dialog from safe lines and answers: pairs of key and words.

        The answer with the key `default` has the focus at first; by default it is the first one.
        `revealed` are the lines with their secrets, if they have any; `is_revealed` shows these at
        first. The keys `s` and `f7` switch between both, so then no answer may have these keys. See
        `DialogLines` for `indent`.
        """
        super().__init__(question)
        self._lines = lines
        self._revealed = revealed if revealed != lines else ()
        self._answers = answers
        self._default = default or answers[0][0]
        self._is_revealed = is_revealed
        self._indent = indent

    def body(self) -> ComposeResult:
        yield DialogBody(DialogLines(id="review-lines", indent=self._indent))
        yield DialogButtons(
            *(answer_button(key, words, f"answer-{key}") for key, words in self._answers)
        )
        if self._revealed:
            yield Static(markup=False, id="review-secrets", classes="keys")

    def on_mount(self) -> None:
        self._paint()
        self.query_one(f"#answer-{self._default}").focus()

    def on_key(self, event: events.Key) -> None:
        if self._revealed and event.key in {"s", "f7"}:
            self._is_revealed = not self._is_revealed
            self._paint()
        elif event.key in dict(self._answers):
            self._choose(event.key)
        else:
            return
        event.stop()

    def _paint(self) -> None:
        is_revealed = self._is_revealed and bool(self._revealed)
        shown = self._revealed if is_revealed else self._lines
        lines = [Content.styled(cell.text, _STYLES.get(cell.tone, "")) for cell in shown]
        self.query_one(DialogLines).update(Content("\n").join(lines))
        if self._revealed:
            words = "s hides the values" if is_revealed else "s shows the values"
            self.query_one("#review-secrets", Static).update(words)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self._choose((event.button.id or "").removeprefix("answer-"))

    def _choose(self, key: str) -> None:
        self.dismiss(key if key != NO else None)


async def show_text(
    host: Host, heading: str, text: str, answers: Sequence[tuple[str, str]] = (OK, COPY)
) -> None:
    """Show a safe text that can be copied; call from a worker."""
    lines = [Cell(line) for line in text.split("\n")]
    if await host.ask(Review(heading, lines, answers)) == COPY[0]:
        await copy(host.app, text, plural(len(lines), "line"))
