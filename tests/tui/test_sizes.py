"""The length of screens and widgets, including their base classes."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

from textual.message_pump import MessagePump

import studio_tui.tui

MAX_LINES = 600
"""Limit for the lines of a screen or widget and of all its base classes in this package."""


def own_widgets() -> Iterator[type[MessagePump]]:
    """Yield all screens, widgets and apps of this package."""
    for module_info in pkgutil.walk_packages(studio_tui.tui.__path__, "studio_tui.tui."):
        module = importlib.import_module(module_info.name)
        for member in vars(module).values():
            if not inspect.isclass(member) or member.__module__ != module_info.name:
                continue
            if issubclass(member, MessagePump):
                yield member


def line_count(widget_class: type) -> int:
    bases = (base for base in widget_class.__mro__ if base.__module__.startswith("studio_tui"))
    return sum(len(inspect.getsource(base).splitlines()) for base in bases)


def test_no_screen_or_widget_exceeds_the_line_limit_including_its_base_classes() -> None:
    sizes = {
        f"{member.__module__}.{member.__qualname__}": line_count(member) for member in own_widgets()
    }
    assert len(sizes) > 60
    assert {name: size for name, size in sizes.items() if size > MAX_LINES} == {}
