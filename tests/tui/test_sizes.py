"""The length of screens and widgets, including their base classes."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

from textual.message_pump import MessagePump

import studio_tui.tui

LONGEST = 600
"""Lines of a screen or widget of ours, with all classes of ours that it inherits from."""


def ours() -> Iterator[type[MessagePump]]:
    """Yield all screens and widgets of ours."""
    for found in pkgutil.walk_packages(studio_tui.tui.__path__, "studio_tui.tui."):
        module = importlib.import_module(found.name)
        for each in vars(module).values():
            if not inspect.isclass(each) or each.__module__ != found.name:
                continue
            if issubclass(each, MessagePump):
                yield each


def lines(kind: type) -> int:
    bases = (base for base in kind.__mro__ if base.__module__.startswith("studio_tui"))
    return sum(len(inspect.getsource(base).splitlines()) for base in bases)


def test_no_screen_or_widget_is_long_with_all_that_it_inherits() -> None:
    sizes = {f"{each.__module__}.{each.__qualname__}": lines(each) for each in ours()}
    assert len(sizes) > 60
    assert {name: size for name, size in sizes.items() if size > LONGEST} == {}
