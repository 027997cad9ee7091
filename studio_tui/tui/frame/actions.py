"""The actions that the keys of a screen run, for the help and the palette."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from studio_tui.tui.frame.commands import CommandSet

_RANKS = {"page": 1, "app": 2, "table": 3}
"""`Action.rank` by the prefix of a binding's id; 0 for others, which only some screens have."""


@dataclass(frozen=True, slots=True)
class Action:
    """An action bound to a key on the current screen."""

    keys: tuple[str, ...]
    label: str
    explanation: str
    """A sentence, or the label if the binding has none."""
    action: str
    """Textual's action string, such as `do('job.cancel')`."""
    node: DOMNode
    why_not: str | None
    """Why the action is unavailable, as a sentence; `None` if it is available."""
    rank: int
    """The order in the help; below 0 for an action in the footer."""
    search_words: str = ""

    @property
    def enabled(self) -> bool:
        """Whether the action is available now."""
        return self.why_not is None

    def matches(self, words: str) -> bool:
        """Return whether the keys and texts contain each of `words`, ignoring case."""
        texts = " ".join((*self.keys, self.label, self.explanation, self.search_words)).lower()
        return all(word in texts for word in words.lower().split())


def actions_of(screen: Screen[Any]) -> tuple[Action, ...]:
    """Return the actions of `screen` whose bindings have an id, first those of the footer."""
    hints = tuple(getattr(screen, "hints", tuple)())
    actions: dict[tuple[DOMNode, str], Action] = {}
    for node, binding, _, tooltip in screen.active_bindings.values():
        if binding.id is None:
            # Textual's own bindings for every app: focus, copying a selection.
            continue
        key_text = screen.app.get_key_display(binding)
        identity = (node, binding.action)
        if (earlier := actions.get(identity)) is not None:
            keys = earlier.keys if key_text in earlier.keys else (*earlier.keys, key_text)
        else:
            keys = (key_text,)
        actions[identity] = Action(
            keys=keys,
            label=binding.description,
            explanation=tooltip or binding.description,
            action=binding.action,
            node=node,
            why_not=reason_against(node, binding),
            rank=_rank(binding.id, hints),
            search_words=commands.search_words(binding.id) if (commands := _commands(node)) else "",
        )
    return tuple(sorted(actions.values(), key=lambda action: action.rank))


def _rank(binding_id: str, hints: Sequence[str]) -> int:
    if binding_id in hints:
        return hints.index(binding_id) - len(hints)
    return _RANKS.get(binding_id.partition(".")[0], 0)


def reason_against(node: DOMNode, binding: Binding) -> str | None:
    """Return why a key's action is unavailable, as a sentence; `None` if it is available."""
    commands = _commands(node)
    return commands.why_not(binding.id) if commands is not None and binding.id else None


def _commands(node: DOMNode) -> CommandSet | None:
    commands: CommandSet | None = getattr(node, "commands", None)
    return commands
