"""How a log is looked at: long lines, line numbers, and the forms of lines that have several."""

from typing import Any, ClassVar

from studio_tui.tui.frame.commands import Command
from studio_tui.tui.logs.view.line_filter import LineFilter
from studio_tui.tui.logs.view.navigation import LogTimes
from studio_tui.tui.logs.view.place import LogLook
from studio_tui.tui.logs.view.reader import Reader


class Appearance:
    """Controller of a log view: how its rows look."""

    def __init__(self, view: Reader, lines: LineFilter, times: LogTimes) -> None:
        """Take what leaves states of bars out, and what shows times beside the lines."""
        self._view = view
        self._lines = lines
        self._times = times

    @property
    def look(self) -> LogLook:
        """How logs are looked at here."""
        pane = self._view.pane
        return LogLook(
            wrap=pane.wrap,
            numbers=pane.numbers,
            stamps=self._times.form,
            json_form=pane.form.json,
        )

    def look_as(self, look: LogLook) -> None:
        """Look at the log in this way."""
        pane = self._view.pane
        pane.wrap, pane.numbers = look.wrap, look.numbers
        pane.form = pane.form._replace(json=look.json_form)
        self._times.show(look.stamps)
        self._view.settle()

    def toggle_wrap(self) -> None:
        """Break long lines into rows, or stop that."""
        self._view.pane.wrap = not self._view.pane.wrap
        self._view.settle()

    def toggle_numbers(self) -> None:
        """Show or hide line numbers."""
        self._view.pane.numbers = not self._view.pane.numbers
        self._view.settle()

    def toggle_states(self) -> None:
        """Give each state of a rewritten line a row, or only its last."""
        pane = self._view.pane
        pane.form = pane.form._replace(states=not pane.form.states)
        self._lines.fold(folds=False)
        self._view.settle()

    def show_next_json(self) -> None:
        """Show JSON lines in the next form."""
        view, pane = self._view, self._view.pane
        form = pane.form._replace(json=pane.form.json.next)
        current = pane.current_in_sight
        pane.form = form
        view.settle()
        if current is not None and not view.following:
            view.go(current)
        view.say(f"JSON lines: {form.json}")

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command("logs.wrap", "w", "wrap", "Break long lines, or do not", toggle_wrap),
        Command("logs.numbers", "number_sign", "line numbers", "line numbers", toggle_numbers),
        Command(
            "logs.states",
            "p",
            "all states",
            "Show every state of a progress bar, or its last",
            toggle_states,
        ),
        Command(
            "logs.json", "J", "JSON", "JSON lines in short, opened, or as they are", show_next_json
        ),
    )
