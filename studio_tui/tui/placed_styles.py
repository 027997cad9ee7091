"""A style sheet that computes the styles of a node once for all nodes in equal places.

A place is everything on which styles can depend: the rules, and the type, id, classes and state of
each node from the app down to the node. Textual computes the styles of each widget of each screen,
see docs/upstream/style-reuse.md, and of each of its component classes, even if they are not drawn,
see docs/upstream/component-styles.md.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast
from weakref import WeakKeyDictionary

from textual.app import App
from textual.css.model import RuleSet, SelectorType
from textual.css.styles import RenderStyles, RulesMap
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.widget import Widget

T = TypeVar("T")

NodePlaces = dict[Any, int]
"""The numbers of nodes' places, valid during one walk, while no node changes."""

_NOT_SHARED = {"layout", "display"}
"""Rules set on each node separately, as they create an object or affect its children."""


class _Result(NamedTuple):
    """The styles of a place, and Textual's flags for pseudo-classes in its rules."""

    rules: RulesMap
    hover: bool
    focus_within: bool
    order: bool
    odd_or_even: bool


class _Applied(NamedTuple):
    results: "Results"
    place: int
    rules: RulesMap
    updates: int
    """Textual's counter of changes of the node's styles, just after these were applied."""


class Results:
    """The styles computed for one list of rules, by the place of a node."""

    def __init__(self, rules: list[RuleSet]) -> None:
        self.rules = rules
        self._ids = {
            selector.name
            for rule in rules
            for selector_set in rule.selector_set
            for selector in selector_set.selectors
            if selector.type is SelectorType.ID
        }
        """The ids that rules name; Textual's map of rules lacks those in selectors of ancestors."""
        self._numbers = {id(rule): number for number, rule in enumerate(rules)}
        self._places: dict[tuple[object, ...], int] = {}
        """The number of each place, from 1."""
        self.by_place: dict[int, _Result] = {}
        """The result of each place, unless its styles depend on a node's siblings."""
        self.shared_rules: dict[int, RulesMap] = {}
        """The rules of a place in the form in which Textual sets them, without `_NOT_SHARED`."""
        self.resolved: dict[tuple[int, object], Any] = {}
        """Results of `resolved_once` by place and name."""

    def relevant(self, node: DOMNode, selectors: dict[str, list[RuleSet]]) -> list[RuleSet]:
        """Return the rules whose last selector names the type, id or a class of a node."""
        numbers = self._numbers
        rule_numbers = {
            numbers[id(rule)]
            for name in selectors.keys() & node._selector_names
            for rule in selectors[name]
        }
        return [self.rules[number] for number in sorted(rule_numbers)]

    def place(self, node: object, places: NodePlaces) -> int:
        """Return the number of a node's place; 0 for the app's parent, which is not a node."""
        if not isinstance(node, DOMNode):
            return 0
        place = places.get(node)
        if place is None:
            key = (
                self.place(node._parent, places),
                type(node),
                node._id if node._id in self._ids else None,
                node.classes,
                _state(node),
            )
            place = places[node] = self._places.setdefault(key, len(self._places) + 1)
        return place


def _state(node: DOMNode) -> tuple[object, ...]:
    """Return the state on which the pseudo-classes of a node depend, besides its siblings."""
    if isinstance(node, App):
        colors = (node.theme, node.native_ansi_color, node.no_color, node.console.color_system)
        return (*colors, node.app_focus, node.is_inline)
    if isinstance(node, Widget):
        # Whether an ancestor is disabled is part of the ancestor's place.
        return (node.mouse_hover, node.has_focus, node.disabled, node.can_focus)
    return node._pseudo_classes_cache_key


class ComponentStyles(dict[str, RenderStyles]):
    """The styles of one widget by component class, computed on each access.

    The mapping itself remains empty: keeping a style would keep a node of 7 KB, and Textual caches
    what it derives from a style.
    """

    def __init__(
        self, sheet: "PlacedStylesheet", node: DOMNode, place: tuple[Results, int] | None
    ) -> None:
        super().__init__()
        self._sheet = sheet
        self._node = node
        self._names = node._get_component_classes()
        self.place = place
        """`None` if the styles depend on the node's siblings or on the focus within it."""
        self.used_rules: dict[str, RulesMap] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __missing__(self, name: str) -> RenderStyles:
        styles = self._sheet.styles_below(self._node, name)
        self.used_rules[name] = styles.base.get_rules()
        return styles

    def differs_from(self, before: "ComponentStyles") -> bool:
        """Return whether a style accessed in `before` has other rules here."""
        return any(
            self[name].base.get_rules() != rules for name, rules in before.used_rules.items()
        )

    def clear(self) -> None:
        """Textual calls it when the widget has been removed."""
        self.used_rules.clear()
        self._names = frozenset()


