"""The command palette: finds actions, also those of other tabs, and Textual's commands."""

import asyncio
from collections.abc import Iterable, Iterator
from functools import partial

from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider

from studio_tui.tui.frame.actions import Action, actions_of
from studio_tui.tui.frame.commands import CommandBinding
from studio_tui.tui.frame.dialog import AnsweredOnce
from studio_tui.tui.frame.page import Page
from studio_tui.tui.messages import GoTo
from studio_tui.tui.tabs import all_page_classes
from studio_tui.tui.widgets.option_lists import PaletteChoice

_LIST_ACTIONS = {"command_list", "cursor_down"}
"""They raise `NoMatches` while Textual's palette has no list."""


class PagedPalette(AnsweredOnce, CommandPalette):
    """Textual's palette with a list that can be paged before it has a size."""

    takes_keys_pressed_before = True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in _LIST_ACTIONS and not self.query(CommandList):
            return False
        return super().check_action(action, parameters)

    def compose(self) -> ComposeResult:
        for part in super().compose():
            yield PaletteChoice() if type(part) is CommandList else part


_TEXTUAL_FACTOR = 0.5
"""Factor for the scores of Textual's commands, so that equally good matches of ours come first."""

_OTHER_TAB_FACTOR = 0.6
"""Factor for the scores of other tabs, so that equally good matches of the screen come first."""

_LEFT_OUT = {"Quit", "Keys", "Maximize", "Minimize"}
"""Textual's commands that the dashboard has itself, or that hide parts of the frame."""


class ScreenActions(Provider):
    """Provides the actions of the current screen, and Textual's commands.

    Searches also find the actions of other tabs.
    """

    async def search(self, query: str) -> Hits:
        # In a thread, as the imports are slow. They end before the first hit is shown, so that the
        # other hits follow before the user can press a key.
        classes = await asyncio.to_thread(all_page_classes) if isinstance(self.screen, Page) else ()
        matcher = self.matcher(query)
        for action in self._actions():
            texts = f"{action.explanation} {action.label} {action.search_words}"
            if (score := matcher.match(texts)) > 0:
                yield Hit(
                    score,
                    matcher.highlight(action.explanation),
                    partial(self.app.run_action, action.action, action.node),
                    help=_help(action),
                )
        for name, explanation, run, _ in self._textual_commands():
            if (score := matcher.match(name)) > 0:
                yield Hit(score * _TEXTUAL_FACTOR, matcher.highlight(name), run, help=explanation)
        for tab, binding in self._of_other_tabs(classes):
            title = f"{tab.capitalize()}: {binding.tooltip}"
            texts = f"{title} {binding.description} {binding.search_words}"
            if (score := matcher.match(texts)) > 0:
                yield Hit(
                    score * _OTHER_TAB_FACTOR,
                    matcher.highlight(title),
                    partial(self.screen.post_message, GoTo(tab, binding.action)),
                    help=f"key: {' or '.join(self._keys(binding))}, on the tab {tab.capitalize()}",
                )

    async def discover(self) -> Hits:
        for action in self._actions():
            yield DiscoveryHit(
                action.explanation,
                partial(self.app.run_action, action.action, action.node),
                help=_help(action),
            )
        for name, explanation, run, is_discovered in self._textual_commands():
            if is_discovered:
                yield DiscoveryHit(name, run, help=explanation)

    def _actions(self) -> Iterator[Action]:
        return (each for each in actions_of(self.screen) if each.action != "command_palette")

    def _of_other_tabs(self, classes: Iterable[type[Page]]) -> Iterator[tuple[str, CommandBinding]]:
        """Yield the name of a tab and a binding, for all bindings that only other tabs have."""
        here = {action.explanation for action in self._actions()}
        for page_class in classes:
            if isinstance(self.screen, page_class):
                continue
            for binding in page_class.BINDINGS:
                if isinstance(binding, CommandBinding) and binding.tooltip not in here:
                    yield page_class.tab, binding

    def _keys(self, binding: Binding) -> Iterable[str]:
        return dict.fromkeys(map(self.app.get_key_display, Binding.make_bindings([binding])))

    def _textual_commands(self) -> Iterator[SystemCommand]:
        commands = self.app.get_system_commands(self.screen)
        return (each for each in commands if each.title not in _LEFT_OUT)


def _help(action: Action) -> str:
    keys = f"key: {' or '.join(action.keys)}"
    return keys if action.why_not is None else f"{keys}; not now: {action.why_not}"
