"""Looks up the handlers of a message once per class for all widgets, and calls them quickly."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from textual import _callback
from textual.message_pump import MessagePump

from studio_tui.tui.quick_handlers import bound_handlers, handlers_of

_count = _callback._count_parameters


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
    handlers_of.cache_clear()  # tests replace methods between two programs
    with (
        mock.patch.object(MessagePump, "_get_dispatch_methods", bound_handlers),
        mock.patch.object(_callback, "_count_parameters", _count_parameters),
    ):
        yield