class PlacedStylesheet(Stylesheet):
    """Applies the styles of a node's place, and skips a node whose styles have not changed.

    A screen can add sheets without parsing the others again.
    """

    _virtual: DOMNode | None = None

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        super().__init__(variables=variables)
        self._results: Results | None = None
        self._next_rules: list[RuleSet] | None = None
        """The value of the next read of `rules`; `None` for all rules."""
        self._applied: WeakKeyDictionary[DOMNode, _Applied] = WeakKeyDictionary()

    def reparse(self) -> None:
        self.parse()

    @property
    def rules(self) -> list[RuleSet]:
        """All rules; within Textual's `apply`, only those that name the node, which saves time."""
        rules, self._next_rules = self._next_rules, None
        return super().rules if rules is None else rules

    def results(self) -> Results:
        """Return the results for the current rules."""
        if self._results is None or self._results.rules is not self.rules:
            self._results = Results(self.rules)
        return self._results

    def results_and_place(self, node: DOMNode) -> tuple[Results, int | None]:
        """Return the current results, and the place whose styles were applied to a node.

        Instead of the place, return `None` if the styles depend on siblings, or are outdated.
        """
        results, applied = self.results(), self._applied.get(node)
        return results, applied.place if applied and applied.results is results else None

    def apply(
        self, node: DOMNode, *, animate: bool = False, cache: dict[Any, Any] | None = None
    ) -> None:
        """Apply the styles to a node; `cache` is the same dictionary during one walk."""
        results, places = self.results(), {} if cache is None else cache
        place = results.place(node, places)
        result = results.by_place.get(place)
        if result is None:
            self._compute(node, place, animate=animate)
            return
        before, base = self._applied.get(node), node.styles.base
        # Textual changes the form of some rules when it sets them, so `base` is not compared.
        has_same_rules = (
            before is not None and before.updates == base._updates and before.rules == result.rules
        )
        is_same_place = before is not None and (before.results, before.place) == (results, place)
        if has_same_rules and is_same_place:
            return
        node._has_hover_style = result.hover
        node._has_focus_within = result.focus_within
        node._has_order_style = result.order
        node._has_odd_or_even = result.odd_or_even
        if has_same_rules:
            node.notify_style_update()
        elif animate or node._is_mounted or base._rules:
            self.replace_rules(node, result.rules, animate=animate)
        else:
            self._style_new(node, place, result.rules)
        self._note_applied(node, place, result.rules)
        self._style_components(node, (results, place))

    def _compute(self, node: DOMNode, place: int, *, animate: bool) -> None:
        results = self.results()
        self._applied.pop(node, None)
        computed: dict[Any, RulesMap] = {}
        self._next_rules = results.relevant(node, self.rules_map)
        # Textual adds the rules to `cache` only if no pseudo-class depends on the siblings.
        super().apply(node, animate=animate, cache=computed)
        for rules in computed.values():
            results.by_place[place] = _Result(
                rules,
                node._has_hover_style,
                node._has_focus_within,
                node._has_order_style,
                node._has_odd_or_even,
            )
            self._note_applied(node, place, rules)

    def _style_new(self, node: DOMNode, place: int, rules: RulesMap) -> None:
        """Set the rules of a node that has none and is not shown yet, without refreshing it."""
        styles, shared_rules = node.styles.base, self.results().shared_rules
        shared = shared_rules.get(place)
        if shared is None:
            self.replace_rules(node, rules)
            set_rules = styles.get_rules().items()
            shared_now = {name: value for name, value in set_rules if name not in _NOT_SHARED}
            shared_rules[place] = cast("RulesMap", shared_now)
            return
        styles.merge_rules(shared)
        for name, value in rules.items():
            if name in _NOT_SHARED:
                setattr(styles, name, value)
        node.notify_style_update()

    def _note_applied(self, node: DOMNode, place: int, rules: RulesMap) -> None:
        self._applied[node] = _Applied(self.results(), place, rules, node.styles.base._updates)

    def styles_below(self, node: DOMNode, name: str) -> RenderStyles:
        """Return the styles of a component class of a node, valid until the next call."""
        if self._virtual is not None:
            # The node refers to itself; only the garbage collector would free it.
            vars(self._virtual).clear()
        # The attribute keeps the node alive, as its styles refer to it weakly.
        self._virtual = virtual = DOMNode(classes=name)
        virtual._attach(node)
        self.apply(virtual)
        return virtual.styles

    def _process_component_classes(self, node: DOMNode) -> None:
        if node._has_order_style or node._has_odd_or_even or node._has_focus_within:
            self._style_components(node, None)
        else:
            results = self.results()
            self._style_components(node, (results, results.place(node, {})))

    def _style_components(self, node: DOMNode, place: tuple[Results, int] | None) -> None:
        if not node._get_component_classes():
            return
        before = node._component_styles
        if place is not None and isinstance(before, ComponentStyles) and before.place == place:
            return
        after = node._component_styles = ComponentStyles(self, node, place)
        # A style that was never accessed has not been drawn with, so its change is not visible.
        if (
            not isinstance(before, ComponentStyles)
            or not before.used_rules
            or after.differs_from(before)
        ):
            node.refresh()


def resolved_once(widget: Widget, name: object, resolve: Callable[[], T]) -> T:
    """Return the result of `resolve`, which is called once for all widgets in equal places.

    It must depend only on the styles of the widget, and must not refer to a widget. `name`
    distinguishes the results for one place.
    """
    sheet = widget.app.stylesheet
    if not isinstance(sheet, PlacedStylesheet):
        return resolve()
    results, place = sheet.results_and_place(widget)
    if place is None:
        return resolve()
    if (place, name) not in results.resolved:
        results.resolved[place, name] = resolve()
    result: T = results.resolved[place, name]
    return result
