"""Caches style sheet results for widgets in equal places across dashboards of a test process.

Textual computes them for each widget of each program. Here they are cached by everything they can
depend on: the rules, and the type, name, classes and state of each node from the program down to
the widget. Textual does not cache what depends on a widget's siblings.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple
from unittest import mock
from weakref import WeakKeyDictionary

from textual.app import App
from textual.css.model import RuleSet
from textual.css.styles import RulesMap, Styles
from textual.css.stylesheet import Stylesheet
from textual.css.types import CSSLocation
from textual.dom import DOMNode
from textual.widget import Widget

from studio_tui.tui.component_styles import ComponentsOnDemand, ComponentStyles

_PARSED: dict[tuple[object, ...], list[RuleSet]] = {}
"""Parsed style sheets, by their text and variables."""

_JOINED: dict[tuple[object, ...], tuple[list[RuleSet], dict[str, list[RuleSet]]]] = {}
"""All rules of a program, and those by selector, by its style sheets and variables."""


class _Result(NamedTuple):
    """Styles of a node, and which changes elsewhere they depend on."""

    rules: RulesMap
    kept: RulesMap
    """The rules as a node keeps them."""
    hover: bool
    focus_within: bool
    order: bool
    odd_or_even: bool


class _Said:
    """Results for one list of rules, by the place of a node."""

    def __init__(self, sheet: Stylesheet) -> None:
        self._selectors = sheet.rules_map
        self._places: dict[tuple[object, ...], int] = {}
        self.results: dict[int, _Result] = {}

    def place(self, node: object, known: dict[object, int]) -> int:
        """Return a number for all that styles can depend on, of a node and its ancestors.

        `known` has the places of nodes that do not change meanwhile.
        """
        if not isinstance(node, DOMNode):
            return 0
        place = known.get(node)
        if place is None:
            key = (
                self.place(node._parent, known),
                type(node),
                node._id if f"#{node._id}" in self._selectors else None,
                node.classes,
                _state(node),
            )
            place = known[node] = self._places.setdefault(key, len(self._places) + 1)
        return place


def _state(node: DOMNode) -> tuple[object, ...]:
    if isinstance(node, App):
        return (node.theme, node.app_focus, node.is_inline, node.native_ansi_color)
    if isinstance(node, Widget):
        # Whether an ancestor is disabled is part of the ancestor's place.
        return (node.mouse_hover, node.has_focus, node.disabled)
    return node._pseudo_classes_cache_key


class _Recorder(dict[Any, RulesMap]):
    """The cache of one call of Textual's `apply`: never a result, and what it would keep."""


class _Components(ComponentStyles):
    """Styles of a widget's component classes, and where the widget was when they were computed."""

    def __init__(self, sheet: Stylesheet, node: DOMNode, place: tuple[_Said, int]) -> None:
        super().__init__(sheet, node, node._get_component_classes())
        self.place = place


_SAID: dict[tuple[int, ...], _Said] = {}
"""By the identities of the rules, which `_PARSED` keeps alive."""

_OF_SHEETS: WeakKeyDictionary[Stylesheet, tuple[list[RuleSet], _Said]] = WeakKeyDictionary()

_parse = Stylesheet._parse_rules
_join = Stylesheet.parse
_apply = Stylesheet.apply
_style_components = Stylesheet._process_component_classes


def _said_by(sheet: Stylesheet) -> _Said:
    rules, said = _OF_SHEETS.get(sheet, (None, None))
    if said is None or rules is not sheet.rules:
        key = tuple(map(id, sheet.rules))
        said = _SAID.get(key)
        if said is None:
            said = _SAID[key] = _Said(sheet)
        _OF_SHEETS[sheet] = sheet.rules, said
    return said


