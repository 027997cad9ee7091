"""How lines of a log are displayed: wrapping, line numbers, progress bars, JSON, times."""

from dataclasses import replace
from typing import Any, ClassVar

from studio_tui.presentation.choices import next_choice
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.logs.view.controller import ViewController
from studio_tui.tui.logs.view.place import LogLook

_NONE_VISIBLE = "; none is visible"


class Appearance(ViewController):
    _is_explained = True
    """Whether the user knows why JSON lines are not in their usual form."""

    def apply(self, look: LogLook) -> None:
        self._is_explained = look.json_form is LogLook().json_form
        self._view.pane.look = look
        self._view.times.show(look.stamps)
        self._view.settle()

    def toggle_wrap(self) -> None:
        pane = self._view.pane
        pane.look = replace(pane.look, wrap=not pane.look.wrap)
        self._view.settle()

    def toggle_numbers(self) -> None:
        pane = self._view.pane
        pane.look = replace(pane.look, numbers=not pane.look.numbers)
        self._view.settle()

    def toggle_bar_states(self) -> None:
        pane, before = self._view.pane, self._visible_texts()
        pane.states = not pane.states
        # If only last states are shown, the next update hides overwritten lines again.
        self._view.filter.fold(folds=False)
        self._view.settle()
        # Bars that hid other lines do so again only after the next update.
        is_same = pane.states and self._visible_texts() == before
        which = "every state" if pane.states else "the last state"
        self._view.show_message(f"progress bars: {which}{_NONE_VISIBLE if is_same else ''}")

    def show_next_json(self) -> None:
        pane, before = self._view.pane, self._visible_texts()
        form = next_choice(pane.look.json_form)
        pane.look = replace(pane.look, json_form=form)
        self._is_explained = True
        self._view.settle()
        is_same = self._visible_texts() == before
        self._view.show_message(f"JSON lines: {form}{_NONE_VISIBLE if is_same else ''}")

    def _visible_texts(self) -> dict[int, str]:
        pane = self._view.pane
        return {row.start: pane.text_at(row.start) for row in pane.in_sight}

    def explain_json(self) -> None:
        """Once JSON lines are visible, show a message that their form was chosen before."""
        view = self._view
        if self._is_explained or view.store is None:
            return
        lines = (view.store.line_at(row.start) for row in view.pane.in_sight)
        if any(line.head.lstrip()[:1] == b"{" for line in lines):
            self._is_explained = True
            form = view.pane.look.json_form
            view.show_message(f"JSON lines: {form}, as chosen before; J changes it")

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command("logs.wrap", "w", "wrap", "Wrap long lines, or cut them off", toggle_wrap),
        Command(
            "logs.numbers",
            "number_sign",
            "line numbers",
            "Show or hide line numbers",
            toggle_numbers,
        ),
        Command(
            "logs.states",
            "p",
            "all states",
            "Show every state of a progress bar, or its last",
            toggle_bar_states,
        ),
        Command(
            "logs.json", "J", "JSON", "Show JSON lines compact, expanded or raw", show_next_json
        ),
    )
