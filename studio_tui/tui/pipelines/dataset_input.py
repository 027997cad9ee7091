"""An input of dataset names that completes them."""

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from studio_tui.presentation.pipelines.datasets import matching_names
from studio_tui.tui.form.form_field import FieldInput


class DatasetInput(FieldInput):
    """An input of dataset names: tab completes the last name, up and down change the completion."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "choose(1)", "next name", show=False, id="trigger.next"),
        Binding("up", "choose(-1)", "previous name", show=False, id="trigger.previous"),
    ]

    class Chose(Message):
        """Another completion was chosen."""

    def __init__(
        self, text: str, names: Callable[[], tuple[str, ...]], *, is_proposed: bool
    ) -> None:
        super().__init__(
            text if is_proposed else with_trailing_space(text),
            compact=True,
            select_on_focus=is_proposed,
        )
        self.names = names
        self._proposed = text if is_proposed else None
        self._choice = 0

    def propose(self, text: str) -> None:
        """Show a default value that typing replaces."""
        self._proposed, self._choice, self.select_on_focus = text, 0, True
        self.value = text
        self.select_all()

    @property
    def is_proposed(self) -> bool:
        """Whether the text is a default value that the user has not changed."""
        return self.value == self._proposed

    def completions(self) -> tuple[str, ...]:
        """Return the completions of the last word, the chosen one first."""
        completions = matching_names(self.last_word()[1], self.names())
        choice = self._choice % len(completions) if completions else 0
        return (*completions[choice:], *completions[:choice])

    @property
    def has_chosen(self) -> bool:
        """Whether the user has gone to another completion than the first one."""
        return self._choice != 0

    def action_choose(self, step: int) -> None:
        self._choice += step
        self.post_message(self.Chose())

    def note_typing(self) -> None:
        """Choose the first completion again, and no longer select the text on focus."""
        self._choice = 0
        self.select_on_focus = False

    def start_next_name(self) -> None:
        """Add a space after the text, so that typing starts another name."""
        with self.prevent(Input.Changed):
            self.value = with_trailing_space(self.value)
        self.cursor_position = len(self.value)

    def action_complete(self) -> None:
        """Complete the last word; if there is nothing to complete, focus the next field."""
        before, word = self.last_word()
        completions = self.completions() if word or self.has_chosen else ()
        if completions and completions[0] != word:
            self.value = before + completions[0]
            self.cursor_position = len(self.value)
        else:
            self.screen.focus_next()

    def last_word(self) -> tuple[str, str]:
        """Return the text before the last word, and this word: empty after a blank or comma."""
        word = self.value.replace(",", " ").rpartition(" ")[2]
        return self.value.removesuffix(word), word


def with_trailing_space(text: str) -> str:
    """Return names followed by a space, so that typing starts another name."""
    return f"{text.rstrip()} " if text.strip() else ""
