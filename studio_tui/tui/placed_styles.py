"""A style sheet that computes the styles of a node once for all nodes in equal places.

A place is all that styles can depend on: the rules, and the type, name, classes and state of each
node from the app down. Textual computes them again for each widget of each screen that is opened,
and for all of them again when the screen is shown; see docs/upstream/style-reuse.md.
`tests/tui/test_placed_styles.py` checks the assumptions about it.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast
from weakref import WeakKeyDictionary

from textual.app import App
from textual.css.model import RuleSet, SelectorType
from textual.css.styles import RulesMap
from textual.dom import DOMNode
from textual.widget import Widget

from studio_tui.tui.component_styles import ComponentsOnDemand, ComponentStyles

T = TypeVar("T")

NodePlaces = dict[Any, int]
"""Places of nodes, valid as long as nothing changes: during one walk through the nodes."""

_SET_BY_EACH = {"layout", "display"}
"""Rules that make an object for the node, or have an effect on its children."""


class _Result(NamedTuple):
    """Styles of a node, and which changes elsewhere they depend on."""

    rules: RulesMap
    hover: bool
    focus_within: bool
    order: bool
    odd_or_even: bool


class _Applied(NamedTuple):
    """The properties of a node that determine its styles."""

    results: "Results"
    place: int
    rules: RulesMap
    updates: int
    """The change counter of its styles after that."""


class Results:
    """The results for one list of rules, by the place of a node."""

    def __init__(self, rules: list[RuleSet]) -> None:
        self.rules = rules
        """The list itself."""
        self._ids = {
            selector.name
            for rule in rules
            for selector_set in rule.selector_set
            for selector in selector_set.selectors
            if selector.type is SelectorType.ID
        }
        """Ids that rules name, also those of ancestors, which the map of rules by name lacks."""
        self._numbers = {id(rule): number for number, rule in enumerate(rules)}
        self._places: dict[tuple[object, ...], int] = {}
        self.of: dict[int, _Result] = {}
        """By place; those that depend on a node's siblings are missing."""
        self.as_set: dict[int, RulesMap] = {}
        """By place: the rules of a node after Textual set them, without those in `_SET_BY_EACH`."""
        self.cached: dict[tuple[int, object], Any] = {}
        """Results of resolving the styles of a place, see `cached`."""

    def relevant(self, node: DOMNode, selectors: dict[str, list[RuleSet]]) -> list[RuleSet]:
        """Return the rules that name the type, name or a class of a node, in their order.

        `selectors` is Textual's map of all rules by the names in them.
        """
        numbers = self._numbers
        rule_numbers = {
            numbers[id(rule)]
            for name in selectors.keys() & node._selector_names
            for rule in selectors[name]
        }
        return [self.rules[number] for number in sorted(rule_numbers)]

    def place(self, node: object, places: NodePlaces) -> int:
        """Return the number of a node's place."""
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
    """Return the states that the pseudo-classes of a node depend on, besides its siblings."""
    if isinstance(node, App):
        colours = (node.theme, node.native_ansi_color, node.no_color, node.console.color_system)
        return (*colours, node.app_focus, node.is_inline)
    if isinstance(node, Widget):
        # Whether an ancestor is disabled is part of the ancestor's place.
        return (node.mouse_hover, node.has_focus, node.disabled, node.can_focus)
    return node._pseudo_classes_cache_key


class _Recorder(dict[Any, RulesMap]):
    """The cache of one call of Textual's `apply`: never a result, and what it would keep."""


class _Components(ComponentStyles):
    """Styles of a widget's component classes, and where the widget was when they were computed."""

    def __init__(
        self, sheet: ComponentsOnDemand, node: DOMNode, place: tuple[Results, int]
    ) -> None:
        super().__init__(sheet, node, node._get_component_classes())
        self.place = place


