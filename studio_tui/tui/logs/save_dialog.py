"""A dialog that asks what to save and where, and then saves it."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, NamedTuple

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.getters import query_one
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from studio_tui.errors import SpoolError
from studio_tui.presentation.format import plural, size
from studio_tui.text import safe_line
from studio_tui.tui.frame.commands import Host
from studio_tui.tui.frame.dialog import Dialog
from studio_tui.tui.frame.dialog_box import SHRINKS, DialogBody
from studio_tui.tui.frame.saving import (
    CannotSaveError,
    Pieces,
    Saved,
    free_name,
    path_of,
    save,
)
from studio_tui.tui.widgets.option_lists import OptionChoice


class Offer(NamedTuple):
    """A choice for saving, such as the whole log."""

    words: str
    """What is saved, such as `the selected lines`."""
    pieces: Callable[[], Pieces]
    """Returns an iterator that reads the bytes to save."""
    path: str
    """Default path of the file, as if typed."""


async def save_as(host: Host, offers: Iterable[Offer], *, question: str = "Save the log") -> None:
    """Ask which of the choices to save and where, and report what was saved.

    Default paths are replaced by others where there is no file yet.
    """
    free = [offer._replace(path=await asyncio.to_thread(free_name, offer.path)) for offer in offers]
    saved = await host.ask(SaveLog(free, question=question))
    if saved is not None:
        amount = f"{plural(saved.lines, 'line')}, {size(saved.size)}"
        host.notify_user(f"Saved: {amount}, in {safe_line(str(saved.path))}")


class SaveLog(Dialog[Saved | None]):
    """Saves the selected choice to a file; its answer is what was saved, `None` if canceled.

    It stays open after an error, so that the user can type another path.
    """

    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "close", id="save.close"),
        Binding("up", "choose(-1)", "up", show=False, id="save.up"),
        Binding("down", "choose(1)", "down", show=False, id="save.down"),
    ]

    choices = query_one(OptionList)
    field = query_one(Input)
    problem = query_one("#problem", Static)
    keys = query_one("#save-keys", Static)
    title_line = query_one(".question", Static)

    def __init__(self, offers: Sequence[Offer], *, question: str = "Save the log") -> None:
        """Make a dialog with the choices `offers`, the most likely first."""
        self._question = question
        super().__init__(self._question_about(offers[0]))
        self._offers = offers
        self._is_saving = False

    def _question_about(self, offer: Offer) -> str:
        return f"{self._question}: {offer.words}"

    def body(self) -> ComposeResult:
        choices = OptionChoice(
            *(Option(offer.words) for offer in self._offers),
            markup=False,
            compact=True,
            classes=SHRINKS,
        )
        choices.can_focus = False
        yield choices
        yield Input(self._offers[0].path, compact=True, select_on_focus=False)
        yield DialogBody(Static(markup=False, id="problem"), classes="problem")
        yield Static(markup=False, id="save-keys", classes="keys")

    def on_mount(self) -> None:
        self.choices.highlighted = 0
        self._show_problem("")

    def action_close(self) -> None:
        """Close the dialog; an unfinished write is canceled."""
        self.workers.cancel_group(self, "save")
        self.dismiss(None)

    def action_choose(self, step: int) -> None:
        """Select the next choice, or the previous one if `step` is -1."""
        if not self._is_saving:
            current = self.choices.highlighted or 0
            self.choices.highlighted = (current + step) % len(self._offers)

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Mark the selected choice; show its default path unless the user has typed another."""
        if self.field.value in {offer.path for offer in self._offers}:  # not edited by the user
            self.field.value = self._offers[event.option_index].path
            self.field.cursor_position = len(self.field.value)
        chosen = self._offers[event.option_index]
        self.title_line.update(self._question_about(chosen))
        for place, offer in enumerate(self._offers):
            sign = "●" if place == event.option_index else "○"
            self.choices.replace_option_prompt_at_index(place, f"{sign} {offer.words}")

    @on(Input.Changed)
    def _changed(self) -> None:
        self._show_problem("")

    @on(Input.Submitted)
    def _submitted(self) -> None:
        if not self._is_saving:
            self._is_saving = True
            self._save(self._offers[self.choices.highlighted or 0], self.field.value)

    @work(name="save", group="save")
    async def _save(self, offer: Offer, typed: str) -> None:
        self._show_written(0)
        self.field.disabled = True
        try:
            path = path_of(typed)
            saved = await save(
                offer.pieces(), path, on_progress=self.while_alive(self._show_written)
            )
        except (CannotSaveError, SpoolError) as error:
            self._refuse(str(error))
        else:
            self.dismiss(saved)

    def _show_written(self, count: int) -> None:
        self.keys.update(f"Saving, {size(count)} so far; esc cancels")

    def _refuse(self, words: str) -> None:
        self._is_saving = False
        self.field.disabled = False
        self.field.focus()
        self._show_problem(words)

    def _show_problem(self, problem: str) -> None:
        self.problem.update(problem)
        self.query_one(DialogBody).display = bool(problem)
        self.keys.update("↑↓ choose, enter saves, esc closes")
