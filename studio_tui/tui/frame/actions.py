"""The actions available from the keys of a screen, for the help and the palette."""

from dataclasses import dataclass
from typing import Any

from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from studio_tui.tui.frame.commands import CommandSet

_RANKS = {"page": 1, "app": 2, "table": 3}
"""Sort order of actions by the prefix of their id; actions shared by all screens come last."""


@dataclass(frozen=True, slots=True)
class Action:
    """An action bound to a key on the current screen."""

    keys: tuple[str, ...]
    """Display names of the keys."""
    label: str
    explanation: str
    action: str
    """Action string of the binding."""
    node: DOMNode
    """The node on which to run the action."""
    why_not: str | None
    """Why the action is unavailable, as a sentence; `None` if it is available."""

    rank: int
    """Sort key: actions specific to the screen come first."""
    also: str = ""
    """Other words to find it by."""

    @property
    def enabled(self) -> bool:
        """Whether the action is available now."""
        return self.why_not is None

    def matches(self, words: str) -> bool:
        """Whether each of `words` is part of the action's keys, texts or other words."""
        texts = " ".join((*self.keys, self.label, self.explanation, self.also)).lower()
        return all(word in texts for word in words.lower().split())


def actions_of(screen: Screen[Any]) -> tuple[Action, ...]:
    """Return the actions of `screen` without duplicates, its own first."""
    actions: dict[tuple[DOMNode, str], Action] = {}
    for key, (node, binding, _, tooltip) in screen.active_bindings.items():
        if binding.id is None:
            # Textual's own bindings for every app: focus, copying a selection.
            continue
        key_text = screen.app.get_key_display(binding.with_key(key, binding.key_display))
        place = (node, binding.action)
        if (earlier := actions.get(place)) is not None:
            keys = earlier.keys if key_text in earlier.keys else (*earlier.keys, key_text)
        else:
            keys = (key_text,)
        actions[place] = Action(
            keys=keys,
            label=binding.description,
            explanation=tooltip or binding.description,
            action=binding.action,
            node=node,
            why_not=reason_against(node, binding),
            rank=_RANKS.get(binding.id.partition(".")[0], 0),
            also=commands.also(binding.id) if (commands := _commands(node)) else "",
        )
    return tuple(sorted(actions.values(), key=lambda action: action.rank))


def reason_against(node: DOMNode, binding: Binding) -> str | None:
    """Return why a key's action is unavailable, as a sentence; `None` if it is available."""
    commands = _commands(node)
    return commands.why_not(binding.id) if commands is not None and binding.id else None


def _commands(node: DOMNode) -> CommandSet | None:
    commands: CommandSet | None = getattr(node, "commands", None)
    return commands
