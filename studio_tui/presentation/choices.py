"""Choices that a key goes through in turn."""

from enum import Enum
from typing import TypeVar

Choice = TypeVar("Choice", bound=Enum)


def next_choice(choice: Choice, step: int = 1) -> Choice:
    """Return the member `step` places after `choice`; the first one follows the last."""
    order = list(type(choice))
    return order[(order.index(choice) + step) % len(order)]
