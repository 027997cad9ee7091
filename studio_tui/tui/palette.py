"""The command palette: a searchable list of all actions of the current screen."""

from collections.abc import Iterator
from functools import partial

from textual.app import ComposeResult, SystemCommand
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider

from studio_tui.tui.frame.actions import Action, actions_of
from studio_tui.tui.frame.dialog import AnsweredOnce
from studio_tui.tui.widgets.option_lists import PaletteChoice

_OF_THE_LIST = {"command_list", "cursor_down"}
"""Textual's actions on the list, which raise `NoMatches` while it does not exist."""


class PagedPalette(AnsweredOnce, CommandPalette):
    """Textual's palette with a list that can be paged before it has a size."""

    takes_keys_pressed_before = True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable actions on the list while it does not exist."""
        if action in _OF_THE_LIST and not self.query(CommandList):
            return False
        return super().check_action(action, parameters)

    def compose(self) -> ComposeResult:
        """Compose Textual's parts, but with `PaletteChoice`."""
        for part in super().compose():
            yield PaletteChoice() if type(part) is CommandList else part


_BEHIND = 0.5
"""Factor for the scores of Textual's commands, so that ours come first."""

_OURS = {"Quit"}
"""Textual's commands that the dashboard has under another name."""


class ScreenActions(Provider):
    """Provides the actions of the current screen with their keys, then Textual's commands."""

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for action in actions_of(self.screen):
            score = likeness(query, f"{action.explanation} {action.label} {action.also}")
            if score > 0:
                yield Hit(
                    score,
                    matcher.highlight(action.explanation),
                    partial(self.app.run_action, action.action, action.node),
                    help=_help(action),
                )
        for name, explanation, run, _ in self._of_textual():
            score = likeness(query, name)
            if score > 0:
                yield Hit(score * _BEHIND, matcher.highlight(name), run, help=explanation)

    async def discover(self) -> Hits:
        for action in actions_of(self.screen):
            yield DiscoveryHit(
                action.explanation,
                partial(self.app.run_action, action.action, action.node),
                help=_help(action),
            )
        for name, explanation, run, is_discovered in self._of_textual():
            if is_discovered:
                yield DiscoveryHit(name, run, help=explanation)

    def _of_textual(self) -> Iterator[SystemCommand]:
        """Yield Textual's commands."""
        commands = self.app.get_system_commands(self.screen)
        return (each for each in commands if each.title not in _OURS)


def likeness(typed: str, text: str) -> float:
    """Return how well each typed word fits a word of a text, from 0 to 1; 0 if one fits none.

    A word may be abbreviated, as in `cncl`, but its letters are not gathered from several words.
    """
    words = text.lower().split()
    scores = [max(_word_likeness(each, word) for word in words) for each in typed.lower().split()]
    return sum(scores) / len(scores) if scores and all(scores) else 0.0


def _word_likeness(typed: str, word: str) -> float:
    if word.startswith(typed):
        return 1.0
    if typed in word:
        return 0.8
    letters = iter(word)
    is_abbreviation = typed[0] == word[0] and all(letter in letters for letter in typed)
    return 0.4 if is_abbreviation else 0.0


def _help(action: Action) -> str:
    keys = f"key: {' or '.join(action.keys)}"
    return keys if action.why_not is None else f"{keys}; not now: {action.why_not}"
