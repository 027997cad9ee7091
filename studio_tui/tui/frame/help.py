"""The help: a searchable list of the keys of a screen, which runs the selected action."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from studio_tui.text import safe_line
from studio_tui.tui.frame.actions import Action
from studio_tui.tui.frame.dialog import Dialog
from studio_tui.tui.frame.dialog_box import SHRINKS
from studio_tui.tui.widgets.option_lists import OptionChoice

_KEYS_WIDTH = 16
_NARROW = 20
"""With this room for explanations or less, in cells, their further lines are not indented."""


class HelpScreen(Dialog[Action | None]):
    """Lists the actions of a screen; the answer is the action to run, or `None`."""

    AUTO_FOCUS = "Input"
    takes_keys_pressed_before = True

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "close", id="help.close"),
        *(
            Binding(key, f"list('{action}')", words, show=False, priority=True, id=f"help.{key}")
            for key, action, words in (
                ("down", "cursor_down", "down"),
                ("up", "cursor_up", "up"),
                ("pagedown", "page_down", "page down"),
                ("pageup", "page_up", "page up"),
                ("home", "first", "first key"),
                ("end", "last", "last key"),
            )
        ),
        Binding(
            "question_mark", "dismiss(None)", "close", show=False, priority=True, id="help.toggle"
        ),
    ]

    def __init__(self, actions: Sequence[Action]) -> None:
        super().__init__("Keys of this screen")
        self._actions = actions

    def body(self) -> ComposeResult:
        yield Input(placeholder="type to search, enter runs it, esc closes", compact=True)
        yield OptionChoice(markup=False, compact=True, classes=SHRINKS)

    def on_mount(self) -> None:
        self.query_one(OptionList).can_focus = False
        self._show()

    def on_resize(self) -> None:
        # After the layout, which gives the list the width at which explanations are wrapped.
        self.call_after_refresh(self._wrap)

    def _wrap(self) -> None:
        options = self.query_one(OptionList)
        selected = options.highlighted
        self._show()
        options.highlighted = selected

    @on(Input.Changed)
    def _search(self, event: Input.Changed) -> None:
        event.stop()
        self._show()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._choose(self.query_one(OptionList).highlighted_option)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._choose(event.option)

    async def action_list(self, action: str) -> None:
        """Run an action of the list, which never has the focus."""
        await self.app.run_action(action, self.query_one(OptionList))

    def _choose(self, option: Option | None) -> None:
        # The id is the index of the action; the list may have changed since the click.
        action = self._actions[int(option.id)] if option is not None and option.id else None
        if action is not None and action.enabled:
            self.dismiss(action)

    def _show(self) -> None:
        """List the actions that match the typed words."""
        options, words = self.query_one(OptionList), self.query_one(Input).value
        room = options.scrollable_content_region.width - _KEYS_WIDTH - 2
        entries = [
            Option(_line(action, room), id=str(number))
            for number, action in enumerate(self._actions)
            if action.matches(words)
        ]
        options.clear_options()
        none = Option(f"No key of this screen matches “{safe_line(words)}”.", disabled=True)
        options.add_options(entries or [none])
        options.highlighted = 0 if entries else None


def _line(action: Action, room: int) -> Content:
    """Return keys and explanation, wrapped to `room` cells, and dim if unavailable."""
    keys = Content(" ".join(action.keys)).truncate(_KEYS_WIDTH, ellipsis=True, pad=True)
    why = "" if action.enabled else f"  ({action.why_not})"
    explanation = Content(f"{action.explanation}{why}")
    lines = explanation.wrap(room) if room > _NARROW else [explanation]
    indented_lines = Content(f"\n{' ' * (_KEYS_WIDTH + 2)}").join(lines)
    line = Content.assemble(keys.stylize("bold") if action.enabled else keys, "  ", indented_lines)
    return line if action.enabled else line.stylize("dim")
