"""The command palette: every action of the screen in sight, found by typing."""

from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from studio_tui.tui.actions import Action, actions_of


class ScreenActions(Provider):
    """Offers the actions that keys can do, with their keys."""

    async def search(self, query: str) -> Hits:
        """Yield the actions that fit what was typed."""
        matcher = self.matcher(query)
        for action in self._actions():
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
        for action in self._actions():
            yield DiscoveryHit(
                action.explanation,
                partial(self.app.run_action, action.action, action.node),
                help=_help(action),
            )

    def _actions(self) -> list[Action]:
        return [action for action in actions_of(self.screen) if action.enabled]


def _help(action: Action) -> str:
    return f"key: {' or '.join(action.keys)}"
