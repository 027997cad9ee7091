"""Styles of a widget's component classes, each computed when it is first drawn with.

Textual computes all of them for every widget before it is shown, most of which are never used; see
docs/upstream/component-styles.md. `tests/tui/test_component_styles.py` checks the assumptions.
"""

from collections.abc import Set

from textual.css.styles import RenderStyles
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode


class ComponentStyles(dict[str, RenderStyles]):
    """The styles of one widget by component class, with those that have been used so far."""

    def __init__(self, sheet: Stylesheet, node: DOMNode, names: Set[str]) -> None:
        super().__init__()
        self._sheet = sheet
        self._node = node
        self._names = names

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __missing__(self, name: str) -> RenderStyles:
        virtual = DOMNode(classes=name)
        virtual._attach(self._node)
        self._sheet.apply(virtual)
        self[name] = virtual.styles
        return virtual.styles

    def clear(self) -> None:
        """Forget all of them for good, as the widget has been removed."""
        super().clear()
        self._names = frozenset()


class ComponentsOnDemand(Stylesheet):
    """A style sheet that computes the styles of component classes on demand."""

    def _process_component_classes(self, node: DOMNode) -> None:
        names = node._get_component_classes()
        if not names:
            return
        before = node._component_styles
        after = node._component_styles = ComponentStyles(self, node, names)
        # What was not used so far has not been drawn either.
        if any(after[name] != styles for name, styles in before.items()):
            node.refresh()
