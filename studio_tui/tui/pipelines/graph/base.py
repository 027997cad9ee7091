"""What the parts of the screen of a pipeline know of one another."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from studio_tui.presentation.pipelines.graph.pipeline_state import Standing
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.tui.pipelines.graph.memory import DagPlace

if TYPE_CHECKING:
    from studio_tui.tui.frame.page import Page

    Base = Page
else:
    Base = object


class DagHost(Base):
    """Mixin of the screen of a pipeline; the others lean on it."""

    view: DagPlace
    """Where the reader is; replaced as they go, by `change` alone."""
    standing: Standing | None = None
    """`None` until Studio has answered."""

    def stands(self) -> Standing:
        """Return how the pipeline stands; nothing is painted before Studio has answered."""
        if self.standing is None:
            raise RuntimeError("the pipeline is not known yet")
        return self.standing

    @abstractmethod
    def change(self, **changes: Any) -> None:
        """Take over a change of the view, and show what it changes."""

    @abstractmethod
    def here(self) -> str | None:
        """Return the node or group that bears the cursor.

        It stands in for `view.cursor` where that is folded away.
        """

    @abstractmethod
    def go(self, key: str) -> None:
        """Put the cursor on a node, and show it if it was folded away."""

    @abstractmethod
    def order(self) -> Sequence[str]:
        """Return all nodes in the order in which the mode in sight shows them."""

    @abstractmethod
    def members(self, key: str | None) -> Sequence[str]:
        """Return the nodes of a group, or the node itself; none for what is no longer there."""

    def node_at_hand(self) -> Node | None:
        """Return the node under the cursor; `None` when it is on a group, or nowhere."""
        return self.standing.node(self.here()) if self.standing is not None else None
