"""Styles of component classes, computed on demand; see docs/upstream/component-styles.md."""

from collections.abc import Set

from textual.css.styles import RenderStyles, RulesMap
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode


class ComponentStyles(dict[str, RenderStyles]):
    """The styles of one widget by component class, computed on each access.

    The mapping itself remains empty: keeping a style would keep a node of 7 KB, and Textual caches
    what it derives from a style.
    """

    def __init__(self, sheet: "ComponentsOnDemand", node: DOMNode, names: Set[str]) -> None:
        super().__init__()
        self._sheet = sheet
        self._node = node
        self._names = names
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


class ComponentsOnDemand(Stylesheet):
    """A style sheet that computes the styles of component classes on demand."""

    _virtual: DOMNode | None = None

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
        names = node._get_component_classes()
        if not names:
            return
        before = node._component_styles
        after = node._component_styles = ComponentStyles(self, node, names)
        # A style that was never accessed has not been drawn with, so its change is not visible.
        if isinstance(before, ComponentStyles) and after.differs_from(before):
            node.refresh()
