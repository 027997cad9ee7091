"""Looks up the handlers of a message once per class of widgets, and calls them quickly."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from textual import _callback
from textual.message_pump import MessagePump

from studio_tui.tui.quick_handlers import bound_handlers, handlers_of

_count_any = _callback._count_parameters


def _count_parameters(function: Callable[..., Any]) -> int:
    """Return the number of parameters of a function, without creating its `Signature`."""
    if not inspect.isfunction(function) or hasattr(function, "__wrapped__"):
        return _count_any(function)
    code = function.__code__
    variadic = bool(code.co_flags & inspect.CO_VARARGS) + bool(
        code.co_flags & inspect.CO_VARKEYWORDS
    )
    return code.co_argcount + code.co_kwonlyargcount + variadic


@contextmanager
def handlers_cached() -> Iterator[None]:
    """Look up handlers once per class, and call them quickly; a new context starts anew."""
    handlers_of.cache_clear()  # tests replace methods between two dashboards
    with (
        mock.patch.object(MessagePump, "_get_dispatch_methods", bound_handlers),
        mock.patch.object(_callback, "_count_parameters", _count_parameters),
    ):
        yield
