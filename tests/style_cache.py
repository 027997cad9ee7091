"""Caches style sheet results for widgets in equal places across dashboards of a test process.

Textual computes them for each widget of each program. Here they are cached by everything they can
depend on: the rules, and the type, name, classes and state of each node from the program down to
the widget. Textual does not cache what depends on a widget's siblings.
"""

from collections.abc import Container, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, cast
from unittest import mock
from weakref import WeakKeyDictionary

from textual.app import App
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.css.types import CSSLocation
from textual.dom import DOMNode

_PARSED: dict[tuple[object, ...], list[RuleSet]] = {}
"""Parsed style sheets, by their text and variables."""


class _Said:
    """Styles of widgets, by Textual's cache key, whose first part is the parent.

    The parent is replaced by the whole path to it.
    """

    def __init__(self, selectors: Container[str]) -> None:
        self._selectors = selectors
        self._by_place: dict[tuple[object, ...], object] = {}

    def get(self, key: tuple[object, ...]) -> object:
        return self._by_place.get(self._place(key))

    def __setitem__(self, key: tuple[object, ...], rules: object) -> None:
        self._by_place[self._place(key)] = rules

    def _place(self, key: tuple[object, ...]) -> tuple[object, ...]:
        above, *own = key
        return (*own, *self.path(above))

    def path(self, node: object) -> list[object]:
        """Return all that styles can depend on, of a node and its ancestors."""
        path: list[object] = []
        while isinstance(node, DOMNode):
            name = node._id if f"#{node._id}" in self._selectors else None
            state = (
                (node.theme, node.app_focus, node.is_inline, node.native_ansi_color)
                if isinstance(node, App)
                else node._pseudo_classes_cache_key
            )
            path.append((type(node), name, node.classes, state))
            node = node._parent
        return path


_SAID: dict[tuple[int, ...], _Said] = {}
"""By the identities of the rules, which `_PARSED` keeps alive."""

_OF_SHEETS: WeakKeyDictionary[Stylesheet, tuple[list[RuleSet], _Said]] = WeakKeyDictionary()

_COMPONENTS: WeakKeyDictionary[DOMNode, tuple[_Said, list[object]]] = WeakKeyDictionary()
"""Position of each widget when its component styles were computed."""

_parse = Stylesheet._parse_rules
_apply = Stylesheet.apply
_style_components = Stylesheet._process_component_classes


def _apply_by_place(sheet: Stylesheet, node: DOMNode, *, animate: bool = False, **_: Any) -> None:
    rules, said = _OF_SHEETS.get(sheet, (None, None))
    if said is None or rules is not sheet.rules:
        said = _SAID.setdefault(tuple(map(id, sheet.rules)), _Said(sheet.rules_map))
        _OF_SHEETS[sheet] = sheet.rules, said
    _apply(sheet, node, animate=animate, cache=cast("dict[tuple[Any, ...], Any]", said))


def _style_components_once(sheet: Stylesheet, node: DOMNode) -> None:
    if node._has_order_style or node._has_odd_or_even or node._has_focus_within:
        _style_components(sheet, node)
    elif node._get_component_classes():
        said = _OF_SHEETS[sheet][1]
        place = said, said.path(node)
        if _COMPONENTS.get(node) != place:
            _style_components(sheet, node)
            _COMPONENTS[node] = place


def _parse_once(
    sheet: Stylesheet, css: str, read_from: CSSLocation, *more: Any, **named: Any
) -> Any:
    """Parse a style sheet, reusing the result of earlier programs of this process."""
    variables = tuple(sheet._variables.items())
    key = (css, read_from, variables, more, *sorted(named.items()))
    if key not in _PARSED:
        _PARSED[key] = _parse(sheet, css, read_from, *more, **named)
    return _PARSED[key]


@contextmanager
def styles_shared() -> Iterator[None]:
    """Parse each style sheet, and compute its styles for each place, once per process."""
    with ExitStack() as patches:
        for target, name, value in (
            (Stylesheet, "_parse_rules", _parse_once),
            (Stylesheet, "apply", _apply_by_place),
            (Stylesheet, "_process_component_classes", _style_components_once),
            (RuleSet, "__hash__", object.__hash__),  # as it is, but not by way of Python
        ):
            patches.enter_context(mock.patch.object(target, name, value))
        yield
