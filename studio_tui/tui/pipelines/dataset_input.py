"""An input of dataset names that completes them."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from studio_tui.presentation.pipelines.datasets import matching_names
from studio_tui.tui.form.form_field import FieldInput
from studio_tui.tui.pipelines.dataset_list import DatasetList

MOST_OFFERED = 4

NOT_ALL = "Not all names have been received yet."


class DatasetInput(FieldInput):
    """An input of dataset names: tab completes the last name, up and down change the completion."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "choose(1)", "next name", show=False, id="trigger.next"),
        Binding("up", "choose(-1)", "previous name", show=False, id="trigger.previous"),
    ]

    class Chose(Message):
        """Another completion was chosen."""

    def __init__(self, text: str, datasets: DatasetList, *, is_proposed: bool) -> None:
        super().__init__(
            text if is_proposed else with_trailing_space(text),
            compact=True,
            select_on_focus=is_proposed,
        )
        self._datasets = datasets
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
        completions = matching_names(self._last_word()[1], self._datasets.names())
        choice = self._choice % len(completions) if completions else 0
        return (*completions[choice:], *completions[:choice])

    def notes(self) -> tuple[str, ...]:
        """Return what the last word can become, and whether names are missing."""
        return (*self._completion_notes(), *(() if self._datasets.has_all else (NOT_ALL,)))

    def _completion_notes(self) -> tuple[str, ...]:
        if not self._datasets.names():
            none = "; none is known yet" if self._datasets.has_all else ""
            return (f"namespace.project.name, several with a space between{none}.",)
        word, completions = self._last_word()[1], self.completions()
        if not completions:
            if self._datasets.is_certain:
                return ("There is no dataset with this name.",)
            return ("No dataset known here has this name; Studio may know it.",)
        if completions == (word,):
            if self.is_proposed:
                return ("Typing replaces it; end and a space begin another name.",)
            return ("More names may follow after a space.",)
        unlisted = len(completions) - MOST_OFFERED
        more = (f"and {unlisted} more: down goes to the next",) if unlisted > 0 else ()
        prefix = "tab: " if word or self._choice else "known: "
        others = (" " * len(prefix) + name for name in completions[1:MOST_OFFERED])
        return (f"{prefix}{completions[0]}", *others, *more)

    def action_choose(self, step: int) -> None:
        self._choice += step
        self.post_message(self.Chose())

    def note_typing(self) -> None:
        """Choose the first completion again; text that was typed is not selected on focus."""
        self._choice = 0
        self.select_on_focus = self.is_proposed

    def start_next_name(self) -> None:
        """Add a space after the text, so that typing starts another name."""
        with self.prevent(Input.Changed):
            self.value = with_trailing_space(self.value)
        self.cursor_position = len(self.value)

    def action_complete(self) -> None:
        """Complete the last word; if there is nothing to complete, focus the next field."""
        before, word = self._last_word()
        completions = self.completions() if word or self._choice else ()
        if completions and completions[0] != word:
            self.value = before + completions[0]
            self.cursor_position = len(self.value)
        else:
            self.screen.focus_next()

    def _last_word(self) -> tuple[str, str]:
        """Return the text before the last word, and this word: empty after a blank or comma."""
        word = self.value.replace(",", " ").rpartition(" ")[2]
        return self.value.removesuffix(word), word


def with_trailing_space(text: str) -> str:
    """Return names followed by a space, so that typing starts another name."""
    return f"{text.rstrip()} " if text.strip() else ""
