"""How lines of a log are displayed: wrapping, line numbers, progress bars, JSON, times."""

from dataclasses import replace
from typing import Any, ClassVar

from studio_tui.presentation.choices import next_choice
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.logs.view.controller import ViewController
from studio_tui.tui.logs.view.place import LogLook


class Appearance(ViewController):
    def apply(self, look: LogLook) -> None:
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
        pane = self._view.pane
        pane.states = not pane.states
        # If only last states are shown, the next update hides overwritten lines again.
        self._view.filter.fold(folds=False)
        self._view.settle()
        which = "every state" if pane.states else "the last state"
        self._view.show_message(f"progress bars: {which}")

    def show_next_json(self) -> None:
        pane = self._view.pane
        form = next_choice(pane.look.json_form)
        pane.look = replace(pane.look, json_form=form)
        self._view.settle()
        self._view.show_message(f"JSON lines: {form}")

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