def _apply_by_place(
    sheet: Stylesheet,
    node: DOMNode,
    *,
    animate: bool = False,
    cache: dict[Any, Any] | None = None,
) -> None:
    # Textual's cache lives for one walk through the nodes, in which nothing else changes.
    said, known = _said_by(sheet), {} if cache is None else cache
    place = said.place(node, known)
    result = said.results.get(place)
    if result is None:
        recorder = _Recorder()
        _apply(sheet, node, animate=animate, cache=recorder)
        for rules in recorder.values():
            said.results[place] = _Result(
                rules,
                _kept(rules),
                node._has_hover_style,
                node._has_focus_within,
                node._has_order_style,
                node._has_odd_or_even,
            )
        return
    node._has_hover_style = result.hover
    node._has_focus_within = result.focus_within
    node._has_order_style = result.order
    node._has_odd_or_even = result.odd_or_even
    if animate:
        if node.styles.base._rules != result.kept:
            sheet.replace_rules(node, result.rules, animate=True)
    else:
        _replace_rules(node, result.kept)
        node.notify_style_update()
    _style_components_by_place(sheet, node, (said, place))


def _kept(rules: RulesMap) -> RulesMap:
    """Return rules as a node keeps them, such as percentages with what they are of."""
    virtual = Styles()
    for name, value in rules.items():
        setattr(virtual, name, value)
    return virtual._rules


def _replace_rules(node: DOMNode, kept: RulesMap) -> None:
    """Replace the rules of a node as Textual does, but set only those that are different."""
    styles = node.styles.base
    before: Any = styles._rules
    if node._is_mounted:
        for name in before.keys() | kept.keys():
            if before.get(name) != (rule := kept.get(name)):
                setattr(styles, name, rule)
    elif before != kept:
        # Nothing is drawn again of what has not been mounted.
        before.clear()
        before.update(kept)
        styles._updates += 1


def _style_components_once(sheet: Stylesheet, node: DOMNode) -> None:
    if node._has_order_style or node._has_odd_or_even or node._has_focus_within:
        _style_components(sheet, node)
    else:
        said = _said_by(sheet)
        _style_components_by_place(sheet, node, (said, said.place(node, {})))


def _style_components_by_place(sheet: Stylesheet, node: DOMNode, place: tuple[_Said, int]) -> None:
    if not node._get_component_classes():
        return
    before = node._component_styles
    if isinstance(before, _Components) and before.place == place:
        return
    after = node._component_styles = _Components(sheet, node, place)
    # What was not used so far has not been drawn either.
    if not before or any(after[name] != styles for name, styles in before.items()):
        node.refresh()


def _parse_once(
    sheet: Stylesheet, css: str, read_from: CSSLocation, *more: Any, **named: Any
) -> Any:
    """Parse a style sheet, reusing the result of earlier programs of this process."""
    variables = tuple(sheet._variables.items())
    key = (css, read_from, variables, more, *sorted(named.items()))
    if key not in _PARSED:
        _PARSED[key] = _parse(sheet, css, read_from, *more, **named)
    return _PARSED[key]


def _join_once(sheet: Stylesheet) -> None:
    """Parse all style sheets of a program, reusing the result of one with the same."""
    if sheet._invalid_css:
        _join(sheet)
        return
    key = tuple(sheet._variables.items()), *sheet.source.items()
    if key not in _JOINED:
        _join(sheet)
        _JOINED[key] = sheet.rules, sheet.rules_map
    sheet._rules, sheet._rules_map = _JOINED[key]
    sheet._require_parse = False


@contextmanager
def styles_shared() -> Iterator[None]:
    """Parse each style sheet, and compute its styles for each place, once per process."""
    with ExitStack() as patches:
        for target, name, value in (
            (Stylesheet, "_parse_rules", _parse_once),
            (Stylesheet, "parse", _join_once),
            (Stylesheet, "apply", _apply_by_place),
            (Stylesheet, "_process_component_classes", _style_components_once),
            (ComponentsOnDemand, "_process_component_classes", _style_components_once),
            (RuleSet, "__hash__", object.__hash__),  # as it is, but not by way of Python
        ):
            patches.enter_context(mock.patch.object(target, name, value))
        yield
