"""Looks up the handlers of a message once per class, where Textual does so for each message.

The handlers are the same. They are remembered for one program, as tests replace methods in between.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from textual import _callback
from textual.message import Message
from textual.message_pump import MessagePump

_Handler = tuple[type, Callable[..., Any]]

_find_handlers = MessagePump._get_dispatch_methods
_count = _callback._count_parameters


class Handlers:
    """The methods of each class that handle a message, in the order of their calls."""

    def __init__(self) -> None:
        self._known: dict[tuple[type, type, str], tuple[_Handler, ...] | None] = {}

    def of(self, pump: MessagePump, name: str, message: Message) -> Iterator[_Handler]:
        """Yield the bound handlers of a message until its default action is prevented."""
        key = type(pump), type(message), name
        try:
            found = self._known[key]
        except KeyError:
            found = self._known[key] = _handlers(*key)
        if found is None:
            yield from _find_handlers(pump, name, message)
            return
        before: type | None = None
        for owner, method in found:
            if owner is not before and message._no_default_action:
                return
            before = owner
            yield owner, method.__get__(pump, owner)


def _handlers(pump: type, message: type, name: str) -> tuple[_Handler, ...] | None:
    """Return the handlers of a class; `None` if that depends on the sender, by a selector."""
    kinds = [kind for kind in message.__mro__ if issubclass(kind, Message)]
    found: list[_Handler] = []
    decorated: set[object] = set()
    for owner in pump.__mro__:
        handlers = owner.__dict__.get("_decorated_handlers") or {}
        for kind in kinds:
            for method, selectors in handlers.get(kind, ()):
                if selectors:
                    return None
                if method not in decorated:
                    decorated.add(method)
                    found.append((owner, method))
        method = owner.__dict__.get(f"_{name}") or owner.__dict__.get(name)
        if method is not None and not getattr(method, "_textual_on", None):
            found.append((owner, method))
    return tuple(found)


def _count_parameters(function: Callable[..., Any]) -> int:
    """Return how many parameters a function has, without making its signature."""
    if not inspect.isfunction(function) or hasattr(function, "__wrapped__"):
        return _count(function)
    code = function.__code__
    more = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return code.co_argcount + code.co_kwonlyargcount + more


@contextmanager
def handlers_remembered() -> Iterator[None]:
    """Look up handlers once per class for one program, and call them quickly."""
    handlers = Handlers()

    def of(pump: MessagePump, name: str, message: Message) -> Iterator[_Handler]:
        return handlers.of(pump, name, message)

    with (
        mock.patch.object(MessagePump, "_get_dispatch_methods", of),
        mock.patch.object(_callback, "_count_parameters", _count_parameters),
    ):
        yield
