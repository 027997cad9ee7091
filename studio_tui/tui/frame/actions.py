"""Every action that the keys of a screen can do now: for the help and the palette."""

from dataclasses import dataclass
from typing import Any

from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from studio_tui.tui.frame.commands import CommandSet

_RANKS = {"page": 1, "app": 2, "table": 3}
"""What is the same on every screen comes last."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a key does on the screen in sight."""

    keys: tuple[str, ...]
    """As they are shown to people."""
    label: str
    explanation: str
    action: str
    """As a binding names it."""
    node: DOMNode
    """Where it is to be run."""
    why_not: str | None
    """Why it cannot be done now, in words; `None` when it can."""

    rank: int
    """Place among the others: what is special to the screen comes first."""

    @property
    def enabled(self) -> bool:
        """Whether it can be done now."""
        return self.why_not is None


def actions_of(screen: Screen[Any]) -> tuple[Action, ...]:
    """Return the actions of `screen`, those of its own first, each once."""
    found: dict[tuple[DOMNode, str], Action] = {}
    for key, (node, binding, _, tooltip) in screen.active_bindings.items():
        if binding.id is None:
            # Textual's own, for every app: focus, copying a selection.
            continue
        shown = screen.app.get_key_display(binding.with_key(key, binding.key_display))
        place = (node, binding.action)
        if (known := found.get(place)) is not None:
            keys = known.keys if shown in known.keys else (*known.keys, shown)
        else:
            keys = (shown,)
        found[place] = Action(
            keys=keys,
            label=binding.description,
            explanation=tooltip or binding.description,
            action=binding.action,
            node=node,
            why_not=reason_against(node, binding),
            rank=_RANKS.get(binding.id.partition(".")[0], 0),
        )
    return tuple(sorted(found.values(), key=lambda action: action.rank))


def reason_against(node: DOMNode, binding: Binding) -> str | None:
    """Return why what a key is bound to cannot be done now, in words; `None` when it can."""
    commands: CommandSet | None = getattr(node, "commands", None)
    return commands.why_not(binding.id) if commands is not None and binding.id else None