class PlacedStylesheet(ComponentsOnDemand):
    """Applies styles computed before for an equal place, and nothing where nothing has changed."""

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        super().__init__(variables=variables)
        self._results: Results | None = None
        self._relevant: list[RuleSet] | None = None
        """The rules that Textual gets when it next reads them; `None` for all."""
        self._applied: WeakKeyDictionary[DOMNode, _Applied] = WeakKeyDictionary()

    @property
    def rules(self) -> list[RuleSet]:
        """All rules, or once those that the styles of a node may depend on.

        Textual looks at all rules for each node, which takes most of the time of its `apply`.
        """
        relevant, self._relevant = self._relevant, None
        return super().rules if relevant is None else relevant

    def results(self) -> Results:
        """Return the results for the current rules."""
        if self._results is None or self._results.rules is not self.rules:
            self._results = Results(self.rules)
        return self._results

    def applied(self, node: DOMNode) -> tuple[Results, int | None]:
        """Return the current results, and the place by which a node has its styles, if any."""
        results, applied = self.results(), self._applied.get(node)
        return results, applied.place if applied and applied.results is results else None

    def apply(
        self, node: DOMNode, *, animate: bool = False, cache: dict[Any, Any] | None = None
    ) -> None:
        """Apply the styles to a node; `cache` is the same for one walk through the nodes."""
        results, places = self.results(), {} if cache is None else cache
        place = results.place(node, places)
        result = results.of.get(place)
        if result is None:
            self._applied.pop(node, None)
            recorder = _Recorder()
            self._relevant = results.relevant(node, self.rules_map)
            super().apply(node, animate=animate, cache=recorder)
            for rules in recorder.values():
                results.of[place] = _Result(
                    rules,
                    node._has_hover_style,
                    node._has_focus_within,
                    node._has_order_style,
                    node._has_odd_or_even,
                )
                self._note(node, place, rules)
            return
        before, base = self._applied.get(node), node.styles.base
        # Textual sets some rules in another form, so the styles are not compared with the rules.
        has_same = (
            before is not None and before.updates == base._updates and before.rules == result.rules
        )
        if before is not None and has_same and (before.results, before.place) == (results, place):
            return
        node._has_hover_style = result.hover
        node._has_focus_within = result.focus_within
        node._has_order_style = result.order
        node._has_odd_or_even = result.odd_or_even
        if has_same:
            node.notify_style_update()
        elif animate or node._is_mounted or base._rules:
            self.replace_rules(node, result.rules, animate=animate)
        else:
            self._style_new(node, place, result.rules)
        self._note(node, place, result.rules)
        self._style_components(node, (results, place))

    def _style_new(self, node: DOMNode, place: int, rules: RulesMap) -> None:
        """Set the rules of a node that has none and is not shown, so that nothing is refreshed."""
        styles, as_set = node.styles.base, self.results().as_set
        cached = as_set.get(place)
        if cached is None:
            self.replace_rules(node, rules)
            set_now = styles.get_rules().items()
            shared = {name: value for name, value in set_now if name not in _SET_BY_EACH}
            as_set[place] = cast("RulesMap", shared)
            return
        styles.merge_rules(cached)
        for name, value in rules.items():
            if name in _SET_BY_EACH:
                setattr(styles, name, value)
        node.notify_style_update()

    def _note(self, node: DOMNode, place: int, rules: RulesMap) -> None:
        """Note that the styles of a node are now those of a place."""
        self._applied[node] = _Applied(self.results(), place, rules, node.styles.base._updates)

    def _process_component_classes(self, node: DOMNode) -> None:
        """Style the component classes of a node whose own styles have been computed."""
        if node._has_order_style or node._has_odd_or_even or node._has_focus_within:
            super()._process_component_classes(node)
        else:
            results = self.results()
            self._style_components(node, (results, results.place(node, {})))

    def _style_components(self, node: DOMNode, place: tuple[Results, int]) -> None:
        if not node._get_component_classes():
            return
        before = node._component_styles
        if isinstance(before, _Components) and before.place == place:
            return
        after = node._component_styles = _Components(self, node, place)
        # Styles that have not been used have not been drawn either.
        if not isinstance(before, ComponentStyles) or not before.used or after.differs_from(before):
            node.refresh()


def resolved_once(widget: Widget, name: object, resolve: Callable[[], T]) -> T:
    """Return the result of `resolve` for the styles of a widget, computed once for equal places.

    The result must depend on nothing else, and hold no widget. `name` identifies it.
    """
    sheet = widget.app.stylesheet
    if not isinstance(sheet, PlacedStylesheet):
        return resolve()
    results, place = sheet.applied(widget)
    if place is None:  # its styles depend on more than that
        return resolve()
    cached = results.cached
    if (place, name) not in cached:
        cached[place, name] = resolve()
    made: T = cached[place, name]
    return made
