"""The command palette: every action of the screen in sight, found by typing."""

from functools import partial

from textual.app import ComposeResult
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider

from studio_tui.tui.frame.actions import Action, actions_of
from studio_tui.tui.frame.dialog import AnsweredOnce
from studio_tui.tui.widgets.option_lists import PaletteChoice

_OF_THE_LIST = {"command_list", "cursor_down"}
"""Actions that Textual does with the list, and that raise `NoMatches` while there is none."""


class Palette(AnsweredOnce, CommandPalette):
    """Textual's palette with a list of ours."""

    takes_keys_pressed_before = True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let no key act on a list that is not there yet."""
        if action in _OF_THE_LIST and not self.query(CommandList):
            return False
        return super().check_action(action, parameters)

    def compose(self) -> ComposeResult:
        """Compose what Textual does, but for the list, which it makes itself."""
        for part in super().compose():
            yield PaletteChoice() if type(part) is CommandList else part


class ScreenActions(Provider):
    """Offers the actions that keys can do, with their keys."""

    async def search(self, query: str) -> Hits:
        """Yield the actions that fit what was typed."""
        matcher = self.matcher(query)
        for action in actions_of(self.screen):
            score = max(matcher.match(action.explanation), matcher.match(action.label))
            if score > 0:
                yield Hit(
                    score,
                    matcher.highlight(action.explanation),
                    partial(self.app.run_action, action.action, action.node),
                    help=_help(action),
                )

    async def discover(self) -> Hits:
        """Yield all actions."""
        for action in actions_of(self.screen):
            yield DiscoveryHit(
                action.explanation,
                partial(self.app.run_action, action.action, action.node),
                help=_help(action),
            )


def _help(action: Action) -> str:
    keys = f"key: {' or '.join(action.keys)}"
    return keys if action.why_not is None else f"{keys}; not now: {action.why_not}"
