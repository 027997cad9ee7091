"""The filter input: validated while typing, with completion and a history."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static

from studio_tui.presentation.lists.filter_terms import Terms, valid_terms
from studio_tui.presentation.lists.filter_words import ALTERNATIVES, quoted, split_terms
from studio_tui.presentation.lists.kinds import Kind
from studio_tui.tui.widgets.lifetime import Lifetime

REMEMBERED = 20
"""How many filters the history keeps."""


_SEVERAL = re.compile(r"(?P<field>is:|status=).*,(?P<last>[a-z_]*)")
"""Matches a term with several states, of which the last is being typed."""

Values = Callable[[str], Iterable[str]]
"""Returns the values of a field in the rows, the likeliest first."""


class Completion(NamedTuple):
    """A possible completion of the input."""

    shown: str
    """The typed text followed by the suggestion; it may lack the quotes that `meant` has."""
    meant: str
    """The text after the completion is accepted."""


class TermSuggester(Suggester):
    """Completes the last term of a filter: its field, or a value that occurs in the rows."""

    def __init__(self, suggestions: tuple[str, ...], values: Values = lambda _: ()) -> None:
        super().__init__(case_sensitive=True, use_cache=False)
        self._suggestions = suggestions
        self._values = values

    async def get_suggestion(self, value: str) -> str | None:
        """Return `value` with its last term completed; `None` if there is no completion."""
        completion = self.completion(value)
        return completion.shown if completion is not None else None

    def completion(self, value: str) -> Completion | None:
        """Return the completion of the last term of `value`; `None` if there is none."""
        terms = list(split_terms(value))
        if not terms or (value[-1:].isspace() and terms[-1].is_closed):
            return None
        bare = terms[-1].raw.removeprefix("!")
        if not bare:
            return None
        begun = bare.lower()
        if (several := _SEVERAL.fullmatch(begun)) is not None:
            begun = several["field"] + several["last"]
        for suggestion in self._suggestions:
            if suggestion.startswith(begun) and suggestion != begun:
                return Completion(*[value + suggestion[len(begun) :]] * 2)
        return self._with_value(value, bare)

    def _with_value(self, line: str, bare: str) -> Completion | None:
        """Return the completion of a partial value, quoted if needed."""
        field, sign, begun = bare.partition("==") if "==" in bare else bare.partition("=")
        if not sign:
            return None
        for value in self._values(field.lower()):
            whole = quoted(value)
            if begun.startswith('"') and not whole.startswith('"'):
                whole = f'"{value}"'
            if whole.lower().startswith(begun.lower()) and len(whole) > len(begun):
                return Completion(*[line + whole[len(begun) :]] * 2)
            if whole != value and value.lower().startswith(begun.lower()):
                before = line.removesuffix(begun)
                return Completion(line + value[len(begun) :], before + whole)
        return None


class FilterInput(Input):
    """The text field of the filter."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "recall(-1)", "earlier filter", show=False, id="filter.earlier"),
        Binding("down", "recall(1)", "later filter", show=False, id="filter.later"),
        Binding("tab", "complete", "complete", show=False, id="filter.complete"),
        Binding("escape", "leave", "clear", show=False, id="filter.leave"),
    ]

    pasted_lines_joined_by = ALTERNATIVES
    """See `LINES_JOINED_BY`: such as ids that were copied from elsewhere, line by line."""

    class Left(Message):
        """The user left the input without pressing enter."""

    def __init__(self, kind: Kind[Any], values: Values) -> None:
        self._completer = TermSuggester(kind.completions, values)
        super().__init__(
            placeholder=kind.hint,
            suggester=self._completer,
            select_on_focus=True,
            compact=True,
        )
        self._recalled: list[str] = []
        self._place = 0

    def remember(self) -> None:
        """Add the filter to the history."""
        text = self.value.strip()
        if text:
            self._recalled = [*(old for old in self._recalled if old != text), text][-REMEMBERED:]
        self._place = len(self._recalled)

    def action_recall(self, step: int) -> None:
        """Show an earlier or later filter of the history."""
        self._place = min(max(self._place + step, 0), len(self._recalled))
        if self._place < len(self._recalled):
            self.value = self._recalled[self._place]
            self.cursor_position = len(self.value)

    def action_complete(self) -> None:
        """Accept the suggestion."""
        if not self._is_at_end:
            return
        if (completion := self._completer.completion(self.value)) is not None:
            self.value = completion.meant
            self.cursor_position = len(self.value)

    def action_cursor_right(self, select: bool = False) -> None:
        """Accept the suggestion at the end of the line, as Textual does; else move the cursor."""
        if self._is_at_end and not select:
            self.action_complete()
        else:
            super().action_cursor_right(select)

    @property
    def _is_at_end(self) -> bool:
        return self.cursor_at_end and self.selection.is_empty

    def action_leave(self) -> None:
        """Clear the input and leave it."""
        if self.value:
            self.value = ""
        self.post_message(self.Left())


class FilterBar(Lifetime, Vertical):
    """A line for the filter, visible while it has text or focus."""

    @dataclass
    class Changed(Message):
        """The filter is valid and has changed."""

        wanted: Terms[Any]

    class Done(Message):
        """The user has finished editing."""

    def __init__(self, kind: Kind[Any], text: str, values: Values) -> None:
        """Make the bar; `values` gives the values of fields for completion."""
        super().__init__()
        self._kind = kind
        self._input = FilterInput(kind, values)
        self._input.value = text
        self._problem = Static(markup=False, classes="problem")
        self._understood = valid_terms(text, kind)[0].text

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static("/", markup=False, classes="sign")
            yield self._input
        yield self._problem

    def on_mount(self) -> None:
        """Hide the bar if it is empty."""
        self._input.remember()
        self._settle()

    def edit(self) -> None:
        """Show the bar and focus its input."""
        self.display = True
        self.screen.set_focus(self._input)

    @property
    def is_wrong(self) -> bool:
        """Whether some of the typed terms are invalid, and so not applied."""
        return self.has_class("-problem")

    def set(self, text: str) -> None:
        """Set the filter, as if it had been typed."""
        self._input.value = text
        self._settle()

    @on(Input.Changed)
    def _check(self, event: Input.Changed) -> None:
        event.stop()
        terms, problem = valid_terms(event.value, self._kind)
        self._problem.update(Content(problem))
        self.set_class(bool(problem), "-problem")
        if terms.text != self._understood:
            self._understood = terms.text
            self.post_message(self.Changed(terms))
        self._settle()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._input.remember()
        self._done()

    @on(FilterInput.Left)
    def _left(self, event: FilterInput.Left) -> None:
        event.stop()
        self._done()

    def on_descendant_blur(self, _event: events.DescendantBlur) -> None:
        """Hide an empty bar that loses the focus."""
        self.call_after_refresh(self._settle)

    def _done(self) -> None:
        self.post_message(self.Done())
        self.call_after_refresh(self._settle)

    def _settle(self) -> None:
        self.display = bool(self._input.value) or self._input.has_focus
