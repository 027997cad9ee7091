"""The filter input: validated while typing, with completion and a history."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static

from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.presentation.lists.filter_words import ALTERNATIVES, quote_value, split_terms
from studio_tui.presentation.lists.kinds import Kind
from studio_tui.tui.widgets.lifetime import Lifetime

MAX_REMEMBERED = 50
"""How many texts a `History` keeps."""

_SEVERAL_STATES = re.compile(r"(?P<field>is:|status!?=).*,(?P<last>[a-z_]*)")
"""A term with several states, of which the last is being typed."""

Values = Callable[[str], Iterable[str]]
"""Returns the values that a field has in the rows, the likeliest first."""


class TermSuggester(Suggester):
    """Completes the last term of a filter: its field, or a value that occurs in the rows."""

    def __init__(self, suggestions: tuple[str, ...], values: Values = lambda _: ()) -> None:
        super().__init__(case_sensitive=True, use_cache=False)
        self._suggestions = suggestions
        self._values = values

    async def get_suggestion(self, value: str) -> str | None:
        """Return the completion, unless it adds a quote before typed text."""
        completion = self.completion(value)
        return completion if completion and completion.startswith(value) else None

    def completion(self, value: str) -> str | None:
        """Return `value` with its last term completed, if possible."""
        terms = list(split_terms(value))
        if not terms or (value[-1:].isspace() and terms[-1].is_closed):
            return None
        term = terms[-1].raw.removeprefix("!")
        if not term:
            return None
        prefix = term.lower()
        if (states := _SEVERAL_STATES.fullmatch(prefix)) is not None:
            # The last state is completed as if it were the only one.
            prefix = states["field"] + states["last"]
        for suggestion in self._suggestions:
            if suggestion.startswith(prefix) and suggestion != prefix:
                return value + suggestion[len(prefix) :]
        return self._with_value(value, term)

    def _with_value(self, line: str, term: str) -> str | None:
        """Complete the partial value in `term`, with which `line` ends."""
        field, sign, prefix = term.partition("==") if "==" in term else term.partition("=")
        if not sign:
            return None
        for value in self._values(field.removesuffix("!").lower()):
            term_value = quote_value(value)
            if prefix.startswith('"') and not term_value.startswith('"'):
                term_value = f'"{value}"'
            if term_value.lower().startswith(prefix.lower()) and len(term_value) > len(prefix):
                return line + term_value[len(prefix) :]
            if term_value != value and value.lower().startswith(prefix.lower()):
                return line.removesuffix(prefix) + term_value
        return None


class History:
    """The texts that were entered before, the latest last, and then the text that is typed now."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._typed = ""

    def add(self, text: str) -> None:
        """Add a text unless it is empty."""
        if text:
            self._texts = [*(old for old in self._texts if old != text), text][-MAX_REMEMBERED:]
        self._typed = ""

    def recall(self, step: int, shown: str) -> str:
        """Return an earlier (-1) or a later (1) text than the one shown."""
        if shown not in self._texts:
            self._typed = shown
        lines = [*self._texts, self._typed]
        return lines[max(0, min(lines.index(shown) + step, len(self._texts)))]


class FilterInput(Input):
    """The text field of the filter."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "recall(-1)", "earlier filter", show=False, id="filter.earlier"),
        Binding("down", "recall(1)", "later filter", show=False, id="filter.later"),
        Binding("tab", "complete", "complete", show=False, id="filter.complete"),
        Binding("escape", "leave", "cancel", show=False, id="filter.leave"),
    ]

    pasted_lines_joined_by = ALTERNATIVES

    class Left(Message):
        """The user left the input with escape."""

    def __init__(self, kind: Kind[Any], values: Values) -> None:
        self._completer = TermSuggester(kind.completions, values)
        super().__init__(
            placeholder=kind.hint, suggester=self._completer, select_on_focus=True, compact=True
        )
        self._history = History()

    def remember(self) -> None:
        """Add the filter to the history."""
        self._history.add(self.value.strip())

    def action_recall(self, step: int) -> None:
        self.value = self._history.recall(step, self.value)
        self.cursor_position = len(self.value)

    def action_complete(self) -> None:
        if not self._is_at_end:
            return
        if (completion := self._completer.completion(self.value)) is not None:
            self.value = completion
            self.cursor_position = len(self.value)

    def action_cursor_right(self, select: bool = False) -> None:
        if self._is_at_end and not select:
            self.action_complete()
        else:
            super().action_cursor_right(select)

    @property
    def _is_at_end(self) -> bool:
        return self.cursor_at_end and self.selection.is_empty

    def action_leave(self) -> None:
        self.post_message(self.Left())


class FilterBar(Lifetime, Vertical):
    """A line for the filter, visible while it has text or focus."""

    @dataclass
    class Changed(Message):
        """The terms, or whether some are invalid, have changed; invalid terms are left out."""

        terms: Terms[Any]

    class Done(Message):
        """The user has finished editing, so the list can get the focus."""

    def __init__(self, kind: Kind[Any], text: str, values: Values) -> None:
        super().__init__()
        self._kind = kind
        self._input = FilterInput(kind, values)
        self._input.value = text
        self._text_before = text
        """What escape restores."""
        self._problem = Static(markup=False, classes="problem")
        self._applied = Terms(text, kind).text, False
        """The valid terms, and whether there are invalid ones."""

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static("/", markup=False, classes="sign")
            yield self._input
        yield self._problem

    def on_mount(self) -> None:
        self._input.remember()
        self._update_display()

    def edit(self) -> None:
        """Show the bar and focus its input; escape restores the current filter."""
        if not self._input.has_focus:
            self._text_before = self._input.value
        self.display = True
        self.screen.set_focus(self._input)

    @property
    def has_problem(self) -> bool:
        """Whether some of the typed terms are invalid and therefore not applied."""
        return self.has_class("-problem")

    def set_text(self, text: str) -> None:
        """Set the filter, as if it had been typed."""
        self._input.value = self._text_before = text
        self._update_display()

    @on(Input.Changed)
    def _check(self, event: Input.Changed) -> None:
        event.stop()
        terms = Terms(event.value, self._kind)
        self._problem.update(Content(terms.problem))
        self.set_class(bool(terms.problem), "-problem")
        if (applied := (terms.text, bool(terms.problem))) != self._applied:
            self._applied = applied
            self.post_message(self.Changed(terms))
        self._update_display()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self.has_problem:
            return  # so that the correction is not typed as commands
        self._input.remember()
        self._text_before = self._input.value
        self._finish()

    @on(FilterInput.Left)
    def _left(self, event: FilterInput.Left) -> None:
        event.stop()
        self._input.remember()
        self._input.value = self._text_before
        self._input.remember()  # so that the key for the earlier filter recalls the abandoned one
        self._finish()

    def on_descendant_blur(self, _event: events.DescendantBlur) -> None:
        self.call_after_refresh(self._update_display)

    def _finish(self) -> None:
        self.post_message(self.Done())
        self.call_after_refresh(self._update_display)

    def _update_display(self) -> None:
        self.display = bool(self._input.value) or self._input.has_focus
