"""The command palette: every action of the screen in sight, found by typing."""

from functools import partial

from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider

from studio_tui.tui.actions import Action, actions_of


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


class Palette(CommandPalette):
    """Textual's palette, whose list takes no key for paging before it has been laid out.

    A report for Textual, of 8.2.8: open the palette and press PageDown before the first commands
    are drawn, as a fast typist or a slow line does, and the program ends with `KeyError: 0`.
    `OptionList._move_page` looks the highlighted option up in `_index_to_line`, which is empty as
    long as the list has no region: `_update_lines` then returns early. `_move_page` should return
    where there is no line.
    """

    def _action_command_list(self, action: str) -> None:
        commands = self.query_one(CommandList)
        if action.startswith("page") and not commands._index_to_line:
            return
        super()._action_command_list(action)
