"""Finds the handlers of a message once per class; see docs/upstream/handler-lookup.md."""

from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache
from typing import Any, TypeAlias

from textual.message import Message
from textual.message_pump import MessagePump

Handler: TypeAlias = tuple[type, Callable[..., Any]]
"""The class that has a handler, and its function."""

_KEPT = 4096
"""Combinations of a class, a message and a name for which handlers are kept."""


_find_each_time = MessagePump._get_dispatch_methods


def bound_handlers(
    pump: MessagePump, name: str, message: Message
) -> Iterable[tuple[type, Callable[[Message], Awaitable[Any]]]]:
    """Yield the bound handlers of a message until its default action is prevented.

    `name` is that of the methods which handle the message by their name, such as `on_key`.
    """
    kinds: Any = type(pump), type(message)
    handlers = handlers_of(*kinds, name)
    if handlers is None:
        yield from _find_each_time(pump, name, message)
        return
    before: type | None = None
    for owner, function in handlers:
        if owner is not before and message._no_default_action:
            return
        before = owner
        yield owner, function.__get__(pump, owner)


class FindsHandlersOnce(MessagePump):
    """Mixin of a screen or a widget with many messages; list it before Textual's class."""

    _get_dispatch_methods = bound_handlers  # type: ignore[assignment] # the parameters' names


@lru_cache(maxsize=_KEPT)
def handlers_of(
    pump: type[MessagePump], message: type[Message], name: str
) -> tuple[Handler, ...] | None:
    """Return the handlers of a class in the order of their calls.

    `None` if a selector decides for each message.
    """
    kinds = [kind for kind in message.__mro__ if issubclass(kind, Message)]
    chain: list[Handler] = []
    decorated: set[object] = set()
    for owner in pump.__mro__:
        handlers = owner.__dict__.get("_decorated_handlers") or {}
        for kind in kinds:
            for function, selectors in handlers.get(kind, ()):
                if selectors:
                    return None
                if function not in decorated:
                    decorated.add(function)
                    chain.append((owner, function))
        function = owner.__dict__.get(f"_{name}") or owner.__dict__.get(name)
        if function is not None and not getattr(function, "_textual_on", None):
            chain.append((owner, function))
    return tuple(chain)
