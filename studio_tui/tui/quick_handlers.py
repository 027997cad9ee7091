"""Finds the handlers of a message once per class; see docs/upstream/handler-lookup.md."""

from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache
from typing import Any, TypeAlias

from textual.message import Message
from textual.message_pump import MessagePump

Handler: TypeAlias = tuple[type, Callable[..., Any]]

_CACHE_SIZE = 4096

_find_each_time = MessagePump._get_dispatch_methods


def bound_handlers(
    pump: MessagePump, name: str, message: Message
) -> Iterable[tuple[type, Callable[[Message], Awaitable[Any]]]]:
    """Yield the handlers `name`, such as `on_key`, each after its class.

    The classes that follow one whose handler prevents the default action are left out.
    """
    classes: Any = type(pump), type(message)
    handlers = handlers_of(*classes, name)
    if handlers is None:
        yield from _find_each_time(pump, name, message)
        return
    previous_owner: type | None = None
    for owner, function in handlers:
        # Like Textual, check this once per class, before its handlers.
        if owner is not previous_owner and message._no_default_action:
            return
        previous_owner = owner
        yield owner, function.__get__(pump, owner)


class FindsHandlersOnce(MessagePump):
    """Mixin of a screen or a widget with many messages; list it before Textual's class."""

    _get_dispatch_methods = bound_handlers  # type: ignore[assignment] # other parameter names


@lru_cache(maxsize=_CACHE_SIZE)
def handlers_of(
    pump_class: type[MessagePump], message_class: type[Message], name: str
) -> tuple[Handler, ...] | None:
    """Return the handlers of a message in a class, in the order in which they are called.

    `None` if a handler has a selector, and so depends on the widget of each message.
    """
    message_bases = [each for each in message_class.__mro__ if issubclass(each, Message)]
    handlers: list[Handler] = []
    decorated: set[object] = set()
    for owner in pump_class.__mro__:
        by_message = owner.__dict__.get("_decorated_handlers") or {}
        for message_base in message_bases:
            for function, selectors in by_message.get(message_base, ()):
                if selectors:
                    return None
                if function not in decorated:
                    decorated.add(function)
                    handlers.append((owner, function))
        function = owner.__dict__.get(f"_{name}") or owner.__dict__.get(name)
        if function is not None and not getattr(function, "_textual_on", None):
            handlers.append((owner, function))
    return tuple(handlers)
