"""What the dashboard remembers of the pipelines that were looked at: where, and how."""

from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from studio_tui.tui.frame.remembered import Remembered

MOST_PIPELINES = 100
"""Pipelines of which the reader's place is remembered, the last ones."""


class Mode(StrEnum):
    """How a pipeline is shown; the order is that in which a key goes through them."""

    TREE = "tree"
    GRAPH = "graph"
    TIMELINE = "timeline"
    TABLE = "table"


class Grouping(StrEnum):
    """Which jobs are shown as one; the order is that in which a key goes through them."""

    AUTO = "auto"
    """Those of like names, where there are many jobs."""
    NAME = "name"
    """Those of like names."""
    STAGE = "stage"
    """Those with as many jobs above them."""
    NONE = "none"


class DagPlace(BaseModel):
    """Where the reader of a pipeline is, and what of it is in sight."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    mode: Mode = Mode.TREE
    cursor: str | None = None
    """Id of the node or group under the cursor."""
    top: int = 0
    left: int = 0
    folds: frozenset[str] = frozenset()
    """Nodes below which the tree is folded."""
    opened: frozenset[str] = frozenset()
    """Groups whose jobs are shown."""
    marks: tuple[str, ...] = ()
    """Nodes, in the order in which they were marked."""
    drawer: bool | None = None
    """Whether there is a drawer; `None` leaves it to the room that there is."""
    grouping: Grouping = Grouping.AUTO
    problems: bool = False
    """Whether only problems are shown, and what they block."""
    critical: bool = False
    """Whether the critical path stands out."""
    full_names: bool = False
    lanes: bool = False
    """Whether the tree has a line a job with lanes beside it, where those can be followed."""
    all_edges: bool = False
    """Whether the graph draws edges that follow from others, too."""
    span: float | None = None
    """Seconds that the timeline shows; `None` for all of them."""
    sort: str = "layer"
    """Column that gives the order of the table."""
    reverse: bool = False
    search: str = ""
    filter: str = ""
    """What jobs are asked for in order to be shown; empty for all."""
    follow: bool = False
    """Whether the cursor goes along with what runs."""

    def replace(self, **changes: Any) -> Self:
        """Return the place with some things changed."""
        return self.model_copy(update=changes)


class DagMemory(Remembered):
    """All that is remembered; changed as the reader goes."""

    mode: Mode = Mode.TREE
    """The mode that was chosen last, in which pipelines new to the reader are shown."""
    places: dict[str, DagPlace] = Field(default_factory=dict)
    """By the id of the pipeline, the last one looked at last."""

    def place(self, pipeline_id: str) -> DagPlace:
        """Return where the reader was in a pipeline, or where to begin."""
        return self.places.get(pipeline_id) or DagPlace(mode=self.mode)

    def note(self, pipeline_id: str, place: DagPlace) -> None:
        """Remember the place in a pipeline."""
        self.places.pop(pipeline_id, None)
        self.places[pipeline_id] = place
        self.mode = place.mode
        for oldest in list(self.places)[:-MOST_PIPELINES]:
            del self.places[oldest]
