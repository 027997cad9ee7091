"""Styles of a widget's component classes, each computed when it is drawn with.

Textual computes all of them for every widget before it is shown, most of which are never used; see
docs/upstream/component-styles.md. `tests/tui/test_component_styles.py` checks the assumptions.
"""

from collections.abc import Set

from textual.css.styles import RenderStyles, RulesMap
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode


class ComponentStyles(dict[str, RenderStyles]):
    """The styles of one widget by component class, made anew whenever Textual asks for them.

    Textual seldom asks, as it keeps what it makes of the styles, and each style would keep a node
    of 7 KB. So the mapping itself remains empty.
    """

    def __init__(self, sheet: "ComponentsOnDemand", node: DOMNode, names: Set[str]) -> None:
        super().__init__()
        self._sheet = sheet
        self._node = node
        self._names = names
        self.used: dict[str, RulesMap] = {}
        """The rules of those that have been used so far."""

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __missing__(self, name: str) -> RenderStyles:
        styles = self._sheet.styles_below(self._node, name)
        self.used[name] = styles.base.get_rules()
        return styles

    def differs_from(self, before: "ComponentStyles") -> bool:
        """Whether anything that has been used so far is different by these styles."""
        return any(self[name].base.get_rules() != rules for name, rules in before.used.items())

    def clear(self) -> None:
        """Forget all of them for good, as the widget has been removed."""
        self.used.clear()
        self._names = frozenset()


class ComponentsOnDemand(Stylesheet):
    """A style sheet that computes the styles of component classes on demand."""

    _virtual: DOMNode | None = None

    def styles_below(self, node: DOMNode, name: str) -> RenderStyles:
        """Return the styles of a component class of a node, valid until the next ones."""
        if self._virtual is not None:
            # It refers to itself, and would be freed much later.
            vars(self._virtual).clear()
        # Its styles refer to it weakly.
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
        # What was not used so far has not been drawn either.
        if isinstance(before, ComponentStyles) and after.differs_from(before):
            node.refresh()
